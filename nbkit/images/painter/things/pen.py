"""The pen that one thing is drawn with, and the record of what can be drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from nbkit.images.painter.brush import Point, smooth
from nbkit.images.painter.colour import Colour, darker, lighter, mix
from nbkit.images.painter.dice import Dice
from nbkit.images.painter.light import Light

Points = str | Sequence[Point]
"""Pairs of coordinates, or a string of them in hundredths."""

Seat = tuple[float, float, float]
"""Across, down, and the height that there is room for."""

MARGIN = 0.16
"""Room round the box for what sticks out, as a share of its height."""


@dataclass(frozen=True, slots=True)
class Glow:
    """Light that a thing gives off, in the pen's coordinates."""

    x: float
    y: float
    radius: float
    colour: Colour
    strength: float


@dataclass(frozen=True, slots=True)
class Kind:
    """What can be drawn: how large and wide it is, and where it belongs.

    ``size`` is its height as a share of the picture's shorter side when the picture is about it;
    ``aspect`` its width by its height. ``stand`` is ``ground``, ``back`` (large, further off),
    ``water``, ``under`` (in the water), ``air``, ``high`` (far up), ``table`` or ``wall``.
    ``seat`` is where another thing sits on it or in it: across, down, and how high that one may
    be, in the pen's coordinates; ``seats`` are those of particular things, and what is ``hollow``
    hides the feet of who sits in it. ``colours`` are what it may be when nothing is said.
    """

    draw: Callable[[Pen], None]
    size: float
    aspect: float = 1.0
    stand: str = "ground"
    seat: Seat | None = None
    colours: tuple[Colour, ...] = ((190, 96, 74),)
    hollow: bool = False
    seats: tuple[tuple[str, Seat], ...] = ()

    def seat_for(self, name: str) -> Seat | None:
        """Give the seat of a thing of that name."""
        return dict(self.seats).get(name, self.seat)


@dataclass(slots=True)
class Pen:
    """Draws one thing into a layer of its own.

    Down is 0.0 at the top and 1.0 at the foot; across is in the same measure with 0.0 in the
    middle, so that circles are round. Colours are those of full daylight: the pen lights them.
    """

    pixels: float
    aspect: float
    light: Light
    depth: float
    facing: int
    main: Colour
    second: Colour | None
    dice: Dice
    place: str
    image: Image.Image = field(init=False)
    draw: ImageDraw.ImageDraw = field(init=False)
    glows: list[Glow] = field(init=False)

    def __post_init__(self) -> None:
        wide = self.pixels * (self.aspect + 2 * MARGIN)
        high = self.pixels * (1 + 2 * MARGIN)
        self.image = Image.new("RGBA", (max(round(wide), 2), max(round(high), 2)))
        self.draw = ImageDraw.Draw(self.image)
        self.glows = []

    @property
    def other(self) -> Colour:
        """Paint the second colour: as the prompt says, else a cream."""
        return self.second or (246, 240, 226)

    def at(self, point: Point) -> Point:
        """Turn the pen's coordinates into pixels of the layer."""
        return (
            self.pixels * (self.aspect / 2 + MARGIN + point[0] * self.facing),
            self.pixels * (MARGIN + point[1]),
        )

    def ink(self, colour: Colour) -> tuple[int, int, int, int]:
        """Light a colour."""
        return (*self.light.on(colour, self.depth), 255)

    def poly(self, points: Points, colour: Colour, side: int = 1) -> None:
        """Fill straight-edged; with ``side`` -1 mirrored."""
        self.draw.polygon([self.at(point) for point in spots(points, side)], fill=self.ink(colour))

    def blob(self, points: Points, colour: Colour, side: int = 1) -> None:
        """Fill a smooth closed curve through the points; with ``side`` -1 mirrored."""
        curve = smooth(spots(points, side))
        self.draw.polygon([self.at(point) for point in curve], fill=self.ink(colour))

    def oval(self, x: float, y: float, across: float, down: float, colour: Colour) -> None:
        """Fill an ellipse about a centre."""
        self.draw.ellipse(self._box(x, y, across, down), fill=self.ink(colour))

    def dot(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """Fill a circle."""
        self.oval(x, y, radius, radius, colour)

    def ring(self, x: float, y: float, radius: float, width: float, colour: Colour) -> None:
        """Draw a circle's edge."""
        self.draw.ellipse(
            self._box(x, y, radius, radius),
            outline=self.ink(colour),
            width=max(round(width * self.pixels), 1),
        )

    def arc(  # noqa: PLR0917 - coordinates have an order that everybody knows
        self, x: float, y: float, across: float, down: float, start: float, end: float,
        width: float, colour: Colour,
    ) -> None:  # fmt: skip
        """Draw part of an ellipse's edge, angles in degrees clockwise from the right."""
        points = [
            (x + across * math.cos(math.radians(angle)), y + down * math.sin(math.radians(angle)))
            for angle in (start + (end - start) * step / 24 for step in range(25))
        ]
        self.line(points, width, colour)

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        """Fill a rectangle."""
        self.poly([(left, top), (right, top), (right, bottom), (left, bottom)], colour)

    def rounded(  # noqa: PLR0917 - coordinates have an order that everybody knows
        self, left: float, top: float, right: float, bottom: float, radius: float, colour: Colour
    ) -> None:
        """Fill a rectangle with round corners."""
        (x0, y0), (x1, y1) = self.at((left, top)), self.at((right, bottom))
        self.draw.rounded_rectangle(
            (min(x0, x1), y0, max(x0, x1), y1), radius * self.pixels, fill=self.ink(colour)
        )

    def line(self, points: Points, width: float, colour: Colour, side: int = 1) -> None:
        """Draw a line with round ends."""
        dots = [self.at(point) for point in spots(points, side)]
        thick = max(width * self.pixels, 1.0)
        ink = self.ink(colour)
        self.draw.line(dots, fill=ink, width=round(thick), joint="curve")
        if thick > 3:
            half = thick / 2
            for x, y in (dots[0], dots[-1]):
                self.draw.ellipse((x - half, y - half, x + half, y + half), fill=ink)

    def taper(
        self, points: Points, first: float, last: float, colour: Colour, side: int = 1
    ) -> None:
        """Draw a smooth stroke whose width goes from one to another."""
        curve = smooth(spots(points, side), closed=False, steps=8)
        ink = self.ink(colour)
        count = max(len(curve) - 1, 1)
        for index, point in enumerate(curve):
            x, y = self.at(point)
            half = (first + (last - first) * index / count) * self.pixels / 2
            self.draw.ellipse((x - half, y - half, x + half, y + half), fill=ink)

    def window(self, left: float, top: float, right: float, bottom: float) -> None:
        """Paint a pane that mirrors the sky by day and is lit from within in the dark."""
        corners = [self.at(point) for point in ((left, top), (right, bottom))]
        (x0, y0), (x1, y1) = corners
        warmth = self.dice.roll()
        if self.light.dark > 0.3:
            fill: Colour = mix((255, 196, 92), (255, 236, 170), warmth)
            self.glows.append(
                Glow((left + right) / 2, (top + bottom) / 2, (bottom - top) * 1.6, fill,
                     0.5 * self.light.dark)
            )  # fmt: skip
        else:
            fill = self.light.on(mix((104, 142, 172), self.light.middle, 0.35), self.depth)
        self.draw.rectangle((min(x0, x1), y0, max(x0, x1), y1), fill=(*fill, 255))

    def lamp(self, x: float, y: float, radius: float, colour: Colour, reach: float) -> None:
        """Paint a light that is always on, and shines in the dark."""
        fill = mix(colour, (255, 255, 240), 0.35 + 0.3 * self.light.dark)
        self.draw.ellipse(self._box(x, y, radius, radius), fill=(*fill, 255))
        self.glows.append(Glow(x, y, reach, colour, 0.25 + 0.6 * self.light.dark))

    def eye(self, x: float, y: float, radius: float) -> None:
        """Paint a dark eye with a glint."""
        self.dot(x, y, radius, (28, 26, 34))
        self.dot(x + radius * 0.3, y - radius * 0.35, radius * 0.36, (255, 255, 255))

    def finish(self, side: int) -> Image.Image:
        """Model the layer with light from one side (-1 left, 1 right) and from above."""
        alpha = self.image.getchannel("A")
        reach = max(round(self.pixels * 0.05), 1)
        small = alpha.resize((max(alpha.width // 2, 1), max(alpha.height // 2, 1)))
        soft = small.filter(ImageFilter.GaussianBlur(max(reach / 2, 0.5)))
        lit = _edge(small, soft, -side * reach, -reach)
        shaded = _edge(small, soft, side * reach, reach)
        for mask, colour, share in (
            (shaded, darker(self.light.haze, 0.75), 0.42),
            (lit, lighter(self.light.source, 0.1), 0.5 - 0.22 * self.light.dark),
        ):
            full = mask.resize(alpha.size, Image.Resampling.BILINEAR)
            full = full.point([round(value * share) for value in range(256)])
            self.image.paste((*colour, 255), (0, 0), full)
        self.image.putalpha(alpha)
        return self.image

    def _box(self, x: float, y: float, across: float, down: float) -> tuple[float, ...]:
        left, top = self.at((x, y))
        wide, high = across * self.pixels, down * self.pixels
        return left - wide, top - high, left + wide, top + high


@lru_cache(maxsize=4096)
def _parsed(points: str) -> tuple[Point, ...]:
    pairs = (pair.partition(",") for pair in points.split())
    return tuple((float(x) / 100, float(y) / 100) for x, _, y in pairs)


def spots(points: Points, side: int = 1) -> Sequence[Point]:
    """Read points; those of a string are in hundredths, ``"x,y x,y"`` as SVG writes them."""
    read = _parsed(points) if isinstance(points, str) else points
    return read if side == 1 else [(side * x, y) for x, y in read]


def _edge(alpha: Image.Image, soft: Image.Image, right: int, down: int) -> Image.Image:
    """Find the part of a shape that its own soft shape, moved, does not cover."""
    moved = ImageChops.offset(soft, right // 2, down // 2)
    return ImageChops.multiply(alpha, ImageChops.invert(moved))
