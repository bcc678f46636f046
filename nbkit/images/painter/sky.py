"""The sky: its colours, sun, moon and stars, clouds, and what was asked for up there."""

from __future__ import annotations

import math

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from nbkit.images.painter.brush import Canvas
from nbkit.images.painter.colour import Colour, darker, lighter, mix, rgb, times
from nbkit.images.painter.light import Light
from nbkit.images.painter.scene import Scene

_COVER = {"clear": 0, "fair": 4, "clouds": 11, "rain": 12, "storm": 13, "snow": 9, "fog": 3}
"""How many clouds a weather brings."""
_LOW = {"dawn": 0.86, "sunset": 0.88, "dusk": 0.98, "morning": 0.62}
"""Where the sun stands between the top and the horizon, when not up high."""


def paint_sky(canvas: Canvas, scene: Scene, light: Light) -> None:
    """Paint everything above the ground."""
    if scene.place == "space":
        _space(canvas, scene)
        return
    bottom = min(scene.horizon + 0.04, 1.0)
    canvas.ramp((0, 0, 1, bottom), [(0, light.top), (0.55, light.middle), (1, light.low)])
    covered = scene.weather in {"clouds", "rain", "storm", "snow", "fog"}
    if scene.time == "night" and scene.weather not in {"rain", "storm", "fog"}:
        _stars(canvas, scene, 170 if not covered else 45)
    if scene.has_sight("aurora"):
        _aurora(canvas, scene)
    _sun_or_moon(canvas, scene, light, covered=covered)
    if scene.has_sight("rainbow"):
        _rainbow(canvas, scene)
    _clouds(canvas, scene, light)
    if scene.weather in {"fair", "clear", "clouds"} and scene.time != "night":
        _birds(canvas, scene, light)
    if scene.weather == "storm":
        _lightning(canvas, scene)


def sun_place(scene: Scene) -> tuple[float, float]:
    """Tell where the sun or the moon stands, in fractions."""
    x, y = scene.sun
    return x, scene.horizon * _LOW[scene.time] if scene.time in _LOW else y


def _stars(canvas: Canvas, scene: Scene, count: int) -> None:
    dice = scene.dice("stars")
    for index in range(count):
        x, y = dice.roll(), dice.roll() ** 1.3 * scene.horizon
        size = dice.between(0.0009, 0.0022) * (2.0 if index % 19 == 0 else 1.0)
        warm = dice.roll()
        colour = mix((255, 246, 220), (205, 220, 255), warm)
        canvas.dot(x, y, size, colour, round(255 * (1 - 0.75 * y / scene.horizon)))
        if index % 19 == 0:
            canvas.glow(x, y, size * 7, colour, 0.4)


def _sun_or_moon(canvas: Canvas, scene: Scene, light: Light, *, covered: bool) -> None:
    x, y = sun_place(scene)
    asked = {name: colour for name, colour in scene.sights if name in {"sun", "moon"}}
    if scene.time == "night" or ("moon" in asked and "sun" not in asked):
        if covered and not asked:
            return
        tone = asked.get("moon") or rgb("f6f1da")
        radius = 0.062 if "moon" in asked else 0.05
        canvas.glow(x, y, radius * 5.5, lighter(tone, 0.2), 0.34)
        _moon(canvas, x, y, radius, tone)
        return
    tone = asked.get("sun") or light.source
    if covered and not asked:
        canvas.glow(x, y, 0.30, lighter(light.low, 0.4), 0.5)
        return
    low = scene.time in _LOW
    canvas.glow(x, y, 0.62 if low else 0.42, tone, 0.62)
    if scene.time != "dusk":
        canvas.dot(x, y, 0.066 if low else 0.05, mix(tone, (255, 255, 246), 0.55))


def _moon(canvas: Canvas, x: float, y: float, radius: float, tone: Colour) -> None:
    canvas.dot(x, y, radius, tone)
    for across, down, size in (
        (-0.3, -0.25, 0.22),
        (0.25, 0.2, 0.28),
        (0.1, -0.45, 0.13),
        (-0.35, 0.4, 0.15),
    ):
        to_x = radius * canvas.unit / canvas.width
        to_y = radius * canvas.unit / canvas.height
        canvas.dot(x + across * to_x, y + down * to_y, size * radius, darker(tone, 0.11))


def _aurora(canvas: Canvas, scene: Scene) -> None:
    dice = scene.dice("aurora")
    asked = next((colour for name, colour in scene.sights if name == "aurora"), None)
    for curtain in range(3):
        colour = asked or (rgb("5cf0a8"), rgb("58d8d0"), rgb("b07af0"))[curtain]
        wide, high = 128, 96
        mask = Image.new("L", (wide, high))
        draw = ImageDraw.Draw(mask)
        phase, speed = dice.roll() * math.tau, dice.between(1.2, 2.4)
        base = dice.between(0.45, 0.8)
        for column in range(wide):
            share = column / wide
            foot = base + 0.14 * math.sin(phase + share * math.tau * speed)
            tall = 0.38 + 0.14 * math.sin(phase * 2 + share * math.tau * 3.1)
            strength = 0.55 + 0.45 * math.sin(phase + share * math.tau * 5.7)
            for step in range(14):
                y = foot - tall * step / 14
                fade = (1 - step / 14) * min(step + 1, 3) / 3
                span = (column, y * high, column, (y - tall / 14) * high)
                draw.line(span, fill=round(170 * strength * fade))
        size = (canvas.width, round(scene.horizon * canvas.height))
        mask = mask.filter(ImageFilter.GaussianBlur(1.6)).resize(size, Image.Resampling.BICUBIC)
        canvas.image.paste(colour, (0, 0), mask)


def _rainbow(canvas: Canvas, scene: Scene) -> None:
    x = 0.5 + (0.5 - scene.sun[0]) * 0.4
    bands = ("e0483e", "ee8a3c", "f2d24a", "5fb45a", "4f8fd8", "7a5ac0")
    layer = Image.new("RGBA", canvas.image.size)
    draw = ImageDraw.Draw(layer)
    for index, code in enumerate(bands):
        radius = (0.60 - 0.018 * index) * canvas.unit
        cx, cy = x * canvas.width, (scene.horizon + 0.08) * canvas.height
        draw.ellipse(
            (cx - radius, cy - radius, cx + radius, cy + radius),
            outline=(*rgb(code), 120), width=round(0.020 * canvas.unit),
        )  # fmt: skip
    small = layer.reduce(4).filter(ImageFilter.GaussianBlur(1.2))
    layer = small.resize(layer.size, Image.Resampling.BILINEAR)
    canvas.image.paste(layer, (0, 0), layer)


def _clouds(canvas: Canvas, scene: Scene, light: Light) -> None:
    """Heaps of puffs, lit on the sun's side, painted small and enlarged."""
    dice = scene.dice("clouds")
    count = _COVER[scene.weather]
    if not count:
        return
    wide, high = canvas.width // 4, max(round(scene.horizon * canvas.height) // 4, 8)
    unit = canvas.unit / 4
    body, top = Image.new("L", (wide, high)), Image.new("L", (wide, high))
    body_pen, top_pen = ImageDraw.Draw(body), ImageDraw.Draw(top)
    side = -1 if scene.sun[0] > 0.5 else 1
    flat = 0.55 if scene.wind else 1.0
    for index in range(count):
        roll = dice.fork(index)
        x = roll.between(-0.05, 1.05) * wide
        y = roll.between(0.06, 0.66 if count < 6 else 0.5) * high
        size = roll.between(0.035, 0.075) * unit * (1.5 if count > 6 else 1.0)
        size *= 0.55 + 0.9 * (1 - y / high)
        for puff in range(roll.whole(5, 8)):
            across = (puff - 3) * size * roll.between(0.75, 1.05) / flat
            lift = size * roll.between(0.0, 0.9) * (1 - abs(puff - 3) / 5)
            r = size * roll.between(0.6, 1.1) * (1 - abs(puff - 3) / 8)
            cx, cy = x + across, y - lift
            body_pen.ellipse((cx - r / flat, cy - r * flat, cx + r / flat, cy + r * flat), fill=255)
            cx, cy, r = cx - side * r * 0.18, cy - r * 0.22, r * 0.82
            top_pen.ellipse((cx - r / flat, cy - r * flat, cx + r / flat, cy + r * flat), fill=255)
    soft = ImageFilter.GaussianBlur(0.0055 * unit + 0.4)
    body = body.filter(soft)
    top = ImageChops.multiply(top.filter(ImageFilter.GaussianBlur(0.012 * unit + 0.4)), body)
    thick = 0.9 if count > 6 else 0.82
    if scene.time == "night":
        thick *= 0.62
    size_full = (canvas.width, high * 4)
    for mask, colour in ((body, light.cloud_shade), (top, light.cloud)):
        full = mask.resize(size_full, Image.Resampling.BICUBIC)
        full = full.point([round(value * thick) for value in range(256)])
        canvas.image.paste(colour, (0, 0), full)


def _lightning(canvas: Canvas, scene: Scene) -> None:
    dice = scene.dice("lightning")
    x = dice.between(0.18, 0.82)
    y = scene.horizon * 0.12
    points = [(x, y)]
    while y < scene.horizon * 0.96:
        x += dice.between(-0.055, 0.055)
        y += dice.between(0.03, 0.07)
        points.append((x, min(y, scene.horizon)))
    canvas.glow(points[0][0], points[0][1], 0.5, (214, 222, 255), 0.5)
    canvas.glow(
        points[len(points) // 2][0], points[len(points) // 2][1], 0.28, (236, 238, 255), 0.4
    )
    branch = points[len(points) // 3]
    fork = [branch, (branch[0] + 0.05, branch[1] + 0.05), (branch[0] + 0.06, branch[1] + 0.11)]
    for path, width in ((points, 0.008), (fork, 0.005)):
        canvas.line(path, width, (222, 228, 255), 130)
        canvas.line(path, width * 0.45, (255, 255, 250))


def _birds(canvas: Canvas, scene: Scene, light: Light) -> None:
    """Paint a few birds far away, for some pictures."""
    dice = scene.dice("birds")
    if dice.chance(0.45):
        return
    x, y = dice.between(0.15, 0.75), dice.between(0.18, 0.5) * scene.horizon
    tone = mix(darker(light.middle, 0.55), light.haze, 0.25)
    for index in range(dice.whole(3, 6)):
        size = dice.between(0.009, 0.015)
        left = x + index * 0.028 + dice.between(-0.008, 0.008)
        top = y + abs(index - 2) * 0.014 + dice.between(-0.006, 0.006)
        for side in (-1, 1):
            wing = [(left, top), (left + side * size * 0.5, top - size * 0.55),
                    (left + side * size, top - size * 0.2)]  # fmt: skip
            canvas.line(wing, 0.0024, tone)


def _space(canvas: Canvas, scene: Scene) -> None:
    """Paint a nebula, many stars and a far planet or two."""
    dice = scene.dice("space")
    base = scene.sky_colour or dice.pick((rgb("3a2a78"), rgb("1f4a78"), rgb("6a2a68")))
    canvas.ramp(
        (0, 0, 1, 1),
        [(0, rgb("050716")), (0.5, times(base, (0.28, 0.28, 0.34))), (1, rgb("0a0d24"))],
    )
    for index in range(9):
        colour = mix(base, dice.pick((rgb("e86aa0"), rgb("5ad0e0"), rgb("f0a860"))), 0.45)
        canvas.glow(
            0.1 + 0.1 * index, dice.between(0.15, 0.7), dice.between(0.22, 0.42), colour, 0.30
        )
    for index in range(260):
        x, y = dice.roll(), dice.roll()
        size = dice.between(0.0008, 0.0022) * (2.2 if index % 29 == 0 else 1.0)
        canvas.dot(
            x,
            y,
            size,
            mix((255, 240, 214), (200, 220, 255), dice.roll()),
            round(dice.between(110, 255)),
        )
        if index % 29 == 0:
            canvas.glow(x, y, size * 8, (220, 230, 255), 0.45)
    x, y, radius = dice.pick((0.16, 0.84)), dice.between(0.14, 0.3), dice.between(0.07, 0.11)
    tone = scene.accent or dice.pick((rgb("d9925a"), rgb("6aa0d0"), rgb("b07ac0"), rgb("6ab09a")))
    canvas.glow(x, y, radius * 2.1, tone, 0.4)
    canvas.dot(x, y, radius, tone)
    to_x, to_y = radius * canvas.unit / canvas.width, radius * canvas.unit / canvas.height
    lit = 1 if scene.sun[0] > 0.5 else -1
    for step in range(8):
        share = step / 7
        size = radius * (1 - 0.5 * share)
        place = x + lit * 0.34 * to_x * share, y - 0.3 * to_y * share
        canvas.dot(*place, size, lighter(tone, 0.3), 22)
    if any(name == "moon" for name, _ in scene.sights):
        _moon(canvas, 1 - x, 0.2, 0.085, rgb("d8d6cc"))
    if any(name == "sun" for name, _ in scene.sights):
        canvas.glow(1 - x, 0.2, 0.4, rgb("ffd890"), 0.8)
        canvas.dot(1 - x, 0.2, 0.07, rgb("fff4d0"))
