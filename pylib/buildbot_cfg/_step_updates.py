# SPDX-License-Identifier: MIT
"""``master.data.updates`` for steps that user code makes by hand while another step runs."""

from __future__ import annotations

from buildbot_cfg._tasks import begun
from buildbot_cfg.process._hand_made import new_step, open_log, open_step
from buildbot_cfg.process.build import running_build

_STREAMS = "oeh"


class StepUpdates:
    """Verbs on such steps and their logs.

    They raise KeyError for steps that the engine runs itself: those have methods of their own.
    """

    @begun
    async def addStep(self, buildid: int, name: str) -> tuple[int, int, str]:
        """Makes a step; returns its id, its number in the build, and its name, unique there."""
        build = running_build(buildid)
        maker = None if build is None else build.running_step()
        if maker is None:
            raise RuntimeError(f"build {buildid} has no running step that could make another one")
        handle, number, unique = await new_step(maker, name)
        return handle.stepid, number, unique

    @begun
    async def startStep(
        self, stepid: int, started_at: int | None = None, locks_acquired: bool = False
    ) -> None:
        """Accepted: a step has started when it is there."""
        open_step(stepid)

    @begun
    async def set_step_locks_acquired_at(
        self, stepid: int, locks_acquired_at: int | None = None
    ) -> None:
        """Accepted: the same."""
        open_step(stepid)

    @begun
    async def setStepStateString(self, stepid: int, state_string: str) -> None:
        """Shows what the step does."""
        open_step(stepid).set_state_string(str(state_string))

    @begun
    async def addStepURL(self, stepid: int, name: str, url: str) -> None:
        """Shows a link with the step."""
        await open_step(stepid).add_url(name, url)

    @begun
    async def finishStep(self, stepid: int, results: int, hidden: bool) -> None:
        """Ends the step."""
        await open_step(stepid).finish(results, hidden)

    @begun
    async def addLog(self, stepid: int, name: str, type: str) -> int:
        """Makes a log of a step and returns its id; ``type`` is "s", "t" or "h"."""
        logid, _ = await open_step(stepid).add_log(name, type)
        return logid

    @begun
    async def appendLog(self, logid: int, content: str) -> None:
        """Appends whole lines; those of stream logs begin with the letter of their stream."""
        handle, type_ = open_log(logid)
        if type_ != "s":
            handle.append_log(logid, "o", content)
            return
        for line in content.splitlines(keepends=True):
            stream = line[0] if line[0] in _STREAMS else "o"
            handle.append_log(logid, stream, line[1:] if line[0] in _STREAMS else line)

    @begun
    async def finishLog(self, logid: int) -> None:
        """Ends the log."""
        await open_log(logid)[0].finish_log(logid)

    @begun
    async def compressLog(self, logid: int) -> int:
        """Accepted: logs are stored compressed. Returns how many bytes that saved: none."""
        return 0
