"""Waiting for a coroutine from ordinary code, wherever that code runs.

Three places, three ways: a script has no loop, so one of ours is run; a thread beside a running
loop hands the coroutine over and waits; a notebook cell stands *inside* the running loop, which
``nest-asyncio2`` lets turn further while the cell waits. Only the last one patches anything, only
that loop, and only when it is first needed.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import signal
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import CancelledError, Future
from types import FrameType
from typing import Any, TypeVar

from nbkit.errors import LoopError

T = TypeVar("T")

_HEARD = 0.5  # seconds within which a loop that turns has heard of an interrupt

_script_loop: asyncio.AbstractEventLoop | None = None
_nested = 0
_turns = threading.Condition()
_turned: set[asyncio.AbstractEventLoop] = set()
"""The loops that threads which wait turn meanwhile; ``_turns`` guards it, and tells of changes."""


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the loop that runs in this thread, or ``None``."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def run_blocking(
    main: Callable[[], Coroutine[Any, Any, T]], *, loop: asyncio.AbstractEventLoop | None
) -> T:
    """Run a coroutine function to its end while the caller waits.

    Parameters
    ----------
    main
        Makes the coroutine.
    loop
        The loop that it must run on, ``None`` for whichever is at hand.

    Raises
    ------
    LoopError
        If the running loop cannot be nested, or stands in the way; ``await`` works there.
    KeyboardInterrupt
        On an interrupt, after the coroutine has been cancelled.
    """
    if loop is not None and loop.is_closed():
        loop = None
    here = running_loop()
    if here is not None and (loop is None or loop is here):
        return _run_nested(main, here)
    if loop is not None and loop.is_running() and loop not in _turned:
        try:
            return _result(asyncio.run_coroutine_threadsafe(main(), loop))
        except CancelledError:  # that loop is closing: what there is left to wait for will show
            loop = None
    loop = loop or script_loop()
    if here is not None and loop not in _turned:
        raise LoopError("a thread whose loop runs cannot turn another one: use `await session`")
    return _run_in_turn(main, loop)


def nested() -> bool:
    """Tell whether a cell waits inside the running loop: the kernel may hear no page meanwhile."""
    return _nested > 0


def script_loop() -> asyncio.AbstractEventLoop:
    """Return the loop on which everything runs where there is no other; closed at exit.

    One for the process, so that while a script waits for one session the others go on.
    """
    global _script_loop  # noqa: PLW0603 - one loop for the process is the point
    with _turns:
        if _script_loop is None or _script_loop.is_closed():
            _script_loop = asyncio.new_event_loop()
            atexit.register(_close, _script_loop)
        return _script_loop


def is_script_loop(loop: asyncio.AbstractEventLoop) -> bool:
    """Tell whether a loop is the one that turns only while somebody waits."""
    return loop is _script_loop


def _close(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel what is left on a loop, and close it."""
    if loop.is_closed() or loop.is_running():  # by a daemon thread, which ends with the process
        return
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.wait(tasks, timeout=1.0))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


def _run_nested(main: Callable[[], Coroutine[Any, Any, T]], loop: asyncio.AbstractEventLoop) -> T:
    """Turn the running loop further until the coroutine has ended."""
    import nest_asyncio2

    if getattr(asyncio, "_nest_patched", False) and not hasattr(asyncio, "_nest_asyncio2"):
        raise LoopError(
            "nest_asyncio has been applied in this kernel; it loses queued cells there, so nbkit "
            "does not wait on top of it: use `await session`, or remove nest_asyncio.apply()"
        )
    try:
        nest_asyncio2.apply(loop)
    except ValueError as error:
        raise LoopError(
            f"a {type(loop).__module__} loop cannot be nested: use `await session`"
        ) from error
    global _nested  # noqa: PLW0603 - of the process, as the loop is
    _nested += 1
    try:
        return _run_to_end(main, loop)
    finally:
        _nested -= 1


def _run_in_turn(main: Callable[[], Coroutine[Any, Any, T]], loop: asyncio.AbstractEventLoop) -> T:
    """Run a coroutine on a loop that any number of threads may wait on.

    One of them turns it, until its own coroutine has ended; then another one does.
    """
    work: Future[T] | None = None
    with _turns:
        if loop in _turned:
            work = asyncio.run_coroutine_threadsafe(main(), loop)
            work.add_done_callback(_tell)
            try:
                _turns.wait_for(lambda: work.done() or loop not in _turned)
            except KeyboardInterrupt:
                work.cancel()
                raise
            if work.done():
                return work.result()
        _turned.add(loop)
    try:
        return _run_to_end(main if work is None else lambda: _followed(work), loop)
    finally:
        with _turns:
            _turned.discard(loop)
            _turns.notify_all()


def _tell(_: Future[Any]) -> None:
    with _turns:
        _turns.notify_all()


async def _followed(work: Future[T]) -> T:
    return await asyncio.wrap_future(work)


def _result(work: Future[T]) -> T:
    """Wait for what another thread's loop does; an interrupt cancels it."""
    try:
        return work.result()
    except KeyboardInterrupt:
        work.cancel()
        raise


def _run_to_end(main: Callable[[], Coroutine[Any, Any, T]], loop: asyncio.AbstractEventLoop) -> T:
    """Run the coroutine on a loop of this thread; an interrupt cancels it, and it alone."""
    with _interrupts(loop) as interrupted:

        async def race() -> T:
            work = asyncio.ensure_future(main())
            stop = asyncio.ensure_future(interrupted.wait())
            try:
                await asyncio.wait((work, stop), return_when=asyncio.FIRST_COMPLETED)
                if not work.done():
                    work.cancel()
                    await asyncio.wait((work,))
                    raise KeyboardInterrupt
            finally:
                stop.cancel()
                work.cancel()
            return work.result()

        # Raised as a value and not through the loop: an exception of this kind that leaves a task
        # also leaves `run_forever`, and takes the notebook's own work with it.
        async def guarded() -> T | KeyboardInterrupt:
            try:
                return await race()
            except KeyboardInterrupt as interrupt:
                return interrupt

        waiting = loop.create_task(guarded())
        struck = False
        while not waiting.done():
            try:
                loop.run_until_complete(asyncio.wait((waiting,)))
            except KeyboardInterrupt:  # it struck what held the loop up: the rest ends in order
                struck = True
    if struck:
        with contextlib.suppress(Exception, asyncio.CancelledError):
            waiting.result()
        raise KeyboardInterrupt
    outcome = waiting.result()
    if isinstance(outcome, KeyboardInterrupt):
        raise outcome
    return outcome


@contextlib.contextmanager
def _interrupts(loop: asyncio.AbstractEventLoop) -> Iterator[asyncio.Event]:
    """Turn SIGINT into an event for as long.

    As a ``KeyboardInterrupt`` it would land in whichever task happens to run, and end that one. So
    does a second one, where a task has held the loop up since the first.
    """
    event = asyncio.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return

    asked: list[float] = []

    def on_interrupt(_signum: int, _frame: FrameType | None) -> None:
        asked.append(time.monotonic())
        if not event.is_set() and asked[-1] - asked[0] > _HEARD:
            raise KeyboardInterrupt
        loop.call_soon_threadsafe(event.set)

    former = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, former)
