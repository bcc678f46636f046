"""Those who only look like people, and people in armour."""

from __future__ import annotations

from nbkit.images.painter.colour import darker, lighter, rgb
from nbkit.images.painter.things.clothes import DARK, GOLD, coat, legs
from nbkit.images.painter.things.pen import Kind, Pen

STEEL = rgb("aab4be")


def astronaut(pen: Pen) -> None:
    """Draw an astronaut: in a suit with a mirrored visor."""
    suit, trim = pen.main, pen.second or rgb("ee8130")
    pen.rounded(-0.20, 0.38, 0.14, 0.68, 0.05, darker(suit, 0.28))
    for x in (-0.085, 0.085):
        pen.line([(x, 0.70), (x, 0.90)], 0.13, suit)
        pen.rounded(x - 0.075, 0.87, x + 0.085, 0.985, 0.035, darker(suit, 0.3))
        pen.line([(x - 0.06, 0.83), (x + 0.06, 0.83)], 0.025, trim)
    pen.taper("-15,46 -26,56 -24,68", 0.13, 0.10, darker(suit, 0.1))
    pen.blob("-15,40 15,40 20,56 17,76 -17,76 -20,56", suit)
    pen.taper("15,46 27,52 31,42", 0.13, 0.10, suit)
    pen.dot(0.31, 0.40, 0.055, trim)
    pen.dot(-0.24, 0.70, 0.055, trim)
    pen.rounded(-0.09, 0.52, 0.09, 0.63, 0.02, darker(suit, 0.18))
    for x, lamp in ((-0.05, "d63a34"), (0.0, "5fc46a"), (0.05, "4f9fe0")):
        pen.dot(x, 0.575, 0.018, rgb(lamp))
    pen.dot(0.0, 0.22, 0.20, suit)
    pen.oval(0.04, 0.23, 0.14, 0.125, rgb("233250"))
    pen.oval(0.06, 0.20, 0.09, 0.07, rgb("4a76a8"))
    pen.oval(0.10, 0.17, 0.03, 0.022, rgb("e8f4fa"))


def knight(pen: Pen) -> None:
    """Draw a knight: in plate, with a shield."""
    trim = pen.main
    legs(pen, STEEL, darker(STEEL, 0.35))
    coat(pen, STEEL, hem=0.70, flare=0.15)
    pen.poly("-11,50 11,50 15,78 -15,78", trim)
    pen.line("23,68 34,16", 0.028, rgb("dfe6ea"))
    pen.line("16,58 30,64", 0.03, GOLD)
    pen.rounded(-0.135, 0.11, 0.135, 0.38, 0.11, STEEL)
    pen.box(-0.02, 0.22, 0.13, 0.255, DARK)
    pen.line("5,26 5,36", 0.012, darker(STEEL, 0.4))
    pen.taper("0,11 -8,2 -20,4", 0.08, 0.02, trim)
    pen.blob("-33,46 -20,43 -7,46 -9,66 -20,78 -31,66", trim)
    pen.line("-20,48 -20,72", 0.03, pen.other)
    pen.line("-30,57 -10,57", 0.03, pen.other)


def robot(pen: Pen) -> None:
    """Draw a robot: boxy, with kind eyes and an aerial."""
    c, dark = pen.main, darker(pen.main, 0.45)
    for x in (-0.11, 0.11):
        pen.line([(x, 0.74), (x, 0.92)], 0.06, dark)
        pen.rounded(x - 0.09, 0.89, x + 0.10, 0.985, 0.04, darker(c, 0.2))
    pen.taper("-20,50 -32,58 -31,70", 0.07, 0.06, dark)
    pen.taper("20,50 32,54 35,42", 0.07, 0.06, dark)
    pen.dot(-0.31, 0.72, 0.055, darker(c, 0.2))
    pen.dot(0.355, 0.395, 0.055, darker(c, 0.2))
    pen.rounded(-0.22, 0.42, 0.22, 0.80, 0.07, c)
    pen.rounded(-0.13, 0.50, 0.13, 0.68, 0.03, darker(c, 0.3))
    pen.lamp(-0.06, 0.56, 0.03, rgb("f2b632"), 0.12)
    pen.dot(0.05, 0.56, 0.03, rgb("5fc4c0"))
    pen.line("-8,63 8,63", 0.02, lighter(c, 0.5))
    pen.box(-0.05, 0.37, 0.05, 0.45, dark)
    pen.line("0,12 0,2", 0.022, dark)
    pen.lamp(0.0, 0.01, 0.035, pen.second or rgb("f0604a"), 0.14)
    pen.rounded(-0.23, 0.10, 0.23, 0.39, 0.10, lighter(c, 0.12))
    pen.rounded(-0.17, 0.16, 0.18, 0.34, 0.07, rgb("26313f"))
    for x in (-0.07, 0.09):
        pen.lamp(x, 0.235, 0.036, rgb("8ff0ea"), 0.12)
    pen.arc(0.01, 0.275, 0.05, 0.03, 20, 160, 0.014, rgb("8ff0ea"))
    for side in (-1, 1):
        pen.rounded(side * 0.245 - 0.025, 0.19, side * 0.245 + 0.025, 0.31, 0.02, dark)


def snowman(pen: Pen) -> None:
    """Draw a snowman: three balls, a carrot and a scarf."""
    snow, scarf = rgb("f6f9fb"), pen.main
    for side in (-1, 1):
        pen.taper("18,54 34,44 42,30", 0.035, 0.02, rgb("6b4a34"), side)
    for y, r in ((0.80, 0.20), (0.53, 0.155), (0.30, 0.12)):
        pen.dot(0.0, y, r, snow)
    for y in (0.50, 0.58, 0.74):
        pen.dot(0.02, y, 0.020, DARK)
    for x in (-0.03, 0.06):
        pen.dot(x, 0.27, 0.017, DARK)
    pen.poly("2,29 18,33 2,33", rgb("ee8130"))
    pen.line("-10,40 0,42 11,40", 0.06, scarf)
    pen.taper("6,41 11,50 9,58", 0.055, 0.05, darker(scarf, 0.1))
    pen.box(-0.16, 0.17, 0.16, 0.20, DARK)
    pen.box(-0.10, 0.02, 0.10, 0.18, DARK)
    pen.box(-0.10, 0.13, 0.10, 0.17, scarf)


def ghost(pen: Pen) -> None:
    """Draw a ghost: friendly."""
    c = pen.main
    pen.blob("0,2 24,18 28,50 30,92 18,84 10,98 0,86 -10,98 -18,84 -30,92 -28,50 -24,18", c)
    for x in (-0.07, 0.10):
        pen.oval(x, 0.34, 0.04, 0.06, DARK)
    pen.oval(0.02, 0.49, 0.045, 0.055, DARK)
    pen.lamp(0.02, 0.5, 0.001, lighter(c, 0.4), 0.8)


def scarecrow(pen: Pen) -> None:
    """Draw a scarecrow: arms out, stuffed with straw."""
    straw = rgb("e3c26a")
    pen.line("0,40 0,99", 0.045, rgb("7a5436"))
    pen.line("-36,46 36,46", 0.035, rgb("7a5436"))
    for side in (-1, 1):
        pen.line("10,45 32,46", 0.13, pen.main, side)
        pen.poly("30,40 44,38 40,46 45,53 30,52", straw, side)
    pen.poly("-14,38 14,38 17,78 -17,78", pen.main)
    pen.poly("-17,78 17,78 20,86 8,81 3,88 -6,81 -19,86", straw)
    pen.box(0.03, 0.56, 0.12, 0.66, pen.second or rgb("d9603a"))
    pen.dot(0.0, 0.26, 0.13, rgb("e8cf9c"))
    for x in (-0.04, 0.06):
        pen.dot(x, 0.25, 0.018, DARK)
    pen.arc(0.01, 0.28, 0.06, 0.04, 20, 160, 0.012, DARK)
    pen.poly("-25,19 25,19 10,15 6,0 -7,1 -10,15", rgb("8a6138"))


KINDS = {
    "astronaut": Kind(astronaut, 0.36, 0.65, colours=(rgb("eef0f2"),)),
    "knight": Kind(knight, 0.36, 0.7, colours=(rgb("b8373a"), rgb("2f5fae"))),
    "robot": Kind(robot, 0.34, 0.75, colours=(rgb("7fa8b8"), rgb("d9a24a"), rgb("b8c0c8"))),
    "snowman": Kind(snowman, 0.32, 0.8, colours=(rgb("d2423c"),)),
    "ghost": Kind(ghost, 0.30, 0.7, colours=(rgb("eef2f6"),)),
    "scarecrow": Kind(scarecrow, 0.36, 0.9, colours=(rgb("5a7fb5"), rgb("b5553f"))),
}
"""Their drawings by name."""
