"""Birds, insects, what lives in water, and what lives in tales."""

from __future__ import annotations

import math

from nbkit.images.painter.colour import darker, lighter, rgb
from nbkit.images.painter.things.animals import CREAM, DARK, PINK
from nbkit.images.painter.things.pen import Kind, Pen

BEAK = rgb("eda13a")


def frog(pen: Pen) -> None:
    """Squatting, with a wide smile."""
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
    """Walking under its dome."""
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
    """On its way."""
    skin = rgb("d8b98c")
    pen.taper("-55,94 10,93 44,88 52,62", 0.10, 0.16, skin)
    for x in (0.46, 0.60):
        pen.line([(0.52, 0.58), (x, 0.36)], 0.025, skin)
        pen.dot(x, 0.35, 0.035, DARK)
    pen.dot(-0.06, 0.60, 0.34, pen.main)
    for radius, tone in ((0.25, 0.2), (0.17, 0.0), (0.09, 0.3)):
        pen.dot(-0.04, 0.62, radius, lighter(pen.main, tone) if tone else darker(pen.main, 0.15))


def owl(pen: Pen) -> None:
    """Awake."""
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
    """A small round songbird."""
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
    """Gliding on bent wings."""
    c = pen.main
    tip = darker(c, 0.75)
    pen.blob("-4,50 -40,20 -95,42 -45,40 -6,72", c)
    pen.blob("4,50 40,20 95,42 45,40 6,72", lighter(c, 0.2))
    for side in (-1, 1):
        pen.poly("95,42 68,27 70,36", tip, side)
    pen.blob("-22,72 0,50 20,54 24,66 2,80", lighter(c, 0.3))
    pen.poly("22,56 34,64 22,66", BEAK)


def duck(pen: Pen) -> None:
    """Afloat."""
    c = pen.main
    pen.blob("-56,50 -40,62 0,56 34,62 42,82 20,98 -30,98 -50,80", c)
    pen.taper("30,76 28,52 34,34", 0.22, 0.16, lighter(c, 0.1))
    pen.dot(0.36, 0.28, 0.15, lighter(c, 0.1))
    pen.blob("46,24 66,30 66,36 46,38", BEAK)
    pen.blob("-42,68 2,62 14,76 -10,88", darker(c, 0.14))
    pen.eye(0.40, 0.24, 0.03)


def penguin(pen: Pen) -> None:
    """In evening dress."""
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
    """A hen."""
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
    """Open wings."""
    c = pen.main
    for side in (-1, 1):
        pen.blob("3,48 22,6 54,10 48,44 10,56", c, side)
        pen.blob("3,54 36,56 38,86 14,88", lighter(c, 0.3), side)
        pen.dot(side * 0.34, 0.26, 0.075, pen.other)
        pen.dot(side * 0.24, 0.70, 0.05, darker(c, 0.3))
        pen.line("0,32 10,12", 0.015, DARK, side)
    pen.oval(0.0, 0.55, 0.035, 0.27, DARK)


def bee(pen: Pen) -> None:
    """Humming."""
    for x in (-0.10, 0.12):
        pen.oval(x, 0.26, 0.13, 0.22, rgb("dcebf4"))
    pen.oval(0.0, 0.60, 0.40, 0.27, pen.main)
    for x in (-0.18, 0.02):
        pen.blob([(x - 0.05, 0.37), (x + 0.05, 0.35), (x + 0.06, 0.85), (x - 0.04, 0.84)], DARK)
    pen.dot(0.34, 0.58, 0.17, DARK)
    pen.dot(0.40, 0.54, 0.045, CREAM)


def fish(pen: Pen) -> None:
    """Swimming."""
    c = pen.main
    pen.blob("-40,50 -82,14 -72,50 -82,88", darker(c, 0.12))
    pen.blob("-15,25 12,0 30,26", darker(c, 0.12))
    pen.blob("-50,50 -10,20 40,22 76,52 40,82 -10,82", c)
    for x in (-0.14, 0.14):
        pen.blob([(x, 0.23), (x + 0.12, 0.22), (x + 0.10, 0.80), (x - 0.02, 0.80)], pen.other)
    pen.dot(0.52, 0.43, 0.075, CREAM)
    pen.eye(0.54, 0.43, 0.045)


def whale(pen: Pen) -> None:
    """A good-natured giant, blowing."""
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
    """Leaping."""
    c = pen.main
    pen.blob("-62,62 -86,62 -72,72 -82,92 -60,78", c)
    pen.blob("-5,24 -16,2 14,20", darker(c, 0.15))
    pen.blob("-66,70 -30,32 20,18 52,36 78,56 50,60 20,62 -30,66", c)
    pen.blob("52,58 20,48 -20,60 10,64 40,62", CREAM)
    pen.blob("18,56 28,58 10,84", darker(c, 0.15))
    pen.eye(0.48, 0.44, 0.026)


def octopus(pen: Pen) -> None:
    """All arms."""
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
    """Drifting."""
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
    """Sideways."""
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
    """Five arms."""
    pen.blob(
        [(r * math.cos(a), 0.52 + r * math.sin(a))
         for i in range(10)
         for r, a in [((0.48, 0.20)[i % 2], i * math.pi / 5 - math.pi / 2)]], pen.main,
    )  # fmt: skip
    for i in range(5):
        a = i * math.tau / 5 - math.pi / 2
        pen.dot(0.22 * math.cos(a), 0.52 + 0.22 * math.sin(a), 0.035, lighter(pen.main, 0.4))


def dragon(pen: Pen) -> None:
    """Flying, and rather pleased."""
    c, wing = pen.main, pen.second or lighter(pen.main, 0.35)
    pen.blob("-2,50 -34,2 -62,10 -50,22 -60,34 -40,38 -40,50 -20,50", darker(wing, 0.2))
    pen.taper("-20,64 -55,80 -84,70 -92,50", 0.18, 0.035, c)
    pen.poly("-92,56 -102,40 -92,34 -84,48", wing)
    pen.blob("-34,62 0,46 34,52 38,70 10,84 -24,80", c)
    pen.blob("34,62 28,78 6,84 -18,80 10,72", CREAM)
    pen.taper("28,60 50,52 56,34", 0.20, 0.13, c)
    pen.blob("44,20 60,14 84,28 84,38 60,42 46,34", c)
    for x in (0.50, 0.58):
        pen.poly([(x, 0.18), (x - 0.10, 0.02), (x + 0.05, 0.16)], CREAM)
    for x, y in (
        (-0.20, 0.50),
        (0.0, 0.45),
        (0.18, 0.47),
        (-0.42, 0.68),
        (-0.62, 0.72),
        (0.40, 0.44),
    ):
        pen.poly([(x - 0.05, y + 0.03), (x - 0.02, y - 0.08), (x + 0.05, y + 0.03)], wing)
    pen.blob("6,56 -10,2 26,-4 22,14 40,16 32,30 36,42 20,52", wing)
    for x in (-0.10, 0.16):
        pen.taper([(x, 0.76), (x + 0.06, 0.90), (x + 0.14, 0.92)], 0.09, 0.05, darker(c, 0.12))
    pen.eye(0.62, 0.24, 0.034)
    pen.dot(0.80, 0.30, 0.014, DARK)


def dinosaur(pen: Pen) -> None:
    """A long neck."""
    c = pen.main
    pen.taper("-30,64 -62,78 -92,70", 0.26, 0.03, c)
    for x, ink in ((-0.20, darker(c, 0.2)), (0.20, darker(c, 0.2)), (-0.30, c), (0.12, c)):
        pen.rounded(x - 0.07, 0.70, x + 0.07, 0.99, 0.05, ink)
    pen.blob("-44,66 -20,44 20,46 36,64 20,84 -30,84", c)
    pen.taper("24,62 44,44 48,20 58,10", 0.26, 0.11, c)
    pen.blob("48,6 60,0 76,10 74,18 54,18", c)
    for x, y in ((-0.4, 0.56), (-0.2, 0.45), (0.0, 0.42), (0.2, 0.45)):
        pen.poly(
            [(x - 0.06, y + 0.05), (x, y - 0.08), (x + 0.06, y + 0.05)], pen.second or rgb("e8a24a")
        )
    pen.eye(0.62, 0.07, 0.024)


KINDS = {
    "frog": Kind(frog, 0.16, 1.0, colours=(rgb("6fae4a"),)),
    "turtle": Kind(turtle, 0.20, 1.35, colours=(rgb("5d8a4c"), rgb("8a6a44"))),
    "snail": Kind(snail, 0.16, 1.3, colours=(rgb("b5654a"), rgb("c98a3c"))),
    "owl": Kind(owl, 0.26, 0.75, colours=(rgb("8c6a4c"), rgb("7a6f6a"))),
    "bird": Kind(bird, 0.15, 1.25, colours=(rgb("d9603a"), rgb("4a86c4"), rgb("e2b63a"))),
    "gull": Kind(gull, 0.075, 2.0, "air", colours=(rgb("f3f4f4"),)),
    "duck": Kind(duck, 0.14, 1.3, "water", colours=(rgb("f2d36a"), rgb("8c6f52"), rgb("f6f2e8"))),
    "penguin": Kind(penguin, 0.26, 0.7, colours=(rgb("2e3444"),)),
    "chicken": Kind(chicken, 0.17, 1.1, colours=(rgb("f2ead8"), rgb("b5623a"))),
    "butterfly": Kind(butterfly, 0.10, 1.15, "air", colours=(rgb("ee8130"), rgb("5a8fd8"), rgb("e2b63a"))),
    "bee": Kind(bee, 0.08, 1.1, "air", colours=(rgb("f2c531"),)),
    "fish": Kind(fish, 0.13, 1.65, "under", colours=(rgb("f08a3c"), rgb("e2b63a"), rgb("4f8fd0"))),
    "whale": Kind(whale, 0.36, 2.1, "under", seat=(0.1, 0.36, 0.5), colours=(rgb("4f7fae"),)),
    "dolphin": Kind(dolphin, 0.20, 1.7, "under", colours=(rgb("6d93b4"),)),
    "octopus": Kind(octopus, 0.34, 1.25, "under", colours=(rgb("d0605e"), rgb("9a62b0"))),
    "jellyfish": Kind(jellyfish, 0.24, 0.72, "under", colours=(rgb("d890c8"), rgb("8fb8e8"))),
    "crab": Kind(crab, 0.12, 1.3, colours=(rgb("dc5a3c"),)),
    "starfish": Kind(starfish, 0.10, 1.0, colours=(rgb("ee8a4c"),)),
    "dragon": Kind(dragon, 0.36, 2.0, "air", seat=(0.0, 0.5, 0.5), colours=(rgb("4f9a62"), rgb("b5443c"))),
    "dinosaur": Kind(dinosaur, 0.42, 1.7, seat=(-0.02, 0.46, 0.5), colours=(rgb("7aa864"),)),
}  # fmt: skip
"""Their drawings by name."""
_ = PINK
