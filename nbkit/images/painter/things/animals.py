"""Small animals, and those one could hug."""

from __future__ import annotations

import math

from nbkit.images.painter.colour import brightness, darker, lighter, rgb
from nbkit.images.painter.things.pen import Kind, Pen

PINK = rgb("e79a9a")
CREAM = rgb("f6ead6")
DARK = rgb("3b3038")


def _ear(pen: Pen, x: float, y: float, wide: float, tall: float, *, lean: float) -> None:
    pen.poly([(x - wide, y), (x + lean, y - tall), (x + wide, y)], pen.main)
    inner = [(x - wide * 0.5, y), (x + lean, y - tall * 0.66), (x + wide * 0.5, y)]
    pen.poly(inner, PINK)


def _whiskers(pen: Pen, x: float, y: float, reach: float) -> None:
    colour = lighter(pen.main, 0.7) if brightness(pen.main) < 120 else darker(pen.main, 0.4)
    for side in (-1, 1):
        for drop in (-0.01, 0.02):
            pen.line([(x + side * reach * 0.35, y), (x + side * reach, y + drop)], 0.006, colour)


def cat(pen: Pen) -> None:
    """Draw a cat: sitting, its tail curled up behind."""
    c, shade = pen.main, darker(pen.main, 0.16)
    pen.taper("-12,93 -34,92 -40,70 -33,52", 0.10, 0.075, shade)
    pen.blob(
        "2,38 17,50 21,75 25,98 -22,98 -27,80 -19,56", c,
    )  # fmt: skip
    pen.blob("6,46 15,60 12,80 2,66", lighter(c, 0.5))
    for x in (0.06, 0.18):
        pen.oval(x, 0.955, 0.065, 0.04, lighter(c, 0.18))
    pen.line("12,74 12,95", 0.012, shade)
    _ear(pen, -0.06, 0.19, 0.085, 0.18, lean=-0.03)
    _ear(pen, 0.18, 0.19, 0.085, 0.18, lean=0.03)
    pen.oval(0.06, 0.28, 0.205, 0.165, c)
    for stripe in (-0.03, 0.06, 0.15):
        pen.line([(stripe, 0.135), (0.06 + (stripe - 0.06) * 0.8, 0.19)], 0.018, shade)
    for x in (-0.03, 0.15):
        pen.oval(x, 0.275, 0.042, 0.046, rgb("c6dc6a"))
        pen.oval(x, 0.275, 0.018, 0.042, DARK)
    pen.oval(0.06, 0.365, 0.07, 0.045, lighter(c, 0.5))
    pen.poly("3.5,33.5 8.5,33.5 6,36.2", PINK)
    _whiskers(pen, 0.06, 0.36, 0.24)


def dog(pen: Pen) -> None:
    """Draw a dog: sitting and attentive, with a collar and its tongue out."""
    c, shade = pen.main, darker(pen.main, 0.25)
    pen.taper("-15,90 -34,84 -40,66", 0.10, 0.05, c)
    pen.blob(
        "-2,38 16,46 22,72 24,98 -20,98 -27,80 -19,56", c,
    )  # fmt: skip
    pen.blob("8,48 17,58 16,80 6,68", CREAM)
    for x in (0.08, 0.20):
        pen.oval(x, 0.955, 0.07, 0.042, lighter(c, 0.2))
    pen.oval(0.06, 0.26, 0.19, 0.18, c)
    pen.oval(0.15, 0.335, 0.13, 0.095, CREAM)
    pen.oval(0.14, 0.43, 0.032, 0.055, PINK)
    pen.oval(0.15, 0.375, 0.10, 0.045, CREAM)
    pen.oval(0.22, 0.295, 0.045, 0.034, DARK)
    for x in (0.03, 0.14):
        pen.eye(x, 0.235, 0.027)
    pen.blob("-10,14 -19,24 -17,42 -8,40 -4,22", shade)
    pen.blob("19,12 27,16 27.5,26 22,25", shade)
    pen.line("-5,44.5 6,47.5 15,45.5", 0.035, pen.second or rgb("d2423c"))
    pen.dot(0.09, 0.50, 0.026, rgb("e8b94a"))


def fox(pen: Pen) -> None:
    """Draw a fox: sitting, wrapped in its tail."""
    c, shade = pen.main, darker(pen.main, 0.2)
    pen.blob(
        "-10,98 -36,96 -47,78 -42,56 -30,50 -26,72 -14,84", shade,
    )  # fmt: skip
    pen.blob("-43,66 -42,54 -29,48 -29,60 -36,60", CREAM)
    pen.blob(
        "0,36 16,48 19,74 22,98 -20,98 -24,80 -16,54", c,
    )  # fmt: skip
    pen.blob("5,44 17,54 12,82 2,66", CREAM)
    for x in (0.05, 0.16):
        pen.rounded(x - 0.04, 0.80, x + 0.04, 0.985, 0.04, DARK)
    for x, lean in ((-0.07, -0.05), (0.17, 0.05)):
        pen.poly([(x - 0.09, 0.22), (x + lean, 0.0), (x + 0.085, 0.20)], c)
        pen.poly([(x - 0.035, 0.09), (x + lean, 0.0), (x + 0.045, 0.09)], DARK)
        pen.poly([(x - 0.03, 0.2), (x + lean * 0.6, 0.10), (x + 0.04, 0.2)], CREAM)
    pen.blob("-16,26 5,13 26,26 19,37 7,47 -8,37", c)
    pen.blob("-15,31 -2,33 6,40 5,46 -7,40", CREAM)
    pen.blob("25,31 14,33 8,40 9,46 19,39", CREAM)
    pen.oval(0.07, 0.455, 0.032, 0.026, DARK)
    for x in (-0.03, 0.15):
        pen.eye(x, 0.285, 0.026)


def rabbit(pen: Pen) -> None:
    """Draw a rabbit: crouching, its ears up."""
    c = pen.main
    pen.dot(-0.33, 0.80, 0.09, CREAM)
    pen.blob("-32,90 -28,62 -5,52 16,62 20,98 -24,98", c)
    for x, lean in ((0.04, -0.06), (0.17, 0.05)):
        pen.blob(
            [
                (x - 0.05, 0.36),
                (x + lean - 0.05, 0.10),
                (x + lean, 0.0),
                (x + lean + 0.05, 0.10),
                (x + 0.05, 0.36),
            ],
            c,
        )
        pen.blob(
            [
                (x - 0.02, 0.34),
                (x + lean - 0.022, 0.12),
                (x + lean, 0.06),
                (x + lean + 0.022, 0.12),
                (x + 0.02, 0.34),
            ],
            PINK,
        )
    pen.oval(0.12, 0.48, 0.18, 0.16, c)
    pen.oval(0.18, 0.55, 0.09, 0.06, CREAM)
    pen.poly("16,50.5 20.5,50.5 18.3,53", PINK)
    for x in (0.08, 0.25):
        pen.eye(x, 0.46, 0.028)
    pen.oval(-0.12, 0.94, 0.14, 0.05, lighter(c, 0.2))
    pen.oval(0.15, 0.95, 0.08, 0.04, lighter(c, 0.2))


def bear(pen: Pen) -> None:
    """Draw a bear: sitting like a large toy."""
    c, pale = pen.main, lighter(pen.main, 0.4)
    for x in (-0.19, 0.19):
        pen.dot(x, 0.12, 0.085, c)
        pen.dot(x, 0.125, 0.045, pale)
    pen.blob("-18,42 18,42 32,68 28,95 -28,95 -32,68", c)
    pen.oval(0.0, 0.72, 0.18, 0.20, pale)
    for side in (-1, 1):
        pen.taper("24,50 36,62 30,76", 0.14, 0.12, c, side)
        pen.oval(side * 0.24, 0.92, 0.13, 0.075, c)
        pen.oval(side * 0.26, 0.92, 0.07, 0.045, pale)
    pen.oval(0.0, 0.26, 0.24, 0.21, c)
    pen.oval(0.0, 0.335, 0.12, 0.09, pale)
    pen.oval(0.0, 0.30, 0.045, 0.033, DARK)
    pen.arc(0.0, 0.34, 0.04, 0.03, 20, 160, 0.012, DARK)
    for x in (-0.095, 0.095):
        pen.eye(x, 0.225, 0.025)


def mouse(pen: Pen) -> None:
    """Draw a mouse: a round body, and round ears."""
    c = pen.main
    pen.taper("-30,90 -55,94 -60,70 -48,62", 0.035, 0.018, PINK)
    pen.blob("-38,85 -26,52 0,42 28,62 42,84 30,97 -28,97", c)
    for x in (0.0, 0.22):
        pen.dot(x, 0.44, 0.15, c)
        pen.dot(x, 0.45, 0.09, PINK)
    pen.dot(0.43, 0.83, 0.035, PINK)
    pen.eye(0.26, 0.72, 0.034)
    _whiskers(pen, 0.38, 0.86, 0.2)
    for x in (-0.12, 0.18):
        pen.oval(x, 0.965, 0.08, 0.028, PINK)


def hedgehog(pen: Pen) -> None:
    """Draw a hedgehog: a cushion of spines with a nose."""
    spines = pen.main
    for step in range(15):
        angle = step / 14
        x, y = -0.42 + 0.72 * angle, 0.80 - 0.42 * (1 - (2 * angle - 0.95) ** 2)
        pen.poly(
            [
                (x - 0.05, y + 0.12),
                (x - 0.06 + 0.1 * (angle - 0.6), y - 0.10),
                (x + 0.06, y + 0.08),
            ],
            spines,
        )
    pen.blob("-45,92 -42,60 -12,40 20,50 28,75 22,97 -36,97", spines)
    pen.blob("14,62 30,62 54,82 40,96 12,97", CREAM)
    pen.dot(0.53, 0.81, 0.04, DARK)
    pen.eye(0.32, 0.74, 0.032)
    pen.dot(0.17, 0.62, 0.06, lighter(spines, 0.3))
    for x in (-0.2, 0.2):
        pen.oval(x, 0.97, 0.08, 0.028, CREAM)


def frog(pen: Pen) -> None:
    """Draw a frog: squatting, with a wide smile."""
    c = pen.main
    for side in (-1, 1):
        pen.blob("20,62 46,72 44,95 16,96", darker(c, 0.15), side)
    pen.blob("-30,45 30,45 34,75 22,97 -22,97 -34,75", c)
    pen.oval(0.0, 0.80, 0.20, 0.15, lighter(c, 0.5))
    for x in (-0.19, 0.19):
        pen.dot(x, 0.34, 0.12, c)
        pen.dot(x, 0.33, 0.08, CREAM)
        pen.eye(x, 0.33, 0.05)
    pen.arc(0.0, 0.50, 0.20, 0.10, 20, 160, 0.02, darker(c, 0.5))


def turtle(pen: Pen) -> None:
    """Draw a turtle: walking under its dome."""
    shell, skin = pen.main, rgb("9cb86a")
    pen.blob("36,70 52,44 66,46 68,60 50,84", skin)
    pen.eye(0.60, 0.52, 0.026)
    for x in (-0.32, 0.26):
        pen.rounded(x - 0.09, 0.76, x + 0.09, 0.99, 0.06, skin)
    pen.poly("-50,82 -62,90 -44,88", skin)
    pen.blob("-52,84 -40,48 -2,26 36,48 48,84", shell)
    for x, y, r in ((-0.02, 0.48, 0.11), (-0.26, 0.62, 0.09), (0.22, 0.62, 0.09)):
        pen.poly(
            [
                (x + r * math.cos(a * math.pi / 3), y + r * math.sin(a * math.pi / 3))
                for a in range(6)
            ],
            lighter(shell, 0.28),
        )
    pen.taper("-50,84 0,88 48,84", 0.06, 0.06, darker(shell, 0.25))


def snail(pen: Pen) -> None:
    """Draw a snail: on its way."""
    skin = rgb("d8b98c")
    pen.taper("-55,94 10,93 44,88 52,62", 0.10, 0.16, skin)
    for x in (0.46, 0.60):
        pen.line([(0.52, 0.58), (x, 0.36)], 0.025, skin)
        pen.dot(x, 0.35, 0.035, DARK)
    pen.dot(-0.06, 0.60, 0.34, pen.main)
    for radius, tone in ((0.25, 0.2), (0.17, 0.0), (0.09, 0.3)):
        pen.dot(-0.04, 0.62, radius, lighter(pen.main, tone) if tone else darker(pen.main, 0.15))


KINDS = {
    "cat": Kind(
        cat, 0.27, 0.86, colours=(rgb("e39a4f"), rgb("8d8a92"), rgb("4a4650"), rgb("f0e6d4"))
    ),
    "dog": Kind(dog, 0.28, 0.86, colours=(rgb("c08a54"), rgb("8a5f40"), rgb("d9b380"))),
    "fox": Kind(fox, 0.28, 0.95, colours=(rgb("e0702e"),)),
    "wolf": Kind(fox, 0.32, 0.95, colours=(rgb("7d8490"),)),
    "rabbit": Kind(rabbit, 0.22, 0.80, colours=(rgb("b79d86"), rgb("ded2c4"))),
    "bear": Kind(bear, 0.36, 0.85, colours=(rgb("8b5a3c"),)),
    "mouse": Kind(mouse, 0.14, 1.2, colours=(rgb("9a938f"), rgb("b98a5e"))),
    "hedgehog": Kind(hedgehog, 0.16, 1.1, colours=(rgb("7a5a44"),)),
    "frog": Kind(frog, 0.16, 1.0, colours=(rgb("6fae4a"),)),
    "turtle": Kind(turtle, 0.20, 1.35, colours=(rgb("5d8a4c"), rgb("8a6a44"))),
    "snail": Kind(snail, 0.16, 1.3, colours=(rgb("b5654a"), rgb("c98a3c"))),
}
"""Their drawings by name."""
