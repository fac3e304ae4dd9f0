# SPDX-License-Identifier: MIT
"""Each sample configuration runs: a real master, worker and repository, and at least one green build."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from running import MASTER_CMD, ROOT, Master, Worker, running, wait_for

sys.path.insert(0, str(ROOT / "tests" / "support"))

from git_repository import Repository

SAMPLES = ROOT / "sample_configs"
CPP = '#include <cstdio>\nint main() { std::puts("hello"); }\n'
CMAKE = """cmake_minimum_required(VERSION 3.20)
project(sample CXX)
enable_testing()
add_executable(app main.cpp)
add_test(NAME runs COMMAND app)
"""


class Sample:
    """One sample with its own ports, repository and worker; `started` counts the builds that a test has seen."""

    def __init__(self, name: str, folder: Path, files: dict[str, str]) -> None:
        self.repository = Repository(folder / "repository")
        self.repository.commit("begin", files or {"README": "empty\n"})
        self.master = Master(folder)
        made = self.master.cli("create-master", "-q", str(self.master.dir))
        assert made.returncode == 0, made.stdout
        shutil.copytree(SAMPLES / name, self.master.dir, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))  # fmt: skip
        config = self.master.dir / "master.cfg"
        config.write_text(self.fitted(config.read_text()))
        self.worker = Worker(folder, self.master.pb, "example-worker", "pass")

    def fitted(self, text: str) -> str:
        """The sample with this test's places and less patience; nothing else is changed."""
        changed = {
            "tcp:9989:": f"tcp:{self.master.pb}:",
            "tcp:8010:": f"tcp:{self.master.http}:",
            "localhost:8010": f"127.0.0.1:{self.master.http}",
            "https://git.example.org/project.git": self.repository.url,
            "https://git.example.org/monorepo.git": self.repository.url,
            "pollInterval=60": "pollInterval=0.5",
            "pollInterval=300": "pollInterval=0.5",
            "treeStableTimer=10": "treeStableTimer=0.1",
            "treeStableTimer=5": "treeStableTimer=0.1",
        }
        for old, new in changed.items():
            text = text.replace(old, new)
        if shutil.which("clang++") is None:
            text = text.replace('"clang++"', '"c++"')
        return text

    def force(self, builder: str, scheduler: str = "force", **params: Any) -> dict[str, Any]:
        """Forces a build, and gives it when it is over; it must be green."""
        builderid = self.master.builder_id(builder)
        _, requests = self.master.control(
            f"forceschedulers/{scheduler}", "force", builderid=builderid, **params
        )
        return self.green(int(requests[str(builderid)]))

    def green(self, request: int) -> dict[str, Any]:
        path = f"buildrequests/{request}"
        wait_for("the end of the build", lambda: self.master.rows(path)[0]["complete"])
        (build,) = self.master.rows(f"{path}/builds")
        assert build["results"] == 0, self.told(build)
        return build

    def green_builds_of(self, builder: str, count: int = 1) -> list[dict[str, Any]]:
        """The builds of a builder as soon as there are so many; all must be green."""
        path = f"builders/{self.master.builder_id(builder)}/builds?complete=true"
        builds: list[dict[str, Any]] = wait_for(
            f"{count} builds of {builder}",
            lambda: rows if len(rows := self.master.rows(path)) >= count else None,
        )
        for build in builds:
            assert build["results"] == 0, self.told(build)
        return builds

    def wait_for_first_look(self) -> None:
        """Until the poller knows the branches: what was there before is no change."""

        def has_looked() -> bool:
            with closing(sqlite3.connect(self.master.dir / "state.sqlite")) as state:
                query = "select count(*) from object_state where name = 'lastRev'"
                return bool(state.execute(query).fetchone()[0])

        wait_for("the poller's first look", has_looked)

    def told(self, build: dict[str, Any]) -> str:
        """What is to be known of a build that is not green."""
        lines = [build["state_string"]]
        for step in self.steps(build):
            lines.append(f"{step['name']}: {step['results']} {step['state_string']}")
            if step["results"]:
                lines.append(self.log(step))
        return "\n".join(lines)

    def steps(self, build: dict[str, Any]) -> list[dict[str, Any]]:
        return self.master.rows(f"builds/{build['buildid']}/steps")

    def log(self, step: dict[str, Any]) -> str:
        path = f"steps/{step['stepid']}/logs"
        return "".join(
            self.master.text(f"logs/{log['logid']}/raw") for log in self.master.rows(path)
        )

    def states(self, build: dict[str, Any]) -> list[str]:
        return [step["state_string"] for step in self.steps(build) if step["number"] > 0]

    def property(self, build: dict[str, Any], name: str) -> Any:
        return self.master.get(f"builds/{build['buildid']}/properties")["properties"][0][name][0]


@pytest.fixture
def started(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sample]:
    """A running sample; the mark `sample(name, files)` says which, and what is in its repository."""
    name, files = request.param
    sample = Sample(name, tmp_path, files)
    with running(sample.master, sample.worker):
        sample.master.wait_attached("example-worker")
        yield sample


def sample(name: str, files: dict[str, str] | None = None) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("started", [(name, files or {})], indirect=True, ids=[name])


@sample("hello")
def test_hello(started: Sample) -> None:
    build = started.force("hello")

    assert any("hello, " in started.log(step) for step in started.steps(build))


@sample("git_cpp", {"main.cpp": CPP, "CMakeLists.txt": CMAKE})
def test_a_commit_builds_the_cpp_project(started: Sample) -> None:
    started.force("debug", jobs=1)
    started.wait_for_first_look()
    head = started.repository.commit("change", {"main.cpp": CPP + "// more\n"})
    builds = started.green_builds_of("debug", 2)

    assert started.property(builds[-1], "got_revision") == head


@sample("matrix", {"main.cpp": CPP})
def test_the_matrix_builds_with_everything(started: Sample) -> None:
    names = [row["name"] for row in started.master.rows("builders")]
    assert len(names) == 4

    for name in names:
        started.force(name)


MAKEFILE = "all:\n\t@echo built\ncheck:\n\t@echo checked\n"


@sample("monorepo", {f"{part}/Makefile": MAKEFILE for part in ("server", "web", "docs")})
def test_a_commit_builds_the_components_that_it_touches(started: Sample) -> None:
    started.wait_for_first_look()
    started.force("docs")
    started.repository.commit("of the server", {"server/a": "1"})
    started.green_builds_of("server", 1)
    started.repository.commit("of both", {"common/b": "1"})
    started.green_builds_of("server", 2)
    started.green_builds_of("web", 1)
    started.repository.git("checkout", "--quiet", "-b", "topic")
    started.repository.commit("on a branch", {"web/c": "1"})
    builds = started.green_builds_of("web", 2)

    assert started.property(builds[-1], "branch") == "topic"
    assert len(started.master.rows("builds?complete=true")) == 5  # and no others


SCRIPTS = {
    "tests/unit.sh": "echo unit\n",
    "tests/integration.sh": "echo integration\n",
    "deploy.sh": 'echo "deployed $1"\n',
}


@sample("pipeline", SCRIPTS)
def test_the_stages_follow_each_other(started: Sample) -> None:
    build = started.force("build")

    (deployed,) = started.green_builds_of("deploy")
    tests = [started.green_builds_of(f"test {suite}")[0] for suite in ("unit", "integration")]
    package = started.property(build, "package")
    assert (started.master.dir / "packages" / package).exists()
    assert f"deployed {package}" in started.log(started.steps(deployed)[-1])
    assert all(test["complete_at"] <= deployed["started_at"] for test in tests)


NIGHTLY = "all:\n\tmkdir -p dist && date > dist/app\ncheck:\n\ttest -s dist/app\n"


@sample("nightly", {"Makefile": NIGHTLY})
def test_the_nightly_build_leaves_a_candidate(started: Sample) -> None:
    build = started.force("nightly", branch="main")

    revision = started.property(build, "got_revision")
    candidate = started.master.dir / "candidates" / f"{build['number']}-{revision}.tar.gz"
    with tarfile.open(candidate) as archive:
        assert "dist/app" in archive.getnames()
    started.force("cleaning")
    assert not (started.worker.dir / "nightly" / "build").exists()
    names = {row["name"]: row["enabled"] for row in started.master.rows("schedulers")}
    assert names == {"each-night": True, "on-sundays": True, "force": True}


@sample("force")
def test_the_form_steers_the_build(started: Sample) -> None:
    careful = started.force("release", "release", reason="try", version="1.2.3", platform="windows", debug=True)  # fmt: skip
    assert "make -j4 PLATFORM=windows DEBUG=1" in started.log(started.steps(careful)[1])
    assert [step["results"] for step in started.steps(careful)] == [0, 0, 0, 3]

    quick = started.force("release", "release", reason="go", version="1.2.4", tests=False, publish=True, notes="new")  # fmt: skip
    assert [step["results"] for step in started.steps(quick)] == [0, 0, 3, 0]
    assert "publish 1.2.4 --notes new" in started.log(started.steps(quick)[3])


@sample("own_steps", {"run-tests.sh": "echo ok one\necho nothing\necho ok two\n"})
def test_own_steps_count_and_check(started: Sample) -> None:
    build = started.force("tests")

    assert started.states(build)[1:] == ["tests: 2 ok", "2 of at least 2"]
    assert started.property(build, "tests passed") == 2


def test_the_tests_of_own_steps_pass_under_kilnbot(tmp_path: Path) -> None:
    shutil.copytree(SAMPLES / "own_steps", tmp_path / "own", ignore=shutil.ignore_patterns("__pycache__"))  # fmt: skip
    done = subprocess.run(
        [MASTER_CMD, "python", "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path / "own",
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    assert "5 passed" in done.stdout


def test_every_sample_is_run_here() -> None:
    known = {path.parent.name for path in SAMPLES.glob("*/master.cfg")}
    text = Path(__file__).read_text()

    assert {name for name in known if f'@sample("{name}"' not in text} == {"demo"}  # scripts/demo
