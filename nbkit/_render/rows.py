"""Rows of text written as HTML: what stands in a paragraph, a heading, a cell, a list item."""

from __future__ import annotations

import html
import re
from typing import Any

from nbkit._render.direction import STRAIGHT, Turns
from nbkit._render.looks import Look
from nbkit._render.marks import CLOSE, LESS, MARKER, OPEN, RUN, RUN_END, markers, without_markers
from nbkit._render.parser import Definitions, Event, fold

MAX_DEPTH = 80
"""Elements nested deeper are left out, and what is in them stays: browsers count to 512."""

_BREAK = re.compile(f"{LESS}br *(?:/ *)?&gt;", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s\x00-\x1f]", re.IGNORECASE)
_SIMPLE = {"Emphasis": "em", "Strong": "strong", "Strikethrough": "del"}

INLINE = {*_SIMPLE, "Link", "Image"}
"""The elements that stand in a row of text."""

OWN_ADDRESS = {"Inline", "Autolink", "Email"}
"""The kinds of links whose address stands in them; a slot in it is theirs, and no definition's."""


class RowWriter:
    """Writes the rows; :mod:`nbkit._render.markup` adds the blocks around them.

    A slot in a row stays in its place, but for one in a link's text, which comes after the link,
    and one in code, a formula, an address or an alt text, which comes after the block.
    """

    def __init__(self, look: Look, definitions: Definitions, turns: Turns, *, marked: bool) -> None:
        self._look = look
        self._definitions = definitions
        self._turns = turns
        self._paragraph = STRAIGHT  # that of the open paragraph
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
        self._beside: list[int] = []  # slots of a link's text
        self._after: list[int] = []  # slots that stand after the block

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
            told = self._paragraph.attribute if holder == "Paragraph" else ""
            self._out[begin] = f"<div{self._look('figure')}{told}>"
            self._out.append("</div>")
        elif holder in {"Paragraph", "HtmlBlock"}:
            turn = self._paragraph
            self._out[begin] = f"<p{self._look('p', turn.direction)}{turn.attribute}>"
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

    def _in_row(self, event: Event) -> None:
        """Write what is neither an element nor words."""
        name, value = event.name, event.value
        self._begin_run()
        if name == "SoftBreak":
            self._out.append("\n" if not self._images else " ")
        elif name == "HardBreak":
            self._out.append("<br>\n" if not self._images else " ")
        elif name == "TaskListMarker":
            self._filled = True
            self._out.append(self._look.task(bool(value)))
        else:
            self._verbatim(event)

    def _verbatim(self, event: Event) -> None:
        name, value = event.name, event.value
        self._filled = True
        self._after += markers(value)
        value = without_markers(value)
        if self._images:
            self._out.append(html.escape(value, quote=False))
        elif name == "Code":
            told = self._turns.get((name, event.start), STRAIGHT).attribute
            code = html.escape(value, quote=False)
            self._out.append(f"<code{self._look('code')}{told}>{code}</code>")
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

    def _start_inline(self, name: str, value: Any) -> None:
        self._begin_run()
        if name in {"Link", "Image"}:
            self._start_link(name, value)
            return
        self._filled = True
        tag = _SIMPLE.get(name, "")
        self._open(f"<{tag}>" if tag else "", f"</{tag}>" if tag else "", hidden=bool(self._images))

    def _start_link(self, name: str, value: Any) -> None:
        self._filled = True
        address, title = self._target(value)
        if value["link_type"] in OWN_ADDRESS:
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
