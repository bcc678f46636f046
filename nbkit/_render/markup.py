"""Markdown events written as HTML."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nbkit._render.looks import Look
from nbkit._render.marks import markers, without_markers
from nbkit._render.parser import Definitions, Event
from nbkit._render.rows import INLINE, RowWriter

_WRITTEN = {"Text", "Html", "InlineHtml"}


def write(
    events: Iterable[Event],
    look: Look,
    definitions: Definitions,
    *,
    alignments: tuple[str, ...] = (),
    marked: bool = False,
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
    """
    writer = _Writer(look, definitions, alignments, marked=marked)
    for event in events:
        writer.take(event)
    return writer.finish()


class _Writer(RowWriter):
    def __init__(
        self, look: Look, definitions: Definitions, alignments: tuple[str, ...], *, marked: bool
    ) -> None:
        super().__init__(look, definitions, marked=marked)
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
            self._leaf(event.name, event.value)
            return
        self._flush()
        if event.name in INLINE:
            if event.kind == "start":
                self._start_inline(event.name, event.value)
            else:
                self._end_inline(event.name)
        elif event.kind == "start":
            self._end_run()
            self._start_block(event.name, event.value)
        else:
            self._end_block(event.name)

    def _leaf(self, name: str, value: Any) -> None:
        if name in _WRITTEN:
            (self._text if self._code is None else self._code[1]).append(value)
            return
        self._flush()
        if name == "Rule":
            self._end_run()
            self._out.append(f"<hr{self._look('hr')}>")
        else:
            self._in_row(name, value)

    def _start_block(self, name: str, value: Any) -> None:
        self._blocks.append(name)
        look = self._look
        if name == "Heading":
            tag = value["level"].lower()
            self._open(f"<{tag}>", f"</{tag}>")
            self._begin_run()
        elif name == "BlockQuote":
            self._open(f"<blockquote{look('blockquote')}>", "</blockquote>")
        elif name == "List":
            start = f' start="{value}"' if value not in (None, 1) else ""
            tag = "ul" if value is None else "ol"
            self._open(f"<{tag}{start}>", f"</{tag}>")
        elif name == "Item":
            self._open("<li>", "</li>")
        elif name == "CodeBlock":
            self._code = (value["Fenced"] if isinstance(value, dict) else "", [])
            self._open(f"<pre{look('pre')}><code{look('block_code')}>", "</code></pre>")
        elif name == "Table":
            self._alignments = value
            start = f"<div{look('table')}><table{look('table_itself')}>"
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
            wear = look(f"{self._cell}:{side.lower()}") or look(self._cell)
            self._open(f"<{self._cell}{wear}>", f"</{self._cell}>")
            self._begin_run()
        else:
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
