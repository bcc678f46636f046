"""The finished blocks of a Markdown text that grows, each rendered once.

A top-level block is finished when a later one has begun in a complete line. The text from there
on is the *window*: all that is parsed again. While a list, a table or a fenced code block is the
last block, its finished items, rows and lines leave the window too, and what is left of it is
parsed as if it were the whole (a row below the head of its table). Nothing is cut directly after
a link definition, which the next line might continue.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from time import perf_counter

from nbkit._render.changes import View
from nbkit._render.containers import OpenCode, OpenList, OpenTable
from nbkit._render.highlight import Highlighting, Job
from nbkit._render.marks import markers, neutralise, neutralise_lines
from nbkit._render.parser import Block, Parsed, Parser
from nbkit._render.pending import complete
from nbkit._render.tail import Tail
from nbkit.render import Piece, Renderer, Shape, settle

_QUOTES = (b'"', b"'", b"(")


class Blocks:
    """Keeps a view up to date with a text that grows.

    Parameters
    ----------
    view
        Where the blocks are shown.
    slot_id
        Gives the id of a slot from its number.
    """

    def __init__(self, view: View, slot_id: Callable[[int], str]) -> None:
        self.parser = Parser()
        self.renderer = Renderer(self.parser, slot_id)
        self._view = view
        self._inbox: list[str] = []
        self._window = ""  # complete lines, neutralised
        self._line = ""  # the line that has not ended, as it came
        self._key = 0  # of the next block
        self._open: OpenCode | OpenList | OpenTable | None = None
        self._tail: Tail | None = None
        self._jobs: deque[Job] = deque()

    def feed(self, text: str) -> None:
        """Take the next piece of text; nothing is rendered yet."""
        self._inbox.append(text)

    def update(self) -> None:
        """Bring the view up to date."""
        if not self._inbox:
            return
        text = "".join(self._inbox)
        self._inbox.clear()
        end = text.rfind("\n") + 1
        if not end and self._tail is not None and (html := self._tail.extend(text)) is not None:
            self._line += text
            self._view.put(self._tail.key, html)
            return
        self._tail = None
        if end:
            self._window += neutralise_lines(self._line + text[:end])
            self._line = text[end:]
            while self._advance():
                pass
        else:
            self._line += text
        self._show_tail()

    def finish(self, whole: str) -> None:
        """Render the whole once, and show it where it differs (a definition came late)."""
        self._inbox.clear()
        self._jobs.clear()
        self._open = self._tail = None
        self._window = self._line = ""
        self.parser.definitions.clear()
        self.renderer.before = "ltr"
        self._key = 0
        parsed, blocks = self.parser.stream(neutralise_lines(whole))
        self.renderer.written.clear()
        at = 0
        for block in blocks:
            for shape in self.renderer.shapes(parsed, [block], at, finished=True):
                self._place_finished(shape)
            at = block.end
        self._place_lost(markers(whole))
        self._view.drop(self._key)

    def highlight(self, budget: float) -> bool:
        """Highlight finished code for about ``budget`` seconds; true while more remains."""
        deadline = perf_counter() + budget
        while self._jobs and perf_counter() < deadline:
            if self._jobs[0].step():
                self._jobs.popleft()
        return bool(self._jobs)

    # Finished blocks

    def _advance(self) -> bool:
        """Let what is finished leave the window; true if there may be more."""
        if isinstance(self._open, OpenCode):
            return self._advance_code(self._open)
        if self._open is not None:
            return self._advance_open(self._open)
        if not self._window.strip():
            self._window = ""
            return False
        parsed = self.parser.parse(self._window)
        blocks = settled(parsed)
        self.renderer.written.clear()
        return self._leave(parsed, blocks, 0, 0) if blocks else False

    def _advance_code(self, code: OpenCode) -> bool:
        rest = code.take(self._window)
        self._window = rest or ""
        if rest is None:
            return False
        found = code.close()
        if found is not None:
            self._want_code(self._key, found)
        self._close()
        return True

    def _advance_open(self, container: OpenList | OpenTable) -> bool:
        parsed = self.parser.parse(container.prefix + self._window)
        blocks = settled(parsed)
        if not blocks or blocks[0].name != container.name:
            self._close()
            return True
        ended = len(blocks) > 1
        self.renderer.written.clear()
        cut = container.take(parsed, blocks[0], ended=ended)
        if not ended:
            self.parser.define(parsed.slice(0, cut))
            self._window = parsed.slice(cut)
            return False
        self._close()
        return self._leave(parsed, blocks[1:], blocks[0].end, len(container.prefix.encode()))

    def _leave(self, parsed: Parsed, blocks: list[Block], start: int, begin: int) -> bool:
        """Show all but the last block for good, and cut where the last one's line begins."""
        for shape in self.renderer.shapes(parsed, blocks[:-1], start, finished=True):
            self._place_finished(shape)
        cut = parsed.line_start(blocks[-1].start)
        self._place_lost(parsed.slots(begin, cut))
        self.parser.define(parsed.slice(begin, cut))
        self._window = parsed.slice(cut)
        return self._enter(parsed, blocks[-1])

    def _enter(self, parsed: Parsed, block: Block) -> bool:
        """Open the last block as a container, if it is one."""
        if block.name == "List":
            self._open = OpenList(self._view, self._key, self.renderer, block, self._want_piece)
            cut = self._open.take(parsed, block, ended=False)
            self.parser.define(parsed.slice(block.start, cut))
            self._window = parsed.slice(cut)
        elif block.name == "Table":
            self._open = OpenTable(self._view, self._key, self.renderer, parsed, block)
            self._window = parsed.slice(self._open.take(parsed, block, ended=False))
        elif block.fence is not None and OpenCode.fits(self._window):
            self._open = OpenCode(self._view, self._key, self.renderer, block.fence)
            self._window = self._open.begin(self._window)
            return True
        return False

    def _close(self) -> None:
        if self._open is not None:
            self.renderer.before = self._open.runs
            self._key += self._open.height
            self._open = None

    def _place_all(self, shapes: list[Shape]) -> None:
        for shape in shapes:
            self._place(self._key, shape, loose=shape.loose)
            self._key += 1

    def _place_finished(self, shape: Shape) -> None:
        key = self._key
        self._place_all([shape])
        if shape.code is not None:
            self._want_code(key, shape.code)
        for index, piece in enumerate(shape.parts):
            self._want_piece(piece, partial(self._set, key, index, shape))

    def _set(self, key: int, index: int, shape: Shape, html: str) -> None:
        if shape.shell is None:
            self._view.put(key, html)
        else:
            self._view.part(key, index, settle(html, loose=shape.loose))

    def _place(self, key: int, shape: Shape, *, loose: bool) -> None:
        if shape.shell is None:
            self._view.put(key, shape.parts[0].html)
            return
        self._view.open(key, shape.shell)
        for index, piece in enumerate(shape.parts):
            self._view.part(key, index, settle(piece.html, loose=loose))
        self._view.cut(key, len(shape.parts))

    def _place_lost(self, numbers: list[int]) -> None:
        """Place slots that nothing above has a place for."""
        written = self.renderer.written
        self._place_all(self.renderer.slots([n for n in numbers if n not in written]))

    # The tail

    def _show_tail(self) -> None:
        if isinstance(self._open, OpenCode):
            self._open.show_tail(self._line)
            self._view.drop(self._key + self._open.height)
            return
        prefix = self._open.prefix if self._open else ""
        start = 0
        own = self._window + neutralise(self._line)
        source = prefix + own
        parsed = complete(source, self.parser.parse, len(self._line))
        self.renderer.written.clear()
        blocks = parsed.blocks
        kept, before = self._key, self.renderer.before
        if self._open is not None:
            mine = bool(blocks) and blocks[0].name == self._open.name
            self._open.show_tail(parsed, blocks[0] if mine else None)
            start = blocks[0].end if mine else 0
            blocks = blocks[mine:]
            self._key += self._open.height
            self.renderer.before = self._open.runs
        shapes = self.renderer.shapes(parsed, blocks, start, finished=False)
        self._place_all(shapes)
        if (
            blocks
            and blocks[-1].name == "Paragraph"
            and Tail.is_settled(source, len(self._line), parsed)
        ):
            html = shapes[-1].parts[0].html
            self._tail = Tail(self._key - 1, html, source, self.parser.parse, self._paragraph)
        self._place_lost(markers(own))
        self._view.drop(self._key)
        self._key, self.renderer.before = kept, before

    def _paragraph(self, parsed: Parsed, block: Block) -> str:
        return self.renderer.shape(parsed, block, finished=False)[0].parts[0].html

    # Highlighting

    def _want_code(self, key: int, code: Highlighting) -> None:
        def show(index: int) -> None:
            self._view.part(key, index, self.renderer.tokens(code, index))

        self._jobs.append(Job(code, show))

    def _want_piece(self, piece: Piece, place: Callable[[str], None]) -> None:
        again = piece.again
        if not piece.wanted or again is None:
            return
        *rest, last = piece.wanted
        self._jobs.extend(Job(code) for code in rest)
        self._jobs.append(Job(last, done=lambda: place(again().html)))


def settled(parsed: Parsed) -> list[Block]:
    """Give the blocks without those at the end that read so only below a link definition."""
    count = len(parsed.blocks)
    while count and (
        _may_be_title(parsed, parsed.blocks[count - 1])
        or _would_be_code(parsed, parsed.blocks[count - 1])
    ):
        count -= 1
    return parsed.blocks[:count]


def _may_be_title(parsed: Parsed, block: Block) -> bool:
    if block.name != "Paragraph" or parsed.data[block.start : block.start + 1] not in _QUOTES:
        return False
    above = parsed.data[: parsed.line_start(block.start)]
    return bool(above[above.rfind(b"\n", 0, -1) + 1 :].strip())


def _would_be_code(parsed: Parsed, block: Block) -> bool:
    """Tell whether a paragraph stands so far in that, cut off here, it would be code."""
    if block.name != "Paragraph":
        return False
    indent = parsed.data[parsed.line_start(block.start) : block.start].expandtabs(4)
    return len(indent) >= 4 and not indent.strip()
