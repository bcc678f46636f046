"""What can stand behind another place, or beyond a window."""

from __future__ import annotations

from nbkit.images.painter import land, towns, woods
from nbkit.images.painter.brush import Canvas
from nbkit.images.painter.light import Light
from nbkit.images.painter.scene import Scene


def paint_backdrop(canvas: Canvas, scene: Scene, light: Light, name: str) -> None:
    """Paint mountains, a city, a village, a forest or hills along the horizon."""
    horizon = scene.horizon
    if name == "mountains":
        land.mountains(canvas, scene, light, near=False)
    elif name == "city":
        towns.skyline(canvas, scene, light, foot=horizon + 0.03, tall=0.34, depth=0.75, key=0)
    elif name == "village":
        land.hills(canvas, scene, light, start=horizon - 0.07, layers=1)
        towns.cluster(canvas, scene, light, foot=horizon + 0.005, depth=0.5)
    elif name == "forest":
        for layer in range(2):
            woods.tree_row(
                canvas, scene, light, scene.dice("backdrop", layer), foot=horizon + 0.01,
                tall=0.26 - 0.07 * layer, depth=0.8 - 0.3 * layer, count=16, pines=True,
            )  # fmt: skip
    elif name == "hills":
        land.hills(canvas, scene, light, start=horizon - 0.12, layers=2)
