"""Plants and stones, and the fire between them."""

from __future__ import annotations

import math

from nbkit.images.painter.brush import smooth
from nbkit.images.painter.colour import Colour, darker, lighter, mix, rgb
from nbkit.images.painter.things.pen import Kind, Pen

BARK = rgb("6f4d36")
LEAF = rgb("4f8a45")
CREAM = rgb("f6ead6")


def tree(pen: Pen) -> None:
    """Draw a tree: round-headed; what hangs in it is the second colour."""
    c = pen.main
    pen.poly("-5,58 5,58 8,99 -9,99", BARK)
    pen.taper("0,70 11,58 16,48", 0.04, 0.025, BARK)
    pen.taper("0,74 -12,60 -15,50", 0.04, 0.025, BARK)
    puffs = [
        (0.0, 0.22, 0.22),
        (-0.20, 0.34, 0.19),
        (0.20, 0.34, 0.19),
        (-0.11, 0.47, 0.18),
        (0.12, 0.48, 0.18),
    ]
    for x, y, r in puffs:
        pen.dot(x, y + 0.03, r, darker(c, 0.18))
    for x, y, r in puffs:
        pen.dot(x - 0.015, y, r * 0.92, c)
    for _ in range(16):
        x, y, r = pen.dice.pick(puffs)
        pen.dot(
            x + pen.dice.between(-0.6, 0.5) * r,
            y + pen.dice.between(-0.7, 0.4) * r,
            0.028,
            lighter(c, 0.18),
        )
    if pen.second is not None:
        for x, y in (
            (-0.22, 0.36),
            (0.02, 0.20),
            (0.20, 0.30),
            (0.10, 0.50),
            (-0.08, 0.46),
            (-0.02, 0.34),
        ):
            pen.dot(x, y, 0.032, pen.second)


def pine(pen: Pen) -> None:
    """Draw a pine: in four tiers."""
    c = pen.main
    pen.box(-0.04, 0.84, 0.04, 0.99, BARK)
    for top, bottom, wide in (
        (0.56, 0.90, 0.30),
        (0.36, 0.70, 0.25),
        (0.18, 0.50, 0.19),
        (0.0, 0.30, 0.13),
    ):
        pen.poly(
            [
                (0.0, top),
                (wide, bottom),
                (wide * 0.5, bottom - 0.025),
                (0.0, bottom + 0.01),
                (-wide * 0.5, bottom - 0.025),
                (-wide, bottom),
            ],
            c,
        )
        pen.poly(
            [(0.0, top), (-wide, bottom), (-wide * 0.5, bottom - 0.025), (0.0, top + 0.12)],
            lighter(c, 0.10),
        )
        c = lighter(c, 0.04)


def palm(pen: Pen) -> None:
    """Draw a palm: leaning, with coconuts."""
    c = pen.main
    pen.taper("-12,99 -6,70 2,44 8,28", 0.075, 0.045, rgb("9a7250"))
    for tips in (
        "8,26 26,14 44,30",
        "8,26 22,24 34,48",
        "8,26 -8,10 -30,22",
        "8,26 -8,26 -20,46",
        "8,26 6,8 -10,2",
        "8,26 18,6 34,6",
    ):
        pen.taper(tips, 0.085, 0.012, darker(c, 0.06) if "46" in tips or "48" in tips else c)
    for x, y in ((0.05, 0.31), (0.11, 0.32)):
        pen.dot(x, y, 0.035, rgb("5f4230"))


def bush(pen: Pen) -> None:
    """Draw a bush: round and low."""
    c = pen.main
    for x, y, r in (
        (-0.36, 0.70, 0.26),
        (0.34, 0.72, 0.25),
        (0.0, 0.52, 0.36),
        (-0.14, 0.74, 0.26),
        (0.18, 0.76, 0.24),
    ):
        pen.dot(x, y, r, mix(c, darker(c, 0.2), y - 0.4))
    for _ in range(9):
        x, y = pen.dice.between(-0.45, 0.45), pen.dice.between(0.35, 0.85)
        pen.dot(x, y, 0.05, pen.second or lighter(c, 0.22))
    pen.box(-0.62, 0.985, 0.62, 1.1, c)


def cactus(pen: Pen) -> None:
    """Draw a cactus: with two arms and a flower."""
    c = pen.main
    pen.taper("-2,62 -24,60 -26,36", 0.13, 0.12, darker(c, 0.1))
    pen.taper("2,50 24,50 26,24", 0.13, 0.12, darker(c, 0.1))
    pen.rounded(-0.10, 0.06, 0.10, 1.0, 0.10, c)
    for x in (-0.045, 0.0, 0.045):
        pen.line([(x, 0.12), (x, 0.97)], 0.012, lighter(c, 0.25))
    for x, y in ((-0.03, 0.05), (0.04, 0.05), (0.0, 0.02)):
        pen.dot(x, y, 0.04, pen.second or rgb("e86a9a"))


def flower(pen: Pen) -> None:
    """Draw a flower: six petals on a stem."""
    c = pen.main
    pen.taper("0,40 3,70 0,99", 0.05, 0.05, LEAF)
    pen.blob("1,76 22,58 34,62 20,78", LEAF)
    pen.blob("0,88 -20,70 -32,74 -20,90", darker(LEAF, 0.12))
    for across, down in (
        (0.0, -0.17),
        (0.15, -0.085),
        (0.15, 0.085),
        (0.0, 0.17),
        (-0.15, 0.085),
        (-0.15, -0.085),
    ):
        pen.dot(across, 0.28 + down, 0.115, c)
    for across, down in ((0.0, -0.15), (0.13, 0.075), (-0.13, 0.075)):
        pen.dot(across, 0.28 + down, 0.06, lighter(c, 0.25))
    pen.dot(0.0, 0.28, 0.10, pen.second or rgb("f2c84a"))


def sunflower(pen: Pen) -> None:
    """Draw a sunflower: its face to the sun."""
    c = pen.main
    pen.taper("0,34 -3,66 0,99", 0.05, 0.06, LEAF)
    pen.blob("-1,70 24,54 36,62 22,76", LEAF)
    pen.blob("0,84 -22,68 -34,76 -20,90", darker(LEAF, 0.1))
    for ring, tone in ((0.0, darker(c, 0.12)), (0.21, c)):
        for step in range(15):
            a = ring + step * math.tau / 15
            pen.poly(
                [
                    (0.08 * math.cos(a - 0.5), 0.26 + 0.08 * math.sin(a - 0.5)),
                    (0.27 * math.cos(a), 0.26 + 0.27 * math.sin(a)),
                    (0.08 * math.cos(a + 0.5), 0.26 + 0.08 * math.sin(a + 0.5)),
                ],
                tone,
            )
    pen.dot(0.0, 0.26, 0.14, rgb("6b4226"))
    pen.dot(-0.015, 0.25, 0.09, rgb("855530"))


def mushroom(pen: Pen) -> None:
    """Draw a mushroom: a spotted cap."""
    c = pen.main
    pen.blob("-13,46 13,46 17,96 0,99 -17,96", CREAM)
    pen.oval(0.0, 0.50, 0.30, 0.06, rgb("e3d3b8"))
    pen.blob("-46,50 -34,18 0,2 34,18 46,50 20,54 -20,54", c)
    for x, y, r in (
        (-0.22, 0.32, 0.065),
        (0.04, 0.17, 0.075),
        (0.26, 0.36, 0.06),
        (0.02, 0.42, 0.05),
    ):
        pen.oval(x, y, r, r * 0.8, pen.other)


def pumpkin(pen: Pen) -> None:
    """Draw a pumpkin: a lantern at night."""
    c = pen.main
    pen.taper("0,22 3,8 14,4", 0.09, 0.06, LEAF)
    for x, r, tone in (
        (-0.32, 0.24, 0.22),
        (0.32, 0.24, 0.22),
        (-0.16, 0.28, 0.1),
        (0.16, 0.28, 0.1),
        (0.0, 0.24, 0.0),
    ):
        pen.oval(x, 0.60, r, 0.38, darker(c, tone))
    if pen.light.dark > 0.3:
        for points in ("-24,56 -14,40 -5,56", "24,56 14,40 5,56"):
            pen.poly(points, rgb("ffd65c"))
        pen.blob("-28,66 0,74 28,66 18,84 0,88 -18,84", rgb("ffd65c"))
        pen.lamp(0.0, 0.76, 0.03, rgb("ffd65c"), 0.8)


def apple(pen: Pen) -> None:
    """Draw an apple: with one leaf."""
    c = pen.main
    pen.blob("0,24 28,16 42,42 30,86 8,98 0,94 -8,98 -30,86 -42,42 -28,16", c)
    pen.oval(-0.20, 0.40, 0.07, 0.12, lighter(c, 0.4))
    pen.taper("0,26 2,12 8,2", 0.05, 0.035, BARK)
    pen.blob("4,14 20,0 34,6 20,18", LEAF)


def rock(pen: Pen) -> None:
    """Draw a rock: faceted."""
    c = pen.main
    pen.poly("-70,99 -58,52 -20,14 24,6 58,40 72,99", c)
    pen.poly("-58,52 -20,14 24,6 0,48", lighter(c, 0.22))
    pen.poly("24,6 58,40 72,99 18,99 0,48", darker(c, 0.2))


def campfire(pen: Pen) -> None:
    """Draw a campfire: logs and flames."""
    for points in ("-40,96 34,82", "40,96 -34,82"):
        pen.line(points, 0.11, BARK)
    for wide, top, code in ((0.30, 0.06, "f0642c"), (0.21, 0.28, "ffa63c"), (0.11, 0.48, "ffe27a")):
        colour: Colour = rgb(code)
        pen.draw.polygon(
            [pen.at(point) for point in _flame(wide, top)],
            fill=(*mix(colour, (255, 250, 220), 0.1), 255),
        )
    pen.lamp(0.0, 0.70, 0.05, rgb("ffb04a"), 1.6)


def _flame(wide: float, top: float) -> list[tuple[float, float]]:
    right = [(wide * 0.5, 0.45 + top * 0.3), (wide * 0.7, 0.38 + top * 0.4), (wide, 0.72)]
    foot = [(wide * 0.5, 0.88), (-wide * 0.5, 0.88), (-wide, 0.70)]
    left = [(-wide * 0.75, 0.42 + top * 0.4), (-wide * 0.35, 0.5 + top * 0.2)]
    return smooth([(0.02, top), *right, *foot, *left])


KINDS = {
    "tree": Kind(tree, 0.46, 0.85, "back", (0.20, 0.20, 0.3), (rgb("5f9a48"), rgb("4d8a52"))),
    "pine": Kind(pine, 0.44, 0.62, "back", None, (rgb("35684a"), rgb("3f7656"))),
    "palm": Kind(palm, 0.46, 0.85, "back", None, (rgb("4f9a4c"),)),
    "bush": Kind(bush, 0.15, 1.3, "ground", None, (rgb("55894a"),)),
    "cactus": Kind(cactus, 0.30, 0.75, "ground", None, (rgb("5a9a5c"),)),
    "flower": Kind(
        flower,
        0.19,
        0.7,
        "ground",
        (0.12, 0.24, 0.40),
        tuple(rgb(c) for c in ("e0506a", "f2f0ea", "b07ad0", "f2b63a")),
    ),
    "sunflower": Kind(sunflower, 0.30, 0.7, "ground", (0.13, 0.24, 0.36), (rgb("f5c02e"),)),
    "mushroom": Kind(mushroom, 0.15, 1.0, "ground", (0.0, 0.06, 0.9), (rgb("d2423c"),)),
    "pumpkin": Kind(pumpkin, 0.14, 1.15, "ground", (0.0, 0.24, 0.9), (rgb("ec8a2e"),)),
    "apple": Kind(apple, 0.11, 0.9, "table", None, (rgb("d63a34"), rgb("8fb84a"))),
    "rock": Kind(rock, 0.16, 1.45, "ground", (0.1, 0.10, 1.6), (rgb("98958f"),)),
    "campfire": Kind(campfire, 0.20, 0.95, "ground", None, (rgb("f0642c"),)),
}
"""Their drawings by name."""
