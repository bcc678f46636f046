"""One reply, read from a server: asked for again while nothing has come, never after that."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import replace
from typing import Any

from nbkit.errors import ServerError, StreamError
from nbkit.http import MAX_ANSWER, Answer, Client, EventReader, LineReader, without_frames
from nbkit.limits import backoff
from nbkit.llm.wire import Facts, Piece, WireFormat

RETRIES = 2
"""How often a request is made again that failed before anything had come."""

_LAST_WORDS = 5.0  # seconds
_STREAMED = {"text/event-stream", "application/x-ndjson"}
_FIELDS = (b"data:", b"event:", b"id:", b"retry:", b":")
_BLANK = b"\xef\xbb\xbf \t\r\n"
_BLANKS = 1_000  # bytes; whoever sends more blanks than that before a whole reply sends none

logger = logging.getLogger(__name__)


class Reply:
    """A reply as an async iterator of text deltas; what else it says is noted in ``facts``.

    ``make_client()`` is called once an attempt, and its client closed in the end, whatever it is.
    """

    def __init__(
        self,
        wire: WireFormat,
        make_client: Callable[[], Client],
        body: Mapping[str, Any],
        facts: Facts,
    ) -> None:
        self._wire = wire
        self._make_client = make_client
        self._body = body
        self._facts = facts
        self._asked = facts.model
        self._begun = False
        self._attempts = 0
        self._texts: AsyncGenerator[str, None] | None = None
        self._over = False

    def __aiter__(self) -> Reply:
        return self

    async def __anext__(self) -> str:
        while not self._over:
            self._texts = self._texts or self._read()
            try:
                return await anext(self._texts)
            except StopAsyncIteration:
                break
            except ServerError as error:
                failure = error
            except BaseException:
                self._over = True
                raise
            self._texts = None
            await self._wait_or_raise(failure)
        self._over = True
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Let go of the reply where it is; its server hears of it."""
        self._over = True
        texts, self._texts = self._texts, None
        if texts is not None:
            await texts.aclose()

    async def _wait_or_raise(self, error: ServerError) -> None:
        """Wait to ask again, where that may help and repeats nothing."""
        if self._begun or not error.retryable or self._attempts >= RETRIES:
            self._over = True
            raise StreamError(f"no more of {self._asked}: {error}") from without_frames(error)
        delay = backoff(self._attempts, retry_after=error.retry_after, rng=random.SystemRandom())
        self._attempts += 1
        logger.info("Asking %s again in %.1f s: %s", self._asked, delay, error)
        await asyncio.sleep(delay)

    async def _read(self) -> AsyncGenerator[str, None]:
        """Ask once, and give the text of what comes."""
        accept = "text/event-stream" if self._wire.framing == "events" else "application/x-ndjson"
        async with self._make_client() as client:
            path, body = self._wire.path, dict(self._body)
            async with await client.send("POST", path, body=body, accept=accept) as answer:
                async with contextlib.aclosing(self._pieces(answer)) as pieces:
                    async for piece in pieces:
                        if piece.error is not None and self._facts.finish_reason is None:
                            raise answer.reported(piece.error)
                        self._note(piece)
                        if piece.finish_reason:
                            # All is there but for the counts, and some servers leave it at that.
                            answer.hurry(_LAST_WORDS)
                        if piece.text:
                            yield piece.text
                        if piece.ended:
                            return
                if self._facts.finish_reason is None:
                    raise answer.cut("it was not said to be complete")

    def _note(self, piece: Piece) -> None:
        facts = self._facts
        if piece.text or piece.reasoning:
            self._begun = True
        if piece.reasoning:
            facts.reasoning.append(piece.reasoning)
        if piece.model:
            facts.model = f"{self._asked.partition(':')[0]}:{piece.model}"
        if piece.usage:
            facts.usage = {**(facts.usage or {}), **piece.usage}
        if piece.finish_reason:
            facts.finish_reason = piece.finish_reason

    async def _pieces(self, answer: Answer) -> AsyncGenerator[Piece, None]:
        """Give what the answer's events say, or what it says as a whole."""
        streamed = answer.media_type in _STREAMED
        reader = EventReader(answer) if self._wire.framing == "events" else LineReader(answer)
        try:
            async with contextlib.aclosing(answer.chunks(None if streamed else MAX_ANSWER)) as body:
                head = await _head(body)
                if self._is_whole(answer, head):
                    rest = await _rest(answer, body)
                    yield self._whole(answer, await answer.parsed(head + rest))
                    return
                for piece in map(self._piece, reader.feed(head)):
                    yield piece
                async for chunk in body:
                    for piece in map(self._piece, reader.feed(chunk)):
                        yield piece
        except ServerError:
            # The reply has said that it is complete: what breaks off now is nothing of it.
            if self._facts.finish_reason is None:
                raise
        if self._facts.finish_reason is None:
            for piece in map(self._piece, reader.finish()):
                yield piece

    def _piece(self, data: Mapping[str, Any] | None) -> Piece:
        return Piece(ended=True) if data is None else self._wire.read(data)

    def _is_whole(self, answer: Answer, head: bytes) -> bool:
        """Say whether a plain JSON object has come, though a stream was asked for."""
        start = head.lstrip(_BLANK)
        if self._wire.framing == "lines":
            return False
        # What begins is believed more than what its type says: servers get types wrong.
        is_json = answer.media_type == "application/json" and not start.startswith(_FIELDS)
        return is_json or start[:1] == b"{"

    def _whole(self, answer: Answer, data: Any) -> Piece:
        piece = self._wire.read_whole(data) if isinstance(data, Mapping) else Piece()
        if piece.error is None and not piece.text and piece.finish_reason is None:
            raise answer.unusable("it is JSON, but no reply")
        # It is all there: the body's length has been kept.
        return replace(piece, ended=True)


async def _head(body: AsyncGenerator[bytes, None]) -> bytes:
    """Read until something has come that is not blank, and no half of a field's name."""
    head = b""
    while not _tells(head.lstrip(_BLANK)) and len(head) < _BLANKS:
        chunk = await anext(body, b"")
        if not chunk:
            break
        head += chunk
    return head


def _tells(start: bytes) -> bool:
    return not any(field.startswith(start) for field in _FIELDS if field != start)


async def _rest(answer: Answer, body: AsyncGenerator[bytes, None]) -> bytes:
    chunks, length = [], 0
    async for chunk in body:
        chunks.append(chunk)
        length += len(chunk)
        if length > MAX_ANSWER:
            raise answer.unusable(f"it is longer than {MAX_ANSWER / 1e6:.1f} MB")
    return b"".join(chunks)
