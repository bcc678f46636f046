"""Water, and what lies at it: the sea, beaches, lakes, rivers, and the world beneath."""

from __future__ import annotations

import math

from PIL import Image, ImageFilter

from nbkit.images.painter.brush import Canvas, Point, roll
from nbkit.images.painter.colour import Colour, darker, lighter, mix, rgb
from nbkit.images.painter.land import SNOW, grass, snowy
from nbkit.images.painter.light import Light
from nbkit.images.painter.scene import Box, Scene, river_course
from nbkit.images.painter.sky import sun_place

SEA = rgb("2f7f9f")


def _colours(scene: Scene, light: Light) -> tuple[Colour, Colour]:
    """Choose the water's colours, far and near: it mirrors the sky."""
    tone = (
        scene.ground_colour
        if scene.ground_colour and scene.place in {"sea", "lake", "river", "beach"}
        else SEA
    )
    far = mix(light.on(lighter(tone, 0.25), 0.3), light.low, 0.45)
    near = mix(light.on(darker(tone, 0.25)), light.top, 0.25)
    return far, near


def sea(canvas: Canvas, scene: Scene, light: Light, *, foot: float = 1.0) -> None:
    """Open water from the horizon down, with the light's path on it and waves."""
    far, near = _colours(scene, light)
    top = scene.horizon
    canvas.ramp((0, top, 1, foot), [(0, far), (0.25, mix(far, near, 0.45)), (1, near)])
    canvas.line([(0, top), (1, top)], 0.002, lighter(far, 0.25), 80)
    glitter(canvas, scene, light, foot=foot)
    waves(canvas, scene, light, top=top, foot=foot, far=far)


def glitter(canvas: Canvas, scene: Scene, light: Light, *, foot: float) -> None:
    """Paint the light's path on the water."""
    if scene.weather in {"rain", "storm", "fog", "clouds", "snow"}:
        return
    dice, top = scene.dice("glitter"), scene.horizon
    x, _ = sun_place(scene)
    tone = mix(light.source, (255, 255, 240), 0.25)
    for step in range(46):
        share = (step / 45) ** 1.35
        y = top + (foot - top) * share
        wide = (0.012 + 0.075 * share) * dice.between(0.4, 1.2)
        away = dice.between(-1, 1) * (0.012 + 0.06 * share)
        canvas.oval(
            x + away, y, wide, 0.0016 + 0.0022 * share, tone, round(190 * (1 - 0.75 * share))
        )


def waves(
    canvas: Canvas, scene: Scene, light: Light, *, top: float, foot: float, far: Colour
) -> None:
    """Crests that grow towards the foot, foaming in wind."""
    dice = scene.dice("waves")
    rough = scene.wind
    crest = lighter(far, 0.28)
    for index in range(80):
        share = dice.roll() ** 0.8
        y = top + 0.012 + (foot - top) * share
        wide = (0.008 + 0.045 * share) * dice.between(0.6, 1.5)
        x = dice.roll()
        bend = wide * (0.5 if rough else 0.16)
        points = [
            (x - wide + 2 * wide * s / 8, y - bend * math.sin(s / 8 * math.pi)) for s in range(9)
        ]
        white = rough and index % 3 == 0
        colour = light.on((246, 250, 250)) if white else crest
        canvas.line(
            points, 0.0014 + 0.0026 * share * (2 if white else 1), colour, 210 if white else 120
        )


def swell(canvas: Canvas, scene: Scene, light: Light) -> None:
    """Paint rolling waves in front, for a wind or a storm; painted after what floats."""
    far, near = _colours(scene, light)
    for layer in range(2):
        line = roll(scene.dice("swell", layer), 0.90 + 0.06 * layer, 0.022, waves=2.6)
        colour = mix(far, near, 0.55 + 0.3 * layer)
        canvas.ramp_polygon(
            [*line, (1, 1), (0, 1)], [(0, lighter(colour, 0.12)), (1, darker(colour, 0.12))]
        )
        canvas.line(line, 0.004, light.on((246, 250, 250)), 190)


def beach(canvas: Canvas, scene: Scene, light: Light) -> None:
    """Paint the sea, its foam, and sand in front."""
    sea(canvas, scene, light)
    dice = scene.dice("beach")
    sand = mix(scene.ground_colour or rgb("ecd3a0"), SNOW, 0.7 * snowy(scene))
    lean = 0.07 * (1 if dice.chance(0.5) else -1)
    edge = [(x, y + lean * (x - 0.5)) for x, y in roll(dice, 0.70, 0.022, waves=1.2)]
    for offset, colour, alpha in (
        (-0.030, light.on(rgb("f4fafa")), 90), (-0.016, light.on(rgb("fbfdfc")), 235),
        (0.004, light.on(darker(sand, 0.2)), 255),
    ):  # fmt: skip
        canvas.polygon([*[(x, y + offset) for x, y in edge], (1, 1), (0, 1)], colour, alpha)
    canvas.ramp_polygon(
        [*[(x, y + 0.03) for x, y in edge], (1, 1), (0, 1)],
        [
            (0, light.on(darker(sand, 0.06))),
            (0.3, light.on(sand)),
            (1, light.on(darker(sand, 0.12))),
        ],
    )
    for _ in range(70):
        x, y = dice.roll(), dice.between(0.80, 1.0)
        canvas.oval(x, y, 0.004, 0.0016, light.on(darker(sand, dice.between(0.1, 0.3))), 130)
    for _ in range(5):
        x, y = dice.roll(), dice.between(0.84, 0.97)
        canvas.oval(
            x, y, 0.010, 0.006, light.on(dice.pick((rgb("f6efe4"), rgb("e8b8a0"), rgb("b5a494"))))
        )


def shore(canvas: Canvas, scene: Scene, light: Light) -> None:
    """Paint a bank in front for what cannot float."""
    line = roll(scene.dice("shore"), 0.88, 0.014, waves=0.8)
    tone = grass(scene)
    canvas.polygon([*[(x, y - 0.012) for x, y in line], (1, 1), (0, 1)], light.on(rgb("d8c090")))
    canvas.ramp_polygon(
        [*line, (1, 1), (0, 1)],
        [(0, light.on(lighter(tone, 0.12))), (1, light.on(darker(tone, 0.25)))],
    )


def islet(canvas: Canvas, scene: Scene, light: Light, box: Box) -> None:
    """Paint a rock in the sea, under something that needs ground."""
    dice = scene.dice("islet")
    middle, half, foot = box.centre, max(box.width * 0.75, 0.12), box.bottom
    rock = mix(rgb("7d7468"), SNOW, 0.6 * snowy(scene))
    points = [
        (
            middle + half * (s / 10 - 1),
            foot - 0.022 + 0.075 * abs(s / 10 - 1) ** 2.2 + dice.between(-0.006, 0.006),
        )
        for s in range(21)
    ]
    base = foot + 0.055
    canvas.ramp_polygon(
        [*points, (middle + half * 1.08, base), (middle - half * 1.08, base)],
        [(0, light.on(lighter(rock, 0.2), 0.1)), (1, light.on(darker(rock, 0.35), 0.1))],
    )
    tone = grass(scene)
    green = [(x, y) for x, y in points if abs(x - middle) < half * 0.72]
    under = [(x, y + 0.016 + 0.004 * (i % 2)) for i, (x, y) in enumerate(green)]
    canvas.polygon([*green, *reversed(under)], light.on(tone, 0.1))
    foam = light.on(rgb("f4fafa"))
    for step in range(15):
        x = middle + half * 1.12 * (step / 7 - 1)
        canvas.oval(x, base - 0.002 + dice.between(-0.003, 0.004), half * 0.11, 0.005, foam, 190)


def headland(canvas: Canvas, scene: Scene, light: Light) -> None:
    """Paint the sea with a grassy cliff before it."""
    sea(canvas, scene, light)
    dice = scene.dice("headland")
    flip = dice.chance(0.5)
    top = scene.horizon + 0.10
    line: list[Point] = [
        (s / 24, top + 0.012 * math.sin(s * 0.9) + 0.02 * (s / 24)) for s in range(20)
    ]
    edge = [
        (0.82, top + 0.06),
        (0.85, top + 0.14),
        (0.83, top + 0.20),
        (0.89, top + 0.28),
        (0.88, 1.0),
    ]
    shape = [*line, *edge, (0.0, 1.0)]
    rock = [(x + 0.045, y + 0.03) for x, y in edge[:-1]]
    cliff = [line[-1], *rock, (0.96, 1.0), (0.5, 1.0)]
    if flip:
        shape, cliff = [(1 - x, y) for x, y in shape], [(1 - x, y) for x, y in cliff]
    stone = mix(rgb("a08f7c"), SNOW, 0.5 * snowy(scene))
    canvas.ramp_polygon(
        cliff, [(0, light.on(lighter(stone, 0.15))), (1, light.on(darker(stone, 0.4)))]
    )
    tone = grass(scene)
    canvas.ramp_polygon(
        shape, [(0, light.on(lighter(tone, 0.2), 0.15)), (1, light.on(darker(tone, 0.22)))]
    )


def mirror(canvas: Canvas, scene: Scene, light: Light) -> None:
    """Paint a lake: what is above, upside down and trembling."""
    top = round(scene.horizon * canvas.height)
    deep = canvas.height - top
    above = canvas.image.crop((0, max(top - deep, 0), canvas.width, top))
    small = above.resize((canvas.width // 4, max(above.height // 4, 1)))
    small = small.filter(ImageFilter.GaussianBlur(1.1)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    flipped = small.resize((canvas.width, deep), Image.Resampling.BILINEAR)
    far, near = _colours(scene, light)
    water = Image.new("RGB", flipped.size, mix(far, near, 0.6))
    canvas.image.paste(Image.blend(flipped, water, 0.30), (0, top))
    canvas.line([(0, scene.horizon), (1, scene.horizon)], 0.004, lighter(far, 0.2), 70)
    glitter(canvas, scene, light, foot=1.0)
    waves(canvas, scene, light, top=scene.horizon, foot=1.0, far=far)


def river(canvas: Canvas, scene: Scene, light: Light, *, top: float) -> None:
    """Winding towards the foot."""
    far, near = _colours(scene, light)
    spots = [(river_course(scene.river_side, s / 24), top + (1 - top) * s / 24) for s in range(25)]
    for grow, colours in (
        (0.016, (light.on(rgb("cdb98a"), 0.2), light.on(rgb("b59c6c")))),
        (0.0, (mix(far, light.low, 0.3), near)),
    ):
        left = [(middle - half - grow * (0.3 + y), y) for (middle, half), y in spots]
        right = [(middle + half + grow * (0.3 + y), y) for (middle, half), y in spots]
        canvas.ramp_polygon([*left, *reversed(right)], [(0, colours[0]), (1, colours[1])])
    dice = scene.dice("ripples")
    for _ in range(40):
        share = dice.roll() ** 0.7
        middle, half = river_course(scene.river_side, share)
        x, y = middle + half * dice.between(-0.7, 0.7), top + (1 - top) * share
        canvas.oval(x, y, 0.006 + 0.03 * share, 0.0012 + 0.002 * share, lighter(far, 0.3), 120)


def depths(canvas: Canvas, scene: Scene, light: Light) -> None:
    """Under the surface: rays, weeds, sand and bubbles."""
    dice = scene.dice("depths")
    tone = scene.ground_colour or rgb("2a94b4")
    surface, floor = light.on(lighter(tone, 0.45)), light.on(darker(tone, 0.62))
    canvas.ramp((0, 0, 1, 1), [(0, surface), (0.35, light.on(tone)), (1, floor)])
    for _ in range(6):
        x, lean = dice.between(-0.1, 1.0), dice.between(0.08, 0.2)
        canvas.polygon(
            [(x, 0), (x + 0.06, 0), (x + 0.14 + lean, 0.8), (x + lean, 0.8)],
            lighter(surface, 0.4),
            26,
        )
    canvas.soften((0, 0, 1, 0.82), 0.012)
    sand = scene.accent or rgb("e0c890")
    for layer in range(2):
        line = roll(dice.fork(layer), scene.horizon + 0.02 + 0.06 * layer, 0.016, waves=1.3)
        blend = mix(light.on(sand), floor, 0.55 - 0.25 * layer)
        canvas.ramp_polygon(
            [*line, (1, 1), (0, 1)], [(0, lighter(blend, 0.1)), (1, darker(blend, 0.3))]
        )
        _weeds(canvas, scene, light, layer)
    for _ in range(26):
        x, y, size = dice.roll(), dice.between(0.08, 0.9), dice.between(0.003, 0.010)
        canvas.dot(x, y, size, lighter(surface, 0.5), 70)
        canvas.dot(x - size * 0.3, y - size * 0.3, size * 0.35, (255, 255, 255), 190)


def _weeds(canvas: Canvas, scene: Scene, light: Light, layer: int) -> None:
    dice = scene.dice("weeds", layer)
    for index in range(9):
        x = dice.roll()
        foot = scene.horizon + 0.05 + 0.07 * layer
        tall = dice.between(0.10, 0.26) * (0.7 + 0.4 * layer)
        colour = light.on(
            dice.pick((rgb("3f8a5a"), rgb("5fa04a"), rgb("c2506a"), rgb("e08a4a"))),
            0.35 - 0.25 * layer,
        )
        if index % 3 == 0:
            for arm in range(5):
                reach = (arm - 2) * 0.022
                canvas.line(
                    [
                        (x, foot),
                        (x + reach * 0.4, foot - tall * 0.25),
                        (x + reach, foot - tall * 0.42),
                    ],
                    0.010,
                    colour,
                )
                canvas.dot(x + reach, foot - tall * 0.43, 0.008, lighter(colour, 0.25))
            continue
        sway = dice.between(-0.5, 0.5)
        points = [
            (x + 0.014 * math.sin(s * 0.9 + sway * 6) * s / 6, foot - tall * s / 12)
            for s in range(13)
        ]
        canvas.line(points, 0.009, colour)
