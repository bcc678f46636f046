"""What targets make of their bytes: pieces of them, choices, JSON that is almost right."""

from __future__ import annotations

import copy
import json
import random
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

T = TypeVar("T")

NUMBERS = (
    *("0", "1", "-1", "2", "3", "20", "0.5", "-0.0", "1e-9", "1e308", "1e999", "-1e999"),
    *("NaN", "Infinity", "9" * 30, "1" + "0" * 400, "4294967296", "9223372036854775808"),
)
ODD = ("", " ", "\0", "\ud83d", "\udd8a", "é日本", "\r\n\r\n", "../..", "9" * 5_000, "x" * 5_000)
"""Texts that nobody expects."""

DEEPEST = 1_000
"""Levels of nesting, which is about where Python's own reader and writer give up."""


def brief(error: BaseException) -> None:
    """Hold an error to few words: what others say in it is cut."""
    assert len(str(error)) < 3_000


def cut(data: bytes, longest: int = 7) -> list[bytes]:
    """Cut bytes into pieces, always the same for the same bytes; empty ones are among them."""
    rng = random.Random(zlib.crc32(data))
    longest = rng.choice((1, longest, max(1, len(data) // 2)))
    pieces, at = [], 0
    while at < len(data):
        size = rng.randint(0, longest)
        pieces.append(data[at : at + size])
        at += size
    return pieces


class Choices:
    """Reads choices off bytes; of each the first, once they are used up."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> bool:
        """Whether there are any bytes left."""
        return self._at < len(self._data)

    def byte(self) -> int:
        """Take a byte."""
        self._at += 1
        return self._data[self._at - 1] if self._at <= len(self._data) else 0

    def number(self, below: int) -> int:
        """Choose a whole number from 0 on."""
        value = self.byte() if below <= 256 else self.byte() << 8 | self.byte()
        return value % below

    def pick(self, options: Sequence[T]) -> T:
        """Choose one of several."""
        return options[self.number(len(options))]

    def rest(self, most: int = 1 << 30) -> bytes:
        """Take some of the bytes that are left, as they are."""
        data = self._data[self._at : self._at + most]
        self._at += len(data)
        return data

    def json(self, words: Sequence[str], depth: int = 0) -> str:
        """Write JSON out of these words, as keys and as texts, and out of odd values."""
        kind = self.number(12)
        if kind < 3 and depth < 6:
            pairs = (
                f"{json.dumps(self.pick(words))}:{self.json(words, depth + 1)}"
                for _ in range(1 + self.number(6))
            )
            return "{" + ",".join(pairs) + "}"
        if kind < 5 and depth < 6:
            items = (self.json(words, depth + 1) for _ in range(self.number(4)))
            return "[" + ",".join(items) + "]"
        if kind < 8:
            return self.pick((json.dumps(self.pick(words)), "null", "true", "false", "{}"))
        if kind < 10:
            return self.pick(NUMBERS)
        if kind == 10:
            return json.dumps(self.pick(ODD))
        levels = self.pick((3, DEEPEST - 1 - self.number(200), 5_000))
        return "[" * levels + "]" * levels


def spoiled(choices: Choices, value: Any, words: Sequence[str]) -> str:
    """Write a good value as JSON, with other values in up to three places of it."""
    value = {"": copy.deepcopy(value)}
    put: dict[str, str] = {}
    for number in range(1 + choices.number(3)):
        holder, key = choices.pick(list(_places(value)))
        holder[key] = f"{number}\1"
        put[json.dumps(holder[key])] = choices.json(words, choices.number(6))
    text = json.dumps(value[""])
    for placeholder, other in put.items():
        text = text.replace(placeholder, other)
    return text


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Give all places of a value: what holds each, and under which key."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in pairs:
        yield value, key
        if isinstance(inner, dict | list):
            yield from _places(inner)


def json_text(data: bytes, words: Sequence[str], good: Sequence[Any]) -> str:
    """Take bytes for JSON where they begin like it, else for choices that write some.

    These write it anew, or spoil one of the good ones.
    """
    if data[:1] in (b"{", b"["):
        return data.decode("utf-8", "replace")
    choices = Choices(data)
    if good and choices.number(4):
        return spoiled(choices, choices.pick(good), words)
    return choices.json(words)


def parsed(data: bytes, words: Sequence[str], good: Sequence[Any]) -> Any:
    """Give what a reader of JSON makes of :func:`json_text`, ``None`` where it gives up."""
    try:
        return json.loads(json_text(data, words, good))
    except (ValueError, RecursionError):
        return None
