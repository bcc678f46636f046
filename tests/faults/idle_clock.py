"""A loop's time that passes while it has nothing to do: a slow machine misses no deadline.

Servers and clients of these tests share a loop: what one sends is there for the other at once. Time
in which the loop sleeps counts in full. A turn of it that has something to do counts as short, if
the machine stood still meanwhile: what has come is read before any deadline is past.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from nbkit.testing import until

TURN = 0.001
"""Seconds that a turn with something to do counts at most."""


def keep_idle_time(loop: asyncio.AbstractEventLoop) -> None:
    """Give a loop such a clock, for good."""
    selector: Any = loop._selector  # type: ignore[attr-defined]
    select = selector.select
    now, since = loop.time(), time.monotonic()

    def passed(most: float) -> None:
        nonlocal now, since
        before, since = since, time.monotonic()
        now += min(since - before, most)

    def sleep(timeout: float | None = None) -> Any:
        passed(TURN)
        events = select(timeout)
        idle = not events and timeout is not None and timeout > 0
        passed(timeout if idle else TURN)
        return events

    selector.select = sleep
    loop.time = lambda: now  # type: ignore[method-assign]


async def soon(condition: Callable[[], bool], *, within: float) -> None:
    """Wait until a condition holds, which is to take so many seconds at most by the loop's time."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    await until(condition, timeout=60)
    assert loop.time() - began < within
