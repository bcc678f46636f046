r"""The syntax of regular expressions, as far as following one in a growing text needs it.

Partial matching of the ``regex`` module tells that a match touched the end of the text, but it
passes over ``$``, ``\b`` and their kin there, and over a repeated group that might have gone
round once more. :func:`observant` spells a pattern so that all of these ask for the next
character, and the end is noticed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "char", "set", "dot", "escape", "start", "end", "open", "close", "or", "times", "call", "flags"
]

_NEXT = r"(?=[\s\S])"
_PASSING = rf"(?>{_NEXT}|)"
_PAST_NEWLINE = r"(?=(?>\n?)[\s\S])"

_COMMENT = re.compile(r"\(\?#[^)]*\)")
_CALL = re.compile(r"\(\?(?:P[=>]\w+|&\w+|R|[+-]?\d+)\)|\(\*[A-Z]+\)")
_FLAGS = re.compile(r"\(\?[a-zA-Z0-9]*(?:-[a-z]+)?\)")
_OPEN = re.compile(
    r"\(\?\(\w+\)|\(\?(?=\()|\(\?[a-zA-Z0-9]*(?:-[a-z]+)?:|\(\?(?:P?<\w+>|<=|<!|=|!|>|\|)|\("
)
_ESCAPE = re.compile(r"\\(?:[pPN]\{[^}]*\}|[gL]<[^>]*>|[1-9]\d?|x[0-9a-fA-F]{2}|[\s\S])")
_TIMES = re.compile(r"(?:[*+?]|\{\d*,?\d*\})[+?]?")
_SPELLINGS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("escape", _ESCAPE),
    ("call", _CALL),
    ("flags", _FLAGS),
    ("open", _OPEN),
    ("times", _TIMES),
)
_MARKS: dict[str, Kind] = {")": "close", ".": "dot", "^": "start", "$": "end", "|": "or"}

_ONE_CHARACTER = re.compile(r"\\(?:[pPN]\{[^}]*\}|[dDsSwWhHvVnrtfa]|x[0-9a-fA-F]{2}|[^a-zA-Z0-9])")
_SETTLED = re.compile(r"\?|\{\d+\}")
LITERAL_ESCAPES = {r"\n": "\n", r"\t": "\t", r"\r": "\r"}
"""The escapes of single characters that are no punctuation."""

_BOUNDARIES = frozenset({r"\b", r"\B", r"\m", r"\M", r"\Z", r"\z"})


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a pattern's source."""

    kind: Kind
    text: str


def tokens(source: str, *, verbose: bool = False, nested_sets: bool = False) -> Iterator[Token]:
    """Take a valid pattern apart, leaving out comments and the blanks of verbose mode."""
    modes = [verbose]
    at = 0
    while at < len(source):
        char = source[at]
        if modes[-1] and char.isspace():
            at += 1
            continue
        if modes[-1] and char == "#":
            at = (source.find("\n", at) + 1) or len(source)
            continue
        if comment := _COMMENT.match(source, at):
            at = comment.end()
            continue
        token = _token(source, at, nested_sets=nested_sets)
        if token.kind == "open":
            modes.append(_verbose_within(token.text, outer=modes[-1]))
        elif token.kind == "close" and len(modes) > 1:
            modes.pop()
        at += len(token.text)
        yield token


def observant(
    source: str, *, verbose: bool = False, nested_sets: bool = False, full_case: bool = False
) -> str:
    """Spell a pattern so that partial matching notices whatever looks at the end of the text.

    It matches as before wherever a character follows what it looked at. The result is meant for
    partial matching alone: at the end of the text its anchors do not hold.
    """
    next_of_end = _PAST_NEWLINE if re.search(r"\(\?[a-zA-Z0-9]*-[a-z]*m", source) else _NEXT
    # A look-behind hides the end from partial matching, so it is asked for in front of it.
    bounded = re.search(r"\\[bBmMZzX]|\$", source) is not None
    out: list[str] = []
    single = lazy = False
    for token in tokens(source, verbose=verbose, nested_sets=nested_sets):
        text = token.text
        if token.kind == "end":
            out.append(f"(?:{next_of_end}$)")
        elif token.kind == "escape" and text in _BOUNDARIES:
            out.append(f"(?:{_NEXT}{text})")
        elif token.kind == "escape" and text == r"\X":
            out.append(rf"(?:\X{_NEXT})")
        elif token.kind == "open" and text in {"(?<=", "(?<!"}:
            out.append((_NEXT if bounded else _PASSING if lazy else "") + text)
        elif token.kind == "start" and lazy:
            out.append(_PASSING + text)
        elif token.kind == "times" and not single and not _SETTLED.match(text):
            out.append(text + _PASSING)
        elif token.kind == "char" and verbose and not text.isalpha():
            # Blanks between the tokens are gone: "\\1 0" must not become "\\10".
            out.append(f"[{re.escape(text)}]")
        else:
            out.append(text)
        lazy = lazy or (token.kind == "times" and len(text) > 1 and text.endswith("?"))
        single = not full_case and _is_single(token)
    return "".join(out)


def literal_from(tokens: Sequence[Token], at: int) -> tuple[str, int]:
    """Read the characters that tokens stand for one by one, and where that ends."""
    literal: list[str] = []
    while at < len(tokens) and (char := _one_character(tokens[at])):
        if at + 1 < len(tokens) and tokens[at + 1].kind == "times":
            break
        literal.append(char)
        at += 1
    return "".join(literal), at


def singles_from(tokens: Sequence[Token], at: int) -> int:
    """Count the tokens from one on that match exactly one character each."""
    end = at
    while end < len(tokens) and _is_single(tokens[end]):
        if end + 1 < len(tokens) and tokens[end + 1].kind == "times":
            break
        end += 1
    return end - at


def _is_single(token: Token) -> bool:
    if token.kind == "escape":
        return _ONE_CHARACTER.fullmatch(token.text) is not None
    return token.kind in {"char", "set", "dot"}


def _one_character(token: Token) -> str:
    if token.kind == "char":
        return token.text
    if token.kind == "escape" and len(token.text) == 2 and not token.text[1].isalnum():
        return token.text[1]
    return LITERAL_ESCAPES.get(token.text, "")


def _token(source: str, at: int, *, nested_sets: bool) -> Token:
    char = source[at]
    if char == "[":
        return Token("set", source[at : _set_end(source, at, nested=nested_sets)])
    for kind, pattern in _SPELLINGS:
        if found := pattern.match(source, at):
            return Token(kind, found[0])
    return Token(_MARKS.get(char, "char"), char)


def _read(pattern: re.Pattern[str], source: str, at: int) -> str:
    found = pattern.match(source, at)
    return found[0] if found else source[at]


def _set_end(source: str, at: int, *, nested: bool) -> int:
    at += 2 if source.startswith("[^", at) else 1
    if source.startswith("]", at):
        at += 1
    while at < len(source) and source[at] != "]":
        if source[at] == "\\":
            at += len(_read(_ESCAPE, source, at))
        elif source.startswith("[:", at) and (close := source.find(":]", at)) > 0:
            at = close + 2
        elif source[at] == "[" and nested:
            at = _set_end(source, at, nested=True)
        else:
            at += 1
    return at + 1


def _verbose_within(opening: str, *, outer: bool) -> bool:
    if not opening.endswith(":"):
        return outer
    on, _, off = opening[2:-1].partition("-")
    return ("x" in on or outer) and "x" not in off
