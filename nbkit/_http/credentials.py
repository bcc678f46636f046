"""What shows a server who asks: a key, and the header that it is sent in."""

from __future__ import annotations

from typing import Literal

from nbkit.keys import Key

AuthStyle = Literal["bearer", "basic", "x-api-key"]
"""The header that a key is sent in."""


def header(key: Key, style: AuthStyle) -> tuple[str, str]:
    """Return the name and the value of the header."""
    if style == "x-api-key":
        return "x-api-key", key.plain
    return "Authorization", key.basic if style == "basic" else key.bearer
