"""What stands in a tag between its beginning and its end, read off the tokens of its pattern."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import regex

from nbkit._detector.syntax import LITERAL_ESCAPES, Token, literal_from

_EVERYTHING = frozenset({r"[\s\S]", r"[\S\s]", r"[\d\D]", r"[\D\d]", r"[\w\W]", r"[\W\w]"})
_EXCLUSION = re.compile(r"\[\^(\]?(?:[^\[\]\\\-&|~]|\\[^a-zA-Z0-9]|\\[nrt])*)\]")
_PLAIN_GROUP = re.compile(r"\((?:\?:|\?>|\?P?<\w+>)?")
_BLANKS = r"[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
_GREEDY = frozenset({"*", "+", "*+", "++"})
_LAZY = frozenset({"*?", "+?"})


INSIDE: Final = -1
"""The body goes on."""

CLOSING: Final = -2
"""The body has ended, and the tail has begun."""

NO_TAG: Final = -3
"""Something else than the tail follows the body."""

UNKNOWN: Final = -4
"""The body may have ended: ask the pattern."""


@dataclass(frozen=True, slots=True)
class Body:
    """The run of a tag after its literal, of any length.

    While none of ``stops`` arrives, it goes on. ``shape`` matches what is left of a body, and of
    the tail where ``closes`` says that it is known and ends the pattern: group 1 is where the
    body ends, group 2 takes part where the tag is whole. ``least`` is the least length of a body;
    ``overlap`` is how many of its last characters may turn out to begin the tail.
    """

    stops: frozenset[str]
    shape: re.Pattern[str]
    closes: bool
    least: int = 0
    overlap: int = 0

    def follow(self, text: str, begin: int, at: int) -> tuple[int, int]:
        """Go along a body that began at ``begin`` and is known to run up to ``at``.

        Gives where the body ends, or is to be followed from the next time; and where the tag
        ends, or how it stands instead: ``INSIDE``, ``CLOSING``, ``NO_TAG`` or ``UNKNOWN``.
        """
        found = self.shape.match(text, at)
        if found is None:
            return at, NO_TAG if self.closes else UNKNOWN
        stop, end = found.end(1), found.end()
        whole = found.lastindex == 2
        if not whole and (stop == end or text[stop] == "\\"):
            return max(at, stop - self.overlap), INSIDE
        if stop - begin < self.least:
            return stop, NO_TAG
        return stop, end if whole else CLOSING


def unfinished(literal: str, then: str = "") -> str:
    r"""Spell for ``re`` a literal and what comes ``then``, or as much as the text ends with."""
    spelled = re.escape(literal[-1]) + then
    for char in reversed(literal[:-1]):
        spelled = rf"{re.escape(char)}(?:{spelled}|\Z)"
    return spelled


def body(tokens: Sequence[Token], at: int, flags: int) -> Body | None:
    """Read the body of a pattern that begins with a literal, from the end of that on."""
    opens: list[str] = []
    run = _run(tokens, at, flags)
    while run is None and at < len(tokens) and tokens[at].kind == "open":
        if not _PLAIN_GROUP.fullmatch(tokens[at].text) or _repeated(tokens, _close(tokens, at)):
            return None
        opens.append(tokens[at].text)
        at += 1
        run = _run(tokens, at, flags)
    if run is None:
        return None
    after, closing = run.after, len(opens)
    while closing and tokens[after].kind == "close":
        after, closing = after + 1, closing - 1
    tail, after = literal_from(tokens, after)
    if flags & regex.IGNORECASE:
        if any(map(_is_cased, run.excluded)):
            return None
        # What has two cases is left to the pattern; the rest of the tail is as good as its stop.
        caseless = "".join(itertools.takewhile(lambda char: not _is_cased(char), tail))
        tail, after = caseless, after if caseless == tail else len(tokens) + 1
    if run.lazy:
        return _lazy(run, opens, tail, whole=closing == 0 and after == len(tokens))
    blanks = _BLANKS + "*+" if _may_be_blank(tokens, after) else ""
    end, after = literal_from(tokens, after + 2) if blanks else ("", after)
    closes = (
        run.captures
        and closing == 0
        and after == len(tokens)
        and tail[:1] in run.excluded - {"\\"}
        and not (blanks and (not end or end[0].isspace()))
        and not (flags & regex.IGNORECASE and any(map(_is_cased, end)))
    )
    open_end = r"\\?\Z" if run.escapes else r"\Z"
    if closes:
        then = rf"{blanks}(?:{unfinished(end, '()')}|\Z)" if blanks else "()"
        open_end += "|" + unfinished(tail, then)
    shape = re.compile(rf"(?:{run.spelling})*+()(?:{open_end})")
    return Body(run.excluded, shape, closes, run.least)


def _lazy(run: _Run, opens: Sequence[str], tail: str, *, whole: bool) -> Body | None:
    """Read a body that ends at the first place where the tail is, or is tried there."""
    if not tail or "(?>" in opens:
        return None
    # A run that stops inside the tail would not tell whether the tail has begun.
    stops_within = run.excluded.intersection(tail[1:]) and tail[0] not in run.excluded
    closes = whole and run.least == 0 and tail[0] != "\\" and not stops_within
    open_end = rf"\Z|{unfinished(tail, '()')}" if closes else r"\Z"
    shape = re.compile(rf"(?:(?!{re.escape(tail)}){run.spelling})*+()(?:{open_end})")
    return Body(run.excluded | {tail[-1]}, shape, closes, overlap=len(tail) - 1)


@dataclass(frozen=True, slots=True)
class _Run:
    """A repeated token or group: what it does not match, how ``re`` spells one round of it."""

    excluded: frozenset[str]
    spelling: str
    after: int
    least: int
    lazy: bool = False
    escapes: bool = False
    captures: bool = True


def _run(tokens: Sequence[Token], at: int, flags: int) -> _Run | None:
    if at >= len(tokens):
        return None
    end = _close(tokens, at)
    times = tokens[end + 1].text if _repeated(tokens, end) else ""
    least = int(times.startswith("+"))
    if tokens[at].kind == "open":
        escaping = _escaping(tokens[at + 1 : end], flags) if times in _GREEDY else None
        if escaping is None or not _PLAIN_GROUP.fullmatch(tokens[at].text):
            return None
        # A repeated capture holds its last round, which is no prompt.
        captures = tokens[at].text in {"(?:", "(?>"}
        return _Run(*escaping, end + 2, least, escapes=True, captures=captures)
    excluded = _excluded(tokens[at], flags)
    if excluded is None or times not in _GREEDY | _LAZY:
        return None
    return _Run(excluded, _none_of(excluded), end + 2, least, lazy=times in _LAZY)


def _escaping(tokens: Sequence[Token], flags: int) -> tuple[frozenset[str], str] | None:
    r"""Read one round of ``(?:[^"\\]|\\.)*``, in either order."""
    sides: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind == "or":
            sides.append([])
        else:
            sides[-1].append(token)
    sides.sort(key=lambda side: bool(side) and side[0].text == r"\\")
    match [[(token.kind, token.text) for token in side] for side in sides]:
        case [[("set", _)] | [("set", _), ("times", "+" | "++")], [("escape", r"\\"), _]]:
            excluded, unescaped = _excluded(sides[0][0], flags), _excluded(sides[1][1], flags)
        case _:
            return None
    if excluded is None or "\\" not in excluded or unescaped is None or len(unescaped) > 1:
        return None
    return excluded, rf"{_none_of(excluded)}++|\\{_none_of(unescaped)}"


def _may_be_blank(tokens: Sequence[Token], at: int) -> bool:
    return (
        at + 1 < len(tokens)
        and tokens[at].text == r"\s"
        and tokens[at + 1].text in {"*", "*+", "*?"}
    )


def _close(tokens: Sequence[Token], at: int) -> int:
    """Say where the group that opens here closes; what is no group ends where it is."""
    depth = 0
    for index in range(at, len(tokens)):
        depth += (tokens[index].kind == "open") - (tokens[index].kind == "close")
        if depth == 0:
            return index
    return len(tokens)


def _repeated(tokens: Sequence[Token], at: int) -> bool:
    return at + 1 < len(tokens) and tokens[at + 1].kind == "times"


def _excluded(token: Token, flags: int) -> frozenset[str] | None:
    """Tell which few characters a token does not match, or ``None`` where they are not few."""
    if token.kind == "dot":
        return frozenset() if flags & regex.DOTALL else frozenset("\n")
    if token.kind != "set":
        return None
    if token.text in _EVERYTHING:
        return frozenset()
    if not (found := _EXCLUSION.fullmatch(token.text)):
        return None
    spelled = re.findall(r"\\[\s\S]|[\s\S]", found[1])
    return frozenset(LITERAL_ESCAPES.get(piece, piece[-1]) for piece in spelled)


def _is_cased(char: str) -> bool:
    return char.lower() != char.upper()


def _none_of(characters: frozenset[str]) -> str:
    return f"[^{re.escape(''.join(sorted(characters)))}]" if characters else r"[\s\S]"
