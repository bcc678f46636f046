"""One image at an A1111 server: how far it is, and how it is stopped.

``current_task`` is in the answers of A1111 and Forge; SD.Next has no such thing.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from nbkit.errors import ServerError
from nbkit.http import Client
from nbkit.images._server import number, preview
from nbkit.models import Preview

_PROGRESS = "/sdapi/v1/progress"
_INTERRUPT = "/sdapi/v1/interrupt"

_LOOK_BACK = 1.0  # seconds that a finished picture waits to hear whether it was interrupted
_SLOWEST = 10.0  # seconds between looks at a server that does not tell its progress


class Job:
    """What a server tells of one image.

    ``id`` is what the request for it has to give as ``force_task_id``; the progress is told
    to ``on_preview``.
    """

    def __init__(self, client: Client, on_preview: Callable[[Preview], None]) -> None:
        self.id = f"nbkit-{uuid.uuid4().hex}"
        self._client = client
        self._on_preview = on_preview
        self._fraction = 0.0
        self._picture: object = None
        self._told: Preview | None = None
        self._interrupted = False

    async def watch(self, interval: float) -> None:
        """Look at the progress again and again; a server that does not tell it is left alone."""
        pause = interval
        while True:
            await asyncio.sleep(pause)
            try:
                await self._look()
            except ServerError:
                pause = max(min(pause * 2, _SLOWEST), interval)
            else:
                pause = interval

    async def stop(self) -> None:
        """Interrupt the server, if it is at work on this image or does not say on which."""
        if self._is_ours(await self._progress(skip_image=True)):
            await self._client.json("POST", _INTERRUPT)

    async def was_interrupted(self) -> bool:
        """Say whether somebody has interrupted this image; the answer itself does not tell."""
        if not self._interrupted:
            try:
                async with asyncio.timeout(_LOOK_BACK):
                    last = await self._progress(skip_image=True)
            except (ServerError, TimeoutError):
                return False
            # The mark stays until the next image begins: at rest, it is that of the latest.
            return not _is_busy(last) and bool(_state(last).get("interrupted"))
        return True

    async def _progress(self, *, skip_image: bool = False) -> Mapping[str, Any]:
        params = {"skip_current_image": "true" if skip_image else "false"}
        progress = await self._client.json("GET", _PROGRESS, params=params)
        return progress if isinstance(progress, Mapping) else {}

    def _is_ours(self, progress: Mapping[str, Any]) -> bool:
        task = progress.get("current_task")
        return task == self.id if task else _is_busy(progress)

    async def _look(self) -> None:
        progress = await self._progress()
        if not self._is_ours(progress):
            return
        state = _state(progress)
        self._interrupted = bool(state.get("interrupted"))
        self._fraction = max(self._fraction, min(number(progress.get("progress")), 1.0))
        steps = int(number(state.get("sampling_steps")))
        step = min(int(number(state.get("sampling_step"))), steps)
        counted = (step, steps) if step > 0 else (None, None)
        picture = progress.get("current_image")
        image = await preview(picture) if picture not in (None, self._picture) else None
        self._picture = picture
        told = Preview(self._fraction, image, *counted)
        if told != self._told:
            self._told = told
            self._on_preview(told)


def _is_busy(progress: Mapping[str, Any]) -> bool:
    """Say whether anything is at work; the count of jobs is -1 while one is being made ready."""
    count = _state(progress).get("job_count")
    if isinstance(count, int):
        return count != 0
    return bool(progress.get("current_task")) or number(progress.get("progress")) > 0


def _state(progress: Mapping[str, Any]) -> Mapping[str, Any]:
    state = progress.get("state")
    return state if isinstance(state, Mapping) else {}
