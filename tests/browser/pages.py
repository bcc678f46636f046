"""The page object: a notebook open in a real JupyterLab."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from browser.lab import LabServer
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

OUTPUT = Path(__file__).parent / "output"
SCRIPT = Path(__file__).parent / "inside.js"
TIMEOUT = 60.0
VIEWPORT = {"width": 1100, "height": 900}

# Errors that are JupyterLab's own and say nothing about us, as patterns over text and stack.
HARMLESS = (
    # The widget manager looks for a kernel in a notebook that was opened without a session.
    r"reading 'kernel'\).*/@jupyter-widgets/jupyterlab-manager/",
)


class LabNotebook:
    """One notebook in one page of its own browser context.

    Attributes
    ----------
    page
        Playwright's page, for everything that is not here.
    console_errors
        Texts of the page's console errors, and its uncaught exceptions with their stacks, but for
        the :data:`HARMLESS`.
    console
        All of the page's console lines, as ``"type: text"``.
    foreign_requests
        Addresses outside loopback that the page asked for. They reach nothing.
    """

    def __init__(self, browser: Browser, server: LabServer, name: str, **context: Any) -> None:
        self.server = server
        self.name = name
        self.console: list[str] = []
        self.console_errors: list[str] = []
        self.foreign_requests: list[str] = []
        self._context = browser.new_context(viewport=VIEWPORT, **context)
        self._context.set_default_timeout(TIMEOUT * 1000)
        self._context.add_init_script(path=SCRIPT)
        self._context.on("request", lambda request: self._note_request(request.url))
        self._context.on("page", self._listen)
        self.page: Page = self._context.new_page()

    # -- opening and closing

    def open(self, *, mode: Literal["lab", "doc"] = "lab", kernel: bool = True) -> None:
        """Open the notebook and wait until its kernel is idle, or until it is shown without one.

        ``mode`` "doc" is JupyterLab's simple interface, one document that fills the page, as in
        Notebook 7.
        """
        space = "doc" if mode == "doc" else f"lab/workspaces/{self.name.removesuffix('.ipynb')}"
        where = f"/tree/{self.name}" if kernel else ""
        self.page.goto(f"{self.server.url}{space}{where}?reset&token={self.server.token}")
        if not kernel:
            self.server.shut_down(self.name)
            self.page.wait_for_function(
                "() => window.jupyterapp?.commands.hasCommand('docmanager:open')"
            )
            self.page.evaluate(
                """async (path) => {
                  const app = window.jupyterapp;
                  await app.restored;
                  const kernelPreference = {
                    shouldStart: false, canStart: false, autoStartDefault: false };
                  await app.commands.execute(
                    "docmanager:open", { path, factory: "Notebook", kernelPreference });
                }""",
                self.name,
            )
        self._wait_open("idle" if kernel else "no kernel")

    def reload(self) -> None:
        """Load the page anew, as a person's F5 does, and wait until the notebook is back."""
        self.page.reload()
        self._wait("(path) => nbkitTest.isOpen(path)")
        self._wait("(path) => ['idle', 'busy', 'no kernel'].includes(nbkitTest.kernelStatus(path))")

    def close(self) -> None:
        """Close the page and shut its kernel down."""
        self._context.close()
        self.server.shut_down(self.name)

    close_and_shutdown = close

    def save(self) -> None:
        """Save the notebook; on return it is on the disk."""
        self._eval("async (path) => { await nbkitTest.panel(path).context.save(); }")

    # -- running

    def run_cell(self, index: int) -> None:
        """Run one cell, as Ctrl+Enter does; returns at once. Cells queue in the kernel."""
        self._eval("(path, i) => nbkitTest.run(path, [i], 'notebook:run-cell')", index)

    def run_all(self) -> None:
        """Run all cells; returns at once."""
        self._eval(
            """(path) => {
              const count = nbkitTest.panel(path).content.widgets.length;
              nbkitTest.run(path, [...Array(count).keys()], "notebook:run-all-cells");
            }"""
        )

    def run_to_idle(self, *indexes: int, timeout: float = TIMEOUT) -> None:
        """Run the cells, all of them if none is named, and wait until they have ended."""
        if not indexes:
            self.run_all()
        for index in indexes:
            self.run_cell(index)
        for index in indexes or range(self.cell_count):
            self.wait_cell_done(index, timeout=timeout)
        self.wait_idle(timeout=timeout)

    def wait_cell_done(self, index: int, *, timeout: float = TIMEOUT) -> None:
        """Wait until a cell that was told to run has ended, well, badly or aborted."""
        self._wait("(path, i) => nbkitTest.isDone(path, i)", index, timeout=timeout)

    def is_cell_done(self, index: int) -> bool:
        """Tell whether a cell's last run has ended."""
        return self._eval("(path, i) => nbkitTest.isDone(path, i)", index)

    def wait_idle(self, *, timeout: float = TIMEOUT) -> None:
        """Wait until the kernel is idle."""
        self._wait("(path) => nbkitTest.kernelStatus(path) === 'idle'", timeout=timeout)

    def interrupt(self) -> None:
        """Interrupt the kernel, as the toolbar's square does."""
        self._eval("(p) => nbkitTest.panel(p).sessionContext.session.kernel.interrupt()")

    def restart_kernel(self) -> None:
        """Restart the kernel, without the question, and wait until it is idle."""
        self._eval("(p) => nbkitTest.panel(p).sessionContext.session.kernel.restart()")
        self.wait_idle()

    # -- looking

    @property
    def cell_count(self) -> int:
        """Number of cells."""
        return self._eval("(path) => nbkitTest.panel(path).content.widgets.length")

    @property
    def kernel_status(self) -> str:
        """``"idle"``, ``"busy"``, …, or ``"no kernel"``."""
        return self._eval("(path) => nbkitTest.kernelStatus(path)")

    def cell(self, index: int) -> Locator:
        """Find a cell, input and output."""
        return self.page.locator(".jp-Notebook .jp-Notebook-cell").nth(index)

    def cell_output(self, index: int) -> Locator:
        """Find a cell's whole output area."""
        return self.cell(index).locator(".jp-Cell-outputArea")

    def prompt(self, index: int) -> str:
        """Read a cell's prompt as shown: ``"[ ]:"``, ``"[*]:"`` or ``"[3]:"``."""
        return self.cell(index).locator(".jp-InputArea-prompt").inner_text()

    def outputs(self, index: int) -> list[dict[str, Any]]:
        """Give a cell's outputs as they would be saved."""
        return self._eval("(path, i) => nbkitTest.cell(path, i).model.outputs.toJSON()", index)

    def is_trusted(self, index: int) -> bool:
        """Tell whether JupyterLab trusts a cell's output."""
        return self._eval("(path, i) => nbkitTest.cell(path, i).model.trusted", index)

    def screenshot(self, name: str, of: Locator | None = None) -> Path:
        """Take a picture of the page, or of one element, to ``tests/browser/output/NAME.png``."""
        OUTPUT.mkdir(exist_ok=True)
        path = OUTPUT / f"{name}.png"
        (of or self.page).screenshot(path=path)
        return path

    # -- changing

    def set_theme(self, theme: Literal["light", "dark"]) -> None:
        """Switch JupyterLab's theme and wait until it shows."""
        self.page.evaluate(
            """(theme) => window.jupyterapp.commands.execute(
                 "apputils:change-theme", { theme })""",
            f"JupyterLab {theme.title()}",
        )
        light = str(theme == "light").lower()
        expect(self.page.locator(f"body[data-jp-theme-light={light}]")).to_be_attached()
        self._wait_unveiled()

    def set_hidden(self, hidden: bool) -> None:
        """Tell the page that it is hidden, as when its tab is left; headless pages never are."""
        self.page.evaluate(
            """(hidden) => {
              const define = (name, get) =>
                Object.defineProperty(document, name, { configurable: true, get });
              define("hidden", () => hidden);
              define("visibilityState", () => (hidden ? "hidden" : "visible"));
              document.dispatchEvent(new Event("visibilitychange"));
            }""",
            hidden,
        )

    # -- within

    def _wait_open(self, status: str) -> None:
        self._wait("(path) => nbkitTest.isOpen(path)")
        self._wait("(path, status) => nbkitTest.kernelStatus(path) === status", status)
        self._wait_unveiled()

    def _wait_unveiled(self) -> None:
        # The splash fades over a page that is ready beneath it.
        expect(self.page.locator("#jupyterlab-splash")).not_to_be_attached()

    def _eval(self, function: str, *arguments: Any) -> Any:
        return self.page.evaluate(f"(all) => ({function})(...all)", [self.name, *arguments])

    def _wait(self, function: str, *arguments: Any, timeout: float = TIMEOUT) -> None:
        self.page.wait_for_function(
            f"(all) => ({function})(...all)",
            arg=[self.name, *arguments],
            timeout=timeout * 1000,
        )

    def _listen(self, page: Page) -> None:
        page.on("console", self._note_console)
        page.on("pageerror", lambda error: self._note_error(error.stack or error.message))
        page.on("websocket", lambda socket: self._note_request(socket.url))

    def _note_console(self, message: ConsoleMessage) -> None:
        self.console.append(f"{message.type}: {message.text}")
        if message.type == "error":
            self._note_error(message.text)

    def _note_error(self, text: str) -> None:
        if not any(re.search(known, text, re.DOTALL) for known in HARMLESS):
            self.console_errors.append(text)

    def _note_request(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"data", "blob"} and parts.hostname not in {
            "127.0.0.1",
            "localhost",
        }:
            self.foreign_requests.append(url)
