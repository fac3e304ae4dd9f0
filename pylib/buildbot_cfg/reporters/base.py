# SPDX-License-Identifier: MIT
"""What all reporters have in common."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._checks import shown
from buildbot_cfg._errors import report
from buildbot_cfg.reporters.generators.build import (
    BuildStartEndStatusGenerator,
    BuildStatusGenerator,
)
from buildbot_cfg.util.service import BuildbotService

ENCODING = "utf-8"


class ReporterBase(BuildbotService):
    """Sends what its generators make; subclasses implement ``sendMessage(reports)``.

    Args:
        generators: a list of generators such as ``reporters.BuildStatusGenerator()``.
    """

    def checkConfig(self, generators: list[Any] | None) -> Any:
        """Reports what is wrong with the arguments."""
        if generators is None:
            generators = self._create_default_generators()
        if not isinstance(generators, list):
            report(f'"generators" must be a list, not {shown(generators)}', self.label)
            generators = []
        for generator in generators:
            if callable(getattr(generator, "check", None)):
                generator.check()
            elif not hasattr(generator, "generate"):
                report(f'"generators" must hold generators, not {shown(generator)}', self.label)
        self.generators = generators

    def _create_default_generators(self) -> Any:
        """What None stands for, if the reporter takes that."""
        return None

    def _default_name(self) -> str:
        names = [_name_of(generator) for generator in self.generators]
        return "_".join([type(self).__name__, *names])

    def sendMessage(self, reports: list[dict[str, Any]]) -> Any:
        """Sends reports; subclasses implement it."""
        raise NotImplementedError(f"{type(self).__name__} has no sendMessage()")


def _name_of(generator: Any) -> str:
    function = getattr(generator, "generate_name", None)
    return str(function()) if callable(function) else type(generator).__name__


class EndReporter(ReporterBase):
    """Reports the end of all builds unless it is told other generators."""

    def _create_default_generators(self) -> list[Any]:
        return [BuildStatusGenerator()]


class StartEndReporter(ReporterBase):
    """Reports start and end of all builds unless it is told other generators."""

    def _create_default_generators(self) -> list[Any]:
        return [BuildStartEndStatusGenerator()]
