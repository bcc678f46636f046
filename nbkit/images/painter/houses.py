"""Small houses: one front, and windows that are lit in the dark."""

from __future__ import annotations

from dataclasses import dataclass

from nbkit.images.painter.brush import Canvas
from nbkit.images.painter.colour import darker, mix, rgb
from nbkit.images.painter.dice import Dice
from nbkit.images.painter.land import SNOW, snowy
from nbkit.images.painter.light import Light
from nbkit.images.painter.scene import Scene

_WALLS = ("e8d8bc", "d9a982", "c9d2cc", "e4bf9c", "b9c4cf", "e2a08a")
_ROOFS = ("b4503c", "8f4a3c", "6a5a6a", "a8663c", "7a4a44")


@dataclass(frozen=True, slots=True)
class Plot:
    """Where a building stands and how large it is, in fractions; ``depth`` as everywhere."""

    x: float
    foot: float
    wide: float
    high: float
    depth: float


def panes(
    canvas: Canvas, light: Light, dice: Dice, plot: Plot, *, across: float, down: float
) -> None:
    """Paint windows in rows over a wall, so far apart; some are lit in the dark."""
    dark = light.on(rgb("5a6f86"), plot.depth)
    for row in range(int(plot.high / down)):
        for column in range(int(plot.wide / across)):
            # The same dice by day, so that nightfall moves nothing.
            lit, warmth = dice.chance(0.58), dice.roll()
            colour = dark
            if lit and light.dark > 0.3:
                colour = mix((255, 190, 92), (255, 236, 176), warmth)
                colour = mix(colour, light.haze, plot.depth * 0.35)
            x, y = plot.x + column * across, plot.foot - plot.high + row * down
            canvas.box(x, y, x + across * 0.55, y + down * 0.6, colour)


def house(canvas: Canvas, scene: Scene, light: Light, dice: Dice, plot: Plot) -> None:
    """Paint a house front with its roof; ``high`` is that of the wall."""
    x, foot, wide, high, depth = plot.x, plot.foot, plot.wide, plot.high, plot.depth
    wall = rgb(dice.pick(_WALLS))
    if scene.ground_colour is not None and scene.place in {"city", "village"}:
        wall = mix(wall, scene.ground_colour, 0.6)
    roof = mix(rgb(dice.pick(_ROOFS)), SNOW, 0.85 * snowy(scene))
    top, right = foot - high, x + wide
    canvas.box(x, top, right, foot, light.on(wall, depth))
    canvas.box(x + wide * 0.82, top, right, foot, light.on(darker(wall, 0.3), depth), 60)
    peak = top - wide * dice.between(0.35, 0.6)
    chimney = x + wide * 0.70
    brick = light.on(rgb("8a5a4c"), depth)
    canvas.box(chimney, peak + 0.05 * (top - peak), chimney + wide * 0.1, top, brick)
    eaves = top + 0.003
    middle = (x + wide / 2, peak)
    canvas.polygon([(x - 0.006, eaves), middle, (right + 0.006, eaves)], light.on(roof, depth))
    shade = light.on(darker(roof, 0.3), depth)
    canvas.polygon([middle, (right + 0.006, eaves), (x + wide * 0.72, eaves)], shade, 90)
    sill = foot - high * 0.22
    wall_plot = Plot(x + wide * 0.16, sill, wide * 0.84, sill - top - 0.018, depth)
    panes(canvas, light, dice, wall_plot, across=wide / 3.2, down=0.048)
    door = x + wide * dice.pick((0.2, 0.45, 0.62))
    paint = light.on(darker(rgb(dice.pick(_ROOFS)), 0.2), depth)
    canvas.box(door, foot - high * 0.26, door + wide * 0.16, foot, paint)
