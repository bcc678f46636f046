"""Where a session runs: its loop, the one task it owns there, and the wait for its end."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import Callable, Coroutine
from typing import Any

from nbkit import blocking
from nbkit.errors import LoopError
from nbkit.threads import in_thread
from nbkit.waking import woken_by_signals


class Lifecycle:
    """One task after another on one loop, each with an end that anybody may wait for.

    ``on_error(error)`` is called on the loop if the task fails with an error, ``on_loss()`` if
    somebody else has cancelled it, as a loop does that closes.
    """

    def __init__(
        self, on_error: Callable[[BaseException], None], on_loss: Callable[[], None]
    ) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self._on_error = on_error
        self._on_loss = on_loss
        self._task: asyncio.Task[None] | None = None
        self._ended = asyncio.Event()
        self._elsewhere: list[asyncio.Future[None]] = []
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
        self.reopen()
        self._task = loop.create_task(main, context=self._context.copy())
        self._task.add_done_callback(self._task_done)

    def reopen(self) -> None:
        """Take the end back: more is to come."""
        if self.ended:
            self._ended = asyncio.Event()

    def end(self) -> None:
        """Release all who wait."""
        self._ended.set()
        for waiter in tuple(self._elsewhere):
            with contextlib.suppress(RuntimeError):  # its loop is closed
                waiter.get_loop().call_soon_threadsafe(_release, waiter)

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
        elif blocking.is_script_loop(self.loop):
            # It turns for as long as somebody waits: by a thread, since this one has its own.
            await in_thread(blocking.run_blocking, self._ended.wait, loop=self.loop)
        else:
            await self._told_elsewhere()

    def call(self, function: Callable[..., None], *args: Any) -> None:
        """Call on the loop: at once where it runs in this thread, else as soon as it can."""
        if self.loop is not None and self.loop is not blocking.running_loop():
            if self.loop.is_running():
                with contextlib.suppress(RuntimeError):  # it is closed this very moment
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

    async def _told_elsewhere(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._elsewhere.append(waiter)
        try:
            if not self.ended:  # looked at again: from here on it is told
                await waiter
        finally:
            self._elsewhere.remove(waiter)

    def _task_done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            if (error := task.exception()) is not None:
                self._on_error(error)
        elif task is self._task and not self.ended:  # a retry may have made another meanwhile
            self._on_loss()


def _release(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
