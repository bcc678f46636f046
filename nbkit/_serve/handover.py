"""Taking what a task hands over while it is at work."""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar

T = TypeVar("T")


async def taken(queue: asyncio.Queue[T], work: asyncio.Future[Any]) -> T | None:
    """Wait for what is put into a queue next; ``None`` if the work ends before that."""
    taking = asyncio.ensure_future(queue.get())
    try:
        await asyncio.wait({taking, work}, return_when=asyncio.FIRST_COMPLETED)
        return taking.result() if taking.done() else None
    finally:
        taking.cancel()  # also where whoever waits is cancelled: nothing stays behind
