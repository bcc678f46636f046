"""Page objects: a notebook open in a real JupyterLab, and the factory that opens them."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from browser.lab import LabServer
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

OUTPUT = Path(__file__).parent / "output"
TIMEOUT = 60.0
VIEWPORT = {"width": 1100, "height": 900}

# JupyterLab's own messages at level "error" that say nothing about us: substrings, with a reason.
HARMLESS: tuple[str, ...] = ()

# What the page object knows of the application, in the page. ``done`` keeps a run's outcome, since
# the state of a cell that was asked to run a moment ago is still that of its former run.
SCRIPT = """
window.nbkitTest = {
  runs: [],
  panel(path) {
    const app = window.jupyterapp;
    if (!app || !app.shell) return null;
    return [...app.shell.widgets("main")].find((w) => w.context && w.context.path === path) ?? null;
  },
  cell(path, i) { return this.panel(path).content.widgets[i]; },
  isOpen(path) {
    const panel = this.panel(path);
    return !!(panel && panel.context.isReady && panel.sessionContext.isReady && panel.isVisible
      && panel.content.widgets.length);
  },
  kernelStatus(path) {
    const session = this.panel(path)?.sessionContext.session;
    const kernel = session && session.kernel;
    if (!kernel) return "no kernel";
    return kernel.connectionStatus === "connected" ? kernel.status : kernel.connectionStatus;
  },
  run(path, cells, command) {
    const panel = this.panel(path);
    const app = window.jupyterapp;
    app.shell.activateById(panel.id);
    const run = { cells: new Set(cells), settled: false };
    for (const i of cells) {
      const { model } = panel.content.widgets[i];
      if (model.type === "code") model.executionCount = null;
    }
    this.runs.push(run);
    if (command === "notebook:run-cell") {
      panel.content.deselectAll();
      panel.content.activeCellIndex = cells[0];
    }
    app.commands.execute(command).finally(() => { run.settled = true; });
  },
  isDone(path, i) {
    const run = this.runs.findLast((one) => one.cells.has(i));
    if (!run) return false;
    if (run.settled) return true;
    const { model } = this.cell(path, i);
    return model.type !== "code"
      || (model.executionCount !== null && model.executionState === "idle");
  },
};
"""


class LabNotebook:
    """One notebook in one page of its own browser context.

    Attributes
    ----------
    page
        Playwright's page, for everything that is not here.
    console_errors
        Texts of the page's console errors and uncaught exceptions, without the :data:`HARMLESS`.
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
        self._context.add_init_script(SCRIPT)
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
        page.on("pageerror", lambda error: self._note_error(f"{error.name}: {error.message}"))
        page.on("websocket", lambda socket: self._note_request(socket.url))

    def _note_console(self, message: ConsoleMessage) -> None:
        self.console.append(f"{message.type}: {message.text}")
        if message.type == "error":
            self._note_error(message.text)

    def _note_error(self, text: str) -> None:
        if not any(known in text for known in HARMLESS):
            self.console_errors.append(text)

    def _note_request(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"data", "blob"} and parts.hostname not in {
            "127.0.0.1",
            "localhost",
        }:
            self.foreign_requests.append(url)


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
