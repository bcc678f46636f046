"""Trees by the dozen: a forest, and trees along a field or a shore."""

from __future__ import annotations

from nbkit.images.painter.brush import Canvas, Point, height_at, roll
from nbkit.images.painter.colour import Colour, darker, lighter, mix, rgb
from nbkit.images.painter.dice import Dice
from nbkit.images.painter.land import SNOW, band, grass, leaves, snowy
from nbkit.images.painter.light import Light
from nbkit.images.painter.scene import Scene

BARK = rgb("5d4434")


def _pine(
    canvas: Canvas, place: Point, tall: float, colour: Colour, *, snow: Colour | None
) -> None:
    """Paint a pine of stacked tiers; ``tall`` is in units."""
    x, foot = place
    to_x, to_y = canvas.unit / canvas.width, canvas.unit / canvas.height
    for tier in range(4):
        top = foot - tall * (1 - 0.20 * tier) * to_y
        bottom = foot - tall * (0.60 - 0.18 * tier) * to_y
        wide = tall * (0.11 + 0.055 * tier) * to_x
        canvas.polygon([(x, top), (x + wide, bottom), (x - wide, bottom)], colour)
        if snow is not None:
            middle, low = (top + bottom) / 2, (top + bottom * 2) / 3
            drift = bottom - 0.3 * (bottom - top)
            canvas.polygon(
                [(x, top), (x + wide * 0.5, middle), (x, drift), (x - wide * 0.7, low)], snow, 200
            )
        colour = lighter(colour, 0.03)


def _round(
    canvas: Canvas, place: Point, tall: float, colour: Colour, *, bark: Colour, dice: Dice
) -> None:
    """Paint a broad-leaved tree; ``tall`` is in units."""
    x, foot = place
    to_x, to_y = tall * canvas.unit / canvas.width, tall * canvas.unit / canvas.height
    top = foot - 0.6 * to_y
    canvas.polygon(
        [(x - 0.022 * to_x, top), (x + 0.022 * to_x, top), (x + 0.04 * to_x, foot),
         (x - 0.04 * to_x, foot)],
        bark,
    )  # fmt: skip
    puffs = [
        (x + dice.between(-0.20, 0.20) * to_x, foot - dice.between(0.52, 0.86) * to_y,
         tall * dice.between(0.12, 0.19))
        for _ in range(7)
    ]  # fmt: skip
    for px, py, r in puffs:
        canvas.dot(px, py + 0.02 * to_y, r, darker(colour, 0.12))
    for px, py, r in puffs:
        canvas.dot(px - 0.012 * to_x, py - 0.012 * to_y, r * 0.9, colour)
    for px, py, r in puffs[:4]:
        canvas.dot(px - 0.03 * to_x, py - 0.04 * to_y, r * 0.5, lighter(colour, 0.06))


def tree_row(
    canvas: Canvas, scene: Scene, light: Light, dice: Dice, *, foot: float, tall: float,
    depth: float, count: int, pines: bool,
) -> None:  # fmt: skip
    """Paint a row of trees from edge to edge."""
    line = roll(dice, foot, 0.012, waves=1.6)
    white = snowy(scene)
    for index in range(count):
        x = (index + dice.between(0.1, 0.9)) / count * 1.1 - 0.05
        high = tall * dice.between(0.72, 1.2)
        base = height_at(line, x) + 0.012
        tone = leaves(scene, dice)
        if pines:
            tone = mix(rgb("2f6a4c"), tone, 0.75 if scene.ground_colour else 0.3)
            colour = light.on(darker(mix(tone, SNOW, 0.25 * white), 0.14), depth)
            snow = light.on(SNOW, depth) if white else None
            _pine(canvas, (x, base), high, colour, snow=snow)
        else:
            bark = light.on(BARK, depth)
            own = dice.fork(index)
            _round(canvas, (x, base), high, light.on(tone, depth), bark=bark, dice=own)


def forest(canvas: Canvas, scene: Scene, light: Light) -> None:
    """Rows of trees into the haze, light falling in, and a clearing in front."""
    dice = scene.dice("forest")
    pines = dice.chance(0.5) if not scene.season or scene.season == "winter" else False
    horizon = scene.horizon
    ground = grass(scene)
    line = roll(dice.fork("floor"), horizon - 0.02, 0.01)
    band(
        canvas, line, light.on(mix(ground, rgb("6f7f4c"), 0.3), 0.75), light.on(darker(ground, 0.2))
    )
    for layer in range(3):
        depth = 0.95 - 0.33 * layer
        tree_row(
            canvas, scene, light, dice.fork(layer), foot=horizon + 0.05 * layer - 0.01,
            tall=0.34 + 0.09 * layer, depth=depth, count=15 - 4 * layer,
            pines=pines and (layer != 1 or dice.fork("mix").chance(0.5)),
        )  # fmt: skip
        lower = roll(dice.fork("ground", layer), horizon + 0.05 * layer + 0.015, 0.008)
        band(
            canvas,
            lower,
            light.on(lighter(ground, 0.06), depth * 0.7),
            light.on(darker(ground, 0.22), depth * 0.3),
        )
    if scene.weather in {"fair", "clear", "fog"} and scene.time not in {"night", "dusk"}:
        _shafts(canvas, scene, light)


def _shafts(canvas: Canvas, scene: Scene, light: Light) -> None:
    """Paint beams of light between the crowns."""
    dice = scene.dice("shafts")
    lean = 0.22 if scene.sun[0] < 0.5 else -0.22
    for _ in range(5):
        x, wide = dice.between(0.1, 0.9), dice.between(0.015, 0.05)
        start, end = 0.0, scene.horizon + 0.12
        canvas.polygon(
            [(x - lean, start), (x - lean + wide, start), (x + lean + wide * 2.2, end),
             (x + lean - wide, end)],
            lighter(light.source, 0.2), 20,
        )  # fmt: skip


def frame(canvas: Canvas, scene: Scene, light: Light) -> None:
    """Dark trunks and boughs at both edges, nearer than everything."""
    dice = scene.dice("frame")
    bark = light.on(darker(mix(BARK, SNOW, 0.15 * snowy(scene)), 0.5))
    tone = light.on(darker(leaves(scene, dice), 0.5))
    for side in (0.0, 1.0):
        sign = 1 if side == 0.0 else -1
        wide = dice.between(0.035, 0.06)
        canvas.polygon(
            [(side - sign * 0.03, 0.0), (side + sign * wide * 0.8, 0.0), (side + sign * wide, 0.6),
             (side + sign * wide * 1.7, 1.0), (side - sign * 0.03, 1.0)], bark,
        )  # fmt: skip
        for _ in range(20):
            x = side + sign * dice.roll() ** 1.4 * 0.24
            y = dice.roll() ** 1.6 * 0.24 * (1.25 - abs(x - side) * 4)
            canvas.dot(x, y, dice.between(0.014, 0.036), tone)
            if dice.chance(0.5):
                canvas.dot(x - 0.006, y - 0.006, 0.012, lighter(tone, 0.08))
