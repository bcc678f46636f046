"""Where things stand: sizes, rows and places, without overlap where there is room."""

from __future__ import annotations

from dataclasses import dataclass, field

from nbkit.images.painter.dice import Dice
from nbkit.images.painter.perch import ground_for, perch
from nbkit.images.painter.reading import Mention
from nbkit.images.painter.scene import Box, Figure, river_course
from nbkit.images.painter.things import KINDS, Kind

SKY_SIGHTS = frozenset({"moon", "sun", "rainbow", "aurora"})
"""What the sky's painter paints, and no pen."""

WINDOWSILL = "windowsill"
"""A thing that is part of a room: others can be on it."""

MOST = 14
"""The most figures in a picture."""

_WATER = frozenset({"sea", "lake"})
_CREW = frozenset({
    "person", "woman", "girl", "boy", "sailor", "wizard", "knight", "king", "painter", "chef",
    "robot", "astronaut", "cat", "dog", "fox", "bear", "rabbit", "mouse", "owl", "ghost",
})  # fmt: skip
_PLANTS = frozenset({"tree", "pine", "palm"})
_TRIES = 14


@dataclass(slots=True)
class Frame:
    """The picture that is being filled, its size in pixels."""

    place: str
    horizon: float
    width: int
    height: int
    dice: Dice
    river_side: int
    window: Box
    placed: list[Figure] = field(default_factory=list)

    @property
    def to_width(self) -> float:
        """What turns units into fractions of the width."""
        return min(self.width, self.height) / self.width

    @property
    def to_height(self) -> float:
        """What turns units into fractions of the height."""
        return min(self.width, self.height) / self.height


def arrange(things: list[Mention], frame: Frame) -> tuple[tuple[Figure, ...], bool]:
    """Place every thing; tells too whether a shore is needed for what cannot float."""
    _board(things, frame.place)
    for each in things:
        if each.link is not None and each.link[0] in {"under", "in"}:
            things[each.link[1]].shelters = True
    hosts: dict[int, Figure] = {}
    subject = _subject(things)
    # What carries others is placed before them.
    for index in sorted(range(len(things)), key=lambda index: _rank(things, index)):
        mention = things[index]
        if not _fits(mention, frame.place):
            continue
        host = hosts.get(mention.link[1]) if mention.link is not None else None
        on_sill = mention.link is not None and things[mention.link[1]].kind == WINDOWSILL
        for number in range(min(mention.count, 10, MOST - len(frame.placed))):
            dice = frame.dice.fork(index, number)
            if on_sill and frame.place == "room":
                figure = _on_sill(mention, frame, dice)
            elif host is not None and number < 3:
                figure = _carried(mention, host, frame, number) or _stand(
                    mention, frame, dice, main=False
                )
            else:
                figure = _stand(mention, frame, dice, main=index == subject and number == 0)
            frame.placed.append(figure)
            hosts.setdefault(index, figure)
    shore = frame.place in _WATER and any(each.stand == "ground" for each in frame.placed)
    return tuple(sorted(frame.placed, key=lambda figure: figure.layer)), shore


def _fits(mention: Mention, place: str) -> bool:
    """Leave out what has no drawing, and indoors what is a building."""
    kind = KINDS.get(mention.kind)
    if kind is None:
        return False
    indoors = place == "room" and kind.stand == "back" and mention.kind not in _PLANTS
    return not indoors or mention.link is not None


def _board(things: list[Mention], place: str) -> None:
    """On water, crew gets into the first boat; indoors, small things go onto the table."""
    for index, each in enumerate(things):
        aboard = place in {"sea", "lake", "river"} and each.kind in {"sailboat", "rowboat", "ship",
                                                                     "galleon"}  # fmt: skip
        laid = place == "room" and each.kind == "table"
        if not (aboard or laid):
            continue
        for other in things:
            kind = KINDS.get(other.kind)
            small = laid and kind is not None and kind.stand == "table"
            if other.link is None and (small or (aboard and other.kind in _CREW)):
                other.link = ("in" if aboard else "on", index)
        return


def _subject(things: list[Mention]) -> int:
    """Find what the picture is about: the first thing, or what carries it."""
    index = 0
    seen: set[int] = set()
    while index < len(things) and index not in seen:
        seen.add(index)
        link = things[index].link
        if link is None or things[link[1]].kind not in KINDS:
            return index
        index = link[1]
    return 0


def _rank(things: list[Mention], index: int) -> int:
    link = things[index].link
    return 0 if link is None else 1 + (things[link[1]].link is not None)


def _layer(stand: str, foot: float, place: str) -> float:
    """Choose when something is painted: the far before the near."""
    if place == "room":
        return {"table": 4.0, "air": 5.0}.get(stand, 2.0) + foot
    return {"high": 0.0, "span": 1.0, "back": 1.0, "air": 4.0}.get(stand, 2.0) + foot


def _stand(mention: Mention, frame: Frame, dice: Dice, *, main: bool) -> Figure:
    """Find a place of its own: of several tries, the one that overlaps least."""
    kind = KINDS[mention.kind]
    stand = ground_for(kind.stand, frame.place)
    size = _size(mention, kind, frame.place, main=main)
    best: tuple[float, Box, float] | None = None
    for attempt in range(_TRIES):
        box, depth = _try(stand, size, kind.aspect, frame, dice.fork(attempt), main=main)
        cost = sum(_overlap(box, each.box) for each in frame.placed)
        if best is None or cost < best[0]:
            best = (cost, box, depth)
        if cost < 0.002:
            break
    _, box, depth = best or (0.0, Box(0.4, 0.4, 0.6, 0.6), 0.0)
    facing = 1 if box.centre < 0.5 else -1
    if not dice.fork("facing").chance(0.85):
        facing = -facing
    return Figure(
        mention.kind, box, mention.colour, mention.second, facing, depth, stand,
        _layer(stand, box.bottom, frame.place),
    )  # fmt: skip


def _size(mention: Mention, kind: Kind, place: str, *, main: bool) -> float:
    crowd = 1.0 if mention.count == 1 else max(0.86 - 0.05 * mention.count, 0.5)
    if mention.kind == "umbrella" and mention.shelters:
        return 0.46
    size = kind.size * mention.scale * crowd * (1.0 if main or mention.count > 1 else 0.82)
    if place == "room":
        return min(size * (1.12 if main else 1.0), 0.5)
    if kind.stand == "back" and place in {"city", "village"}:
        return size * 0.92
    return size


def _try(
    stand: str, size: float, aspect: float, frame: Frame, dice: Dice, *, main: bool
) -> tuple[Box, float]:
    """Try one place; gives how far off it is too."""
    depth, foot = perch(stand, frame.place, frame.horizon, size * frame.to_height, dice, main=main)
    # What stands further off is smaller.
    high = size * (1.0 - 0.35 * depth if stand in {"ground", "water"} else 1.0)
    wide = min(high * aspect * frame.to_width, 0.94)
    room = max(0.5 - wide / 2 - 0.03, 0.0)
    if stand == "span":
        x = 0.5
    elif frame.place == "river" and stand in {"water", "under", "ground"}:
        share = (foot - frame.horizon - 0.05) / (0.95 - frame.horizon)
        middle, half = river_course(frame.river_side, min(max(share, 0.0), 1.0))
        if stand == "ground":
            bank = middle - frame.river_side * half
            free = bank if frame.river_side > 0 else 1 - bank
            x = free * dice.between(0.35, 0.75)
            x = x if frame.river_side > 0 else 1 - x
        else:
            x = middle + half * dice.between(-0.2, 0.2)
    elif main:
        side = min(0.19, room) * (1 if dice.fork("side").chance(0.5) else -1)
        x = 0.5 + side * dice.between(0.35, 1.0)
    else:
        x = 0.5 + room * dice.between(-1.0, 1.0)
    x = min(max(x, 0.5 - room), 0.5 + room)
    return Box(x - wide / 2, foot - high * frame.to_height, x + wide / 2, foot), depth


def _carried(mention: Mention, host: Figure, frame: Frame, number: int) -> Figure | None:
    """Put a thing on, in, under or beside another one; ``None`` if that cannot be."""
    kind, carrier = KINDS[mention.kind], KINDS[host.kind]
    relation = mention.link[0] if mention.link else "on"
    host_high = host.box.height / frame.to_height
    seat = carrier.seat_for(mention.kind)
    behind = False
    if relation == "under" and host.stand in {"air", "high", "span"}:
        return None
    if relation == "under" and host.kind == "umbrella":
        high = min(host_high * 0.64, kind.size * mention.scale)
        x, foot = host.box.centre - host.facing * 0.02 * frame.to_width, host.box.bottom + 0.012
    elif relation == "under" or seat is None:
        high = kind.size * mention.scale * 0.8
        aside = 0.0 if relation == "under" else 0.5 * host_high * carrier.aspect + 0.3 * high
        x = host.box.centre + host.facing * (aside + 0.06 * number) * frame.to_width
        foot = host.box.bottom + 0.012
    else:
        across, down, room = seat
        high = min(room * host_high, kind.size * mention.scale * 1.05)
        offset = across * host.facing * host_high + number * 0.5 * high
        x = host.box.centre + offset * frame.to_width
        foot = host.box.top + down * host.box.height
        behind = carrier.hollow
        if behind:
            foot += 0.25 * high * frame.to_height
    wide, tall = high * kind.aspect * frame.to_width, high * frame.to_height
    x = min(max(x, wide / 2 + 0.01), 0.99 - wide / 2)
    return Figure(
        mention.kind, Box(x - wide / 2, foot - tall, x + wide / 2, foot), mention.colour,
        mention.second, host.facing, host.depth, "carried",
        host.layer + (-0.0005 if behind else 0.0005),
    )  # fmt: skip


def _on_sill(mention: Mention, frame: Frame, dice: Dice) -> Figure:
    """Put a thing on the window sill."""
    kind = KINDS[mention.kind]
    high = min(kind.size * mention.scale, 0.24)
    wide, tall = high * kind.aspect * frame.to_width, high * frame.to_height
    room = max(frame.window.width / 2 - wide / 2, 0.0)
    x = frame.window.centre + room * dice.between(-0.8, 0.8)
    foot = frame.window.bottom + 0.03
    return Figure(
        mention.kind, Box(x - wide / 2, foot - tall, x + wide / 2, foot), mention.colour,
        mention.second, 1 if x < 0.5 else -1, 0.0, "carried", 1.0 + foot,
    )  # fmt: skip


def _overlap(one: Box, two: Box) -> float:
    wide = min(one.right, two.right) - max(one.left, two.left)
    high = min(one.bottom, two.bottom) - max(one.top, two.top)
    return max(wide, 0.0) * max(high, 0.0)
