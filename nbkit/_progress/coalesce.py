"""A notice of changes that comes seldom: on the event loop, or in the caller where none runs."""

from __future__ import annotations

import asyncio
import threading
import time
from asyncio import _get_running_loop  # the public one raises, on every change of a script
from collections.abc import Callable

INTERVAL = 0.05
"""Seconds from one notice to the next on a loop."""

_BURST = 10  # notices at once without a loop, and as many a second afterwards: 20 in any second


class _Pending:
    """A notice that has been asked for; ``loop`` is ``None`` for one by a timer's thread."""

    __slots__ = ("loop", "timer")

    def __init__(self, loop: asyncio.AbstractEventLoop | None) -> None:
        self.loop = loop
        self.timer: threading.Timer | None = None


class Coalescer:
    """Calls ``publish`` soon after a request: at most 20 times a second, and once after the last.

    It is called on the event loop: the one that requests came from, the main thread's before
    others. Where no loop runs it is called by the request itself, in its thread; what comes faster
    than 20 a second is made up for by a later request, or by a timer's thread after the last.
    A loop that was closed or has stopped is no loop. ``publish`` never runs twice at a time.
    """

    def __init__(
        self, publish: Callable[[], None], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._publish = publish
        self._clock = clock
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pending: _Pending | None = None
        self._last: tuple[asyncio.AbstractEventLoop | None, float] = (None, 0.0)
        self._tokens = float(_BURST)
        self._tokens_at = self._token_due = clock()
        self._publishing = self._again = False

    def request(self) -> None:
        """Ask for a notice of what has changed by now."""
        pending = self._pending
        if pending is not None and pending.loop is not None and pending.loop.is_running():
            return
        loop = self.see_loop()
        if loop is not None:
            self._request_on(loop)
        elif pending is not None and pending.loop is None and self._clock() < self._token_due:
            return
        elif self._take_token():
            self._run()
        else:
            self._request_timer()

    def flush(self) -> None:
        """Give the notice now: at once on the loop or without one, else as soon as it is free."""
        loop = self.see_loop()
        if loop is None or loop is _get_running_loop():
            self._run()
            return
        try:
            loop.call_soon_threadsafe(self._run)
        except RuntimeError:
            self._run()

    def outlive_loop(self) -> None:
        """Give a notice that is due even if its loop ends first, as after ``asyncio.run``."""
        pending = self._pending
        if pending is not None and pending.loop is not None and pending.timer is None:
            pending.timer = self._timer(self._run_orphan, pending)

    def see_loop(self) -> asyncio.AbstractEventLoop | None:
        """Remember the loop that runs here, if one does; return the one that notices come on."""
        here, known = _get_running_loop(), self._loop
        if here is not None and here is not known:
            main = threading.current_thread() is threading.main_thread()
            if known is None or main or not known.is_running():
                self._loop = known = here
        if known is None:
            return None
        if known.is_running():
            return known
        if known.is_closed():
            self._loop = None
        return None

    def _request_on(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            pending = self._pending
            if pending is not None and pending.loop is loop:
                return
            self._drop_timer()
            pending = self._pending = _Pending(loop)
        if loop is _get_running_loop():
            self._arm(pending)
            return
        try:
            loop.call_soon_threadsafe(self._arm, pending)
        except RuntimeError:  # it was closed at this moment
            self._pending = None
            self.request()

    def _arm(self, pending: _Pending) -> None:
        """Set the loop's timer, on the loop."""
        loop = pending.loop
        assert loop is not None  # noqa: S101 - made by _request_on
        delay = self._last[1] + INTERVAL - loop.time() if self._last[0] is loop else 0.0
        if delay > 0:
            loop.call_later(delay, self._run_pending, pending)
        else:
            loop.call_soon(self._run_pending, pending)

    def _take_token(self) -> bool:
        with self._lock:
            now = self._clock()
            self._tokens = min(_BURST, self._tokens + (now - self._tokens_at) * _BURST)
            self._tokens_at = now
            if self._tokens < 1:
                self._token_due = now + (1 - self._tokens) / _BURST
                return False
            self._tokens -= 1
            return True

    def _request_timer(self) -> None:
        with self._lock:
            if self._pending is not None and self._pending.loop is None:
                return
            self._drop_timer()
            self._pending = pending = _Pending(None)
        pending.timer = self._timer(self._run_pending, pending)

    def _timer(self, call: Callable[[_Pending], None], pending: _Pending) -> threading.Timer | None:
        # Late enough for a caller who goes on making changes, or the loop, to come first.
        timer = threading.Timer(2.0 / _BURST, call, (pending,))
        timer.daemon = True
        timer.name = "nbkit-notice"
        try:
            timer.start()
        except RuntimeError:  # no threads here, or the interpreter is shutting down
            call(pending)
            return None
        return timer

    def _drop_timer(self) -> None:
        if self._pending is not None and self._pending.timer is not None:
            self._pending.timer.cancel()
            self._pending = None

    def _run_pending(self, pending: _Pending) -> None:
        if self._pending is pending:
            if pending.loop is None:
                self._take_token()
            self._run()

    def _run_orphan(self, pending: _Pending) -> None:
        if pending.loop is not None and not pending.loop.is_running():
            self._run_pending(pending)

    def _run(self) -> None:
        with self._lock:
            self._drop_timer()
            self._pending = None
            if self._publishing:
                self._again = True
                return
            self._publishing = True
        loop = _get_running_loop()
        if loop is not None:
            self._last = (loop, loop.time())
        again = True
        try:
            while again:
                self._publish()
                with self._lock:
                    again, self._again = self._again, False
                    self._publishing = again
        except BaseException:
            self._publishing = self._again = False
            raise
