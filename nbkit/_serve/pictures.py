"""Pictures by nbkit's own painter, in the file formats that the wire formats ask for."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from typing import Literal

from nbkit import pixels
from nbkit.images.sketch import SketchBackend
from nbkit.models import EncodedImage, ImageRequest, Preview

Format = Literal["png", "jpeg", "webp"]

MOST_PREVIEWS = 12
"""The most previews of one picture, however many steps are asked for."""


async def paint(
    request: ImageRequest,
    *,
    seconds: float,
    previews: int,
    on_preview: Callable[[Preview], None],
) -> EncodedImage:
    """Paint one picture; cancelling it stops the work.

    The same prompt, negative prompt, seed and size give the same pixels. Without seconds there
    are no previews.

    Raises
    ------
    BackendError
        If its size is out of the painter's range.
    """
    painter = SketchBackend(duration=seconds, steps=min(previews, MOST_PREVIEWS))
    return await painter.generate(request, on_preview=on_preview)


async def convert(
    image: EncodedImage, format_: Format, size: tuple[int, int] | None = None
) -> bytes:
    """Encode an image as another kind of file, in a thread; ``size`` makes it larger or smaller."""
    return await asyncio.to_thread(convert_now, image, format_, size)


def convert_now(image: EncodedImage, format_: Format, size: tuple[int, int] | None = None) -> bytes:
    """As :func:`convert`, at once: for what is as small as a preview."""
    from PIL import Image

    if format_ == "webp" and image.media_type == "image/webp" and size is None:
        return image.data
    with Image.open(io.BytesIO(image.data), formats=["WEBP", "PNG"]) as opened:
        picture = opened.convert("RGB")
    if size is not None:
        picture = picture.resize(size)
    if format_ == "png":
        return pixels.encode_png(picture).data
    out = io.BytesIO()
    picture.save(out, format_.upper(), quality=92)
    return out.getvalue()
