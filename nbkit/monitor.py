"""Follows one message's text while it is written, and tells text and image prompts apart."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Protocol

from nbkit._monitor.deltas import Pushed, Source, failed
from nbkit._monitor.scan import Detector, Scan
from nbkit._monitor.sources import open_source
from nbkit.errors import StreamError
from nbkit.limits import check_limits
from nbkit.models import ImagePrompt, MessageId

_SLICE = 0.005  # seconds of work between two turns of the loop
_CLOSING = 5.0  # seconds that a source may take to close before it is left to itself

_lingering: set[asyncio.Task[None]] = set()
"""Readers whose source did not let go when they were stopped; the loop alone would lose them."""

_log = logging.getLogger(__name__)


class Registry(Protocol):
    """What keeps the tasks of a message: see :class:`nbkit.progress.ProgressManager`."""

    def register_tasks(self, message_id: MessageId, count: int, /) -> object: ...  # noqa: D102


class StreamingMonitor:
    """Reads a source of text as it arrives; hands on visible text and image prompts.

    The message is registered before anything else happens, so that no task of it can ever come
    too early. The source is read by a task of its own, which gives the loop a turn every few
    milliseconds and closes the source in the end, whichever way it ends. Everything but
    :meth:`push` is called on the loop.

    Parameters
    ----------
    source
        What :func:`nbkit._monitor.sources.open_source` takes; ``None`` for text that is pushed.
    detector
        Finds the prompts; used by this monitor alone.
    progress_manager
        Where the message is registered, with no tasks yet.
    message_id
        The message's id.
    on_text
        Called with each piece of visible text.
    on_prompt
        Called with each prompt. Both are called on the loop and in text order; an error of
        either is the monitor's failure.
    poll_interval
        Seconds between two polls of a callable.

    Raises
    ------
    TypeError
        If the source is of no legal kind.
    ValueError
        If ``poll_interval`` is out of range.
    """

    def __init__(
        self,
        source: object,
        *,
        detector: Detector,
        progress_manager: Registry,
        message_id: MessageId,
        on_text: Callable[[str], object],
        on_prompt: Callable[[ImagePrompt], object],
        poll_interval: float = 0.3,
    ) -> None:
        check_limits(poll_interval=poll_interval)
        self._source: Source = open_source(source, poll_interval=poll_interval)
        self._inbox = self._source if isinstance(self._source, Pushed) else None
        self._scan = Scan(detector, on_text, on_prompt)
        self._progress_manager = progress_manager
        self._message_id = message_id
        self._started = False
        self._task: asyncio.Task[None] | None = None
        self._scanned = asyncio.Event()
        self._ended = asyncio.Event()
        self._over = False
        self._error: BaseException | None = None

    @property
    def text(self) -> str:
        """The raw text so far, tags included."""
        return str(self._scan.text)

    @property
    def deltas_ahead(self) -> int:
        """How many deltas have been read or pushed, and not been looked at."""
        return self._source.ahead

    async def start(self) -> None:
        """Register the message, begin to read, and return when what is there has been scanned.

        What is there is all of a ``str`` or a list, the first poll of a callable, and what has
        been pushed. Iterators are read from now on. What goes wrong is told by :meth:`finish`.

        Raises
        ------
        RuntimeError
            If it has been started before.
        """
        self._progress_manager.register_tasks(self._message_id, 0)
        if self._started:
            raise RuntimeError(f"the monitor of message {self._message_id} has been started before")
        self._started = True
        if self._over:  # stopped before it began
            await self._close()
            return
        name = f"nbkit-monitor-{self._message_id}"
        self._task = asyncio.create_task(self._pump(self._source.initial), name=name)
        # Its error is told by wait(); nobody else has to ask for it.
        self._task.add_done_callback(lambda task: task.cancelled() or task.exception())
        await self._scanned.wait()

    def push(self, delta: str) -> None:
        """Hand in text, from any thread; after :meth:`stop` it is dropped.

        Raises
        ------
        TypeError
            If it is no ``str``.
        RuntimeError
            If the monitor has a source to read from, or the end has been declared.
        """
        if self._inbox is None:
            raise RuntimeError("only a monitor without a source of its own takes pushed text")
        self._inbox.push(delta)

    def close(self) -> None:
        """Declare the end of pushed or polled text, and return: it is polled once more."""
        self._source.end()

    async def wait(self) -> None:
        """Wait until the source has come to its end by itself, and is closed.

        Cancelling it leaves the monitor as it is.

        Raises
        ------
        RuntimeError
            If the monitor has not been started.
        StreamError
            If the source failed; what had arrived has been handed on.
        PatternError
            If a pattern took too long. The text was read to its end, as text from there on.
        Exception
            Whatever a callback raised.
        """
        if not self._started and not self._over:
            raise RuntimeError(f"the monitor of message {self._message_id} has not been started")
        await self._ended.wait()
        if self._error is not None:
            raise self._error

    async def finish(self) -> None:
        """Let the text end: :meth:`close` and :meth:`wait` in one.

        An iterator is read to its end; polled and pushed text end now, a last scan included.
        """
        self.close()
        await self.wait()

    def stop(self) -> None:
        """Stop reading, at once.

        What has been read already is still handed on, within this call, and nothing after it. A
        source that hangs is left to itself and closed as soon as it lets go.
        """
        if not self._over:
            self._conclude(None, self._source.stop())
            self._ended.set()
            self._leave()
        else:
            self._scan.hand_on()  # called from a callback of the very last pieces

    def _leave(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # outside a loop there is no task yet, nor anybody to close
            return
        task = self._task or loop.create_task(self._close())
        if self._started and task is not asyncio.current_task():
            task.cancel()
        _lingering.add(task)
        task.add_done_callback(_lingering.discard)

    async def _pump(self, initial: int) -> None:
        """Read until the end, whatever it is; then close the source and say so."""
        try:
            await self._read(initial)
        except asyncio.CancelledError:
            if not self._over:  # not by stop: the loop is closing
                self._conclude(None, self._source.stop())
                raise
        except Exception as error:  # noqa: BLE001 - it is told by wait()
            self._conclude(error)
        except BaseException as error:
            # An interrupt is raised where it struck, and not once more where this is awaited.
            wrapped = failed(error)
            wrapped.__cause__ = error
            self._conclude(wrapped)
            raise
        else:
            self._conclude(None)
        finally:
            try:
                await self._close()
            finally:
                self._ended.set()

    async def _read(self, initial: int) -> None:
        if initial == 0:
            self._scanned.set()
        pause = time.monotonic() + _SLICE
        source = self._source
        async for delta in source:
            if self._over:  # and the source did not heed the cancelling
                return
            if source.waited:
                source.waited = False
                pause = time.monotonic() + _SLICE
            initial -= 1
            self._scan.feed(delta)
            if self._ended.is_set():  # by a callback: the source is asked no more
                return
            if initial == 0:
                self._scanned.set()
            if time.monotonic() >= pause:
                await asyncio.sleep(0)
                pause = time.monotonic() + _SLICE

    def _conclude(self, error: BaseException | None, rest: list[str] | None = None) -> None:
        """Hand on what is left and held back, and note how it ended. Only the first call counts."""
        if self._over:
            return
        self._over = True
        if isinstance(error, StreamError) and error.message_id is None:
            error.message_id = self._message_id
        steps = [self._scan.flush]
        if rest:
            steps.insert(0, lambda: self._scan.feed("".join(rest)))
        for step in steps:
            if self._scan.refused:
                break
            try:
                step()
            except Exception as failure:  # noqa: BLE001 - it is the monitor's failure
                error = error or failure
        self._error = self._scan.error or error
        self._scanned.set()

    async def _close(self) -> None:
        try:
            async with asyncio.timeout(_CLOSING):
                await self._source.aclose()
        except Exception:  # noqa: BLE001 - the text itself is whole
            _log.warning("Closing the source of message %s failed", self._message_id, exc_info=True)
