"""What lives in the sea."""

from __future__ import annotations

import math

from nbkit.images.painter.colour import darker, lighter, rgb
from nbkit.images.painter.things.pen import Kind, Pen

CREAM = rgb("f6ead6")


def fish(pen: Pen) -> None:
    """Draw a fish: swimming."""
    c = pen.main
    pen.blob("-40,50 -82,14 -72,50 -82,88", darker(c, 0.12))
    pen.blob("-15,25 12,0 30,26", darker(c, 0.12))
    pen.blob("-50,50 -10,20 40,22 76,52 40,82 -10,82", c)
    for x in (-0.14, 0.14):
        pen.blob([(x, 0.23), (x + 0.12, 0.22), (x + 0.10, 0.80), (x - 0.02, 0.80)], pen.other)
    pen.dot(0.52, 0.43, 0.075, CREAM)
    pen.eye(0.54, 0.43, 0.045)


def whale(pen: Pen) -> None:
    """Draw a whale: a good-natured giant, blowing."""
    c = pen.main
    pen.taper("30,30 30,16 16,4", 0.05, 0.03, rgb("dcf0f6"))
    pen.taper("30,30 32,16 46,4", 0.05, 0.03, rgb("dcf0f6"))
    pen.taper("-45,72 -78,60 -88,36", 0.34, 0.09, c)
    pen.blob("-86,40 -110,20 -98,16 -86,26 -72,12 -64,20", c)
    pen.blob("-60,66 -20,36 45,30 86,54 84,80 40,98 -30,96", c)
    pen.blob("84,76 40,74 -20,86 -20,97 40,98", CREAM)
    for drop in (0.82, 0.88, 0.94):
        pen.line([(0.0, drop + 0.02), (0.62, drop - 0.03)], 0.012, darker(CREAM, 0.2))
    pen.blob("10,80 26,82 6,106 -6,100", darker(c, 0.2))
    pen.eye(0.60, 0.64, 0.035)


def dolphin(pen: Pen) -> None:
    """Draw a dolphin: leaping."""
    c = pen.main
    pen.blob("-62,62 -86,62 -72,72 -82,92 -60,78", c)
    pen.blob("-5,24 -16,2 14,20", darker(c, 0.15))
    pen.blob("-66,70 -30,32 20,18 52,36 78,56 50,60 20,62 -30,66", c)
    pen.blob("52,58 20,48 -20,60 10,64 40,62", CREAM)
    pen.blob("18,56 28,58 10,84", darker(c, 0.15))
    pen.eye(0.48, 0.44, 0.026)


def octopus(pen: Pen) -> None:
    """Draw an octopus: all arms."""
    c = pen.main
    for arm in range(7):
        x = (arm - 3) / 3
        sway = 0.10 * (-1) ** arm
        pen.taper(
            [(x * 0.22, 0.50), (x * 0.40, 0.70), (x * 0.46 + sway, 0.86), (x * 0.60, 0.96)],
            0.13,
            0.04,
            darker(c, 0.1 * (arm % 2)),
        )
    pen.blob("0,2 30,18 28,52 0,62 -28,52 -30,18", c)
    for x in (-0.11, 0.11):
        pen.dot(x, 0.38, 0.075, CREAM)
        pen.eye(x, 0.39, 0.045)
    pen.arc(0.0, 0.47, 0.06, 0.05, 20, 160, 0.018, darker(c, 0.5))


def jellyfish(pen: Pen) -> None:
    """Draw a jellyfish: drifting."""
    c = pen.main
    for arm in range(6):
        x = (arm - 2.5) * 0.10
        pen.taper(
            [(x, 0.40), (x + 0.05, 0.60), (x - 0.05, 0.80), (x + 0.03, 1.0)],
            0.05,
            0.015,
            lighter(c, 0.2 * (arm % 2)),
        )
    pen.blob("-34,42 -28,12 0,0 28,12 34,42 0,50", c)
    pen.blob("-20,24 -10,10 8,8 -4,22", lighter(c, 0.5))
    pen.lamp(0.0, 0.36, 0.05, lighter(c, 0.4), 0.6)


def crab(pen: Pen) -> None:
    """Draw a crab: sideways."""
    c = pen.main
    for side in (-1, 1):
        for leg in range(3):
            pen.taper(
                [
                    (side * 0.30, 0.66 + leg * 0.06),
                    (side * (0.52 + leg * 0.02), 0.70 + leg * 0.04),
                    (side * (0.58 - leg * 0.05), 0.98),
                ],
                0.06,
                0.03,
                darker(c, 0.2),
            )
        pen.taper("34,58 52,40 46,26", 0.07, 0.07, c, side)
        pen.blob("36,24 44,0 50,14 62,2 58,28 46,34", c, side)
        pen.line("12,48 13,34", 0.03, c, side)
        pen.dot(side * 0.13, 0.32, 0.06, CREAM)
        pen.eye(side * 0.13, 0.32, 0.036)
    pen.oval(0.0, 0.66, 0.42, 0.23, c)
    pen.arc(0.0, 0.68, 0.14, 0.08, 20, 160, 0.022, darker(c, 0.4))


def starfish(pen: Pen) -> None:
    """Draw a starfish: five arms."""
    pen.blob(
        [(r * math.cos(a), 0.52 + r * math.sin(a))
         for i in range(10)
         for r, a in [((0.48, 0.20)[i % 2], i * math.pi / 5 - math.pi / 2)]], pen.main,
    )  # fmt: skip
    for i in range(5):
        a = i * math.tau / 5 - math.pi / 2
        pen.dot(0.22 * math.cos(a), 0.52 + 0.22 * math.sin(a), 0.035, lighter(pen.main, 0.4))


KINDS = {
    "fish": Kind(fish, 0.13, 1.65, "under", colours=(rgb("f08a3c"), rgb("e2b63a"), rgb("4f8fd0"))),
    "whale": Kind(whale, 0.36, 2.1, "under", seat=(0.1, 0.36, 0.5), colours=(rgb("4f7fae"),)),
    "dolphin": Kind(dolphin, 0.20, 1.7, "under", colours=(rgb("6d93b4"),)),
    "octopus": Kind(octopus, 0.34, 1.25, "under", colours=(rgb("d0605e"), rgb("9a62b0"))),
    "jellyfish": Kind(jellyfish, 0.24, 0.72, "under", colours=(rgb("d890c8"), rgb("8fb8e8"))),
    "crab": Kind(crab, 0.12, 1.3, colours=(rgb("dc5a3c"),)),
    "starfish": Kind(starfish, 0.10, 1.0, colours=(rgb("ee8a4c"),)),
}
"""Their drawings by name."""
