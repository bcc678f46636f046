"""How a tag begins, read off its pattern where that is certain.

Two readings make following a tag cheap. Its *literal*: the characters that every match begins
with. Its *body*: what the pattern takes next, of any length, like what stands between the quotes.
While a body runs on, only a few characters can change how the tag stands, so nothing need be
tried until one of them arrives. Where a pattern allows no such reading, the pattern itself is
tried each time, which is slower and says the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import regex

from nbkit.bodies import Body, body
from nbkit.syntax import Token, literal_from

_HARMLESS_FLAGS = re.compile(r"\(\?[msV01]*\)")


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


def opening(tokens: Sequence[Token], flags: int) -> Opening:
    """Read how a pattern's matches begin; an empty literal where that is not certain."""
    if flags & (regex.IGNORECASE | regex.FULLCASE) or _alternates(tokens):
        return Opening()
    at = 0
    conditional = False
    while at < len(tokens) and tokens[at].kind in {"start", "flags"}:
        if tokens[at].kind == "flags" and not _HARMLESS_FLAGS.fullmatch(tokens[at].text):
            return Opening()
        conditional = conditional or tokens[at].kind == "start"
        at += 1
    literal, at = literal_from(tokens, at)
    if not literal:
        return Opening()
    return Opening(literal, conditional, body(tokens, at, flags), re.escape(literal[0]))


def _alternates(tokens: Sequence[Token]) -> bool:
    depth = 0
    for token in tokens:
        depth += (token.kind == "open") - (token.kind == "close")
        if token.kind == "or" and depth == 0:
            return True
    return False
