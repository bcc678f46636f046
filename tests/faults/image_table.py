"""Pictures whole and cut, and one image made by a backend whose server misbehaves."""

from __future__ import annotations

from typing import Any

from faults.runs import outcome, session
from faults.stories import picture

from nbkit.models import ImageResult

ONE = 'A <!--img-prompt="a fox"--> sat.'
JSON = "application/json"
STREAM = "text/event-stream"
PNG, JPEG, WEBP = picture("PNG"), picture("JPEG"), picture("WEBP")
HTML = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Portal</body></html>"


def cut(data: bytes) -> bytes:
    return data[: len(data) * 6 // 10]


async def made(backend: Any, *, retries: int = 1, timeout: float = 20.0) -> ImageResult:
    """Make one image in a session, and give what became of it."""
    one = session(ONE, backend, retries=retries, timeout=timeout)
    assert await outcome(one) is None
    (result,) = one.images
    assert one.text == ONE
    return result
