"""Markdown events written as HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Any

from nbkit.looks import Look
from nbkit.marks import CLOSE, LESS, MARKER, OPEN, RUN, RUN_END, markers, without_markers
from nbkit.parser import Definitions, Event, fold

MAX_DEPTH = 80
"""Elements nested deeper are left out, and what is in them stays: browsers count to 512."""

_BREAK = re.compile(f"{LESS}br *(?:/ *)?&gt;", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s\x00-\x1f]", re.IGNORECASE)
_SIMPLE = {"Emphasis": "em", "Strong": "strong", "Strikethrough": "del"}
_WRITTEN = {"Text", "Html", "InlineHtml"}
_INLINE = {*_SIMPLE, "Link", "Image", "Superscript", "Subscript"}


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
        Whether the text of a tight list's own items is put between :data:`~nbkit.marks.RUN` and
        :data:`~nbkit.marks.RUN_END`, to become paragraphs if the list turns out loose.
    """
    writer = _Writer(look, definitions, alignments, marked=marked)
    for event in events:
        writer.take(event)
    return writer.finish()


class _Writer:
    def __init__(
        self, look: Look, definitions: Definitions, alignments: tuple[str, ...], *, marked: bool
    ) -> None:
        self._look = look
        self._definitions = definitions
        self._marked = marked
        self._out: list[str] = []
        self._text: list[str] = []
        self._depth = 0
        self._closers: list[str] = []
        self._blocks: list[str] = []  # the open elements that hold blocks or a row of text
        self._run: int | None = None  # where in ``_out`` the open row of text begins
        self._filled = False  # whether it holds anything but slots
        self._places: list[tuple[int, int]] = []  # its slots: where in ``_out``, and which
        self._links = 0
        self._images = 0
        self._beside: list[int] = []  # slots of a link's text, which stand after it
        self._after: list[int] = []  # slots that stand after the block
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
        if event.name not in _INLINE:
            if event.kind == "start":
                self._end_run()
                self._start_block(event.name, event.value)
            else:
                self._end_block(event.name)
        elif event.kind == "start":
            self._begin_run()
            self._start_inline(event.name, event.value)
        else:
            self._end_inline(event.name)

    # Rows of text

    def _begin_run(self) -> None:
        if self._run is None:
            self._run = len(self._out)
            self._filled = False
            self._out.append("")

    def _end_run(self) -> None:
        """Close a row of text: a paragraph, a heading, a cell, or the text of a tight item."""
        if self._run is None:
            return
        begin, self._run = self._run, None
        holder = self._blocks[-1] if self._blocks else ""
        places, self._places = self._places, []
        alone = bool(places) and not self._filled and holder in {"Item", "Paragraph"}
        for at, number in places:
            self._out[at] = self._look.slot(number, alone)
        if alone:
            self._out[begin] = f"<div{self._look('figure')}>"
            self._out.append("</div>")
        elif holder == "Paragraph":
            self._out[begin] = "<p>"
            self._out.append("</p>")
        elif self._marked and self._blocks == ["Item"]:
            self._out[begin] = RUN
            self._out.append(RUN_END)
        if holder == "Item":
            self._put_after()

    def _put_after(self) -> None:
        """Place the slots that the block just closed could not hold."""
        if not self._after:
            return
        slots, self._after = self._after, []
        if self._blocks and self._blocks[-1] == "TableCell":
            self._out += [self._look.slot(number, False) for number in slots]
            return
        places = "".join(self._look.slot(number, True) for number in slots)
        self._out.append(f"<div{self._look('figure')}>{places}</div>")

    # Leaves

    def _leaf(self, name: str, value: Any) -> None:
        if name in _WRITTEN:
            if self._code is not None:
                self._code[1].append(value)
            else:
                self._text.append(value)
            return
        self._flush()
        if name == "Rule":
            self._end_run()
            self._out.append(f"<hr{self._look('hr')}>")
            return
        self._begin_run()
        if name == "SoftBreak":
            self._out.append("\n" if not self._images else " ")
        elif name == "HardBreak":
            self._out.append("<br>\n" if not self._images else " ")
        elif name == "TaskListMarker":
            self._filled = True
            self._out.append(self._look.task(bool(value)))
        else:
            self._verbatim(name, value)

    def _verbatim(self, name: str, value: str) -> None:
        self._filled = True
        self._after += markers(value)
        value = without_markers(value)
        if self._images:
            self._out.append(html.escape(value, quote=False))
        elif name == "Code":
            self._out.append(f"<code{self._look('code')}>{html.escape(value, quote=False)}</code>")
        else:
            self._out.append(self._look.formula(value, name == "DisplayMath"))

    def _flush(self) -> None:
        """Write the text that has been gathered: the parser cuts it at every odd character."""
        if not self._text:
            return
        text = "".join(self._text)
        self._text.clear()
        self._begin_run()
        if OPEN not in text:
            self._words(text)
            return
        at = 0
        for match in MARKER.finditer(text):
            self._words(text[at : match.start()])
            self._slot(int(match.group(1)))
            at = match.end()
        self._words(text[at:])

    def _words(self, text: str) -> None:
        if not text:
            return
        if not text.isspace():
            self._filled = True
        text = html.escape(text.replace(OPEN, "").replace(CLOSE, ""), quote=False)
        if LESS in text:
            text = _BREAK.sub("<br>" if not self._images else " ", text).replace(LESS, "&lt;")
        self._out.append(text)

    def _slot(self, number: int) -> None:
        if self._images:
            self._after.append(number)
        elif self._links:
            self._beside.append(number)
        else:
            self._places.append((len(self._out), number))
            self._out.append("")

    # Elements in a row of text

    def _start_inline(self, name: str, value: Any) -> None:
        if name in {"Link", "Image"}:
            self._start_link(name, value)
            return
        self._filled = True
        tag = _SIMPLE.get(name, "")
        self._open(f"<{tag}>" if tag else "", f"</{tag}>" if tag else "", hidden=bool(self._images))

    def _start_link(self, name: str, value: Any) -> None:
        self._filled = True
        address, title = self._target(value)
        self._after += markers(address + title)
        address, title = without_markers(address), without_markers(title)
        if value["link_type"] == "Email":
            address = f"mailto:{address}"
        outer = self._links + self._images == 0
        if name == "Image":
            self._images += 1
        else:
            self._links += 1
        if not outer or not _ADDRESS.match(address):
            self._open("", "")
            return
        address = html.escape(address.replace(" ", "%20"))
        shown = f' title="{html.escape(title)}"' if title else ""
        wear = self._look("image" if name == "Image" else "link")
        self._open(f'<a{wear} href="{address}"{shown}>', "</a>")

    def _target(self, value: Any) -> tuple[str, str]:
        address, title = value["dest_url"], value["title"] or ""
        if value["id"] and self._definitions:
            address, title = self._definitions.get(fold(value["id"]), (address, title))
        return address, title

    def _end_inline(self, name: str) -> None:
        self._close()
        if name == "Image":
            self._images -= 1
        elif name == "Link":
            self._links -= 1
            if not self._links and not self._images:
                beside, self._beside = self._beside, []
                self._out += [self._look.slot(number, False) for number in beside]

    def _open(self, start: str, end: str, *, hidden: bool = False) -> None:
        self._depth += 1
        if hidden or self._depth > MAX_DEPTH:
            start = end = ""
        self._out.append(start)
        self._closers.append(end)

    def _close(self) -> None:
        self._depth -= 1
        self._out.append(self._closers.pop())

    # Blocks

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
