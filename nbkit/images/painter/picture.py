"""The picture, layer by layer: sky, ground, things, weather, finish."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image, ImageChops, ImageOps

from nbkit.images.painter import land, room, water, woods
from nbkit.images.painter.brush import Canvas, halo
from nbkit.images.painter.figures import paint_figure
from nbkit.images.painter.light import Light, light_of
from nbkit.images.painter.places import paint_place
from nbkit.images.painter.scene import Scene
from nbkit.images.painter.sky import paint_sky
from nbkit.images.painter.weather import paint_weather

LAYERS = ("sky", "ground", "things", "weather")
"""The layers in the order in which they are laid down."""

_GRASSY = frozenset({"meadow", "hills", "village", "mountains", "coast"})


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
        lambda: paint_place(canvas, scene, light),
        lambda: _things(canvas, scene, light),
        lambda: _front(canvas, scene, light),
    )
    for name, step in zip(LAYERS, steps, strict=True):
        step()
        if on_layer is not None:
            on_layer(name, canvas.image)
    return _finish(canvas.reduced(), scene)


def _things(canvas: Canvas, scene: Scene, light: Light) -> None:
    inside = room.indoor_light(light) if scene.place == "room" else light
    tabled = not room.has_table(scene)
    for figure in scene.figures:
        if not tabled and figure.layer >= 4:
            room.table(canvas, scene, inside)
            tabled = True
        if figure.stand == "back" and scene.place == "sea":
            water.islet(canvas, scene, light, figure.box)
        paint_figure(canvas, scene, inside, figure)


def _front(canvas: Canvas, scene: Scene, light: Light) -> None:
    if scene.place == "forest":
        woods.frame(canvas, scene, light)
        land.tufts(canvas, scene, light, top=0.90, flowers=10)
    elif scene.place in _GRASSY and not any(each.stand == "span" for each in scene.figures):
        land.tufts(canvas, scene, light, top=0.88, flowers=26)
    elif scene.place == "sea" and scene.wind and not scene.shore:
        water.swell(canvas, scene, light)
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
