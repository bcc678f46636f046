"""What is put up or left lying out of doors."""

from __future__ import annotations

import math

from nbkit.images.painter.colour import darker, lighter, mix, rgb
from nbkit.images.painter.things.pen import Kind, Pen

STONE = rgb("b4ada2")
WOOD = rgb("8f6644")
IRON = rgb("3a3f4c")
WATER = rgb("a9d8ea")
GOLD = rgb("e6b53e")


def bridge(pen: Pen) -> None:
    """Draw a bridge: three arches of stone."""
    c = pen.main
    pen.blob("-150,50 -80,26 0,18 80,26 150,50 150,99 80,99 0,99 -80,99 -150,99", c)
    pen.taper("-150,46 -80,24 0,16 80,24 150,46", 0.10, 0.10, lighter(c, 0.2))
    for x, r in ((-0.90, 0.30), (0.0, 0.40), (0.90, 0.30)):
        points = [
            (x + r * math.cos(a * math.pi / 16), 0.99 - 1.3 * r * math.sin(a * math.pi / 16))
            for a in range(17)
        ]
        pen.line(points, 0.09, darker(c, 0.15))
        pen.draw.polygon([pen.at(p) for p in points], fill=(0, 0, 0, 0))


def fence(pen: Pen) -> None:
    """Draw a fence: pickets."""
    c = pen.main
    for y in (0.42, 0.74):
        pen.line([(-1.3, y), (1.3, y)], 0.07, darker(c, 0.12))
    for step in range(9):
        x = -1.2 + step * 0.3
        pen.poly(
            [(x - 0.08, 0.99), (x - 0.08, 0.22), (x, 0.08), (x + 0.08, 0.22), (x + 0.08, 0.99)], c
        )


def gate(pen: Pen) -> None:
    """Draw a gate: a torii."""
    c = pen.main
    for side in (-1, 1):
        pen.poly("30,20 37,20 41,99 33,99", c, side)
        pen.box(side * 0.37 - 0.05, 0.92, side * 0.37 + 0.05, 0.99, IRON)
    pen.line("-42,36 42,36", 0.06, c)
    pen.blob("-58,6 0,13 58,6 54,20 0,23 -54,20", c)
    pen.taper("-59,5 0,12 59,5", 0.05, 0.05, IRON)
    pen.box(-0.05, 0.20, 0.05, 0.38, c)


def well(pen: Pen) -> None:
    """Draw a well: with a roof and a bucket."""
    for x in (-0.32, 0.32):
        pen.line([(x, 0.30), (x, 0.66)], 0.05, WOOD)
    pen.line("0,26 0,52", 0.02, rgb("c9b08a"))
    pen.poly("-9,50 9,50 7,64 -7,64", WOOD)
    pen.poly("-48,32 0,4 48,32", pen.main)
    pen.oval(0.0, 0.66, 0.42, 0.08, darker(STONE, 0.6))
    pen.blob("-42,66 0,73 42,66 42,94 0,99 -42,94", STONE)
    for x, y in ((-0.26, 0.80), (0.0, 0.84), (0.24, 0.79), (-0.12, 0.90), (0.14, 0.91)):
        pen.oval(x, y, 0.09, 0.035, darker(STONE, 0.14))


def fountain(pen: Pen) -> None:
    """Draw a fountain: two basins and their water."""
    c = pen.main
    for x in (-0.24, -0.12, 0.12, 0.24):
        pen.taper([(0.0, 0.12), (x * 0.7, 0.02), (x, 0.18), (x * 1.2, 0.40)], 0.035, 0.03, WATER)
    pen.box(-0.05, 0.22, 0.05, 0.80, c)
    pen.blob("-30,38 0,42 30,38 16,52 0,54 -16,52", c)
    for x in (-0.28, 0.28):
        pen.taper([(x, 0.40), (x * 1.25, 0.60), (x * 1.3, 0.80)], 0.035, 0.03, WATER)
    pen.oval(0.0, 0.80, 0.58, 0.07, WATER)
    pen.blob("-60,80 0,88 60,80 56,97 0,100 -56,97", c)


def ruins(pen: Pen) -> None:
    """Draw a ruins: columns, one broken."""
    c = pen.main
    for x, top in ((-0.52, 0.22), (-0.18, 0.22), (0.18, 0.22), (0.52, 0.52)):
        pen.box(x - 0.08, top, x + 0.08, 0.94, c)
        for offset in (-0.035, 0.035):
            pen.line([(x + offset, top + 0.03), (x + offset, 0.92)], 0.014, darker(c, 0.15))
        pen.box(x - 0.11, 0.92, x + 0.11, 0.99, darker(c, 0.08))
        if top < 0.3:
            pen.box(x - 0.11, 0.17, x + 0.11, 0.24, lighter(c, 0.12))
    pen.poly("-68,18 34,18 26,6 -68,6", lighter(c, 0.1))
    pen.rounded(0.62, 0.88, 0.92, 0.99, 0.03, darker(c, 0.1))


def buoy(pen: Pen) -> None:
    """Draw a buoy: banded, with a light."""
    c = pen.main
    pen.poly("-8,24 8,24 24,84 -24,84", c)
    pen.poly("-13,44 13,44 18,62 -18,62", pen.other)
    pen.oval(0.0, 0.86, 0.32, 0.13, darker(c, 0.3))
    pen.lamp(0.0, 0.16, 0.07, rgb("ffe27a"), 0.5)


def lantern(pen: Pen) -> None:
    """Draw a lantern: carried or set down, always lit."""
    c = pen.main
    pen.arc(0.0, 0.20, 0.18, 0.18, 180, 360, 0.03, IRON)
    pen.poly("-12,26 12,26 22,34 -22,34", c)
    pen.rounded(
        -0.20,
        0.34,
        0.20,
        0.86,
        0.04,
        mix((255, 206, 110), (255, 240, 190), 0.3 + 0.3 * pen.light.dark),
    )
    pen.lamp(0.0, 0.62, 0.09, rgb("ffd27a"), 1.1)
    for x in (-0.20, 0.0, 0.20):
        pen.line([(x, 0.34), (x, 0.86)], 0.03, c)
    pen.rounded(-0.25, 0.84, 0.25, 0.98, 0.03, c)


def streetlamp(pen: Pen) -> None:
    """Draw a streetlamp: iron, lit at dusk."""
    pen.line("0,22 0,98", 0.03, pen.main)
    pen.box(-0.055, 0.90, 0.055, 0.99, pen.main)
    pen.poly("-7,6 7,6 5,22 -5,22", mix(rgb("ffe9b0"), rgb("ffffff"), 0.2))
    if pen.light.dark > 0.3:
        pen.lamp(0.0, 0.14, 0.04, rgb("ffdf94"), 0.5)
    pen.poly("-9,7 0,0 9,7", pen.main)
    pen.line("-8,30 8,30", 0.02, pen.main)


def umbrella(pen: Pen) -> None:
    """Draw an umbrella: open, in panels."""
    c = pen.main
    pen.line("0,10 0,90", 0.026, IRON)
    pen.arc(0.06, 0.90, 0.06, 0.07, 0, 180, 0.03, WOOD)
    pen.blob("-58,46 -46,20 0,4 46,20 58,46 40,42 20,46 0,41 -20,46 -40,42", c)
    pen.blob("-20,46 -16,20 0,4 16,20 20,46 0,41", pen.second or lighter(c, 0.3))


def telescope(pen: Pen) -> None:
    """Draw a telescope: on a tripod, aimed up."""
    for foot in ("0,52 -26,99", "0,52 26,99", "0,52 2,97"):
        pen.line(foot, 0.035, WOOD)
    pen.poly("-40,62 -34,74 14,48 8,38", darker(pen.main, 0.25))
    pen.poly("4,38 12,52 46,30 36,12", pen.main)
    pen.poly("34,10 38,8 50,28 46,32", GOLD)
    pen.dot(0.0, 0.53, 0.05, IRON)


def easel(pen: Pen) -> None:
    """Draw an easel: with a landscape on it."""
    pen.line("0,4 0,40", 0.035, WOOD)
    for foot in ("-10,20 -28,99", "10,20 28,99"):
        pen.line(foot, 0.04, WOOD)
    pen.box(-0.34, 0.16, 0.34, 0.68, rgb("f8f4ea"))
    pen.box(-0.30, 0.20, 0.30, 0.64, mix(pen.main, rgb("bfe0f0"), 0.55))
    pen.dot(0.15, 0.31, 0.06, rgb("f6c84a"))
    pen.poly("-30,64 -30,50 -12,34 4,52 14,44 30,58 30,64", darker(pen.main, 0.1))
    pen.line("-36,70 36,70", 0.045, WOOD)


def bench(pen: Pen) -> None:
    """Draw a bench: slats on iron."""
    for x in (-0.66, 0.66):
        pen.line([(x, 0.10), (x * 1.02, 0.98)], 0.07, IRON)
    for y in (0.16, 0.32):
        pen.line([(-0.78, y), (0.78, y)], 0.11, pen.main)
    pen.line("-84,58 84,58", 0.12, lighter(pen.main, 0.15))
    pen.line("-82,66 82,66", 0.05, darker(pen.main, 0.3))


def sign(pen: Pen) -> None:
    """Draw a sign: two boards, two ways."""
    pen.line("0,6 0,99", 0.07, WOOD)
    pen.poly("-8,14 34,14 44,24 34,34 -8,34", pen.main)
    pen.poly("8,42 -30,42 -40,52 -30,62 8,62", darker(pen.main, 0.15))
    for left, y in ((0.0, 0.24), (-0.24, 0.52)):
        pen.line([(left, y), (left + 0.24, y)], 0.03, darker(pen.main, 0.5))


def mailbox(pen: Pen) -> None:
    """Draw a mailbox: with its flag up."""
    pen.line("0,50 0,99", 0.07, WOOD)
    pen.rounded(-0.30, 0.16, 0.30, 0.52, 0.14, pen.main)
    pen.rounded(0.10, 0.18, 0.29, 0.50, 0.09, darker(pen.main, 0.25))
    pen.line("-8,30 -8,4", 0.03, GOLD)
    pen.box(-0.08, 0.02, 0.06, 0.12, GOLD)


def anchor(pen: Pen) -> None:
    """Draw an anchor: iron."""
    pen.ring(0.0, 0.12, 0.10, 0.05, pen.main)
    pen.line("0,22 0,92", 0.08, pen.main)
    pen.line("-22,34 22,34", 0.07, pen.main)
    pen.arc(0.0, 0.56, 0.36, 0.38, 10, 170, 0.08, pen.main)
    for side in (-1, 1):
        pen.poly("36,44 46,68 24,64", pen.main, side)


def swing(pen: Pen) -> None:
    """Draw a swing: a board on two ropes."""
    for foot in ("-42,4 -56,99", "-42,4 -30,99", "42,4 56,99", "42,4 30,99"):
        pen.line(foot, 0.04, pen.main)
    pen.line("-44,4 44,4", 0.05, pen.main)
    for x in (-0.16, 0.16):
        pen.line([(x, 0.05), (x * 1.1, 0.74)], 0.015, rgb("d8c49a"))
    pen.line("-22,75 22,75", 0.05, darker(pen.main, 0.3))


def chest(pen: Pen) -> None:
    """Draw a chest: open, and full."""
    c = pen.main
    pen.blob("-50,44 -46,12 0,4 46,12 50,44 0,40", darker(c, 0.25))
    for step in range(11):
        pen.dot(
            -0.40 + step * 0.08,
            0.46 - 0.05 * (step % 3),
            0.065,
            mix(GOLD, rgb("fff0b0"), 0.2 * (step % 3)),
        )
    pen.lamp(0.0, 0.40, 0.02, rgb("ffe27a"), 0.5)
    pen.rounded(-0.52, 0.48, 0.52, 0.98, 0.04, c)
    for x in (-0.40, 0.40):
        pen.box(x - 0.04, 0.48, x + 0.04, 0.98, IRON)
    pen.rounded(-0.08, 0.50, 0.08, 0.68, 0.03, GOLD)


def barrel(pen: Pen) -> None:
    """Draw a barrel: hooped."""
    pen.blob("-28,6 28,6 38,50 28,98 -28,98 -38,50", pen.main)
    for y, wide in ((0.20, 0.33), (0.80, 0.33), (0.50, 0.38)):
        pen.line([(-wide, y), (wide, y)], 0.05, IRON)
    pen.oval(0.0, 0.07, 0.27, 0.05, darker(pen.main, 0.3))


def shell(pen: Pen) -> None:
    """Draw a shell: a fan."""
    pen.blob("0,92 -20,86 -50,40 -30,12 0,4 30,12 50,40 20,86", pen.main)
    for x in (-0.34, -0.17, 0.0, 0.17, 0.34):
        pen.line([(x * 0.2, 0.86), (x, 0.20 + abs(x) * 0.3)], 0.025, darker(pen.main, 0.2))


def rover(pen: Pen) -> None:
    """Draw a rover: six wheels and a mast."""
    pen.line("-20,50 -20,14", 0.04, IRON)
    pen.rounded(-0.36, 0.04, -0.04, 0.22, 0.03, pen.main)
    pen.lamp(-0.14, 0.13, 0.05, rgb("8ff0ea"), 0.2)
    pen.rounded(-0.66, 0.46, 0.60, 0.72, 0.05, pen.main)
    pen.poly("-10,46 66,34 70,40 -6,50", rgb("3f63b0"))
    for x in (-0.5, 0.0, 0.5):
        pen.dot(x, 0.82, 0.165, IRON)
        pen.dot(x, 0.82, 0.07, STONE)


_PAINT = (rgb("cf4a3c"), rgb("3f7fb5"), rgb("e0a93a"))

KINDS = {
    "bridge": Kind(
        bridge,
        0.24,
        3.0,
        "span",
        (0.0, 0.18, 0.9),
        (STONE,),
        seats=tuple((name, (0.0, 0.15, 0.75)) for name in ("train", "car", "bus", "truck")),
    ),
    "fence": Kind(fence, 0.12, 2.7, "ground", (0.0, 0.10, 1.0), (rgb("f2ede0"),)),
    "gate": Kind(gate, 0.42, 1.15, "back", None, (rgb("d0432f"),)),
    "well": Kind(well, 0.26, 1.0, "ground", None, (rgb("a8553c"),)),
    "fountain": Kind(fountain, 0.28, 1.25, "ground", None, (rgb("cfc9bd"),)),
    "ruins": Kind(ruins, 0.30, 1.7, "back", None, (rgb("d6cbb4"),)),
    "buoy": Kind(buoy, 0.14, 0.65, "water", None, (rgb("d63a34"),)),
    "lantern": Kind(lantern, 0.15, 0.55, "ground", None, (rgb("4a4450"), rgb("7a5a34"))),
    "streetlamp": Kind(streetlamp, 0.40, 0.22, "ground", None, (IRON,)),
    "umbrella": Kind(umbrella, 0.26, 1.2, "ground", None, _PAINT),
    "telescope": Kind(telescope, 0.28, 1.05, "ground", None, (rgb("b8c0cc"), rgb("c08a4a"))),
    "easel": Kind(easel, 0.32, 0.75, "ground", None, (rgb("5f9a7c"),)),
    "bench": Kind(bench, 0.16, 1.75, "ground", (0.0, 0.62, 1.7), (rgb("a9743f"),)),
    "sign": Kind(sign, 0.26, 0.9, "ground", None, (rgb("c99a62"),)),
    "mailbox": Kind(mailbox, 0.20, 0.65, "ground", None, _PAINT),
    "anchor": Kind(anchor, 0.22, 0.95, "ground", None, (rgb("4a5262"),)),
    "swing": Kind(swing, 0.34, 1.15, "ground", (0.0, 0.76, 0.6), (WOOD,)),
    "chest": Kind(chest, 0.17, 1.1, "ground", None, (rgb("8a5636"),)),
    "barrel": Kind(barrel, 0.17, 0.8, "ground", (0.0, 0.05, 1.0), (rgb("a5703f"),)),
    "shell": Kind(shell, 0.09, 1.05, "ground", None, (rgb("f2c0a8"), rgb("e8a0b0"))),
    "moon rover": Kind(rover, 0.19, 1.45, "ground", None, (rgb("d8dce0"),)),
}
"""Their drawings by name."""
