"""A garden: a hedge, lawns and beds in bloom."""

from __future__ import annotations

from nbkit.images.painter.brush import Canvas
from nbkit.images.painter.colour import darker, lighter, mix, rgb
from nbkit.images.painter.land import SNOW, bloom, grass, leaves, snowy
from nbkit.images.painter.light import Light
from nbkit.images.painter.scene import Scene


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
    for down, size, spans in (
        (0.06, 0.011, ((0.0, 1.0),)),
        (0.15, 0.016, ((0.0, 0.30), (0.70, 1.0))),
        (0.42, 0.024, ((0.0, 1.0),)),
    ):
        for left, right in spans:
            for step in range(int((right - left) / (size * 1.7))):
                x = left + step * size * 1.7
                y = horizon + down + dice.between(-0.012, 0.012)
                canvas.dot(x, y + size, size * 1.5, light.on(darker(tone, 0.32)))
                colour = light.on(dice.pick(palette))
                if dice.chance(0.8) and snowy(scene) < 0.7:
                    bloom(canvas, (x, y), size * 0.5, colour, light.on(rgb("f6d86a")))
