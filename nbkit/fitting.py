"""Pictures encoded anew to fit into so many bytes."""

from __future__ import annotations

import io

from nbkit import pixels
from nbkit.models import EncodedImage

_QUALITIES = (75, 60, 45, 30, 30, 30)
_LEAST_SIDE = 64


def smaller(image: EncodedImage, most: int) -> EncodedImage:
    """Encode an image anew in at most ``most`` bytes, or as near as a small picture comes to it."""
    from PIL import Image

    try:
        formats = ["PNG", "JPEG", "WEBP", "GIF"]
        picture: Image.Image = Image.open(io.BytesIO(image.data), formats=formats)
        picture.load()
    except (OSError, ValueError):
        return image
    picture = pixels.upright(picture)  # encoded anew it has no tag that says how it is to be turned
    size = len(image.data)
    made = image
    for quality in _QUALITIES:
        # A picture's bytes follow its area, so its side is most of the way.
        side = int(max(picture.size) * min(0.95, (most / size) ** 0.5))
        picture.thumbnail((max(_LEAST_SIDE, side), max(_LEAST_SIDE, side)), reducing_gap=2.0)
        made = pixels.encode(picture, quality=quality, method=0)
        size = len(made.data)
        if size <= most or max(picture.size) <= _LEAST_SIDE:
            break
    return made
