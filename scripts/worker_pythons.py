# SPDX-License-Identifier: MIT
"""The worker's tests on every CPython from 3.8 to 3.13 that the machine has, in environments kept under build/."""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VERSIONS = [f"3.{minor}" for minor in range(8, 14)]
TOOLS = ("pytest", "pytest-timeout")


def version_of(python: Path) -> str | None:
    """Such as "3.8", of a CPython that can make environments."""
    code = "import sys, venv, ensurepip, ssl; print(sys.implementation.name, *sys.version_info[:2])"
    done = subprocess.run(
        [python, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    found = re.fullmatch(r"cpython (\d+) (\d+)\n", done.stdout)
    return f"{found[1]}.{found[2]}" if found else None


def candidates() -> list[Path]:
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [Path(path) for name in VERSIONS if (path := shutil.which(f"python{name}"))]
    found += [Path("/usr/bin") / f"python{name}" for name in VERSIONS]
    found += sorted(pyenv.glob("3.*/bin/python"))
    return [path for path in found if path.exists() and "shims" not in path.parts]


def pythons(besides: str) -> dict[str, Path]:
    """One interpreter for each version, in order, without the version `besides`."""
    found: dict[str, Path] = {}
    for path in candidates():
        version = version_of(path)
        if version in VERSIONS and version != besides:
            found.setdefault(version, path)
    return {version: found[version] for version in VERSIONS if version in found}


def environment_of(version: str, python: Path) -> Path:
    """The Python of an environment with the worker, made unless it is there and up to date."""
    folder = ROOT / "build" / "worker-venvs" / version
    mark = folder / "made-for"
    wanted = hashlib.sha256((ROOT / "worker" / "pyproject.toml").read_bytes()).hexdigest()
    if not mark.exists() or mark.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([python, "-m", "venv", folder], check=True)
        pip = [
            folder / "bin" / "python",
            "-m",
            "pip",
            "install",
            "-q",
            "--disable-pip-version-check",
        ]
        subprocess.run([*pip, *TOOLS, "-e", ROOT / "worker"], check=True)
        mark.write_text(wanted)
    return folder / "bin" / "python"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version", nargs="*", help="only these, such as 3.8")
    chosen = parser.parse_args().version
    own = f"{sys.version_info[0]}.{sys.version_info[1]}"
    status = 0
    for version, python in pythons("" if chosen else own).items():
        if not chosen or version in chosen:
            print(f"-- Python {version}", flush=True)
            command = [environment_of(version, python), "-m", "pytest", "-q", "--timeout=120"]
            status |= subprocess.run(command, cwd=ROOT / "worker").returncode
    return status


if __name__ == "__main__":
    sys.exit(main())
