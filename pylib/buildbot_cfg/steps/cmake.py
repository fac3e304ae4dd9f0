# SPDX-License-Identifier: MIT
"""A step that runs CMake."""

from __future__ import annotations

from typing import Any, ClassVar

from buildbot_cfg._checks import check_type
from buildbot_cfg.steps._tool import ToolStep

__all__ = ["CMake"]


class CMake(ToolStep):
    """Runs CMake to configure a project.

    Args:
        path: the source directory, or an existing build directory.
        generator: CMake's generator.
        definitions: a dict of variables, given by ``-D``.
        options: a list of further options.
        cmake: the program.

    Example:
        >>> CMake(path="..", generator="Ninja", definitions={"CMAKE_BUILD_TYPE": "Release"}).name
        'cmake'
    """

    DEFAULT_CMAKE = "cmake"

    name = "cmake"
    description = ["running", "cmake"]
    descriptionDone = ["cmake"]
    haltOnFailure = True
    refused = ("command",)
    renderables: ClassVar[list[str]] = ["cmake", "definitions", "generator", "options", "path"]

    def __init__(
        self,
        path: Any = None,
        generator: Any = None,
        definitions: Any = None,
        options: Any = None,
        cmake: Any = DEFAULT_CMAKE,
        **kwargs: Any,
    ) -> None:
        label = "step (CMake)"
        check_type(label, "definitions", definitions, dict, type(None), renderable=True)
        check_type(label, "options", options, list, tuple, type(None), renderable=True)
        self.path, self.generator, self.cmake = path, generator, cmake
        self.definitions, self.options = definitions, options
        super().__init__(**kwargs)

    def words(self) -> Any:
        """``cmake -G generator -Dname=value options path``."""
        command = [self.cmake]
        if self.generator:
            command += ["-G", self.generator]
        command += [f"-D{name}={value}" for name, value in (self.definitions or {}).items()]
        command += self.options or []
        return command + ([self.path] if self.path else [])
