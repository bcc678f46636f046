"""The embedded default: a painter that draws from the words of the prompt."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from nbkit import pixels
from nbkit.errors import BackendError
from nbkit.images._options import read_options
from nbkit.models import EncodedImage, ImageRequest, Preview
from nbkit.threads import in_thread

if TYPE_CHECKING:
    from PIL import Image

SMALLEST, LARGEST = 32, 2048
"""The shortest and the longest side that is painted, in pixels."""

_OPTIONS: dict[str, Callable[[str], Any]] = {
    "duration": float,
    "steps": int,
    "width": int,
    "height": int,
}

PREVIEW_SIDE = 192
"""The longer side of a preview, in pixels."""


@dataclass(frozen=True, slots=True)
class _Painting:
    """A finished picture, and how it came into being."""

    image: EncodedImage
    previews: tuple[EncodedImage, ...]


class SketchBackend:
    """A painter built into nbkit that draws from the words of the prompt.

    No model and no network: it knows some hundred things, and places, weather, times of day,
    seasons and colours, and paints a landscape of what it recognises. The same prompt and seed
    give the same bytes on one version of Pillow. ``negative_prompt`` leaves things out.

    Parameters
    ----------
    duration
        About how long a picture takes, in seconds; each prompt has a share of 0.6 to 1.4 of it
        as its own, and more on a machine where painting alone takes long. 0 answers as soon as it
        is painted, without previews.
    steps
        How many previews are shown on the way.
    width, height
        Pixels of a picture, where the request does not say.

    Raises
    ------
    ValueError
        For a parameter out of its range.
    """

    checks_images = True
    """What it gives back has been checked already."""

    about = (
        "a painter built into nbkit that draws from the words of the prompt; no model, no network"
    )

    def __init__(
        self, *, duration: float = 2.0, steps: int = 8, width: int = 512, height: int = 512
    ) -> None:
        if not (math.isfinite(duration) and duration >= 0):
            raise ValueError(f"duration is 0 seconds or more, not {duration}")
        if not 0 <= steps <= 1000:
            raise ValueError(f"steps is from 0 to 1000, not {steps}")
        for name, value in (("width", width), ("height", height)):
            if not SMALLEST <= value <= LARGEST:
                raise ValueError(f"{name} is from {SMALLEST} to {LARGEST} pixels, not {value}")
        self.duration = duration
        self.steps = steps
        self.width = width
        self.height = height

    @classmethod
    def from_spec(cls, target: str, options: Mapping[str, str]) -> Self:
        """Make the backend of a spec string, ``"sketch?duration=0.5"``."""
        if target:
            raise ValueError(f"'sketch' stands alone, or before options: 'sketch?{target}'")
        return cls(**read_options("sketch", options, _OPTIONS))

    def __repr__(self) -> str:
        return (
            f"SketchBackend(duration={self.duration}, steps={self.steps}, "
            f"width={self.width}, height={self.height})"
        )

    async def generate(
        self, request: ImageRequest, *, on_preview: Callable[[Preview], None]
    ) -> EncodedImage:
        """Paint one picture, as WebP.

        Raises
        ------
        BackendError
            If the request's size is out of range.
        """
        loop = asyncio.get_running_loop()
        begun = loop.time()
        width, height = self._size(request)
        steps = self.steps if self.duration else 0
        painting = await in_thread(_paint, request, width, height, steps)
        pace = self.duration * _share(request)
        # Where painting was slow it is shown in its steps all the same: at once they are not seen.
        begun = max(begun, loop.time() - pace / (steps + 1))
        for step, image in enumerate(painting.previews, start=1):
            fraction = step / (steps + 1)
            await _until(begun + pace * fraction)
            on_preview(Preview(fraction, image, step, steps))
        await _until(begun + pace)
        return painting.image

    async def aclose(self) -> None:
        """Nothing is held."""

    def _size(self, request: ImageRequest) -> tuple[int, int]:
        width = self.width if request.width is None else request.width
        height = self.height if request.height is None else request.height
        if not (SMALLEST <= width <= LARGEST and SMALLEST <= height <= LARGEST):
            raise BackendError(
                f"sketch paints from {SMALLEST} to {LARGEST} pixels a side, not {width} x {height}",
                prompt=request.prompt,
            )
        return width, height


async def _until(when: float) -> None:
    delay = when - asyncio.get_running_loop().time()
    if delay > 0:
        await asyncio.sleep(delay)


def _share(request: ImageRequest) -> float:
    """Choose what share of the duration this prompt takes, so that not all end in order."""
    from nbkit.images.painter.dice import Dice

    return Dice("pace", request.prompt, request.seed).between(0.6, 1.4)


def _paint(request: ImageRequest, width: int, height: int, steps: int) -> _Painting:
    """Paint and encode; blocking."""
    from nbkit.images.painter import compose, paint

    small = _fitted(width, height)
    layers: list[Image.Image] = []

    def keep(_: str, picture: Image.Image) -> None:
        layers.append(picture.resize(small, reducing_gap=1.5))

    scene = compose(
        request.prompt, request.seed, width, height, negative_prompt=request.negative_prompt
    )
    picture = paint(scene, on_layer=keep if steps else None)
    if steps:
        layers[-1] = picture.resize(small, reducing_gap=1.5)
    previews = tuple(
        pixels.encode(_emerging(layers, step / steps), quality=60, method=0)
        for step in range(1, steps + 1)
    )
    return _Painting(pixels.encode(picture, quality=90, method=2), previews)


def _emerging(layers: list[Image.Image], progress: float) -> Image.Image:
    """Show the picture part of the way: the layers so far, the latest half there, all blurred."""
    from PIL import Image, ImageFilter

    from nbkit.images.painter.brush import PAPER

    states = [Image.new("RGB", layers[0].size, PAPER), *layers]
    place = progress * (len(states) - 1)
    index = min(int(place), len(states) - 2)
    mixed = Image.blend(states[index], states[index + 1], place - index)
    blur = 7.0 * (1 - progress) ** 1.4
    return mixed.filter(ImageFilter.GaussianBlur(blur)) if blur > 0.3 else mixed


def _fitted(width: int, height: int) -> tuple[int, int]:
    scale = min(PREVIEW_SIDE / max(width, height), 1.0)
    return max(round(width * scale), 1), max(round(height * scale), 1)
