"""A text that grows, as static HTML and plain text, what is finished of it written once.

The places of slots stay markers, so that what is written holds whatever becomes of their images.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from nbkit._render.blocks import settled
from nbkit._render.direction import Direction, reading, turns
from nbkit._render.highlight import Highlighter, Highlighting, language_of
from nbkit._render.looks import static_look
from nbkit._render.marks import marker, neutralise_lines
from nbkit._render.markup import write
from nbkit._render.parser import Block, Parsed, Parser
from nbkit._render.plain import TextWriter
from nbkit._render.sanitizer import clean_static

MOST_COLOURED = 20_000
"""Characters of code that are coloured; longer code would take half a megabyte of spans."""

MOST_DRESSED = 500
"""Cells of a table that have borders of their own; 3,000 would take a third of a megabyte, and a
notebook's page a tenth of a second whenever it looks for headings in them."""


@dataclass(slots=True)
class Written:
    """What a text has become: sanitised HTML, plain text, and which slots stand by themselves."""

    html: str = ""
    text: str = ""
    alone: dict[int, bool] = field(default_factory=dict)


class Still:
    """Writes one text again and again, as far as it has come.

    Parameters
    ----------
    highlighter
        Of its code, up to :data:`MOST_COLOURED`. What is unfinished is not highlighted: each of
        its lengths would be kept.
    """

    def __init__(self, highlighter: Highlighter) -> None:
        self._highlighter = highlighter
        self._parser = Parser()
        self._at = 0  # how many characters are finished
        self._html: list[str] = []
        self._text = TextWriter(marker)
        self._alone: dict[int, bool] = {}
        self._before: Direction = "ltr"  # which way the last finished block runs that has letters
        self._known: tuple[int, bool] | None = None
        self._written = Written()

    def write(self, text: str, *, whole: bool) -> Written:
        """Write a text that the former one was the beginning of.

        With ``whole`` all of it is written as one, as a complete text has to be: a link may be
        defined at its end. Without, what was finished stays as it was written.
        """
        if self._known != (len(text), whole):
            self._known = len(text), whole
            self._written = self._whole(text) if whole else self._grown(text)
        return self._written

    def _whole(self, text: str) -> Written:
        parser = Parser()
        parsed = parser.parse(neutralise_lines(text))
        alone: dict[int, bool] = {}
        html, _ = self._write(parser, parsed, len(parsed.data), alone, "ltr", finished=True)
        plain = TextWriter(marker)
        plain.write(parsed)
        return Written(html, plain.finish(), alone)

    def end(self) -> None:
        """Let go of what was written piece by piece: the text is complete."""
        self._html.clear()
        self._text = TextWriter(marker)

    def _grown(self, text: str) -> Written:
        self._advance(text)
        parsed = self._parser.parse(neutralise_lines(text[self._at :]))
        alone = dict(self._alone)
        end = len(parsed.data)
        html, _ = self._write(self._parser, parsed, end, alone, self._before, finished=False)
        plain = self._text.fork()
        plain.write(parsed)
        return Written(
            "\n".join(filter(None, [*self._html, html])),
            plain.finish(),
            alone,
        )

    def _advance(self, text: str) -> None:
        """Write all blocks for good that a later one follows, in complete lines."""
        parsed = self._parser.parse(neutralise_lines(text[self._at : text.rfind("\n") + 1]))
        blocks = settled(parsed)
        if len(blocks) < 2:
            return
        cut = parsed.line_start(blocks[-1].start)
        done = replace(parsed, data=parsed.data[:cut], blocks=blocks[:-1])
        html, self._before = self._write(
            self._parser, done, cut, self._alone, self._before, finished=True
        )
        self._html.append(html)
        self._text.write(done)
        self._parser.define(parsed.slice(0, cut))
        self._at += len(parsed.slice(0, cut))  # as many characters as before they were neutralised

    def _write(
        self,
        parser: Parser,
        parsed: Parsed,
        end: int,
        alone: dict[int, bool],
        before: Direction,
        *,
        finished: bool,
    ) -> tuple[str, Direction]:
        def place(number: int, on_its_own: bool) -> str:
            alone[number] = on_its_own
            return marker(number)

        def find(info: str, code: str) -> Highlighting | None:
            if not finished or len(code) > MOST_COLOURED:
                return None
            return self._highlighter.get(language_of(info), code)

        dressed, bare = static_look(place, find)
        out: list[str] = []
        at = 0
        for block in parsed.blocks:
            turned = None
            if before == "rtl" or not parsed.straight:
                turned = turns(block.events, "ltr", before)
                before = reading(block.events) or before
            look = bare if _cells(block) > MOST_DRESSED else dressed
            written = write(block.events, look, parser.definitions, turns=turned)
            lost = [n for n in parsed.slots(at, block.end) if n not in alone]
            out += [written, *(place(number, True) for number in lost)]
            at = block.end
        out += [place(number, True) for number in parsed.slots(at, end)]
        return clean_static("\n".join(out)), before


def _cells(block: Block) -> int:
    """Count the ends of a block's cells; most have none."""
    if block.name != "Table":
        return 0
    return sum(event.name == "TableCell" and event.kind == "end" for event in block.events)
