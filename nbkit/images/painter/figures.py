"""Putting one thing on the canvas: its shadow or its reflection, itself, and its light."""

from __future__ import annotations

from PIL import Image

from nbkit.images.painter.brush import Canvas
from nbkit.images.painter.colour import darker, lighter, mix, rgb
from nbkit.images.painter.light import Light
from nbkit.images.painter.scene import Figure, Scene
from nbkit.images.painter.things import KINDS
from nbkit.images.painter.things.pen import MARGIN, Pen

_SHADOWLESS = frozenset({"air", "high", "under", "water", "carried", "span"})


def paint_figure(canvas: Canvas, scene: Scene, light: Light, figure: Figure) -> None:
    """Paint one figure where its box is."""
    kind = KINDS[figure.kind]
    box = figure.box
    dice = scene.dice("figure", figure.kind, round(box.left, 4))
    usual = dice.pick(kind.colours)
    pen = Pen(
        pixels=box.height * canvas.height,
        aspect=kind.aspect,
        light=light,
        depth=figure.depth * (0.75 if figure.stand in {"back", "span"} else 0.5),
        facing=figure.facing,
        main=figure.colour or usual,
        second=figure.second,
        dice=dice,
        place=scene.place,
    )
    kind.draw(pen)
    if figure.kind == "lighthouse" and light.dark > 0.5:
        _beam(canvas, figure, light)
    layer = pen.finish(-1 if scene.sun[0] < 0.5 else 1)
    left = round(box.centre * canvas.width - layer.width / 2)
    top = round((box.top - MARGIN * box.height) * canvas.height)
    mirrored = figure.stand == "back" and scene.place == "lake"
    if (
        mirrored
        or figure.stand == "water"
        or (figure.stand == "under" and scene.place != "underwater")
    ):
        layer = _afloat(canvas, layer, left, top, figure)
    elif figure.stand not in _SHADOWLESS and scene.place != "space":
        reach = box.width * canvas.width / canvas.unit / 2
        lean = (0.5 - scene.sun[0]) * 0.25 * reach
        canvas.shadow(
            box.centre + lean, box.bottom - 0.002, reach * 1.15, max(reach * 0.20, 0.010),
            darker(light.on(rgb("4a5240")), 0.55), 0.42,
        )  # fmt: skip
    canvas.image.paste(layer, (left, top), layer)
    if figure.stand == "water":
        _wash(canvas, light, figure)
    for glow in pen.glows:
        x = box.centre + glow.x * figure.facing * pen.pixels / canvas.width
        y = box.top + glow.y * box.height
        canvas.glow(x, y, glow.radius * pen.pixels / canvas.unit, glow.colour, glow.strength)


def _afloat(canvas: Canvas, layer: Image.Image, left: int, top: int, figure: Figure) -> Image.Image:
    """Reflect what floats, and hide what is under water; gives back what is to be seen."""
    line = round(figure.box.bottom * canvas.height) - top
    if figure.stand == "under":
        line = round(line * 0.86)
    shown = layer.copy()
    shown.paste((0, 0, 0, 0), (0, line, layer.width, layer.height))
    tall = round(line * 0.55)
    if tall > 2 and figure.stand != "under":
        mirror = shown.crop((0, 0, layer.width, line)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
        mirror = mirror.resize((layer.width, tall))
        fade = Image.linear_gradient("L").transpose(Image.Transpose.FLIP_TOP_BOTTOM)
        fade = fade.resize(mirror.size).point([round(value * 0.42) for value in range(256)])
        mask = Image.new("L", mirror.size)
        mask.paste(fade, (0, 0), mirror.getchannel("A"))
        canvas.image.paste(mirror.convert("RGB"), (left, top + line), mask)
    return shown


def _wash(canvas: Canvas, light: Light, figure: Figure) -> None:
    """Paint the water's edge along a hull."""
    box = figure.box
    tone = mix(lighter(light.low, 0.35), light.on(rgb("f4fafa")), 0.5)
    reach = box.width * canvas.width / canvas.unit / 2
    for step in range(9):
        share = (step - 4) / 4
        canvas.oval(box.centre + share * box.width * 0.42, box.bottom - 0.001 + 0.003 * (step % 2),
                    reach * 0.16, 0.0028, tone, 150)  # fmt: skip


def _beam(canvas: Canvas, figure: Figure, light: Light) -> None:
    """Let a lighthouse shine to both sides."""
    x, y = figure.box.centre, figure.box.top + 0.158 * figure.box.height
    tone = mix((255, 240, 190), light.haze, 0.25)
    for side in (-1, 1):
        for spread in (0.10, 0.06, 0.03):
            canvas.polygon(
                [(x, y), (x + side * 0.9, y - spread - 0.05), (x + side * 0.9, y + spread - 0.05)],
                tone, 26,
            )  # fmt: skip
