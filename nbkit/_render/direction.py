"""Which way text runs: a block as its first strong letter does, code and formulas left out.

That is what ``dir="auto"`` does in a page, and rule P2 of the Unicode Bidirectional Algorithm (UAX
#9). It is told here because a page knows nothing of the rest: all of a list runs as its first
letter does, so that its marks stand below each other; what has no letter (a picture, a number) runs
as what is before it; and no other reply has an attribute more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple
from unicodedata import bidirectional

if TYPE_CHECKING:
    from nbkit._render.parser import Event

Direction = Literal["ltr", "rtl"]

_HOLDERS = {"Paragraph", "Heading", "BlockQuote", "List", "Item", "Table", "TableCell", "CodeBlock"}
_STRONG: Mapping[str, Direction] = {"L": "ltr", "R": "rtl", "AL": "rtl"}

Key = tuple[str, int]
"""The name of an element's first event, and where it starts."""


class Turn(NamedTuple):
    """Which way an element runs, and whether what is around it runs the other way."""

    direction: Direction
    turned: bool

    @property
    def attribute(self) -> str:
        """The attribute that says so, with a blank before it; empty where none is needed."""
        return f' dir="{self.direction}"' if self.turned else ""

    @property
    def around(self) -> Direction:
        """Which way what is around it runs."""
        return self.direction if not self.turned else "ltr" if self.direction == "rtl" else "rtl"


STRAIGHT = Turn("ltr", False)
"""That of an element that :func:`turns` does not name."""

Turns = Mapping[Key, Turn]


def first_strong(text: str) -> Direction | None:
    """Tell which way the first letter of a text runs; ``None`` where it has none."""
    for character in text:
        if found := _STRONG.get(bidirectional(character)):
            return found
    return None


def reading(events: Iterable[Event]) -> Direction | None:
    """Tell which way the first letter of a block runs; ``None`` where it has none."""
    in_code = False
    for event in events:
        if event.name == "CodeBlock":
            in_code = event.kind == "start"
        elif event.name == "Text" and not in_code and (found := first_strong(event.value)):
            return found
        elif event.name == "TableHead" and event.kind == "end":
            return None  # a table is laid out before its rows are known
    return None


@dataclass(slots=True)
class _Holder:
    key: Key
    parent: _Holder | None
    direction: Direction | None = None
    settled: bool = False  # whether its text tells nothing of it, or nothing any more
    isolated: bool = False  # whether it is to be told in any case


def turns(events: Iterable[Event], around: Direction, otherwise: Direction) -> Turns:
    """Tell which way each element of a block runs, but for those that are :data:`STRAIGHT`.

    Parameters
    ----------
    events
        Those of a block, an item or a row.
    around
        Which way what it stands in runs.
    otherwise
        Which way it runs itself if it has no letter.
    """
    root = _Holder(("", 0), None, around)
    holders: list[_Holder] = []
    inside = [root]
    lists = 0
    for event in events:
        here = inside[-1]
        if event.name in _HOLDERS and event.kind == "start":
            key = (event.name, event.start)
            holder = _Holder(key, here, "ltr" if event.name == "CodeBlock" else None)
            lists += event.name == "Item"
            holder.settled = lists > 0
            holders.append(holder)
            inside.append(holder)
        elif event.name in _HOLDERS:
            inside.pop()
            lists -= event.name == "Item"
        elif event.name == "TableHead" and event.kind == "end":
            here.settled = True
        elif event.name == "Code":
            odd = bool(_RIGHT_TO_LEFT.search(event.value))
            holders.append(_Holder((event.name, event.start), here, "ltr", isolated=odd))
        elif event.name == "Text" and here.direction is None:
            asking = [each for each in inside if each.direction is None and not each.settled]
            found = first_strong(event.value) if asking else None
            for each in asking:
                each.direction = found
    return _resolved(holders, root, otherwise)


def _resolved(holders: list[_Holder], root: _Holder, otherwise: Direction) -> Turns:
    found: dict[Key, Turn] = {}
    for holder in holders:
        parent = holder.parent or root
        around = parent.direction or "ltr"
        holder.direction = holder.direction or (otherwise if parent is root else around)
        turn = Turn(holder.direction, holder.isolated or holder.direction != around)
        if turn != STRAIGHT:
            found[holder.key] = turn
    return found


def is_straight(text: str) -> bool:
    """Tell whether a text has no letter that is written from right to left."""
    return text.isascii() or _RIGHT_TO_LEFT.search(text) is None


# Hebrew to Arabic's extensions, their presentation forms, the old scripts, and the mark itself.
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\u200f\ufb1d-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc"
    "\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
