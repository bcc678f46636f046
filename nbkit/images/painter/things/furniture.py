"""What stands in a room."""

from __future__ import annotations

from nbkit.images.painter.colour import darker, lighter, mix, rgb
from nbkit.images.painter.things.pen import Kind, Pen

WOOD = rgb("9a6a44")
DARK = rgb("33303c")
PAPER = rgb("f8f1df")
GOLD = rgb("e6b53e")
LEAF = rgb("5a9350")


def lamp(pen: Pen) -> None:
    """Draw a lamp: a table lamp, lit."""
    pen.blob("-10,98 -14,72 0,54 14,72 10,98", pen.second or rgb("7f9fb0"))
    pen.line("0,56 0,46", 0.04, GOLD)
    pen.oval(0.0, 0.97, 0.20, 0.035, WOOD)
    pen.poly("-16,6 16,6 34,50 -34,50", mix(pen.main, (255, 238, 190), 0.35))
    pen.lamp(0.0, 0.50, 0.02, rgb("ffdf94"), 1.5)


def clock(pen: Pen) -> None:
    """Draw a clock: a long-case clock."""
    c = pen.main
    pen.poly("-24,10 0,0 24,10", darker(c, 0.2))
    pen.rounded(-0.20, 0.08, 0.20, 0.40, 0.03, c)
    pen.box(-0.15, 0.40, 0.15, 0.86, darker(c, 0.12))
    pen.rounded(-0.21, 0.84, 0.21, 0.99, 0.02, c)
    pen.dot(0.0, 0.24, 0.14, PAPER)
    for x, y in ((0.0, 0.13), (0.11, 0.24), (0.0, 0.35), (-0.11, 0.24)):
        pen.dot(x, y, 0.012, DARK)
    pen.line("0,24 0,15", 0.018, DARK)
    pen.line("0,24 6,28", 0.018, DARK)
    pen.box(-0.09, 0.46, 0.09, 0.80, rgb("2f2a30"))
    pen.line("0,46 3,70", 0.014, GOLD)
    pen.dot(0.035, 0.72, 0.05, GOLD)


def suitcase(pen: Pen) -> None:
    """Draw a suitcase: with straps and a label."""
    pen.arc(0.0, 0.26, 0.18, 0.18, 180, 360, 0.06, DARK)
    pen.rounded(-0.66, 0.24, 0.66, 0.98, 0.08, pen.main)
    for x in (-0.38, 0.38):
        pen.box(x - 0.05, 0.24, x + 0.05, 0.98, darker(pen.main, 0.45))
        pen.dot(x, 0.56, 0.05, GOLD)
    pen.rounded(-0.14, 0.46, 0.16, 0.70, 0.02, PAPER)


def globe(pen: Pen) -> None:
    """Draw a globe: on a stand."""
    pen.line("0,78 0,94", 0.06, WOOD)
    pen.oval(0.0, 0.95, 0.28, 0.045, WOOD)
    pen.arc(0.0, 0.42, 0.42, 0.42, -60, 110, 0.045, GOLD)
    pen.dot(0.0, 0.42, 0.37, pen.main)
    pen.blob("-24,22 -4,16 4,34 -10,48 -16,66 -26,48 -32,36", rgb("7fae5c"))
    pen.blob("10,26 28,28 30,50 16,60 10,44", rgb("7fae5c"))


def microscope(pen: Pen) -> None:
    """Draw a microscope: brass."""
    pen.rounded(-0.34, 0.88, 0.34, 0.99, 0.04, DARK)
    pen.arc(-0.02, 0.56, 0.30, 0.34, -50, 80, 0.09, pen.main)
    pen.line("-16,8 2,50", 0.15, pen.main)
    pen.line("-18,4 -15,12", 0.11, DARK)
    pen.line("2,50 6,60", 0.08, GOLD)
    pen.line("-20,70 26,70", 0.06, DARK)


def piano(pen: Pen) -> None:
    """Draw a piano: an upright."""
    c = pen.main
    pen.rounded(-0.72, 0.06, 0.72, 0.99, 0.03, c)
    pen.box(-0.64, 0.14, 0.64, 0.40, lighter(c, 0.10))
    pen.box(-0.20, 0.16, 0.20, 0.38, PAPER)
    pen.poly("-76,48 76,48 80,64 -80,64", darker(c, 0.25))
    pen.box(-0.66, 0.50, 0.66, 0.60, PAPER)
    for step in range(13):
        if step % 7 not in {2, 6}:
            pen.box(-0.60 + step * 0.094, 0.50, -0.555 + step * 0.094, 0.56, DARK)
    for x in (-0.62, 0.62):
        pen.line([(x, 0.66), (x, 0.96)], 0.06, darker(c, 0.3))


def guitar(pen: Pen) -> None:
    """Draw a guitar: leaning."""
    pen.line("-4,60 26,8", 0.055, rgb("5a3a28"))
    pen.line("25,11 30,2", 0.10, rgb("3f2a20"))
    pen.blob("-14,46 4,50 6,62 12,76 2,94 -20,98 -34,86 -30,70 -24,62", pen.main)
    pen.dot(-0.08, 0.66, 0.065, DARK)
    pen.line("-22,84 -10,88", 0.03, DARK)
    pen.line("-16,86 24,10", 0.010, PAPER)


def computer(pen: Pen) -> None:
    """Draw a computer: a laptop, its screen lit."""
    pen.rounded(-0.62, 0.06, 0.62, 0.80, 0.04, pen.main)
    pen.rounded(-0.56, 0.12, 0.56, 0.73, 0.02, rgb("22304a"))
    for row, (wide, code) in enumerate(
        ((0.5, "8ff0c0"), (0.75, "f2c84a"), (0.35, "8fcbe8"), (0.6, "e58fc0"))
    ):
        y = 0.22 + row * 0.12
        pen.line([(-0.46, y), (-0.46 + wide, y)], 0.045, rgb(code))
    pen.lamp(0.0, 0.44, 0.001, rgb("9fd8f0"), 0.9)
    pen.poly("-62,80 62,80 78,97 -78,97", lighter(pen.main, 0.25))
    pen.poly("-52,83 52,83 58,90 -58,90", darker(pen.main, 0.3))


def camera(pen: Pen) -> None:
    """Draw a camera: on nobody's neck."""
    pen.rounded(-0.24, 0.08, 0.16, 0.36, 0.05, darker(pen.main, 0.1))
    pen.rounded(-0.68, 0.24, 0.68, 0.96, 0.09, pen.main)
    pen.box(-0.68, 0.38, 0.68, 0.80, darker(pen.main, 0.45))
    for radius, colour in ((0.30, rgb("c4ccd4")), (0.24, DARK), (0.16, rgb("3f5f8c"))):
        pen.dot(0.0, 0.60, radius, colour)
    pen.dot(0.06, 0.53, 0.05, rgb("e8f4fa"))
    pen.dot(0.50, 0.31, 0.05, rgb("e8483e"))


def radio(pen: Pen) -> None:
    """Draw a radio: with a dial and a cloth front."""
    pen.line("40,16 70,-12", 0.025, DARK)
    pen.rounded(-0.70, 0.14, 0.70, 0.96, 0.12, pen.main)
    pen.rounded(-0.60, 0.26, 0.08, 0.84, 0.08, rgb("e3cfa4"))
    for x in (-0.48, -0.34, -0.20, -0.06):
        pen.line([(x, 0.32), (x, 0.78)], 0.025, darker(rgb("e3cfa4"), 0.25))
    pen.lamp(0.38, 0.42, 0.13, rgb("ffdf94"), 0.35)
    for x in (0.26, 0.50):
        pen.dot(x, 0.74, 0.08, DARK)


def chair(pen: Pen) -> None:
    """Draw a chair: an armchair."""
    c = pen.main
    for x in (-0.30, 0.30):
        pen.line([(x, 0.86), (x, 0.97)], 0.06, WOOD)
    pen.blob("-32,60 -34,16 0,6 34,16 32,60", darker(c, 0.1))
    pen.rounded(-0.34, 0.56, 0.34, 0.88, 0.07, lighter(c, 0.1))
    for x in (-0.36, 0.36):
        pen.rounded(x - 0.10, 0.44, x + 0.10, 0.90, 0.09, c)
    for x, y in ((-0.12, 0.26), (0.12, 0.26), (0.0, 0.38)):
        pen.dot(x, y, 0.02, darker(c, 0.3))


def table(pen: Pen) -> None:
    """Draw a table: four legs."""
    c = pen.main
    for x in (-0.72, 0.72):
        pen.line([(x, 0.24), (x * 1.03, 0.98)], 0.10, darker(c, 0.2))
    for x in (-0.52, 0.52):
        pen.line([(x, 0.24), (x, 0.88)], 0.08, darker(c, 0.4))
    pen.box(-0.80, 0.18, 0.80, 0.32, darker(c, 0.15))
    pen.rounded(-0.90, 0.06, 0.90, 0.20, 0.04, c)


def bed(pen: Pen) -> None:
    """Draw a bed: made."""
    pen.rounded(-0.98, 0.06, -0.84, 0.98, 0.04, WOOD)
    pen.rounded(0.86, 0.40, 0.98, 0.98, 0.04, WOOD)
    pen.rounded(-0.88, 0.60, 0.90, 0.84, 0.05, PAPER)
    pen.blob("-80,56 -76,40 -44,40 -40,58", rgb("fbf8f0"))
    pen.blob("-46,60 -36,46 60,46 88,54 88,86 -40,86", pen.main)
    for x in (-0.1, 0.2, 0.5):
        pen.dot(x, 0.64, 0.05, pen.other)


def shelf(pen: Pen) -> None:
    """Draw a shelf: full of books."""
    pen.rounded(-0.40, 0.02, 0.40, 0.99, 0.02, pen.main)
    colours = ("b5443c", "3f6f8c", "d9a24a", "5f8a5a", "7a5a8c", "e3d3b8", "2f4a66")
    for row in range(4):
        top = 0.07 + row * 0.23
        pen.box(-0.35, top, 0.35, top + 0.18, darker(pen.main, 0.5))
        x = -0.34
        while x < 0.28:
            wide, tall = pen.dice.between(0.035, 0.07), pen.dice.between(0.11, 0.165)
            pen.box(x, top + 0.18 - tall, x + wide, top + 0.18, rgb(pen.dice.pick(colours)))
            x += wide + 0.006


def stove(pen: Pen) -> None:
    """Draw a stove: iron, a fire in it."""
    pen.line("20,34 20,-10", 0.11, DARK)
    pen.rounded(-0.42, 0.30, 0.42, 0.92, 0.05, pen.main)
    pen.rounded(-0.48, 0.26, 0.48, 0.36, 0.03, darker(pen.main, 0.2))
    pen.rounded(-0.28, 0.46, 0.28, 0.80, 0.05, rgb("2a2026"))
    pen.lamp(0.0, 0.68, 0.12, rgb("ff9a3c"), 0.7)
    for x in (-0.32, 0.32):
        pen.line([(x, 0.90), (x, 0.98)], 0.08, DARK)


def vase(pen: Pen) -> None:
    """Draw a vase: with flowers."""
    for x, y, code in ((-0.20, 0.14, "e0506a"), (0.0, 0.06, "f2c84a"), (0.20, 0.16, "b07ad0")):
        pen.taper([(x * 0.3, 0.50), (x * 0.8, 0.34), (x, y)], 0.03, 0.025, LEAF)
        pen.dot(x, y, 0.095, rgb(code))
        pen.dot(x, y, 0.04, PAPER)
    pen.blob("-11,46 11,46 9,56 26,74 18,97 -18,97 -26,74 -9,56", pen.main)
    pen.taper("-22,76 0,80 22,76", 0.05, 0.05, pen.other)


_GLAZE = tuple(rgb(code) for code in ("c9563f", "4f86a8", "dba43c", "6f9a6a", "e8e0d0"))
_CLOTH = tuple(rgb(code) for code in ("a8483c", "3f6f7c", "c99a3c", "6a5a92"))

KINDS = {
    "lamp": Kind(lamp, 0.26, 0.8, "table", colours=(rgb("e8b86a"), rgb("d98a6a"))),
    "piano": Kind(piano, 0.36, 1.65, colours=(rgb("5a3a2c"), rgb("2f2c34"))),
    "guitar": Kind(guitar, 0.34, 0.75, colours=(rgb("c97f3c"),)),
    "computer": Kind(computer, 0.20, 1.6, "table", colours=(rgb("b4bcc6"),)),
    "radio": Kind(radio, 0.16, 1.45, "table", colours=(rgb("a5683a"),)),
    "chair": Kind(chair, 0.32, 0.95, seat=(0.0, 0.62, 0.7), colours=_CLOTH),
    "table": Kind(table, 0.22, 1.85, seat=(0.0, 0.08, 0.9), colours=(rgb("a5703f"),)),
    "bed": Kind(bed, 0.26, 2.0, seat=(0.2, 0.50, 0.8), colours=_CLOTH),
    "shelf": Kind(shelf, 0.50, 0.85, colours=(rgb("8a5f3f"),)),
    "stove": Kind(stove, 0.32, 1.0, seat=(-0.14, 0.27, 0.4), colours=(rgb("4a4a54"),)),
    "clock": Kind(clock, 0.48, 0.5, colours=(rgb("8a5636"),)),
    "suitcase": Kind(suitcase, 0.17, 1.4, colours=(rgb("a86a3f"),)),
    "globe": Kind(globe, 0.24, 0.95, "table", colours=(rgb("5a9ac4"),)),
    "microscope": Kind(microscope, 0.22, 0.8, "table", colours=(rgb("c8a04a"),)),
    "camera": Kind(camera, 0.13, 1.4, "table", colours=(rgb("8a8f98"),)),
    "vase": Kind(vase, 0.24, 0.65, "table", colours=_GLAZE),
}
"""Their drawings by name."""
