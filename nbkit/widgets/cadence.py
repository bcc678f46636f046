"""When to send: soon after a change, never more often than a page can use."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import threading
from collections.abc import Callable
from typing import ParamSpec

logger = logging.getLogger(__name__)

P = ParamSpec("P")

INTERVAL = 0.18
"""Seconds between two frames of a widget: a message costs the same whatever is in it."""

SHARE = 0.25
"""The most of the loop's time that frames may take: a slow one puts the next one off."""


class Cadence:
    """Calls ``send`` on the loop after a change, once for all changes of an interval.

    The loop is the one that runs where this is made, or the first that a change comes from; with
    none, nothing is scheduled and only ``send`` itself brings a page up to date. What runs on the
    loop runs in a copy of the maker's context, so that the kernel reckons it to the maker's cell.
    """

    def __init__(self, send: Callable[[], None], *, interval: float = INTERVAL) -> None:
        self._send = send
        self.interval = interval
        self._loop = _running_loop()
        self._context = contextvars.copy_context()
        self._timer: asyncio.Handle | None = None
        self._last = float("-inf")
        self._cost = 0.0
        self._waking = False
        self._lock = threading.Lock()
        self._stopped = False

    def wake(self) -> None:
        """Say, on the loop's thread, that something has changed."""
        if self._timer is not None and self._loop is not None and not self._loop.is_closed():
            return  # as with every token but the first of a frame
        if self._stopped:
            return
        loop = self._find_loop()
        if loop is None:
            return
        wait = self._last + max(self.interval, self._cost / SHARE) - loop.time()
        context = self._context.copy()
        if wait > 0:
            self._timer = loop.call_later(wait, self._fire, context=context)
        else:
            self._timer = loop.call_soon(self._fire, context=context)

    def wake_threadsafe(self) -> None:
        """Say from any thread that something has changed; one hop is under way at most."""
        with self._lock:
            # What was handed to a loop that has been closed will never come.
            if self._waking and self._loop is not None and not self._loop.is_closed():
                return
            self._waking = True
        if not self.hop(self._woken):
            self._waking = False

    def hop(self, function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> bool:
        """Have the loop call a function; from any thread. ``False`` where there is no loop."""
        loop = self._find_loop()
        if loop is None or self._stopped:
            return False

        def call() -> None:
            try:
                function(*args, **kwargs)
            except Exception:
                logger.exception("a widget could not do what was asked of it")

        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(call, context=self._context.copy())
            return True
        return False

    def later(self, seconds: float, function: Callable[[], None]) -> asyncio.Handle | None:
        """Have the loop call a function after a while; on the loop's thread."""
        loop = self._find_loop()
        if loop is None or self._stopped:
            return None
        return loop.call_later(seconds, function, context=self._context.copy())

    def sent(self) -> None:
        """Say that a frame has just gone: the next one comes an interval later."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._loop is not None:
            self._last = self._loop.time()

    def hurry(self) -> None:
        """Say that something has changed, and that the next frame need not wait its interval."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._last = float("-inf")
        self.wake()

    def stop(self) -> None:
        """Send no more."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _loop_runs(self) -> bool:
        return self._loop is not None and not self._loop.is_closed()

    def _find_loop(self) -> asyncio.AbstractEventLoop | None:
        if not self._loop_runs():
            self._loop = _running_loop()
            self._timer = None
        return self._loop

    def _woken(self) -> None:
        self._waking = False
        self.wake()

    def _fire(self) -> None:
        self._timer = None
        loop = self._loop
        began = loop.time() if loop is not None else 0.0
        try:
            self._send()
        except Exception:
            logger.exception("a widget could not send its frame")
        if loop is not None:
            self._cost = loop.time() - began


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
