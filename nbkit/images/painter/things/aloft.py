"""What is up in the air."""

from __future__ import annotations

import math

from nbkit.images.painter.colour import darker, lighter, mix, rgb
from nbkit.images.painter.things.pen import Kind, Pen

DARK = rgb("2f303a")
SAIL = rgb("f7f0e0")
STEEL = rgb("b4bec8")
FLAME = rgb("ffb347")


def balloon(pen: Pen) -> None:
    """Draw a balloon: a hot-air balloon in gores, with its basket."""
    c, other = pen.main, pen.other
    for x in (-0.09, 0.09):
        pen.line([(x * 2.2, 0.64), (x, 0.84)], 0.010, DARK)
    pen.blob("0,0 26,8 38,32 30,54 12,72 -12,72 -30,54 -38,32 -26,8", c)
    pen.blob("0,0 13,10 19,32 15,54 6,72 -6,72 -15,54 -19,32 -13,10", other)
    pen.blob("0,0 5,10 7,32 5,54 2,72 -2,72 -5,54 -7,32 -5,10", c)
    pen.taper("-35,42 -16,47 0,48 16,47 35,42", 0.05, 0.05, darker(c, 0.25))
    pen.lamp(0.0, 0.77, 0.022, FLAME, 0.35)
    pen.rounded(-0.10, 0.84, 0.10, 0.98, 0.03, rgb("9a6a3c"))
    pen.line("-10,86 10,86", 0.03, rgb("c99a62"))


def party_balloon(pen: Pen) -> None:
    """Draw a party balloon: on a string."""
    c = pen.main
    pen.taper("0,58 5,70 -4,84 3,100", 0.014, 0.01, darker(c, 0.4))
    pen.poly("-4,61 0,55 4,61", darker(c, 0.15))
    pen.blob("0,0 20,10 24,30 12,50 0,57 -12,50 -24,30 -20,10", c)
    pen.oval(-0.08, 0.17, 0.045, 0.075, lighter(c, 0.55))


def kite(pen: Pen) -> None:
    """Draw a kite: with a tail of bows."""
    c, other = pen.main, pen.second or lighter(pen.main, 0.55)
    pen.taper("-6,60 -16,72 -4,84 -20,100", 0.014, 0.010, darker(c, 0.3))
    for x, y in ((-0.15, 0.71), (-0.05, 0.82), (-0.14, 0.92)):
        pen.poly(
            [
                (x - 0.05, y - 0.03),
                (x + 0.05, y + 0.03),
                (x + 0.05, y - 0.03),
                (x - 0.05, y + 0.03),
            ],
            other,
        )
    pen.poly("8,0 30,26 -6,60 -20,20", c)
    pen.poly("8,0 30,26 4,24", other)
    pen.poly("-6,60 -20,20 4,24", other)
    pen.line("8,0 -6,60", 0.012, darker(c, 0.4))
    pen.line("30,26 -20,20", 0.012, darker(c, 0.4))


def plane(pen: Pen) -> None:
    """Draw a plane: a small propeller plane."""
    c, other = pen.main, pen.other
    pen.poly("-10,40 -34,8 -18,8 20,40", darker(other, 0.12))
    pen.poly("-66,46 -86,14 -72,14 -48,42", other)
    pen.blob("-84,40 -40,36 30,30 60,38 68,50 56,62 10,68 -40,58", c)
    pen.line("-74,47 60,50", 0.04, other)
    pen.blob("8,34 18,22 34,24 42,35", rgb("bfe0ea"))
    pen.poly("-16,54 18,54 2,92 -20,92", other)
    pen.oval(0.71, 0.49, 0.025, 0.24, mix(STEEL, SAIL, 0.5))
    pen.dot(0.69, 0.49, 0.05, DARK)


def helicopter(pen: Pen) -> None:
    """Draw a helicopter: hovering."""
    c = pen.main
    pen.line("12,12 12,26", 0.03, DARK)
    pen.oval(0.12, 0.11, 0.62, 0.022, STEEL)
    pen.poly("-16,40 -82,34 -82,42 -16,58", c)
    pen.poly("-78,36 -90,18 -80,16 -72,36", c)
    pen.oval(-0.83, 0.30, 0.12, 0.12, STEEL)
    pen.dot(-0.83, 0.30, 0.09, pen.light.middle)
    pen.blob("-30,40 -4,24 34,26 54,48 46,70 8,76 -20,66", c)
    pen.blob("16,30 34,32 48,50 16,52", rgb("bfe0ea"))
    pen.line("-16,92 46,92", 0.035, DARK)
    for x in (-0.02, 0.28):
        pen.line([(x, 0.72), (x, 0.92)], 0.025, DARK)


def rocket(pen: Pen) -> None:
    """Draw a rocket: on its flame."""
    c = pen.main
    for wide, foot, code in (
        (0.12, 1.08, "ff8a3c"),
        (0.075, 0.99, "ffd35c"),
        (0.04, 0.92, "fff6d8"),
    ):
        pen.blob(
            [
                (-wide, 0.76),
                (wide, 0.76),
                (wide * 0.6, (0.76 + foot) / 2),
                (0.0, foot),
                (-wide * 0.6, (0.76 + foot) / 2),
            ],
            rgb(code),
        )
    pen.lamp(0.0, 0.88, 0.02, FLAME, 0.7)
    for side in (-1, 1):
        pen.blob("12,50 28,68 27,84 12,74", c, side)
    pen.blob("0,0 13,18 17,42 13,76 -13,76 -17,42 -13,18", rgb("eef0f2"))
    pen.blob("0,0 8,9 12,19 0,21 -12,19 -8,9", c)
    pen.box(-0.135, 0.69, 0.135, 0.78, darker(c, 0.25))
    pen.dot(0.0, 0.36, 0.085, c)
    pen.dot(0.0, 0.36, 0.06, rgb("8fcbe8"))
    pen.dot(0.02, 0.34, 0.02, rgb("f2fafc"))
    pen.blob("-3,52 3,52 4,78 -4,78", c)


def ufo(pen: Pen) -> None:
    """Draw an ufo: with lights under its rim."""
    c = pen.main
    pen.blob("-28,46 -24,16 0,4 24,16 28,46", rgb("bfe8ea"))
    pen.dot(0.0, 0.34, 0.11, rgb("7fc45a"))
    for x in (-0.045, 0.045):
        pen.eye(x, 0.31, 0.025)
    pen.blob("-84,58 -40,42 0,38 40,42 84,58 40,76 0,80 -40,76", c)
    pen.blob("-84,58 0,54 84,58 40,76 0,80 -40,76", darker(c, 0.3))
    for x in (-0.48, -0.16, 0.16, 0.48):
        pen.lamp(x, 0.68 - abs(x) * 0.05, 0.045, rgb("ffe27a"), 0.22)


def airship(pen: Pen) -> None:
    """Draw an airship: a cigar with a gondola."""
    c = pen.main
    for side in (-1, 1):
        pen.poly(
            [(-0.62, 0.38), (-0.98, 0.38 + side * 0.32), (-0.90, 0.38 + side * 0.06)],
            darker(c, 0.3),
        )
    pen.blob("-92,38 -60,14 0,4 60,12 96,38 60,64 0,72 -60,62", c)
    pen.taper("-90,38 -40,34 40,34 95,38", 0.05, 0.05, pen.other)
    pen.taper("-78,52 -40,58 40,58 80,52", 0.03, 0.03, darker(c, 0.2))
    pen.rounded(-0.26, 0.70, 0.30, 0.92, 0.06, rgb("7a5436"))
    for x in (-0.18, -0.02, 0.14):
        pen.window(x, 0.75, x + 0.10, 0.84)


def planet(pen: Pen) -> None:
    """Draw a planet: with rings."""
    c = pen.main
    pen.arc(0.0, 0.50, 0.74, 0.17, 180, 360, 0.05, lighter(c, 0.35))
    pen.dot(0.0, 0.50, 0.40, c)
    for y, wide, tone in ((0.34, 0.33, 0.2), (0.52, 0.39, -0.15), (0.66, 0.34, 0.12)):
        pen.taper(
            [(-wide, y), (0.0, y + 0.06), (wide, y)],
            0.055,
            0.055,
            lighter(c, tone) if tone > 0 else darker(c, -tone),
        )
    pen.arc(0.0, 0.50, 0.74, 0.17, 0, 180, 0.05, lighter(c, 0.5))
    pen.arc(0.0, 0.50, 0.62, 0.13, 8, 172, 0.018, darker(c, 0.1))


def satellite(pen: Pen) -> None:
    """Draw a satellite: two panels and a dish."""
    for side in (-1, 1):
        pen.poly("16,42 78,34 78,62 16,60", rgb("3f63b0"), side)
        for x in (0.32, 0.48, 0.64):
            pen.line([(side * x, 0.38), (side * x, 0.60)], 0.014, rgb("9fb8e4"))
    pen.rounded(-0.16, 0.32, 0.16, 0.72, 0.03, pen.main)
    pen.blob("-14,26 0,32 14,26 8,14 -8,14", STEEL)
    pen.line("0,18 0,4", 0.02, STEEL)
    pen.lamp(0.0, 0.52, 0.03, rgb("f0604a"), 0.15)


def star(pen: Pen) -> None:
    """Draw a star: a falling star with its tail."""
    pen.taper("-70,16 -30,40 20,62", 0.008, 0.05, mix((255, 250, 224), pen.light.top, 0.4))
    points = [
        (
            (0.14, 0.055)[i % 2] * math.cos(i * math.pi / 5),
            (0.14, 0.055)[i % 2] * math.sin(i * math.pi / 5),
        )
        for i in range(10)
    ]
    pen.draw.polygon([pen.at((0.24 + x, 0.64 + y)) for x, y in points], fill=(255, 246, 208, 255))
    pen.lamp(0.24, 0.64, 0.05, rgb("fff2b8"), 0.5)


_SILK = (rgb("d84a40"), rgb("3f83c0"), rgb("e8a83a"), rgb("8a5ab0"), rgb("3f9a7c"))

KINDS = {
    "balloon": Kind(balloon, 0.34, 0.8, "air", (0.0, 0.92, 0.22), _SILK, hollow=True),
    "party balloon": Kind(party_balloon, 0.24, 0.5, "air", None, _SILK),
    "kite": Kind(kite, 0.24, 0.6, "air", None, _SILK),
    "plane": Kind(plane, 0.17, 1.8, "air", None, _SILK),
    "helicopter": Kind(helicopter, 0.19, 1.8, "air", None, _SILK),
    "rocket": Kind(rocket, 0.46, 0.6, "air", None, _SILK),
    "ufo": Kind(ufo, 0.18, 1.7, "air", None, (STEEL,)),
    "airship": Kind(airship, 0.20, 2.0, "air", None, _SILK),
    "planet": Kind(planet, 0.24, 1.5, "high", None, (rgb("d99a5c"), rgb("7f9fd0"), rgb("c47a9a"))),
    "satellite": Kind(satellite, 0.16, 1.6, "high", None, (rgb("d0a84a"),)),
    "star": Kind(star, 0.13, 1.4, "high", None, (rgb("fff2c0"),)),
}
"""Their drawings by name."""
