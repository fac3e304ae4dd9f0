# SPDX-License-Identifier: MIT
"""Groups of fields in a force form."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from buildbot_cfg._checks import shown
from buildbot_cfg._declared import is_broken, quoted
from buildbot_cfg._errors import report
from buildbot_cfg.schedulers._parameters import (
    BaseParameter,
    CollectedValidationError,
    FileParameter,
    FixedParameter,
    IntParameter,
    StringParameter,
    ValidationErrorCollector,
)

_LAYOUTS = ("vertical", "simple", "tabs")


class NestedParameter(BaseParameter):
    """A group of fields; with a name, its property is a dict.

    Args:
        name: of the group; "" puts the fields' properties beside all others.
        fields: the fields.
        layout: "vertical", "simple" or "tabs".
        columns: 1 to 4; by default 1 for up to three visible fields, else 2.
    """

    spec_attributes: ClassVar[list[str]] = ["layout", "columns"]
    type = "nested"
    layout = "vertical"
    columns: Any = None
    fields: Any = None

    def __init__(self, name: str, fields: Any, **kwargs: Any) -> None:
        owner = quoted(type(self).__name__, name)
        self.fields = _fields(owner, fields)
        super().__init__(name=name, **kwargs)
        if self.layout not in _LAYOUTS:
            report(
                f'"layout" must be one of {", ".join(_LAYOUTS)}, not {shown(self.layout)}', owner
            )
        if self.columns is None:
            self.columns = 1 if sum(not field.hide for field in self.fields) <= 3 else 2
        elif not isinstance(self.columns, int) or not 1 <= self.columns <= 4:
            report(f'"columns" must be 1 to 4, not {shown(self.columns)}', owner)
        self.setParent(None)

    def setParent(self, parent: BaseParameter | None) -> None:
        """Tells the group and its fields in which group they are."""
        super().setParent(parent)
        for field in self.fields:
            field.setParent(self)

    def getSpec(self) -> dict[str, Any]:
        """What the browser needs to show the group."""
        return {**super().getSpec(), "fields": [field.getSpec() for field in self.fields]}

    def collectChildProperties(
        self, kwargs: dict[str, Any], properties: dict[str, Any], collector: Any, **kw: Any
    ) -> dict[str, Any]:
        """The values of all fields."""
        children: dict[str, Any] = {}
        for field in self.fields:
            given = {"kwargs": kwargs, "properties": children, "collector": collector, **kw}
            collector.collect(field.fullName, lambda f=field, g=given: f.updateFromKwargs(**g))
        return children

    def updateFromKwargs(  # type: ignore[override]
        self, kwargs: dict[str, Any], properties: dict[str, Any], collector: Any, **kw: Any
    ) -> None:
        """Puts the values into ``properties``."""
        children = self.collectChildProperties(kwargs, properties, collector, **kw)
        if self.name:
            properties.setdefault(self.name, {}).update(children)
        else:
            properties.update(children)


ParameterGroup = NestedParameter


#: What the name and the value of any property look like where c["validation"] says nothing.
_PLAIN = {key: re.compile(r"^[\w\.\-/~:]*$") for key in ("property_name", "property_value")}


class AnyPropertyParameter(NestedParameter):
    """Two fields for the name and the value of a property of the user's choice."""

    def __init__(self, name: str, **kw: Any) -> None:
        fields = [
            StringParameter(name="name", label="Name:"),
            StringParameter(name="value", label="Value:"),
        ]
        super().__init__(name, fields, label=kw.pop("label", ""), **kw)

    def updateFromKwargs(  # type: ignore[override]
        self, kwargs: dict[str, Any], properties: dict[str, Any], collector: Any, **kw: Any
    ) -> None:
        """Puts the property into ``properties``; c["validation"] has patterns for both texts."""
        given = self.collectChildProperties(kwargs, properties, collector, **kw)
        name, value = given.get("name"), given.get("value")
        if not name:
            return
        patterns = _PLAIN | (kw.get("validation") or {})
        for key, text in (("property_name", name), ("property_value", value or "")):
            if (pattern := patterns.get(key)) is not None and not pattern.match(text):
                raise CollectedValidationError(
                    {self.fullName or "": f"bad property name='{name}', value='{value}'"}
                )
        properties[name] = value


class PatchParameter(NestedParameter):
    """A patch: body (a file), level, author, comment and subdir."""

    columns = 1

    def __init__(self, **kwargs: Any) -> None:
        name = kwargs.pop("name", "patch")
        given = kwargs.pop("fields", [])
        names = {field.name for field in given}
        stock = [
            FileParameter("body"),
            IntParameter("level", default=1),
            StringParameter("author", default=""),
            StringParameter("comment", default=""),
            StringParameter("subdir", default="."),
        ]
        super().__init__(name, [*given, *(f for f in stock if f.name not in names)], **kwargs)


_UNSET: Any = object()


class CodebaseParameter(NestedParameter):
    """The source stamp of one codebase.

    Args:
        codebase: its name.
        branch: a field, a string (fixed) or None (left out).
        revision: likewise, and so are repository and project.
        patch: a PatchParameter.
    """

    codebase = ""

    def __init__(
        self,
        codebase: str,
        name: str | None = None,
        label: str | None = None,
        branch: Any = _UNSET,
        revision: Any = _UNSET,
        repository: Any = _UNSET,
        project: Any = _UNSET,
        patch: PatchParameter | None = None,
        **kwargs: Any,
    ) -> None:
        self.codebase = codebase
        owner = quoted("CodebaseParameter", codebase)
        if label is None and codebase:
            label = f"Codebase: {codebase}"
        given = {
            "branch": branch,
            "project": project,
            "repository": repository,
            "revision": revision,
        }
        fields = [f for k, v in given.items() if (f := _codebase_field(owner, k, v)) is not None]
        if patch is not None:
            if patch.name != "patch":
                report(f'the name of the patch must be "patch", not "{patch.name}"', owner)
            fields.append(patch)
            self.columns = 1  # the patch is wide
        super().__init__(
            name=codebase if name is None else name, fields=fields, label=label, **kwargs
        )

    def createSourcestamp(self, properties: dict[str, Any], kwargs: dict[str, Any]) -> Any:
        """The source stamp for the collected values; overridable."""
        return dict(kwargs)

    def updateFromKwargs(  # type: ignore[override]
        self,
        sourcestamps: dict[str, Any],
        kwargs: dict[str, Any],
        properties: dict[str, Any],
        collector: ValidationErrorCollector,
        **kw: Any,
    ) -> None:
        """Puts the source stamp into ``sourcestamps``."""
        children = self.collectChildProperties(
            kwargs, properties, collector, sourcestamps=sourcestamps, **kw
        )
        stamp = self.createSourcestamp(properties, children)
        if stamp is None:
            return
        patch = stamp.pop("patch", None)
        for key, value in (patch or {}).items():
            stamp["patch_" + key] = value
        sourcestamps[self.codebase] = stamp


def _codebase_field(owner: str, name: str, given: Any) -> BaseParameter | None:
    if given is _UNSET:
        return StringParameter(name=name, label=name.capitalize() + ":", default="")
    if isinstance(given, str):
        return FixedParameter(name=name, default=given)
    if given is None or isinstance(given, BaseParameter):
        return given
    report(f'"{name}" must be a parameter, a string or None, not {shown(given)}', owner)
    return None


def _fields(owner: str, fields: Any) -> list[BaseParameter]:
    if not isinstance(fields, (list, tuple)):
        report(f'"fields" must be a list of parameters, not {shown(fields)}', owner)
        return []
    for field in fields:
        if not isinstance(field, BaseParameter):
            report(f'"fields" must hold parameters, not {shown(field)}', owner)
    return [f for f in fields if isinstance(f, BaseParameter) and not is_broken(f)]
