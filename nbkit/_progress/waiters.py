"""Futures that are released from any thread, each on the event loop that it belongs to."""

from __future__ import annotations

import asyncio
import contextlib
import threading

from nbkit.models import MessageId


class Waiters:
    """Who waits for which message. Any method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of_message: dict[MessageId, set[asyncio.Future[None]]] = {}

    def add(self, message_id: MessageId) -> asyncio.Future[None]:
        """Make a future of the running loop that waits for a message."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self._lock:
            self._of_message.setdefault(message_id, set()).add(waiter)
        return waiter

    def drop(self, message_id: MessageId, waiter: asyncio.Future[None]) -> None:
        """Forget a future that nobody waits for any more."""
        with self._lock:
            waiting = self._of_message.get(message_id, set())
            waiting.discard(waiter)
            if not waiting:
                self._of_message.pop(message_id, None)

    def release(self, message_id: MessageId) -> None:
        """Release all who wait for a message, and forget them."""
        if message_id not in self._of_message:
            return
        with self._lock:
            waiting = self._of_message.pop(message_id, set())
        for waiter in waiting:
            with contextlib.suppress(RuntimeError):  # its loop has been closed
                waiter.get_loop().call_soon_threadsafe(_release, waiter)


def _release(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
