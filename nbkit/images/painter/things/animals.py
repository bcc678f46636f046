"""Animals on four legs and small ones on the ground."""

from __future__ import annotations

from nbkit.images.painter.colour import Colour, brightness, darker, lighter, rgb
from nbkit.images.painter.things.pen import Kind, Pen

PINK = rgb("e79a9a")
CREAM = rgb("f6ead6")
DARK = rgb("3b3038")


def _ear(pen: Pen, x: float, y: float, wide: float, tall: float, lean: float = 0.0) -> None:
    pen.poly([(x - wide, y), (x + lean, y - tall), (x + wide, y)], pen.main)
    inner = [(x - wide * 0.5, y), (x + lean, y - tall * 0.66), (x + wide * 0.5, y)]
    pen.poly(inner, PINK)


def _whiskers(pen: Pen, x: float, y: float, reach: float) -> None:
    colour = lighter(pen.main, 0.7) if brightness(pen.main) < 120 else darker(pen.main, 0.4)
    for side in (-1, 1):
        for drop in (-0.01, 0.02):
            pen.line([(x + side * reach * 0.35, y), (x + side * reach, y + drop)], 0.006, colour)


def cat(pen: Pen) -> None:
    """Sitting, its tail curled up behind."""
    c, shade = pen.main, darker(pen.main, 0.16)
    pen.taper("-12,93 -34,92 -40,70 -33,52", 0.10, 0.075, shade)
    pen.blob(
        "2,38 17,50 21,75 25,98 -22,98 -27,80 -19,56", c,
    )  # fmt: skip
    pen.blob("6,46 15,60 12,80 2,66", lighter(c, 0.5))
    for x in (0.06, 0.18):
        pen.oval(x, 0.955, 0.065, 0.04, lighter(c, 0.18))
    pen.line("12,74 12,95", 0.012, shade)
    _ear(pen, -0.06, 0.19, 0.085, 0.18, -0.03)
    _ear(pen, 0.18, 0.19, 0.085, 0.18, 0.03)
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
    """Sitting and attentive, with a collar and its tongue out."""
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
    """Sitting, wrapped in its tail."""
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
    """Crouching, its ears up."""
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
    """Sitting like a large toy."""
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


def _body(pen: Pen, colour: Colour, *, legs: Colour | None = None, thick: float = 0.07) -> None:
    """A standing body with four legs; the neck and head are the caller's."""
    far, near = darker(colour, 0.3), legs or colour
    for x, ink in ((-0.30, far), (0.20, far), (-0.38, near), (0.27, near)):
        pen.taper([(x, 0.60), (x + 0.01, 0.80), (x, 0.95)], thick * 1.3, thick * 0.8, ink)
        pen.box(x - thick * 0.5, 0.94, x + thick * 0.6, 0.99, darker(ink, 0.4))
    pen.blob("-46,52 -30,42 5,45 30,40 37,55 28,72 -5,72 -36,72 -46,64", colour)


def horse(pen: Pen) -> None:
    """Standing, its mane in the wind."""
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
    """A horse with a horn and a pink mane."""
    pen.second = pen.second or rgb("e58fc0")
    horse(pen)
    pen.poly("42,10 56,-10 47,13", rgb("f2cf63"))


def deer(pen: Pen) -> None:
    """Standing, with antlers."""
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
    """A cloud on four legs."""
    wool = pen.main
    for x in (-0.26, 0.20, -0.14, 0.30):
        pen.line([(x, 0.70), (x, 0.96)], 0.06, DARK)
    for x, y, r in ((-0.30, 0.50, 0.17), (-0.12, 0.40, 0.19), (0.10, 0.38, 0.19), (0.28, 0.50, 0.17),
                    (-0.20, 0.62, 0.18), (0.04, 0.62, 0.21), (0.22, 0.62, 0.17)):  # fmt: skip
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
    """Standing, patched, with a bell."""
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
    """Standing, in a great mane."""
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
    """Standing, its trunk raised."""
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


def mouse(pen: Pen) -> None:
    """A round body, and round ears."""
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
    """A cushion of spines with a nose."""
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


KINDS = {
    "cat": Kind(cat, 0.27, 0.86, colours=(rgb("e39a4f"), rgb("8d8a92"), rgb("4a4650"), rgb("f0e6d4"))),
    "dog": Kind(dog, 0.28, 0.86, colours=(rgb("c08a54"), rgb("8a5f40"), rgb("d9b380"))),
    "fox": Kind(fox, 0.28, 0.95, colours=(rgb("e0702e"),)),
    "wolf": Kind(fox, 0.32, 0.95, colours=(rgb("7d8490"),)),
    "rabbit": Kind(rabbit, 0.22, 0.80, colours=(rgb("b79d86"), rgb("ded2c4"))),
    "bear": Kind(bear, 0.36, 0.85, colours=(rgb("8b5a3c"),)),
    "horse": Kind(horse, 0.40, 1.25, seat=(-0.05, 0.48, 0.62), colours=(rgb("a8683c"), rgb("7a4a30"))),
    "unicorn": Kind(unicorn, 0.40, 1.25, seat=(-0.05, 0.48, 0.62), colours=(rgb("f7f2f4"),)),
    "donkey": Kind(horse, 0.34, 1.25, seat=(-0.05, 0.48, 0.62), colours=(rgb("8f8a88"),)),
    "deer": Kind(deer, 0.38, 1.1, colours=(rgb("b07a4a"),)),
    "sheep": Kind(sheep, 0.22, 1.1, colours=(rgb("f4efe4"),)),
    "cow": Kind(cow, 0.32, 1.15, colours=(rgb("f4efe6"),)),
    "lion": Kind(lion, 0.32, 1.25, colours=(rgb("dfa650"),)),
    "elephant": Kind(elephant, 0.42, 1.35, seat=(-0.1, 0.24, 0.5), colours=(rgb("8f9aa8"),)),
    "mouse": Kind(mouse, 0.14, 1.2, colours=(rgb("9a938f"), rgb("b98a5e"))),
    "hedgehog": Kind(hedgehog, 0.16, 1.1, colours=(rgb("7a5a44"),)),
}  # fmt: skip
"""Their drawings by name."""
