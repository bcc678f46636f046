"""Blocking work in threads that nobody has to wait for.

``asyncio.to_thread`` shares a pool of a few threads with all else in the process, which the loop
joins when it closes, and the interpreter when it ends: one call that hangs would hold up both, and
a few of anybody's, ``session.wait`` among them, would hold up all the others. Here each call has a
daemon thread of its own, and an abandoned one is simply forgotten.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def fulfil(future: Future[T], fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> None:
    """Call a function, and give a future what it returns or raises."""
    try:
        result = fn(*args, **kwargs)
    except BaseException as error:  # noqa: BLE001 - it belongs to whoever awaits
        future.set_exception(error)
    else:
        future.set_result(result)


class DaemonThreads(Executor):
    """Starts a daemon thread for each call, named for debuggers: one that hangs is left behind."""

    def __init__(self, name: str) -> None:
        self._name = name

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call a function in a thread of its own."""
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        work = functools.partial(fulfil, future, fn, *args, **kwargs)
        threading.Thread(target=work, name=self._name, daemon=True).start()
        return future


_threads = DaemonThreads("nbkit-work")


async def in_thread(function: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
    """Call a blocking function in a daemon thread, with the caller's context variables.

    Cancelling the await returns at once; the function goes on unheard.
    """
    context = contextvars.copy_context()

    def call() -> T:
        try:
            return context.run(function, *args, **kwargs)
        except (StopIteration, CancelledError, asyncio.CancelledError) as error:
            # No future can hold the first, and the others would pass for the caller's own.
            raise RuntimeError(f"{type(error).__name__} was raised") from error
        except Exception:
            raise
        except BaseException as error:
            # sys.exit() in somebody's function must not end the notebook's loop.
            raise RuntimeError(f"{type(error).__name__} was raised") from error

    return await asyncio.get_running_loop().run_in_executor(_threads, call)
