"""What the weather lays over everything: rain, snow, fog, lightning, leaves in the wind."""

from __future__ import annotations

import math

from PIL import Image, ImageDraw, ImageFilter

from nbkit.images.painter.brush import Canvas
from nbkit.images.painter.colour import lighter, mix, rgb
from nbkit.images.painter.light import Light
from nbkit.images.painter.scene import Scene


def paint_weather(canvas: Canvas, scene: Scene, light: Light) -> None:
    """Paint the weather that is in front of everything."""
    if scene.weather in {"rain", "storm"}:
        _rain(canvas, scene, light)
    elif scene.weather == "snow":
        _snow(canvas, scene)
    elif scene.weather == "fog":
        _fog(canvas, scene, light)
    if scene.place in {"sea", "desert", "snowfield"}:
        return
    if scene.wind or (scene.season in {"autumn", "spring"} and scene.weather != "snow"):
        _leaves(canvas, scene, light)


def _rain(canvas: Canvas, scene: Scene, light: Light) -> None:
    dice = scene.dice("rain")
    lean = 0.35 if scene.wind else 0.14
    tone = lighter(light.low, 0.5)
    for index in range(260 if scene.weather == "storm" else 210):
        x, y = dice.between(-0.1, 1.1), dice.between(-0.05, 1.0)
        near = dice.roll()
        long = 0.018 + 0.045 * near
        canvas.line(
            [(x, y), (x - lean * long, y + long)],
            0.0012 + 0.0018 * near,
            tone,
            round(60 + 90 * near),
        )
        if index % 6 == 0 and y > scene.horizon:
            canvas.oval(x, y, 0.008 + 0.008 * near, 0.003, tone, 80)


def _snow(canvas: Canvas, scene: Scene) -> None:
    dice = scene.dice("rain")
    for index in range(300):
        x, y = dice.roll(), dice.roll()
        near = dice.roll() ** 2.6
        size = 0.0018 + 0.0075 * near
        if index % 12 == 0:
            canvas.dot(x, y, size * 1.9, (255, 255, 255), 60)
        canvas.dot(x, y, size, (255, 255, 255), round(235 - 90 * near))


def _fog(canvas: Canvas, scene: Scene, light: Light) -> None:
    """Banks that lie over the ground, thickest at the horizon."""
    dice = scene.dice("fog")
    wide, high = max(canvas.width // 16, 4), max(canvas.height // 16, 4)
    mask = Image.new("L", (wide, high))
    draw = ImageDraw.Draw(mask)
    for row in range(high):
        away = (row / high - scene.horizon) / (0.30 if row / high < scene.horizon else 0.34)
        draw.line((0, row, wide, row), fill=round(125 * math.exp(-(away * away))))
    for _ in range(14):
        x, y = dice.roll() * wide, (scene.horizon + dice.between(-0.18, 0.30)) * high
        across, down = dice.between(0.12, 0.3) * wide, dice.between(0.012, 0.035) * high
        draw.ellipse(
            (x - across, y - down, x + across, y + down), fill=round(dice.between(80, 140))
        )
    mask = mask.filter(ImageFilter.GaussianBlur(2.0)).resize(
        canvas.image.size, Image.Resampling.BICUBIC
    )
    canvas.image.paste(lighter(light.haze, 0.2 * (1 - light.dark)), (0, 0), mask)


def _leaves(canvas: Canvas, scene: Scene, light: Light) -> None:
    dice = scene.dice("leaves")
    palette = {
        "autumn": ("e07a2e", "c9482c", "e8b23c"), "spring": ("f6b8cc", "fbd8e2", "f29ab8"),
        "winter": ("eef4f8", "dfe9f0"),
    }.get(scene.season, ("8fb45a", "b5a04a", "6f9a4c"))  # fmt: skip
    for _ in range(34):
        x, y, turn = dice.roll(), dice.roll(), dice.roll() * math.pi
        size = dice.between(0.005, 0.011)
        along, up = math.cos(turn) * size, math.sin(turn) * size
        colour = light.on(rgb(dice.pick(palette)))
        canvas.polygon(
            [(x - along, y - up), (x - up * 0.45, y + along * 0.45), (x + along, y + up),
             (x + up * 0.45, y - along * 0.45)],
            mix(colour, (255, 255, 255), 0.06), 225,
        )  # fmt: skip
