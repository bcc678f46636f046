"""Where people live: city streets and villages."""

from __future__ import annotations

from nbkit.images.painter.brush import Canvas, height_at
from nbkit.images.painter.colour import Colour, darker, lighter, mix, rgb
from nbkit.images.painter.dice import Dice
from nbkit.images.painter.houses import Plot, house, panes
from nbkit.images.painter.land import SNOW, hills, leaves, snowy
from nbkit.images.painter.light import Light
from nbkit.images.painter.scene import Scene

_TOWERS = ("8794a8", "a89a96", "7f8fa0", "b0a49a", "6f7f96")


def skyline(
    canvas: Canvas, scene: Scene, light: Light, *, foot: float, tall: float, depth: float, key: int
) -> None:
    """Paint a row of towers from edge to edge."""
    dice = scene.dice("skyline", key)
    x = -0.03
    while x < 1.0:
        wide, high = dice.between(0.06, 0.13), tall * dice.between(0.4, 1.0)
        tone = rgb(dice.pick(_TOWERS))
        if scene.ground_colour is not None and scene.place == "city":
            tone = mix(tone, scene.ground_colour, 0.6)
        colour = light.on(tone, depth)
        top = foot - high
        canvas.ramp_polygon(
            [(x, top), (x + wide, top), (x + wide, foot), (x, foot)],
            [(0, colour), (1, mix(colour, light.haze, 0.25))],
        )
        _top(canvas, Plot(x, top, wide, high, depth), colour, style=dice.whole(0, 4))
        if snowy(scene):
            canvas.line([(x, top), (x + wide, top)], 0.008, light.on(SNOW, depth))
        if depth < 0.8:
            wall = Plot(x + wide * 0.14, foot, wide * 0.9, high - 0.02, depth)
            panes(canvas, light, dice.fork(x), wall, across=wide / 4.4, down=0.034)
        x += wide * dice.between(0.92, 1.1)


def _top(canvas: Canvas, plot: Plot, colour: Colour, *, style: int) -> None:
    """Paint what ends a tower: a point, a mast, a step or nothing."""
    x, top, wide = plot.x, plot.foot, plot.wide
    middle = x + wide / 2
    if style == 0:
        canvas.polygon([(x, top), (middle, top - 0.05), (x + wide, top)], darker(colour, 0.1))
    elif style == 1:
        canvas.line([(middle, top), (middle, top - 0.06)], 0.004, colour)
    elif style == 2:
        canvas.box(x + wide * 0.2, top - 0.03, x + wide * 0.8, top, colour)


def city(canvas: Canvas, scene: Scene, light: Light) -> None:
    """Paint towers behind, houses nearer, and a street."""
    foot = scene.horizon + 0.06
    skyline(canvas, scene, light, foot=foot, tall=0.46, depth=0.9, key=0)
    skyline(canvas, scene, light, foot=foot, tall=0.34, depth=0.5, key=1)
    dice = scene.dice("terrace")
    x = -0.02
    while x < 1.0:
        wide, high = dice.between(0.11, 0.16), dice.between(0.13, 0.20)
        house(canvas, scene, light, dice.fork(x), Plot(x, foot, wide, high, 0.18))
        x += wide
    _street_trees(canvas, scene, light, foot)
    _street(canvas, scene, light, foot)


def _street(canvas: Canvas, scene: Scene, light: Light, foot: float) -> None:
    """Paint pavement and road, shining when they are wet or lit."""
    road = mix(rgb("6d6f7a"), SNOW, 0.75 * snowy(scene))
    wet = scene.weather in {"rain", "storm"}
    top = light.on(lighter(road, 0.12), 0.2)
    far = mix(top, light.low, 0.45) if wet else top
    canvas.ramp((0, foot, 1, 1), [(0, far), (1, light.on(darker(road, 0.25)))])
    kerb = light.on(rgb("b9b2a8"), 0.2), light.on(rgb("9a948c"), 0.1)
    canvas.ramp((0, foot, 1, foot + 0.035), [(0, kerb[0]), (1, kerb[1])])
    for step in range(5):
        x = 0.04 + step * 0.22
        stripe = [(x, 0.90), (x + 0.12, 0.90), (x + 0.13, 0.915), (x + 0.005, 0.915)]
        canvas.polygon(stripe, light.on(rgb("e9e4d4")), 150)
    lamps = mix((255, 205, 120), light.low, 0.4)
    shine = lamps if light.dark > 0.3 else lighter(light.low, 0.2)
    dice = scene.dice("wet")
    for _ in range(26 if wet else (12 if light.dark > 0.5 else 0)):
        x, y = dice.roll(), dice.between(foot + 0.05, 0.99)
        canvas.oval(x, y, dice.between(0.02, 0.06), 0.003, shine, 70)


def _street_trees(canvas: Canvas, scene: Scene, light: Light, foot: float) -> None:
    """Paint a few small trees along the pavement."""
    dice = scene.dice("street trees")
    for index in range(4):
        x, size = (index + dice.between(0.2, 0.8)) / 4, dice.between(0.030, 0.040)
        canvas.line([(x, foot + 0.012), (x, foot - 0.06)], 0.007, light.on(rgb("5d4434"), 0.15))
        colour = light.on(leaves(scene, dice), 0.15)
        for across, down in ((-0.5, 0.0), (0.5, 0.05), (0.0, -0.6)):
            canvas.dot(x + across * size, foot - 0.075 + down * size, size * 0.75, colour)
        canvas.dot(x - 0.008, foot - 0.095, size * 0.4, lighter(colour, 0.15))


def cluster(
    canvas: Canvas, scene: Scene, light: Light, *, foot: float, depth: float, size: float = 1.0
) -> None:
    """Paint eight houses about a steeple, as far off as ``depth`` says."""
    dice = scene.dice("cluster", depth)
    for index, x in enumerate(sorted(dice.fork(each).between(0.02, 0.88) for each in range(8))):
        own = dice.fork("house", index)
        lift = own.between(0.0, 0.035)
        wide, high = size * own.between(0.065, 0.10), size * own.between(0.05, 0.08)
        plot = Plot(x, foot - lift, wide, high + lift, depth)
        if index == 4:
            _steeple(canvas, light, plot, size)
        else:
            house(canvas, scene, light, own, plot)


def _steeple(canvas: Canvas, light: Light, plot: Plot, size: float) -> None:
    right, top = plot.x + plot.wide * 0.4, plot.foot - size * 0.20
    canvas.box(plot.x, top, right, plot.foot, light.on(rgb("ddd2c0"), plot.depth))
    point = ((plot.x + right) / 2, top - size * 0.10)
    roof = light.on(rgb("6d5a6a"), plot.depth)
    canvas.polygon([(plot.x - 0.006, top), point, (right + 0.006, top)], roof)


def village(canvas: Canvas, scene: Scene, light: Light) -> None:
    """Paint houses on rolling ground."""
    line = hills(canvas, scene, light, start=scene.horizon - 0.03, layers=2)
    cluster(canvas, scene, light, foot=scene.horizon + 0.045, depth=0.45, size=0.9)
    hills(canvas, scene, light, start=scene.horizon + 0.03, layers=2)
    dice: Dice = scene.dice("village")
    for index in range(5):
        x = dice.between(0.0, 0.95)
        plot = Plot(x, height_at(line, x) - 0.02, 0.13, 0.11, 0.15)
        house(canvas, scene, light, dice.fork(index), plot)
