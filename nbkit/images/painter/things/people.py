"""People."""

from __future__ import annotations

from nbkit.images.painter.colour import Colour, darker, lighter, mix, rgb
from nbkit.images.painter.things.clothes import DARK, GOLD, coat, legs
from nbkit.images.painter.things.pen import Kind, Pen

SKIN = tuple(rgb(code) for code in ("f1c7a2", "e0a97c", "b87d54", "8a5a3c"))
HAIR = tuple(rgb(code) for code in ("3a2a26", "6b4226", "b5803f", "d8622f", "2b2b34"))


def _looks(pen: Pen) -> tuple[Colour, Colour]:
    return pen.dice.pick(SKIN), pen.dice.pick(HAIR)


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
    """Draw a person: in a coat and a scarf."""
    skin, hair = _looks(pen)
    legs(pen, rgb("4a5268"), DARK)
    coat(pen, pen.main)
    _hands(pen, skin)
    _face(pen, skin)
    _short_hair(pen, hair)
    scarf = pen.second or rgb("efe0c0")
    pen.line("-8,39 0,41 9,39", 0.06, scarf)
    pen.taper("-7,40 -12,48 -10,56", 0.055, 0.045, darker(scarf, 0.08))


def woman(pen: Pen) -> None:
    """Draw a woman: with long hair and a long dress."""
    skin, hair = _looks(pen)
    pen.blob("-14,24 -12,10 4,6 15,16 15,32 17,50 4,44 -10,46 -18,50 -16,36", hair)
    for x in (-0.05, 0.06):
        pen.oval(x, 0.965, 0.055, 0.025, DARK)
    coat(pen, pen.main, hem=0.94, flare=0.23)
    pen.line("-11,57 0,59 11,57", 0.035, pen.second or darker(pen.main, 0.3))
    _hands(pen, skin)
    _face(pen, skin)
    pen.blob("-14,26 -14,13 -3,8 8,9 13,17 6,17 -3,16 -9,21 -11,28", hair)


def girl(pen: Pen) -> None:
    """Draw a girl: with two plaits and a swinging dress."""
    skin, hair = _looks(pen)
    for side in (-1, 1):
        pen.taper("10,28 19,36 21,46", 0.075, 0.045, hair, side)
        pen.dot(side * 0.21, 0.475, 0.028, pen.main)
    for x in (-0.05, 0.06):
        pen.line([(x, 0.74), (x, 0.92)], 0.05, skin)
        pen.rounded(x - 0.045, 0.90, x + 0.065, 0.985, 0.03, pen.second or rgb("8c3f3a"))
    coat(pen, pen.main, hem=0.79, flare=0.22)
    _hands(pen, skin)
    _face(pen, skin)
    pen.blob("-15,27 -15,13 -3,7 10,8 15,17 14,26 9,18 0,15 -8,20 -10,28", hair)


def boy(pen: Pen) -> None:
    """Draw a boy: in a jumper and shorts, one arm up."""
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


def wizard(pen: Pen) -> None:
    """Draw a wizard: a beard, a hat and a lit staff."""
    skin, _ = _looks(pen)
    robe = pen.main
    pen.line("27,30 25,98", 0.03, rgb("7a5436"))
    coat(pen, robe, hem=0.97, flare=0.25)
    pen.line("-14,66 0,68 14,66", 0.03, GOLD)
    _hands(pen, skin)
    _face(pen, skin)
    pen.blob("-11,29 -3,34 6,33 13,29 11,46 2,58 -8,46", rgb("eceae4"))
    pen.poly("-16,18 -3,-16 4,-6 16,18", robe)
    pen.blob("-23,19 0,14 23,18 14,22 0,21 -14,22", darker(robe, 0.15))
    for x, y in ((-0.02, 0.05), (0.05, 0.12), (-0.08, 0.13)):
        pen.dot(x, y, 0.016, GOLD)
    pen.lamp(0.27, 0.27, 0.045, rgb("8fe0e8"), 0.4)


def king(pen: Pen) -> None:
    """Draw a king: in a cloak with ermine."""
    skin, hair = _looks(pen)
    coat(pen, pen.main, hem=0.97, flare=0.26)
    pen.blob("-5,40 5,40 9,96 -9,96", rgb("f4eee0"))
    pen.line("-12,41 0,44 12,41", 0.075, rgb("f4eee0"))
    _hands(pen, skin)
    _face(pen, skin)
    pen.blob("-10,30 0,34 12,30 9,40 1,44 -7,40", hair)
    pen.poly("-13,16 -15,1 -7,9 0,-2 7,9 15,1 13,16", GOLD)


def sailor(pen: Pen) -> None:
    """Draw a sailor: an old hand with a beard, a cap and a pipe."""
    skin, _ = _looks(pen)
    legs(pen, rgb("3b4666"), DARK)
    coat(pen, pen.main)
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
    """Draw a painter: with a beret and a palette."""
    skin, hair = _looks(pen)
    legs(pen, rgb("4a5268"), DARK)
    coat(pen, pen.main, hem=0.80, flare=0.19)
    _hands(pen, skin)
    _face(pen, skin)
    _short_hair(pen, hair)
    pen.blob("-19,13 -10,4 8,3 15,10 8,15 -10,17", pen.second or rgb("c2403a"))
    pen.oval(0.24, 0.70, 0.10, 0.07, rgb("c99a62"))
    for x, y, code in ((0.19, 0.69, "d63a34"), (0.24, 0.66, "f2c531"), (0.29, 0.70, "2f6fc9")):
        pen.dot(x, y, 0.02, rgb(code))


def chef(pen: Pen) -> None:
    """Draw a chef: with a tall hat."""
    skin, hair = _looks(pen)
    legs(pen, rgb("4a5268"), DARK)
    coat(pen, pen.main)
    for x, y in ((-0.04, 0.48), (0.05, 0.48), (-0.04, 0.58), (0.05, 0.58)):
        pen.dot(x, y, 0.014, DARK)
    _hands(pen, skin)
    _face(pen, skin)
    pen.taper("-5,31 1,29 4,31 8,29 13,31", 0.03, 0.02, hair)
    pen.box(-0.11, 0.03, 0.12, 0.16, rgb("f4f1ea"))
    for x in (-0.10, 0.0, 0.11):
        pen.dot(x, 0.0, 0.09, rgb("faf8f2"))


def fairy(pen: Pen) -> None:
    """Draw a fairy: winged, with a wand."""
    for side in (-1, 1):
        pen.blob("6,46 26,14 42,18 40,44 12,54", rgb("d8eef6"), side)
        pen.blob("6,54 32,54 34,74 14,70", rgb("c6e2f2"), side)
    girl(pen)
    pen.line("23,66 36,44", 0.018, rgb("f4ead0"))
    pen.lamp(0.365, 0.43, 0.035, rgb("ffe27a"), 0.35)


_COATS = tuple(rgb(code) for code in ("d2553f", "3f7f8f", "e0a93a", "5d6fb0", "7a9a4c", "b05a86"))

KINDS = {
    "person": Kind(person, 0.34, 0.5, colours=_COATS),
    "woman": Kind(woman, 0.34, 0.5, colours=_COATS),
    "girl": Kind(girl, 0.30, 0.5, colours=_COATS),
    "boy": Kind(boy, 0.30, 0.6, colours=_COATS),
    "wizard": Kind(wizard, 0.36, 0.6, colours=(rgb("5a4aa0"), rgb("2f6f8c"))),
    "king": Kind(king, 0.35, 0.55, colours=(rgb("a8323c"), rgb("5d3f93"))),
    "sailor": Kind(sailor, 0.34, 0.5, colours=(rgb("2f4a7c"), rgb("e0a93a"))),
    "painter": Kind(painter, 0.34, 0.6, colours=_COATS),
    "chef": Kind(chef, 0.34, 0.5, colours=(rgb("f2f0ea"),)),
    "fairy": Kind(fairy, 0.26, 0.85, colours=(rgb("8fc46a"), rgb("e58fc0"))),
}
"""Their drawings by name."""
