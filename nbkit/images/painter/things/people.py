"""People, and those who look like them."""

from __future__ import annotations

from nbkit.images.painter.colour import Colour, darker, lighter, mix, rgb
from nbkit.images.painter.things.pen import Kind, Pen

SKIN = tuple(rgb(code) for code in ("f1c7a2", "e0a97c", "b87d54", "8a5a3c"))
HAIR = tuple(rgb(code) for code in ("3a2a26", "6b4226", "b5803f", "d8622f", "2b2b34"))
DARK = rgb("33303c")
STEEL = rgb("aab4be")
GOLD = rgb("e6b53e")


def _looks(pen: Pen) -> tuple[Colour, Colour]:
    return pen.dice.pick(SKIN), pen.dice.pick(HAIR)


def _legs(pen: Pen, trousers: Colour, boots: Colour) -> None:
    for x in (-0.065, 0.065):
        pen.line([(x, 0.70), (x, 0.93)], 0.085, trousers)
        pen.rounded(x - 0.05, 0.90, x + 0.075, 0.985, 0.03, boots)


def _coat(pen: Pen, colour: Colour, *, hem: float = 0.76, flare: float = 0.18) -> None:
    """The body from the neck to the hem, with both arms."""
    pen.taper("-11,42 -19,54 -17,66", 0.10, 0.075, darker(colour, 0.12))
    pen.blob(
        [(-0.09, 0.37), (0.09, 0.37), (0.13, 0.50), (flare, hem), (0.0, hem + 0.015),
         (-flare, hem), (-0.13, 0.50)],
        colour,
    )  # fmt: skip
    pen.taper("11,42 20,54 22,64", 0.10, 0.075, lighter(colour, 0.06))


def _hands(pen: Pen, skin: Colour) -> None:
    pen.dot(-0.17, 0.68, 0.036, skin)
    pen.dot(0.225, 0.665, 0.036, skin)


def _face(pen: Pen, skin: Colour) -> None:
    pen.dot(0.0, 0.25, 0.135, skin)
    for x in (-0.01, 0.085):
        pen.eye(x, 0.25, 0.016)
    pen.dot(-0.045, 0.295, 0.022, mix(skin, rgb("e87a6a"), 0.5))
    pen.dot(0.105, 0.295, 0.020, mix(skin, rgb("e87a6a"), 0.5))
    pen.arc(0.04, 0.295, 0.032, 0.022, 20, 160, 0.010, darker(skin, 0.5))


def _short_hair(pen: Pen, hair: Colour) -> None:
    pen.blob("-14,26 -15,14 -4,8 9,9 14,17 9,18 2,17 -5,20 -8,27", hair)


def person(pen: Pen) -> None:
    """In a coat and a scarf."""
    skin, hair = _looks(pen)
    _legs(pen, rgb("4a5268"), DARK)
    _coat(pen, pen.main)
    _hands(pen, skin)
    _face(pen, skin)
    _short_hair(pen, hair)
    scarf = pen.second or rgb("efe0c0")
    pen.line("-8,39 0,41 9,39", 0.06, scarf)
    pen.taper("-7,40 -12,48 -10,56", 0.055, 0.045, darker(scarf, 0.08))


def woman(pen: Pen) -> None:
    """With long hair and a long dress."""
    skin, hair = _looks(pen)
    pen.blob("-14,24 -12,10 4,6 15,16 15,32 17,50 4,44 -10,46 -18,50 -16,36", hair)
    for x in (-0.05, 0.06):
        pen.oval(x, 0.965, 0.055, 0.025, DARK)
    _coat(pen, pen.main, hem=0.94, flare=0.23)
    pen.line("-11,57 0,59 11,57", 0.035, pen.second or darker(pen.main, 0.3))
    _hands(pen, skin)
    _face(pen, skin)
    pen.blob("-14,26 -14,13 -3,8 8,9 13,17 6,17 -3,16 -9,21 -11,28", hair)


def girl(pen: Pen) -> None:
    """With two plaits and a swinging dress."""
    skin, hair = _looks(pen)
    for side in (-1, 1):
        pen.taper("10,28 19,36 21,46", 0.075, 0.045, hair, side)
        pen.dot(side * 0.21, 0.475, 0.028, pen.main)
    for x in (-0.05, 0.06):
        pen.line([(x, 0.74), (x, 0.92)], 0.05, skin)
        pen.rounded(x - 0.045, 0.90, x + 0.065, 0.985, 0.03, pen.second or rgb("8c3f3a"))
    _coat(pen, pen.main, hem=0.79, flare=0.22)
    _hands(pen, skin)
    _face(pen, skin)
    pen.blob("-15,27 -15,13 -3,7 10,8 15,17 14,26 9,18 0,15 -8,20 -10,28", hair)


def boy(pen: Pen) -> None:
    """In a jumper and shorts, one arm up."""
    skin, hair = _looks(pen)
    for x in (-0.065, 0.065):
        pen.line([(x, 0.74), (x, 0.93)], 0.06, skin)
        pen.rounded(x - 0.045, 0.90, x + 0.075, 0.985, 0.03, pen.second or rgb("d8d8dc"))
        pen.line([(x, 0.68), (x, 0.80)], 0.105, rgb("4c6286"))
    pen.taper("-11,42 -20,52 -19,64", 0.10, 0.07, darker(pen.main, 0.12))
    pen.blob("-9,37 9,37 13,50 14,72 -14,72 -13,50", pen.main)
    pen.taper("11,42 22,38 28,26", 0.10, 0.07, lighter(pen.main, 0.06))
    pen.dot(0.285, 0.235, 0.036, skin)
    pen.dot(-0.19, 0.66, 0.036, skin)
    _face(pen, skin)
    _short_hair(pen, hair)
    pen.poly("-9,12 -16,4 -4,9 -4,1 4,9 10,3 10,12", hair)


def astronaut(pen: Pen) -> None:
    """In a suit with a mirrored visor."""
    suit, trim = pen.main, pen.second or rgb("ee8130")
    pen.rounded(-0.20, 0.38, 0.14, 0.68, 0.05, darker(suit, 0.28))
    for x in (-0.085, 0.085):
        pen.line([(x, 0.70), (x, 0.90)], 0.13, suit)
        pen.rounded(x - 0.075, 0.87, x + 0.085, 0.985, 0.035, darker(suit, 0.3))
        pen.line([(x - 0.06, 0.83), (x + 0.06, 0.83)], 0.025, trim)
    pen.taper("-15,46 -26,56 -24,68", 0.13, 0.10, darker(suit, 0.1))
    pen.blob("-15,40 15,40 20,56 17,76 -17,76 -20,56", suit)
    pen.taper("15,46 27,52 31,42", 0.13, 0.10, suit)
    pen.dot(0.31, 0.40, 0.055, trim)
    pen.dot(-0.24, 0.70, 0.055, trim)
    pen.rounded(-0.09, 0.52, 0.09, 0.63, 0.02, darker(suit, 0.18))
    for x, lamp in ((-0.05, "d63a34"), (0.0, "5fc46a"), (0.05, "4f9fe0")):
        pen.dot(x, 0.575, 0.018, rgb(lamp))
    pen.dot(0.0, 0.22, 0.20, suit)
    pen.oval(0.04, 0.23, 0.14, 0.125, rgb("233250"))
    pen.oval(0.06, 0.20, 0.09, 0.07, rgb("4a76a8"))
    pen.oval(0.10, 0.17, 0.03, 0.022, rgb("e8f4fa"))


def wizard(pen: Pen) -> None:
    """A beard, a hat and a lit staff."""
    skin, _ = _looks(pen)
    robe = pen.main
    pen.line("27,30 25,98", 0.03, rgb("7a5436"))
    _coat(pen, robe, hem=0.97, flare=0.25)
    pen.line("-14,66 0,68 14,66", 0.03, GOLD)
    _hands(pen, skin)
    _face(pen, skin)
    pen.blob("-11,29 -3,34 6,33 13,29 11,46 2,58 -8,46", rgb("eceae4"))
    pen.poly("-16,18 -3,-16 4,-6 16,18", robe)
    pen.blob("-23,19 0,14 23,18 14,22 0,21 -14,22", darker(robe, 0.15))
    for x, y in ((-0.02, 0.05), (0.05, 0.12), (-0.08, 0.13)):
        pen.dot(x, y, 0.016, GOLD)
    pen.lamp(0.27, 0.27, 0.045, rgb("8fe0e8"), 0.4)


def knight(pen: Pen) -> None:
    """In plate, with a shield."""
    trim = pen.main
    _legs(pen, STEEL, darker(STEEL, 0.35))
    _coat(pen, STEEL, hem=0.70, flare=0.15)
    pen.poly("-11,50 11,50 15,78 -15,78", trim)
    pen.line("23,68 34,16", 0.028, rgb("dfe6ea"))
    pen.line("16,58 30,64", 0.03, GOLD)
    pen.rounded(-0.135, 0.11, 0.135, 0.38, 0.11, STEEL)
    pen.box(-0.02, 0.22, 0.13, 0.255, DARK)
    pen.line("5,26 5,36", 0.012, darker(STEEL, 0.4))
    pen.taper("0,11 -8,2 -20,4", 0.08, 0.02, trim)
    pen.blob("-33,46 -20,43 -7,46 -9,66 -20,78 -31,66", trim)
    pen.line("-20,48 -20,72", 0.03, pen.other)
    pen.line("-30,57 -10,57", 0.03, pen.other)


def king(pen: Pen) -> None:
    """In a cloak with ermine."""
    skin, hair = _looks(pen)
    _coat(pen, pen.main, hem=0.97, flare=0.26)
    pen.blob("-5,40 5,40 9,96 -9,96", rgb("f4eee0"))
    pen.line("-12,41 0,44 12,41", 0.075, rgb("f4eee0"))
    _hands(pen, skin)
    _face(pen, skin)
    pen.blob("-10,30 0,34 12,30 9,40 1,44 -7,40", hair)
    pen.poly("-13,16 -15,1 -7,9 0,-2 7,9 15,1 13,16", GOLD)


def sailor(pen: Pen) -> None:
    """An old hand with a beard, a cap and a pipe."""
    skin, _ = _looks(pen)
    _legs(pen, rgb("3b4666"), DARK)
    _coat(pen, pen.main)
    for y in (0.50, 0.58, 0.66):
        pen.dot(0.02, y, 0.015, GOLD)
    _hands(pen, skin)
    _face(pen, skin)
    pen.blob("-12,26 -6,32 4,33 13,27 12,38 3,44 -8,40", rgb("e9e6de"))
    pen.line("8,33 17,34", 0.016, rgb("6b4226"))
    pen.rounded(0.15, 0.30, 0.19, 0.36, 0.01, rgb("6b4226"))
    pen.blob("-15,16 -12,7 4,5 14,10 14,17", pen.second or rgb("f4f1e8"))
    pen.blob("-2,17 14,15 21,18 12,20 0,20", DARK)


def painter(pen: Pen) -> None:
    """With a beret and a palette."""
    skin, hair = _looks(pen)
    _legs(pen, rgb("4a5268"), DARK)
    _coat(pen, pen.main, hem=0.80, flare=0.19)
    _hands(pen, skin)
    _face(pen, skin)
    _short_hair(pen, hair)
    pen.blob("-19,13 -10,4 8,3 15,10 8,15 -10,17", pen.second or rgb("c2403a"))
    pen.oval(0.24, 0.70, 0.10, 0.07, rgb("c99a62"))
    for x, y, code in ((0.19, 0.69, "d63a34"), (0.24, 0.66, "f2c531"), (0.29, 0.70, "2f6fc9")):
        pen.dot(x, y, 0.02, rgb(code))


def chef(pen: Pen) -> None:
    """With a tall hat."""
    skin, hair = _looks(pen)
    _legs(pen, rgb("4a5268"), DARK)
    _coat(pen, pen.main)
    for x, y in ((-0.04, 0.48), (0.05, 0.48), (-0.04, 0.58), (0.05, 0.58)):
        pen.dot(x, y, 0.014, DARK)
    _hands(pen, skin)
    _face(pen, skin)
    pen.taper("-5,31 1,29 4,31 8,29 13,31", 0.03, 0.02, hair)
    pen.box(-0.11, 0.03, 0.12, 0.16, rgb("f4f1ea"))
    for x in (-0.10, 0.0, 0.11):
        pen.dot(x, 0.0, 0.09, rgb("faf8f2"))


def robot(pen: Pen) -> None:
    """Boxy, with kind eyes and an aerial."""
    c, dark = pen.main, darker(pen.main, 0.45)
    for x in (-0.11, 0.11):
        pen.line([(x, 0.74), (x, 0.92)], 0.06, dark)
        pen.rounded(x - 0.09, 0.89, x + 0.10, 0.985, 0.04, darker(c, 0.2))
    pen.taper("-20,50 -32,58 -31,70", 0.07, 0.06, dark)
    pen.taper("20,50 32,54 35,42", 0.07, 0.06, dark)
    pen.dot(-0.31, 0.72, 0.055, darker(c, 0.2))
    pen.dot(0.355, 0.395, 0.055, darker(c, 0.2))
    pen.rounded(-0.22, 0.42, 0.22, 0.80, 0.07, c)
    pen.rounded(-0.13, 0.50, 0.13, 0.68, 0.03, darker(c, 0.3))
    pen.lamp(-0.06, 0.56, 0.03, rgb("f2b632"), 0.12)
    pen.dot(0.05, 0.56, 0.03, rgb("5fc4c0"))
    pen.line("-8,63 8,63", 0.02, lighter(c, 0.5))
    pen.line("0,38 0,44", 0.10, dark)
    pen.line("0,12 0,2", 0.022, dark)
    pen.lamp(0.0, 0.01, 0.035, pen.second or rgb("f0604a"), 0.14)
    pen.rounded(-0.23, 0.10, 0.23, 0.39, 0.10, lighter(c, 0.12))
    pen.rounded(-0.17, 0.16, 0.18, 0.34, 0.07, rgb("26313f"))
    for x in (-0.07, 0.09):
        pen.lamp(x, 0.235, 0.036, rgb("8ff0ea"), 0.12)
    pen.arc(0.01, 0.275, 0.05, 0.03, 20, 160, 0.014, rgb("8ff0ea"))
    for side in (-1, 1):
        pen.rounded(side * 0.245 - 0.025, 0.19, side * 0.245 + 0.025, 0.31, 0.02, dark)


def snowman(pen: Pen) -> None:
    """Three balls, a carrot and a scarf."""
    snow, scarf = rgb("f6f9fb"), pen.main
    for side in (-1, 1):
        pen.taper("18,54 34,44 42,30", 0.035, 0.02, rgb("6b4a34"), side)
    for y, r in ((0.80, 0.20), (0.53, 0.155), (0.30, 0.12)):
        pen.dot(0.0, y, r, snow)
    for y in (0.50, 0.58, 0.74):
        pen.dot(0.02, y, 0.020, DARK)
    for x in (-0.03, 0.06):
        pen.dot(x, 0.27, 0.017, DARK)
    pen.poly("2,29 18,33 2,33", rgb("ee8130"))
    pen.line("-10,40 0,42 11,40", 0.06, scarf)
    pen.taper("6,41 11,50 9,58", 0.055, 0.05, darker(scarf, 0.1))
    pen.box(-0.16, 0.17, 0.16, 0.20, DARK)
    pen.box(-0.10, 0.02, 0.10, 0.18, DARK)
    pen.box(-0.10, 0.13, 0.10, 0.17, scarf)


def ghost(pen: Pen) -> None:
    """Friendly."""
    c = pen.main
    pen.blob("0,2 24,18 28,50 30,92 18,84 10,98 0,86 -10,98 -18,84 -30,92 -28,50 -24,18", c)
    for x in (-0.07, 0.10):
        pen.oval(x, 0.34, 0.04, 0.06, DARK)
    pen.oval(0.02, 0.49, 0.045, 0.055, DARK)
    pen.lamp(0.02, 0.5, 0.001, lighter(c, 0.4), 0.8)


def fairy(pen: Pen) -> None:
    """Winged, with a wand."""
    for side in (-1, 1):
        pen.blob("6,46 26,14 42,18 40,44 12,54", rgb("d8eef6"), side)
        pen.blob("6,54 32,54 34,74 14,70", rgb("c6e2f2"), side)
    girl(pen)
    pen.line("23,66 36,44", 0.018, rgb("f4ead0"))
    pen.lamp(0.365, 0.43, 0.035, rgb("ffe27a"), 0.35)


def scarecrow(pen: Pen) -> None:
    """Arms out, stuffed with straw."""
    straw = rgb("e3c26a")
    pen.line("0,40 0,99", 0.045, rgb("7a5436"))
    pen.line("-36,46 36,46", 0.035, rgb("7a5436"))
    for side in (-1, 1):
        pen.line("10,45 32,46", 0.13, pen.main, side)
        pen.poly("30,40 44,38 40,46 45,53 30,52", straw, side)
    pen.poly("-14,38 14,38 17,78 -17,78", pen.main)
    pen.poly("-17,78 17,78 20,86 8,81 3,88 -6,81 -19,86", straw)
    pen.box(0.03, 0.56, 0.12, 0.66, pen.second or rgb("d9603a"))
    pen.dot(0.0, 0.26, 0.13, rgb("e8cf9c"))
    for x in (-0.04, 0.06):
        pen.dot(x, 0.25, 0.018, DARK)
    pen.arc(0.01, 0.28, 0.06, 0.04, 20, 160, 0.012, DARK)
    pen.poly("-25,19 25,19 10,15 6,0 -7,1 -10,15", rgb("8a6138"))


_COATS = tuple(rgb(code) for code in ("d2553f", "3f7f8f", "e0a93a", "5d6fb0", "7a9a4c", "b05a86"))

KINDS = {
    "person": Kind(person, 0.34, 0.5, colours=_COATS),
    "woman": Kind(woman, 0.34, 0.5, colours=_COATS),
    "girl": Kind(girl, 0.30, 0.5, colours=_COATS),
    "boy": Kind(boy, 0.30, 0.6, colours=_COATS),
    "astronaut": Kind(astronaut, 0.36, 0.65, colours=(rgb("eef0f2"),)),
    "wizard": Kind(wizard, 0.36, 0.6, colours=(rgb("5a4aa0"), rgb("2f6f8c"))),
    "knight": Kind(knight, 0.36, 0.7, colours=(rgb("b8373a"), rgb("2f5fae"))),
    "king": Kind(king, 0.35, 0.55, colours=(rgb("a8323c"), rgb("5d3f93"))),
    "sailor": Kind(sailor, 0.34, 0.5, colours=(rgb("2f4a7c"), rgb("e0a93a"))),
    "painter": Kind(painter, 0.34, 0.6, colours=_COATS),
    "chef": Kind(chef, 0.34, 0.5, colours=(rgb("f2f0ea"),)),
    "robot": Kind(robot, 0.34, 0.75, colours=(rgb("7fa8b8"), rgb("d9a24a"), rgb("b8c0c8"))),
    "snowman": Kind(snowman, 0.32, 0.8, colours=(rgb("d2423c"),)),
    "ghost": Kind(ghost, 0.30, 0.7, colours=(rgb("eef2f6"),)),
    "fairy": Kind(fairy, 0.26, 0.85, colours=(rgb("8fc46a"), rgb("e58fc0"))),
    "scarecrow": Kind(scarecrow, 0.36, 0.9, colours=(rgb("5a7fb5"), rgb("b5553f"))),
}
"""Their drawings by name."""
