"""ComfyUI's queue: one workflow at a time, a history, and clients that are told.

Sources: ``PromptQueue`` in ComfyUI's ``execution.py``, ``prompt_worker`` in its ``main.py``, and
its ``server.py``. As there, a client that leaves does not stop its workflow: an interrupt does.
"""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Mapping
from typing import Any

from nbkit._serve.comfy_run import Cache, Run
from nbkit._serve.pictures import convert_now
from nbkit._serve.state import State
from nbkit.errors import explain
from nbkit.models import EncodedImage

Item = tuple[float, str, dict[str, Any], dict[str, Any], list[str]]
"""Number, prompt id, workflow, extra data, outputs to execute: as ``/queue`` lists it."""

_KEPT = 200
_PREVIEW, _PREVIEW_WITH_METADATA, _JPEG = 1, 4, 1


class Client:
    """One websocket: what is to be sent on it, in order, and what it announced."""

    def __init__(self) -> None:
        self.outgoing: asyncio.Queue[str | bytes] = asyncio.Queue()
        self.flags: Mapping[str, Any] = {}

    def put(self, kind: str, data: Mapping[str, Any]) -> None:
        """Send a message."""
        self.outgoing.put_nowait(json.dumps({"type": kind, "data": data}))


class ComfyQueue:
    """What waits, what runs and what ran, and who is connected."""

    def __init__(self, state: State) -> None:
        self.clients: dict[str, Client] = {}
        self.history: dict[str, dict[str, Any]] = {}
        self.pending: list[Item] = []
        self.running: Item | None = None
        self.number = 0.0
        self._state = state
        self._cache: Cache = {}
        self._worker: asyncio.Task[None] | None = None
        self._execution: asyncio.Task[None] | None = None

    def put(self, item: Item) -> None:
        """Queue a workflow."""
        self.pending.append(item)
        self.pending.sort(key=lambda each: each[0])
        self.announce()
        if self._worker is None or self._worker.done():
            self._worker = asyncio.ensure_future(self._work())

    def delete(self, prompt_ids: list[str]) -> None:
        """Take waiting workflows out."""
        self.pending = [each for each in self.pending if each[1] not in prompt_ids]
        self.announce()

    def interrupt(self, prompt_id: str | None = None) -> None:
        """Stop what runs; if a prompt id is given, only that one."""
        if self.running is None or self._execution is None:
            return
        if prompt_id is None or self.running[1] == prompt_id:
            self._execution.cancel()

    def status(self) -> dict[str, Any]:
        """Say how many there are to do."""
        count = len(self.pending) + (self.running is not None)
        return {"exec_info": {"queue_remaining": count}}

    def announce(self) -> None:
        """Tell everybody how many there are to do."""
        self.tell("status", {"status": self.status()}, None)

    def tell(self, kind: str, data: Mapping[str, Any], client_id: str | None) -> None:
        """Send a message to one client, or to all."""
        for name, client in self.clients.items():
            if client_id in (None, name):
                client.put(kind, data)

    def show(self, image: EncodedImage, about: Mapping[str, Any], client_id: str) -> None:
        """Send a preview in the form that the client understands."""
        client = self.clients.get(client_id)
        if client is None:
            return
        data = convert_now(image, "jpeg")
        if client.flags.get("supports_preview_metadata"):
            told = json.dumps({**about, "image_type": "image/jpeg"}).encode()
            head = struct.pack(">II", _PREVIEW_WITH_METADATA, len(told)) + told
        else:
            head = struct.pack(">II", _PREVIEW, _JPEG)
        client.outgoing.put_nowait(head + data)

    async def aclose(self) -> None:
        """Stop all work."""
        self.pending.clear()
        tasks = [each for each in (self._worker, self._execution) if each is not None]
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self) -> None:
        while self.pending:
            item = self.running = self.pending.pop(0)
            self.announce()
            try:
                await self._one(item)
            finally:
                self.running = None
            self.announce()
            client_id = item[3].get("client_id")
            if client_id is not None:
                self.tell("executing", {"node": None, "prompt_id": item[1]}, client_id)

    async def _one(self, item: Item) -> None:
        _, prompt_id, workflow, extra, outputs = item
        run = Run(
            self._state,
            self,
            prompt_id=prompt_id,
            workflow=workflow,
            client_id=extra.get("client_id"),
            cache=self._cache,
        )
        self._execution = asyncio.ensure_future(run.execute(outputs))
        try:
            await asyncio.wait({self._execution})
        finally:
            self._execution.cancel()
        where = {
            "node_id": run.node,
            "node_type": workflow[run.node]["class_type"] if run.node else None,
            "executed": run.executed,
        }
        succeeded = False
        if self._execution.cancelled():
            run.note("execution_interrupted", where, everybody=True)
        elif (error := self._execution.exception()) is not None:
            told = {
                "exception_message": f"{explain(error)}\n",
                "exception_type": type(error).__name__,
                "traceback": [],
                "current_inputs": {},
                "current_outputs": run.executed,
            }
            run.note("execution_error", {**where, **told})
        else:
            succeeded = True
        self._cache = run.results
        status = {
            "status_str": "success" if succeeded else "error",
            "completed": succeeded,
            "messages": run.messages,
        }
        meta = {
            name: {"node_id": name, "display_node": name, "parent_node": None, "real_node_id": name}
            for name in run.outputs
        }
        self.history[prompt_id] = {
            "prompt": item,
            "outputs": run.outputs,
            "status": status,
            "meta": meta,
        }
        while len(self.history) > _KEPT:
            del self.history[next(iter(self.history))]
