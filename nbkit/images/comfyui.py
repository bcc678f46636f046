"""Pictures from a ComfyUI server, by a workflow of the user's own or a plain one."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Self

from nbkit.errors import BackendError, ServerError, explain
from nbkit.http import Client
from nbkit.images._comfyui.job import Job
from nbkit.images._comfyui.places import NAMES
from nbkit.images._comfyui.progress import ANNOUNCED, Frame, Progress
from nbkit.images._comfyui.workflow import Workflow
from nbkit.images._last_act import stop_work
from nbkit.images._options import read_options
from nbkit.images._server import asked, checked, preview
from nbkit.keys import Key
from nbkit.models import Deadlines, EncodedImage, ImageRequest, Preview
from nbkit.websocket import WebSocket, open_websocket

logger = logging.getLogger(__name__)

DEFAULT_URL = "http://127.0.0.1:8188"

_DEADLINES = Deadlines(connect=10.0, between=60.0)
_QUIET = 10.0  # seconds without a message after which the history is looked at
_LOADER = "CheckpointLoaderSimple"
_SEEDS = 1 << 64


class ComfyUIBackend:
    """Makes images with a workflow on a ComfyUI server.

    Progress and previews come over its websocket; where there is none, the picture comes
    without them. Cancelling interrupts the job if it runs, deletes it if it waits, and touches
    no other.

    Parameters
    ----------
    base_url
        The server's address; user and password in it are sent as basic authentication.
    workflow
        A graph in API format ("Export (API)" in ComfyUI's workflow menu), or the path of its
        file. ``{prompt}``, ``{negative_prompt}``, ``{seed}``, ``{width}``, ``{height}`` in its
        texts stand for what an image is asked for; ``{checkpoint}`` alone for the first that the
        server has. ``None``: a plain text-to-image graph with that checkpoint.
    places
        Where those values go in a workflow without placeholders: ``"NODE.INPUT"`` or a list of
        such for each name, NODE being the node's id or title. Seed and size are found by
        themselves where they have their usual names.
    key
        Sent as a bearer token, for a server behind a gate.

    Raises
    ------
    ValueError
        If the address is none, the workflow is none in API format, a place is none, or nothing
        says where the prompt goes; the message lists the texts there are.
    """

    checks_images = True
    """What it gives back has been checked already."""

    max_concurrency = 1
    """The server makes one image at a time; more would wait there, their timeout running."""

    def __init__(
        self,
        base_url: str = DEFAULT_URL,
        *,
        workflow: Mapping[str, Any] | str | os.PathLike[str] | None = None,
        places: Mapping[str, str | Sequence[str]] | None = None,
        key: str | Key | None = None,
    ) -> None:
        address = Client(base_url)
        self.base_url = address.base_url
        self._key = (Key(key) if isinstance(key, str) else key) or address.key
        self._auth: Literal["bearer", "basic"] = "bearer" if key is not None else "basic"
        if workflow is None:
            if places:
                raise ValueError("places are those of a workflow: give workflow= too")
            self._workflow = Workflow.text_to_image()
        else:
            self._workflow = Workflow.read(workflow, places)

    def __repr__(self) -> str:
        return f"ComfyUIBackend({self.base_url!r}, workflow={self._workflow!r})"

    @classmethod
    def from_spec(cls, target: str, options: Mapping[str, str]) -> Self:
        """Make one from a spec string's parts: an address, or ``""``, and options as text.

        The options are ``workflow``, a path, and places by their names; commas part several.

        Raises
        ------
        ValueError
            For an option that there is not, and as for the class.
        """
        options = read_options("comfyui", options, dict.fromkeys(("workflow", *NAMES), str))
        places = {name: text.split(",") for name, text in options.items() if name in NAMES}
        if target and "://" not in target:
            target = f"http://{target}"
        return cls(target or DEFAULT_URL, workflow=options.get("workflow"), places=places)

    async def generate(
        self, request: ImageRequest, *, on_preview: Callable[[Preview], None]
    ) -> EncodedImage:
        """Make one image; a seed of ``None`` is another one each time.

        Raises
        ------
        BackendError
            If the server cannot be asked, refuses the workflow, fails at one of its nodes, was
            interrupted, or gives no image; or the workflow has no place for a size asked for.
        """
        return await asked(request, self._made(request, on_preview), key=self._key)

    async def aclose(self) -> None:
        """Nothing is held."""

    async def _made(
        self, request: ImageRequest, on_preview: Callable[[Preview], None]
    ) -> EncodedImage:
        async with self._client() as client, contextlib.AsyncExitStack() as sockets:
            # Without a new seed the server would give back the picture it has.
            seed = secrets.randbits(53) if request.seed is None else request.seed % _SEEDS
            checkpoint = await _checkpoint(client) if self._workflow.needs_checkpoint else ""
            graph = self._workflow.fill(request, seed=seed, checkpoint=checkpoint)
            job = Job(client, graph)
            socket = await self._socket(sockets, job)
            try:
                await job.queue()
                if socket is not None:
                    await _follow(socket, job, Progress(graph, job.id), on_preview)
                entry = await job.finished()
            except BackendError:
                raise  # the server itself has ended it
            except (asyncio.CancelledError, Exception):
                await stop_work(job.stop())
                raise
            finally:
                await job.aclose()
            return await checked(await job.picture(entry))

    def _client(self) -> Client:
        return Client(self.base_url, key=self._key, auth=self._auth, deadlines=_DEADLINES)

    async def _socket(self, sockets: contextlib.AsyncExitStack, job: Job) -> WebSocket | None:
        """Open the websocket on which the job is told of, if it can be had."""
        opening = open_websocket(
            self.base_url, "/ws", params={"clientId": job.client_id}, key=self._key, auth=self._auth
        )
        try:
            socket = await sockets.enter_async_context(opening)
            await socket.send(ANNOUNCED)
        except ServerError as error:
            logger.debug("no progress from the server: %s", explain(error))
            return None
        return socket


async def _follow(
    socket: WebSocket, job: Job, progress: Progress, on_preview: Callable[[Preview], None]
) -> None:
    """Tell what the server tells, until the job is over or the connection broken."""
    while not progress.is_over:
        try:
            message = await _message(socket)
            # One may be lost on its way through a proxy; the history loses none.
            if message is None and await job.place() is None:
                return
        except ServerError as error:
            logger.debug("no more progress from the server: %s", explain(error))
            return
        if message is None:
            continue
        new = progress.take(message)
        if isinstance(new, Frame):
            image = await preview(new.data)
            known = progress.preview()
            new = Preview(known.fraction, image, known.step, known.steps) if image else None
        if new is not None:
            on_preview(new)


async def _message(socket: WebSocket) -> str | bytes | None:
    """Wait for the next message; ``None`` where none has come for some time."""
    try:
        async with asyncio.timeout(_QUIET):
            return await socket.receive()
    except ServerError:  # which may be a TimeoutError too
        raise
    except TimeoutError:
        return None


async def _checkpoint(client: Client) -> str:
    """Find the first checkpoint that the server has; its node lists them in one of two forms."""
    info = await client.json("GET", f"/object_info/{_LOADER}")
    try:
        kind, *more = info[_LOADER]["input"]["required"]["ckpt_name"]
        names = kind if isinstance(kind, list) else more[0]["options"]
        name = names[0]
    except (KeyError, IndexError, TypeError, ValueError):
        name = None
    if isinstance(name, str):
        return name
    raise BackendError(
        f"the ComfyUI server at {client.base_url} has no checkpoint: put one into its "
        "models/checkpoints folder, or give a workflow that needs none"
    )
