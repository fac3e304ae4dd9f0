# SPDX-License-Identifier: MIT
"""Builds with a patch, with one for a folder, without one, with one that does not fit."""

HEADERS_ONLY = ("git",)


def prepare(stage):
    stage.repository("repo").commit("first", {"file": "first\n", "sub/more": "more\n"})


def diff(name, old, new):
    return (
        f"diff --git a/{name} b/{name}\n--- a/{name}\n+++ b/{name}\n@@ -1 +1 @@\n-{old}\n+{new}\n"
    )


def play(stage):
    def build(reason, **patch):
        fields = {f"patch_{key}": value for key, value in patch.items()}
        stage.finish(stage.force_by("force", "b1", reason=reason, **fields))

    build("patched", body=diff("file", "first", "patched"), level="1")
    build("in a folder", body=diff("more", "more", "patched"), level="1", subdir="sub")
    build("plain")
    build("does not fit", body=diff("file", "other", "patched"), level="1")
