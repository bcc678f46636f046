"""Every thing that can be drawn, by name."""

from nbkit.images.painter.things import (
    aloft,
    animals,
    beasts,
    buildings,
    fins,
    furniture,
    growing,
    guises,
    outdoors,
    people,
    tableware,
    vehicles,
    wings,
)
from nbkit.images.painter.things.pen import Kind

_SHELVES = (
    aloft,
    animals,
    beasts,
    buildings,
    fins,
    furniture,
    growing,
    guises,
    outdoors,
    people,
    tableware,
    vehicles,
    wings,
)

KINDS: dict[str, Kind] = {name: kind for shelf in _SHELVES for name, kind in shelf.KINDS.items()}
"""A name, as the nouns give it, to its drawing."""

__all__ = ["KINDS", "Kind"]
