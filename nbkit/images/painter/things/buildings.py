"""What people build."""

from __future__ import annotations

from nbkit.images.painter.colour import Colour, brightness, darker, lighter, mix, rgb
from nbkit.images.painter.things.pen import Kind, Pen

STONE = rgb("b9b2a6")
WALL = rgb("f3ead8")
WOOD = rgb("8a6142")
ROOF = rgb("b4503c")
SMOKE = rgb("e4e6ea")


def _smoke(pen: Pen, x: float, y: float) -> None:
    for step in range(4):
        pen.dot(x + 0.035 * step, y - 0.055 * step, 0.022 + 0.012 * step,
                mix(SMOKE, pen.light.haze, 0.15 * step))  # fmt: skip


def _crenels(pen: Pen, left: float, right: float, y: float, colour: Colour, *, count: int) -> None:
    wide = (right - left) / (2 * count - 1)
    for index in range(count):
        x = left + 2 * index * wide
        pen.box(x, y - wide * 1.1, x + wide, y + 0.01, colour)


def lighthouse(pen: Pen) -> None:
    """Draw a lighthouse: banded, its lamp lit."""
    c = pen.main
    light = pen.second if pen.second and brightness(pen.second) > 150 else WALL
    if brightness(c) > 215 and pen.second is None:
        light = rgb("d8dde2")
    pen.rounded(0.10, 0.86, 0.30, 0.99, 0.01, WALL)
    pen.poly("8,87 20,79 32,87", ROOF)
    pen.window(0.17, 0.89, 0.23, 0.95)
    for band in range(5):
        top, bottom = 0.22 + band * 0.154, 0.22 + (band + 1) * 0.154
        a, b = 0.070 + 0.065 * (top - 0.22), 0.070 + 0.065 * (bottom - 0.22)
        a, b = a + 0.012 * band * 0.5, b + 0.012 * (band + 1) * 0.5
        pen.poly([(-a, top), (a, top), (b, bottom), (-b, bottom)], c if band % 2 == 0 else light)
    pen.rounded(-0.035, 0.88, 0.035, 0.99, 0.03, WOOD)
    for y in (0.42, 0.66):
        pen.window(-0.018, y, 0.018, y + 0.05)
    pen.box(-0.105, 0.205, 0.105, 0.232, darker(c, 0.45))
    pen.box(-0.055, 0.11, 0.055, 0.21, rgb("4a5664"))
    pen.lamp(0.0, 0.158, 0.036, rgb("ffe9a0"), 0.42)
    pen.poly("-7,11 0,1 7,11", c)
    pen.line("0,2 0,-3", 0.012, darker(c, 0.4))


def house(pen: Pen) -> None:
    """Draw a house: two floors and a chimney."""
    wall, roof = pen.main, pen.second or ROOF
    if pen.second is None and brightness(wall) < 140:
        roof = darker(wall, 0.5)
    pen.box(0.24, 0.06, 0.34, 0.34, darker(ROOF, 0.2))
    _smoke(pen, 0.29, 0.0)
    pen.box(-0.42, 0.42, 0.42, 0.985, wall)
    pen.poly("-50,44 -30,12 30,12 50,44", roof)
    for row in (0.22, 0.32):
        pen.line(
            [(-0.38 + 0.5 * (0.32 - row), row), (0.38 - 0.5 * (0.32 - row), row)],
            0.012,
            darker(roof, 0.15),
        )
    for x in (-0.27, 0.0, 0.27):
        pen.box(x - 0.085, 0.495, x + 0.085, 0.665, darker(wall, 0.25))
        pen.window(x - 0.07, 0.51, x + 0.07, 0.65)
        pen.line([(x, 0.51), (x, 0.65)], 0.012, WALL)
    for x in (-0.27, 0.27):
        pen.box(x - 0.085, 0.745, x + 0.085, 0.895, darker(wall, 0.25))
        pen.window(x - 0.07, 0.76, x + 0.07, 0.88)
    pen.rounded(-0.085, 0.73, 0.085, 0.99, 0.02, darker(roof, 0.25))
    pen.dot(0.05, 0.87, 0.014, rgb("e6b53e"))


def cottage(pen: Pen) -> None:
    """Draw a cottage: low, under a deep thatch, with smoke."""
    wall = pen.main
    roof = pen.second or (rgb("a9763f") if brightness(wall) > 120 else rgb("d0a25c"))
    pen.box(0.26, 0.02, 0.40, 0.36, STONE)
    _smoke(pen, 0.33, -0.05)
    pen.box(-0.52, 0.46, 0.52, 0.985, wall)
    pen.blob("-66,56 -44,14 0,8 44,14 66,56 40,50 0,52 -40,50", roof)
    for x in (-0.40, -0.20, 0.0, 0.20, 0.40):
        pen.line([(x * 0.8, 0.16), (x * 1.2, 0.48)], 0.014, darker(roof, 0.14))
    pen.rounded(-0.11, 0.60, 0.11, 0.99, 0.10, rgb("6f8f5a") if brightness(wall) > 90 else WOOD)
    pen.dot(0.06, 0.80, 0.02, rgb("e6b53e"))
    for x in (-0.33, 0.33):
        pen.box(x - 0.12, 0.62, x + 0.12, 0.84, WOOD)
        pen.window(x - 0.10, 0.64, x + 0.10, 0.82)
        pen.line([(x, 0.64), (x, 0.82)], 0.018, WALL)
        pen.line([(x - 0.10, 0.73), (x + 0.10, 0.73)], 0.018, WALL)
        pen.line([(x - 0.13, 0.87), (x + 0.13, 0.87)], 0.04, rgb("6f9a52"))
        for step in range(4):
            pen.dot(x - 0.10 + step * 0.066, 0.85, 0.026, rgb(("e0605a", "f2c84a")[step % 2]))


def castle(pen: Pen) -> None:
    """Draw a castle: walls, four towers and banners."""
    c, roof = pen.main, pen.second or rgb("5d6aa0")
    shade = darker(c, 0.16)
    for x, top, wide in ((-0.20, 0.20, 0.085), (0.22, 0.14, 0.09)):
        pen.box(x - wide, top + 0.02, x + wide, 0.7, shade)
        pen.poly(
            [(x - wide * 1.35, top + 0.03), (x, top - 0.20), (x + wide * 1.35, top + 0.03)], roof
        )
        pen.window(x - 0.02, top + 0.09, x + 0.02, top + 0.16)
    pen.line("22,-6 22,-14", 0.012, WOOD)
    pen.poly("22,-14 34,-10 22,-6", rgb("d63a34"))
    pen.box(-0.09, 0.30, 0.13, 0.8, c)
    _crenels(pen, -0.09, 0.13, 0.30, c, count=4)
    pen.box(-0.40, 0.55, 0.40, 0.985, c)
    _crenels(pen, -0.40, 0.40, 0.55, c, count=9)
    for x in (-0.45, 0.45):
        pen.box(x - 0.10, 0.42, x + 0.10, 0.99, lighter(c, 0.08))
        _crenels(pen, x - 0.12, x + 0.12, 0.44, lighter(c, 0.08), count=4)
        pen.poly([(x - 0.12, 0.40), (x, 0.18), (x + 0.12, 0.40)], roof)
        pen.window(x - 0.022, 0.52, x + 0.022, 0.60)
        pen.window(x - 0.022, 0.72, x + 0.022, 0.80)
    for x in (-0.22, 0.22):
        pen.window(x - 0.024, 0.66, x + 0.024, 0.75)
    pen.window(0.0, 0.40, 0.045, 0.48)
    pen.rounded(-0.10, 0.70, 0.10, 1.05, 0.10, WOOD)
    pen.box(-0.12, 0.99, 0.12, 1.06, c)
    for x in (-0.05, 0.0, 0.05):
        pen.line([(x, 0.73), (x, 0.98)], 0.012, darker(WOOD, 0.4))


def tower(pen: Pen) -> None:
    """Draw a tower: slender, with a clock."""
    c, roof = pen.main, pen.second or rgb("4f7a78")
    pen.box(-0.12, 0.22, 0.12, 0.99, c)
    pen.box(-0.15, 0.40, 0.15, 0.43, darker(c, 0.2))
    pen.box(-0.15, 0.20, 0.15, 0.24, darker(c, 0.2))
    pen.poly("-15,21 0,0 15,21", roof)
    pen.dot(0.0, 0.32, 0.065, WALL)
    pen.line("0,32 0,28", 0.012, rgb("33303c"))
    pen.line("0,32 3,34", 0.012, rgb("33303c"))
    for y in (0.52, 0.66):
        pen.window(-0.03, y, 0.03, y + 0.08)
    pen.rounded(-0.05, 0.84, 0.05, 0.99, 0.05, WOOD)


def windmill(pen: Pen) -> None:
    """Draw a windmill: four sails."""
    c = pen.main
    pen.poly("-14,34 14,34 21,99 -21,99", c)
    pen.blob("-15,36 -12,24 0,18 12,24 15,36", pen.second or WOOD)
    pen.rounded(-0.055, 0.82, 0.055, 0.99, 0.05, WOOD)
    pen.window(-0.035, 0.55, 0.035, 0.63)
    for across, down in ((0.26, -0.20), (0.20, 0.26), (-0.26, 0.20), (-0.20, -0.26)):
        tip = (across, 0.30 + down)
        side = (-down * 0.28, across * 0.28)
        sail = [(across * 0.22, 0.30 + down * 0.22), tip, (tip[0] + side[0], tip[1] + side[1]),
                (across * 0.22 + side[0], 0.30 + down * 0.22 + side[1])]  # fmt: skip
        pen.poly(sail, rgb("f6efdf"))
        pen.line([(0.0, 0.30), tip], 0.022, darker(WOOD, 0.2))
    pen.dot(0.0, 0.30, 0.035, darker(WOOD, 0.3))


def watermill(pen: Pen) -> None:
    """Draw a watermill: a house with a wheel."""
    house(pen)
    for radius, colour in ((0.24, WOOD), (0.19, darker(WOOD, 0.45))):
        pen.ring(-0.46, 0.76, radius, 0.035, colour)
    for across, down in ((0.22, 0.0), (0.0, 0.22), (0.155, 0.155), (0.155, -0.155)):
        pen.line([(-0.46 - across, 0.76 - down), (-0.46 + across, 0.76 + down)], 0.03, WOOD)


def church(pen: Pen) -> None:
    """Draw a church: a nave and a steeple."""
    c, roof = pen.main, pen.second or rgb("6d5a6a")
    pen.box(-0.08, 0.58, 0.44, 0.985, c)
    pen.poly("-10,60 2,40 36,40 50,60", roof)
    for x in (0.10, 0.22, 0.34):
        pen.rounded(x - 0.035, 0.66, x + 0.035, 0.84, 0.03, darker(c, 0.25))
        pen.window(x - 0.025, 0.69, x + 0.025, 0.83)
    pen.box(-0.32, 0.36, -0.06, 0.985, lighter(c, 0.1))
    pen.poly("-35,37 -19,2 -3,37", roof)
    pen.line("-19,3 -19,-8", 0.016, rgb("e6b53e"))
    pen.line("-23,-4 -15,-4", 0.016, rgb("e6b53e"))
    pen.window(-0.22, 0.44, -0.16, 0.54)
    pen.rounded(-0.25, 0.78, -0.13, 0.99, 0.06, WOOD)


def temple(pen: Pen) -> None:
    """Draw a temple: a pagoda of three roofs."""
    c = pen.main
    for y, wide in ((0.72, 0.30), (0.46, 0.23), (0.22, 0.16)):
        pen.box(-wide * 0.72, y, wide * 0.72, y + 0.27, rgb("efe2cc"))
        for x in (-0.6, -0.2, 0.2, 0.6):
            pen.line([(x * wide, y + 0.04), (x * wide, y + 0.25)], 0.02, darker(c, 0.2))
        pen.window(-0.035, y + 0.11, 0.035, y + 0.20)
        w = wide * 1.45
        pen.blob(
            [
                (-w, y + 0.08),
                (-w * 0.6, y),
                (0.0, y - 0.11),
                (w * 0.6, y),
                (w, y + 0.08),
                (w * 0.6, y + 0.07),
                (-w * 0.6, y + 0.07),
            ],
            c,
        )
    pen.line("0,14 0,0", 0.022, rgb("e6b53e"))
    pen.box(-0.36, 0.96, 0.36, 0.995, STONE)


def barn(pen: Pen) -> None:
    """Draw a barn: with a cross on the door."""
    c, trim = pen.main, pen.other
    pen.poly("-42,42 -30,20 0,6 30,20 42,42 42,98 -42,98", c)
    pen.line("-48,44 -33,19 0,4 33,19 48,44", 0.045, darker(c, 0.5))
    pen.box(-0.18, 0.58, 0.18, 0.985, darker(c, 0.25))
    for start, end in (((-0.18, 0.58), (0.18, 0.98)), ((0.18, 0.58), (-0.18, 0.98))):
        pen.line([start, end], 0.022, trim)
    pen.line("-18,98 -18,58 18,58 18,98", 0.026, trim)
    pen.window(-0.07, 0.28, 0.07, 0.40)


def tent(pen: Pen) -> None:
    """Draw a tent: lit from within at night."""
    c = pen.main
    pen.poly("-12,8 26,20 62,96 40,98", darker(c, 0.25))
    pen.poly("-12,8 42,98 -58,98", c)
    pen.poly("-12,10 6,98 -30,98", darker(c, 0.6))
    if pen.light.dark > 0.3:
        pen.lamp(-0.12, 0.80, 0.10, rgb("ffce74"), 0.7)
    pen.poly("-12,8 -4,60 12,98 3,98", lighter(c, 0.2))
    pen.line("-12,8 -12,0", 0.02, WOOD)


def igloo(pen: Pen) -> None:
    """Draw an igloo: blocks of snow."""
    c = pen.main
    pen.blob("-52,98 -48,62 -24,26 8,20 38,40 52,72 54,98", c)
    line = darker(c, 0.14)
    for y, wide in ((0.80, 0.50), (0.62, 0.44), (0.44, 0.32)):
        pen.arc(0.0, y + 0.06, wide, 0.10, 200, 340, 0.014, line)
    for x, y in ((-0.3, 0.7), (-0.1, 0.54), (0.12, 0.55), (-0.16, 0.38), (0.1, 0.38)):
        pen.line([(x, y), (x + 0.01, y + 0.14)], 0.014, line)
    pen.rounded(0.10, 0.56, 0.48, 1.0, 0.16, lighter(c, 0.1))
    pen.rounded(0.17, 0.64, 0.41, 1.05, 0.11, rgb("34506e"))
    pen.box(0.10, 0.99, 0.48, 1.06, c)


def pyramid(pen: Pen) -> None:
    """Draw a pyramid: in two tones."""
    c = pen.main
    pen.poly("0,6 24,98 -98,98", c)
    pen.poly("0,6 98,98 24,98", darker(c, 0.35))
    for y in (0.3, 0.45, 0.6, 0.75, 0.9):
        share = (y - 0.06) / 0.92
        pen.line([(-0.98 * share, y), (0.24 * share, y)], 0.008, darker(c, 0.14))


_BUILT = (rgb("e9dcc2"), rgb("d9b38c"), rgb("c9d4d2"), rgb("e2a98c"))

KINDS = {
    "lighthouse": Kind(lighthouse, 0.56, 0.62, "back", colours=(rgb("d0423c"),)),
    "house": Kind(house, 0.36, 1.05, "back", colours=_BUILT),
    "cottage": Kind(cottage, 0.27, 1.35, "back", colours=(rgb("f3ead6"), rgb("e8d3b4"))),
    "castle": Kind(castle, 0.46, 1.2, "back", colours=(rgb("bcb4ac"), rgb("cdb9a0"))),
    "tower": Kind(tower, 0.50, 0.4, "back", colours=(rgb("cdbfa8"),)),
    "windmill": Kind(windmill, 0.44, 0.75, "back", colours=(rgb("efe6d4"),)),
    "watermill": Kind(watermill, 0.36, 1.4, "back", colours=_BUILT),
    "church": Kind(church, 0.42, 0.95, "back", colours=(rgb("e6dccb"),)),
    "temple": Kind(temple, 0.44, 0.9, "back", colours=(rgb("b8443a"),)),
    "barn": Kind(barn, 0.32, 1.0, "back", colours=(rgb("b5423a"),)),
    "tent": Kind(tent, 0.24, 1.3, colours=(rgb("e08a3c"), rgb("4f8f86"))),
    "igloo": Kind(igloo, 0.22, 1.1, "back", colours=(rgb("eaf2f7"),)),
    "pyramid": Kind(pyramid, 0.34, 2.0, "back", colours=(rgb("dcb06a"),)),
}
"""Their drawings by name."""
