"""Previews as a backend hands them in, made fit for a page."""

from __future__ import annotations

import math
import numbers
from typing import Any

from nbkit.models import EncodedImage, Preview
from nbkit.pixels import MAX_BYTES

_TYPES = {"image/png", "image/jpeg", "image/webp", "image/gif"}


def sound(preview: Preview) -> Preview:
    """Return a preview with its fraction from 0.0 to 1.0, and without what is none of it.

    A fraction that is no number is reckoned from the steps; a picture of a kind that no page
    shows, or longer than an image may be, is left out.

    Raises
    ------
    TypeError
        If it is no preview at all.
    """
    given: Any = preview
    if not isinstance(given, Preview):
        raise TypeError(f"a preview is a Preview, not {type(given).__name__}")
    step, steps = _count(given.step), _count(given.steps)
    if not steps or step is None:
        step = steps = None
    fraction: Any = given.fraction
    if not isinstance(fraction, numbers.Real) or not math.isfinite(fraction):
        fraction = step / steps if step is not None and steps else 0.0
    fraction = min(1.0, max(0.0, float(fraction)))
    image: Any = given.image
    if not isinstance(image, EncodedImage) or not _is_shown(image):
        image = None
    return Preview(fraction, image, step, steps)


def _count(value: Any) -> int | None:
    return int(value) if isinstance(value, numbers.Integral) and int(value) >= 0 else None


def _is_shown(image: EncodedImage) -> bool:
    return image.media_type in _TYPES and 0 < len(image.data) <= MAX_BYTES
