"""Previews on their way from a device's thread to the loop: the newest only, and never late."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable

from nbkit.models import Preview


class Mailbox:
    """Hands previews to ``on_preview`` on the loop; one that is overtaken is dropped.

    ``put`` may be called in any thread and never waits; the rest belongs to the loop.
    """

    def __init__(
        self, on_preview: Callable[[Preview], None], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._on_preview = on_preview
        self._loop = loop
        self._lock = threading.Lock()
        self._newest: Preview | None = None
        self._closed = False

    def put(self, preview: Preview) -> None:
        """Leave a preview in the place of one that has not been taken yet."""
        with self._lock:
            waiting, self._newest = self._newest, preview
        if waiting is None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._hand_over)

    def close(self) -> None:
        """Hand over nothing more."""
        self._closed = True

    def _hand_over(self) -> None:
        with self._lock:
            preview, self._newest = self._newest, None
        if preview is not None and not self._closed:
            self._on_preview(preview)
