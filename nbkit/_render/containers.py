"""A list, a table or a fenced code block that is still being written.

Each keeps what is finished of it on the page and asks for its last, unfinished part alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from nbkit._render.changes import View
from nbkit._render.direction import Direction, reading
from nbkit._render.highlight import Highlighting, chunks, expect, language_of
from nbkit._render.marks import markers, without_markers
from nbkit._render.parser import Block, Parsed
from nbkit.render import CODE_SHELL, SLOTS_SHELL, Piece, Renderer, is_loose, settle

_OPENING = re.compile(r"( {0,3})(`{3,}|~{3,})[^\n]*\n")

Want = Callable[[Piece, Callable[[str], None]], None]
"""Asks for a piece to be shown again once its code has been highlighted."""


class OpenList:
    """The last block is a list: all but its last item are finished.

    A blank line between two items makes a list loose; the item before the cut is parsed together
    with the next one, so none is missed. Then all items are shown once more, as paragraphs.
    """

    name = "List"
    prefix = ""
    height = 1

    def __init__(self, view: View, key: int, renderer: Renderer, block: Block, want: Want) -> None:
        self._view = view
        self._key = key
        self._renderer = renderer
        self._want = want
        self._start: int | None = block.events[0].value
        self._parts: list[str] = []
        self._loose = False
        self._lettered = False  # whether an item has had a letter
        self._before = renderer.before
        self.runs: Direction = self._before
        self._open()

    def take(self, parsed: Parsed, block: Block, *, ended: bool) -> int:
        """Keep the items that are finished; gives where the rest begins."""
        self._turn(block)
        items = list(block.children("Item"))
        if not self._loose and is_loose(items):
            self._loose = True
            for index in range(len(self._parts)):
                self._show(index)
        done = items if ended else items[:-1]
        for piece in self._renderer.items(parsed, done, self.runs, finished=True):
            index = len(self._parts)
            self._parts.append(piece.html)
            self._show(index)
            self._want(piece, partial(self._replace, index))
        self._lettered = self._lettered or any(reading(item.events) for item in done)
        return block.end if ended else parsed.line_start(items[-1].start)

    def show_tail(self, parsed: Parsed, block: Block | None) -> None:
        """Show the unfinished item, and any that begin in the line being written."""
        items = list(block.children("Item")) if block else []
        self._turn(block)
        loose = self._loose or is_loose(items)
        count = len(self._parts)
        for piece in self._renderer.items(parsed, items, self.runs, finished=False):
            self._view.part(self._key, count, settle(piece.html, loose=loose))
            count += 1
        self._view.cut(self._key, count)

    def _turn(self, block: Block | None) -> None:
        """Let the list run as its first letter does."""
        if self._lettered:
            return
        runs = (reading(block.events) if block else None) or self._before
        if runs != self.runs:
            self.runs = runs
            self._open()

    def _open(self) -> None:
        self._view.open(self._key, self._renderer.list_shell(self._start, self.runs))
        for index in range(len(self._parts)):
            self._show(index)

    def _replace(self, index: int, html: str) -> None:
        self._parts[index] = html
        self._show(index)

    def _show(self, index: int) -> None:
        self._view.part(self._key, index, settle(self._parts[index], loose=self._loose))


class OpenTable:
    """The last block is a table: each complete line of it is a finished row."""

    name = "Table"
    height = 1

    def __init__(
        self, view: View, key: int, renderer: Renderer, parsed: Parsed, block: Block
    ) -> None:
        self._view = view
        self._key = key
        self._renderer = renderer
        self._count = 0
        self.runs: Direction = renderer.reading(parsed, block)
        start = parsed.line_start(block.start)
        lines = parsed.slice(start).split("\n", 2)
        self.prefix = f"{lines[0]}\n{lines[1]}\n"
        view.open(key, renderer.table_shell(parsed, block, list(block.children("TableRow"))))

    def take(self, parsed: Parsed, block: Block, *, ended: bool) -> int:  # noqa: ARG002 - as a list's
        """Keep the rows; gives where the rest begins."""
        rows = list(block.children("TableRow"))
        for piece in self._renderer.rows(parsed, block, rows):
            self._view.part(self._key, self._count, piece.html)
            self._count += 1
        end = (
            rows[-1].end - 1 if rows else parsed.line_start(block.start) + self._prefix_bytes() - 1
        )
        newline = parsed.data.find(b"\n", end)
        return len(parsed.data) if newline < 0 else newline + 1

    def show_tail(self, parsed: Parsed, block: Block | None) -> None:
        """Show the row being written."""
        rows = list(block.children("TableRow")) if block else []
        count = self._count
        if block is not None:
            for piece in self._renderer.rows(parsed, block, rows):
                self._view.part(self._key, count, piece.html)
                count += 1
        self._view.cut(self._key, count)

    def _prefix_bytes(self) -> int:
        return len(self.prefix.encode())


class OpenCode:
    """The last block is a fenced code block: its lines need no parser.

    Slots that stand in it are shown below it, as a block of their own.
    """

    def __init__(self, view: View, key: int, renderer: Renderer, info: str) -> None:
        self.key = key
        self._view = view
        self._renderer = renderer
        self.runs: Direction = renderer.before  # of what comes after it: code tells nothing
        self._language = language_of(without_markers(info))
        expect(self._language)
        self._indent = 0
        self._close = self._closing = re.compile("")
        self._code: list[str] = []  # finished chunks
        self._rest = ""  # the chunk that may still grow
        self._slots: list[int] = []
        view.open(key, CODE_SHELL)
        self._show_slots(markers(info))

    @staticmethod
    def fits(text: str) -> bool:
        """Tell whether a text begins with a fence that can be followed line by line."""
        return _OPENING.match(text) is not None

    @property
    def height(self) -> int:
        """How many blocks it takes on the page."""
        return 2 if self._slots else 1

    def begin(self, text: str) -> str:
        """Read the opening line; gives the text after it."""
        match = _OPENING.match(text)
        if match is None:
            raise ValueError("no fence")
        indent, fence = match.groups()
        mark = re.escape(fence[0])
        self._indent = len(indent)
        self._close = re.compile(f" {{0,3}}{mark}{{{len(fence)},}}[ \t]*")
        self._closing = re.compile(f" {{0,3}}{mark}*[ \t]*")
        return text[match.end() :]

    def take(self, text: str) -> str | None:
        """Keep complete lines; gives the text after the closing one, ``None`` while it is open."""
        at = 0
        lines: list[str] = []
        rest: str | None = None
        while at < len(text):
            end = text.index("\n", at) + 1
            line = text[at:end]
            at = end
            if self._close.fullmatch(line, 0, len(line) - 1):
                rest = text[at:]
                break
            lines.append(self._dedent(line))
        code = "".join(lines)
        self._show_slots(markers(code))
        self._rest += without_markers(code)
        *done, self._rest = list(chunks(self._rest)) or [""]
        for chunk in done:
            self._show(len(self._code), chunk)
            self._code.append(chunk)
        if rest is not None:
            self.show_tail("")
        return rest

    def show_tail(self, line: str) -> None:
        """Show the chunk that grows, with the line being written unless it may be the last."""
        held = self._closing.fullmatch(line)
        self._show_slots(markers(line))
        text = self._rest + ("" if held else without_markers(self._dedent(line)))
        count = len(self._code)
        for chunk in chunks(text):
            self._show(count, chunk)
            count += 1
        self._view.cut(self.key, count)

    def close(self) -> Highlighting | None:
        """Give the highlighting of the code, which is finished; ``None`` for none."""
        return self._renderer.highlighter.get(self._language, "".join(self._code) + self._rest)

    def _dedent(self, line: str) -> str:
        taken = min(self._indent, len(line) - len(line.lstrip(" ")))
        return line[taken:]

    def _show(self, index: int, chunk: str) -> None:
        self._view.part(self.key, index, self._renderer.chunk(chunk))

    def _show_slots(self, numbers: list[int]) -> None:
        # A slot that came with the line being written comes again with the complete line.
        fresh = [number for number in numbers if number not in self._slots]
        if fresh and not self._slots:
            self._view.open(self.key + 1, SLOTS_SHELL)
        for number in fresh:
            self._view.part(self.key + 1, len(self._slots), self._renderer.slot_part(number))
            self._slots.append(number)
