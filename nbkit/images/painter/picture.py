"""The picture, layer by layer: sky, ground, things, weather, finish."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image, ImageChops, ImageOps

from nbkit.images.painter import land, room, towns, water, woods
from nbkit.images.painter.brush import SUPER, Canvas, halo
from nbkit.images.painter.figures import paint_figure
from nbkit.images.painter.light import Light, light_of
from nbkit.images.painter.scene import Scene
from nbkit.images.painter.sky import paint_sky
from nbkit.images.painter.weather import paint_weather

LAYERS = ("sky", "ground", "things", "weather")
"""The layers in the order in which they are laid down."""


def paint(
    scene: Scene, *, on_layer: Callable[[str, Image.Image], None] | None = None
) -> Image.Image:
    """Paint a scene.

    Parameters
    ----------
    scene
        What to paint, and how large.
    on_layer
        Called with a layer's name and the unfinished picture, at twice its size, after each of
        :data:`LAYERS`; the picture goes on changing.

    Returns
    -------
    PIL.Image.Image
        An RGB image of the scene's size.
    """
    canvas = Canvas(scene.width, scene.height)
    light = light_of(scene)
    steps: tuple[Callable[[], None], ...] = (
        lambda: paint_sky(canvas, scene, light),
        lambda: _ground(canvas, scene, light),
        lambda: _things(canvas, scene, light),
        lambda: _front(canvas, scene, light),
    )
    for name, step in zip(LAYERS, steps, strict=True):
        step()
        if on_layer is not None:
            on_layer(name, canvas.image)
    return _finish(canvas.reduced(), scene)


def _ground(canvas: Canvas, scene: Scene, light: Light) -> None:
    horizon = scene.horizon
    if scene.backdrop:
        _backdrop(canvas, scene, light)
    match scene.place:
        case "sea":
            water.sea(canvas, scene, light)
        case "coast":
            water.headland(canvas, scene, light)
        case "beach":
            water.beach(canvas, scene, light)
        case "lake":
            water.mirror(canvas, scene, light)
        case "river":
            land.hills(canvas, scene, light, start=horizon - 0.02)
            water.river(canvas, scene, light, top=horizon + 0.05)
        case "mountains":
            land.mountains(canvas, scene, light, near=True)
            land.hills(canvas, scene, light, start=horizon, layers=2)
        case "forest":
            woods.forest(canvas, scene, light)
        case "city":
            towns.city(canvas, scene, light)
        case "village":
            towns.village(canvas, scene, light)
        case "garden":
            towns.garden(canvas, scene, light)
        case "desert":
            land.dunes(canvas, scene, light)
        case "space":
            land.crust(canvas, scene, light)
        case "underwater":
            water.depths(canvas, scene, light)
        case "room":
            room.room(canvas, scene, light)
        case _:
            land.hills(canvas, scene, light, start=horizon - 0.03)
            if scene.place != "snowfield" and scene.dice("path").chance(0.6):
                land.path(canvas, scene, light, top=horizon + 0.16)
    if scene.place not in {"sea", "lake", "river", "beach", "coast", "city"}:
        for figure in scene.figures:
            if figure.kind == "bridge" and figure.stand == "span":
                water.river(canvas, scene, light, top=figure.box.bottom - 0.12)
    if scene.shore:
        water.shore(canvas, scene, light)


def _backdrop(canvas: Canvas, scene: Scene, light: Light) -> None:
    horizon = scene.horizon
    match scene.backdrop:
        case "mountains":
            land.mountains(canvas, scene, light, near=False)
        case "city":
            towns.skyline(canvas, scene, light, foot=horizon + 0.03, tall=0.34, depth=0.75, key=0)
        case "village":
            land.hills(canvas, scene, light, start=horizon - 0.07, layers=1)
            towns.cluster(canvas, scene, light, foot=horizon + 0.005, count=8, depth=0.5)
        case "forest":
            for layer in range(2):
                woods.tree_row(
                    canvas, scene, light, scene.dice("backdrop", layer), foot=horizon + 0.01,
                    tall=0.26 - 0.07 * layer, depth=0.8 - 0.3 * layer, count=16, pines=True,
                )  # fmt: skip
        case _:
            land.hills(canvas, scene, light, start=horizon - 0.12, layers=2)


def _things(canvas: Canvas, scene: Scene, light: Light) -> None:
    inside = room.indoor_light(light) if scene.place == "room" else light
    tabled = not room.has_table(scene)
    for figure in scene.figures:
        if not tabled and figure.layer >= 4:
            room.table(canvas, scene, inside)
            tabled = True
        if figure.stand == "back" and scene.place == "sea":
            water.islet(canvas, scene, light, figure.box.left, figure.box.right, figure.box.bottom)
        paint_figure(canvas, scene, inside, figure)


def _front(canvas: Canvas, scene: Scene, light: Light) -> None:
    match scene.place:
        case "forest":
            woods.frame(canvas, scene, light)
            land.tufts(canvas, scene, light, top=0.90, flowers=10)
        case "meadow" | "hills" | "river" | "village" | "mountains" | "coast":
            if scene.place != "river":
                land.tufts(canvas, scene, light, top=0.88, flowers=26)
        case "sea" if scene.wind and not scene.shore:
            water.swell(canvas, scene, light)
        case _:
            pass
    if scene.place not in {"room", "space", "underwater"}:
        paint_weather(canvas, scene, light)


def _finish(picture: Image.Image, scene: Scene) -> Image.Image:
    """Paper, a vignette, and the tone that was asked for."""
    grain = scene.dice("paper")
    side = 24
    noise = Image.frombytes(
        "L", (side, side), bytes(grain.whole(122, 134) for _ in range(side * side))
    )
    paper = noise.resize(picture.size, Image.Resampling.BICUBIC)
    picture = ImageChops.overlay(picture, Image.merge("RGB", (paper, paper, paper)))
    edge = halo().resize(picture.size, Image.Resampling.BICUBIC)
    vignette = edge.point([min(round(206 + value * 0.9), 255) for value in range(256)])
    picture = ImageChops.multiply(picture, Image.merge("RGB", (vignette, vignette, vignette)))
    if scene.tone in {"mono", "sepia"}:
        grey = ImageOps.grayscale(picture)
        if scene.tone == "mono":
            return grey.convert("RGB")
        return ImageOps.colorize(grey, (44, 28, 18), (250, 236, 208), (168, 128, 88))
    if scene.tone == "pastel":
        return Image.blend(picture, Image.new("RGB", picture.size, (250, 240, 230)), 0.28)
    return picture


def size_of(scene: Scene) -> tuple[int, int]:
    """Tell the size of the canvas that ``on_layer`` sees, in pixels."""
    return scene.width * SUPER, scene.height * SUPER
