"""The paragraph at the end of a text that grows, extended by what follows in its line.

Once all marks of a paragraph have found what they belong to, and a letter has told which way it
runs, nothing that follows in the same line changes how it reads so far. Words are then put behind
it as they are; anything else is parsed alone, behind such a letter and the last character of what
is settled: so it is text within a paragraph, and its marks have the neighbour that they have in the
whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from nbkit._render.direction import reading
from nbkit._render.marks import LESS, OPEN, neutralise
from nbkit._render.openers import Row
from nbkit._render.parser import Block, Parsed
from nbkit._render.pending import MAX_LENGTH, complete

_LAST = "</p>"
_LETTERS = {"<p>": "x", '<p dir="rtl">': "\u05d0"}
"""What a paragraph begins with, and a letter that makes it begin so."""
_PLAIN = r"\w,.;:?'\"%/=@^(){}+-"
_WORDS = re.compile(rf"(?:(?!_)[{_PLAIN}]| )+")
_JOINT = re.compile(rf"(?!_)[{_PLAIN}] *\Z")
_REACHES_ON = frozenset("&]")
"""A reference, or the text of a link, may go on with what follows for so many characters."""
_NEAR = 48

Render = Callable[[Parsed, Block], str]


class Tail:
    """The last paragraph, settled up to some place, and what has been written since.

    ``key`` is its block's.
    """

    __slots__ = ("_first", "_head", "_joint", "_parse", "_render", "_rest", "_room", "key")

    def __init__(
        self, key: int, head: str, source: str, parse: Callable[[str], Parsed], render: Render
    ) -> None:
        self.key = key
        self._first = next(first for first in _LETTERS if head.startswith(first))
        self._head = head.removesuffix(_LAST)
        self._joint = _joint(source)
        self._rest = ""
        self._room = MAX_LENGTH - len(source)
        self._parse = parse
        self._render = render

    @staticmethod
    def is_settled(source: str, line: int, parsed: Parsed) -> bool:
        """Tell whether what follows a text in its last line changes nothing before.

        ``line`` is how many characters the line has so far. The text ends in a paragraph.
        """
        if not line or "<" in source or LESS in source or "]:" in source or OPEN in source:
            return False
        return (
            _JOINT.search(source, len(source) - line) is not None
            and not _REACHES_ON.intersection(source.rstrip(" ")[-_NEAR:])
            and parsed.data == source.encode()
            and (row := Row.last(parsed, len(parsed.data))) is not None
            and not row.tokens()
            and reading(parsed.blocks[-1].events) is not None
        )

    def extend(self, text: str) -> str | None:
        """Take what follows in the line; gives the HTML, ``None`` where all is to be parsed."""
        self._room -= len(text)
        if self._room < 0:
            return None
        if not self._rest and _WORDS.fullmatch(text):
            more = self._joint[1:] + text
            shown = more.rstrip(" ")
            if shown:
                self._head += shown
                self._joint = _joint(more)
            else:
                self._joint += text
            return self._head + _LAST
        if OPEN in text:
            return None
        self._rest += text
        return self._parsed()

    def _parsed(self) -> str | None:
        letter = _LETTERS[self._first]
        source = neutralise(letter + self._joint + self._rest)
        parsed = complete(source, self._parse, len(source))
        if len(parsed.blocks) != 1 or parsed.blocks[0].name != "Paragraph":
            return None
        html = self._render(parsed, parsed.blocks[0])
        begin = self._first + letter + self._joint[0]
        if not (html.startswith(begin) and html.endswith(_LAST)):
            return None
        html = self._head + html[len(begin) : -len(_LAST)]
        if self.is_settled(source, len(source), parsed):
            self._head, self._joint, self._rest = html, _joint(source), ""
        return html + _LAST


def _joint(source: str) -> str:
    """Give the last character of a text, and the blanks behind it."""
    return source[len(source.rstrip(" ")) - 1 :]
