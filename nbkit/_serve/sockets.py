"""Faults on a websocket, whose messages have no common end."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nbkit._serve.faultspec import Fault

WHOLE = 20
"""How many messages count as the whole of a socket that has no end."""

_INTERNAL_ERROR = 1011


async def spoil(app: ASGIApp, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
    """Run a websocket app with its messages spoiled."""
    left = None if fault.end is None else round(fault.end * WHOLE)
    ended = asyncio.Event()

    async def write(message: Message) -> None:
        nonlocal left
        if message["type"] == "websocket.send":
            if left is not None and left <= 0:
                ended.set()
                await asyncio.Event().wait()
            if left is not None:
                left -= 1
            await asyncio.sleep(fault.drip or 0)
            if fault.garbage:
                message = {"type": "websocket.send", "text": "\ufffd{] <garbage>"}
        await send(message)

    running = asyncio.ensure_future(app(scope, receive, write))
    ending = asyncio.ensure_future(ended.wait())
    try:
        await asyncio.wait({running, ending}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await running
        elif fault.stall is None:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            with suppress(RuntimeError):  # the client was quicker
                await send({"type": "websocket.close", "code": _INTERNAL_ERROR})
        else:
            await running  # nothing is sent any more; it ends when the client leaves
    finally:
        for task in (running, ending):
            task.cancel()
        await asyncio.gather(running, ending, return_exceptions=True)
