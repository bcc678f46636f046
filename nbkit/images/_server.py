"""What the backends that ask a server have in common."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Awaitable

from nbkit import pixels
from nbkit.errors import BackendError, ServerError
from nbkit.http import without_frames
from nbkit.keys import Key
from nbkit.models import EncodedImage, ImageRequest
from nbkit.threads import in_thread

_SAID = 400  # characters of a server's own words

PREVIEW_MAX = 4_000_000
"""Bytes of a preview; a longer one is left out."""


def number(value: object) -> float:
    """Read a count or a share that a server tells; 0 for what is none, or no finite one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    try:
        found = float(value)
    except OverflowError:
        return 0.0
    return max(found, 0.0) if math.isfinite(found) else 0.0


def said(value: object) -> str:
    """Return what a server says, whatever it is, on one line and cut where it is long."""
    try:
        text = str(value)
    except RecursionError:  # it was read with less of the stack in use
        return "something nested too deeply"
    return " ".join(text.split())[:_SAID]


async def asked(
    request: ImageRequest, work: Awaitable[EncodedImage], *, key: Key | None
) -> EncodedImage:
    """Await an image; what a server did, or gave back, becomes the error of that image.

    It comes without ``key``, should the server have repeated it, and without the frames that it
    has passed: their variables hold the server's answer.
    """
    try:
        return await work
    except ServerError as error:
        failure = BackendError(
            str(error),
            prompt=request.prompt,
            retryable=error.retryable,
            retry_after=error.retry_after,
        )
        failure.__cause__ = error
    except BackendError as error:
        failure = error
        failure.prompt = failure.prompt or request.prompt
    if key is not None:
        failure.args = (key.redact(str(failure)),)
    raise without_frames(failure)


async def checked(data: bytes) -> EncodedImage:
    """Look at the bytes of an image in a thread; ``BackendError`` if they are none."""
    return await in_thread(pixels.check_image, data)


async def decoded(text: object) -> EncodedImage:
    """Decode and check an image that came as base64, with or without a ``data:`` address."""
    return await in_thread(_decode, text)


async def preview(data: object) -> EncodedImage | None:
    """Return a preview, given as bytes or base64, if it is a picture; ``None`` if it is none."""
    try:
        if isinstance(data, str) and 0 < len(data) <= PREVIEW_MAX:
            return await decoded(data)
        if isinstance(data, bytes) and 0 < len(data) <= PREVIEW_MAX:
            return await checked(data)
    except BackendError:
        return None
    return None


def _decode(text: object) -> EncodedImage:
    if not isinstance(text, str):
        raise BackendError(f"the server sent {type(text).__name__} for an image, not base64")
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BackendError(f"the server sent an image that is not base64: {error}") from error
    return pixels.check_image(data)
