"""What an opening bracket at the end of a text may still become."""

from __future__ import annotations

import enum
import re

_LONGEST = 600
_TARGET = re.compile(
    rb"\([ \t\n]*(?:<[^<>\n]*>?|(?:[^\s()<\\]|\\.|\((?:[^\s()\\]|\\.)*\)?)*)"
    rb"(?:[ \t\n]+(?:\"(?:[^\"\\]|\\.)*\"?|'(?:[^'\\]|\\.)*'?|\((?:[^()\\]|\\.)*\)?)?[ \t\n]*)?",
    re.DOTALL,
)
_LABEL = re.compile(rb"\[(?:[^\[\]\\]|\\.)*", re.DOTALL)
_TICKS = re.compile(rb"`+")


class Reading(enum.Enum):
    """How a bracket reads so far."""

    TEXT = enum.auto()
    """A bracket and no more."""

    OPEN = enum.auto()
    """It has not ended."""

    LINK = enum.auto()
    """It has ended, and what comes then may become the target of a link."""


def read_bracket(data: bytes, start: int, end: int) -> tuple[Reading, int]:
    """Read what follows an opening bracket; for a link, tell where its text ends too."""
    if end - start > _LONGEST:
        return Reading.TEXT, end
    close = _closing(data, start, end)
    if close is None:
        return Reading.OPEN, end
    after = data[close + 1 : end]
    target = _TARGET if after[:1] == b"(" else _LABEL
    if not after or (target.fullmatch(after) and not _is_complete(after)):
        return Reading.LINK, close
    return Reading.TEXT, end


def _closing(data: bytes, start: int, end: int) -> int | None:
    depth = 1
    at = start
    while at < end:
        byte = data[at : at + 1]
        if byte == b"\\":
            at += 1
        elif byte == b"`":
            at = _after_code(data, at, end) - 1
        elif byte == b"[":
            depth += 1
        elif byte == b"]":
            depth -= 1
            if not depth:
                return at
        at += 1
    return None


def _after_code(data: bytes, at: int, end: int) -> int:
    ticks = _TICKS.match(data, at, end)
    if ticks is None:
        return at + 1
    for other in _TICKS.finditer(data, ticks.end(), end):
        if len(other.group()) == len(ticks.group()):
            return other.end()
    return ticks.end()


def _is_complete(after: bytes) -> bool:
    """Tell whether a target is whole, and yet was taken for text: then it is no target."""
    return after[:1] == b"(" and after.count(b"(") == after.count(b")")
