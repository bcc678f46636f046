"""Markdown events written as plain text, for terminals and for readers of ``text/plain``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nbkit._render.marks import LESS, MARKER, markers, without_markers
from nbkit._render.parser import Event, Parsed
from nbkit._render.rows import OWN_ADDRESS


class TextWriter:
    """Writes blocks one below the other; what has been written stays when more comes.

    ``slot`` gives the text of a slot from its number.
    """

    def __init__(self, slot: Callable[[int], str]) -> None:
        self._slot = slot
        self._lines: list[str] = []
        self._row: list[str] = []
        self._cells: list[str] = []
        self._after: list[int] = []
        self._prefixes: list[str] = []  # what each line begins with
        self._numbers: list[int | None] = []  # of the items of the open lists
        self._bullet = ""
        self._tight = False  # whether the next block stands directly below
        self._first = False
        self._images = 0
        self._in_code = False
        self._placed: set[int] = set()

    def write(self, parsed: Parsed) -> None:
        """Write all blocks of a parsed text."""
        at = 0
        for block in parsed.blocks:
            for event in block.events:
                self.take(event)
            self.place_lost(parsed.slots(at, block.end))
            at = block.end
        self.place_lost(parsed.slots(at, len(parsed.data)))

    def fork(self) -> TextWriter:
        """Give a writer that goes on from here, and leaves this one as it is."""
        other = TextWriter(self._slot)
        other._lines = self._lines.copy()
        other._placed = self._placed.copy()
        other._tight, other._bullet = self._tight, self._bullet
        return other

    def finish(self) -> str:
        """Give all that has been written."""
        self._end_row()
        return "\n".join(self._lines).strip("\n") + "\n" if self._lines else ""

    def place_lost(self, numbers: list[int]) -> None:
        """Give those slots a line that stood where nothing is shown (in a definition)."""
        self._end_row()
        self._after += [number for number in numbers if number not in self._placed]
        self._end_row()

    def take(self, event: Event) -> None:
        """Take the next event."""
        if event.kind == "leaf":
            self._leaf(event.name, event.value)
        elif event.kind == "start":
            self._start(event.name, event.value)
        else:
            self._end(event.name)

    def _leaf(self, name: str, value: Any) -> None:
        if name == "Rule":
            self._block("---")
        elif name in {"SoftBreak", "HardBreak"}:
            self._row.append("\n")
        elif name == "TaskListMarker":
            self._row.append("[x] " if value else "[ ] ")
        elif name == "Text" and not self._in_code and not self._images:
            self._row.append(value)
        else:
            self._after += markers(value)
            self._row.append(without_markers(value))

    def _start(self, name: str, value: Any) -> None:
        if name in {"Link", "Image"}:
            self._images += name == "Image"
            if value["link_type"] in OWN_ADDRESS:
                self._after += markers(value["dest_url"] + value["title"])
        elif name == "List":
            self._end_row()
            self._first = not self._numbers
            self._numbers.append(value)
        elif name == "Item":
            self._start_item()
        elif name == "BlockQuote":
            self._end_row()
            self._blank_line()
            self._tight = True
            self._prefixes.append("> ")
        elif name == "CodeBlock":
            self._end_row()
            self._in_code = True

    def _start_item(self) -> None:
        number = self._numbers[-1]
        self._bullet = "- " if number is None else f"{number}. "
        if number is not None:
            self._numbers[-1] = number + 1
        self._tight = not self._first
        self._first = False
        self._prefixes.append(" " * len(self._bullet))

    def _end(self, name: str) -> None:
        if name == "Image":
            self._images -= 1
        elif name == "TableCell":
            self._cells.append("".join(self._row).strip())
            self._row.clear()
        elif name in {"TableHead", "TableRow"}:
            self._row = [" | ".join(self._cells)]
            self._cells = []
            self._tight = name == "TableRow"
            self._end_row()
        elif name in {"Paragraph", "Heading", "Table"}:
            self._end_row()
        elif name == "CodeBlock":
            self._in_code = False
            self._end_row()
        elif name in {"Item", "BlockQuote"}:
            self._end_row()
            self._bullet = ""
            self._prefixes.pop()
        elif name == "List":
            self._end_row()
            self._numbers.pop()

    def _end_row(self) -> None:
        text = "".join(self._row).rstrip("\n")
        self._row.clear()
        if text:
            text = text.replace(LESS, "<")
            self._block(MARKER.sub(lambda match: self._place(int(match.group(1))), text))
        after, self._after = self._after, []
        for number in after:
            self._block(self._place(number))

    def _place(self, number: int) -> str:
        self._placed.add(number)
        return self._slot(number)

    def _block(self, text: str) -> None:
        self._blank_line()
        self._tight = False
        for line in text.split("\n"):
            prefix = "".join(self._prefixes)
            if self._bullet:
                prefix = prefix[: -len(self._bullet)] + self._bullet
                self._bullet = ""
            self._lines.append((prefix + line).rstrip())

    def _blank_line(self) -> None:
        if self._lines and not self._tight:
            outer = self._prefixes[:-1] if self._bullet else self._prefixes
            self._lines.append("".join(outer).rstrip())
