"""Where people live: city streets, villages and gardens."""

from __future__ import annotations

from nbkit.images.painter.brush import Canvas, height_at
from nbkit.images.painter.colour import Colour, darker, lighter, mix, rgb
from nbkit.images.painter.dice import Dice
from nbkit.images.painter.land import SNOW, grass, hills, leaves, snowy
from nbkit.images.painter.light import Light
from nbkit.images.painter.scene import Scene

_HOUSES = ("e8d8bc", "d9a982", "c9d2cc", "e4bf9c", "b9c4cf", "e2a08a")
_ROOFS = ("b4503c", "8f4a3c", "6a5a6a", "a8663c", "7a4a44")
_TOWERS = ("8794a8", "a89a96", "7f8fa0", "b0a49a", "6f7f96")


def _panes(
    canvas: Canvas, light: Light, dice: Dice, box: tuple[float, float, float, float],
    size: tuple[float, float], depth: float,
) -> None:  # fmt: skip
    """Windows in rows; some are lit in the dark."""
    left, top, right, bottom = box
    across, down = size
    dark = light.on(rgb("5a6f86"), depth)
    y = top
    while y + down * 0.6 < bottom:
        x = left
        while x + across * 0.55 <= right:
            lit = light.dark > 0.3 and dice.chance(0.58)
            colour = mix((255, 190, 92), (255, 236, 176), dice.roll()) if lit else dark
            colour = mix(colour, light.haze, depth * 0.35) if lit else colour
            canvas.polygon(
                [
                    (x, y),
                    (x + across * 0.55, y),
                    (x + across * 0.55, y + down * 0.6),
                    (x, y + down * 0.6),
                ],
                colour,
            )
            x += across
        y += down


def skyline(
    canvas: Canvas, scene: Scene, light: Light, *, foot: float, tall: float, depth: float, key: int
) -> None:
    """Paint a row of towers from edge to edge."""
    dice = scene.dice("skyline", key)
    x = -0.03
    while x < 1.0:
        wide = dice.between(0.06, 0.13)
        high = tall * dice.between(0.4, 1.0)
        tone = rgb(dice.pick(_TOWERS))
        if scene.ground_colour is not None and scene.place == "city":
            tone = mix(tone, scene.ground_colour, 0.6)
        colour = light.on(tone, depth)
        top = foot - high
        canvas.ramp_polygon(
            [(x, top), (x + wide, top), (x + wide, foot), (x, foot)],
            [(0, colour), (1, mix(colour, light.haze, 0.25))],
        )
        style = dice.whole(0, 4)
        if style == 0:
            canvas.polygon(
                [(x, top), (x + wide / 2, top - 0.05), (x + wide, top)], darker(colour, 0.1)
            )
        elif style == 1:
            canvas.line([(x + wide / 2, top), (x + wide / 2, top - 0.06)], 0.004, colour)
        elif style == 2:
            canvas.polygon(
                [
                    (x + wide * 0.2, top),
                    (x + wide * 0.2, top - 0.03),
                    (x + wide * 0.8, top - 0.03),
                    (x + wide * 0.8, top),
                ],
                colour,
            )
        if snowy(scene):
            canvas.line([(x, top), (x + wide, top)], 0.008, light.on(SNOW, depth))
        if depth < 0.8:
            _panes(
                canvas,
                light,
                dice,
                (x + wide * 0.14, top + 0.02, x + wide * 0.94, foot),
                (wide / 4.4, 0.034),
                depth,
            )
        x += wide * dice.between(0.92, 1.1)


def city(canvas: Canvas, scene: Scene, light: Light) -> None:
    """Towers behind, houses nearer, and a street."""
    foot = scene.horizon + 0.06
    skyline(canvas, scene, light, foot=foot, tall=0.46, depth=0.9, key=0)
    skyline(canvas, scene, light, foot=foot, tall=0.34, depth=0.5, key=1)
    _terrace(canvas, scene, light, foot)
    road = mix(rgb("6d6f7a"), SNOW, 0.75 * snowy(scene))
    wet = scene.weather in {"rain", "storm"}
    top = light.on(lighter(road, 0.12), 0.2)
    canvas.ramp(
        (0, foot, 1, 1),
        [(0, mix(top, light.low, 0.45) if wet else top), (1, light.on(darker(road, 0.25)))],
    )
    canvas.ramp(
        (0, foot, 1, foot + 0.035),
        [(0, light.on(rgb("b9b2a8"), 0.2)), (1, light.on(rgb("9a948c"), 0.1))],
    )
    for step in range(5):
        x = 0.04 + step * 0.22
        canvas.polygon(
            [(x, 0.90), (x + 0.12, 0.90), (x + 0.13, 0.915), (x + 0.005, 0.915)],
            light.on(rgb("e9e4d4")),
            150,
        )
    if wet or light.dark > 0.5:
        dice = scene.dice("wet")
        for _ in range(26 if wet else 12):
            x, y = dice.roll(), dice.between(foot + 0.05, 0.99)
            shine = (
                mix((255, 205, 120), light.low, 0.4)
                if light.dark > 0.3
                else lighter(light.low, 0.2)
            )
            canvas.oval(x, y, dice.between(0.02, 0.06), 0.003, shine, 70)


def _terrace(canvas: Canvas, scene: Scene, light: Light, foot: float) -> None:
    """Paint a row of old houses along the street."""
    dice = scene.dice("terrace")
    x = -0.02
    while x < 1.0:
        wide, high = dice.between(0.11, 0.16), dice.between(0.13, 0.20)
        _gable(canvas, scene, light, dice, x, foot, wide, high, 0.18)
        x += wide


def _gable(
    canvas: Canvas, scene: Scene, light: Light, dice: Dice, x: float, foot: float, wide: float,
    high: float, depth: float,
) -> None:  # fmt: skip
    """Paint a house front with its roof."""
    wall = rgb(dice.pick(_HOUSES))
    if scene.ground_colour is not None and scene.place in {"city", "village"}:
        wall = mix(wall, scene.ground_colour, 0.6)
    roof: Colour = mix(rgb(dice.pick(_ROOFS)), SNOW, 0.85 * snowy(scene))
    top = foot - high
    canvas.polygon([(x, top), (x + wide, top), (x + wide, foot), (x, foot)], light.on(wall, depth))
    canvas.polygon(
        [(x + wide * 0.82, top), (x + wide, top), (x + wide, foot), (x + wide * 0.82, foot)],
        light.on(darker(wall, 0.3), depth),
        60,
    )
    peak = wide * dice.between(0.35, 0.6)
    chimney = x + wide * 0.70
    canvas.polygon(
        [
            (chimney, top - peak * 0.95),
            (chimney + wide * 0.1, top - peak * 0.95),
            (chimney + wide * 0.1, top),
            (chimney, top),
        ],
        light.on(rgb("8a5a4c"), depth),
    )
    canvas.polygon(
        [(x - 0.006, top + 0.003), (x + wide / 2, top - peak), (x + wide + 0.006, top + 0.003)],
        light.on(roof, depth),
    )
    canvas.polygon(
        [
            (x + wide / 2, top - peak),
            (x + wide + 0.006, top + 0.003),
            (x + wide * 0.72, top + 0.003),
        ],
        light.on(darker(roof, 0.3), depth),
        90,
    )
    _panes(
        canvas,
        light,
        dice,
        (x + wide * 0.16, top + 0.018, x + wide * 0.95, foot - high * 0.22),
        (wide / 3.2, 0.048),
        depth,
    )
    door = x + wide * dice.pick((0.2, 0.45, 0.62))
    canvas.polygon(
        [
            (door, foot - high * 0.26),
            (door + wide * 0.16, foot - high * 0.26),
            (door + wide * 0.16, foot),
            (door, foot),
        ],
        light.on(darker(rgb(dice.pick(_ROOFS)), 0.2), depth),
    )


def cluster(
    canvas: Canvas,
    scene: Scene,
    light: Light,
    *,
    foot: float,
    count: int,
    depth: float,
    size: float = 1.0,
) -> None:
    """Houses about a steeple, as far off as ``depth`` says."""
    dice = scene.dice("cluster", depth)
    order = sorted(dice.fork(index).between(0.02, 0.88) for index in range(count))
    for index, x in enumerate(order):
        roll = dice.fork("house", index)
        lift = roll.between(0.0, 0.035)
        wide, high = size * roll.between(0.065, 0.10), size * roll.between(0.05, 0.08)
        if index == count // 2:
            tall = size * 0.20
            colour = light.on(rgb("ddd2c0"), depth)
            canvas.polygon(
                [
                    (x, foot - tall),
                    (x + wide * 0.4, foot - tall),
                    (x + wide * 0.4, foot),
                    (x, foot),
                ],
                colour,
            )
            canvas.polygon(
                [
                    (x - 0.006, foot - tall),
                    (x + wide * 0.2, foot - tall - size * 0.10),
                    (x + wide * 0.4 + 0.006, foot - tall),
                ],
                light.on(rgb("6d5a6a"), depth),
            )
            continue
        _gable(canvas, scene, light, roll, x, foot - lift, wide, high + lift, depth)


def village(canvas: Canvas, scene: Scene, light: Light) -> None:
    """Houses on rolling ground."""
    line = hills(canvas, scene, light, start=scene.horizon - 0.03, layers=2)
    cluster(canvas, scene, light, foot=scene.horizon + 0.045, count=8, depth=0.45, size=0.9)
    hills(canvas, scene, light, start=scene.horizon + 0.03, layers=2)
    dice = scene.dice("village")
    for index in range(5):
        x = dice.between(0.0, 0.95)
        _gable(
            canvas, scene, light, dice.fork(index), x, height_at(line, x) - 0.02, 0.13, 0.11, 0.15
        )


def garden(canvas: Canvas, scene: Scene, light: Light) -> None:
    """Paint a hedge, lawns and beds in bloom."""
    dice = scene.dice("garden")
    tone = grass(scene)
    horizon = scene.horizon
    for index in range(12):
        x = index / 11 + dice.between(-0.03, 0.03)
        size = dice.between(0.05, 0.10)
        colour = light.on(darker(leaves(scene, dice), 0.08), 0.5)
        for across, down in ((-0.5, 0.2), (0.5, 0.2), (0.0, -0.3)):
            canvas.dot(x + across * size, horizon - size * 0.3 + down * size, size * 0.7, colour)
    canvas.ramp(
        (0, horizon, 1, 1),
        [(0, light.on(lighter(tone, 0.18), 0.3)), (1, light.on(darker(tone, 0.2)))],
    )
    hedge = mix(rgb("4f8050"), SNOW, 0.6 * snowy(scene))
    canvas.ramp(
        (0, horizon - 0.055, 1, horizon + 0.02),
        [(0, light.on(lighter(hedge, 0.15), 0.3)), (1, light.on(darker(hedge, 0.2), 0.2))],
    )
    palette = [rgb(code) for code in ("e0506a", "f2c84a", "f6f2e8", "b07ad0", "f08a4a", "e58fc0")]
    if scene.accent is not None:
        palette = [scene.accent, lighter(scene.accent, 0.35), darker(scene.accent, 0.15)]
    for row in range(3):
        y = horizon + (0.06, 0.15, 0.42)[row]
        size = (0.011, 0.016, 0.024)[row]
        for side in (
            ((0.0, 1.0), (0.0, 0.34), (0.0, 1.0))[row : row + 1]
            if row != 1
            else ((0.0, 0.30), (0.70, 1.0))
        ):
            x = side[0]
            while x < side[1]:
                lift = dice.between(-0.012, 0.012)
                canvas.dot(x, y + lift + size, size * 1.5, light.on(darker(tone, 0.32)))
                if snowy(scene) < 0.7 and dice.chance(0.8):
                    colour = light.on(dice.pick(palette))
                    for across, down in ((-1, 0), (1, 0), (0, -1), (0, 1)):
                        canvas.dot(
                            x + across * size * 0.5,
                            y + lift + down * size * 0.5,
                            size * 0.5,
                            colour,
                        )
                    canvas.dot(x, y + lift, size * 0.35, light.on(rgb("f6d86a")))
                x += size * 1.7
