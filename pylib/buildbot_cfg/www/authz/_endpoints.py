# SPDX-License-Identifier: MIT
"""How Buildbot calls its endpoints: own rules name them in ``match_<class>_<action>``."""

from __future__ import annotations

from typing import Any

_CLASSES: dict[str, tuple[str, ...]] = {
    "BuildDataEndpoint": (
        "builders/n:builderid/builds/n:build_number/data/i:name/value",
        "builders/s:buildername/builds/n:build_number/data/i:name/value",
        "builds/n:buildid/data/i:name/value",
    ),
    "BuildDataNoValueEndpoint": (
        "builders/n:builderid/builds/n:build_number/data/i:name",
        "builders/s:buildername/builds/n:build_number/data/i:name",
        "builds/n:buildid/data/i:name",
    ),
    "BuildDatasNoValueEndpoint": (
        "builders/n:builderid/builds/n:build_number/data",
        "builders/s:buildername/builds/n:build_number/data",
        "builds/n:buildid/data",
    ),
    "BuildEndpoint": (
        "builds/n:buildid",
        "builders/n:builderid/builds/n:build_number",
        "builders/s:buildername/builds/n:build_number",
    ),
    "BuildPropertiesEndpoint": (
        "builders/n:builderid/builds/n:build_number/properties",
        "builds/n:buildid/properties",
    ),
    "BuildRequestEndpoint": ("buildrequests/n:buildrequestid",),
    "BuildRequestsEndpoint": (
        "buildrequests",
        "builders/n:builderid/buildrequests",
    ),
    "BuildTriggeredBuildsEndpoint": ("builds/n:buildid/triggered_builds",),
    "BuilderEndpoint": (
        "builders/n:builderid",
        "builders/s:buildername",
        "masters/n:masterid/builders/n:builderid",
    ),
    "BuildersEndpoint": (
        "builders",
        "masters/n:masterid/builders",
        "projects/n:projectid/builders",
        "workers/n:workerid/builders",
    ),
    "BuildsEndpoint": (
        "builds",
        "builders/n:builderid/builds",
        "builders/s:buildername/builds",
        "buildrequests/n:buildrequestid/builds",
        "changes/n:changeid/builds",
        "workers/n:workerid/builds",
    ),
    "BuildsetEndpoint": ("buildsets/n:bsid",),
    "BuildsetPropertiesEndpoint": ("buildsets/n:bsid/properties",),
    "BuildsetsEndpoint": ("buildsets",),
    "ChangeEndpoint": ("changes/n:changeid",),
    "ChangeSourceEndpoint": (
        "changesources/n:changesourceid",
        "masters/n:masterid/changesources/n:changesourceid",
    ),
    "ChangeSourcesEndpoint": (
        "changesources",
        "masters/n:masterid/changesources",
    ),
    "ChangesEndpoint": (
        "changes",
        "builders/n:builderid/builds/n:build_number/changes",
        "builds/n:buildid/changes",
        "sourcestamps/n:ssid/changes",
    ),
    "CodebaseBranchEndpoint": ("branches/n:branchid",),
    "CodebaseBranchesEndpoint": ("codebases/n:codebaseid/branches",),
    "CodebaseCommitByRevisionEndpoint": ("codebases/n:codebaseid/commits_by_revision/s:revision",),
    "CodebaseCommitEndpoint": ("commits/n:commitid",),
    "CodebaseCommitsEndpoint": ("codebases/n:codebaseid/commits",),
    "CodebaseCommitsGraphEndpoint": (
        "codebases/n:codebaseid/commit_range/n:commitid1/n:commitid2/commits_common_parent",
    ),
    "CodebaseEndpoint": (
        "codebases/n:codebaseid",
        "projects/n:projectid/codebases/i:codebasename",
    ),
    "CodebasesEndpoint": ("codebases",),
    "ForceSchedulerEndpoint": ("forceschedulers/i:schedulername",),
    "ForceSchedulersEndpoint": (
        "forceschedulers",
        "builders/:builderid/forceschedulers",
    ),
    "LogChunkEndpoint": (
        "logchunks",
        "logs/n:logid/contents",
        "steps/n:stepid/logs/i:log_slug/contents",
        "builds/n:buildid/steps/i:step_name/logs/i:log_slug/contents",
        "builds/n:buildid/steps/n:step_number/logs/i:log_slug/contents",
        "builders/n:builderid/builds/n:build_number/steps/i:step_name/logs/i:log_slug/contents",
        "builders/n:builderid/builds/n:build_number/steps/n:step_number/logs/i:log_slug/contents",
    ),
    "LogEndpoint": (
        "logs/n:logid",
        "steps/n:stepid/logs/i:log_slug",
        "builds/n:buildid/steps/i:step_name/logs/i:log_slug",
        "builds/n:buildid/steps/n:step_number/logs/i:log_slug",
        "builders/n:builderid/builds/n:build_number/steps/i:step_name/logs/i:log_slug",
        "builders/n:builderid/builds/n:build_number/steps/n:step_number/logs/i:log_slug",
        "builders/s:buildername/builds/n:build_number/steps/i:step_name/logs/i:log_slug",
        "builders/s:buildername/builds/n:build_number/steps/n:step_number/logs/i:log_slug",
    ),
    "LogsEndpoint": (
        "steps/n:stepid/logs",
        "builds/n:buildid/steps/i:step_name/logs",
        "builds/n:buildid/steps/n:step_number/logs",
        "builders/n:builderid/builds/n:build_number/steps/i:step_name/logs",
        "builders/n:builderid/builds/n:build_number/steps/n:step_number/logs",
        "builders/s:buildername/builds/n:build_number/steps/i:step_name/logs",
        "builders/s:buildername/builds/n:build_number/steps/n:step_number/logs",
    ),
    "MasterEndpoint": (
        "masters/n:masterid",
        "builders/n:builderid/masters/n:masterid",
    ),
    "MastersEndpoint": (
        "masters",
        "builders/n:builderid/masters",
    ),
    "ProjectEndpoint": (
        "projects/n:projectid",
        "projects/i:projectname",
    ),
    "ProjectsEndpoint": ("projects",),
    "PropertiesListEndpoint": (
        "builds/n:buildid/property_list",
        "buildsets/n:bsid/properties_list",
        "changes/n:changeid/properties_list",
    ),
    "RawInlineLogChunkEndpoint": (
        "logs/n:logid/raw_inline",
        "steps/n:stepid/logs/i:log_slug/raw_inline",
        "builds/n:buildid/steps/i:step_name/logs/i:log_slug/raw_inline",
        "builds/n:buildid/steps/n:step_number/logs/i:log_slug/raw_inline",
        "builders/n:builderid/builds/n:build_number/steps/i:step_name/logs/i:log_slug/raw_inline",
        "builders/n:builderid/builds/n:build_number/steps/n:step_number/logs/i:log_slug/raw_inline",
    ),
    "RawLogChunkEndpoint": (
        "logs/n:logid/raw",
        "steps/n:stepid/logs/i:log_slug/raw",
        "builds/n:buildid/steps/i:step_name/logs/i:log_slug/raw",
        "builds/n:buildid/steps/n:step_number/logs/i:log_slug/raw",
        "builders/n:builderid/builds/n:build_number/steps/i:step_name/logs/i:log_slug/raw",
        "builders/n:builderid/builds/n:build_number/steps/n:step_number/logs/i:log_slug/raw",
    ),
    "RootEndpoint": ("",),
    "SchedulerEndpoint": (
        "schedulers/n:schedulerid",
        "masters/n:masterid/schedulers/n:schedulerid",
    ),
    "SchedulersEndpoint": (
        "schedulers",
        "masters/n:masterid/schedulers",
    ),
    "SourceStampEndpoint": ("sourcestamps/n:ssid",),
    "SourceStampsEndpoint": (
        "sourcestamps",
        "buildsets/:buildsetid/sourcestamps",
    ),
    "SpecEndpoint": ("application.spec",),
    "StepEndpoint": (
        "steps/n:stepid",
        "builds/n:buildid/steps/i:step_name",
        "builds/n:buildid/steps/n:step_number",
        "builders/n:builderid/builds/n:build_number/steps/i:step_name",
        "builders/n:builderid/builds/n:build_number/steps/n:step_number",
        "builders/s:buildername/builds/n:build_number/steps/i:step_name",
        "builders/s:buildername/builds/n:build_number/steps/n:step_number",
    ),
    "StepsEndpoint": (
        "builds/n:buildid/steps",
        "builders/n:builderid/builds/n:build_number/steps",
        "builders/s:buildername/builds/n:build_number/steps",
    ),
    "TestResultSetEndpoint": ("test_result_sets/n:test_result_setid",),
    "TestResultSetsEndpoint": (
        "test_result_sets",
        "builders/n:builderid/test_result_sets",
        "builders/s:buildername/test_result_sets",
        "builds/n:buildid/test_result_sets",
        "steps/n:stepid/test_result_sets",
    ),
    "TestResultSetsFromCommitRangeEndpoint": (
        "codebases/n:codebaseid/commit_range/n:commitid1/n:commitid2/test_result_sets",
    ),
    "TestResultsEndpoint": ("test_result_sets/n:test_result_setid/results",),
    "WorkerEndpoint": (
        "workers/n:workerid",
        "workers/i:name",
        "masters/n:masterid/workers/n:workerid",
        "masters/n:masterid/workers/i:name",
        "masters/n:masterid/builders/n:builderid/workers/n:workerid",
        "masters/n:masterid/builders/n:builderid/workers/i:name",
        "builders/n:builderid/workers/n:workerid",
        "builders/n:builderid/workers/i:name",
    ),
    "WorkersEndpoint": (
        "workers",
        "masters/n:masterid/workers",
        "masters/n:masterid/builders/n:builderid/workers",
        "builders/n:builderid/workers",
    ),
}


def _by_length() -> dict[int, list[tuple[list[str], str]]]:
    found: dict[int, list[tuple[list[str], str]]] = {}
    for name, patterns in _CLASSES.items():
        for pattern in patterns:
            elements = pattern.split("/") if pattern else []
            found.setdefault(len(elements), []).append((elements, name))
    return found


_PATTERNS = _by_length()


def _argument(element: str, given: str) -> tuple[str, Any] | None:
    kind, _, name = element.partition(":")
    if kind == "n":
        return (name, int(given)) if given.isascii() and given.isdigit() else None
    if kind == "i" and not given.replace("-", "_").replace(".", "_").isidentifier():
        return None
    return name, given


def _match(elements: list[str], path: tuple[str, ...]) -> dict[str, Any] | None:
    found: dict[str, Any] = {}
    for element, given in zip(elements, path, strict=True):
        if ":" not in element:
            if element != given:
                return None
            continue
        argument = _argument(element, given)
        if argument is None:
            return None
        found[argument[0]] = argument[1]
    return found


class Endpoint:
    """What a path names: ``await endpoint.get({}, arguments)`` gives its row or rows."""

    def __init__(self, class_name: str, path: tuple[str, ...], master: Any) -> None:
        self.class_name, self.path, self.master = class_name, path, master

    async def get(self, resultSpec: Any, kwargs: dict[str, Any]) -> Any:
        """The row, the list of rows, or None."""
        return await self.master.data.get(self.path)


def find(path: tuple[str, ...], master: Any) -> tuple[Endpoint, dict[str, Any]] | None:
    """The endpoint of a path and the path's arguments; None: there is no such path."""
    for elements, name in _PATTERNS.get(len(path), []):
        arguments = _match(elements, path)
        if arguments is not None:
            return Endpoint(name, path, master), arguments
    return None
