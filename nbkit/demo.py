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

    class Client(NotebookClient):
        """Shows what the kernel's widgets say as a page would, in the terminal's way."""

        def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
            if msg["msg_type"] == "comm_msg":
                _show(msg["content"]["data"], bar, cell_index, len(notebook.cells))
            return super().process_message(msg, cell, cell_index)

    client = Client(
        notebook,
        timeout=_CELL_TIMEOUT,
        kernel_name="python3",
        resources={"metadata": {"path": str(page.parent)}},
        store_widget_state=False,
    )
    try:
        with client.setup_kernel():
            for index, cell in enumerate(notebook.cells):
                bar.show(f"cell {index + 1} of {len(notebook.cells)}", completed=0, total=0)
                client.execute_cell(cell, index)
            save = new_code_cell(f"session.save({str(page)!r});")
            notebook.cells.append(save)
            try:
                client.execute_cell(save, len(notebook.cells) - 1)
            finally:
                notebook.cells.pop()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise DemoError(f"the quickstart did not run to its end: {error}") from error
    except RuntimeError as error:
        raise DemoError(f"no kernel could be started: {error}") from error


def _show(data: Any, bar: ImagesBar, cell: int, cells: int) -> None:
    """Show the header of a preview's frame; other messages are not for a terminal."""
    content = data.get("content", {}) if data.get("method") == "custom" else {}
    header = content.get("header") if content.get("kind") == "frame" else None
    if header is None:
        return
    counts = header["counts"]
    done = counts["succeeded"] + counts["failed"] + counts["cancelled"]
    note = "writing" if header["writing"] else header["status"]
    bar.show(f"cell {cell + 1} of {cells}", completed=done, total=counts["total"], note=note)
