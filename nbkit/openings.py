"""How a tag begins and goes on, read off its pattern where that is certain.

Two readings make following a tag cheap. Its *literal*: the characters that every match begins
with. Its *body*: what the pattern takes next, of any length, like what stands between the quotes.
While a body runs on, no character but a few can change that the end of the text is reached, so
the pattern itself need not be tried. Where a pattern allows neither reading, it is tried each
time, which is slower and gives the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import regex

from nbkit.syntax import Token

_LITERAL_ESCAPES = {r"\n": "\n", r"\t": "\t", r"\r": "\r"}
_EVERYTHING = frozenset({r"[\s\S]", r"[\S\s]", r"[\d\D]", r"[\D\d]", r"[\w\W]", r"[\W\w]"})
_PLAIN_GROUP = re.compile(r"\((?:\?:|\?>|\?P?<\w+>)?")
_EXCLUSION = re.compile(r"\[\^(\]?(?:[^\[\]\\\-&|~]|\\[^a-zA-Z0-9]|\\[nrt])*)\]")
_HARMLESS_FLAGS = re.compile(r"\(\?[msV01]*\)")
_ANY_NUMBER = frozenset({"*", "+", "*+", "++"})
_AS_FEW = frozenset({"*?", "+?"})


@dataclass(frozen=True, slots=True)
class Body:
    """The run of a tag between its literal and its end.

    ``stops`` are the characters that may change how the tag stands; while none of them arrives,
    it goes on. ``run`` matches as much of a body as is certain; ``overlap`` is how many of its
    last characters are to be looked at again, as they may be the beginning of the tag's end.
    """

    stops: frozenset[str]
    run: re.Pattern[str]
    overlap: int
    escapes: bool

    def follow(self, text: str, at: int) -> int:
        """Go along a body from ``at``: where to go on from later, or -1 if it may have ended."""
        found = self.run.match(text, at)
        reached = found.end() if found else at
        if reached == len(text):
            return max(at, reached - self.overlap)
        if self.escapes and reached == len(text) - 1 and text[reached] == "\\":
            return reached
        return -1


@dataclass(frozen=True, slots=True)
class Opening:
    """How every match of a pattern begins.

    ``conditional`` says that something beside the literal is asked of its place, as by ``^``.
    ``first`` is a character class, in the syntax of ``re``, of what a match can begin with.
    """

    literal: str = ""
    conditional: bool = True
    body: Body | None = None
    first: str = r"[\s\S]"


NOTHING_KNOWN = Opening()


def opening(tokens: Sequence[Token], flags: int) -> Opening:
    """Read how a pattern's matches begin; an empty literal where that is not certain."""
    if flags & (regex.IGNORECASE | regex.FULLCASE) or _alternates(tokens):
        return NOTHING_KNOWN
    at = 0
    conditional = False
    while at < len(tokens) and tokens[at].kind in {"start", "flags"}:
        if tokens[at].kind == "flags" and not _HARMLESS_FLAGS.fullmatch(tokens[at].text):
            return NOTHING_KNOWN
        conditional = conditional or tokens[at].kind == "start"
        at += 1
    literal, at = _literal(tokens, at)
    if not literal:
        return NOTHING_KNOWN
    return Opening(literal, conditional, _body(tokens, at, flags), re.escape(literal[0]))


def _alternates(tokens: Sequence[Token]) -> bool:
    depth = 0
    for token in tokens:
        depth += (token.kind == "open") - (token.kind == "close")
        if token.kind == "or" and depth == 0:
            return True
    return False


def _literal(tokens: Sequence[Token], at: int) -> tuple[str, int]:
    """Read the literal characters from a token on, and where they end."""
    literal: list[str] = []
    while at < len(tokens) and (char := _plain(tokens[at])):
        if at + 1 < len(tokens) and tokens[at + 1].kind == "times":
            break
        literal.append(char)
        at += 1
    return "".join(literal), at


def _plain(token: Token) -> str:
    """Give the one character that a token stands for, or nothing."""
    if token.kind == "char":
        return token.text
    if token.kind != "escape":
        return ""
    if len(token.text) == 2 and not token.text[1].isalnum():
        return token.text[1]
    return _LITERAL_ESCAPES.get(token.text, "")


def _body(tokens: Sequence[Token], at: int, flags: int) -> Body | None:
    while at < len(tokens) and tokens[at].kind == "open":
        if (body := _escaping(tokens, at, flags)) is not None:
            return body
        if not _PLAIN_GROUP.fullmatch(tokens[at].text) or _repeated(tokens, at):
            return None
        at += 1
    times = tokens[at + 1].text if at + 1 < len(tokens) else ""
    excluded = _excluded(tokens[at], flags) if times in _ANY_NUMBER | _AS_FEW else None
    if excluded is None:
        return None
    if times in _ANY_NUMBER:
        return Body(excluded, re.compile(rf"{_none_of(excluded)}*+"), 0, escapes=False)
    at += 2
    while at < len(tokens) and tokens[at].kind == "close":
        at += 1
    end, _ = _literal(tokens, at)
    if not end:
        return None
    run = re.compile(rf"(?:(?!{re.escape(end)}){_none_of(excluded)})*+")
    return Body(excluded | {end[-1]}, run, len(end) - 1, escapes=False)


def _escaping(tokens: Sequence[Token], at: int, flags: int) -> Body | None:
    r"""Read a body of the form ``(?:[^"\\]|\\.)*``, in either order, from its parenthesis on."""
    close = _close(tokens, at)
    if close + 1 >= len(tokens) or tokens[close + 1].text not in _ANY_NUMBER:
        return None
    sides: list[list[Token]] = [[]]
    for token in tokens[at + 1 : close]:
        if token.kind == "or":
            sides.append([])
        else:
            sides[-1].append(token)
    sides.sort(key=lambda side: bool(side) and side[0].text == r"\\")
    match [[(token.kind, token.text) for token in side] for side in sides]:
        case [[("set", _)] | [("set", _), ("times", "+" | "++")], [("escape", r"\\"), escaped]]:
            excluded = _excluded(sides[0][0], flags)
        case _:
            return None
    if excluded is None or "\\" not in excluded or _excluded(sides[1][1], flags) is None:
        return None
    if escaped[0] == "dot" and not flags & regex.DOTALL:
        any_character = "."
    elif escaped[0] == "dot" or escaped[1] in _EVERYTHING:
        any_character = r"[\s\S]"
    else:
        return None
    run = re.compile(rf"(?:{_none_of(excluded)}++|\\{any_character})*+")
    return Body(excluded, run, 0, escapes=True)


def _close(tokens: Sequence[Token], at: int) -> int:
    depth = 0
    for index in range(at, len(tokens)):
        depth += (tokens[index].kind == "open") - (tokens[index].kind == "close")
        if depth == 0:
            return index
    return len(tokens)


def _repeated(tokens: Sequence[Token], at: int) -> bool:
    after = _close(tokens, at) + 1
    return after < len(tokens) and tokens[after].kind == "times"


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
    return frozenset(_LITERAL_ESCAPES.get(piece, piece[-1]) for piece in spelled)


def _none_of(characters: frozenset[str]) -> str:
    return f"[^{re.escape(''.join(sorted(characters)))}]" if characters else r"[\s\S]"
