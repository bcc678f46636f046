"""The factory behind the ``notebook`` fixture."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from browser.lab import LabServer
from browser.pages import LabNotebook
from playwright.sync_api import Browser, Page


class Notebooks:
    """Opens notebooks, each in a page of its own, and closes them at the test's end."""

    _numbers = itertools.count(1)

    def __init__(self, browser: Browser, server: LabServer) -> None:
        self._browser = browser
        self.server = server
        self.opened: list[LabNotebook] = []

    def __call__(
        self, *cells: str | dict[str, Any], name: str | None = None, **options: Any
    ) -> LabNotebook:
        """Write a notebook of these cells (strings are code) and open it.

        ``options`` are those of :meth:`open`.
        """
        name = name or self._name("notebook")
        self.server.write(name, cells)
        return self.open(name, **options)

    def copy_of(self, source: Path, **options: Any) -> LabNotebook:
        """Copy a notebook into the server's folder under a new name, and open the copy."""
        name = self._name(source.stem)
        shutil.copy(source, self.server.root / name)
        return self.open(name, **options)

    def open(
        self,
        name: str,
        *,
        mode: Literal["lab", "doc"] = "lab",
        kernel: bool = True,
        before: Callable[[Page], None] | None = None,
        **context: Any,
    ) -> LabNotebook:
        """Open a notebook of the server's folder in a fresh context.

        ``before`` gets the page while it is still blank (a clock, a route, a script); ``context``
        goes to Playwright's ``new_context`` (``reduced_motion="reduce"``, ``color_scheme="dark"``).
        """
        opened = LabNotebook(self._browser, self.server, name, **context)
        self.opened.append(opened)
        if before is not None:
            before(opened.page)
        opened.open(mode=mode, kernel=kernel)
        return opened

    def close(self) -> None:
        """Close what is open and shut the kernels down."""
        while self.opened:
            self.opened.pop().close()

    def _name(self, stem: str) -> str:
        return f"{stem}-{next(self._numbers)}.ipynb"
