"""What a row says, held to its kind: a database may be damaged, or not of our making."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

_LATEST = 253_402_300_799.0  # seconds: the end of the year 9999, the last that can be told


def held(what: str, value: Any, *kinds: type) -> Any:
    """Return a value of one of these kinds.

    Raises
    ------
    sqlite3.DataError
        If it is none, which makes it a store that cannot be read.
    """
    if not isinstance(value, kinds) or isinstance(value, bool):
        raise sqlite3.DataError(f"{what} in it cannot be {type(value).__name__}")
    return value


def word(what: str, value: Any, *words: str | None) -> Any:
    """Return a value that is one of these words; ``sqlite3.DataError`` for another."""
    if value not in words:
        raise sqlite3.DataError(f"{what} in it cannot be {str(value)[:40]!r}")
    return value


def begun(what: str, value: Any, start: str) -> str:
    """Return a text that begins so; ``sqlite3.DataError`` for anything else."""
    text: str = held(what, value, str)
    if not text.startswith(start):
        raise sqlite3.DataError(f"{what} in it cannot be {text[:40]!r}")
    return text


def count(what: str, value: Any) -> int:
    """Return a whole number from 0 on; ``sqlite3.DataError`` for anything else."""
    number: int = held(what, value, int)
    if number < 0:
        raise sqlite3.DataError(f"{what} in it cannot be {number}")
    return number


def seconds(what: str, value: Any) -> float:
    """Return seconds, Unix seconds too; ``sqlite3.DataError`` for anything else."""
    number = float(held(what, value, int, float))
    if not 0 <= number <= _LATEST:
        raise sqlite3.DataError(f"{what} in it cannot be {number}")
    return number


def document(what: str, value: Any, *kinds: type) -> Any:
    """Return what a JSON text holds, of one of these kinds; ``sqlite3.DataError`` otherwise."""
    text = held(what, value, str)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise sqlite3.DataError(f"{what} in it cannot be read") from None
    return held(what, found, *kinds)
