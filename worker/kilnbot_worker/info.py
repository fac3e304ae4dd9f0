# SPDX-License-Identifier: MIT
"""What the worker tells the master about itself and its host."""

from __future__ import annotations

import os
import shlex
from typing import Any, Dict

from kilnbot_worker import __version__
from kilnbot_worker.settings import Settings

COMMAND_VERSION = "3.3"
COMMANDS = (
    "shell uploadFile upload_file uploadDirectory upload_directory downloadFile download_file"
    " mkdir rmdir cpdir stat glob listdir rmfile"
).split()


def worker_info(settings: Settings) -> Dict[str, Any]:
    info: Dict[str, Any] = {**info_files(settings.basedir), **os_release()}
    info["environ"] = dict(os.environ)
    info["system"] = os.name
    info["basedir"] = settings.basedir
    info["numcpus"] = settings.numcpus or os.cpu_count() or 1
    info["version"] = __version__
    info["worker_commands"] = dict.fromkeys(COMMANDS, COMMAND_VERSION)
    info["delete_leftover_dirs"] = settings.delete_leftover_dirs
    return info


def info_files(basedir: str) -> Dict[str, str]:
    """The texts of the files in info/, by name."""
    folder = os.path.join(basedir, "info")
    found = {}
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return {}
    for name in names:
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            with open(path, encoding="utf-8", errors="replace") as source:
                found[name] = source.read()
    return found


def os_release() -> Dict[str, str]:
    """The host's os-release as ``os_...`` keys; nothing where there is no such file."""
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        try:
            with open(path, encoding="utf-8", errors="replace") as source:
                return parse_os_release(source.read())
        except OSError:
            continue
    return {}


def parse_os_release(text: str) -> Dict[str, str]:
    found = {}
    for line in text.splitlines():
        key, equals, value = line.strip().partition("=")
        if not equals or key.startswith("#"):
            continue
        try:
            words = shlex.split(value)
        except ValueError:
            continue
        found[f"os_{key.lower()}"] = words[0] if words else ""
    return found
