"""Parsed Markdown into the sanitised blocks that a page shows.

A block is a leaf, or a container whose parts a page holds one by one: a list of items, a table
of rows, a fenced code block of chunks of lines. That is what keeps long ones cheap to extend.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass, field

from nbkit._render.direction import Direction, Turns, reading, turns
from nbkit._render.highlight import Highlighter, Highlighting, chunks, language_of
from nbkit._render.looks import live_look, live_tokens
from nbkit._render.marks import RUN, RUN_END, without_markers
from nbkit._render.markup import write
from nbkit._render.parser import Block, Parsed, Parser
from nbkit._render.sanitizer import clean_live, clean_row

CODE_SHELL = '<pre class="nbkit-code"><code class="nbkit-parts"></code></pre>'
_PASSAGES = {"Paragraph", "List", "Table", "BlockQuote"}
SLOTS_SHELL = '<div class="nbkit-figure nbkit-parts"></div>'


@dataclass(slots=True)
class Piece:
    """A rendered leaf or part; ``again`` renders it anew once ``wanted`` has been highlighted."""

    html: str
    wanted: tuple[Highlighting, ...] = ()
    again: Callable[[], Piece] | None = None


@dataclass(slots=True)
class Shape:
    """A block as a page shows it: one leaf, or a shell and its parts.

    ``loose`` is a list's; its parts are settled by :func:`settle`. ``code`` is the highlighting
    of a fenced block, part for part, where there is one.
    """

    shell: str | None
    parts: list[Piece] = field(default_factory=list)
    loose: bool = False
    code: Highlighting | None = None


def settle(part: str, *, loose: bool) -> str:
    """Make the texts of a list item paragraphs, or not, as its list is loose or tight."""
    if RUN not in part:
        return part
    start, end = ("<p>", "</p>") if loose else ("", "")
    return part.replace(RUN, start).replace(RUN_END, end)


def is_loose(items: list[Block]) -> bool:
    """Tell whether items belong to a loose list: then their texts are paragraphs."""
    for item in items:
        depth = 0
        for event in item.events[1:-1]:
            if depth == 0 and event.kind == "start" and event.name == "Paragraph":
                return True
            depth += (event.kind == "start") - (event.kind == "end")
    return False


def passages(text: str) -> list[tuple[int, int]]:
    """Return where the paragraphs, lists, tables and quotations of a Markdown text stand.

    Offsets are in characters; they are those of the top level, in text order.
    """
    parsed = Parser().parse(text)
    blocks = [block for block in parsed.blocks if block.name in _PASSAGES]
    return [(len(parsed.slice(0, b.start)), len(parsed.slice(0, b.end))) for b in blocks]


class Renderer:
    """Renders the blocks of one document for the live view.

    Parameters
    ----------
    parser
        Parsed the blocks; knows the link definitions so far.
    slot_id
        Gives the id of a slot from its number.
    """

    def __init__(self, parser: Parser, slot_id: Callable[[int], str]) -> None:
        self.highlighter = Highlighter()
        self._parser = parser
        self._slot_id = slot_id
        self._look = live_look(self._slot, self._find)
        self.written: set[int] = set()
        """The numbers of the slots written since this was last cleared."""
        self.before: Direction = "ltr"
        """Which way the last block runs that has letters: one that has none runs as it does."""
        self._here: set[int] = set()
        self._wanted: list[Highlighting] = []
        self._finished = False

    def shapes(
        self, parsed: Parsed, blocks: list[Block], at: int, *, finished: bool
    ) -> list[Shape]:
        """Render blocks, from ``at`` on, and any slots where nothing is shown between them."""
        shapes: list[Shape] = []
        for block in blocks:
            shapes += self.slots(parsed.slots(at, block.start))
            shapes += self.shape(parsed, block, finished=finished)
            self.before = self.reading(parsed, block)
            at = block.end
        return shapes

    def reading(self, parsed: Parsed, block: Block) -> Direction:
        """Tell which way a block runs: as the one before it, if it has no letters."""
        if parsed.straight and self.before == "ltr":
            return "ltr"
        return reading(block.events) or self.before

    def _turns(
        self, parsed: Parsed, block: Block, around: Direction = "ltr", otherwise: Direction = "ltr"
    ) -> Turns:
        if parsed.straight and around == otherwise == "ltr":
            return {}
        return turns(block.events, around, otherwise)

    def shape(self, parsed: Parsed, block: Block, *, finished: bool) -> list[Shape]:
        """Render a block: one shape, and one more for the slots of a fenced code block."""
        if block.name == "List":
            return [self._list(parsed, block, finished=finished)]
        if block.name == "Table":
            rows = list(block.children("TableRow"))
            parts = self.rows(parsed, block, rows)
            return [Shape(self.table_shell(parsed, block, rows), parts)]
        if block.fence is not None:
            return self._fence(parsed, block, finished=finished)
        return [Shape(None, [self._leaf(parsed, block, finished=finished)])]

    def slots(self, numbers: list[int]) -> list[Shape]:
        """Render slots as a block of their own; nothing for none."""
        if not numbers:
            return []
        return [Shape(None, [Piece(clean_live(self._figure(numbers)))])]

    # Containers

    def list_shell(self, start: int | None, runs: Direction) -> str:
        """Render a list without its items, from the number of its first one."""
        turn = "" if runs == "ltr" else f' dir="{runs}"'
        if start is None:
            return f'<ul class="nbkit-parts"{turn}></ul>'
        number = f' start="{start}"' if start != 1 else ""
        return f'<ol class="nbkit-parts"{number}{turn}></ol>'

    def items(
        self, parsed: Parsed, items: list[Block], runs: Direction, *, finished: bool
    ) -> list[Piece]:
        """Render items of a list that runs one way, to be settled."""
        return [self._item(parsed, item, runs, finished=finished) for item in items]

    def table_shell(self, parsed: Parsed, block: Block, rows: list[Block]) -> str:
        """Render a table without its rows."""
        stop = next((i for i, e in enumerate(block.events) if e.name == "TableRow"), -1)
        head = [*block.events[:stop], block.events[-1]]
        start = rows[0].start if rows else block.end
        self._here.clear()
        turned = self._turns(parsed, Block(block.name, 0, 0, head), otherwise=self.before)
        shell = write(head, self._look, self._parser.definitions, turns=turned)
        shell = shell.replace("<tbody>", '<tbody class="nbkit-parts">')
        return clean_live(shell + self._lost(parsed.slots(block.start, start)))

    def rows(self, parsed: Parsed, block: Block, rows: list[Block]) -> list[Piece]:
        """Render rows of a table."""
        pieces: list[Piece] = []
        runs = self.reading(parsed, block)
        for row in rows:
            self._here.clear()
            written = write(
                row.events,
                self._look,
                self._parser.definitions,
                alignments=block.events[0].value,
                turns=self._turns(parsed, row, runs, runs),
            )
            lost = [n for n in parsed.slots(row.start, row.end) if n not in self._here]
            if lost:
                places = "".join(self._slot(number, False) for number in lost)
                written = written.removesuffix("</td></tr>") + places + "</td></tr>"
            pieces.append(Piece(clean_row(written)))
        return pieces

    def chunk(self, text: str) -> str:
        """Render lines of code, plain."""
        return _lines(html.escape(text, quote=False))

    def tokens(self, code: Highlighting, index: int) -> str:
        """Render highlighted lines of code."""
        return _lines(live_tokens(code.chunks[index]))

    def slot_part(self, number: int) -> str:
        """Render a slot as a part."""
        return clean_live(self._slot(number, True))

    def _list(self, parsed: Parsed, block: Block, *, finished: bool) -> Shape:
        items = list(block.children("Item"))
        runs = self.reading(parsed, block)
        parts = self.items(parsed, items, runs, finished=finished)
        shell = self.list_shell(block.events[0].value, runs)
        return Shape(shell, parts, loose=is_loose(items))

    def _fence(self, parsed: Parsed, block: Block, *, finished: bool) -> list[Shape]:
        info = block.fence or ""
        text = "".join(event.value for event in block.events if event.name == "Text")
        numbers = parsed.slots(block.start, block.end)
        code = without_markers(text)
        found = self.highlighter.get(language_of(without_markers(info)), code) if finished else None
        done = len(found.chunks) if found else 0
        parts = [
            Piece(self.tokens(found, i) if found and i < done else self.chunk(chunk))
            for i, chunk in enumerate(chunks(code))
        ]
        shapes = [Shape(CODE_SHELL, parts, code=found)]
        if numbers:
            shapes.append(Shape(SLOTS_SHELL, [Piece(self.slot_part(n)) for n in numbers]))
        return shapes

    # Leaves and parts

    def _leaf(self, parsed: Parsed, block: Block, *, finished: bool) -> Piece:
        turned = self._turns(parsed, block, otherwise=self.before)

        def render() -> Piece:
            written, wanted = self._write(block, turned, finished=finished)
            written += self._lost(parsed.slots(block.start, block.end))
            return Piece(clean_live(written), wanted, render)

        return render()

    def _item(self, parsed: Parsed, item: Block, runs: Direction, *, finished: bool) -> Piece:
        turned = self._turns(parsed, item, runs, runs)

        def render() -> Piece:
            written, wanted = self._write(item, turned, finished=finished, marked=True)
            lost = self._lost(parsed.slots(item.start, item.end))
            if lost:
                written = written.removesuffix("</li>") + lost + "</li>"
            return Piece(clean_live(written), wanted, render)

        return render()

    def _write(
        self, block: Block, turned: Turns, *, finished: bool, marked: bool = False
    ) -> tuple[str, tuple[Highlighting, ...]]:
        self._here.clear()
        self._wanted.clear()
        self._finished = finished
        written = write(
            block.events, self._look, self._parser.definitions, marked=marked, turns=turned
        )
        self._finished = False
        return written, tuple(self._wanted)

    def _lost(self, numbers: list[int]) -> str:
        """Write those slots of a piece that stood where nothing is shown (in a definition)."""
        lost = [number for number in numbers if number not in self._here]
        return self._figure(lost) if lost else ""

    def _figure(self, numbers: list[int]) -> str:
        places = "".join(self._slot(number, True) for number in numbers)
        return f'<div class="nbkit-figure">{places}</div>'

    def _slot(self, number: int, _alone: bool) -> str:
        self.written.add(number)
        self._here.add(number)
        name = html.escape(self._slot_id(number))
        return f'<span class="nbkit-slot" data-nbkit-slot="{name}"></span>'

    def _find(self, info: str, text: str) -> Highlighting | None:
        # Code that still grows is not looked up: each of its lengths would be kept.
        found = self.highlighter.get(language_of(info), text) if self._finished else None
        if found is not None and not found.done:
            self._wanted.append(found)
        return found


def _lines(inner: str) -> str:
    return clean_live(f'<span class="nbkit-lines">{inner}</span>')
