# SPDX-License-Identifier: MIT
"""Plugins of the web pages."""

from __future__ import annotations

import importlib
import importlib.util
from functools import cached_property
from pathlib import Path
from typing import Any


class Application:
    """A part of the web pages that a Python package brings: its folder ``static``.

    Args:
        package_name: the package.
        description: what it shows.
        ui: whether it has pages of its own.
    """

    def __init__(self, package_name: str, description: str, ui: bool = True) -> None:
        self.package_name, self.description, self.ui = package_name, description, ui

    @cached_property
    def static_dir(self) -> str:
        """The folder with its files."""
        found = importlib.util.find_spec(self.package_name)
        folders = found.submodule_search_locations if found is not None else None
        return str(Path(next(iter(folders)), "static")) if folders else ""

    @cached_property
    def resource(self) -> Any:
        """The tree of its files, as Twisted serves it; packages add to it."""
        return importlib.import_module("twisted.web.static").File(self.static_dir)

    def setMaster(self, master: object) -> None:
        """Called when it begins to be used."""
        self.master = master

    def __repr__(self) -> str:
        return f"www.plugin.Application({self.package_name!r}, {self.description!r})"


#: The parts that Buildbot has packages for.
badges = Application("buildbot_badges", "Buildbot badges", ui=False)
base = Application("buildbot_www", "Buildbot UI")
console_view = Application("buildbot_console_view", "Buildbot Console View UI")
grid_view = Application("buildbot_grid_view", "Buildbot Grid View UI")
waterfall_view = Application("buildbot_waterfall_view", "Buildbot Waterfall View UI")
wsgi_dashboards = Application("buildbot_wsgi_dashboards", "Buildbot WSGI Dashboards UI")
