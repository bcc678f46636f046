"""A real ipykernel for tests, spoken to as a front end does: cells, outputs, comms, interrupts.

Messages are read by whoever waits (:meth:`Kernel.until` and what rests on it), in one thread, so
that a test sees what it asks for and nothing moves between two of its lines.
"""

from __future__ import annotations

import os
import queue
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Self

import nbformat
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager
from kernel.records import Cell, Comm, Record
from nbclient import NotebookClient

TIMEOUT = 60.0


class KernelTimeoutError(AssertionError):
    """What a test waited for did not happen; the last messages are in the text."""


class Kernel:
    """A kernel of this interpreter in a folder of its own.

    Attributes
    ----------
    messages
        Every message on IOPub so far, in order, with its ``parent_header`` and ``buffers``.
    cells
        Executions by message id, in the order of their requests.
    comms
        Comms by id, in the order of their opening.
    """

    def __init__(self, folder: Path, *, env: dict[str, str] | None = None) -> None:
        self._folder = folder
        self._env = env or {}
        self._record = Record()
        self.messages = self._record.messages
        self.cells = self._record.cells
        self.comms = self._record.comms

    # -- life

    def start(self) -> Self:
        """Start the kernel and wait until it answers."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "IPYTHON"))}
        folders = {
            name: str(self._folder / name.lower())
            for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")
        }
        self.manager = KernelManager(connection_file=str(self._folder / "kernel.json"))
        self.manager._kernel_spec = this_interpreter()
        self.manager.start_kernel(cwd=str(self._folder), env=kept | folders | self._env)
        self.client: BlockingKernelClient = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=TIMEOUT)
        return self

    def shutdown(self) -> None:
        """End the kernel as a front end does, its coverage written; a dead one is legal."""
        self.client.stop_channels()
        self.manager.shutdown_kernel()
        self.manager.cleanup_resources()
        self.manager.context.term()

    def kill(self) -> None:
        """Kill the kernel's process without a word, as a crash does."""
        self.manager.signal_kernel(9)

    def restart(self) -> None:
        """Restart the kernel; what was recorded stays, and comms count as closed."""
        self.manager.restart_kernel(now=True)
        self.client.wait_for_ready(timeout=TIMEOUT)
        for comm in self.comms.values():
            comm.closed = True

    def interrupt(self) -> None:
        """Interrupt what runs, as the toolbar's square does.

        In an ``await`` cell ipykernel acts on it when something next wakes the loop.
        """
        self.manager.interrupt_kernel()

    # -- cells

    def run(self, code: str, *, timeout: float = TIMEOUT) -> Cell:
        """Run a cell to its end. A cell that raises is no error here: see its ``status``."""
        return self.wait(self.run_no_wait(code), timeout=timeout)

    def run_ok(self, code: str, *, timeout: float = TIMEOUT) -> Cell:
        """Run a cell that must succeed."""
        cell = self.run(code, timeout=timeout)
        assert cell.status == "ok", cell.traceback or cell.status
        return cell

    def run_no_wait(self, code: str, *, stop_on_error: bool = True) -> Cell:
        """Ask for a cell and return at once; several may be asked for, and they queue."""
        msg_id = self.client.execute(code, stop_on_error=stop_on_error)
        cell = self.cells[msg_id] = Cell(msg_id, code)
        return cell

    def queue(self, *codes: str) -> list[Cell]:
        """Ask for several cells at once, as Run All does."""
        return [self.run_no_wait(code) for code in codes]

    def wait(self, *cells: Cell, timeout: float = TIMEOUT) -> Cell:
        """Wait until the cells have ended; gives the last one back."""
        self.until(lambda: all(cell.done for cell in cells), timeout=timeout)
        return cells[-1]

    # -- comms

    def send_comm(
        self,
        comm: Comm | str,
        data: dict[str, Any],
        *,
        buffers: Iterable[bytes] = (),
        subshell: str | None = None,
    ) -> str:
        """Send a raw ``comm_msg`` as a page does, and return its message id."""
        comm_id = comm.comm_id if isinstance(comm, Comm) else comm
        session = self.client.session
        message = session.msg("comm_msg", {"comm_id": comm_id, "data": data})
        if subshell is not None:
            message["header"]["subshell_id"] = subshell
        session.send(self.client.shell_channel.socket, message, buffers=list(buffers))
        return message["header"]["msg_id"]

    def send_custom(
        self,
        comm: Comm | str,
        content: dict[str, Any],
        *,
        buffers: Iterable[bytes] = (),
        subshell: str | None = None,
    ) -> str:
        """Send what a widget's ``model.send(content)`` sends."""
        data = {"method": "custom", "content": content}
        return self.send_comm(comm, data, buffers=buffers, subshell=subshell)

    def comm(self, *, having: str | None = None, index: int = -1) -> Comm:
        """Give an open comm: the last one, or the last whose state has this trait."""
        found = [
            comm
            for comm in self.comms.values()
            if not comm.closed and (having is None or having in comm.state)
        ]
        return found[index]

    def displayed(self, cell: Cell) -> Comm:
        """Give the comm of the last widget that a cell's output shows."""
        kind = "application/vnd.jupyter.widget-view+json"
        shown = [*cell.outputs, *([cell.result] if cell.result else [])]
        return self.comms[[out.data[kind]["model_id"] for out in shown if kind in out.data][-1]]

    def handled(self, msg_id: str) -> bool:
        """Tell whether the kernel has finished with a message: idle with this parent."""
        return any(
            message["msg_type"] == "status"
            and message["content"]["execution_state"] == "idle"
            and message["parent_header"].get("msg_id") == msg_id
            for message in self.messages
        )

    def create_subshell(self) -> str | None:
        """Open a subshell, as newer front ends do for comms; None where the kernel has none."""
        message = self.client.session.msg("create_subshell_request", {})
        self.client.control_channel.send(message)
        msg_id = message["header"]["msg_id"]
        while True:
            reply = self.client.get_control_msg(timeout=TIMEOUT)
            if reply["parent_header"].get("msg_id") == msg_id:
                return reply["content"].get("subshell_id")

    # -- reading

    def until(self, condition: Callable[[], bool], *, timeout: float = TIMEOUT) -> None:
        """Read messages until a condition holds.

        Raises
        ------
        KernelTimeoutError
            If it does not hold in time, or the kernel has died meanwhile.
        """
        deadline = time.monotonic() + timeout
        while not condition():
            self._read_replies()
            try:
                message = self.client.get_iopub_msg(timeout=0.05)
            except queue.Empty:
                if time.monotonic() > deadline or not self.client.is_alive():
                    raise KernelTimeoutError(self._account()) from None
            else:
                self._record.take(message)

    def drain(self, quiet: float = 0.3) -> None:
        """Read until nothing has come for ``quiet`` seconds: for "nothing more happens" only."""
        while True:
            self._read_replies()
            try:
                self._record.take(self.client.get_iopub_msg(timeout=quiet))
            except queue.Empty:
                return

    def _read_replies(self) -> None:
        while self.client.shell_channel.msg_ready():
            reply = self.client.get_shell_msg(timeout=1)
            cell = self.cells.get(reply["parent_header"].get("msg_id"))
            if cell is not None:
                cell.reply = reply

    def _account(self) -> str:
        alive = "alive" if self.client.is_alive() else "dead"
        last = [
            f"{message['msg_type']}: {str(message['content'])[:300]}"
            for message in self.messages[-12:]
        ]
        return "\n".join([f"it did not happen; the kernel is {alive}; its last messages:", *last])


def this_interpreter() -> KernelSpec:
    """Give the kernel spec of this very interpreter, whatever the machine has installed."""
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    return KernelSpec(argv=command, display_name="Python 3", language="python")


def execute_notebook(
    source: Path | nbformat.NotebookNode | Sequence[str],
    *,
    folder: Path,
    timeout: float = 120.0,
    allow_errors: bool = False,
) -> nbformat.NotebookNode:
    """Execute a notebook with nbclient in ``folder``, from a file, a node or the code of cells."""
    if isinstance(source, Path):
        book = nbformat.read(source, as_version=4)
    elif isinstance(source, nbformat.NotebookNode):
        book = source
    else:
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in source])
    client = NotebookClient(
        book,
        timeout=timeout,
        allow_errors=allow_errors,
        resources={"metadata": {"path": str(folder)}},
    )
    # Made by the client, or it would not end the kernel.
    manager = client.create_kernel_manager()
    manager.connection_file = str(folder / "nbclient.json")
    manager._kernel_spec = this_interpreter()
    return client.execute()
