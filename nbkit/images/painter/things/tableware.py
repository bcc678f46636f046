"""What lies on a table."""

from __future__ import annotations

from nbkit.images.painter.colour import darker, lighter, mix, rgb
from nbkit.images.painter.things.pen import Kind, Pen

WOOD = rgb("9a6a44")
DARK = rgb("33303c")
PAPER = rgb("f8f1df")
GOLD = rgb("e6b53e")


def candle(pen: Pen) -> None:
    """Draw a candle: burning."""
    pen.oval(0.0, 0.95, 0.30, 0.05, GOLD)
    pen.rounded(-0.13, 0.36, 0.13, 0.95, 0.03, pen.main)
    pen.blob("-13,40 -6,36 -8,52 -12,54", lighter(pen.main, 0.4))
    pen.line("0,37 0,30", 0.02, DARK)
    pen.draw.polygon(
        [pen.at(p) for p in ((0.0, 0.02), (0.07, 0.20), (0.0, 0.30), (-0.07, 0.20))],
        fill=(255, 216, 110, 255),
    )
    pen.lamp(0.0, 0.22, 0.04, rgb("ffd98a"), 1.4)


def book(pen: Pen) -> None:
    """Draw a book: lying open."""
    pen.poly("-86,44 0,58 86,44 88,92 0,99 -88,92", pen.main)
    for side in (-1, 1):
        pen.blob("0,52 30,32 80,38 82,86 32,82 0,94", PAPER, side)
        for y in (0.50, 0.60, 0.70):
            pen.line([(side * 0.14, y + 0.04), (side * 0.68, y)], 0.022, rgb("b9ad98"))
    pen.line("0,54 0,92", 0.02, rgb("cbbfa6"))
    pen.poly("6,92 14,92 14,112 10,106 6,112", pen.second or rgb("d63a34"))


def letter(pen: Pen) -> None:
    """Draw a letter: sealed."""
    pen.box(-0.70, 0.10, 0.70, 0.95, pen.main)
    pen.line("-70,10 0,58 70,10", 0.03, darker(pen.main, 0.2))
    pen.dot(0.0, 0.56, 0.11, pen.second or rgb("c93a38"))


def chart(pen: Pen) -> None:
    """Draw a chart: a map with a cross on it."""
    pen.poly("-86,18 -30,8 30,20 86,8 84,90 30,98 -30,86 -84,96", pen.main)
    for line in ("-30,8 -30,86", "30,20 30,98"):
        pen.line(line, 0.016, darker(pen.main, 0.15))
    pen.blob("-66,44 -44,28 -20,36 -10,58 -34,74 -62,66", rgb("9ab87a"))
    pen.taper("-40,52 -6,40 18,62 44,56", 0.03, 0.03, rgb("a8653f"))
    for line in ("44,46 60,66", "60,46 44,66"):
        pen.line(line, 0.045, rgb("d63a34"))


def mug(pen: Pen) -> None:
    """Draw a mug: steaming."""
    for x in (-0.14, 0.04, 0.20):
        pen.taper(
            [(x, 0.30), (x + 0.07, 0.20), (x - 0.05, 0.10), (x + 0.03, 0.0)],
            0.035,
            0.012,
            mix((240, 240, 240), pen.light.haze, 0.3),
        )
    pen.ring(0.40, 0.64, 0.17, 0.065, pen.main)
    pen.blob("-40,36 40,36 37,84 24,99 -24,99 -37,84", pen.main)
    pen.oval(0.0, 0.37, 0.40, 0.075, lighter(pen.main, 0.3))
    pen.oval(0.0, 0.375, 0.34, 0.05, rgb("7a4a2c"))
    if pen.second:
        pen.line("-37,66 0,70 37,66", 0.10, pen.second)


def teapot(pen: Pen) -> None:
    """Draw a teapot: a little teapot."""
    c = pen.main
    pen.ring(-0.46, 0.58, 0.20, 0.07, c)
    pen.taper("40,66 56,54 66,32", 0.17, 0.085, c)
    pen.blob("-30,34 30,34 48,64 32,96 -32,96 -48,64", c)
    pen.blob("-28,34 0,20 28,34 0,38", lighter(c, 0.2))
    pen.dot(0.0, 0.18, 0.065, GOLD)
    for x in (-0.18, 0.0, 0.18):
        pen.dot(x, 0.64, 0.055, pen.other)


def cake(pen: Pen) -> None:
    """Draw a cake: with candles."""
    for x in (-0.26, 0.0, 0.26):
        pen.line([(x, 0.34), (x, 0.16)], 0.045, pen.second or rgb("8fc4e0"))
        pen.lamp(x, 0.10, 0.04, rgb("ffd98a"), 0.5)
    pen.oval(0.0, 0.95, 0.66, 0.05, rgb("dfe4ea"))
    pen.rounded(-0.52, 0.40, 0.52, 0.96, 0.06, rgb("d9a66c"))
    pen.line("-52,70 52,70", 0.06, PAPER)
    pen.blob(
        "-54,44 -50,34 50,34 54,44 50,60 38,52 26,62 12,52 0,64 -14,52 -26,60 -40,52 -50,60",
        pen.main,
    )


def bread(pen: Pen) -> None:
    """Draw a bread: a loaf."""
    pen.blob("-64,90 -70,50 -40,24 40,24 70,50 64,90 40,98 -40,98", pen.main)
    for x in (-0.30, 0.0, 0.30):
        pen.taper(
            [(x - 0.10, 0.44), (x, 0.52), (x + 0.06, 0.66)], 0.07, 0.03, lighter(pen.main, 0.45)
        )


def hourglass(pen: Pen) -> None:
    """Draw a hourglass: half run."""
    pen.blob("-30,10 30,10 24,36 5,50 24,66 30,90 -30,90 -24,66 -5,50 -24,36", rgb("d4e8ee"))
    pen.blob("-20,32 20,32 4,50 -4,50", pen.main)
    pen.line("0,50 0,80", 0.02, pen.main)
    pen.blob("-26,88 0,70 26,88", pen.main)
    for y in (0.06, 0.94):
        pen.rounded(-0.38, y - 0.05, 0.38, y + 0.05, 0.03, WOOD)


def key(pen: Pen) -> None:
    """Draw a key: old and ornate."""
    pen.ring(-0.46, 0.50, 0.32, 0.12, pen.main)
    pen.line("-14,50 80,50", 0.14, pen.main)
    for x in (0.56, 0.76):
        pen.line([(x, 0.50), (x, 0.86)], 0.12, pen.main)


def gift(pen: Pen) -> None:
    """Draw a gift: with a bow."""
    ribbon = pen.second or rgb("f6e3a0")
    pen.box(-0.44, 0.40, 0.44, 0.98, pen.main)
    pen.box(-0.50, 0.28, 0.50, 0.44, lighter(pen.main, 0.15))
    pen.box(-0.07, 0.28, 0.07, 0.98, ribbon)
    for side in (-1, 1):
        pen.blob("2,27 14,4 36,6 32,24", ribbon, side)
    pen.dot(0.0, 0.25, 0.07, darker(ribbon, 0.15))


def crown(pen: Pen) -> None:
    """Draw a crown: with stones."""
    pen.poly("-50,92 -58,22 -28,52 0,8 28,52 58,22 50,92", pen.main)
    for x, y, code in (
        (-0.58, 0.20, "d63a34"),
        (0.0, 0.08, "3f83c0"),
        (0.58, 0.20, "d63a34"),
        (-0.22, 0.76, "3f9a6a"),
        (0.22, 0.76, "3f9a6a"),
        (0.0, 0.74, "d63a34"),
    ):
        pen.dot(x, y, 0.075, rgb(code))
    pen.line("-50,92 50,92", 0.08, darker(pen.main, 0.2))


def hat(pen: Pen) -> None:
    """Draw a hat: a top hat."""
    pen.oval(0.0, 0.90, 0.62, 0.09, pen.main)
    pen.blob("-36,10 0,14 36,10 32,90 0,94 -32,90", pen.main)
    pen.taper("-33,76 0,80 33,76", 0.13, 0.13, pen.second or rgb("c93a38"))
    pen.oval(0.0, 0.11, 0.35, 0.05, lighter(pen.main, 0.15))


def message_bottle(pen: Pen) -> None:
    """Draw a message bottle: corked, with its paper."""
    pen.rounded(0.54, 0.34, 0.72, 0.62, 0.03, WOOD)
    pen.blob(
        "-68,22 6,20 30,38 58,38 58,60 30,62 6,84 -68,82", mix(pen.main, (236, 248, 246), 0.45)
    )
    pen.rounded(-0.50, 0.36, 0.0, 0.68, 0.06, PAPER)
    pen.line("-24,36 -24,68", 0.05, rgb("c93a38"))


def bell(pen: Pen) -> None:
    """Draw a bell: bronze."""
    pen.dot(0.0, 0.90, 0.10, darker(pen.main, 0.4))
    pen.blob("-8,10 8,10 24,28 30,64 46,84 -46,84 -30,64 -24,28", pen.main)
    pen.line("-44,84 44,84", 0.09, darker(pen.main, 0.2))
    pen.ring(0.0, 0.08, 0.08, 0.04, pen.main)


def sword(pen: Pen) -> None:
    """Draw a sword: point down in the ground."""
    pen.poly("-6,34 6,34 5,92 0,100 -5,92", rgb("d6dde4"))
    pen.line("0,36 0,92", 0.016, rgb("9aa6b2"))
    pen.line("-20,33 20,33", 0.06, pen.main)
    pen.line("0,30 0,10", 0.055, WOOD)
    pen.dot(0.0, 0.07, 0.055, pen.main)


_GLAZE = tuple(rgb(code) for code in ("c9563f", "4f86a8", "dba43c", "6f9a6a", "e8e0d0"))
_CLOTH = tuple(rgb(code) for code in ("a8483c", "3f6f7c", "c99a3c", "6a5a92"))

KINDS = {
    "candle": Kind(candle, 0.18, 0.62, "table", colours=(PAPER,)),
    "book": Kind(book, 0.12, 1.85, "table", (0.0, 0.5, 1.8), _CLOTH),
    "letter": Kind(letter, 0.11, 1.5, "table", colours=(PAPER,)),
    "map": Kind(chart, 0.14, 1.8, "table", colours=(rgb("e8d3a4"),)),
    "mug": Kind(mug, 0.17, 1.0, "table", (0.0, 0.40, 0.7), _GLAZE, hollow=True),
    "teapot": Kind(teapot, 0.17, 1.35, "table", colours=_GLAZE),
    "cake": Kind(cake, 0.20, 1.35, "table", colours=(rgb("f0a8b8"), rgb("7a4a34"))),
    "bread": Kind(bread, 0.12, 1.5, "table", colours=(rgb("c98a4a"),)),
    "hourglass": Kind(hourglass, 0.20, 0.8, "table", colours=(rgb("e6c06a"),)),
    "key": Kind(key, 0.09, 1.75, "table", colours=(GOLD,)),
    "gift": Kind(gift, 0.17, 1.05, "table", colours=_CLOTH),
    "crown": Kind(crown, 0.13, 1.25, "table", colours=(GOLD,)),
    "hat": Kind(hat, 0.14, 1.3, "table", (0.0, 0.12, 1.4), (rgb("33303c"),)),
    "message bottle": Kind(message_bottle, 0.09, 1.5, colours=(rgb("7fb8a0"),)),
    "bell": Kind(bell, 0.18, 1.0, "table", colours=(rgb("c8943c"),)),
    "sword": Kind(sword, 0.30, 0.45, colours=(GOLD,)),
}
"""Their drawings by name."""
