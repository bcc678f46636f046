"""A backend whose calls wait until the test says what becomes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from nbkit._queue.attempt import LINGER
from nbkit.models import EncodedImage, ImageRequest, Preview

SLOW = 0.5
"""Seconds that a slow call takes to clean up when it is cancelled."""

TOLERANCE = 1e-5


class Call:
    """One call of the backend; ``kind`` says how it takes being cancelled."""

    def __init__(self, request: ImageRequest, on_preview: Callable[[Preview], None], kind: str):
        self.request, self.on_preview, self.kind = request, on_preview, kind
        self.loop = asyncio.get_running_loop()
        self.answered = asyncio.Event()
        self.answer: Any = None
        self.cancelled_at: float | None = None

    @property
    def given_up(self) -> bool:
        """Whether it has been cancelled for so long that it counts no more."""
        at = self.cancelled_at
        return at is not None and self.loop.time() >= at + LINGER - TOLERANCE

    def give(self, answer: Any) -> None:
        self.answer = answer
        self.answered.set()


class ParkedBackend:
    """Makes nothing by itself. The first word of a prompt is the kind of its call.

    ``plain`` ends at once when it is cancelled, ``slow`` after half a second, ``stubborn`` never.
    """

    checks_images = True

    def __init__(self, max_concurrency: int | None = None) -> None:
        self.max_concurrency = max_concurrency
        self.calls: list[Call] = []
        """Those that have not ended."""

    async def generate(
        self, request: ImageRequest, *, on_preview: Callable[[Preview], None]
    ) -> EncodedImage:
        call = Call(request, on_preview, request.prompt.split()[0])
        self.calls.append(call)
        try:
            while not call.answered.is_set():
                try:
                    await call.answered.wait()
                except asyncio.CancelledError:
                    call.cancelled_at = call.loop.time()
                    if call.kind == "slow":
                        await asyncio.sleep(SLOW)
                    if call.kind != "stubborn":
                        raise
            if isinstance(call.answer, BaseException):
                raise call.answer
            return call.answer
        finally:
            self.calls.remove(call)

    async def aclose(self) -> None:
        pass

    @property
    def live(self) -> list[Call]:
        """Those that nobody has cancelled."""
        return [call for call in self.calls if call.cancelled_at is None]
