"""An answer whose body is read as it comes, within bounds."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Self

from nbkit._http import refusals
from nbkit._http.inflate import Inflater
from nbkit._http.watch import Watch
from nbkit.errors import (
    ServerAnswerError,
    ServerDisconnectedError,
    ServerError,
    ServerRefusedError,
)
from nbkit.keys import Key
from nbkit.threads import in_thread

MAX_ANSWER = 40_000_000
"""The most bytes that are read of an answer: an image of 25 MB in base64, and then some."""

_MAX_CODED = 10_000_000  # bytes of a compressed stream
_MAX_REFUSAL = 65_536
_REFUSAL_WITHIN = 5.0  # seconds; the status says the most of it
_QUOTED = 2_000  # bytes of an answer that its error may quote
_LONG = 100_000  # bytes; parsing more would hold up the loop
_LASTING = {"insufficient_quota"}  # a 429 that no waiting mends
_PASSING = ("overloaded", "rate_limit", "server_error", "api_error", "timeout")


class Answer:
    """An answer of a server.

    Parameters
    ----------
    status, headers
        Its head; header names in lower case.
    body
        Its content as it comes, still coded; raises :class:`ServerError` only.
    close
        Lets go of it.
    watch
        Its deadlines.
    key
        What no error may show.

    Attributes
    ----------
    url
        Whose answer it is, as errors show it.
    """

    def __init__(
        self,
        status: int,
        headers: Mapping[str, str],
        *,
        body: AsyncIterator[bytes],
        close: Callable[[], Awaitable[None]],
        watch: Watch,
        key: Key | None,
    ) -> None:
        self.status = status
        self.url = watch.url
        self._headers = headers
        self._body = body
        self._close = close
        self._watch = watch
        self._key = key

    def __repr__(self) -> str:
        return f"<Answer {self.status} of {self.url}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    @property
    def media_type(self) -> str:
        """Its content type without parameters, in lower case."""
        value = self._redacted(self._headers.get("content-type", ""))
        return value.partition(";")[0].strip().lower()

    @property
    def location(self) -> str:
        """Where it redirects to, or ``""``."""
        return self._headers.get("location", "") if 300 <= self.status < 400 else ""

    async def aclose(self) -> None:
        """Let go of the body where it is: its connection is closed unless it is all there."""
        await self._close()

    def progressed(self) -> None:
        """Say that an event has come: the time to the next one begins anew."""
        self._watch.progressed()

    def hurry(self, seconds: float) -> None:
        """Wait no longer than this for each event that may still come."""
        self._watch.hurry(seconds)

    async def chunks(self, limit: int | None = None) -> AsyncGenerator[bytes, None]:
        """Give the body as it comes, decompressed, at most ``limit`` bytes of it.

        Raises
        ------
        ServerDisconnectedError
            If the connection breaks.
        ServerTimeoutError
            If a deadline passes.
        ServerAnswerError
            If it is longer than ``limit``, or badly compressed.
        """
        length = 0
        try:
            inflater = Inflater(self._headers.get("content-encoding", ""))
            if inflater.is_coded:
                # Nobody has asked for compression: what it hides is no endless stream.
                limit = _MAX_CODED if limit is None else limit
            async for data in self._body:
                for piece in inflater.feed(data):
                    length += len(piece)
                    if limit is not None and length > limit:
                        raise ValueError(f"it is longer than {limit / 1e6:.1f} MB")  # noqa: TRY301
                    yield piece
                    if inflater.is_coded:
                        # Many pieces can come of few bytes, and the loop has others to serve.
                        await asyncio.sleep(0)
                        self._watch.check()
        except ValueError as error:
            failure: ServerError = self.unusable(str(error))
        else:
            try:
                inflater.finish()
            except ValueError as error:
                failure = self.cut(str(error))
            else:
                return
        raise failure

    async def read(self, limit: int = MAX_ANSWER) -> bytes:
        """Return the whole body."""
        return b"".join([piece async for piece in self.chunks(limit)])

    async def json(self, limit: int = MAX_ANSWER) -> Any:
        """Return the whole body as JSON.

        Raises
        ------
        ServerError
            As :meth:`chunks`; :class:`ServerAnswerError` if it is no JSON.
        """
        return await self.parsed(await self.read(limit))

    async def parsed(self, body: bytes) -> Any:
        """Parse a body as JSON, in a thread where it is long."""
        try:
            if len(body) > _LONG:
                return await in_thread(json.loads, body)
            return json.loads(body)
        except (ValueError, RecursionError):
            failure = self.unusable("it is no JSON", body)
        raise failure

    def unusable(self, why: str, body: bytes = b"") -> ServerAnswerError:
        """Return the error of an answer that is not what was asked for."""
        # The key goes first: cut off within it, what is left could not be told any more.
        quoted = self._redacted(body[: 2 * _QUOTED].decode("utf-8-sig", "replace"))[:_QUOTED]
        instead, _ = refusals.words(quoted.encode()) if quoted else ("", "")
        kind = f" ({self.media_type})" if self.media_type else ""
        text = f"the answer of {self.url}{kind} cannot be used: {why}"
        return ServerAnswerError(
            self._redacted(f"{text}: {instead}" if instead else text), url=self.url
        )

    def cut(self, why: str) -> ServerDisconnectedError:
        """Return the error of an answer whose connection ended well, and yet too early."""
        return ServerDisconnectedError(
            f"the answer of {self.url} ended before its end: {why}", url=self.url, retryable=True
        )

    def reported(self, data: Any) -> ServerRefusedError:
        """Return the error that an error object within an answer stands for."""
        with contextlib.suppress(ValueError, RecursionError):
            data = json.loads(self._redacted(json.dumps(data, ensure_ascii=False)))
        text, code = refusals.said(data)
        # Servers that pass another's error on give its status for a code.
        passing = any(word in code for word in _PASSING) or (
            len(code) == 3 and code.isdecimal() and refusals.is_retryable(int(code))
        )
        return ServerRefusedError(
            self._redacted(f"{self.url} reported an error: {text or code or 'it says no more'}"),
            url=self.url,
            code=self._redacted(code),
            retryable=passing,
        )

    async def refusal(self) -> ServerRefusedError:
        """Read what an error answer says, close it, and return its error."""
        body = b""
        async with self:
            with contextlib.suppress(ServerError, TimeoutError):
                async with asyncio.timeout(_REFUSAL_WITHIN):
                    async with contextlib.aclosing(self.chunks(_MAX_REFUSAL)) as chunks:
                        async for piece in chunks:
                            body += piece
        text, code = refusals.words(self._redacted(body.decode("utf-8", "replace")).encode())
        wait = refusals.retry_after(self._headers.get("retry-after"))
        told = f"{self.url} answered {refusals.status_line(self.status)}"
        told += f": {text}" if text else ""
        told += f" (it asks to wait {wait:.0f} s)" if wait is not None else ""
        return ServerRefusedError(
            self._redacted(told),
            url=self.url,
            status=self.status,
            code=code,
            retryable=refusals.is_retryable(self.status) and code not in _LASTING,
            retry_after=wait,
        )

    def _redacted(self, text: str) -> str:
        return self._key.redact(text) if self._key is not None else text
