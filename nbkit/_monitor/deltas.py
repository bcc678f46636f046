"""Text as deltas that arrive on the loop: given, pulled from an async iterator, or pushed."""

from __future__ import annotations

import abc
import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Iterable

from nbkit._monitor.shapes import Reader
from nbkit._monitor.waiting import noticed
from nbkit.errors import StreamError, explain


def text_of(delta: object) -> str:
    """Give back a delta that is text; ``TypeError`` for any other."""
    if not isinstance(delta, str):
        raise TypeError(f"a text delta is a str, not {type(delta).__name__}")
    return delta


def failed(error: BaseException) -> StreamError:
    """Say that a source failed, and why."""
    why = explain(error)
    if isinstance(error, SystemExit):
        why = f"SystemExit: {why}"  # alone it is a number
    return StreamError(f"the source of the text failed: {why}")


class Source(abc.ABC):
    """An async iterator of text deltas, read on one event loop, by one task.

    Whatever goes wrong while it is read is raised as a :class:`StreamError`, from its cause.
    """

    waited = False
    """Whether the loop has had a turn while a delta was waited for, since this was last unset."""

    _reader: Reader | None = None  # made for the first chunk that is no str

    def __aiter__(self) -> Source:
        return self

    async def __anext__(self) -> str:
        try:
            delta = await self._next()
            return delta if isinstance(delta, str) else self._text(delta)
        except (StopAsyncIteration, StreamError):
            raise
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            raise StreamError("the source of the text was cancelled") from error
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:
            # sys.exit() in somebody's generator must not end the notebook's loop.
            raise failed(error) from error

    def _text(self, chunk: object) -> str:
        if self._reader is None:
            self._reader = Reader()
        return self._reader.text(chunk)

    @abc.abstractmethod
    def _next(self) -> Awaitable[object]: ...

    def _wait(self) -> None:
        self.waited = True

    @property
    def initial(self) -> int:
        """How many deltas are there already, before anything has been waited for."""
        return 0

    @property
    def ahead(self) -> int:
        """How many deltas have been read and not been taken."""
        return 0

    def stop(self) -> list[str]:
        """Hand out what has been read and not been taken, as the last there is."""
        return []

    def end(self) -> None:  # noqa: B027 - most have an end of their own
        """Let a source end that has no end of its own; others end when they end."""

    async def aclose(self) -> None:  # noqa: B027 - some hold nothing that wants closing
        """Let go of what the text was read from, without waiting for a thread that hangs."""


class Given(Source):
    """Text that is there: deltas in memory."""

    def __init__(self, deltas: Iterable[object], count: int) -> None:
        self._deltas = iter(deltas)
        self._count = count

    @property
    def initial(self) -> int:
        """All of them."""
        return self._count

    async def _next(self) -> object:
        for delta in self._deltas:
            return delta
        raise StopAsyncIteration


class Pulled(Source):
    """An async iterator, or what makes one."""

    def __init__(self, source: AsyncIterable[object]) -> None:
        self._source = source
        self._iterator: AsyncIterator[object] | None = None

    def _next(self) -> Awaitable[object]:
        if self._iterator is None:
            self._iterator = aiter(self._source)
        return noticed(anext(self._iterator), self._wait)

    async def aclose(self) -> None:
        """Close the iterator, and then what made it."""
        if self._iterator is not None and self._iterator is not self._source:
            await self._close(self._iterator)
        await self._close(self._source)

    @staticmethod
    async def _close(thing: object) -> None:
        close = getattr(thing, "aclose", None) or getattr(thing, "close", None)
        if callable(close) and isinstance(closing := close(), Awaitable):
            await closing


class Inbox(Source):
    """Deltas that any thread puts in, taken on the loop in their order."""

    def __init__(self) -> None:
        self._deltas: deque[object] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken = asyncio.Event()
        self._waking = False
        self._over = False

    @property
    def ahead(self) -> int:
        """What has been put in and not been taken."""
        return len(self._deltas)

    def stop(self) -> list[str]:
        """Hand out what has been put in, up to the first that is no text."""
        taken: list[str] = []
        with contextlib.suppress(StreamError):
            while self._deltas:
                taken.append(self._text(self._deltas.popleft()))
        return taken

    def _put(self, delta: object) -> bool:
        """Put a delta in; say whether there may still be somebody to take it."""
        self._deltas.append(delta)
        return self._wake()

    def _put_end(self) -> None:
        self._over = True
        self._wake()

    def _wake(self) -> bool:
        if self._loop is None:
            return True
        if self._loop.is_closed():
            return False
        if self._waking:
            return True
        self._waking = True
        try:
            self._loop.call_soon_threadsafe(self._woken.set)
        except RuntimeError:  # closed just now
            return False
        return True

    async def _next(self) -> object:
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        while True:
            # The end is looked at first: what was put in before it is then never overlooked.
            over = self._over
            if self._deltas:
                return self._deltas.popleft()
            if over:
                raise StopAsyncIteration
            # From here on a put wakes, and what was put in before is seen by this look.
            self._woken.clear()
            self._waking = False
            if not self._deltas and not self._over:
                self.waited = True
                await self._woken.wait()


class Pushed(Inbox):
    """Text that somebody hands in, from any thread, until the end is declared.

    What is handed in after :meth:`stop` is dropped: who pushes cannot know of it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._stopped = False

    @property
    def initial(self) -> int:
        """What has been handed in so far."""
        return len(self._deltas)

    def push(self, delta: str) -> None:
        """Hand in a delta, from any thread.

        Raises
        ------
        TypeError
            If it is no ``str``.
        RuntimeError
            If the end has been declared.
        """
        if self._over:
            raise RuntimeError("the text has ended: nothing can be pushed any more")
        delta = text_of(delta)
        if not self._stopped:
            self._put(delta)

    def end(self) -> None:
        """Declare the end."""
        self._put_end()

    def stop(self) -> list[str]:
        """Hand out what has been handed in, as the last there is."""
        self._stopped = True
        return super().stop()

    async def aclose(self) -> None:
        """Drop what will be handed in from now on."""
        self.stop()
