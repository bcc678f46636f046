"""The JSON objects of an answer that comes in many of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from nbkit._http.answer import Answer
from nbkit._http.events import EventDecoder, LineDecoder

_HEAD = 2_000  # bytes of an answer without an event that its error may quote


class EventReader:
    """From an answer's bytes to the objects of its event stream; ``None`` stands for ``[DONE]``.

    ``limit`` is the most characters of one event. Each complete line counts as a sign of life.
    """

    def __init__(self, answer: Answer, *, limit: int = 1_000_000) -> None:
        self._answer = answer
        self._decoder = EventDecoder(limit=limit)
        self._head = b""
        self._seen = 0
        self._lines = 0

    def feed(self, chunk: bytes) -> list[Mapping[str, Any] | None]:
        """Take the next bytes; ``ServerAnswerError`` if they are no such thing."""
        if not self._seen and len(self._head) < _HEAD:
            self._head += chunk[:_HEAD]
        try:
            events = self._decoder.feed(chunk)
        except ValueError as error:
            raise self._answer.unusable(str(error)) from None
        if self._decoder.lines > self._lines:
            self._lines = self._decoder.lines
            self._answer.progressed()
        self._seen += len(events)
        return [self._object(event.data) for event in events if event.data.strip()]

    def finish(self) -> list[Mapping[str, Any] | None]:
        """Take the end of a body that has not said to be complete; a cut one is an error."""
        if self._decoder.pending:
            raise self._answer.cut("in the middle of an event")
        if not self._seen:
            raise self._answer.unusable("it holds no events", self._head)
        return []

    def _object(self, data: str) -> Mapping[str, Any] | None:
        return None if data.strip() == "[DONE]" else _object(self._answer, data)


class LineReader:
    """From an answer's bytes to the objects of its newline-delimited JSON."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._decoder = LineDecoder()

    def feed(self, chunk: bytes) -> list[Mapping[str, Any] | None]:
        """Take the next bytes; ``ServerAnswerError`` if they are no such thing."""
        try:
            lines = self._decoder.feed(chunk)
        except ValueError as error:
            raise self._answer.unusable(str(error)) from None
        if lines:
            self._answer.progressed()
        return [_object(self._answer, line) for line in lines]

    def finish(self) -> list[Mapping[str, Any] | None]:
        """Take the end of a body that has not said to be complete; a cut one is an error."""
        try:
            return [json.loads(line) for line in self._decoder.flush()]
        except ValueError:
            raise self._answer.cut("in the middle of a line") from None


def _object(answer: Answer, data: str | bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, Mapping):
        raw = data if isinstance(data, bytes) else data.encode("utf-8", "replace")
        raise answer.unusable("an event of it is no JSON object", raw)
    return value
