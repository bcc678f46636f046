"""What a kernel did, as a front end would show it."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from typing import Any

Message = dict[str, Any]


@dataclass
class Output:
    """One display or result, as it looks now: updates through its ``display_id`` are applied."""

    data: dict[str, Any]
    metadata: dict[str, Any]
    display_id: str | None = None
    updates: int = 0


@dataclass
class Cell:
    """One execution: complete once its reply is here and the kernel has said idle for it."""

    msg_id: str
    code: str
    reply: Message | None = None
    idle: bool = False
    stdout: str = ""
    stderr: str = ""
    outputs: list[Output] = field(default_factory=list)
    result: Output | None = None
    error: Message | None = None
    messages: list[Message] = field(default_factory=list)

    @property
    def done(self) -> bool:
        """Whether the cell has ended."""
        return self.reply is not None and self.idle

    @property
    def status(self) -> str | None:
        """``"ok"``, ``"error"`` or ``"aborted"``; None while it has not ended."""
        return None if self.reply is None else self.reply["content"]["status"]

    @property
    def error_name(self) -> str | None:
        """The exception's class name, if the cell raised one."""
        return self.error and self.error["ename"]

    @property
    def traceback(self) -> str:
        """The traceback as the cell shows it."""
        return "\n".join(self.error["traceback"]) if self.error else ""


@dataclass
class Comm:
    """A comm that the kernel opened: a widget's model."""

    comm_id: str
    target: str
    state: dict[str, Any]
    opened_by: str | None
    custom: list[dict[str, Any]] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    closed: bool = False


def _whole(content: dict[str, Any], buffers: list[Any]) -> dict[str, Any]:
    """What a page makes of a message that may be packed."""
    if "packed" not in content:
        return content
    data = zlib.decompress(bytes(buffers[-1]), wbits=-zlib.MAX_WBITS)
    return {**content, **json.loads(data)}


class Record:
    """IOPub messages, filed as they come: outputs under their cells, updates where they belong."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.cells: dict[str, Cell] = {}
        self.comms: dict[str, Comm] = {}
        self._displays: list[Output] = []

    def take(self, message: Message) -> None:
        """Take one message in."""
        self.messages.append(message)
        kind, content = message["msg_type"], message["content"]
        parent = message["parent_header"].get("msg_id")
        cell = self.cells.get(parent)
        if kind == "comm_open":
            state = content["data"].get("state", {})
            comm = Comm(content["comm_id"], content["target_name"], dict(state), parent)
            self.comms[comm.comm_id] = comm
        if kind.startswith("comm_"):
            self._take_comm(kind, message)
        if kind == "update_display_data":
            self._update(content)
        if cell is not None:
            cell.messages.append(message)
            self._take_output(cell, kind, content)

    def _take_comm(self, kind: str, message: Message) -> None:
        content = message["content"]
        comm = self.comms.get(content["comm_id"])
        if comm is None:
            return
        comm.messages.append(message)
        comm.closed = comm.closed or kind == "comm_close"
        data = content.get("data", {})
        if data.get("method") == "update":
            comm.state.update(data["state"])
        elif data.get("method") == "custom":
            comm.custom.append(_whole(data["content"], message["buffers"]))

    def _take_output(self, cell: Cell, kind: str, content: dict[str, Any]) -> None:
        if kind == "stream":
            setattr(cell, content["name"], getattr(cell, content["name"]) + content["text"])
        elif kind in {"display_data", "execute_result"}:
            output = self._output(content)
            cell.outputs.append(output)
            if kind == "execute_result":
                cell.result = output
        elif kind == "clear_output":
            cell.outputs.clear()
            cell.stdout = cell.stderr = ""
        elif kind == "error":
            cell.error = content
        elif kind == "status" and content["execution_state"] == "idle":
            cell.idle = True

    def _output(self, content: dict[str, Any]) -> Output:
        display_id = content.get("transient", {}).get("display_id")
        output = Output(content["data"], content["metadata"], display_id)
        self._displays.append(output)
        return output

    def _update(self, content: dict[str, Any]) -> None:
        display_id = content["transient"]["display_id"]
        for output in self._displays:
            if output.display_id == display_id:
                output.data, output.metadata = content["data"], content["metadata"]
                output.updates += 1
