"""Markdown into events and top-level blocks, by ``pyromark``.

Ranges are offsets into the UTF-8 bytes of the text, as the parser gives them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import pyromark

from nbkit._render.direction import is_straight
from nbkit._render.marks import OPEN, is_forged, markers, replace_reserved

_OPTIONS = (
    pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_TASKLISTS
    | pyromark.Options.ENABLE_MATH
)

_KINDS = {"Start": "start", "End": "end"}
_new = tuple.__new__  # an event's own takes twice the time

Definitions = dict[str, tuple[str, str]]
"""Link reference definitions: address and title by folded label."""


class Event(NamedTuple):
    """One event: a ``start`` or an ``end`` of an element, or a ``leaf`` with its text."""

    kind: Literal["start", "end", "leaf"]
    name: str
    value: Any
    start: int
    end: int


@dataclass(slots=True)
class Block:
    """A top-level block: what it is, where it stands in the bytes, and its events."""

    name: str
    start: int
    end: int
    events: list[Event] = field(default_factory=list)

    @property
    def fence(self) -> str | None:
        """The info string of a fenced code block, ``None`` for anything else."""
        value = self.events[0].value if self.name == "CodeBlock" else None
        return value["Fenced"] if isinstance(value, dict) else None

    def children(self, name: str) -> Iterable[Block]:
        """Cut out the elements of a name that stand directly in this one (items, rows)."""
        depth = 0
        child: Block | None = None
        for event in self.events[1:-1]:
            if event.kind == "start":
                if depth == 0 and event.name == name:
                    child = Block(name, event.start, event.end)
                depth += 1
            if child is not None:
                child.events.append(event)
            if event.kind == "end":
                depth -= 1
                if depth == 0 and child is not None:
                    yield child
                    child = None


@dataclass(slots=True)
class Parsed:
    """A parsed text: its bytes, its top-level blocks, and what else is known of it.

    ``has_slots`` tells whether slots are in it, ``straight`` whether all of it is written from left
    to right.
    """

    data: bytes
    blocks: list[Block]
    has_slots: bool = False
    straight: bool = True

    def slots(self, start: int, end: int) -> list[int]:
        """Give the numbers of the slots in a range."""
        return markers(self.slice(start, end)) if self.has_slots else []

    def slice(self, start: int, end: int | None = None) -> str:
        """Give a range of the text."""
        return self.data[start:end].decode()

    def line_start(self, at: int) -> int:
        """Give the start of the line that an offset is in."""
        return self.data.rfind(b"\n", 0, at) + 1


class Parser:
    """Parses pieces of one document; what a finished piece defined holds in later ones.

    ``characters`` counts what was given to the parser so far.
    """

    def __init__(self) -> None:
        self.definitions: Definitions = {}
        self.characters = 0
        self._plain = pyromark.Markdown(options=_OPTIONS)
        self._defined = pyromark.Markdown(options=_OPTIONS, broken_link_callback=self._resolve)

    def _resolve(self, link: Mapping[str, Any]) -> tuple[str, str] | None:
        return self.definitions.get(fold(link["reference"]))

    def parse(self, text: str) -> Parsed:
        """Parse a text into its top-level blocks."""
        parsed, blocks = self.stream(text)
        parsed.blocks += blocks
        return parsed

    def stream(self, text: str) -> tuple[Parsed, Iterator[Block]]:
        """Parse a text, and give its top-level blocks one by one: ``Parsed`` has none of them.

        The events of a long text take thirty times its length, those of a block are soon gone.
        """
        self.characters += len(text)
        data = text.encode()
        return Parsed(data, [], OPEN in text, is_straight(text)), self._blocks(text, data)

    def _blocks(self, text: str, data: bytes) -> Iterator[Block]:
        parser = self._defined if self.definitions and "[" in text else self._plain
        block = Block("", 0, 0)
        depth = 0
        forged = is_forged(text)
        add = block.events.append
        # Some twenty for each look at the text: hence no function for each of them.
        raw: Any
        value: Any
        for raw, span in parser.events_with_range(text, merge_text=False):
            name, value = (raw, None) if type(raw) is str else next(iter(raw.items()))
            kind = _KINDS.get(name, "leaf")
            if kind != "leaf":
                name, value = (value, None) if type(value) is str else next(iter(value.items()))
            event = _new(Event, (kind, name, value, span["start"], span["end"]))
            if forged:
                event = _without_forgery(event, data)
            if depth == 0:
                block = Block(name, event.start, event.end)
                add = block.events.append
            add(event)
            if kind == "start":
                depth += 1
            elif kind == "end":
                depth -= 1
            if depth == 0:
                yield block

    def define(self, text: str) -> None:
        """Keep the link reference definitions of a text that will not be parsed again."""
        if "]:" not in text:
            return
        self.characters += len(text)
        for label, link in self._plain.reference_definitions(text).items():
            address, title = link["dest"], link["title"] or ""
            if is_forged(text):
                address, title = replace_reserved(address), replace_reserved(title)
            self.definitions.setdefault(fold(label), (address, title))


def fold(label: str) -> str:
    """Fold a link label as CommonMark compares them."""
    return " ".join(label.split()).casefold()


def _without_forgery(event: Event, data: bytes) -> Event:
    """Replace characters of ours that the parser has read from character references.

    Where these stand in what has no place of its own in the text (an address, say), markers that
    are ours go too: like any that are not shown, their slots are placed after the block.
    """
    if isinstance(event.value, dict):
        given = event.value.items()
        value = {k: replace_reserved(v) if isinstance(v, str) else v for k, v in given}
        return event._replace(value=value)
    if event.name == "Text" and data[event.start : event.end] != event.value.encode():
        return event._replace(value=replace_reserved(event.value))
    return event
