#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plays scenarios and compares with what Buildbot 4.3 did; --record plays them against Buildbot and keeps that."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from compare import differences, problems
from stage import MASTER_CMD, ROOT, Stage
from tree import Tree

HERE = Path(__file__).resolve().parent
AT_ONCE = int(os.environ.get("KILN_CONFORMANCE_JOBS", "4"))
UPSTREAM = "4.3.0"
#: What Buildbot needs for some of its steps.
STEPS_NEED = ("python-subunit", "txrequests", "unidiff")


@dataclass(frozen=True)
class Scenario:
    name: str

    @property
    def config(self) -> str:
        return (HERE / "scenarios" / f"{self.name}.cfg").read_text()

    @property
    def recorded(self) -> Path:
        return HERE / "recorded" / f"{self.name}.json"

    def script(self) -> Any:
        """The module beside the configuration; without one, builder b1 is forced once."""
        path = HERE / "scenarios" / f"{self.name}.py"
        if not path.exists():
            path = HERE / "scenarios" / "_force_once.py"
        spec = importlib.util.spec_from_file_location(f"scenario_{self.name}", path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def play(self, command: str) -> dict[str, Any]:
        """The tree that a master of this command has at the end."""
        script = self.script()
        folder = Path(tempfile.mkdtemp(prefix="kiln-conform-"))
        stage = Stage(folder, command, self.config, getattr(script, "PROTOCOL", "pb"))
        try:
            if hasattr(script, "prepare"):
                script.prepare(stage)
            stage.create(self.config)
            stage.start()
            for name in getattr(script, "WORKERS", ["w1"]):
                stage.start_worker(name)
            script.play(stage)
            if not getattr(script, "LEAVES_OPEN", False):
                stage.settle()
            return Tree(
                stage,
                getattr(script, "HEADERS_ONLY", ()),
                getattr(script, "SETS_IN_ANY_ORDER", False),
            ).read()
        except Exception as error:
            raise AssertionError(
                f"{self.name}: {type(error).__name__}: {error}\n{ends_of_logs(stage)}"
            ) from error
        finally:
            stage.close()
            shutil.rmtree(folder, ignore_errors=True)

    def judge(self, seen: dict[str, Any]) -> list[str]:
        if not self.recorded.exists():
            return [f"nothing is recorded: {Path(__file__).name} --record {self.name}"]
        return problems(self.name, json.loads(self.recorded.read_text()), seen)


def ends_of_logs(stage: Stage) -> str:
    logs = {"master": stage.log()} | {name: peer.log() for name, peer in stage.workers.items()}
    return "\n".join(
        f"-- {name}\n" + "\n".join(text.splitlines()[-30:]) for name, text in logs.items()
    )


def scenarios() -> list[Scenario]:
    return [Scenario(path.stem) for path in sorted((HERE / "scenarios").glob("*.cfg"))]


def play_all(chosen: list[Scenario], command: str) -> list[Future[dict[str, Any]]]:
    """Plays several at once; the threads end with the last one."""
    pool = ThreadPoolExecutor(AT_ONCE)
    played = [pool.submit(scenario.play, command) for scenario in chosen]
    pool.shutdown(wait=False)
    return played


def upstream_command() -> str:
    """Buildbot of KILN_UPSTREAM, or one installed from PyPI under build/."""
    named = os.environ.get("KILN_UPSTREAM")
    venv = Path(named) if named else ROOT / "build" / "conformance-upstream"
    if not (venv / "bin" / "buildbot").exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        packages = [f"{name}=={UPSTREAM}" for name in ("buildbot", "buildbot-worker", "buildbot-www")]  # fmt: skip
        subprocess.run(
            [str(venv / "bin" / "pip"), "install", "-q", *packages, *STEPS_NEED], check=True
        )
    return str(venv / "bin" / "buildbot")


def record(chosen: list[Scenario], plays: int) -> int:
    """Keeps what Buildbot did when it did the same twice (or once: then ours must be the same to be believed)."""
    command = upstream_command()
    played = play_all([scenario for scenario in chosen for _ in range(plays)], command)
    failures = 0
    for scenario, one, two in zip(chosen, played[::plays], played[plays - 1 :: plays], strict=True):
        try:
            tree, again = one.result(), two.result()
        except AssertionError as error:
            failures += 1
            print(f"FAILED {error}", flush=True)
            continue
        unstable = [str(difference) for difference in differences(tree, again)]
        if unstable:
            failures += 1
            print(f"FAILED {scenario.name} is not the same twice:\n  " + "\n  ".join(unstable))
            continue
        text = json.dumps(tree, indent=1, ensure_ascii=False, sort_keys=False) + "\n"
        scenario.recorded.write_text(text)
        print(f"recorded {scenario.name}", flush=True)
    return failures


def check(chosen: list[Scenario], times: int) -> int:
    failures = 0
    for _ in range(times):
        start = time.monotonic()
        for scenario, future in zip(chosen, play_all(chosen, MASTER_CMD), strict=True):
            try:
                wrong = scenario.judge(future.result())
            except AssertionError as error:
                wrong = [str(error)]
            failures += bool(wrong)
            told = f"{'FAILED' if wrong else 'ok    '} {scenario.name}"
            print("\n  ".join([told, *wrong]), flush=True)
        print(f"{len(chosen)} scenarios in {time.monotonic() - start:.1f} s")
    return failures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true", help="play against Buildbot and keep it")
    parser.add_argument("--once", action="store_true", help="record what one play gave")
    parser.add_argument("--times", type=int, default=1, help="play ours so many times")
    parser.add_argument("names", nargs="*", help="scenarios; all without one")
    options = parser.parse_args()
    known = {scenario.name: scenario for scenario in scenarios()}
    if unknown := [name for name in options.names if name not in known]:
        parser.error(f"no such scenario: {', '.join(unknown)}")
    chosen = [known[name] for name in options.names or known]
    if options.record:
        return 1 if record(chosen, 1 if options.once else 2) else 0
    return 1 if check(chosen, options.times) else 0


if __name__ == "__main__":
    sys.exit(main())
