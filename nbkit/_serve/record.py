"""The outermost layer: remembers each request, and stops the work of one whose client has left."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nbkit._serve.state import Entry, State

MAX_BODY = 50_000_000
"""The longest body of a request that is read, in bytes."""


class Record:
    """Wraps the whole app. Requests about the server itself (``/admin``) are not remembered."""

    def __init__(self, app: ASGIApp, state: State) -> None:
        self._app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        method = scope.get("method", "WEBSOCKET")
        path = scope["path"]
        if path.startswith("/admin"):
            entry = Entry(0, method, path)
        else:
            entry = self._state.enter(method, path)
        scope["nbkit.entry"] = entry
        try:
            if scope["type"] == "http":
                await _Exchange(self._app, entry).run(scope, receive, send)
            else:
                await self._app(scope, receive, send)
                entry.end("finished")
        finally:
            entry.end("cancelled")


class _Exchange:
    """One request over HTTP."""

    def __init__(self, app: ASGIApp, entry: Entry) -> None:
        self._app = app
        self._entry = entry
        self._complete = False

    async def run(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _body(receive)
        if body is None:
            return
        pending = [body]

        async def read() -> Message:
            if pending:
                return {"type": "http.request", "body": pending.pop(), "more_body": False}
            # Whoever leaves is seen below, and the app is cancelled.
            await asyncio.Event().wait()
            raise AssertionError

        async def write(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._entry.status = message["status"]
            elif not message.get("more_body"):
                # Before it is sent: whoever has the whole answer may ask about it at once.
                self._complete = True
                self._entry.end("finished")
            await send(message)

        answering = asyncio.ensure_future(self._app(scope, read, write))
        leaving = asyncio.ensure_future(_left(receive))
        try:
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not answering.done() and not self._complete:
                return
            await answering
            if not self._complete:
                self._entry.end("cut")
        finally:
            for task in (answering, leaving):
                task.cancel()
            await asyncio.gather(answering, leaving, return_exceptions=True)


async def _body(receive: Receive) -> bytes | None:
    """Read the whole body; ``None`` if the client left, or it is far too long."""
    parts: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        length += len(parts[-1])
        if length > MAX_BODY:
            return None
        if not message.get("more_body"):
            return b"".join(parts)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
