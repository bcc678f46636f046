"""Awaiting something, and knowing afterwards whether the loop has had a turn meanwhile."""

from __future__ import annotations

import types
from collections.abc import Awaitable, Callable, Generator
from typing import Any


@types.coroutine
def noticed(
    awaitable: Awaitable[object], on_wait: Callable[[], object]
) -> Generator[Any, None, object]:
    """Await something as ``await`` does; ``on_wait()`` is called first if that takes a wait.

    What a source has at hand it gives without one: the loop has had no turn then.
    """
    begin = getattr(awaitable, "__await__", None)  # a generator made a coroutine has none
    steps: Any = awaitable if begin is None else begin()
    try:
        waits_for = next(steps)
    except StopIteration as done:
        return done.value
    on_wait()
    # From here on as ``yield from`` does, but that the first step has been made.
    while True:
        try:
            try:
                yield waits_for
            except GeneratorExit:
                if hasattr(steps, "close"):
                    steps.close()
                raise
            except BaseException as error:
                if not hasattr(steps, "throw"):
                    raise
                waits_for = steps.throw(error)
            else:
                waits_for = next(steps)
        except StopIteration as done:
            return done.value
