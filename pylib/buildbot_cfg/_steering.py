# SPDX-License-Identifier: MIT
"""Builds whose class has its say: when steps are made, between steps, at the end."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._runner import StepRunner
from buildbot_cfg._tasks import awaited
from buildbot_cfg.process.build import Build

#: Methods of Build that the engine asks for between steps.
_ASKED = ("stepDone", "buildFinished")


class OpenedSteps(list[StepRunner]):
    """The steps of a new build; their session, also when there are none."""

    def __init__(self, session: Any, steps: list[StepRunner]) -> None:
        super().__init__(steps)
        self.session = session


def is_asked(build: Build) -> bool:
    """Whether the build's class overrides what is called between steps or at the end."""
    return any(getattr(type(build), name, None) is not getattr(Build, name) for name in _ASKED)


async def opened(session: Any, recipes: list[Any]) -> OpenedSteps:
    """The steps that the build's class makes of the recipes."""
    build: Build = session.build
    if type(build) is Build:
        return OpenedSteps(session, [StepRunner(session, recipe) for recipe in recipes])
    build.setStepFactories(recipes)
    await awaited(build.setupBuild())
    runners = [StepRunner.of(session, step) for step in build.made_steps]
    first, last = session.take_steps()
    return OpenedSteps(session, [*first, *runners, *last])


async def step_done(session: Any, step: int) -> dict[str, Any]:
    """What the build's class says to the end of its newest step."""
    build: Build = session.build
    terminate = await awaited(build.stepDone(step, build.executedSteps[-1]))
    next_steps, last_steps = session.take_steps()
    return {
        "results": build.results,
        "terminate": bool(terminate),
        "properties": session.take_properties(),
        "next_steps": next_steps,
        "last_steps": last_steps,
        "stop": session.take_stop(),
    }


async def build_finished(session: Any, texts: list[str], results: int) -> dict[str, Any]:
    """What the build's class makes of its end."""
    build: Build = session.build
    build.results, build.text = results, list(texts)
    await awaited(build.buildFinished(list(texts), results))
    clean = build.properties.cleanupTextFromSecrets
    return {"results": build.results, "texts": [clean(str(text)) for text in build.text]}
