"""Whether a source makes the story, text and images, that its plain text makes."""

from __future__ import annotations

import math
from typing import Any

import nbkit

TEXT = "".join([delta for _, delta in nbkit.replay("robot", math.inf).deltas])
"""A packaged reply as plain text; its name is the model's where a server plays it."""

Told = tuple[str, list[tuple[str, str, bytes | None]]]

_expected: dict[str, Told] = {}


async def told(source: Any) -> Told:
    """Give the text of a source's session, and each image's prompt, status and bytes."""
    session = nbkit.illustrate(
        source,
        images="sketch?duration=0",
        seed=7,
        width=64,
        height=64,
        preview=False,
        progress=False,
    )
    await session
    images = [(r.prompt, r.status, r.image.data if r.image else None) for r in session.images]
    return session.text, images


async def the_same_story(source: Any, text: str = TEXT) -> bool:
    """Tell whether a source's story is that of a plain text which has images."""
    if text not in _expected:
        _expected[text] = await told(text)
    expected = _expected[text]
    assert expected[1], "a text without images proves little"
    assert {status for _, status, _ in expected[1]} == {"succeeded"}
    return await told(source) == expected
