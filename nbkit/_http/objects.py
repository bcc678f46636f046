"""The JSON objects of an answer that comes in many of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from nbkit._http.answer import Answer
from nbkit._http.events import EventDecoder, LineDecoder

_FIELDS = (b"data", b"event", b"id", b"retry", b":")
_BLANK = b"\xef\xbb\xbf\r\n"
_HEAD = 4_000  # bytes of an answer without an event that its error may quote


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

    def feed(self, chunk: bytes) -> Iterator[Mapping[str, Any] | None]:
        """Take the next bytes; ``ServerAnswerError`` if they are no such thing.

        What comes before the first that is none is given all the same.
        """
        if not self._seen and len(self._head) < _HEAD:
            self._head += chunk[:_HEAD]
        try:
            events = self._decoder.feed(chunk)
        except ValueError as error:
            failure = self._answer.unusable(str(error))
        else:
            if self._decoder.lines > self._lines:
                self._lines = self._decoder.lines
                self._answer.progressed()
            self._seen += len(events)
            yield from (self._object(event.data) for event in events if event.data.strip())
            return
        raise failure

    def finish(self) -> list[Mapping[str, Any] | None]:
        """Take the end of a body that has not said to be complete; a cut one is an error."""
        if not self._seen and not self._is_stream():
            why = "it holds no events" if self._head.strip() else "it is empty"
            raise self._answer.unusable(why, self._head)
        if self._decoder.pending:
            raise self._answer.cut("in the middle of an event")
        return []

    def _is_stream(self) -> bool:
        """Say whether what has come begins as an event stream does, and not as a page."""
        start = self._head.lstrip(_BLANK)
        return any(start.startswith(field) or field.startswith(start) for field in _FIELDS if start)

    def _object(self, data: str) -> Mapping[str, Any] | None:
        return None if data.strip() == "[DONE]" else _object(self._answer, data)


class LineReader:
    """From an answer's bytes to the objects of its newline-delimited JSON."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._decoder = LineDecoder()
        self._seen = 0

    def feed(self, chunk: bytes) -> Iterator[Mapping[str, Any] | None]:
        """Take the next bytes; ``ServerAnswerError`` if they are no such thing.

        What comes before the first that is none is given all the same.
        """
        try:
            lines = self._decoder.feed(chunk)
        except ValueError as error:
            failure = self._answer.unusable(str(error))
        else:
            if lines:
                self._answer.progressed()
            self._seen += len(lines)
            yield from (_object(self._answer, _text(line)) for line in lines)
            return
        raise failure

    def finish(self) -> list[Mapping[str, Any] | None]:
        """Take the end of a body that has not said to be complete; a cut one is an error."""
        lines = self._decoder.flush()
        if not lines and not self._seen:
            raise self._answer.unusable("it is empty")
        texts = [_text(line) for line in lines]
        if any(text.startswith("{") and _parsed(text) is None for text in texts):
            raise self._answer.cut("in the middle of a line")
        return [_object(self._answer, text) for text in texts]


def _text(line: bytes) -> str:
    return line.decode("utf-8-sig", "replace")


def _parsed(data: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _object(answer: Answer, data: str) -> Mapping[str, Any]:
    value = _parsed(data)
    if not isinstance(value, Mapping):
        raise answer.unusable(
            "an event of it is no JSON object", data[:_HEAD].encode("utf-8", "replace")
        )
    return value
