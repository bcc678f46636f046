"""Half-written Markdown, made to look as it will read.

While a text streams, its last block may end in the middle of a construct. Here such an opener is
closed for the time being (``**bo`` shows bold), or what cannot be shown yet is held back (a
formula, a line of marks that may become a list, a rule or a fence). Only what the parser has left
as plain text in the last, still open row of text is touched; once that row is finished nothing is,
and an opener that was never closed stands there as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from nbkit._render.brackets import Reading, read_bracket
from nbkit._render.marks import LESS
from nbkit._render.openers import Row, Token, can_open, looks_like_formula
from nbkit._render.parser import Parsed

ROUNDS = 4
_MAX_HELD = 200
_MAX_TOKENS = 250  # nobody writes as many; who does sees some as they are
_MAX_AT_END = 64  # nor as many marks with nothing behind them
MAX_LENGTH = 16_000
"""Characters of an unfinished block past which it is shown as it stands: nobody writes it, and each
look at it would cost several times the parsing of all of it."""

_CONTAINERS = r"[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?)*"
# A line so far that may still become a list item, a rule, a heading, a fence, an underline, ...
_MARKS = re.compile(
    _CONTAINERS + r"(?:[-+*_=~`#|:<>!&\\\[\]()$ \t]*|\d{1,9}[.)]?|\[[ xX]\]?)[ \t]*"
)
_FENCE = re.compile(_CONTAINERS + r"[ \t]*(?:`{3,}[^`]*|~{3,}.*)")
_DEFINITION = re.compile(
    r" {0,3}\[(?:[^\[\]\\]|\\.)+\]:[ \t]*(?:<[^<>]*>?|[^\s<]\S*)?"
    r"(?:[ \t]+(?:\"[^\"]*\"?|'[^']*'?|\([^()]*\)?)?[ \t]*)?"
)
_HEADER = re.compile(r" {0,3}\|.*[^\s|].*")
_CELL_END = re.compile(r"(?<!\\)\|")

_LESS = LESS.encode()
_TAG = re.compile(
    rb"(?:<|" + _LESS + rb")(?:[A-Za-z/!?][A-Za-z0-9+.\-]{0,32}|br */?)?\Z", re.IGNORECASE
)
_ENTITY = re.compile(rb"&[#A-Za-z0-9]{0,31}\Z")
_AUTOLINK = re.compile(
    _LESS + rb"(?:[A-Za-z][A-Za-z0-9+.\-]{1,31}:[^\s<>]*|[A-Za-z0-9_.+\-]+@[A-Za-z0-9.\-]*)\Z"
)

Parse = Callable[[str], Parsed]


def complete(source: str, parse: Parse, line: int) -> Parsed:
    """Parse a text whose end is still being written.

    ``line`` is how many characters of it belong to the last line, if that has not ended.
    """
    if len(source) > MAX_LENGTH:
        return parse(source)
    source = source[: len(source) - _held(source, line)]
    parsed = parse(source)
    if line and _is_definition(source, parsed):
        source = source[: source.rfind("\n") + 1]
        parsed = parse(source)
    head = _table_head(source, parsed, parse)
    limit = len(parsed.data)
    if head is not None:
        parsed = head
    for turn in range(ROUNDS):
        edited = _edited(parsed, limit, close=turn == 0)
        if edited is None:
            break
        data, limit = edited
        parsed = parse(data.decode())
    return parsed


def _held(source: str, line: int) -> int:
    if not line:
        return 0
    last = source[-line:]
    if line <= _MAX_HELD and _MARKS.fullmatch(last):
        return line
    return line if _FENCE.fullmatch(last) else 0


def _is_definition(source: str, parsed: Parsed) -> bool:
    """Tell whether the last line is a paragraph's first, and may define a link."""
    start = source.rfind("\n") + 1
    if not parsed.blocks or not _DEFINITION.fullmatch(source, start):
        return False
    last = parsed.blocks[-1]
    return last.name == "Paragraph" and last.start >= len(source[:start].encode())


def _table_head(source: str, parsed: Parsed, parse: Parse) -> Parsed | None:
    """Parse a line that looks like the head of a table as one, before its second line is there."""
    if not parsed.blocks or parsed.blocks[-1].name != "Paragraph":
        return None
    body = source.removesuffix("\n")
    before, _, line = body.rpartition("\n")
    if not _HEADER.fullmatch(line) or _HEADER.fullmatch(before.rpartition("\n")[2]):
        return None
    cells = line.strip().removeprefix("|")
    cells = cells[:-1] if cells.endswith("|") and not cells.endswith("\\|") else cells
    columns = len(_CELL_END.findall(cells)) + 1
    tried = parse(f"{body}\n|{'---|' * columns}")
    return tried if tried.blocks and tried.blocks[-1].name == "Table" else None


def _edited(parsed: Parsed, limit: int, *, close: bool) -> tuple[bytes, int] | None:
    """Close or hold back what is open at the end; ``None`` where there is nothing to do.

    Gives the new text, and how far it reaches without a head line's delimiters. An opener that
    could not be closed (``close`` is false in later turns) is left out.
    """
    row = Row.last(parsed, limit)
    if row is None:
        return None
    edit = _Edit(row, close=close)
    edit.hold_the_end()
    edit.scan()
    changed = edit.apply()
    if changed is None:
        return None
    return changed, limit + len(changed) - len(parsed.data)


class _Edit:
    def __init__(self, row: Row, *, close: bool) -> None:
        self._row = row
        self._data = row.data
        self._close = close
        self._end = row.end
        self._removed: list[tuple[int, int]] = []
        self._openers: list[Token] = []
        self._tokens = row.tokens()[-_MAX_TOKENS:]

    def hold_the_end(self) -> None:
        """Hold back marks at the very end, which mean nothing yet."""
        before = -1
        for _ in range(_MAX_AT_END):
            if before == self._end:
                break
            before = self._end
            self._end = self._row.strip(self._end)
            blank = self._data[self._end : self._end + 1].isspace()
            last = self._tokens[-1] if self._tokens else None
            if last is not None and last.end == self._end:
                if blank and last.text[:1] in b"*_~":
                    break  # a blank behind it: it opens nothing
                self._tokens.pop()
                self._end = last.start
            else:
                self._hold_text(blank=blank)

    def _hold_text(self, *, blank: bool) -> None:
        piece = self._row.text_before(self._end)
        if piece.endswith(b"\\") and (len(piece) - len(piece.rstrip(b"\\"))) % 2:
            self._end -= 1
        elif blank:
            return
        elif match := _AUTOLINK.search(piece):
            start = self._end - len(piece) + match.start()
            self._removed.append((start, start + len(_LESS)))
            self._tokens = [token for token in self._tokens if token.end <= start]
        elif match := _TAG.search(piece) or _ENTITY.search(piece):
            self._end -= len(piece) - match.start()
        elif piece.endswith(b"!") and (len(piece) == 1 or piece[-2:-1].isspace()):
            self._end -= 1

    def scan(self) -> None:
        """Go through the marks that the parser left as text, from the first on."""
        for token in self._tokens:
            if token.end > self._end:
                break
            mark = token.text[:1]
            if mark in b"*_~":
                self._emphasis(token)
            elif mark == b"[":
                self._bracket(token)
            elif mark == b"`":
                # All behind it is code.
                self._open_or_remove(token)
                break
            elif mark == b"$":
                content = self._data[token.end : self._end].decode(errors="replace")
                if looks_like_formula(token.text, content):
                    self._end = token.start
                    break

    def _emphasis(self, token: Token) -> None:
        if can_open(self._data, token):
            self._open_or_remove(token)

    def _open_or_remove(self, token: Token) -> None:
        if self._close:
            self._openers.append(token)
        else:
            self._removed.append((token.start, token.end))

    def _bracket(self, token: Token) -> None:
        reading, at = read_bracket(self._data, token.end, self._end)
        if reading is Reading.TEXT:
            return
        self._removed.append((self._row.image_start(token), token.end))
        if reading is Reading.LINK:
            self._end = at

    def apply(self) -> bytes | None:
        """Give the text with the marks removed and the openers closed."""
        end = self._row.strip(self._end)
        while self._openers and self._openers[-1].end >= end:
            end = self._row.strip(self._openers.pop().start)
        removed = [(start, stop) for start, stop in self._removed if stop <= end]
        tail = self._data[end : self._row.end]
        if not removed and not self._openers and not tail.strip():
            return None
        out: list[bytes] = []
        at = 0
        for start, stop in sorted(removed):
            out.append(self._data[at:start])
            at = stop
        out.append(self._data[at:end])
        out += [token.text for token in reversed(self._openers)]
        if self._data[end : end + 1].isspace():
            out.append(b" ")  # the next look sees that what is before it has ended
        out.append(self._data[self._row.end :])
        return b"".join(out)
