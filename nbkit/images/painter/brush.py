"""The canvas and the strokes that landscapes are made of.

Everything is painted at twice the size and reduced at the end, which smooths the edges. Places on
the canvas are fractions of its width and height; ``unit`` is its shorter side in pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFilter

from nbkit.images.painter.colour import Colour
from nbkit.images.painter.dice import Dice

Point = tuple[float, float]

SUPER = 2
"""How many times larger than the picture the canvas is."""

PAPER: Colour = (247, 241, 228)
"""The colour of an empty canvas."""


class Canvas:
    """A picture in the making: an RGB image, with drawing that blends."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width * SUPER, height * SUPER
        self.unit = min(self.width, self.height)
        self.image = Image.new("RGB", (self.width, self.height), PAPER)
        self.draw = ImageDraw.Draw(self.image, "RGBA")

    def at(self, x: float, y: float) -> Point:
        """Turn fractions into pixels."""
        return x * self.width, y * self.height

    def polygon(self, points: Sequence[Point], colour: Colour, alpha: int = 255) -> None:
        """Fill a polygon given in fractions."""
        self.draw.polygon([self.at(*point) for point in points], fill=(*colour, alpha))

    def box(  # noqa: PLR0917 - coordinates have an order that everybody knows
        self, left: float, top: float, right: float, bottom: float, colour: Colour, alpha: int = 255
    ) -> None:
        """Fill a rectangle given in fractions."""
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], colour, alpha)

    def dot(self, x: float, y: float, radius: float, colour: Colour, alpha: int = 255) -> None:
        """Fill a circle; its radius is in units."""
        self.oval(x, y, radius, radius, colour, alpha)

    def oval(  # noqa: PLR0917 - coordinates have an order that everybody knows
        self, x: float, y: float, across: float, down: float, colour: Colour, alpha: int = 255
    ) -> None:
        """Fill an ellipse; its radii are in units."""
        left, top = self.at(x, y)
        wide, high = across * self.unit, down * self.unit
        self.draw.ellipse((left - wide, top - high, left + wide, top + high), fill=(*colour, alpha))

    def line(self, points: Sequence[Point], width: float, colour: Colour, alpha: int = 255) -> None:
        """Draw a line through points in fractions; its width is in units."""
        self.draw.line(
            [self.at(*point) for point in points],
            fill=(*colour, alpha),
            width=max(round(width * self.unit), 1),
            joint="curve",
        )

    def ramp(
        self, box: tuple[float, float, float, float], stops: Sequence[tuple[float, Colour]]
    ) -> Image.Image:
        """Fill a rectangle from top to bottom through colours; gives it back as an image."""
        left, top, right, bottom = (
            round(value * side)
            for value, side in zip(box, (self.width, self.height) * 2, strict=True)
        )
        patch = ramp((right - left, bottom - top), stops)
        self.image.paste(patch, (left, top))
        return patch

    def ramp_polygon(
        self, points: Sequence[Point], stops: Sequence[tuple[float, Colour]], alpha: int = 255
    ) -> None:
        """Fill a polygon with a gradient from its top to its bottom."""
        spots = [self.at(*point) for point in points]
        left, right = _span([x for x, _ in spots], self.width)
        top, bottom = _span([y for _, y in spots], self.height)
        if right <= left or bottom <= top:
            return
        mask = Image.new("L", (right - left, bottom - top))
        ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in spots], fill=alpha)
        self.image.paste(ramp(mask.size, stops), (left, top), mask)

    def glow(self, x: float, y: float, radius: float, colour: Colour, strength: float) -> None:
        """Let light fall off round a point; its radius is in units."""
        reach = max(round(radius * self.unit), 1)
        mask = halo().resize((2 * reach, 2 * reach), Image.Resampling.BILINEAR)
        mask = mask.point([min(round(value * strength), 255) for value in range(256)])
        left, top = round(x * self.width) - reach, round(y * self.height) - reach
        self.image.paste(colour, (left, top, left + 2 * reach, top + 2 * reach), mask)

    def shadow(  # noqa: PLR0917 - coordinates have an order that everybody knows
        self, x: float, y: float, across: float, down: float, colour: Colour, strength: float
    ) -> None:
        """Lay a soft flat shadow; its radii are in units."""
        wide, high = max(round(across * self.unit), 1), max(round(down * self.unit), 1)
        mask = halo().resize((2 * wide, 2 * high), Image.Resampling.BILINEAR)
        mask = mask.point([min(round(value * 2 * strength), 255) for value in range(256)])
        left, top = round(x * self.width) - wide, round(y * self.height) - high
        self.image.paste(colour, (left, top, left + 2 * wide, top + 2 * high), mask)

    def soften(self, box: tuple[float, float, float, float], radius: float) -> None:
        """Blur a rectangle; the radius is in units."""
        area = (
            round(box[0] * self.width),
            round(box[1] * self.height),
            round(box[2] * self.width),
            round(box[3] * self.height),
        )
        patch = self.image.crop(area)
        small = patch.resize((max(patch.width // 4, 1), max(patch.height // 4, 1)))
        small = small.filter(ImageFilter.GaussianBlur(radius * self.unit / 4))
        self.image.paste(small.resize(patch.size, Image.Resampling.BILINEAR), area[:2])

    def reduced(self) -> Image.Image:
        """Give the picture in its own size."""
        return self.image.reduce(SUPER)


def _span(values: list[float], end: int) -> tuple[int, int]:
    return max(math.floor(min(values)), 0), min(math.ceil(max(values)) + 1, end)


def ramp(size: tuple[int, int], stops: Sequence[tuple[float, Colour]]) -> Image.Image:
    """Make a rectangle that goes from top to bottom through colours at places from 0.0 to 1.0."""
    steps = 64
    column = bytearray()
    for step in range(steps):
        place = step / (steps - 1)
        low = max(
            (stop for stop in stops if stop[0] <= place), key=lambda s: s[0], default=stops[0]
        )
        high = min((stop for stop in stops if stop[0] >= place), key=lambda s: s[0], default=low)
        gap = high[0] - low[0]
        share = (place - low[0]) / gap if gap else 0.0
        column += bytes(round(a + (b - a) * share) for a, b in zip(low[1], high[1], strict=True))
    strip = Image.frombytes("RGB", (1, steps), bytes(column))
    return strip.resize((1, max(size[1], 1)), Image.Resampling.BICUBIC).resize(
        (max(size[0], 1), max(size[1], 1)), Image.Resampling.NEAREST
    )


@lru_cache(maxsize=1)
def halo() -> Image.Image:
    """Paint a soft round mask, brightest in the middle and nothing at its edge."""
    fall = [round(255 * max(1 - value / 255, 0.0) ** 2.2) for value in range(256)]
    return (
        Image.radial_gradient("L")
        .resize((128, 128))
        .point([fall[min(round(value * 1.02), 255)] for value in range(256)])
    )


def roll(dice: Dice, base: float, height: float, *, waves: float = 1.6) -> list[Point]:
    """Draw a softly rolling line from the left edge to the right."""
    parts = [
        (dice.between(0.6, 1.4) * waves * 2**octave, dice.roll() * math.tau, 0.55**octave)
        for octave in range(3)
    ]
    return [
        (
            step / 48,
            base
            + height * sum(a * math.sin(f * step / 48 * math.tau + p) for f, p, a in parts) / 1.8,
        )
        for step in range(49)
    ]


def height_at(line: Sequence[Point], x: float) -> float:
    """Find how high a line from left to right lies at one place."""
    place = min(max(x, 0.0), 1.0) * (len(line) - 1)
    index = min(int(place), len(line) - 2)
    share = place - index
    return line[index][1] * (1 - share) + line[index + 1][1] * share


def smooth(points: Sequence[Point], *, closed: bool = True, steps: int = 6) -> list[Point]:
    """Run a Catmull-Rom curve through points."""
    count = len(points)
    if count < 3:
        return list(points)
    curve: list[Point] = []
    for index in range(count if closed else count - 1):
        if closed:
            near = [points[(index + offset) % count] for offset in (-1, 0, 1, 2)]
        else:
            near = [points[min(max(index + offset, 0), count - 1)] for offset in (-1, 0, 1, 2)]
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = near
        for step in range(steps):
            t = step / steps
            square, cube = t * t, t * t * t
            curve.append(
                (
                    0.5 * (2 * bx + (cx - ax) * t + (2 * ax - 5 * bx + 4 * cx - dx) * square
                           + (3 * bx - ax - 3 * cx + dx) * cube),
                    0.5 * (2 * by + (cy - ay) * t + (2 * ay - 5 * by + 4 * cy - dy) * square
                           + (3 * by - ay - 3 * cy + dy) * cube),
                )
            )  # fmt: skip
    if not closed:
        curve.append(points[-1])
    return curve
