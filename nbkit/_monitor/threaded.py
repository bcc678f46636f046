"""Sources that may block, read in worker threads that hold up neither the loop nor the exit."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import logging
import threading
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from nbkit._monitor.deltas import Inbox, Source, failed, text_of
from nbkit._monitor.hangup import hang_up
from nbkit._monitor.managed import Entered
from nbkit.errors import StreamError
from nbkit.threads import DaemonThreads

AHEAD = 1_000
"""How many deltas a worker thread may have read that the loop has not taken yet."""

_polls = DaemonThreads("nbkit-poll")
_log = logging.getLogger(__name__)


def is_async(function: object) -> bool:
    """Whether calling it gives something to await."""
    call = getattr(function, "__call__", None)  # noqa: B004 - what its class makes of the call
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)


class Threaded(Inbox):
    """An iterator that may block: a worker thread reads it, never far ahead of the loop.

    The thread is a daemon: one that hangs in its source holds up nobody's exit. It closes the
    source itself, since a generator cannot be closed while another thread is inside.
    """

    def __init__(self, source: Iterable[object]) -> None:
        super().__init__()
        self._source = source
        self._thread: threading.Thread | None = None
        self._room = threading.Semaphore(AHEAD)
        self._in_hand = False
        self._closing = False
        self._error: BaseException | None = None

    async def _next(self) -> object:
        if self._thread is None:
            self._loop = asyncio.get_running_loop()
            self._start()
        if self._in_hand:
            # Only now has the reader done with the delta before.
            self._in_hand = False
            self._room.release()
        try:
            delta = await super()._next()
        except StopAsyncIteration:
            if self._error is None:
                raise
            raise failed(self._error) from self._error
        self._in_hand = True
        return delta

    def stop(self) -> list[str]:
        """Let the thread close the source as soon as it is out of it; hand out what it has read."""
        self._closing = True
        self._room.release()
        hang_up(self._source.stream if isinstance(self._source, Entered) else self._source)
        return super().stop()

    async def aclose(self) -> None:
        """Let the thread close the source; do not wait for that."""
        self._closing = True
        self._room.release()
        if self._thread is None:
            self._start()

    def _start(self) -> None:
        context = contextvars.copy_context()
        self._thread = threading.Thread(
            target=context.run, args=(self._read,), name="nbkit-source", daemon=True
        )
        self._thread.start()

    def _read(self) -> None:
        iterator: object = None
        try:
            if not self._closing:
                iterator = iter(self._source)
                self._read_all(iterator)
        except BaseException as error:  # noqa: BLE001 - raised again where the text is read
            self._error = error
        finally:
            self._close(iterator)
            if iterator is not self._source:
                self._close(self._source)
            self._put_end()

    def _read_all(self, iterator: Any) -> None:
        while self._room.acquire() and not self._closing:
            try:
                delta = next(iterator)
            except StopIteration:
                return
            if not self._put(delta):
                return

    @staticmethod
    def _close(thing: object) -> None:
        close = getattr(thing, "close", None)
        if callable(close):
            try:
                close()
            except BaseException:  # noqa: BLE001 - the text is whole, and its end is still to be told
                _log.warning("Closing the source of a text failed", exc_info=True)


class Polled(Source):
    """A callable that returns the text so far, asked every ``interval`` seconds.

    It ends when it returns ``None`` or raises ``StopIteration``, or one last poll after
    :meth:`end`. A synchronous one is called in a daemon thread.
    """

    def __init__(self, source: Callable[[], object], interval: float) -> None:
        self._source = source
        self._interval = interval
        self._ending = asyncio.Event()
        self._seen: str | None = None
        self._over = False

    @property
    def initial(self) -> int:
        """The first poll's."""
        return 1

    def end(self) -> None:
        """Poll once more, at once, and end."""
        self._ending.set()

    async def _next(self) -> object:
        while not self._over:
            if self._seen is not None:
                await self._pause()
            self._over = self._ending.is_set()
            text = await self._poll()
            if text is None:
                self._over = True
                break
            seen = self._seen or ""
            if not text_of(text).startswith(seen):
                raise StreamError(
                    f"the polled text no longer begins with the {len(seen)} characters read before"
                )
            first, self._seen = self._seen is None, text
            if first or len(text) > len(seen):
                return text[len(seen) :]
        raise StopAsyncIteration

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(self._interval):
                await self._ending.wait()
        except TimeoutError:
            return

    async def _poll(self) -> Any:
        try:
            if is_async(self._source):
                text = self._source()
            else:
                loop, context = asyncio.get_running_loop(), contextvars.copy_context()
                text = await loop.run_in_executor(_polls, context.run, self._ask)
            return await text if isinstance(text, Awaitable) else text
        except StopAsyncIteration:
            return None
        except RuntimeError as error:
            if isinstance(error.__cause__, StopIteration):  # as Python has it in a coroutine
                return None
            raise

    def _ask(self) -> object:
        try:
            return self._source()
        except StopIteration:  # no future can hold one
            return None
