"""The places by name: what is painted between the sky and the things."""

from __future__ import annotations

from collections.abc import Callable

from nbkit.images.painter import garden, land, room, towns, water, woods
from nbkit.images.painter.backdrop import paint_backdrop
from nbkit.images.painter.brush import Canvas
from nbkit.images.painter.light import Light
from nbkit.images.painter.scene import Scene

_WET = frozenset({"sea", "lake", "river", "beach", "coast", "city", "room"})


def paint_place(canvas: Canvas, scene: Scene, light: Light) -> None:
    """Paint the ground of a scene, and what stands behind it."""
    if scene.place != "room":
        paint_backdrop(canvas, scene, light, scene.backdrop)
    _PLACES.get(scene.place, _fields)(canvas, scene, light)
    if scene.place not in _WET:
        for figure in scene.figures:
            if figure.stand == "span":
                # A bridge brings its river along.
                water.river(canvas, scene, light, top=figure.box.bottom - 0.12)
    if scene.shore:
        water.shore(canvas, scene, light)


def _fields(canvas: Canvas, scene: Scene, light: Light) -> None:
    land.hills(canvas, scene, light, start=scene.horizon - 0.03)
    if scene.place != "snowfield" and scene.dice("path").chance(0.6):
        land.path(canvas, scene, light, top=scene.horizon + 0.16)


def _mountains(canvas: Canvas, scene: Scene, light: Light) -> None:
    land.mountains(canvas, scene, light, near=True)
    land.hills(canvas, scene, light, start=scene.horizon, layers=2)


def _river(canvas: Canvas, scene: Scene, light: Light) -> None:
    land.hills(canvas, scene, light, start=scene.horizon - 0.02)
    water.river(canvas, scene, light, top=scene.horizon + 0.05)


_PLACES: dict[str, Callable[[Canvas, Scene, Light], None]] = {
    "beach": water.beach,
    "city": towns.city,
    "coast": water.headland,
    "desert": land.dunes,
    "forest": woods.forest,
    "garden": garden.garden,
    "lake": water.mirror,
    "mountains": _mountains,
    "river": _river,
    "room": room.room,
    "sea": water.sea,
    "space": land.crust,
    "underwater": water.depths,
    "village": towns.village,
}
