# SPDX-License-Identifier: MIT
"""Every test here needs ``buildbot_cfg._core``: run them by ``kilnbot python -m pytest tests/pylib``."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
for folder in (ROOT / "tests" / "support", ROOT / "pylib"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

if importlib.util.find_spec("buildbot_cfg._core") is None:
    pytest.exit(
        "there is no _core in this Python: run kilnbot python -m pytest tests/pylib", returncode=4
    )

import pylib_fakes  # noqa: E402
from buildbot_cfg import _bridge, _policy  # noqa: E402
from buildbot_cfg._master import MASTER  # noqa: E402
from buildbot_cfg._mirror import Mirror  # noqa: E402

_policy.install_aliases()


@pytest.fixture
def run():
    """Runs a coroutine to its end."""
    return lambda coroutine: asyncio.run(asyncio.wait_for(coroutine, 60))


@pytest.fixture
def logged(monkeypatch):
    """What went into the master's log: (level, text)."""
    lines = []
    monkeypatch.setattr(_bridge, "log", lambda level, text, system="-": lines.append((level, text)))
    return lines


@pytest.fixture(autouse=True)
def mirror(monkeypatch):
    """What a master's Python knows of it ends with the test."""
    made = Mirror(MASTER.data.get, MASTER.botmaster.builder_named)
    monkeypatch.setattr(MASTER, "mirror", made)
    return made


@pytest.fixture
def live(monkeypatch):
    """A running master in memory."""
    master = pylib_fakes.MemoryMaster()
    monkeypatch.setattr(_bridge, "live_master", lambda: master)
    return master


@pytest.fixture
def load(tmp_path):
    """Loads the text of a master.cfg."""

    def load_text(text, **modules):
        for name, source in modules.items():
            (tmp_path / f"{name}.py").write_text(textwrap.dedent(source))
        path = tmp_path / "master.cfg"
        path.write_text(textwrap.dedent(text))
        return _policy.load(str(path), str(tmp_path))

    return load_text


@pytest.fixture
def good(load):
    """Loads a text that must be good, and gives the view."""

    def load_good(text, **modules):
        result = load(text, **modules)
        assert result.problems == []
        return result.config

    return load_good


@pytest.fixture
def step_run(tmp_path):
    """Runs one step as the engine does; gives (runner, handle, end of the step)."""

    async def go(step, handle=None, during=None, config=None, **given):
        from buildbot.plugins import util
        from buildbot_cfg._view_builders import BuilderMaker

        factory = util.BuildFactory([step])
        config = config or util.BuilderConfig(name="b", workername="w1", factory=factory)
        maker = BuilderMaker(config, "http://ci/")
        (runner,) = await _policy.open_build(maker, pylib_fakes.context(**given), [step])
        handle = handle or pylib_fakes.FolderHandle(tmp_path)
        prepared = await runner.prepare(handle)
        if prepared["error"] or prepared["skip"]:
            return runner, handle, prepared
        running = asyncio.ensure_future(runner.run(runner.step.name))
        if during is not None:
            await during(runner, handle)
        outcome = await running
        end = await runner.finish(outcome["results"])
        return runner, handle, {**prepared, **end, "error": outcome["error"] or end["error"]}

    return lambda step, **given: asyncio.run(asyncio.wait_for(go(step, **given), 60))
