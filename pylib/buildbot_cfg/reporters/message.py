# SPDX-License-Identifier: MIT
"""What reports say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from buildbot_cfg._checks import shown
from buildbot_cfg._declared import Declared
from buildbot_cfg._errors import report
from buildbot_cfg._suggest import did_you_mean
from buildbot_cfg.process.results import CANCELLED, EXCEPTION, FAILURE, SUCCESS, WARNINGS, Results
from buildbot_cfg.util import ComparableMixin

_TYPES = ("plain", "html")


def get_detected_status_text(mode: Any, results: int, previous_results: int | None) -> str:
    """What has become of a build, in words.

    Args:
        mode: what the reporter is about.
        results: of the build.
        previous_results: of the one before; None: there was none.
    """
    if results == FAILURE:
        is_new = "change" in mode or "problem" in mode
        if is_new and previous_results is not None and previous_results != results:
            return "new failure"
        return "failed build"
    if results == WARNINGS:
        return "problem in the build"
    if results == SUCCESS:
        if "change" in mode and previous_results is not None and previous_results != results:
            return "restored build"
        return "passing build"
    if results == EXCEPTION:
        return "build exception"
    return f"{Results[results]} build"


def get_message_summary_text(build: dict[str, Any], results: int) -> str:
    """One sentence about a build's end."""
    text = f": {build['state_string']}" if build["state_string"] else ""
    return {
        SUCCESS: "Build succeeded!",
        WARNINGS: f"Build Had Warnings{text}",
        CANCELLED: "Build was cancelled",
    }.get(results, f"BUILD FAILED{text}")


def get_message_source_stamp_text(source_stamps: list[dict[str, Any]]) -> str:
    """A line for each source stamp."""
    text = ""
    for stamp in source_stamps:
        codebase = f" '{stamp['codebase']}'" if stamp["codebase"] else ""
        branch = f"[branch {stamp['branch']}] " if stamp["branch"] else ""
        patch = " (plus patch)" if stamp["patch"] else ""
        text += f"Build Source Stamp{codebase}: {branch}{stamp['revision'] or 'HEAD'}{patch}\n"
    return text


def get_projects_text(source_stamps: list[dict[str, Any]], master: Any) -> str:
    """The projects of the source stamps; without any, the title of the pages."""
    projects = dict.fromkeys(stamp["project"] for stamp in source_stamps if stamp["project"])
    return ", ".join(projects) or str(master.config.title)


def create_context_for_build(
    mode: Any, build: dict[str, Any], is_buildset: bool, master: Any, blamelist: list[str]
) -> dict[str, Any]:
    """The values that a text about a build may use.

    Args:
        mode: what the reporter is about.
        build: the build, with its buildset and properties.
        is_buildset: whether the report is about all builds of a buildset.
        master: the master.
        blamelist: who changed something.
    """
    buildset, results = build["buildset"], build["results"]
    previous = build["prev_build"]["results"] if build.get("prev_build") is not None else None
    if results is None:
        status = "not finished build"
    else:
        status = get_detected_status_text(mode, results, previous)
    return {
        "results": results,
        "result_names": Results,
        "mode": mode,
        "buildername": build["builder"]["name"],
        "workername": build["properties"].get("workername", ["<unknown>"])[0],
        "buildset": buildset,
        "build": build,
        "is_buildset": is_buildset,
        "projects": get_projects_text(buildset["sourcestamps"], master),
        "previous_results": previous,
        "status_detected": status,
        "build_url": build["url"],
        "buildbot_title": master.config.title,
        "buildbot_url": master.config.buildbotURL,
        "blamelist": blamelist,
        "summary": get_message_summary_text(build, results),
        "sourcestamps": get_message_source_stamp_text(buildset["sourcestamps"]),
    }


class MessageFormatterBase(ComparableMixin, metaclass=Declared):
    """Makes the text of a report.

    Args:
        ctx: further values for the text, by name.
        want_properties: whether the properties are needed.
        want_steps: whether the steps are needed.
        want_logs: whether the logs are needed, without what they say.
        want_logs_content: whether what they say is needed: True, or a list of names of logs.
    """

    template_type = "plain"
    _call_goes_on = True

    def __init__(
        self,
        ctx: dict[str, Any] | None = None,
        want_properties: bool = True,
        want_steps: bool = False,
        want_logs: bool = False,
        want_logs_content: Any = False,
    ) -> None:
        self.context: Any = {} if ctx is None else ctx
        self.want_properties, self.want_steps = want_properties, want_steps
        self.want_logs, self.want_logs_content = want_logs, want_logs_content

    def buildAdditionalContext(self, master: Any, ctx: dict[str, Any]) -> Any:
        """Adds values for the text; may be async. Users override it."""

    async def format_message_for_build(self, master: Any, build: Any, **kwargs: Any) -> Any:
        """The text about a build, as a dict of body, type, subject and extra_info."""
        raise NotImplementedError("reports are not made in this version")


class MessageFormatterEmpty(MessageFormatterBase):
    """No text at all."""


class MessageFormatterFunctionRaw(MessageFormatterBase):
    """The dict that a function gives.

    Args:
        function: called with the master and a dict with the build; may be async.
    """

    def __init__(self, function: Callable[..., Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._function = function


class MessageFormatterFunction(MessageFormatterBase):
    """The text that a function gives.

    Args:
        function: called with a dict with the build; may be async.
        template_type: "plain", "html" or "json".
    """

    def __init__(self, function: Callable[..., Any], template_type: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.template_type, self._function = template_type, function


class MessageFormatterRenderable(MessageFormatterBase):
    """The value of a renderable.

    Args:
        template: what is rendered for the body.
        subject: what is rendered for the subject.
    """

    _call_goes_on = False

    def __init__(self, template: Any, subject: Any = None) -> None:
        super().__init__()
        self.template, self.subject = template, subject


class MessageFormatterBaseJinja(MessageFormatterBase):
    """A template in the language of Jinja2.

    Args:
        template: of the body; a stock one by default.
        subject: template of the subject; a stock one by default.
        template_type: "plain" or "html".
        extra_info_cb: a function (master, ctx) that gives further information; may be async.
    """

    compare_attrs: ClassVar[Any] = ("body_template", "subject_template", "template_type")
    #: Stock templates by type.
    stock_templates: ClassVar[dict[str, str]] = {
        "plain": "{{ status_detected }}: {{ buildername }} of {{ projects }}\n{{ build_url }}\n\n"
        "Worker: {{ workername }}\nReason: {{ build['properties'].get('reason', ['?'])[0] }}\n"
        "{{ summary }}\n",
        "html": "<p>{{ status_detected }}: <a href='{{ build_url }}'>{{ buildername }}</a> of "
        "{{ projects }}</p>\n<p>Worker: {{ workername }}</p>\n<p>{{ summary }}</p>\n",
    }
    stock_subject = "{{ status_detected }}: {{ buildername }} ({{ projects }})"

    def __init__(
        self,
        template: str | None = None,
        subject: str | None = None,
        template_type: str | None = None,
        extra_info_cb: Callable[..., Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if template_type is not None:
            self.template_type = template_type
        self.uses_default_body_template = template is None
        if template is None:
            template = self._stock_template()
        subject = self.stock_subject if subject is None else subject
        self.body_template = self._checked("template", template)
        self.subject_template = self._checked("subject", subject)
        self.extra_info_cb = extra_info_cb
        super().__init__(**kwargs)

    def _stock_template(self) -> str:
        found = self.stock_templates.get(self.template_type)
        if found is None:
            hint = did_you_mean(str(self.template_type), _TYPES)
            what = f"there is no stock template of the type {shown(self.template_type)}{hint}"
            report(f'{what}: give "template"', type(self).__name__)
            return ""
        return found

    def _checked(self, key: str, text: Any) -> Any:
        """The template, as far as it can be understood."""
        if not isinstance(text, str):
            report(f'"{key}" must be a string, not {shown(text)}', type(self).__name__)
            return ""
        try:
            import jinja2
        except ModuleNotFoundError:
            return text
        try:
            jinja2.Environment(autoescape=False).parse(text)
        except jinja2.TemplateSyntaxError as error:
            report(f'"{key}", line {error.lineno}: {error.message}', type(self).__name__)
        return text


class MessageFormatter(MessageFormatterBaseJinja):
    """A template about a build or buildset: the usual formatter."""

    def __init__(
        self,
        template: str | None = None,
        subject: str | None = None,
        template_type: str | None = None,
        extra_info_cb: Callable[..., Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(template, subject, template_type, extra_info_cb, **kwargs)
        if self.uses_default_body_template and not {"want_steps", "want_logs"} & kwargs.keys():
            self.want_steps = self.want_logs = True


class MessageFormatterMissingWorker(MessageFormatterBaseJinja):
    """A template about a worker that stays away."""

    stock_templates: ClassVar[dict[str, str]] = {
        "plain": "The worker {{ worker.name }} of {{ buildbot_title }} is away since "
        "{{ worker.last_connection }}.\n{{ buildbot_url }}\n",
        "html": "<p>The worker {{ worker.name }} of {{ buildbot_title }} is away since "
        "{{ worker.last_connection }}.</p>\n",
    }
    stock_subject = "The worker {{ worker.name }} is missing ({{ buildbot_title }})"

    def __init__(
        self,
        template: str | None = None,
        subject: str | None = None,
        template_type: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(template, subject, template_type, **kwargs)
