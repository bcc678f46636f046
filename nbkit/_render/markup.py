"""Markdown events written as HTML."""

from __future__ import annotations

from collections.abc import Iterable

from nbkit._render.direction import STRAIGHT, Turns
from nbkit._render.looks import Look
from nbkit._render.marks import markers, without_markers
from nbkit._render.parser import Definitions, Event
from nbkit._render.rows import INLINE, RowWriter

_WRITTEN = {"Text", "Html", "InlineHtml"}
_NOWHERE = {"", "None"}


def write(
    events: Iterable[Event],
    look: Look,
    definitions: Definitions,
    *,
    alignments: tuple[str, ...] = (),
    marked: bool = False,
    turns: Turns | None = None,
) -> str:
    """Write events as HTML that is still to be sanitised.

    Parameters
    ----------
    events
        Those of a block, an item or a row, in order.
    look
        What the elements wear, and how slots, formulas and code are written.
    definitions
        Link definitions of earlier pieces, which come before those of this one.
    alignments
        Those of the columns, for a row alone.
    marked
        Whether the text of a tight list's own items is put between the two marks of a run,
        ``RUN`` and ``RUN_END``, to become paragraphs if the list turns out loose.
    turns
        Which way the elements run; by default all from left to right.
    """
    writer = _Writer(look, definitions, alignments, turns or {}, marked=marked)
    for event in events:
        writer.take(event)
    return writer.finish()


class _Writer(RowWriter):
    def __init__(
        self,
        look: Look,
        definitions: Definitions,
        alignments: tuple[str, ...],
        turns: Turns,
        *,
        marked: bool,
    ) -> None:
        super().__init__(look, definitions, turns, marked=marked)
        self._code: tuple[str, list[str]] | None = None
        self._alignments = alignments
        self._column = 0
        self._cell = "td"

    def finish(self) -> str:
        self._flush()
        self._end_run()
        return "".join(self._out)

    def take(self, event: Event) -> None:
        if event.kind == "leaf":
            self._leaf(event)
            return
        self._flush()
        if event.name in INLINE:
            if event.kind == "start":
                self._start_inline(event.name, event.value)
            else:
                self._end_inline(event.name)
        elif event.kind == "start":
            self._end_run()
            self._start_block(event)
        else:
            self._end_block(event.name)

    def _leaf(self, event: Event) -> None:
        name, value = event.name, event.value
        if name in _WRITTEN:
            (self._text if self._code is None else self._code[1]).append(value)
            return
        self._flush()
        if name == "Rule":
            self._end_run()
            self._out.append(f"<hr{self._look('hr')}>")
        else:
            self._in_row(event)

    def _start_block(self, event: Event) -> None:
        name, value = event.name, event.value
        self._blocks.append(name)
        look = self._look
        turn = self._turns.get((name, event.start), STRAIGHT)
        told = turn.attribute
        if name == "Heading":
            tag = value["level"].lower()
            self._open(f"<{tag}{told}>", f"</{tag}>")
            self._begin_run()
        elif name == "BlockQuote":
            wear = look("blockquote", turn.direction)
            self._open(f"<blockquote{wear}{told}>", "</blockquote>")
        elif name == "List":
            start = f' start="{value}"' if value not in (None, 1) else ""
            tag = "ul" if value is None else "ol"
            self._open(f"<{tag}{start}{told}>", f"</{tag}>")
        elif name == "Item":
            self._open("<li>", "</li>")
        elif name == "CodeBlock":
            self._code = (value["Fenced"] if isinstance(value, dict) else "", [])
            self._open(f"<pre{look('pre')}{told}><code{look('block_code')}>", "</code></pre>")
        elif name == "Table":
            self._alignments = value
            start = f"<div{look('table')}{told}><table{look('table_itself')}>"
            self._open(start, "</tbody></table></div>")
        elif name in {"TableHead", "TableRow"}:
            head = name == "TableHead"
            self._column, self._cell = 0, "th" if head else "td"
            self._open(
                "<thead><tr>" if head else "<tr>", "</tr></thead><tbody>" if head else "</tr>"
            )
        elif name == "TableCell":
            side = self._alignments[self._column] if self._column < len(self._alignments) else ""
            self._column += 1
            side = turn.around if side in _NOWHERE else side.lower()
            start = f"<{self._cell}{look(self._cell, side)}{told}>"
            inner = look("in_cell", side)
            if inner:
                self._open(f"{start}<div{inner}>", f"</div></{self._cell}>")
            else:
                self._open(start, f"</{self._cell}>")
            self._begin_run()
        else:
            self._paragraph = turn
            self._open("", "")

    def _end_block(self, name: str) -> None:
        if name == "CodeBlock" and self._code is not None:
            info, code = self._code[0], "".join(self._code[1])
            self._code = None
            self._after += markers(info) + markers(code)
            self._out.append(self._look.code(without_markers(info), without_markers(code)))
        self._end_run()
        if name == "TableCell":
            self._put_after()
        self._close()
        self._blocks.pop()
        self._put_after()
