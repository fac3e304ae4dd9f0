# SPDX-License-Identifier: MIT
"""With secrets in files."""


def prepare(stage):
    folder = stage.folder / "secrets"
    folder.mkdir(mode=0o700)
    for name, text in (("token", "s3cr3t"), ("empty", "")):
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)


def play(stage):
    stage.finish(stage.force("b1", branch="dev", revision="r9", repository="http://x.org/r"))
