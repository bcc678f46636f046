"""Where a session runs: its loop, the one task it owns there, and the wait for its end."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import Callable, Coroutine
from typing import Any

from nbkit import blocking
from nbkit.errors import LoopError
from nbkit.waking import woken_by_signals


class Lifecycle:
    """One task after another on one loop, each with an end that anybody may wait for.

    ``on_error(error)`` is called on the loop if the task fails with an error.
    """

    def __init__(self, on_error: Callable[[BaseException], None]) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self._on_error = on_error
        self._task: asyncio.Task[None] | None = None
        self._ended = asyncio.Event()
        self._context = contextvars.copy_context()

    @property
    def ended(self) -> bool:
        """Whether the latest task has been declared to be at its end."""
        return self._ended.is_set()

    def begin(self, main: Coroutine[Any, Any, None], loop: asyncio.AbstractEventLoop) -> None:
        """Run a coroutine on a loop, in the context in which the session was made.

        Work that a click starts has no cell of its own: its output belongs to the first one's.
        """
        self.loop = loop
        if self.ended:
            self._ended = asyncio.Event()
        self._task = loop.create_task(main, context=self._context.copy())
        self._task.add_done_callback(self._task_done)

    def end(self) -> None:
        """Release all who wait."""
        self._ended.set()

    def in_its_task(self) -> bool:
        """Tell whether the latest task is the one that runs now."""
        return self._task is not None and self._task is asyncio.current_task()

    def cancel(self) -> None:
        """Cancel the task, if there is one."""
        if self._task is not None:
            self._task.cancel()

    async def wait_ended(self) -> None:
        """Wait for the end, from any loop; cancelling the wait changes nothing.

        Raises
        ------
        LoopError
            If the loop was closed before the end: it will not come.
        """
        if self.ended:
            return
        if self.loop is not None and self.loop.is_closed():
            raise LoopError("the event loop that the session ran on was closed before its end")
        if self.loop is None or self.loop is asyncio.get_running_loop():
            with woken_by_signals():  # or a cell would not hear of its interrupt
                await self._ended.wait()
        else:
            there = asyncio.run_coroutine_threadsafe(self._ended.wait(), self.loop)
            await asyncio.wrap_future(there)

    def call(self, function: Callable[..., None], *args: Any) -> None:
        """Call on the loop: at once where it runs in this thread, else as soon as it can."""
        if self.loop is not None and self.loop is not blocking.running_loop():
            if self.loop.is_running():
                self.loop.call_soon_threadsafe(function, *args)
                return
            if self.loop.is_closed():
                return
        # Not begun yet, or a script between two waits: nothing runs that could be disturbed.
        function(*args)

    def soon(self, function: Callable[[], None]) -> None:
        """Call on the loop once it gets round to it; not at all where it does not run."""
        if self.loop is not None and self.loop.is_running():
            with contextlib.suppress(RuntimeError):  # it is closed this very moment
                self.loop.call_soon_threadsafe(function)

    def _task_done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._on_error(error)
