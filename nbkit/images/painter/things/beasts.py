"""Animals on four tall legs, and two that nobody has seen."""

from __future__ import annotations

from nbkit.images.painter.colour import Colour, brightness, darker, lighter, rgb
from nbkit.images.painter.things.pen import Kind, Pen

PINK = rgb("e79a9a")
CREAM = rgb("f6ead6")
DARK = rgb("3b3038")


def _body(pen: Pen, colour: Colour, *, legs: Colour | None = None, thick: float = 0.07) -> None:
    """Paint a standing body with four legs; the neck and head are the caller's."""
    far, near = darker(colour, 0.3), legs or colour
    for x, ink in ((-0.30, far), (0.20, far), (-0.38, near), (0.27, near)):
        pen.taper([(x, 0.60), (x + 0.01, 0.80), (x, 0.95)], thick * 1.3, thick * 0.8, ink)
        pen.box(x - thick * 0.5, 0.94, x + thick * 0.6, 0.99, darker(ink, 0.4))
    pen.blob("-46,52 -30,42 5,45 30,40 37,55 28,72 -5,72 -36,72 -46,64", colour)


def horse(pen: Pen) -> None:
    """Draw a horse: standing, its mane in the wind."""
    c, mane = pen.main, pen.second or darker(pen.main, 0.5)
    pen.taper("-44,50 -58,56 -56,80", 0.10, 0.04, mane)
    _body(pen, c)
    pen.blob("14,46 30,16 42,12 46,24 39,56 28,62", c)
    pen.blob("34,10 45,10 62,27 60,35 53,35.5 38,26", c)
    pen.poly("36,11 38,0 43,10", c)
    pen.blob("37,8 29,12 20,28 10,44 20,42 30,26", mane)
    pen.blob("37,7 45,13 44,20 39,14", mane)
    pen.eye(0.46, 0.18, 0.018)
    pen.dot(0.585, 0.29, 0.011, DARK)


def unicorn(pen: Pen) -> None:
    """Draw an unicorn: a horse with a horn and a pink mane."""
    pen.second = pen.second or rgb("e58fc0")
    horse(pen)
    pen.poly("42,10 56,-10 47,13", rgb("f2cf63"))


def deer(pen: Pen) -> None:
    """Draw a deer: standing, with antlers."""
    c = pen.main
    pen.dot(-0.45, 0.50, 0.05, CREAM)
    _body(pen, c, thick=0.05)
    pen.blob("18,46 30,26 39,24 41,34 36,56 28,60", c)
    pen.blob("30,23 38,18 54,29 52,34 38,34", c)
    pen.poly("32,22 22,16 35,19", c)
    horn = rgb("8a6a4c")
    for side in (-1, 1):
        x = 0.35 + side * 0.02
        pen.taper([(x, 0.20), (x + side * 0.08, 0.12), (x + side * 0.10, 0.0)], 0.028, 0.014, horn)
        pen.taper([(x + side * 0.06, 0.14), (x + side * 0.16, 0.08)], 0.02, 0.012, horn)
        pen.taper([(x + side * 0.09, 0.07), (x + side * 0.04, 0.0)], 0.018, 0.01, horn)
    pen.eye(0.40, 0.255, 0.018)
    pen.dot(0.535, 0.305, 0.018, DARK)
    for _ in range(7):
        pen.dot(pen.dice.between(-0.36, 0.2), pen.dice.between(0.47, 0.60), 0.014, lighter(c, 0.5))


def sheep(pen: Pen) -> None:
    """Draw a sheep: a cloud on four legs."""
    wool = pen.main
    for x in (-0.26, 0.20, -0.14, 0.30):
        pen.line([(x, 0.70), (x, 0.96)], 0.06, DARK)
    for x, y, r in (
        (-0.30, 0.50, 0.17), (-0.12, 0.40, 0.19), (0.10, 0.38, 0.19), (0.28, 0.50, 0.17),
        (-0.20, 0.62, 0.18), (0.04, 0.62, 0.21), (0.22, 0.62, 0.17),
    ):  # fmt: skip
        pen.dot(x, y, r, wool)
    for x, y in ((-0.18, 0.45), (0.05, 0.50), (-0.05, 0.66), (-0.28, 0.6)):
        pen.arc(x, y, 0.06, 0.05, 200, 400, 0.014, darker(wool, 0.12))
    pen.oval(0.42, 0.43, 0.11, 0.14, DARK)
    pen.oval(0.31, 0.38, 0.07, 0.03, DARK)
    pen.dot(0.38, 0.30, 0.09, wool)
    for x in (0.40, 0.48):
        pen.dot(x, 0.42, 0.022, CREAM)
        pen.dot(x + 0.005, 0.42, 0.012, DARK)


def cow(pen: Pen) -> None:
    """Draw a cow: standing, patched, with a bell."""
    c = pen.main
    patch = pen.second or (DARK if brightness(c) > 120 else CREAM)
    pen.taper("-45,48 -54,60 -52,76", 0.035, 0.02, c)
    pen.oval(-0.52, 0.79, 0.03, 0.045, patch)
    _body(pen, c, thick=0.09)
    pen.oval(-0.18, 0.71, 0.09, 0.06, PINK)
    for x, y, w, h in (
        (-0.26, 0.52, 0.13, 0.08),
        (0.08, 0.56, 0.10, 0.09),
        (0.24, 0.48, 0.06, 0.05),
    ):
        pen.oval(x, y, w, h, patch)
    pen.blob("24,34 36,22 50,24 53,42 44,56 30,54", c)
    for x, lean in ((0.31, -0.05), (0.49, 0.05)):
        pen.taper([(x, 0.24), (x + lean, 0.17), (x + lean * 0.7, 0.11)], 0.04, 0.015, rgb("e8dcc0"))
        pen.oval(x + lean * 1.6, 0.29, 0.07, 0.034, patch)
    pen.oval(0.42, 0.48, 0.11, 0.075, PINK)
    for x in (0.38, 0.46):
        pen.dot(x, 0.48, 0.014, DARK)
    for x in (0.35, 0.47):
        pen.eye(x, 0.34, 0.023)
    pen.dot(0.36, 0.62, 0.04, rgb("e0ac3a"))


def lion(pen: Pen) -> None:
    """Draw a lion: standing, in a great mane."""
    c = pen.main
    pen.taper("-44,52 -60,50 -62,34", 0.04, 0.03, c)
    pen.dot(-0.62, 0.32, 0.05, rgb("8c4f2a"))
    _body(pen, c, thick=0.09)
    mane = pen.second or rgb("a85c2c")
    for step in range(10):
        pen.dot(0.32 + 0.19 * (step % 5 - 2) / 2, 0.40 + (0.14 if step < 5 else -0.12), 0.12, mane)
    pen.dot(0.32, 0.40, 0.26, mane)
    for x in (0.18, 0.46):
        pen.dot(x, 0.24, 0.055, c)
    pen.oval(0.32, 0.40, 0.165, 0.16, c)
    pen.oval(0.32, 0.465, 0.085, 0.06, CREAM)
    pen.poly("28,42.5 36,42.5 32,46.5", DARK)
    for x in (0.255, 0.385):
        pen.eye(x, 0.37, 0.022)


def elephant(pen: Pen) -> None:
    """Draw an elephant: standing, its trunk raised."""
    c, far = pen.main, darker(pen.main, 0.2)
    for x, ink in ((-0.28, far), (0.10, far), (-0.40, c), (0.20, c)):
        pen.rounded(x - 0.075, 0.60, x + 0.075, 0.99, 0.04, ink)
    pen.taper("-50,42 -58,56 -57,66", 0.03, 0.02, far)
    pen.blob("-52,50 -36,22 5,20 30,36 26,72 -46,74", c)
    pen.taper("42,40 58,52 66,44 66,24", 0.16, 0.065, c)
    pen.oval(0.32, 0.32, 0.21, 0.21, c)
    pen.taper("42,48 50,58 58,56", 0.05, 0.02, CREAM)
    pen.blob("22,16 6,12 -2,34 8,54 24,44", far)
    pen.blob("20,20 9,18 3,34 10,48 21,40", lighter(PINK, 0.1))
    pen.eye(0.38, 0.28, 0.024)


def dragon(pen: Pen) -> None:
    """Draw a dragon: flying, and rather pleased."""
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
    """Draw a dinosaur: a long neck."""
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
    "horse": Kind(
        horse, 0.40, 1.25, seat=(-0.05, 0.48, 0.62), colours=(rgb("a8683c"), rgb("7a4a30"))
    ),
    "unicorn": Kind(unicorn, 0.40, 1.25, seat=(-0.05, 0.48, 0.62), colours=(rgb("f7f2f4"),)),
    "donkey": Kind(horse, 0.34, 1.25, seat=(-0.05, 0.48, 0.62), colours=(rgb("8f8a88"),)),
    "deer": Kind(deer, 0.38, 1.1, colours=(rgb("b07a4a"),)),
    "sheep": Kind(sheep, 0.22, 1.1, colours=(rgb("f4efe4"),)),
    "cow": Kind(cow, 0.32, 1.15, colours=(rgb("f4efe6"),)),
    "lion": Kind(lion, 0.32, 1.25, colours=(rgb("dfa650"),)),
    "elephant": Kind(elephant, 0.42, 1.35, seat=(-0.1, 0.24, 0.5), colours=(rgb("8f9aa8"),)),
    "dragon": Kind(
        dragon, 0.32, 2.0, "air", seat=(0.0, 0.5, 0.5), colours=(rgb("4f9a62"), rgb("b5443c"))
    ),
    "dinosaur": Kind(dinosaur, 0.42, 1.7, seat=(-0.02, 0.46, 0.5), colours=(rgb("7aa864"),)),
}
"""Their drawings by name."""
