"""What floats and rolls."""

from __future__ import annotations

from nbkit.images.painter.colour import brightness, darker, lighter, rgb
from nbkit.images.painter.things.pen import Kind, Pen

SAIL = rgb("f7f0e0")
WOOD = rgb("8a5f3f")
DARK = rgb("2f303a")
GLASS = rgb("bfe0ea")
STEEL = rgb("aab4be")


def _wheel(pen: Pen, x: float, y: float, radius: float) -> None:
    pen.dot(x, y, radius, DARK)
    pen.dot(x, y, radius * 0.55, rgb("c9ced4"))
    pen.dot(x, y, radius * 0.2, DARK)


def sailboat(pen: Pen) -> None:
    """Draw a sailboat: a coloured hull under two sails."""
    c = pen.main
    sail = pen.second or (SAIL if brightness(c) < 225 else rgb("e4ddd0"))
    pen.line("-2,6 -2,80", 0.022, WOOD)
    pen.blob("0,6 16,30 30,54 40,70 20,72 0,71 2,40", sail)
    pen.blob("-5,14 -16,40 -34,68 -18,70 -5,70 -6,40", lighter(sail, 0.3))
    for y in (0.34, 0.50):
        pen.line([(0.02, y), (0.10 + (y - 0.2) * 0.45, y + 0.015)], 0.008, darker(sail, 0.12))
    pen.poly("-3,2 14,6 -3,10", c)
    pen.blob("-46,75 -20,79 20,79 50,73 40,92 30,99 -30,99 -40,90", c)
    pen.line("-45,76 0,79 49,75", 0.026, lighter(c, 0.6))
    pen.line("-37,92 0,94 36,92", 0.022, darker(c, 0.35))


def rowboat(pen: Pen) -> None:
    """Draw a rowboat: open, with oars."""
    c = pen.main
    pen.blob("-78,34 -40,46 0,50 40,46 80,30 60,60 -60,62", darker(c, 0.5))
    pen.line("-26,30 -66,98", 0.035, WOOD)
    pen.blob("-80,36 -40,52 0,55 40,52 82,32 66,80 46,98 -44,98 -66,80", c)
    pen.taper("-79,39 -40,54 0,58 40,54 81,35", 0.06, 0.06, lighter(c, 0.4))
    pen.line("-68,74 66,74", 0.03, darker(c, 0.25))


def ship(pen: Pen) -> None:
    """Draw a ship: a small steamer."""
    c = pen.main
    for step in range(4):
        pen.dot(-0.10 - 0.09 * step, 0.06 - 0.03 * step, 0.06 + 0.02 * step, rgb("d3d6da"))
    pen.rounded(-0.18, 0.12, 0.0, 0.46, 0.02, c)
    pen.box(-0.18, 0.18, 0.0, 0.25, SAIL)
    pen.rounded(-0.42, 0.40, 0.40, 0.68, 0.04, SAIL)
    pen.rounded(0.12, 0.24, 0.38, 0.50, 0.03, lighter(SAIL, 0.3))
    pen.window(0.17, 0.30, 0.33, 0.39)
    for x in (-0.34, -0.20, -0.06, 0.08, 0.22):
        pen.window(x, 0.49, x + 0.07, 0.57)
    pen.line("52,58 52,20", 0.02, WOOD)
    pen.poly("-82,58 -40,64 40,64 90,52 74,98 -66,98", c)
    pen.line("-80,60 -40,66 40,66 88,55", 0.035, lighter(c, 0.65))
    pen.poly("-71,88 80,86 74,98 -66,98", darker(c, 0.45))
    for x in (-0.4, -0.1, 0.2, 0.5):
        pen.dot(x, 0.77, 0.03, darker(c, 0.5))


def galleon(pen: Pen) -> None:
    """Draw a galleon: square sails on three masts."""
    c, sail = pen.main, pen.second or SAIL
    for x, top, wide in ((-0.36, 0.16, 0.15), (0.02, 0.04, 0.19), (0.38, 0.14, 0.15)):
        pen.line([(x, top - 0.04), (x, 0.74)], 0.022, WOOD)
        pen.poly([(x, top - 0.06), (x - 0.14, top - 0.03), (x, top)], rgb("c93a38"))
        for y, share in ((top + 0.03, 0.8), (top + 0.25, 1.05)):
            w = wide * share
            pen.blob(
                [
                    (x - w, y),
                    (x, y - 0.01),
                    (x + w, y),
                    (x + w * 1.15, y + 0.12),
                    (x + w, y + 0.20),
                    (x, y + 0.17),
                    (x - w, y + 0.20),
                    (x - w * 0.9, y + 0.1),
                ],
                sail,
            )
    pen.poly("62,60 92,44 62,68", WOOD)
    pen.poly("-74,52 -46,56 -44,70 44,72 72,58 60,90 46,99 -48,99 -62,90", c)
    pen.line("-72,60 -44,72 44,76 70,64", 0.03, rgb("e6b53e"))
    for x in (-0.5, -0.32, -0.14, 0.04, 0.22, 0.40):
        pen.window(x - 0.03, 0.81, x + 0.03, 0.86)
    pen.window(-0.66, 0.60, -0.56, 0.67)


def submarine(pen: Pen) -> None:
    """Draw a submarine: round, with portholes."""
    c = pen.main
    pen.line("2,26 2,4 14,4", 0.045, darker(c, 0.3))
    pen.rounded(-0.18, 0.18, 0.20, 0.50, 0.07, darker(c, 0.1))
    pen.poly("-70,62 -96,36 -90,66 -96,96", darker(c, 0.3))
    pen.oval(0.0, 0.66, 0.82, 0.31, c)
    for x in (-0.36, 0.0, 0.36):
        pen.dot(x, 0.62, 0.13, rgb("e6b53e"))
        pen.lamp(x, 0.62, 0.09, rgb("ffeaa8"), 0.28)
    pen.line("-70,84 0,92 70,84", 0.02, darker(c, 0.25))


def car(pen: Pen) -> None:
    """Draw a car: small and round."""
    c = pen.main
    pen.blob("-60,56 -42,22 -10,12 24,16 46,44 60,60 -50,62", c)
    pen.blob("-40,50 -32,28 -8,22 -5,50", GLASS)
    pen.blob("2,50 2,22 22,26 36,50", GLASS)
    pen.blob("-86,60 -50,48 50,48 84,56 88,78 70,88 -76,88 -90,78", c)
    pen.line("-84,78 86,78", 0.03, darker(c, 0.3))
    pen.line("-2,54 -2,78", 0.014, darker(c, 0.25))
    pen.line("6,60 14,60", 0.025, lighter(c, 0.6))
    pen.lamp(0.82, 0.66, 0.06, rgb("fff0b8"), 0.3)
    pen.dot(-0.86, 0.66, 0.045, rgb("e0483e"))
    for x in (-0.48, 0.48):
        _wheel(pen, x, 0.83, 0.165)


def truck(pen: Pen) -> None:
    """Draw a truck: a van with a box."""
    c = pen.main
    pen.rounded(-0.85, 0.10, 0.24, 0.80, 0.06, pen.second or SAIL)
    pen.line("-80,45 20,45", 0.08, c)
    pen.blob("26,80 26,30 54,28 70,50 86,58 88,80", c)
    pen.poly("36,36 54,36 64,54 36,54", GLASS)
    pen.box(-0.86, 0.76, 0.88, 0.84, darker(c, 0.35))
    pen.lamp(0.86, 0.68, 0.05, rgb("fff0b8"), 0.3)
    for x in (-0.5, 0.5):
        _wheel(pen, x, 0.84, 0.155)


def bus(pen: Pen) -> None:
    """Draw a bus: a tram or a bus, lit inside."""
    c = pen.main
    pen.rounded(-0.92, 0.10, 0.92, 0.86, 0.12, c)
    pen.rounded(-0.92, 0.58, 0.92, 0.68, 0.02, lighter(c, 0.65))
    for step in range(6):
        x = -0.80 + step * 0.27
        pen.window(x, 0.24, x + 0.20, 0.50)
    pen.lamp(0.88, 0.74, 0.05, rgb("fff0b8"), 0.35)
    for x in (-0.52, 0.52):
        _wheel(pen, x, 0.85, 0.14)


def train(pen: Pen) -> None:
    """Draw a train: a locomotive with two carriages, under steam."""
    c = pen.main
    for step in range(5):
        pen.dot(1.30 - 0.22 * step, 0.08 - 0.05 * step, 0.09 + 0.04 * step, rgb("eef0f2"))
    for x, colour in ((-1.52, pen.second or rgb("e2c48c")), (-0.62, pen.second or rgb("e2c48c"))):
        pen.rounded(x, 0.30, x + 0.80, 0.82, 0.05, colour)
        pen.box(x - 0.03, 0.26, x + 0.83, 0.34, darker(c, 0.35))
        for step in range(3):
            pen.window(x + 0.08 + step * 0.24, 0.42, x + 0.24 + step * 0.24, 0.60)
        for wheel in (0.18, 0.62):
            _wheel(pen, x + wheel, 0.87, 0.11)
        pen.line([(x + 0.78, 0.78), (x + 0.95, 0.78)], 0.05, DARK)
    pen.rounded(0.30, 0.18, 0.74, 0.82, 0.03, c)
    pen.box(0.25, 0.12, 0.79, 0.20, darker(c, 0.4))
    pen.window(0.38, 0.28, 0.64, 0.48)
    pen.rounded(0.66, 0.38, 1.44, 0.78, 0.10, c)
    for x in (0.86, 1.08):
        pen.line([(x, 0.40), (x, 0.76)], 0.035, rgb("e6b53e"))
    pen.poly("121,40 118,14 141,14 138,40", darker(c, 0.45))
    pen.dot(0.96, 0.36, 0.08, rgb("e6b53e"))
    pen.poly("140,70 168,94 140,94", darker(c, 0.5))
    pen.lamp(1.46, 0.50, 0.06, rgb("fff0b8"), 0.4)
    for x, radius in ((0.48, 0.17), (0.86, 0.14), (1.20, 0.14)):
        _wheel(pen, x, 0.98 - radius, radius)
    pen.line("48,84 120,84", 0.03, STEEL)


def bicycle(pen: Pen) -> None:
    """Draw a bicycle: leaning on nothing."""
    c = pen.main
    for x in (-0.42, 0.42):
        pen.ring(x, 0.70, 0.28, 0.035, DARK)
        pen.ring(x, 0.70, 0.235, 0.008, STEEL)
        pen.dot(x, 0.70, 0.035, DARK)
    pen.line("-42,70 -14,36 26,36 2,72 -42,70", 0.038, c)
    pen.line("2,72 -18,26", 0.038, c)
    pen.line("42,70 28,20", 0.038, c)
    pen.line("20,20 34,16 38,22", 0.032, DARK)
    pen.line("-26,25 -10,25", 0.05, WOOD)
    pen.dot(0.02, 0.72, 0.06, DARK)
    pen.rounded(0.34, 0.24, 0.56, 0.42, 0.03, rgb("c99a62"))
    for x, code in ((0.38, "e0605a"), (0.46, "f2c84a"), (0.53, "e58fc0")):
        pen.dot(x, 0.22, 0.05, rgb(code))


def tractor(pen: Pen) -> None:
    """Draw a tractor: a big wheel and a small one."""
    c = pen.main
    pen.rounded(-0.42, 0.08, 0.06, 0.62, 0.04, c)
    pen.window(-0.34, 0.16, -0.02, 0.40)
    pen.rounded(0.0, 0.40, 0.70, 0.74, 0.07, c)
    pen.line("46,40 46,16", 0.045, DARK)
    pen.lamp(0.68, 0.50, 0.045, rgb("fff0b8"), 0.2)
    _wheel(pen, -0.30, 0.68, 0.31)
    _wheel(pen, 0.50, 0.82, 0.17)


def cart(pen: Pen) -> None:
    """Draw a cart: wooden, full of hay."""
    pen.blob("-66,46 -44,12 0,4 44,14 66,46", rgb("e6c76c"))
    pen.poly("-74,40 74,40 62,70 -62,70", pen.main)
    for y in (0.50, 0.60):
        pen.line([(-0.66, y), (0.66, y)], 0.014, darker(pen.main, 0.25))
    pen.line("64,62 96,52", 0.04, WOOD)
    for x in (-0.36, 0.36):
        pen.ring(x, 0.76, 0.22, 0.045, WOOD)
        for across, down in ((0.2, 0.0), (0.0, 0.2), (0.14, 0.14), (0.14, -0.14)):
            pen.line([(x - across, 0.76 - down), (x + across, 0.76 + down)], 0.022, WOOD)


_PAINT = (rgb("cf4a3c"), rgb("3f7fb5"), rgb("e0a93a"), rgb("4f9a86"))

KINDS = {
    "sailboat": Kind(sailboat, 0.30, 1.0, "water", (0.27, 0.775, 0.42), _PAINT),
    "rowboat": Kind(rowboat, 0.17, 1.7, "water", (0.0, 0.72, 1.35), _PAINT, hollow=True),
    "ship": Kind(ship, 0.24, 1.8, "water", (0.30, 0.24, 0.32), _PAINT),
    "galleon": Kind(galleon, 0.38, 1.55, "water", (0.2, 0.70, 0.26), (rgb("8a5636"),)),
    "submarine": Kind(submarine, 0.24, 1.9, "under", None, (rgb("e8b53a"), rgb("4f8f9a"))),
    "car": Kind(car, 0.17, 1.85, "ground", None, _PAINT),
    "truck": Kind(truck, 0.22, 1.85, "ground", None, _PAINT),
    "bus": Kind(bus, 0.22, 1.95, "ground", None, _PAINT),
    "train": Kind(train, 0.18, 3.4, "back", None, (rgb("3f6f5a"), rgb("a83c38"), rgb("2f4f86"))),
    "bicycle": Kind(bicycle, 0.22, 1.45, "ground", (-0.18, 0.28, 1.0), _PAINT),
    "tractor": Kind(tractor, 0.24, 1.4, "ground", None, (rgb("c93f36"), rgb("3f8f4a"))),
    "cart": Kind(cart, 0.20, 1.7, "ground", (0.0, 0.36, 1.0), (WOOD,), hollow=True),
}
"""Their drawings by name."""
