# SPDX-License-Identifier: MIT
"""Builds that somebody asks for in a form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from buildbot_cfg._checks import check_identifier, check_type, shown
from buildbot_cfg._declared import is_broken
from buildbot_cfg._errors import report
from buildbot_cfg._suggest import did_you_mean
from buildbot_cfg.schedulers._groups import (
    AnyPropertyParameter,
    CodebaseParameter,
    NestedParameter,
    ParameterGroup,
    PatchParameter,
)
from buildbot_cfg.schedulers._parameters import (
    BaseParameter,
    BooleanParameter,
    ChoiceStringParameter,
    CollectedValidationError,
    FileParameter,
    FixedParameter,
    InheritBuildParameter,
    IntParameter,
    StringParameter,
    TextParameter,
    UserNameParameter,
    ValidationError,
    ValidationErrorCollector,
    WorkerChoiceParameter,
)
from buildbot_cfg.schedulers.base import ReconfigurableBaseScheduler

__all__ = [
    "AnyPropertyParameter",
    "BaseParameter",
    "BooleanParameter",
    "ChoiceStringParameter",
    "CodebaseParameter",
    "CollectedValidationError",
    "FileParameter",
    "FixedParameter",
    "ForceScheduler",
    "InheritBuildParameter",
    "IntParameter",
    "NestedParameter",
    "ParameterGroup",
    "PatchParameter",
    "StringParameter",
    "TextParameter",
    "UserNameParameter",
    "ValidationError",
    "ValidationErrorCollector",
    "WorkerChoiceParameter",
]

_SOURCE = "Force Build Form"
_REASON = "A build was forced by '%(owner)s': %(reason)s"


class ForceScheduler(ReconfigurableBaseScheduler):
    """A form for builds.

    Args:
        name: letters, digits, "-" and "_".
        builderNames: a list of builders' names.
        username: field for who asks.
        reason: field for why.
        reasonString: text with ``%(owner)s`` and ``%(reason)s``.
        buttonName: what the button says; the name by default.
        codebases: a list of names or CodebaseParameters.
        label: the form's title; the name by default.
        properties: the other fields.
        priority: field for the priority.

    Example:
        >>> force = ForceScheduler(name="force", builderNames=["runtests"])
        >>> [field["name"] for field in force.all_fields[0].getSpec()["fields"]]
        ['username', 'reason', 'priority']
    """

    #: Patterns of c["validation"], set when the configuration is complete.
    validation: Any = None

    def __init__(
        self,
        name: str,
        builderNames: Any,
        username: Any = None,
        reason: Any = None,
        reasonString: str = _REASON,
        buttonName: str | None = None,
        codebases: Any = None,
        label: str | None = None,
        properties: Any = None,
        priority: Any = None,
    ) -> None:
        super().__init__(name, builderNames)
        if isinstance(name, str) and name:
            check_identifier(self.label, name)
        if isinstance(builderNames, tuple):
            report(f'"builderNames" must be a list, not {shown(builderNames)}', self.label)
        self.username = self._field("username", username, UserNameParameter())
        stock_reason = StringParameter(name="reason", default="force build", size=20)
        self.reason = self._field("reason", reason, stock_reason)
        self.forced_priority = self._field(
            "priority", priority, IntParameter(name="priority", default=0)
        )
        self.reasonString = self._checked_reason(reasonString)
        check_type(self.label, "buttonName", buttonName, str, type(None))
        self.buttonName = buttonName or name
        check_type(self.label, "label", label, str, type(None))
        self.title = label or name
        self.forcedProperties = self._checked_properties(properties)
        self.forced_codebases = self._checked_forms(codebases)
        self.codebases = {form.codebase: {} for form in self.forced_codebases}
        about = NestedParameter(name="", fields=[self.username, self.reason, self.forced_priority])
        #: All fields, as the browser shows them.
        self.all_fields = [about, *self.forced_codebases, *self.forcedProperties]

    def _field(self, name: str, given: Any, stock: BaseParameter) -> BaseParameter:
        if given is None or is_broken(given):
            return stock
        kind = IntParameter if name == "priority" else StringParameter
        if not isinstance(given, (kind, FixedParameter, ChoiceStringParameter)):
            report(f'"{name}" must be a {kind.__name__}, not {shown(given)}', self.label)
            return stock
        return given

    def _checked_reason(self, reason: Any) -> str:
        if not check_type(self.label, "reasonString", reason, str):
            return _REASON
        try:
            reason % {"owner": "", "reason": ""}
        except KeyError as error:
            wrong = str(error.args[0])
            hint = did_you_mean(wrong, ("owner", "reason"))
            report(f'unknown key "%({wrong})s" in "reasonString"{hint}', self.label)
        except (TypeError, ValueError) as error:
            report(f'"reasonString" is malformed: {error}', self.label)
        else:
            return str(reason)
        return _REASON

    def _checked_properties(self, properties: Any) -> list[BaseParameter]:
        if properties is None:
            return []
        if not isinstance(properties, (list, tuple)):
            what = f'"properties" must be a list of parameters, not {shown(properties)}'
            report(what, self.label)
            return []
        for field in properties:
            if not isinstance(field, BaseParameter):
                report(f'"properties" must hold parameters, not {shown(field)}', self.label)
        return [f for f in properties if isinstance(f, BaseParameter) and not is_broken(f)]

    def _checked_forms(self, codebases: Any) -> list[CodebaseParameter]:
        if codebases is None:
            return [CodebaseParameter(codebase="")]
        what = '"codebases" must be a list of strings or CodebaseParameters'
        if not isinstance(codebases, (list, tuple)):
            report(f"{what}, not {shown(codebases)}", self.label)
            return []
        if not codebases:
            report(
                '"codebases" must not be empty; use [CodebaseParameter(codebase="", hide=True)]',
                self.label,
            )
        forms = []
        for item in codebases:
            form = CodebaseParameter(codebase=item) if isinstance(item, str) else item
            if not isinstance(form, CodebaseParameter):
                report(f"{what}, not {shown(item)}", self.label)
            elif not is_broken(form):
                forms.append(form)
        return forms

    @property
    def is_stock(self) -> bool:
        """Whether the form runs no code of the user's, so that it needs not wait for such code."""
        fields = _with_nested(self.all_fields)
        return all(type(part).__module__.startswith("buildbot.") for part in [self, *fields])

    def getConfigDict(self) -> dict[str, Any]:
        """Its name, its class and its arguments."""
        found = super().getConfigDict()
        found["kwargs"] = {"label": self.title, "properties": None, **found["kwargs"]}
        return found

    def order(self, owner: str, builder_names: list[str], params: dict[str, Any]) -> dict[str, Any]:
        """What a filled-in form asks for.

        Args:
            owner: who asks; "" or "anonymous": the username field says.
            builder_names: the chosen builders; empty: all of the form.
            params: answers by the fields' full names.

        Raises:
            CollectedValidationError: answers are not acceptable.
        """
        answers = {k: v if isinstance(v, list) else [v] for k, v in params.items()}
        collector = ValidationErrorCollector()
        chosen = self._chosen(builder_names, collector)
        reason = self._answer(collector, self.reason, answers)
        if owner in ("", "anonymous"):
            owner = self._answer(collector, self.username, answers)
        properties: dict[str, Any] = {}
        sourcestamps: dict[str, Any] = {}
        self._gather(collector, answers, properties, sourcestamps)
        priority = self._answer(collector, self.forced_priority, answers)
        collector.maybeRaiseCollectedErrors()
        found = {name: (value, _SOURCE) for name, value in properties.items()}
        found |= {"reason": (reason, _SOURCE), "owner": (owner, _SOURCE)}
        return {
            "builder_names": chosen,
            "reason": self.reasonString % {"owner": owner, "reason": reason},
            "properties": found,
            "sourcestamps": [_stamp(name, given) for name, given in sourcestamps.items()],
            "priority": priority,
        }

    def _chosen(self, names: list[str], collector: ValidationErrorCollector) -> list[str]:
        for name in names:
            if name not in self.builderNames:
                hint = did_you_mean(name, self.builderNames)
                collector.errors["builderNames"] = f'the form has no builder "{name}"{hint}'
        return list(names or self.builderNames)

    def _answer(self, collector: Any, field: BaseParameter, answers: dict[str, Any]) -> Any:
        return collector.collect(field.fullName, field.getFromKwargs, answers)

    def _gather(
        self, collector: Any, answers: dict[str, Any], properties: Any, sourcestamps: Any
    ) -> None:
        for field in [*self.forcedProperties, *self.forced_codebases]:
            given: dict[str, Any] = {
                "properties": properties,
                "kwargs": answers,
                "collector": collector,
                "sourcestamps": sourcestamps,
                "master": None,
                "changes": [],
                "validation": self.validation,
            }
            collector.collect(field.fullName, lambda f=field, g=given: f.updateFromKwargs(**g))


def _with_nested(fields: Iterable[Any]) -> Iterator[Any]:
    for field in fields:
        yield field
        yield from _with_nested(getattr(field, "fields", ()))


def _stamp(codebase: str, given: dict[str, Any]) -> dict[str, Any]:
    stamp: dict[str, Any] = {"branch": None, "revision": None, "repository": "", "project": ""}
    stamp.update({key: value for key, value in given.items() if key in stamp})
    stamp["codebase"] = codebase
    if body := given.get("patch_body"):
        stamp["patch"] = {
            "body": body,
            "level": given.get("patch_level", 1),
            "author": given.get("patch_author", ""),
            "comment": given.get("patch_comment", ""),
            "subdir": given.get("patch_subdir", "."),
        }
    else:
        stamp["patch"] = None
    return stamp
