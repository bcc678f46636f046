"""Streams that are opened by entering them, as vendors' ``client.….stream(...)`` gives them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, AsyncExitStack
from typing import Any

from nbkit._monitor.deltas import Pulled


class Entered:
    """A manager of a stream: entered, read and left in the thread that iterates over it.

    Attributes
    ----------
    stream
        What the manager gave, once it has been entered.
    """

    def __init__(self, manager: AbstractContextManager[Iterable[object]]) -> None:
        self._manager = manager
        self.stream: object = None

    def __iter__(self) -> Iterator[object]:
        with self._manager as stream:
            self.stream = stream
            yield from stream


class Managed(Pulled):
    """An async manager of a stream: entered with the first delta, left when it is closed."""

    def __init__(self, manager: Any) -> None:
        super().__init__(manager)
        self._manager = manager
        self._stack = AsyncExitStack()

    async def _next(self) -> object:
        if self._iterator is None:
            self._source = await self._stack.enter_async_context(self._manager)
        return await super()._next()

    async def aclose(self) -> None:
        """Close the stream, and leave its manager, also where closing fails."""
        async with self._stack:
            await super().aclose()
