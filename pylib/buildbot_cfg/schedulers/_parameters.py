# SPDX-License-Identifier: MIT
"""Fields of a force form: what the browser shows, and how an answer becomes a value."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar

from buildbot_cfg._checks import shown
from buildbot_cfg._declared import Declared, quoted
from buildbot_cfg._errors import ArgumentErrors, report, warn
from buildbot_cfg._suggest import did_you_mean

_RESERVED = ("owner", "builderNames", "builderid")
_MAIL = re.compile(r"\S+@\S+\.\S+")


class ValidationError(ValueError):
    """An answer in a force form is not acceptable."""


class CollectedValidationError(ValueError):
    """All answers that are not acceptable: ``errors`` maps fields' full names to texts."""

    def __init__(self, errors: dict[str, str]) -> None:
        self.errors = errors
        super().__init__("\n".join(f"{name}: {text}" for name, text in errors.items()))


class ValidationErrorCollector:
    """Goes on after an answer that is not acceptable, and raises all at the end."""

    def __init__(self) -> None:
        self.errors: dict[str, str] = {}

    def collect(self, name: str | None, function: Callable[..., Any], *args: Any) -> Any:
        """What the function returns; None when it raised."""
        try:
            return function(*args)
        except CollectedValidationError as error:
            self.errors.update(error.errors)
        except (ValueError, TypeError) as error:
            self.errors[name or ""] = str(error)
        return None

    def maybeRaiseCollectedErrors(self) -> None:
        """Raises if anything was collected."""
        if self.errors:
            raise CollectedValidationError(self.errors)


class BaseParameter(metaclass=Declared):
    """A field of a force form.

    Own kinds override ``parse_from_arg`` (text to value), and may name further attributes that the
    browser needs in ``spec_attributes``.

    Args:
        name: the property that it sets.
        label: what is shown; the name by default.
        default: the value when nothing is filled in.
        required: whether something must be filled in.
        multiple: whether the value is a list.
        regex: pattern that the text must match.
        maxsize: characters at most.
        hide: do not show it.
        tooltip: a longer text.
    """

    name = ""
    parentName: str | None = None
    label: Any = ""
    tablabel: Any = ""
    type = ""
    default: Any = ""
    required = False
    multiple = False
    regex: Any = None
    hide = False
    maxsize: int | None = None
    autopopulate: Any = None
    tooltip = ""
    debug = True
    spec_attributes: ClassVar[list[str]] = [
        "name", "fullName", "label", "tablabel", "type", "default", "required", "multiple",
        "regex", "hide", "maxsize", "autopopulate", "tooltip",
    ]  # fmt: skip

    def __init__(
        self,
        name: str,
        label: str | None = None,
        tablabel: str | None = None,
        regex: str | None = None,
        **kw: Any,
    ) -> None:
        owner = quoted(type(self).__name__, name)
        if name in _RESERVED:
            report(f'"{name}" is reserved and cannot be the name of a parameter', owner)
        self.name = name
        self.label = name if label is None else label
        self.tablabel = self.label if tablabel is None else tablabel
        if regex:
            self.regex = _compiled(owner, regex)
        if "value" in kw:
            report(f"use default={kw.pop('value')!r} instead of value=", owner, kind=ArgumentErrors)
        known = [key for key in dir(type(self)) if not key.startswith("_")]
        for key in kw:
            if not hasattr(type(self), key):
                warn(
                    f'unknown argument "{key}" is kept as an attribute{did_you_mean(key, known)}',
                    owner,
                )
        self.__dict__.update(kw)

    @property
    def fullName(self) -> str | None:
        """The name in forms: with the parents' names before it; None without any name."""
        return "_".join(part for part in (self.parentName, self.name) if part) or None

    def setParent(self, parent: BaseParameter | None) -> None:
        """Tells the field in which group it is."""
        self.parentName = parent.fullName if parent is not None else None

    def getSpec(self) -> dict[str, Any]:
        """What the browser needs to show the field."""
        names = [n for c in type(self).__mro__ for n in c.__dict__.get("spec_attributes", ())]
        spec = {name: getattr(self, name) for name in names}
        if isinstance(spec["regex"], re.Pattern):
            spec["regex"] = spec["regex"].pattern
        return spec

    def getFromKwargs(self, kwargs: dict[str, Any]) -> Any:
        """The value for the answers (lists by full name).

        Raises:
            ValidationError: the answer is not acceptable.
        """
        args = [a for a in self._answers(kwargs) if not isinstance(a, str) or a.strip()]
        if not args:
            if self.required:
                raise ValidationError(f"'{self.label}' needs to be specified")
            args = self.default if self.multiple else [self.default]
        for arg in args:
            self._check_text(arg)
        value = self.parse_from_args(args)
        if value is None:
            raise ValidationError(f"need {self.fullName}: no default provided by config")
        return value

    def _answers(self, kwargs: dict[str, Any]) -> list[Any]:
        answers = kwargs.get(self.fullName or "", [])
        return answers if isinstance(answers, list) else [answers]

    def _check_text(self, arg: Any) -> None:
        if self.regex is not None and not self.regex.match(str(arg)):
            pattern = self.regex.pattern
            raise ValidationError(f"{self.label}:'{arg}' does not match pattern '{pattern}'")
        if self.maxsize is not None and len(str(arg)) > self.maxsize:
            raise ValidationError(f"{self.label}: is too large {len(str(arg))} > {self.maxsize}")

    def parse_from_args(self, l: list[Any]) -> Any:  # noqa: E741
        """The value for a list of answers: the first one's, or all with ``multiple``."""
        if self.multiple:
            return [self.parse_from_arg(arg) for arg in l]
        return self.parse_from_arg(l[0])

    def parse_from_arg(self, s: Any) -> Any:
        """The value for one answer."""
        return s

    def updateFromKwargs(
        self, properties: dict[str, Any], kwargs: dict[str, Any], collector: Any, **unused: Any
    ) -> None:
        """Puts the value into ``properties``."""
        properties[self.name] = self.getFromKwargs(kwargs)


class FixedParameter(BaseParameter):
    """A value that cannot be changed in the form: always ``default``."""

    type = "fixed"
    hide = True
    default = ""

    def parse_from_args(self, l: list[Any]) -> Any:  # noqa: E741
        """The default."""
        return self.default


class StringParameter(BaseParameter):
    """A line of text; ``size`` is its width in characters."""

    spec_attributes: ClassVar[list[str]] = ["size"]
    type = "text"
    size = 10


class TextParameter(StringParameter):
    """Several lines of text; ``cols`` and ``rows`` are the size of the field."""

    spec_attributes: ClassVar[list[str]] = ["cols", "rows"]
    type = "textarea"
    cols = 80
    rows = 20


class IntParameter(StringParameter):
    """An integer."""

    type = "int"
    default = 0

    def parse_from_arg(self, s: Any) -> int:
        """The integer."""
        return int(s)


class BooleanParameter(BaseParameter):
    """A check box."""

    type = "bool"

    def getFromKwargs(self, kwargs: dict[str, Any]) -> bool:
        """Whether it is checked."""
        return bool(kwargs.get(self.fullName or "", [self.default]) == [True])


class UserNameParameter(StringParameter):
    """Who asks for the build; with ``need_email`` there must be a mail address in it."""

    spec_attributes: ClassVar[list[str]] = ["need_email"]
    type = "username"
    default = ""
    size = 30
    need_email = True

    def __init__(self, name: str = "username", label: str = "Your name:", **kw: Any) -> None:
        super().__init__(name, label, **kw)

    def parse_from_arg(self, s: Any) -> Any:
        """The name."""
        if s and self.need_email and not _MAIL.search(str(s)):
            raise ValidationError(
                f"{self.name}: please fill in email address in the form 'User <email@email.com>'"
            )
        return s


class ChoiceStringParameter(BaseParameter):
    """One of several texts (or some, with ``multiple``); ``strict`` refuses all others."""

    spec_attributes: ClassVar[list[str]] = ["choices", "strict"]
    type = "list"
    choices: Any = []
    strict = True

    def parse_from_arg(self, s: Any) -> Any:
        """The text."""
        if self.strict and s not in self.choices:
            raise ValidationError(
                f"'{s}' does not belong to list of available choices '{self.choices}'"
            )
        return s

    def getChoices(self, master: Any, scheduler: Any, buildername: str) -> Any:
        """The texts."""
        return self.choices


class WorkerChoiceParameter(ChoiceStringParameter):
    """A worker's name; "-any-" means that it does not matter."""

    label = "Worker"
    required = False
    strict = False
    anySentinel = "-any-"

    def __init__(self, name: str = "workername", **kwargs: Any) -> None:
        super().__init__(name, **kwargs)

    def updateFromKwargs(
        self, properties: dict[str, Any], kwargs: dict[str, Any], collector: Any, **unused: Any
    ) -> None:
        """Puts the name into ``properties`` unless it does not matter."""
        workername = self.getFromKwargs(kwargs)
        if workername != self.anySentinel:
            properties[self.name] = workername


class InheritBuildParameter(ChoiceStringParameter):
    """Takes over an earlier build's properties: one of ``compatible_builds(master, builder)``."""

    name = "inherit"
    compatible_builds: Any = None

    def getFromKwargs(self, kwargs: dict[str, Any]) -> Any:
        """Always refused: this version cannot take over properties."""
        if any(self._answers(kwargs)):
            raise ValidationError(
                f"{self.label}: inheriting properties is not possible in this version"
            )
        return ""

    def updateFromKwargs(
        self, properties: dict[str, Any], kwargs: dict[str, Any], collector: Any, **unused: Any
    ) -> None:
        """Sets nothing."""
        self.getFromKwargs(kwargs)


class FileParameter(BaseParameter):
    """The content of a file."""

    type = "file"
    maxsize = 1024 * 1024 * 10


def _compiled(owner: str, regex: Any) -> re.Pattern[str] | None:
    if isinstance(regex, re.Pattern):
        return regex
    try:
        return re.compile(regex)
    except (re.error, TypeError) as error:
        report(f'"regex" is not a pattern: {shown(regex)}: {error}', owner)
        return None
