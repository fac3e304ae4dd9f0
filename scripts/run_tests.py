# SPDX-License-Identifier: MIT
"""Runs the test suites that scripts/test has built, counts what each did, and prints one line of totals."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import worker_pythons

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv" / "bin"
FUZZ_SECONDS = 60  # for each target, with --full


@dataclass
class Counts:
    passed: int = 0
    failed: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.passed + other.passed, self.failed + other.failed)


def environment() -> dict[str, str]:
    return os.environ | {
        "KILN_MASTER_CMD": str(VENV / "kilnbot"),
        "KILN_WORKER_CMD": str(VENV / "buildbot-worker"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def read_junit(report: Path) -> Counts:
    """Counts of a JUnit file; one without any test is a failure."""
    try:
        cases = list(ElementTree.parse(report).getroot().iter("testcase"))
    except (OSError, ElementTree.ParseError) as error:
        print(f"no report of the suite: {error}")
        return Counts(failed=1)
    failed = sum(
        1
        for case in cases
        if any(case.find(tag) is not None for tag in ("failure", "error", "skipped"))
    )
    return Counts(len(cases) - failed, failed) if cases else Counts(failed=1)


def run_reported(
    command: Sequence[str | Path], report: Path, cwd: Path = ROOT, env: dict[str, str] | None = None
) -> Counts:
    status = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=env or environment()
    ).returncode
    counts = read_junit(report)
    if status and not counts.failed:
        print(f"{command[0]} ended with {status} although no test failed")
        counts.failed = 1
    return counts


def run_plain(
    name: str, *command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None
) -> Counts:
    """A command that is one test: it passes with status 0."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=env or environment(), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    print(f"{'ok    ' if done.returncode == 0 else 'FAILED'} {name}", flush=True)
    if done.returncode:
        print(done.stdout)
        return Counts(failed=1)
    return Counts(passed=1)


def catch2(build: Path, scratch: Path, env: dict[str, str] | None = None) -> Counts:
    total = Counts()
    for program in sorted((build / "tests").glob("test_*")):
        if program.is_file() and os.access(program, os.X_OK):
            report = scratch / f"{build.name}-{program.name}.xml"
            print(f"-- {program.name}", flush=True)
            total += run_reported(
                [program, "-r", f"junit::out={report}", "-r", "compact"], report, env=env
            )
    return total


def core(scratch: Path) -> Counts:
    return catch2(ROOT / "build" / "dev", scratch)


def pytest(folder: str, scratch: Path) -> Counts:
    report = scratch / f"{folder}.xml"
    return run_reported(
        [
            VENV / "kilnbot",
            "python",
            "-m",
            "pytest",
            f"tests/{folder}",
            "-q",
            f"--junit-xml={report}",
        ],
        report,
    )


def with_masters(folder: str, scratch: Path) -> Counts:
    """Tests that start masters and workers of their own."""
    report = scratch / f"{folder}.xml"
    return run_reported(
        [VENV / "python", "-m", "pytest", f"tests/{folder}", "-q", f"--junit-xml={report}"],
        report,
    )


def worker_tests(version: str, python: Path, scratch: Path) -> Counts:
    print(f"-- Python {version}", flush=True)
    report = scratch / f"worker-{version}.xml"
    return run_reported(
        [python, "-m", "pytest", "-q", "--timeout=120", f"--junit-xml={report}"],
        report, cwd=ROOT / "worker",
    )  # fmt: skip


def worker(scratch: Path) -> Counts:
    """The worker's tests with the checkout's Python and with the oldest other one it supports."""
    own = f"{sys.version_info[0]}.{sys.version_info[1]}"
    total = worker_tests(own, VENV / "python", scratch)
    for version, python in list(worker_pythons.pythons(own).items())[:1]:
        total += worker_tests(version, worker_pythons.environment_of(version, python), scratch)
    return total


def worker_all(scratch: Path) -> Counts:
    """The worker's tests with every CPython that it supports and the machine has."""
    total = Counts()
    for version, python in worker_pythons.pythons("").items():
        total += worker_tests(version, worker_pythons.environment_of(version, python), scratch)
    return total


def web(scratch: Path) -> Counts:
    report = scratch / "vitest.xml"
    return run_reported(
        ["npx", "vitest", "run", "--reporter=default", "--reporter=junit", f"--outputFile.junit={report}"],
        report, cwd=ROOT / "web",
    )  # fmt: skip


def browser(scratch: Path) -> Counts:
    report = scratch / "browser.xml"
    return run_reported(["npm", "run", "--silent", "e2e"], report, cwd=ROOT / "web",
                        env=environment() | {"KILN_UI": "own", "KILN_JUNIT": str(report)})  # fmt: skip


def fuzz_seeds(scratch: Path) -> Counts:
    total = Counts()
    for program in sorted((ROOT / "build" / "dev" / "fuzz").glob("replay_*")):
        if os.access(program, os.X_OK) and program.is_file():
            seeds = ROOT / "fuzz" / "seeds" / program.name.removeprefix("replay_")
            total += run_plain(program.name, program, seeds)
    return total


def lint(scratch: Path) -> Counts:
    python = [
        path for path in ("pylib", "tests", "scripts", "worker", "bench") if (ROOT / path).is_dir()
    ]
    total = run_plain("ruff check", VENV / "ruff", "check", *python)
    total += run_plain("ruff format", VENV / "ruff", "format", "--check", *python)
    total += run_plain("mypy pylib", VENV / "mypy", "pylib")
    total += run_plain(
        "mypy worker", VENV / "mypy", "--python-executable", VENV / "python", cwd=ROOT / "worker"
    )
    total += run_plain("eslint", "npx", "eslint", ".", "--max-warnings=0", cwd=ROOT / "web")
    total += run_plain("tsc", "npx", "tsc", "--noEmit", cwd=ROOT / "web")
    return total


def sanitizer(preset: str) -> Callable[[Path], Counts]:
    def suite(scratch: Path) -> Counts:
        configured = run_plain(
            f"configure {preset}", "cmake", "--preset", preset, "-DKILN_BINDINGS=OFF"
        )
        built = run_plain(f"build {preset}", "ninja", "-C", f"build/{preset}")
        if configured.failed or built.failed:
            return configured + built
        return configured + built + catch2(ROOT / "build" / preset, scratch)

    return suite


def fuzz_long(scratch: Path) -> Counts:
    total = run_plain("configure fuzz", "cmake", "--preset", "fuzz") + run_plain(
        "build fuzz", "ninja", "-C", "build/fuzz"
    )
    for program in sorted((ROOT / "build" / "fuzz" / "fuzz").glob("fuzz_*")):
        if os.access(program, os.X_OK) and program.is_file():
            seeds = ROOT / "fuzz" / "seeds" / program.name.removeprefix("fuzz_")
            corpus = scratch / program.name
            corpus.mkdir()
            total += run_plain(program.name, program, f"-max_total_time={FUZZ_SECONDS}", "-rss_limit_mb=1024",
                               corpus, *([seeds] if seeds.is_dir() else []), cwd=scratch)  # fmt: skip
    return total


def reload(scratch: Path) -> Counts:
    """100 reloads under 50 running builds: one of them disturbed is a failure."""
    return run_plain("100 reloads under 50 builds", VENV / "python", ROOT / "bench" / "reload.py")


def faults_full(scratch: Path) -> Counts:
    """Every combination of the fault matrix, and a kill at every single write."""
    report = scratch / "faults-full.xml"
    return run_reported(
        [VENV / "python", "-m", "pytest", "tests/faults", "-q", f"--junit-xml={report}"],
        report, env=environment() | {"KILN_FAULTS": "full"},
    )  # fmt: skip


SUITES: dict[str, Callable[[Path], Counts]] = {
    "lint": lint,
    "core": core,
    "fuzz": fuzz_seeds,
    "pylib": lambda scratch: pytest("pylib", scratch),
    "bindings": lambda scratch: pytest("bindings", scratch),
    "worker": worker,
    "integration": lambda scratch: with_masters("integration", scratch),
    "conformance": lambda scratch: with_masters("conformance", scratch),
    "faults": lambda scratch: with_masters("faults", scratch),
    "web": web,
    "browser": browser,
}
FULL_SUITES: dict[str, Callable[[Path], Counts]] = {
    "asan": sanitizer("asan"),
    "tsan": sanitizer("tsan"),
    "fuzz-long": fuzz_long,
    "worker-all": worker_all,
    "reload": reload,
    "faults-full": faults_full,
}


def main() -> int:
    parser = argparse.ArgumentParser(description="Runs the test suites.")
    parser.add_argument("--full", action="store_true", help="also sanitizers and longer fuzzing")
    parser.add_argument(
        "--only",
        action="append",
        choices=[*SUITES, *FULL_SUITES],
        help="one suite; may be repeated",
    )
    options = parser.parse_args()
    suites = SUITES | (FULL_SUITES if options.full or options.only else {})
    total = Counts()
    lines = []
    with tempfile.TemporaryDirectory(prefix="kilnbot-test-") as scratch:
        for name in options.only or suites:
            print(f"\n== {name}", flush=True)
            start = time.monotonic()
            counts = suites[name](Path(scratch))
            if counts.passed + counts.failed == 0:
                print(f"the suite {name} ran nothing: that is a failure")
                counts.failed = 1
            total += counts
            lines.append(
                f"{name:12} {counts.passed:5} passed {counts.failed:4} failed {time.monotonic() - start:7.1f} s"
            )
            print(lines[-1], flush=True)
    print("\n== all suites")
    print("\n".join(lines))
    print(f"{total.passed} passed, {total.failed} failed")
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
