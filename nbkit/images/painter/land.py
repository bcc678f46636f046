"""Ground that does not move: hills, mountains, woods, fields, dunes, snow."""

from __future__ import annotations

import math

from nbkit.images.painter.brush import Canvas, Point, height_at, roll
from nbkit.images.painter.colour import Colour, darker, lighter, mix, rgb, turned
from nbkit.images.painter.dice import Dice
from nbkit.images.painter.light import Light
from nbkit.images.painter.scene import Scene

_GRASS = {
    "": "7fae57",
    "summer": "86b552",
    "spring": "8fc46a",
    "autumn": "b5974a",
    "winter": "e8eef2",
}
_TREES = {
    "": ("3f7a4a", "4d8a4c", "2f6a4c"),
    "summer": ("3f7a4a", "4d8a4c", "2f6a4c"),
    "spring": ("f0a8c0", "f6c4d4", "7fb060"),
    "autumn": ("d9782e", "c24f2c", "e6ad3c"),
    "winter": ("8fa6a8", "a9bdc2", "6f8f92"),
}
SNOW = rgb("eef4f8")


def snowy(scene: Scene) -> float:
    """Tell how white the ground is."""
    if scene.place == "snowfield":
        return 0.95
    return 0.9 if scene.season == "winter" else (0.62 if scene.weather == "snow" else 0.0)


def grass(scene: Scene) -> Colour:
    """Choose the colour of what grows on the ground."""
    base = rgb(_GRASS[scene.season])
    if scene.ground_colour is not None and scene.place not in {"sea", "lake", "river"}:
        base = mix(base, scene.ground_colour, 0.8)
    return mix(base, SNOW, snowy(scene))


def leaves(scene: Scene, dice: Dice) -> Colour:
    """Choose the colour of one tree."""
    base = rgb(dice.pick(_TREES[scene.season]))
    if scene.ground_colour is not None and scene.place == "forest":
        base = mix(base, scene.ground_colour, 0.75)
    return mix(base, SNOW, 0.6 * snowy(scene))


def band(
    canvas: Canvas, line: list[Point], upper: Colour, lower: Colour, foot: float = 1.0
) -> None:
    """Fill from a line down to ``foot``, lighter along its upper edge."""
    canvas.ramp_polygon([*line, (1.0, foot), (0.0, foot)], [(0, upper), (1, lower)])


def mountains(canvas: Canvas, scene: Scene, light: Light, *, near: bool) -> None:
    """Paint three ranges into the haze, with snow on their summits."""
    horizon = scene.horizon
    tone = scene.ground_colour if near and scene.ground_colour else rgb("5f6f8c")
    for layer in range(3):
        dice = scene.dice("mountains", layer)
        tall = (0.40, 0.30, 0.15)[layer] * (1.0 if near else 0.82)
        depth = (0.85, 0.5, 0.3)[layer]
        base = horizon + 0.02
        colour = light.on(mix(tone, rgb("4a6a55"), 0.28 * layer), depth)
        peaks = _peaks(dice, base, tall, count=(4, 4, 7)[layer])
        line, owners = _profile(dice, peaks, base, slope=tall * (3.0, 3.4, 4.5)[layer])
        band(canvas, line, colour, mix(colour, light.haze, 0.5), horizon + 0.06)
        if layer == 2:
            continue
        for index, peak in enumerate(peaks):
            own = [point for point, owner in zip(line, owners, strict=True) if owner == index]
            if len(own) > 4:
                _relief(canvas, scene, light, own, peak=peak, base=base, depth=depth)


def _peaks(dice: Dice, base: float, tall: float, *, count: int) -> list[Point]:
    shift = dice.between(-0.1, 0.1)
    return [
        ((index + 0.5) / count + shift + dice.between(-0.3, 0.3) / count,
         base - tall * dice.between(0.55, 1.0))
        for index in range(count)
    ]  # fmt: skip


def _profile(
    dice: Dice, peaks: list[Point], base: float, *, slope: float
) -> tuple[list[Point], list[int]]:
    """Draw the skyline of peaks, and tell which peak each of its points belongs to."""
    line: list[Point] = []
    owners: list[int] = []
    steps = 110
    for step in range(steps + 1):
        x = step / steps
        heights = [y + slope * abs(x - peak_x) ** 0.92 for peak_x, y in peaks]
        owner = min(range(len(peaks)), key=heights.__getitem__)
        rough = 0.006 if abs(x - peaks[owner][0]) > 0.012 else 0.0
        line.append((x, min(heights[owner] + dice.between(-rough, rough), base)))
        owners.append(owner)
    return line, owners


def _relief(
    canvas: Canvas, scene: Scene, light: Light, own: list[Point], *, peak: Point, base: float,
    depth: float,
) -> None:  # fmt: skip
    """Lay snow on one summit, and the side away from the sun in shadow."""
    x, y = peak
    white = max(snowy(scene), 0.5)
    drop = (base - y) * (0.22 + 0.40 * white)
    cap = [point for point in own if point[1] < y + drop]
    if len(cap) > 2:
        left, right = cap[0], cap[-1]
        edge = [
            (right[0] + (left[0] - right[0]) * s / 7, y + drop * (0.55 if s % 2 else 1.0))
            for s in range(1, 7)
        ]
        canvas.polygon([*cap, *edge], light.on(SNOW, depth * 0.75), 240)
    away = 1 if scene.sun[0] < 0.5 else -1
    flank = [point for point in own if (point[0] - x) * away >= -0.005]
    if away < 0:
        flank.reverse()
    if len(flank) > 2:
        reach = flank[-1][0] - x
        ridge_line = [
            (x + reach * (0.10 + 0.30 * s / 5) + 0.014 * (-1) ** s, y + (base - y) * s / 5)
            for s in range(5, 0, -1)
        ]
        shade = mix(light.on(rgb("33456b"), depth * 0.6), light.haze, 0.15)
        canvas.polygon([(x, y), *flank, (flank[-1][0], base), *ridge_line], shade, 95)


def hills(
    canvas: Canvas, scene: Scene, light: Light, *, start: float, layers: int = 3
) -> list[Point]:
    """Paint rolling ground from the horizon to the foot; gives the nearest line back."""
    tone = grass(scene)
    line: list[Point] = []
    for layer in range(layers):
        dice = scene.dice("hills", layer)
        share = layer / max(layers - 1, 1)
        base = start + (0.02 + 0.17 * share)
        line = roll(dice, base, 0.035 * (1.2 - 0.6 * share), waves=1.1)
        depth = 0.75 * (1 - share) ** 1.3
        colour = turned(tone, 10 * (1 - share)) if layer else tone
        upper = light.on(lighter(colour, 0.16), depth)
        lower = light.on(darker(colour, 0.10 + 0.16 * share), depth * 0.8)
        band(canvas, line, upper, lower)
        if layer < layers - 1:
            _hedges(canvas, scene, light, line, dice=dice.fork("hedge"), depth=depth)
    return line


def _hedges(
    canvas: Canvas, scene: Scene, light: Light, line: list[Point], *, dice: Dice, depth: float
) -> None:
    """Small trees along a far crest."""
    for _ in range(dice.whole(4, 9)):
        x = dice.roll()
        y = height_at(line, x)
        size = dice.between(0.010, 0.022)
        colour = light.on(darker(leaves(scene, dice), 0.12), depth)
        for puff in range(3):
            canvas.dot(
                x + (puff - 1) * size * 0.8,
                y - size * (0.7 + 0.4 * (puff == 1)),
                size * 0.8,
                colour,
            )


def tufts(canvas: Canvas, scene: Scene, light: Light, *, top: float, flowers: int = 0) -> None:
    """Blades of grass in front, and flowers among them."""
    dice = scene.dice("tufts")
    tone = grass(scene)
    palette = [rgb(code) for code in ("f2c84a", "f6f2e8", "e0607a", "b07ad0", "f08a4a")]
    if scene.accent is not None:
        palette = [scene.accent, lighter(scene.accent, 0.4)]
    for _ in range(60):
        x, y = dice.roll(), dice.between(top, 1.0)
        size = 0.006 + 0.02 * (y - top) / max(1 - top, 0.01)
        colour = light.on(lighter(tone, 0.18) if dice.chance(0.5) else darker(tone, 0.22))
        lean = dice.between(-0.5, 0.5) + (0.6 if scene.wind else 0.0)
        for blade in (-1, 0, 1):
            canvas.line(
                [(x + blade * size * 0.35, y), (x + (blade * 0.7 + lean) * size, y - size * 1.5)],
                0.0022,
                colour,
            )
    for _ in range(flowers if snowy(scene) < 0.5 else 0):
        x, y = dice.roll(), dice.between(top, 1.0)
        size = 0.002 + 0.0064 * (y - top) / max(1 - top, 0.01)
        canvas.line([(x, y), (x, y + size * 4)], 0.002, light.on(darker(tone, 0.3)))
        bloom(canvas, (x, y), size, light.on(dice.pick(palette)), light.on(rgb("f6d86a")))


def bloom(canvas: Canvas, place: Point, size: float, petals: Colour, eye: Colour) -> None:
    """Paint a small flower of four petals; ``size`` is a petal's radius."""
    x, y = place
    to_x, to_y = size * canvas.unit / canvas.width, size * canvas.unit / canvas.height
    for across, down in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        canvas.dot(x + across * to_x, y + down * to_y, size, petals)
    canvas.dot(x, y, size * 0.7, eye)


def path(canvas: Canvas, scene: Scene, light: Light, *, top: float) -> None:
    """Paint a way winding from the foot to the crest."""
    dice = scene.dice("path")
    end, start = dice.between(0.35, 0.65), dice.between(0.3, 0.7)
    left: list[Point] = []
    right: list[Point] = []
    for step in range(13):
        share = step / 12
        y = 1.0 - (1.0 - top) * share
        x = (
            start
            + (end - start) * share
            + 0.10 * (1 - share) * (1 if end > start else -1) * (4 * share * (1 - share))
        )
        half = 0.10 * (1 - share) ** 1.7 + 0.006
        left.append((x - half, y))
        right.append((x + half, y))
    tone = mix(rgb("dcc490"), SNOW, 0.7 * snowy(scene))
    canvas.ramp_polygon(
        [*left, *reversed(right)], [(0, light.on(lighter(tone, 0.2), 0.3)), (1, light.on(tone))]
    )


def dunes(canvas: Canvas, scene: Scene, light: Light) -> None:
    """Sand in waves, each with a lit side and a shadowed one."""
    tone = scene.ground_colour or rgb("e6b673")
    tone = mix(tone, SNOW, 0.7 * snowy(scene))
    for layer in range(4):
        dice = scene.dice("dunes", layer)
        share = layer / 3
        line = roll(dice, scene.horizon + 0.30 * share**1.2, 0.05 - 0.015 * share, waves=0.9)
        depth = 0.7 * (1 - share)
        band(
            canvas, line, light.on(lighter(tone, 0.22), depth), light.on(darker(tone, 0.12), depth)
        )
        crest = dice.between(0.05, 0.6)
        top = [(crest + s * 0.04, height_at(line, crest + s * 0.04)) for s in range(11)]
        foot = [
            (x + 0.02, y + 0.085 * math.sin(math.pi * (0.12 + 0.88 * s / 10)) * (1 - 0.3 * depth))
            for s, (x, y) in enumerate(top)
        ]
        shade = [*top, *reversed(foot)]
        canvas.polygon(shade, light.on(darker(tone, 0.32), depth), 85)


def crust(canvas: Canvas, scene: Scene, light: Light) -> None:
    """Paint a small world's ground among the stars, with craters."""
    if not any(figure.stand in {"ground", "back"} for figure in scene.figures):
        return
    dice = scene.dice("crust")
    tone = scene.ground_colour or dice.pick((rgb("a8a6b4"), rgb("b58a78"), rgb("8fa0b5")))
    for layer in range(2):
        line = [
            (x, y + 0.10 * (2 * x - 1) ** 2)
            for x, y in roll(dice.fork(layer), scene.horizon - 0.05 + 0.10 * layer, 0.012)
        ]
        band(
            canvas, line, light.on(lighter(tone, 0.15 - 0.1 * layer)), light.on(darker(tone, 0.55))
        )
    for _ in range(9):
        x, y = dice.roll(), dice.between(scene.horizon + 0.08, 1.0)
        size = dice.between(0.012, 0.05)
        canvas.oval(x, y, size, size * 0.32, light.on(darker(tone, 0.45)))
        canvas.oval(x, y + size * 0.07, size * 0.9, size * 0.25, light.on(darker(tone, 0.25)))
