"""Server-sent events: bytes in, events out, by the rules of the WHATWG.

The rules are those of the HTML standard, section "Server-sent events", "Interpreting an event
stream". ``httpx-sse`` keeps most of them, but passes a byte-order mark on and cannot tell an
event with empty data from one without any; and it bounds nothing.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_LINE_END = re.compile("\r\n|\n|\r")
_DIGITS = re.compile("[0-9]{1,18}")  # more are no time to wait, and no number that Python reads


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event: its name, its data, the last id that was given; ``retry`` in milliseconds."""

    name: str
    data: str
    id: str = ""
    retry_ms: int | None = None


class EventDecoder:
    """Cuts an event stream into its events.

    What is not UTF-8 becomes U+FFFD. An event counts once its empty line has come; what
    :meth:`feed` has not given back when the stream ends was no whole event.

    Parameters
    ----------
    limit
        The most characters of one event; past it ``feed`` raises ``ValueError``.
    """

    def __init__(self, *, limit: int = 1_000_000) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._limit = limit
        self._open: list[str] = []  # the pieces of a line whose end has not come
        self._swallow_lf = False
        self._open_length = 0
        self._data: list[str] = []
        self._data_length = 0
        self._name = ""
        self._id = ""
        self._retry_ms: int | None = None
        self.lines = 0

    @property
    def pending(self) -> bool:
        """Whether an event has begun and not ended."""
        return bool(self._data or any(self._open))

    def feed(self, data: bytes) -> list[ServerEvent]:
        """Take the next bytes, cut anywhere, and return the events that they complete."""
        lines = self._cut(self._decoder.decode(data))
        self.lines += len(lines)
        events = [event for line in lines if (event := self._take(line)) is not None]
        # What is complete goes on first; the event that is too long is told with the next bytes.
        if not events and self._data_length + self._open_length > self._limit:
            raise ValueError(f"an event of more than {self._limit} characters")
        return events

    def _cut(self, text: str) -> list[str]:
        """Return the lines that a piece of text completes; only the piece itself is searched."""
        if text and self._swallow_lf:
            text = text.removeprefix("\n")
            self._swallow_lf = False
        if text.endswith("\r"):
            # It ends a line already; should LF follow, that belongs to it.
            self._swallow_lf = True
        *ended, rest = _LINE_END.split(text)
        if ended:
            ended[0] = "".join((*self._open, ended[0]))
            self._open.clear()
            self._open_length = 0
        if rest:
            self._open.append(rest)
            self._open_length += len(rest)
        return ended

    def _take(self, line: str) -> ServerEvent | None:
        """Take one line; a blank one ends an event."""
        if not line:
            return self._dispatch()
        field, colon, value = line.partition(":")
        if colon:
            value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
            self._data_length += len(value) + 1  # the line's end: empty lines have to count
        elif field == "event":
            self._name = value
        elif field == "id" and "\0" not in value:
            self._id = value
        elif field == "retry" and _DIGITS.fullmatch(value):
            self._retry_ms = int(value)
        return None

    def _dispatch(self) -> ServerEvent | None:
        name, data, retry_ms = self._name or "message", self._data, self._retry_ms
        self._name, self._data, self._data_length = "", [], 0
        if not data:
            return None
        self._retry_ms = None
        return ServerEvent(name, "\n".join(data), self._id, retry_ms)


class LineDecoder:
    """Cuts newline-delimited JSON into its lines; blank ones are passed over.

    A line counts once its end has come, or by :meth:`flush` where the stream ends without one.
    ``limit`` is the most bytes of a line; past it ``feed`` raises ``ValueError``.
    """

    def __init__(self, *, limit: int = 1_000_000) -> None:
        self._limit = limit
        self._open: list[bytes] = []
        self._length = 0
        self.lines = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next bytes, cut anywhere, and return the lines that they complete."""
        *ended, rest = data.split(b"\n")
        if ended:
            ended[0] = b"".join((*self._open, ended[0]))
            self._open, self._length = [], 0
        if rest:
            self._open.append(rest)
            self._length += len(rest)
        self.lines += len(ended)
        lines = [stripped for line in ended if (stripped := line.strip())]
        # What is complete goes on first; the line that is too long is told with the next bytes.
        if any(len(line) > self._limit for line in lines) or (
            not lines and self._length > self._limit
        ):
            raise ValueError(f"a line of more than {self._limit} bytes")
        return lines

    def flush(self) -> list[bytes]:
        """Return the last line if it has no end."""
        last, self._open = b"".join(self._open).strip(), []
        return [last] if last else []
