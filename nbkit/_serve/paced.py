"""Streams whose every byte is known before the first is sent, sent in their own time.

The formats write frames, pure data; only this module waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

Frame = tuple[float, bytes]
"""A pause in seconds, and what is sent after it."""

LENGTH = "nbkit.length"
"""Where a scope holds how many bytes the body of its response will have."""


class Paced(Response):
    """A streaming response: frames, each due a pause after the one before it was."""

    def __init__(self, frames: Iterable[Frame], media_type: str = "text/event-stream") -> None:
        super().__init__(None, media_type=media_type)
        del self.headers["content-length"]
        self.headers["cache-control"] = "no-cache"
        self._frames = list(frames)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        del receive
        scope[LENGTH] = sum(len(data) for _, data in self._frames)
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        loop = asyncio.get_running_loop()
        due = loop.time()
        for pause, data in self._frames:
            due += pause
            if (ahead := due - loop.time()) > 0:
                await asyncio.sleep(ahead)
            await send({"type": "http.response.body", "body": data, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
