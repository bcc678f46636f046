"""Faults as they are asked for: the text of a header or an admin request, read and checked."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nbkit._serve.forms import Refusal

KNOWN: Mapping[str, str] = {
    "status": "status=NNN: answer with this status, in the form's own words",
    "retry-after": "retry-after=VALUE: the header Retry-After with a status, word for word",
    "delay": "delay=SECONDS: wait before the head",
    "stall": "stall=FRACTION: send this much of the body, and then nothing, keeping the line",
    "cut": "cut=FRACTION: send this much of the body, and close the connection",
    "error": "error=FRACTION: send this much of a stream's events, and then an error as an event",
    "drip": "drip=SECONDS: send a byte at a time, so far apart",
    "garbage": "garbage: a body that is no such format, under the right content type",
    "html": "html: 200 with an HTML page",
    "redirect": "redirect=URL: 307 to there",
}
"""What can be asked for."""

# A comma divides faults only where another begins: dates and addresses have commas too.
_DIVIDER = re.compile(rf",\s*(?=(?:{'|'.join(KNOWN)})\s*(?:=|,|$))")


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one response. Fractions are of the body, from 0.0 to 1.0."""

    text: str
    status: int | None = None
    retry_after: str | None = None
    delay: float = 0.0
    stall: float | None = None
    cut: float | None = None
    error: float | None = None
    drip: float | None = None
    garbage: bool = False
    html: bool = False
    redirect: str | None = None

    @property
    def end(self) -> float | None:
        """The fraction of the body that is sent, ``None`` for all of it."""
        return next((at for at in (self.stall, self.cut, self.error) if at is not None), None)


@dataclass(slots=True)
class Queued:
    """A fault that waits for requests: the next ``count`` whose path begins with ``path``."""

    fault: Fault
    path: str = "/"
    count: int = 1

    def told(self) -> dict[str, Any]:
        """Say it as the admin route does."""
        return {"path": self.path, "fault": self.fault.text, "count": self.count}


@dataclass(slots=True)
class FaultQueue:
    """The faults that wait, in order."""

    waiting: list[Queued] = field(default_factory=list)

    def take(self, path: str) -> Fault | None:
        """Take the first fault that a request for ``path`` meets."""
        for each in self.waiting:
            if path.startswith(each.path):
                each.count -= 1
                if each.count <= 0:
                    self.waiting.remove(each)
                return each.fault
        return None


def parse(text: object) -> Fault:
    """Read faults such as ``"status=503, retry-after=2"``.

    Raises
    ------
    Refusal
        If one is unknown or has no such value; the message lists what there is.
    """
    if not isinstance(text, str) or not text.strip():
        raise _wrong(f"{text!r} is none")
    values: dict[str, Any] = {}
    for part in _DIVIDER.split(text.strip()):
        name, equals, value = part.partition("=")
        name, value = name.strip().lower(), value.strip()
        if name not in KNOWN:
            raise _wrong(f"{name!r} is none")
        if bool(equals and value) != ("=" in KNOWN[name].partition(":")[0]):
            raise _wrong(f"{part!r} is not how it is written")
        try:
            values[name.replace("-", "_")] = _READ.get(name, _flag)(value)
        except ValueError:
            raise _wrong(f"{name} cannot be {value!r}") from None
    if len(values.keys() & {"stall", "cut", "error"}) > 1:
        raise _wrong("a body has one end: stall, cut or error")
    if "retry_after" in values and "status" not in values:
        raise _wrong("retry-after goes with a status")
    return Fault(text.strip(), **values)


def _flag(_: str) -> bool:
    return True


def _status(value: str) -> int:
    status = int(value)
    if not 200 <= status <= 599:
        raise ValueError
    return status


def _seconds(value: str) -> float:
    seconds = float(value)
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError
    return seconds


def _fraction(value: str) -> float:
    fraction = float(value)
    if not 0 <= fraction <= 1:
        raise ValueError
    return fraction


def _text(value: str) -> str:
    if not value.isascii() or not value.isprintable():
        raise ValueError
    return value


_READ: Mapping[str, Callable[[str], Any]] = {
    "status": _status,
    "retry-after": _text,
    "delay": _seconds,
    "stall": _fraction,
    "cut": _fraction,
    "error": _fraction,
    "drip": _seconds,
    "redirect": _text,
}


def _wrong(what: str) -> Refusal:
    return Refusal(f"no such fault: {what}; there are: {'; '.join(KNOWN.values())}")
