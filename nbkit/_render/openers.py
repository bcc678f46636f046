"""The marks that the parser has left as text at the end of what is written so far."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

from nbkit._render.parser import Event, Parsed

_MARK = re.compile(rb"`+|\$+|\*+|_+|~+|\[")
_BLANK = b" \t\n"
_HOLDERS = {"Paragraph", "Item", "TableCell", "Heading"}
_INLINE = {"Emphasis", "Strong", "Strikethrough", "Link", "Image"}
_CLOSED = {"CodeBlock", "HtmlBlock"}

_MONEY = re.compile(r"\d[\d.,]*(?:k|K|m|M|b|B|bn|%)?")
_COMMAND = re.compile(r"\\[A-Za-z]+\*?(?:\{[^{}]*\})?")
_WORDS = re.compile(r"(?<![A-Za-z])([A-Za-z]+)[\s,]+([A-Za-z]+)[\s,]+([A-Za-z]+)")
_NEAR = 1_000
_LONGEST = {1: 160, 2: 2_000}


class Token(NamedTuple):
    """A run of marks: where it stands in the bytes, and the marks."""

    start: int
    end: int
    text: bytes


@dataclass(slots=True)
class Row:
    """The last row of text of a parsed text, still open: a paragraph, an item, a cell, a heading.

    ``pieces`` are the ranges that are shown as they are written.
    """

    data: bytes
    start: int
    end: int
    pieces: list[tuple[int, int]]

    @classmethod
    def last(cls, parsed: Parsed, limit: int) -> Row | None:
        """Find it; ``None`` where the text, up to ``limit``, ends in none that is open."""
        if not parsed.blocks:
            return None
        found = _last_row(parsed.blocks[-1].events)
        if found is None:
            return None
        holder, events = found
        end = max(event.end for event in events)
        if not _is_open(holder, parsed.data[end:limit]):
            return None
        return cls(
            parsed.data, min(event.start for event in events), end, _literal(parsed.data, events)
        )

    def tokens(self) -> list[Token]:
        """Find the marks, without those behind a backslash."""
        found: list[Token] = []
        for start, end in self.pieces:
            for match in _MARK.finditer(self.data, start, end):
                begin = match.start() + _escapes(self.data, match.start()) % 2
                if begin < match.end():
                    found.append(Token(begin, match.end(), self.data[begin : match.end()]))
        return found

    def strip(self, end: int) -> int:
        """Go back over blanks."""
        while end > self.start and self.data[end - 1 : end] in _BLANK:
            end -= 1
        return end

    def text_before(self, end: int) -> bytes:
        """Give the end of the piece up to an offset as far as it is shown as written."""
        for start, stop in reversed(self.pieces):
            if start < end <= stop:
                return self.data[max(start, end - _NEAR) : end]
        return b""

    def image_start(self, token: Token) -> int:
        """Give the start of a bracket with the exclamation mark that makes it an image's."""
        at = token.start - 1
        marked = at >= self.start and self.data[at : at + 1] == b"!"
        return at if marked and _escapes(self.data, at) % 2 == 0 else token.start


def _last_row(events: list[Event]) -> tuple[str, list[Event]] | None:
    holder = ""
    row: list[Event] = []
    for event in reversed(events):
        inline = event.name in _INLINE or (event.kind == "leaf" and event.name != "Rule")
        if inline:
            if event.name == "Html":
                return None
            row.append(event)
        elif row:
            break
        elif event.name in _CLOSED or event.name == "Rule":
            return None
        elif event.kind == "end":
            holder = event.name
        elif event.name != "TableCell":
            return None
    return (holder, row[::-1]) if row and holder in _HOLDERS else None


def _is_open(holder: str, rest: bytes) -> bool:
    if holder == "TableCell":
        return not rest.strip(b" \t")
    if holder == "Heading":
        return b"\n" not in rest
    return rest.count(b"\n") <= 1 and not rest.strip(b" \t\n>")


def _literal(data: bytes, events: list[Event]) -> list[tuple[int, int]]:
    pieces: list[tuple[int, int]] = []
    for event in events:
        if event.name != "Text" or data[event.start : event.end] != event.value.encode():
            continue
        if pieces and pieces[-1][1] == event.start:
            pieces[-1] = (pieces[-1][0], event.end)
        else:
            pieces.append((event.start, event.end))
    return pieces


def _escapes(data: bytes, at: int) -> int:
    before = at
    while before and data[before - 1 : before] == b"\\":
        before -= 1
    return at - before


def can_open(data: bytes, token: Token) -> bool:
    """Tell whether a run of ``*``, ``_`` or ``~`` may begin emphasis, as CommonMark has it."""
    mark = token.text[:1]
    start, end = token.start, token.end
    while data[start - 1 : start] == mark:
        start -= 1
    while data[end : end + 1] == mark:
        end += 1
    if mark == b"~" and end - start != 2:
        return False  # one alone is as often "about"
    before = data[max(0, start - 4) : start].decode(errors="ignore")[-1:]
    after = data[end : end + 4].decode(errors="ignore")[:1]
    if not after or after.isspace() or len(token.text) > 4:
        return False
    blank_before = not before or before.isspace()
    left = not _is_mark(after) or blank_before or _is_mark(before)
    if mark != b"_" or not left:
        return left
    right = not blank_before and (not _is_mark(before) or _is_mark(after))
    return not right or _is_mark(before)


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def looks_like_formula(mark: bytes, content: str) -> bool:
    """Tell whether what stands behind a dollar sign may become a formula, not an amount."""
    if len(mark) > 2 or len(content) > _LONGEST[len(mark)]:
        return False
    if len(mark) == 1 and content[:1].isspace():
        return False
    if money := _MONEY.match(content):
        rest = content[money.end() :]
        following = rest.strip()
        if following and rest[0] != following[0]:
            return following[0] in "+-*/=^\\<>_{"
        if following and following[0] in ".,;:!?)":
            return False
    words = _WORDS.search(_COMMAND.sub(" ", content))
    return words is None or sum(len(word) > 1 for word in words.groups()) < 2
