# SPDX-License-Identifier: MIT
"""What reports are made of: builds with what belongs to them, and addresses of web pages."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from buildbot_cfg._tasks import started
from buildbot_cfg.process.properties import renderer


def getURLForBuild(master: Any, builderid: int, build_number: int) -> str:
    """The web page of a build."""
    return f"{master.config.buildbotURL}#/builders/{builderid}/builds/{build_number}"


def getURLForBuildrequest(master: Any, buildrequestid: int) -> str:
    """The web page of a build request."""
    return f"{master.config.buildbotURL}#/buildrequests/{buildrequestid}"


def get_url_for_log(
    master: Any, builderid: int, build_number: int, step_number: int, log_slug: str
) -> str:
    """The web page of a log."""
    build = getURLForBuild(master, builderid, build_number)
    return f"{build}/steps/{step_number}/logs/{log_slug}"


def get_url_for_log_raw(master: Any, logid: int, suffix: str) -> str:
    """The address of a log's text: ``suffix`` is "raw" or "raw_inline"."""
    return f"{master.config.buildbotURL}api/v2/logs/{logid}/{suffix}"


@renderer
def URLForBuild(props: Any) -> str:
    """The web page of the build, as a renderable: ``util.URLForBuild``."""
    build = props.getBuild()
    return getURLForBuild(build.master, build.getBuilderId(), build.number)


def merge_reports_prop(reports: Iterable[dict[str, Any]], prop: str) -> Any:
    """One property of all reports added up; None when no report has it.

    Example:
        >>> merge_reports_prop([{"builds": [1]}, {"builds": [2]}, {}], "builds")
        [1, 2]
    """
    merged = None
    for report in reports:
        value = report.get(prop)
        if value is not None:
            merged = value if merged is None else merged + value
    return merged


def merge_reports_prop_take_first(reports: Iterable[dict[str, Any]], prop: str) -> Any:
    """The property of the first report that has it; None when none has.

    Example:
        >>> merge_reports_prop_take_first([{}, {"subject": "a"}, {"subject": "b"}], "subject")
        'a'
    """
    return next((r[prop] for r in reports if r.get(prop) is not None), None)


def should_attach_log(logs_config: Any, log: dict[str, Any]) -> bool:
    """Whether the text of a log is wanted: True, or a list of "log" and "step.log"."""
    if isinstance(logs_config, bool):
        return logs_config
    return log["name"] in logs_config or f"{log['stepname']}.{log['name']}" in logs_config


@started
async def getPreviousBuild(master: Any, build: dict[str, Any]) -> Any:
    """The build of the same builder before this one that was not to be repeated; None: none."""
    from buildbot_cfg.process.results import RETRY

    number = build["number"] - 1
    while number > 0:
        found = await master.data.get(("builders", build["builderid"], "builds", number))
        if found and found["results"] != RETRY:
            return found
        number -= 1
    return None


@started
async def getDetailsForBuild(
    master: Any,
    build: dict[str, Any],
    want_properties: bool = False,
    want_steps: bool = False,
    want_previous_build: bool = False,
    want_logs: bool = False,
    add_logs: bool | None = None,
    want_logs_content: Any = False,
) -> None:
    """Adds to a build (a row of the data API) what belongs to it: buildset, builder, url ...

    Args:
        master: the running master.
        build: the row; it is changed.
        want_properties: add "properties".
        want_steps: add "steps".
        want_previous_build: add "prev_build".
        want_logs: add "logs" to the steps, without what they say.
        add_logs: the same as want_logs_content.
        want_logs_content: add what they say: True, or a list of names of logs.
    """
    if add_logs is not None:
        want_logs_content = add_logs
    request = await master.data.get(("buildrequests", build["buildrequestid"]))
    buildset = await master.data.get(("buildsets", request["buildsetid"]))
    build["buildrequest"], build["buildset"] = request, buildset
    await getDetailsForBuilds(
        master,
        buildset,
        [build],
        want_properties=want_properties,
        want_steps=want_steps,
        want_previous_build=want_previous_build,
        want_logs=want_logs,
        want_logs_content=want_logs_content,
    )
    parent = None
    if buildset["parent_buildid"]:
        parent = await master.data.get(("builds", buildset["parent_buildid"]))
    if parent is not None:
        build["parentbuild"] = parent
        build["parentbuilder"] = await master.data.get(("builders", parent["builderid"]))
    else:
        build["parentbuild"] = build["parentbuilder"] = None


@started
async def getDetailsForBuilds(
    master: Any,
    buildset: dict[str, Any],
    builds: list[dict[str, Any]],
    want_properties: bool = False,
    want_steps: bool = False,
    want_previous_build: bool = False,
    want_logs: bool = False,
    add_logs: bool | None = None,
    want_logs_content: Any = False,
) -> None:
    """The same for several builds of one buildset; see getDetailsForBuild."""
    if add_logs is not None:
        want_logs_content = add_logs
    wants_logs = bool(want_logs or want_logs_content)
    for build in builds:
        builder = await master.data.get(("builders", build["builderid"]))
        build["builder"], build["buildset"] = builder, buildset
        build["url"] = getURLForBuild(master, build["builderid"], build["number"])
        if want_properties:
            build["properties"] = await master.data.get(("builds", build["buildid"], "properties"))
        if want_previous_build:
            build["prev_build"] = await getPreviousBuild(master, build)
        if want_steps or wants_logs:
            steps = await master.data.get(("builds", build["buildid"], "steps"))
            build["steps"] = list(steps)
            if wants_logs:
                await asyncio.gather(
                    *(_add_logs(master, build, step, want_logs_content) for step in build["steps"])
                )


async def _add_logs(master: Any, build: dict[str, Any], step: dict[str, Any], wanted: Any) -> None:
    step["logs"] = list(await master.data.get(("steps", step["stepid"], "logs")))
    for log in step["logs"]:
        log["stepname"] = step["name"]
        log["url"] = get_url_for_log(
            master, build["builderid"], build["number"], step["number"], log["slug"]
        )
        log["url_raw"] = get_url_for_log_raw(master, log["logid"], "raw")
        log["url_raw_inline"] = get_url_for_log_raw(master, log["logid"], "raw_inline")
        if should_attach_log(wanted, log):
            log["content"] = await master.data.get(("logs", log["logid"], "contents"))


@started
async def getResponsibleUsersForBuild(master: Any, buildid: int) -> list[str]:
    """Who changed what the build built, and who asked for it."""
    changes = await master.data.get(("builds", buildid, "changes"))
    people = {change["author"] for change in changes}
    people |= {change["committer"] for change in changes if change["committer"]}
    properties = await master.data.get(("builds", buildid, "properties"))
    for name in ("owner", "owners"):
        value = properties.get(name, [None])[0]
        people.update([value] if isinstance(value, str) else value or [])
    return sorted(people)
