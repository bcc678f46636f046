"""Indoors: a wall with a window to the weather, a floor, and a table for what belongs on one."""

from __future__ import annotations

from dataclasses import replace

from nbkit.images.painter.backdrop import paint_backdrop
from nbkit.images.painter.brush import Canvas
from nbkit.images.painter.colour import Colour, darker, lighter, mix, rgb
from nbkit.images.painter.land import hills
from nbkit.images.painter.light import Light
from nbkit.images.painter.scene import Box, Scene
from nbkit.images.painter.sky import paint_sky
from nbkit.images.painter.weather import paint_weather

_WALLS = ("e9d9bd", "c9d8d2", "e2c4b0", "d3cfe0", "dcd9b8")
_WOOD = rgb("a5724a")


def indoor_light(light: Light) -> Light:
    """Turn the light of outdoors into that of a room, where a lamp burns after dark."""
    warm = light.dark
    tint = (1.0 - 0.06 * warm, 0.98 - 0.22 * warm, 0.95 - 0.42 * warm)
    return replace(light, tint=tint, murk=0.0, source=mix(light.source, (255, 214, 140), warm))


def room(canvas: Canvas, scene: Scene, light: Light) -> None:
    """Paint the walls, the window and the floor."""
    dice = scene.dice("room", "walls")
    inside = indoor_light(light)
    wall = scene.ground_colour or rgb(dice.pick(_WALLS))
    horizon = scene.horizon
    canvas.ramp(
        (0, 0, 1, horizon),
        [(0, inside.on(darker(wall, 0.12))), (1, inside.on(lighter(wall, 0.06)))],
    )
    stripe = inside.on(lighter(wall, 0.22))
    for step in range(17):
        canvas.line([(step / 16, 0), (step / 16, horizon)], 0.006, stripe, 70)
    canvas.ramp(
        (0, horizon - 0.16, 1, horizon),
        [(0, inside.on(lighter(wall, 0.4))), (1, inside.on(lighter(wall, 0.18)))],
    )
    canvas.line([(0, horizon - 0.16), (1, horizon - 0.16)], 0.010, inside.on(lighter(wall, 0.6)))
    _outside(canvas, scene, light, inside)
    _pictures(canvas, scene, inside)
    _floor(canvas, scene, inside)


def _outside(canvas: Canvas, scene: Scene, light: Light, inside: Light) -> None:
    """Paint the window: a small landscape of its own behind the panes."""
    box = scene.window
    wide = max(round(box.width * canvas.width) // 2, 8)
    high = max(round(box.height * canvas.height) // 2, 8)
    view = Canvas(wide, high)
    beyond = replace(
        scene,
        place="hills",
        horizon=0.72,
        figures=(),
        ground_colour=None,
        sun=(0.68, 0.3),
        width=wide,
        height=high,
    )
    paint_sky(view, beyond, light)
    paint_backdrop(view, beyond, light, scene.backdrop)
    hills(view, beyond, light, start=0.70, layers=2)
    paint_weather(view, beyond, light)
    pane = view.image.resize((round(box.width * canvas.width), round(box.height * canvas.height)))
    frame = inside.on(rgb("f6f0e2"))
    shade = inside.on(rgb("b8ab94"))
    edge = 0.022
    canvas.polygon(_corners(box, edge + 0.006, 0.012), shade)
    canvas.polygon(_corners(box, edge, 0.0), frame)
    canvas.image.paste(pane, (round(box.left * canvas.width), round(box.top * canvas.height)))
    canvas.line([(box.centre, box.top), (box.centre, box.bottom)], 0.014, frame)
    middle = (box.top + box.bottom) / 2 - 0.03
    canvas.line([(box.left, middle), (box.right, middle)], 0.012, frame)
    canvas.polygon(
        [(box.left - 0.05, box.bottom + 0.02), (box.right + 0.05, box.bottom + 0.02),
         (box.right + 0.05, box.bottom + 0.045), (box.left - 0.05, box.bottom + 0.045)], frame,
    )  # fmt: skip
    cloth = scene.accent or scene.dice("curtain").pick(
        (rgb("c2604a"), rgb("4f7f8a"), rgb("c99a3f"), rgb("7a6a9a"))
    )
    for side, sign in ((box.left - 0.03, 1), (box.right + 0.03, -1)):
        foot = box.bottom + 0.07
        drape = [
            (side + sign * across, down)
            for across, down in ((-0.035, 0.06), (0.075, 0.06), (0.055, 0.26), (0.012, 0.40),
                                 (0.03, foot), (-0.035, foot))
        ]  # fmt: skip
        canvas.ramp_polygon(
            drape, [(0, inside.on(lighter(cloth, 0.12))), (1, inside.on(darker(cloth, 0.2)))]
        )
        for fold in (-0.012, 0.012, 0.035):
            canvas.line(
                [(side + sign * fold, 0.07), (side + sign * fold * 0.4, 0.40)],
                0.004,
                inside.on(darker(cloth, 0.25)),
                150,
            )
    canvas.line([(box.left - 0.09, 0.06), (box.right + 0.09, 0.06)], 0.010, inside.on(_WOOD))


def _corners(box: Box, grow: float, drop: float) -> list[tuple[float, float]]:
    return [
        (box.left - grow, box.top - grow + drop), (box.right + grow, box.top - grow + drop),
        (box.right + grow, box.bottom + grow + drop), (box.left - grow, box.bottom + grow + drop),
    ]  # fmt: skip


def _pictures(canvas: Canvas, scene: Scene, inside: Light) -> None:
    """Frames on the free part of the wall."""
    dice = scene.dice("frames")
    start = 0.60 if scene.window.left < 0.5 else 0.10
    for index, (x, y, wide, high) in enumerate(
        ((0.05, 0.16, 0.12, 0.15), (0.21, 0.13, 0.09, 0.11), (0.21, 0.28, 0.09, 0.07))
    ):
        left = start + x
        canvas.polygon(
            [(left, y), (left + wide, y), (left + wide, y + high), (left, y + high)],
            inside.on(darker(_WOOD, 0.2)),
        )
        tone: Colour = dice.pick((rgb("7fa8b8"), rgb("d9b06a"), rgb("8fa86a"), rgb("c98a7a")))
        inner = 0.012
        canvas.ramp(
            (left + inner, y + inner, left + wide - inner, y + high - inner),
            [
                (0, inside.on(lighter(tone, 0.5))),
                (0.6, inside.on(tone)),
                (1, inside.on(darker(tone, 0.3 + 0.1 * index))),
            ],
        )


def _floor(canvas: Canvas, scene: Scene, inside: Light) -> None:
    horizon = scene.horizon
    wood = rgb("b98a5c")
    canvas.ramp(
        (0, horizon, 1, 1),
        [(0, inside.on(darker(wood, 0.15))), (1, inside.on(lighter(wood, 0.08)))],
    )
    for step in range(13):
        x = step / 12
        canvas.line(
            [(0.5 + (x - 0.5) * 1.1, horizon), (0.5 + (x - 0.5) * 2.2, 1.0)],
            0.003,
            inside.on(darker(wood, 0.35)),
            150,
        )
    canvas.ramp(
        (0, horizon - 0.02, 1, horizon + 0.004),
        [(0, inside.on(rgb("f2e8d6"))), (1, inside.on(rgb("cdbfa6")))],
    )
    rug = scene.dice("rug").pick((rgb("a8483c"), rgb("4f6f86"), rgb("7a8a5a"), rgb("8a5a7a")))
    for radius, colour in ((0.36, rug), (0.30, lighter(rug, 0.35)), (0.25, darker(rug, 0.1))):
        canvas.oval(0.5, 0.90, radius, radius * 0.24, inside.on(colour))


def table(canvas: Canvas, scene: Scene, inside: Light) -> None:
    """Paint the table in front, for small things."""
    wood = scene.dice("table").pick((rgb("9a6a44"), rgb("b5834f"), rgb("7f5a44")))
    canvas.shadow(0.5, 0.975, 0.44, 0.06, inside.on(rgb("2a1f1c")), 0.5)
    for x in (0.13, 0.84):
        canvas.polygon(
            [(x, 0.80), (x + 0.035, 0.80), (x + 0.03, 1.0), (x + 0.005, 1.0)],
            inside.on(darker(wood, 0.35)),
        )
    canvas.ramp_polygon(
        [(0.14, 0.765), (0.86, 0.765), (0.93, 0.835), (0.07, 0.835)],
        [(0, inside.on(lighter(wood, 0.10))), (1, inside.on(lighter(wood, 0.26)))],
    )
    canvas.ramp(
        (0.07, 0.835, 0.93, 0.868), [(0, inside.on(wood)), (1, inside.on(darker(wood, 0.25)))]
    )


def has_table(scene: Scene) -> bool:
    """Tell whether anything stands on the table."""
    return scene.place == "room" and any(figure.stand == "table" for figure in scene.figures)
