"""The records between reading a prompt and painting it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nbkit.images.painter.colour import Colour
from nbkit.images.painter.dice import Dice


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in fractions of the picture's width and height."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Paint the width as a fraction of the picture's."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Paint the height as a fraction of the picture's."""
        return self.bottom - self.top

    @property
    def centre(self) -> float:
        """Paint the middle from left to right."""
        return (self.left + self.right) / 2

    def pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Scale to a picture of that size, kept inside it."""
        return (
            max(round(self.left * width), 0),
            max(round(self.top * height), 0),
            min(round(self.right * width), width),
            min(round(self.bottom * height), height),
        )


def river_course(side: int, share: float) -> tuple[float, float]:
    """Tell the middle and the half width of a river, from its spring (0.0) to the foot (1.0).

    ``side`` is that to which it turns, -1 left or 1 right: the other bank is the broad one.
    """
    bend = 0.10 * math.sin(share * 4.2) * (1 - 0.4 * share)
    return 0.5 + side * (bend + 0.26 * share * share), 0.012 + 0.20 * share**1.5


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing in its place.

    ``depth`` is 0.0 near and 1.0 at the horizon; what has a lower ``layer`` is painted first.
    """

    kind: str
    box: Box
    colour: Colour | None
    second: Colour | None
    facing: int
    depth: float
    stand: str
    layer: float


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture before it is painted: what is where, in fractions of the picture.

    ``key`` is what all of its chance comes from: the seed and the words that are not understood.
    The words that are understood change what they name and leave the rest in its place.
    """

    key: tuple[object, ...]
    width: int
    height: int
    place: str
    backdrop: str
    time: str
    weather: str
    wind: bool
    season: str
    tone: str
    horizon: float
    figures: tuple[Figure, ...]
    sights: tuple[tuple[str, Colour | None], ...]
    sky_colour: Colour | None
    ground_colour: Colour | None
    accent: Colour | None
    shore: bool
    strange: bool
    river_side: int
    window: Box
    sun: tuple[float, float]

    @property
    def sky(self) -> Box:
        """Paint the part above the horizon."""
        return Box(0.0, 0.0, 1.0, self.horizon)

    @property
    def ground(self) -> Box:
        """Paint the part below the horizon."""
        return Box(0.0, self.horizon, 1.0, 1.0)

    def dice(self, *part: object) -> Dice:
        """Make dice for one part of the picture."""
        return Dice(*self.key, *part)

    def has_sight(self, name: str) -> bool:
        """Whether something in the sky was asked for by name."""
        return any(name == each for each, _ in self.sights)
