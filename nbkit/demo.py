"""The quickstart notebook, run in a real kernel from the terminal."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from nbkit.errors import MissingExtraError, NbkitError
from nbkit.terminal import ImagesBar

_CELL_TIMEOUT = 120
"""Seconds that one cell may take."""


class DemoError(NbkitError):
    """The demo could not be run to its end."""


def notebooks() -> Path:
    """Return the folder of the notebooks: beside the package in a clone, within it if installed."""
    package = Path(__file__).parent
    for folder in (package.parent / "notebooks", package / "notebooks"):
        if (folder / "01_quickstart.ipynb").is_file():
            return folder
    raise DemoError("the notebooks are not where nbkit was installed: reinstall it, or clone it")


def run(transcript: str, output: Path) -> tuple[Path, Path]:
    """Run the quickstart with a transcript; returns the executed notebook and its story as a page.

    Raises
    ------
    MissingExtraError
        If the packages that run a kernel are not installed.
    DemoError
        If the kernel does not start, or a cell fails.
    """
    for package in ("nbclient", "nbformat", "ipykernel"):
        if importlib.util.find_spec(package) is None:
            raise MissingExtraError(package, extra="lab")
    import nbformat

    notebook = nbformat.read(notebooks() / "01_quickstart.ipynb", as_version=4)
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", ()):
            cell.source = f"transcript = {transcript!r}"
    output.mkdir(parents=True, exist_ok=True)
    executed = output.resolve() / "quickstart.ipynb"
    page = output.resolve() / "quickstart.html"
    with ImagesBar() as bar:
        _execute(notebook, page, bar)
    nbformat.write(notebook, executed)
    return executed, page


def _execute(notebook: Any, page: Path, bar: ImagesBar) -> None:
    """Run every cell, then save the first session's story from the same kernel."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
    from nbformat.v4 import new_code_cell

    watched = _Watched(bar, len(notebook.cells))

    class Client(NotebookClient):
        """Hears what the kernel's widgets say to their pages."""

        def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
            if msg["msg_type"] == "comm_msg":
                watched.hear(msg["content"])
            return super().process_message(msg, cell, cell_index)

    client = Client(
        notebook,
        timeout=_CELL_TIMEOUT,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(page.parent)}},
    )
    # Run like the others, and not kept: the page shows the very run that the notebook does.
    check = "assert all(i.status == 'succeeded' for i in session.images), session.images"
    notebook.cells.append(new_code_cell(f"session.save({str(page)!r})\n{check}"))
    try:
        with client.setup_kernel():
            for index, cell in enumerate(notebook.cells):
                watched.at(index)
                client.execute_cell(cell, index)
        notebook.cells.pop()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise DemoError(f"the quickstart did not run to its end: {error}") from error
    except RuntimeError as error:
        raise DemoError(f"no kernel could be started: {error}") from error


class _Watched:
    """The images of all sessions of a notebook, counted from the frames of their previews."""

    def __init__(self, bar: ImagesBar, cells: int) -> None:
        self._bar = bar
        self._cells = cells
        self._cell = 0
        self._headers: dict[str, Any] = {}

    def at(self, index: int) -> None:
        """Say which cell runs now."""
        self._cell = min(index + 1, self._cells)
        self._show()

    def hear(self, comm: Any) -> None:
        """Take a widget's message; others than a preview's frames are not for a terminal."""
        data = comm["data"]
        content = data.get("content", {}) if data.get("method") == "custom" else {}
        if content.get("kind") == "frame" and content["header"] is not None:
            self._headers[comm["comm_id"]] = content["header"]
            self._show()

    def _show(self) -> None:
        counts = [header["counts"] for header in self._headers.values()]
        done = ("succeeded", "failed", "cancelled")
        self._bar.show(
            f"cell {self._cell} of {self._cells}",
            completed=sum(count[each] for count in counts for each in done),
            total=sum(count["total"] for count in counts),
            note="images",
        )
