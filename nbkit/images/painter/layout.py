"""Where things stand: sizes, rows and places, without overlap where there is room."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nbkit.images.painter.dice import Dice
from nbkit.images.painter.reading import Mention
from nbkit.images.painter.scene import Box, Figure
from nbkit.images.painter.things import KINDS, Kind

SKY_SIGHTS = frozenset({"moon", "sun", "rainbow", "aurora"})
"""What the sky's painter paints, and no pen."""

MOST = 14
"""The most figures in a picture."""

_WATER = frozenset({"sea", "lake"})
_CREW = frozenset(
    "person woman girl boy sailor wizard knight king painter chef robot astronaut cat dog fox "
    "bear rabbit penguin mouse owl ghost".split()
)
_TRIES = 14


@dataclass(slots=True)
class _Frame:
    """The picture that is being filled."""

    place: str
    horizon: float
    width: int
    height: int
    dice: Dice
    main: bool = True

    @property
    def unit(self) -> int:
        return min(self.width, self.height)


def arrange(
    things: list[Mention], place: str, horizon: float, size: tuple[int, int], dice: Dice
) -> tuple[tuple[Figure, ...], bool]:
    """Place every thing; tells too whether a shore is needed for what cannot float."""
    frame = _Frame(place, horizon, *size, dice)
    mentions = [each for each in things if each.kind in KINDS]
    _board(mentions, things, place)
    for each in mentions:
        if each.link is not None and each.link[0] in {"under", "in"}:
            things[each.link[1]].shelters = True
    placed: list[Figure] = []
    by_mention: dict[int, Figure] = {}
    shore = False
    # Those that carry others come first; the picture's subject keeps its rank.
    order = sorted(range(len(mentions)), key=lambda index: _linked(mentions[index], things))
    subject = _subject(mentions, things)
    for index in order:
        mention = mentions[index]
        kind = KINDS[mention.kind]
        host = by_mention.get(_host(mention, things, mentions))
        for number in range(min(mention.count, 10)):
            if len(placed) >= MOST:
                break
            roll = dice.fork(index, number)
            if host is not None and number < 3:
                figure = _attach(mention, kind, host, frame, roll, number)
            else:
                figure = _stand(mention, kind, frame, roll, placed, index == subject, number)
                shore = shore or (figure.stand == "ground" and place in _WATER)
            placed.append(figure)
            by_mention.setdefault(index, figure)
    return tuple(sorted(placed, key=lambda figure: figure.layer)), shore


def _board(mentions: list[Mention], things: list[Mention], place: str) -> None:
    """At sea, who stands nowhere gets into the first boat; indoors, small things on the table."""
    tables = [each for each in mentions if each.kind == "table"]
    if place == "room" and tables:
        for each in mentions:
            if each.link is None and KINDS[each.kind].stand == "table":
                each.link = ("on", things.index(tables[0]))
    boats = [
        each for each in mentions if KINDS[each.kind].stand == "water" and KINDS[each.kind].seat
    ]
    if place not in _WATER | {"river"} or not boats:
        return
    for each in mentions:
        if each.kind in _CREW and each.link is None:
            each.link = ("in", things.index(boats[0]))


def _subject(mentions: list[Mention], things: list[Mention]) -> int:
    """Find what the picture is about: the first thing, or what carries it."""
    index, seen = 0, {0}
    while mentions and mentions[index].link is not None:
        index = _host(mentions[index], things, mentions)
        if index in seen or index < 0:
            return 0
        seen.add(index)
    return index


def _linked(mention: Mention, things: list[Mention]) -> int:
    return 0 if mention.link is None else 1 + (things[mention.link[1]].link is not None)


def _host(mention: Mention, things: list[Mention], mentions: list[Mention]) -> int:
    if mention.link is None:
        return -1
    host = things[mention.link[1]]
    return mentions.index(host) if host in mentions and host is not mention else -1


def _layer(stand: str, foot: float, place: str) -> float:
    """Choose when something is painted: the far before the near."""
    if place == "room":
        return {"table": 4.0, "air": 5.0}.get(stand, 2.0) + foot
    return {"high": 0.0, "span": 1.0, "back": 1.0, "air": 4.0}.get(stand, 2.0) + foot


def _stand(
    mention: Mention, kind: Kind, frame: _Frame, dice: Dice, placed: list[Figure],
    main: bool, number: int,
) -> Figure:  # fmt: skip
    """Find a place of its own: of several tries, the one that overlaps least."""
    stand = _where(kind, frame.place)
    crowd = 1.0 if mention.count == 1 else max(0.86 - 0.05 * mention.count, 0.5)
    size = kind.size * mention.scale * crowd * (1.0 if main else 0.82)
    if frame.place == "room" and stand in {"ground", "table"}:
        size *= 1.12 if main else 1.0
    if stand == "back" and frame.place in {"city", "village"}:
        size *= 0.92
    if mention.kind == "umbrella" and mention.shelters:
        size = 0.46
    best: tuple[float, Box, float] | None = None
    for attempt in range(_TRIES):
        roll = dice.fork(attempt)
        depth, foot = _foot(stand, frame, roll, size, main and number == 0)
        # What stands further off is smaller.
        high = size * (1.0 - 0.35 * depth if stand in {"ground", "water"} else 1.0)
        wide = min(high * kind.aspect * frame.unit / frame.width, 0.94)
        tall = high * frame.unit / frame.height
        room = max(0.5 - wide / 2 - 0.03, 0.0)
        if stand == "span":
            x = 0.5
        elif main and number == 0:
            side = min(0.19, room) * (1 if dice.fork("side").chance(0.5) else -1)
            x = 0.5 + side * roll.between(0.35, 1.0)
        else:
            x = 0.5 + room * roll.between(-1.0, 1.0)
        box = Box(x - wide / 2, foot - tall, x + wide / 2, foot)
        cost = sum(_overlap(box, each.box) for each in placed) + 0.002 * attempt
        if best is None or cost < best[0]:
            best = (cost, box, depth)
        if cost < 0.003 * attempt + 0.001:
            break
    assert best is not None  # noqa: S101 - there is at least one try
    facing = 1 if best[1].centre < 0.5 else -1
    return Figure(
        mention.kind, best[1], mention.colour, mention.second,
        facing if dice.fork("facing").chance(0.85) else -facing, best[2], stand,
        _layer(stand, best[1].bottom, frame.place),
    )  # fmt: skip


def _where(kind: Kind, place: str) -> str:
    stand = kind.stand
    if place == "room":
        return {"water": "table", "under": "table", "back": "ground", "span": "ground"}.get(
            stand, stand
        )
    if place == "space":
        return {"water": "air", "under": "air"}.get(stand, "ground" if stand == "table" else stand)
    if place == "underwater":
        return {"water": "under", "air": "under", "high": "under"}.get(
            stand, "ground" if stand == "table" else stand
        )
    if stand == "under" and place not in {"sea", "lake", "river", "beach", "coast"}:
        return "ground"
    if stand == "water" and place not in {"sea", "lake", "river", "beach", "coast"}:
        return "ground"
    return "ground" if stand == "table" else stand


def _foot(stand: str, frame: _Frame, dice: Dice, size: float, main: bool) -> tuple[float, float]:
    """Choose how far off something is, and where its foot comes to be from the top."""
    horizon, place = frame.horizon, frame.place
    tall = size * frame.unit / frame.height
    if stand in {"air", "high"}:
        top = dice.between(0.05, max(horizon - tall - 0.08, 0.08))
        return (0.2 if stand == "air" else 0.4), top + tall
    if stand == "under" and place == "underwater":
        return dice.between(0.0, 0.3), dice.between(0.12, 0.52) + tall * 0.8
    if stand == "table":
        return 0.0, 0.80
    if stand == "span":
        return 0.25, min(horizon + 0.20, 0.86)
    if stand == "back" and place == "lake":
        return 0.3, horizon + 0.012
    if stand == "back":
        near = {"sea": 0.03, "city": 0.14, "room": 0.2, "coast": 0.13, "beach": 0.33}.get(
            place, 0.07
        )
        return 0.22, min(horizon + near + dice.between(0.0, 0.06), 0.93)
    if stand in {"water", "under"}:
        reach = {"beach": 0.16, "coast": 0.24, "river": 0.30}.get(place, 0.30)
        depth = dice.between(0.0, 0.5) if not main else dice.between(0.05, 0.25)
        return depth, horizon + 0.05 + reach * (1 - depth)
    low = {"beach": 0.84, "sea": 0.90, "lake": 0.90}.get(place, horizon + 0.24)
    depth = 0.0 if main else dice.between(0.0, 0.45)
    foot = max(0.93 - depth * 0.35, min(low, 0.9)) + dice.between(-0.015, 0.015)
    return depth, foot


def _attach(
    mention: Mention, kind: Kind, host: Figure, frame: _Frame, dice: Dice, number: int
) -> Figure:
    """Put a thing on, in or under another one."""
    relation = mention.link[0] if mention.link else "on"
    carrier = KINDS[host.kind]
    to_width = frame.unit / frame.width
    to_height = frame.unit / frame.height
    host_high = host.box.height / to_height
    behind = False
    if host.kind == "bridge" and mention.kind in {"train", "car", "bus", "truck"}:
        carrier = replace(carrier, seat=(0.0, 0.15, 0.75))
    if relation == "under" or carrier.seat is None:
        high = kind.size * mention.scale * 0.8
        if relation == "under" and host.stand in {"air", "high"}:
            return _stand(mention, kind, frame, dice, [], True, number)
        shift = 0.0 if relation == "under" else (0.5 * host_high * carrier.aspect + 0.3 * high)
        x = host.box.centre + host.facing * (shift + 0.06 * number) * to_width
        foot = host.box.bottom + 0.012
        if host.kind == "umbrella":
            high = min(host_high * 0.64, kind.size * mention.scale)
            x = host.box.centre - host.facing * 0.02 * to_width
    else:
        across, down, room = carrier.seat
        high = min(room * host_high, kind.size * mention.scale * 1.05)
        x = host.box.centre + (across * host.facing * host_high + number * 0.5 * high) * to_width
        foot = host.box.top + down * host.box.height
        behind = host.stand == "water" or relation == "in" or host.kind == "balloon"
        if behind:
            foot += 0.25 * high * to_height * (host.stand == "water")
    wide, tall = high * kind.aspect * to_width, high * to_height
    x = min(max(x, wide / 2 + 0.01), 0.99 - wide / 2)
    return Figure(
        mention.kind, Box(x - wide / 2, foot - tall, x + wide / 2, foot), mention.colour,
        mention.second, host.facing, host.depth, "carried",
        host.layer + (-0.0005 if behind else 0.0005),
    )  # fmt: skip


def _overlap(one: Box, two: Box) -> float:
    wide = min(one.right, two.right) - max(one.left, two.left)
    high = min(one.bottom, two.bottom) - max(one.top, two.top)
    return max(wide, 0.0) * max(high, 0.0)
