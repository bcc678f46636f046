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
from collections.abc import Callable, Coroutine, Iterator
from types import FrameType
from typing import Any, TypeVar

from nbkit.errors import LoopError

T = TypeVar("T")

_script_loop: asyncio.AbstractEventLoop | None = None
_nested = 0


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
        If the running loop cannot be nested; ``await`` works there.
    KeyboardInterrupt
        On an interrupt, after the coroutine has been cancelled and has ended.
    """
    if loop is not None and loop.is_closed():
        loop = None
    here = running_loop()
    if here is not None and (loop is None or loop is here):
        return _run_nested(main, here)
    if loop is not None and loop.is_running():
        return asyncio.run_coroutine_threadsafe(main(), loop).result()
    return _run_to_end(main, loop or script_loop())


def nested() -> bool:
    """Tell whether a cell waits inside the running loop: the kernel may hear no page meanwhile."""
    return _nested > 0


def script_loop() -> asyncio.AbstractEventLoop:
    """Return the loop on which everything runs where there is no other; closed at exit.

    One for the process, so that while a script waits for one session the others go on.
    """
    global _script_loop  # noqa: PLW0603 - one loop for the process is the point
    if _script_loop is None or _script_loop.is_closed():
        _script_loop = asyncio.new_event_loop()
        atexit.register(_close, _script_loop)
    return _script_loop


def _close(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel what is left on a loop, and close it."""
    if loop.is_closed():
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

        outcome = loop.run_until_complete(guarded())
    if isinstance(outcome, KeyboardInterrupt):
        raise outcome
    return outcome


@contextlib.contextmanager
def _interrupts(loop: asyncio.AbstractEventLoop) -> Iterator[asyncio.Event]:
    """Turn SIGINT into an event for as long.

    As a ``KeyboardInterrupt`` it would land in whichever task happens to run, and end that one.
    """
    event = asyncio.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return

    def on_interrupt(_signum: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(event.set)

    former = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, former)
