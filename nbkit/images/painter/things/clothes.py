"""What people wear, and those who only look like them."""

from __future__ import annotations

from nbkit.images.painter.colour import Colour, darker, lighter, rgb
from nbkit.images.painter.things.pen import Pen

DARK = rgb("33303c")
GOLD = rgb("e6b53e")


def legs(pen: Pen, trousers: Colour, boots: Colour) -> None:
    """Paint two legs, in boots."""
    for x in (-0.065, 0.065):
        pen.line([(x, 0.70), (x, 0.93)], 0.085, trousers)
        pen.rounded(x - 0.05, 0.90, x + 0.075, 0.985, 0.03, boots)


def coat(pen: Pen, colour: Colour, *, hem: float = 0.76, flare: float = 0.18) -> None:
    """Paint the body from the neck to the hem, with both arms."""
    pen.taper("-11,42 -19,54 -17,66", 0.10, 0.075, darker(colour, 0.12))
    pen.blob(
        [(-0.09, 0.37), (0.09, 0.37), (0.13, 0.50), (flare, hem), (0.0, hem + 0.015),
         (-flare, hem), (-0.13, 0.50)],
        colour,
    )  # fmt: skip
    pen.taper("11,42 20,54 22,64", 0.10, 0.075, lighter(colour, 0.06))
