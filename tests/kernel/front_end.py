"""Cells as JupyterLab runs them, with a name each, and the page that shows what they display."""

from __future__ import annotations

from kernel.kernels import Kernel
from kernel.records import Cell, Comm

VIEW = "application/vnd.jupyter.widget-view+json"


def ask_in(kernel: Kernel, cell_id: str, code: str, *, stop_on_error: bool = True) -> Cell:
    """Ask for a cell of this name and return at once."""
    session = kernel.client.session
    content = {
        "code": code,
        "silent": False,
        "store_history": True,
        "user_expressions": {},
        "allow_stdin": False,
        "stop_on_error": stop_on_error,
    }
    message = session.msg("execute_request", content, metadata={"cellId": cell_id})
    kernel.client.shell_channel.send(message)
    cell = kernel.cells[message["header"]["msg_id"]] = Cell(message["header"]["msg_id"], code)
    return cell


def run_in(kernel: Kernel, cell_id: str, code: str) -> Cell:
    """Run a cell of this name; it must succeed."""
    cell = kernel.wait(ask_in(kernel, cell_id, code))
    assert cell.status == "ok", cell.traceback or cell.status
    return cell


def html(cell: Cell, number: int = 0) -> str:
    """The HTML that an output holds now."""
    return str(cell.outputs[number].data["text/html"])


class Page:
    """Answers for the page of one display, as its script would."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.places: Comm = kernel.comm(having="places")
        self.preview, self.progress = (
            kernel.comms[name] for name in self.places.state["places"].values()
        )

    def mount(self) -> None:
        """Show the views."""
        for comm in (self.preview, self.progress):
            self.kernel.send_custom(comm, {"kind": "ready", "view": "a"})

    def answer(self) -> None:
        """Say that the page is there and has the HTML."""
        revisions = dict.fromkeys(self.places.state["places"], 10**6)
        message = {"kind": "here", "asked": True, "revisions": revisions}
        self.kernel.send_custom(self.places, message)
