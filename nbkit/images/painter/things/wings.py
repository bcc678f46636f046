"""Birds and insects."""

from __future__ import annotations

from nbkit.images.painter.colour import darker, lighter, rgb
from nbkit.images.painter.things.pen import Kind, Pen

CREAM = rgb("f6ead6")
DARK = rgb("3b3038")
BEAK = rgb("eda13a")


def owl(pen: Pen) -> None:
    """Draw an owl: awake."""
    c = pen.main
    pen.blob("-24,20 24,20 33,60 16,95 -16,95 -33,60", c)
    for side in (-1, 1):
        pen.poly("8,16 27,0 27,26", c, side)
        pen.blob("25,42 36,62 20,90 18,60", darker(c, 0.25), side)
        pen.dot(side * 0.12, 0.28, 0.14, CREAM)
        pen.dot(side * 0.115, 0.28, 0.095, rgb("f2b632"))
        pen.eye(side * 0.11, 0.28, 0.055)
        pen.oval(side * 0.09, 0.965, 0.07, 0.03, BEAK)
    pen.oval(0.0, 0.68, 0.17, 0.22, CREAM)
    for row in range(3):
        for column in range(3 - row % 2):
            x = (column - (2 - row % 2) / 2) * 0.11
            pen.arc(x, 0.57 + row * 0.10, 0.045, 0.04, 0, 180, 0.018, c)
    pen.poly("-4.5,33 4.5,33 0,43", BEAK)


def bird(pen: Pen) -> None:
    """Draw a bird: a small round songbird."""
    c = pen.main
    pen.poly("-28,55 -62,36 -58,52 -26,72", darker(c, 0.25))
    for x in (-0.02, 0.10):
        pen.line([(x, 0.84), (x + 0.02, 0.99)], 0.03, BEAK)
    pen.poly("30,30 52,37 30,43", BEAK)
    pen.blob("-34,62 -10,44 5,18 26,20 34,42 28,74 2,90 -22,82", c)
    pen.blob("20,46 30,52 24,76 2,86 4,62", lighter(c, 0.55))
    pen.blob("-34,58 -2,46 8,60 -10,74", darker(c, 0.28))
    pen.eye(0.20, 0.32, 0.035)


def gull(pen: Pen) -> None:
    """Draw a gull: gliding on bent wings."""
    c = pen.main
    tip = darker(c, 0.75)
    pen.blob("-4,50 -40,20 -95,42 -45,40 -6,72", c)
    pen.blob("4,50 40,20 95,42 45,40 6,72", lighter(c, 0.2))
    for side in (-1, 1):
        pen.poly("95,42 68,27 70,36", tip, side)
    pen.blob("-22,72 0,50 20,54 24,66 2,80", lighter(c, 0.3))
    pen.poly("22,56 34,64 22,66", BEAK)


def duck(pen: Pen) -> None:
    """Draw a duck: afloat."""
    c = pen.main
    pen.blob("-56,50 -40,62 0,56 34,62 42,82 20,98 -30,98 -50,80", c)
    pen.taper("30,76 28,52 34,34", 0.22, 0.16, lighter(c, 0.1))
    pen.dot(0.36, 0.28, 0.15, lighter(c, 0.1))
    pen.blob("46,24 66,30 66,36 46,38", BEAK)
    pen.blob("-42,68 2,62 14,76 -10,88", darker(c, 0.14))
    pen.eye(0.40, 0.24, 0.03)


def flamingo(pen: Pen) -> None:
    """Draw a flamingo: on one leg."""
    c = pen.main
    pen.line("-2,58 -2,97 4,98", 0.022, darker(c, 0.25))
    pen.line("4,58 16,70 0,76", 0.022, darker(c, 0.25))
    pen.blob("-34,52 -16,38 10,38 22,50 10,64 -14,64", c)
    pen.blob("-34,52 -10,42 8,48 -10,60", darker(c, 0.16))
    pen.taper("16,48 30,36 16,24 20,10", 0.09, 0.06, c)
    pen.dot(0.21, 0.09, 0.065, c)
    pen.blob("26,6 36,10 38,20 33,20 30,14 25,13", CREAM)
    pen.blob("36,13 38,20 33,20", DARK)
    pen.eye(0.225, 0.075, 0.015)


def penguin(pen: Pen) -> None:
    """Draw a penguin: in evening dress."""
    coat = pen.main
    for side in (-1, 1):
        pen.oval(side * 0.10, 0.965, 0.10, 0.035, BEAK)
        pen.blob("20,40 36,66 30,74 18,60", coat, side)
    pen.blob("0,2 16,14 25,55 20,94 -20,94 -25,55 -16,14", coat)
    pen.blob("0,28 15,45 15,88 -15,88 -15,45", CREAM)
    for side in (-1, 1):
        pen.oval(side * 0.06, 0.20, 0.07, 0.075, CREAM)
        pen.eye(side * 0.06, 0.19, 0.024)
    pen.poly("-5,23 5,23 0,31", BEAK)
    if pen.second:
        pen.line("-17,32 0,36 17,32", 0.07, pen.second)


def chicken(pen: Pen) -> None:
    """Draw a chicken: a hen."""
    c = pen.main
    for x in (-0.06, 0.10):
        pen.line([(x, 0.84), (x, 0.97), (x + 0.08, 0.98)], 0.03, BEAK)
    for x in (0.20, 0.28, 0.35):
        pen.dot(x, 0.13, 0.055, rgb("d63a34"))
    pen.blob("-48,28 -30,50 5,48 16,16 36,14 40,50 26,80 -6,90 -36,72", c)
    pen.blob("-28,56 8,56 2,74 -16,74", darker(c, 0.15))
    pen.poly("38,22 52,27 38,32", BEAK)
    pen.oval(0.38, 0.37, 0.035, 0.06, rgb("d63a34"))
    pen.eye(0.30, 0.23, 0.028)


def butterfly(pen: Pen) -> None:
    """Draw a butterfly: open wings."""
    c = pen.main
    for side in (-1, 1):
        pen.blob("3,48 22,6 54,10 48,44 10,56", c, side)
        pen.blob("3,54 36,56 38,86 14,88", lighter(c, 0.3), side)
        pen.dot(side * 0.34, 0.26, 0.075, pen.other)
        pen.dot(side * 0.24, 0.70, 0.05, darker(c, 0.3))
        pen.line("0,32 10,12", 0.015, DARK, side)
    pen.oval(0.0, 0.55, 0.035, 0.27, DARK)


def bee(pen: Pen) -> None:
    """Draw a bee: humming."""
    for x in (-0.10, 0.12):
        pen.oval(x, 0.26, 0.13, 0.22, rgb("dcebf4"))
    pen.oval(0.0, 0.60, 0.40, 0.27, pen.main)
    for x in (-0.18, 0.02):
        pen.blob([(x - 0.05, 0.37), (x + 0.05, 0.35), (x + 0.06, 0.85), (x - 0.04, 0.84)], DARK)
    pen.dot(0.34, 0.58, 0.17, DARK)
    pen.dot(0.40, 0.54, 0.045, CREAM)


KINDS = {
    "owl": Kind(owl, 0.26, 0.75, colours=(rgb("8c6a4c"), rgb("7a6f6a"))),
    "bird": Kind(bird, 0.15, 1.25, colours=(rgb("d9603a"), rgb("4a86c4"), rgb("e2b63a"))),
    "gull": Kind(gull, 0.075, 2.0, "air", colours=(rgb("f3f4f4"),)),
    "duck": Kind(duck, 0.14, 1.3, "water", colours=(rgb("f2d36a"), rgb("8c6f52"), rgb("f6f2e8"))),
    "flamingo": Kind(flamingo, 0.32, 0.8, colours=(rgb("f08fb2"),)),
    "penguin": Kind(penguin, 0.26, 0.7, colours=(rgb("2e3444"),)),
    "chicken": Kind(chicken, 0.17, 1.1, colours=(rgb("f2ead8"), rgb("b5623a"))),
    "butterfly": Kind(
        butterfly, 0.10, 1.15, "air", colours=(rgb("ee8130"), rgb("5a8fd8"), rgb("e2b63a"))
    ),
    "bee": Kind(bee, 0.08, 1.1, "air", colours=(rgb("f2c531"),)),
}
"""Their drawings by name."""
