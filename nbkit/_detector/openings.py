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

from nbkit._detector.bodies import Body, body
from nbkit._detector.syntax import Token, literal_from, singles_from

_HARMLESS = re.compile(r"\^|\(\?[imsV01]*\)")


@dataclass(frozen=True, slots=True)
class Opening:
    """How every match of a pattern begins.

    ``conditional`` says that something beside the literal is asked of its place, as by ``^``.
    ``body`` comes ``body_at`` characters after the beginning, which may be more than the literal.
    ``first`` is a character class, in the syntax of ``re``, of what a match can begin with, where
    there is no literal.
    """

    literal: str = ""
    conditional: bool = True
    body: Body | None = None
    body_at: int = 0
    first: str = r"[\s\S]"

    @property
    def certain(self) -> bool:
        """Whether a tag that has its literal has come to its body."""
        return not self.conditional and self.body_at == len(self.literal)


def opening(tokens: Sequence[Token], flags: int) -> Opening:
    """Read how a pattern's matches begin; an empty literal where that is not certain."""
    if flags & regex.FULLCASE or _alternates(tokens):
        return Opening()
    at = 0
    conditional = False
    while at < len(tokens) and tokens[at].kind in {"start", "flags"}:
        if not _HARMLESS.fullmatch(tokens[at].text):
            return Opening()
        conditional = conditional or tokens[at].kind == "start"
        at += 1
    literal = "" if flags & regex.IGNORECASE else literal_from(tokens, at)[0]
    body_at = singles_from(tokens, at)
    return Opening(
        literal,
        conditional or not literal,
        body(tokens, at + body_at, flags),
        body_at,
    )


def _alternates(tokens: Sequence[Token]) -> bool:
    depth = 0
    for token in tokens:
        depth += (token.kind == "open") - (token.kind == "close")
        if token.kind == "or" and depth == 0:
            return True
    return False
