"""Faults on request: a layer around the app that spoils the responses that are to be spoiled.

A fraction of a body is one of its bytes. A reply's stream is as long as it would have been, so
it is spoiled while it runs; a response whose length nobody knows beforehand (previews of a
picture) is made whole first. On a websocket the fraction is one of the first twenty messages.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nbkit._serve.faultspec import Fault, FaultQueue, parse
from nbkit._serve.forms import Refusal, error_body, error_frame, form_of
from nbkit._serve.handover import taken
from nbkit._serve.paced import LENGTH
from nbkit._serve.sockets import spoil

HEADER = b"x-nbkit-fault"
GARBAGE = b"\x93\x00{]\xff\xfe <garbage> \xc3("
"""Bytes that are no JSON, no event, no image and no UTF-8."""

_PAGE = (
    b"<!doctype html><html><head><title>Sign in</title></head>"
    b"<body><h1>Sign in to this network</h1></body></html>"
)


class Faults:
    """Wraps an app. The header ``x-nbkit-fault`` comes first, then what is queued."""

    def __init__(self, app: ASGIApp, queue: FaultQueue) -> None:
        self._app = app
        self._queue = queue

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or spoil the answer."""
        if scope["type"] == "lifespan" or scope["path"].startswith("/admin"):
            await self._app(scope, receive, send)
            return
        asked = [value for name, value in scope["headers"] if name == HEADER]
        try:
            if asked:
                fault: Fault | None = parse(asked[-1].decode("latin-1"))
            else:
                fault = self._queue.take(scope["path"])
        except Refusal as error:
            fault = None
            await _Answer(scope, send).refuse(error.status, error.message)
            return
        if fault is None:
            await self._app(scope, receive, send)
            return
        scope["nbkit.entry"].fault = fault.text
        await asyncio.sleep(fault.delay)
        if await _instead(fault, scope, send):
            return
        if scope["type"] == "websocket":
            await spoil(self._app, fault, scope, receive, send)
        else:
            await _spoil(self._app, fault, scope, receive, send)


async def _instead(fault: Fault, scope: Scope, send: Send) -> bool:
    """Answer in the app's place, if the fault is one of those."""
    answer = _Answer(scope, send)
    if fault.redirect is not None:
        await answer.send(307, b"", [(b"location", fault.redirect.encode())])
    elif fault.status is not None:
        extra = [(b"retry-after", fault.retry_after.encode())] if fault.retry_after else []
        await answer.refuse(fault.status, f"this fault was asked for: {fault.text}", extra)
    elif fault.html:
        await answer.send(200, _PAGE, [(b"content-type", b"text/html; charset=utf-8")])
    else:
        return False
    return True


class _Answer:
    """A response that the app has no part in; to a websocket, one that denies it."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._prefix = "websocket." if scope["type"] == "websocket" else ""
        self._form = form_of(scope["path"])
        self._send = send

    async def refuse(
        self, status: int, message: str, extra: list[tuple[bytes, bytes]] | None = None
    ) -> None:
        body = json.dumps(error_body(self._form, status, message)).encode()
        if status in (204, 304):
            body = b""
        headers = [(b"content-type", b"application/json"), *(extra or [])]
        await self.send(status, body, headers)

    async def send(self, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
        length = [] if status in (204, 304) else [(b"content-length", str(len(body)).encode())]
        start = f"{self._prefix}http.response.start"
        await self._send({"type": start, "status": status, "headers": [*headers, *length]})
        await self._send({"type": f"{self._prefix}http.response.body", "body": body})


async def _spoil(app: ASGIApp, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
    async with aclosing(_messages(app, scope, receive)) as messages:
        start = await anext(messages)
        if fault.garbage or fault.error is not None:
            headers = [each for each in start["headers"] if each[0] != b"content-length"]
            start = {**start, "headers": headers}
        await send(start)
        if fault.garbage:
            await send({"type": "http.response.body", "body": GARBAGE})
            return
        count = 0
        async with aclosing(_kept(fault, messages, scope)) as body:
            async for part in body:
                count += 1
                for piece in _pieces(part, fault.drip):
                    await asyncio.sleep(fault.drip or 0)
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
        if fault.stall is not None:
            await asyncio.Event().wait()  # until the client leaves
        if fault.error is not None:
            told = f"this fault was asked for: {fault.text}"
            frame = error_frame(scope["path"], _media_type(start), told, count)
            await send({"type": "http.response.body", "body": frame})
        elif fault.cut is None:
            await send({"type": "http.response.body", "body": b""})


async def _kept(
    fault: Fault, messages: AsyncGenerator[Message, None], scope: Scope
) -> AsyncGenerator[bytes, None]:
    """Hand out as much of the body as the fault lets through."""
    async with aclosing(_bodies(messages)) as source:
        if fault.end is None:
            async for part in source:
                yield part
            return
        length: int | None = scope.get(LENGTH)
        if length is None:
            whole = b"".join([part async for part in source])
            kept = whole[: round(fault.end * len(whole))]
            yield kept if fault.error is None else b"".join(kept.rpartition(b"\n\n")[:2])
            return
        left = round(fault.end * length)
        async for part in source:
            if len(part) < left:
                left -= len(part)
                yield part
                continue
            if len(part) == left or fault.error is None:
                yield part[:left]
            return


def _media_type(start: Message) -> str:
    found = (value for name, value in start["headers"] if name == b"content-type")
    return next(found, b"").decode("latin-1").partition(";")[0]


async def _messages(app: ASGIApp, scope: Scope, receive: Receive) -> AsyncGenerator[Message, None]:
    """Run the app and hand out what it sends; closing this stops the app."""
    queue: asyncio.Queue[Message] = asyncio.Queue(1)
    running = asyncio.ensure_future(app(scope, receive, queue.put))
    try:
        while (message := await taken(queue, running)) is not None:
            yield message
        await running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _bodies(messages: AsyncGenerator[Message, None]) -> AsyncGenerator[bytes, None]:
    async for message in messages:
        yield message.get("body", b"")
        if not message.get("more_body"):
            return


def _pieces(data: bytes, drip: float | None) -> list[bytes]:
    if drip is None:
        return [data] if data else []
    return [data[index : index + 1] for index in range(len(data))]
