"""Targets: the bytes of images, and images as text."""

from __future__ import annotations

import base64
import contextlib
from unittest.mock import patch

from fuzz import samples
from fuzz.material import brief
from fuzz.target import target

from nbkit import pixels
from nbkit.errors import BackendError
from nbkit.images._server import _decode

FEW = 250_000  # pixels: a bound that is cheap to get near
KINDS = {"image/png", "image/jpeg", "image/gif", "image/webp"}


@target(seeds=samples.pictures, examples=150)
def image(data: bytes) -> None:
    """It is an image within the bounds, which can be made smaller, or it is refused."""
    with patch.object(pixels, "MAX_PIXELS", FEW), contextlib.suppress(BackendError):
        found = pixels.check_image(data)
        assert found.data is data
        assert found.media_type in KINDS
        assert found.width > 0 < found.height
        assert found.width * found.height <= FEW
        small = pixels.shrink(found, 3)
        assert max(small.width, small.height) <= 3
        assert pixels.check_image(small.data) == small


def _texts() -> list[bytes]:
    packed = [base64.b64encode(each) for each in samples.pictures()]
    return [*packed[:4], b"data:image/png;base64," + packed[0], b"data:,x", b"====", b"\xff"]


@target(seeds=_texts, examples=80)
def image_text(data: bytes) -> None:
    """Base64, alone or in a `data:` address, is an image or is refused in so many words."""
    with patch.object(pixels, "MAX_PIXELS", FEW):
        for text in (data.decode("utf-8", "replace"), data, None):
            try:
                assert _decode(text).media_type in KINDS
            except BackendError as error:
                brief(error)
