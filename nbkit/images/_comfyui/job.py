"""One job in a ComfyUI server's queue: put there, found again, taken out, and its picture.

Protocol facts are from ``server.py``, ``execution.py`` and ``main.py`` of comfyanonymous/ComfyUI.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from nbkit.errors import BackendError, ServerError, ServerRefusedError
from nbkit.http import Client
from nbkit.images._comfyui.places import Graph
from nbkit.images._comfyui.progress import failure

_FIRST_LOOK, _LAST_LOOK = 0.05, 2.0  # seconds between looks at the history
_FAILURES = 4  # looks in a row that may fail before the server is given up
_POSTING = 0.5  # seconds that a stopped job's own request may still take


class Job:
    """A workflow at a server.

    Attributes
    ----------
    id
        The prompt id: our own, or that of a server which chooses one itself.
    client_id
        What the server's messages about this job are sent to.
    """

    def __init__(self, client: Client, graph: Graph) -> None:
        self.id = str(uuid.uuid4())
        self.client_id = uuid.uuid4().hex
        self._client = client
        self._graph = graph
        self._posting: asyncio.Task[Any] | None = None

    async def queue(self) -> None:
        """Put it into the server's queue.

        Raises
        ------
        ServerRefusedError
            If the server finds the workflow invalid.
        BackendError
            If it does not say what became of it.
        """
        body = {"prompt": self._graph, "client_id": self.client_id, "prompt_id": self.id}
        # Were it broken off, nobody would know whether the job is there and has to be stopped.
        self._posting = asyncio.create_task(self._client.json("POST", "/prompt", body=body))
        answer = await asyncio.shield(self._posting)
        if not isinstance(answer, Mapping) or not isinstance(answer.get("prompt_id"), str):
            raise BackendError("ComfyUI did not say under which id it has queued the workflow")
        self.id = answer["prompt_id"]

    async def entry(self) -> Mapping[str, Any] | None:
        """Return what the history holds of it: ``None`` before its end.

        Raises
        ------
        BackendError
            If it failed or was interrupted.
        """
        history = await self._client.json("GET", f"/history/{self.id}")
        entry = history.get(self.id) if isinstance(history, Mapping) else None
        if not isinstance(entry, Mapping):
            return None
        status = entry.get("status")
        if isinstance(status, Mapping) and status.get("status_str") == "error":
            raise _failure(status.get("messages"))
        return entry

    async def finished(self) -> Mapping[str, Any]:
        """Look at the history again and again until it holds the job.

        Raises
        ------
        BackendError
            If it failed, was interrupted, or is not there any more.
        ServerError
            If the server cannot be asked several times in a row.
        """
        pause, failures = _FIRST_LOOK, 0
        while True:
            try:
                place = await self.place()
                # Asked afterwards: what leaves the queue is in the history at once.
                entry = await self.entry()
            except ServerError as error:
                failures += 1
                if failures >= _FAILURES or not error.retryable:
                    raise
            else:
                failures = 0
                if entry is not None:
                    return entry
                if place is None:
                    raise BackendError(
                        "the image is neither waiting nor done at the server: it was deleted "
                        "there, or the server was started anew",
                        retryable=True,
                    )
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, _LAST_LOOK)

    async def place(self) -> Literal["running", "pending"] | None:
        """Say where in the server's queue it is."""
        queue = await self._client.json("GET", "/queue")
        if isinstance(queue, Mapping):
            if self._is_in(queue.get("queue_running")):
                return "running"
            if self._is_in(queue.get("queue_pending")):
                return "pending"
        return None

    async def stop(self) -> None:
        """Interrupt it if it runs, and delete it if it waits; no other job is touched."""
        if self._posting is None:
            return
        if not self._posting.done():
            await asyncio.wait({self._posting}, timeout=_POSTING)
        elif isinstance(self._posting.exception(), ServerRefusedError):
            return
        deleted = False
        while (place := await self.place()) is not None:
            if place == "running":
                # An older server interrupts whatever runs, which is this one.
                await self._order("/interrupt", {"prompt_id": self.id})
                return
            if deleted:
                return
            await self._order("/queue", {"delete": [self.id]})
            deleted = True  # or it has begun in the meantime

    async def picture(self, entry: Mapping[str, Any]) -> bytes:
        """Fetch the first picture of the first node, in the workflow's order, that has any.

        One that was saved goes before one that was shown only.

        Raises
        ------
        BackendError
            If there is none.
        """
        outputs = entry.get("outputs")
        found = list(self._pictures(outputs if isinstance(outputs, Mapping) else {}))
        kept = [each for each in found if each.get("type", "output") == "output"] or found
        if not kept:
            raise BackendError(
                "the workflow gave no image: it needs a node such as SaveImage or PreviewImage"
            )
        names = ("filename", "subfolder", "type")
        params = {name: kept[0][name] for name in names if isinstance(kept[0].get(name), str)}
        async with await self._client.send("GET", "/view", params=params, accept="*/*") as answer:
            return await answer.read()

    async def aclose(self) -> None:
        """Let go of a request that is still under way."""
        if self._posting is not None:
            self._posting.cancel()
            await asyncio.gather(self._posting, return_exceptions=True)

    def _pictures(self, outputs: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
        order = {id_: at for at, id_ in enumerate(self._graph)}
        for id_ in sorted(outputs, key=lambda id_: order.get(id_, len(order))):
            output = outputs[id_]
            images = output.get("images") if isinstance(output, Mapping) else None
            for image in images if isinstance(images, list) else ():
                if isinstance(image, Mapping) and isinstance(image.get("filename"), str):
                    yield image

    async def _order(self, path: str, body: Mapping[str, Any]) -> None:
        async with await self._client.send("POST", path, body=body):
            pass

    def _is_in(self, items: Any) -> bool:
        """Find the job among those of a queue: (number, prompt id, graph, extra data, outputs)."""
        for item in items if isinstance(items, list) else ():
            if not isinstance(item, list) or len(item) < 2:
                continue
            extra = item[3] if len(item) > 3 else None
            ours = isinstance(extra, Mapping) and extra.get("client_id") == self.client_id
            if item[1] == self.id or (ours and isinstance(item[1], str)):
                self.id = item[1]
                return True
        return False


def _failure(messages: Any) -> BackendError:
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, list) and len(message) == 2 and isinstance(message[1], Mapping):
            kind = message[0]
            if kind in ("execution_error", "execution_interrupted"):
                return failure(kind, message[1])
    return BackendError("the workflow failed on the server, which does not say why")
