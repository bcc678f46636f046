"""Fakes for tests of code that uses nbkit: a loop whose time is virtual, and a scripted backend."""

from __future__ import annotations

import asyncio
import contextlib
import selectors
import time
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple, Unpack

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class _SkippingSelector(selectors.DefaultSelector):
    """Selects without waiting: where the loop would sleep, its clock is put forward instead."""

    def __init__(self, loop_time: VirtualClock) -> None:
        super().__init__()
        self._clock = loop_time

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None or self._clock.threads:
            # A thread is at work in real time (or nothing is scheduled at all): wait for it.
            return super().select(timeout if self._clock.threads == 0 else 0.05)
        for wait in self._clock.before_leap:
            wait()
        ready = super().select(0) if self._clock.before_leap else ready
        if not ready:
            self._clock.now += max(timeout, 0.0)
            self._clock.leaps += 1
        return ready


class VirtualClock:
    """The time of a :class:`VirtualLoop`, in seconds.

    As the clock of a :class:`nbkit.ProgressManager` it also rings: a task's timeout passes by
    virtual time then, on the loop, and no thread waits for it.

    Attributes
    ----------
    now
        The time.
    threads
        How many jobs are at work in real threads; time stands still for as long.
    leaps
        How often time has been put forward: what a test costs, whatever the machine.
    before_leap
        Called each time before that, and may block: for what threads of other kinds do for the
        loop, as a store's writer does. One that has something for the loop wakes it by
        ``call_soon_threadsafe``, and time stands still.
    """

    def __init__(self) -> None:
        self.now = 1_000.0
        self.threads = 0
        self.leaps = 0
        self.before_leap: list[Callable[[], object]] = []
        self.loop: asyncio.AbstractEventLoop | None = None

    def __call__(self) -> float:
        """Tell the time."""
        return self.now

    def ring_at(self, when: float, bell: Callable[[], object]) -> None:
        """Have the loop call ``bell()`` when the time has come; from any thread."""

        def ring() -> None:
            self.now = max(self.now, when)  # a loop's timer may fire a trifle early
            bell()

        with contextlib.suppress(RuntimeError):  # the loop is closed: its time is over
            if self.loop is not None:
                self.loop.call_soon_threadsafe(self.loop.call_at, when, ring)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop on which an hour of sleeping takes no time.

    Its clock stands still while a job of ``run_in_executor`` or ``asyncio.to_thread`` is at work.
    """

    def __init__(self) -> None:
        self.clock = VirtualClock()
        super().__init__(_SkippingSelector(self.clock))
        self.clock.loop = self

    def time(self) -> float:
        """Tell the virtual time, in seconds."""
        return self.clock.now

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """Run in a thread, holding the clock for as long."""
        future = super().run_in_executor(executor, func, *args)
        self.clock.threads += 1
        future.add_done_callback(self._thread_done)
        return future

    async def shutdown_default_executor(self, _timeout: float | None = None) -> None:
        """Wait for the threads, in real time and without a limit."""
        self.clock.threads += 1
        try:
            await super().shutdown_default_executor()
        finally:
            self.clock.threads -= 1

    def _thread_done(self, _: asyncio.Future[Any]) -> None:
        self.clock.threads -= 1


def run(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine function to its end on a fresh :class:`VirtualLoop`."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main())


async def until(
    condition: Callable[[], bool] | Callable[[], Awaitable[bool]], *, timeout: float = 30.0
) -> None:
    """Let the loop run until a condition holds.

    Raises
    ------
    TimeoutError
        If it does not hold within ``timeout`` seconds of real time.
    """
    deadline = time.monotonic() + timeout
    while True:
        answer = condition()
        if isinstance(answer, Awaitable):
            answer = await answer
        if answer:
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"the condition did not hold within {timeout} s")
        await asyncio.sleep(0.001)
