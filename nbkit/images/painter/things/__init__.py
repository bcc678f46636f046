"""Every thing that can be drawn, by name."""

from nbkit.images.painter.things import (
    aloft,
    animals,
    buildings,
    growing,
    indoors,
    outdoors,
    people,
    vehicles,
    wild,
)
from nbkit.images.painter.things.pen import Kind

KINDS: dict[str, Kind] = {
    **animals.KINDS,
    **wild.KINDS,
    **people.KINDS,
    **buildings.KINDS,
    **vehicles.KINDS,
    **aloft.KINDS,
    **growing.KINDS,
    **outdoors.KINDS,
    **indoors.KINDS,
}

__all__ = ["KINDS", "Kind"]
