"""Prompt patterns: regular expressions that can be followed in a text that still grows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from enum import Enum
from functools import lru_cache
from typing import Final

import regex

from nbkit._detector.openings import opening
from nbkit._detector.syntax import Token, observant, tokens
from nbkit.errors import PatternError

DEFAULT_PATTERNS: tuple[str, ...] = (
    r'<!--img-prompt="((?:[^"\\]++|\\[\s\S])*+)"\s*+-->',
    r'<img_prompt="((?:[^"\\]++|\\[\s\S])*+)"\s*+>',
)
"""``<!--img-prompt="…"-->`` and ``<img_prompt="…">``; a backslash escapes a quote."""

TIMEOUT: Final = 1.0
"""Seconds that a pattern may take beyond what the length of the text explains."""

_UNFIT_FLAGS = {
    regex.REVERSE: "searches backwards",
    regex.POSIX: "asks for the longest match",
    regex.BESTMATCH: "asks for the best match",
    regex.ENHANCEMATCH: "asks for a better match",
    regex.WORD: "asks for Unicode's word boundaries",
    regex.LOCALE: "depends on the locale",
}
_UNFIT = {
    r"\G": "asks where the search began",
    r"\K": "moves the start of its match",
    "(?R)": "calls itself as a whole",
    "(?0)": "calls itself as a whole",
    "(*SKIP)": "skips text",
}
_COST = r"(?:(?:\d+<=?)?[ides](?:<=?\d+)?|\d*[ids](?:\+\d*[ids])*<=?\d+)"
_APPROXIMATE = re.compile(rf"(?<!\\)(?<!\\[pPN])\{{{_COST}(?:,{_COST})*(?::[^}}]*)?\}}")
_LOOKS_BEHIND = frozenset({"(?<=", "(?<!"})
_BOUNDARIES = frozenset({r"\b", r"\B", r"\m", r"\M"})


Found = tuple[int, str]
"""A match: where it ends, and its prompt, empty if blank."""


class Verdict(Enum):
    """What can be said of a place in a text where no match has been found."""

    NO = "no match begins here, whatever follows"
    OPEN = "what follows decides"


NO: Final = Verdict.NO
OPEN: Final = Verdict.OPEN


class PromptPattern:
    """One pattern, as it was given and as it can be followed.

    ``opening`` is what its matches begin with; ``looks_behind`` says whether it asks for more
    than one character before them.

    Raises
    ------
    PatternError
        If the pattern is not a regular expression, or cannot be followed in a growing text.
    """

    __slots__ = ("_matcher", "_observer", "_quoted", "looks_behind", "opening", "source")

    def __init__(self, source: str) -> None:
        self.source = source
        self._quoted = source in DEFAULT_PATTERNS
        self._matcher = self._compile(source)
        flags = self._matcher.flags
        verbose, version1 = bool(flags & regex.VERBOSE), bool(flags & regex.VERSION1)
        pieces = list(tokens(source, verbose=verbose, nested_sets=version1))
        self._check(pieces)
        followed = observant(
            source,
            verbose=verbose,
            nested_sets=version1,
            full_case=bool(flags & regex.FULLCASE),
        )
        # An atomic group that must fail after its first success: partial matching then reports
        # exactly that some way to this success, or to having none, leads to the end of the text.
        self._observer = self._compile(f"(?>{followed})(?!)")
        self.opening = opening(pieces, flags)
        self.looks_behind = any(piece.text in _LOOKS_BEHIND for piece in pieces)
        if not self.opening.literal:
            self.opening = replace(self.opening, first=self._first(pieces))

    def match(self, text: str, at: int, window: int, *, final: bool) -> Found | Verdict:
        """Say what begins at a place of a text.

        ``window`` is how long a match may be, in characters; ``final`` says that no more text
        comes. Without it, a place with less than the window behind it may be ``OPEN``.

        Raises
        ------
        PatternError
            If the pattern takes too long.
        """
        end = min(len(text), at + window + 1)
        begin = max(0, at - window) if self.looks_behind else 0
        if begin or (self.looks_behind and end < len(text)):
            text, at, end = text[begin:end], at - begin, end - begin
        try:
            if (
                not final
                and len(text) <= at + window
                and self._observer.match(text, at, partial=True, timeout=TIMEOUT)
            ):
                return OPEN
            found = self._matcher.match(text, at, end, timeout=TIMEOUT)
        except TimeoutError as error:
            raise self.too_slow() from error
        except (MemoryError, RecursionError) as error:
            raise self._error("ran out of memory") from error
        if found is None or not at < found.end() <= at + window:
            return NO
        return found.end() + begin, self._prompt(found)

    def too_slow(self) -> PatternError:
        """Make the error that says that this pattern takes too long."""
        return self._error("takes too long to match: the time grows faster than the text")

    def prompt_in(self, text: str, at: int, end: int, body_at: int, body_end: int) -> str:
        """Give the prompt of a tag that was followed along its body."""
        return self._trim(text[body_at:body_end] if self._matcher.groups else text[at:end])

    def _prompt(self, found: regex.Match[str]) -> str:
        if not self._matcher.groups:
            return self._trim(found[0])
        return self._trim(next((group for group in found.groups() if group is not None), ""))

    def _trim(self, prompt: str) -> str:
        if self._quoted and "\\" in prompt:
            prompt = prompt.replace('\\"', '"')
        return prompt.strip()

    def _first(self, pieces: list[Token]) -> str:
        """Find out by trying which characters a match can begin with."""
        if self.looks_behind or any(piece.text in _BOUNDARIES for piece in pieces):
            return self.opening.first
        possible = "".join(filter(self._may_begin_with, map(chr, range(128))))
        return rf"[{re.escape(possible)}\x80-\U0010FFFF]"

    def _may_begin_with(self, char: str) -> bool:
        # What stands before matters to anchors only, here: nothing, a line's end, or neither.
        return any(
            self.match(before + char, len(before), 2, final=False) is not NO
            for before in ("", "\n", " ")
        )

    def _compile(self, spelling: str) -> regex.Pattern[str]:
        try:
            return regex.compile(spelling, regex.MULTILINE)
        except (regex.error, ArithmeticError, MemoryError, RecursionError, ValueError) as error:
            raise self._error(f"is invalid: {error}") from error

    def _check(self, pieces: list[Token]) -> None:
        unfit = [why for flag, why in _UNFIT_FLAGS.items() if self._matcher.flags & flag]
        unfit += [_UNFIT[piece.text] for piece in pieces if piece.text in _UNFIT]
        if _APPROXIMATE.search(re.sub(r"\s", "", self.source)):
            unfit.append("matches approximately")
        if unfit:
            raise self._error(f"{unfit[0]}, which cannot be followed in a growing text")

    def _error(self, what: str) -> PatternError:
        return PatternError(f"the prompt pattern {self.source!r} {what}", pattern=self.source)


def sources_of(patterns: object) -> list[str]:
    """Give back a sequence of patterns; ``TypeError`` for anything else."""
    if isinstance(patterns, Iterable) and not isinstance(patterns, str):
        sources = list(patterns)
        wrong = [f"one of {type(each).__name__}" for each in sources if not isinstance(each, str)]
        if not wrong:
            return sources
    else:
        wrong = [f"just {type(patterns).__name__}"]
    raise TypeError(f"patterns is a sequence of regular expressions as strings, not {wrong[0]}")


@lru_cache(maxsize=256)
def compiled(source: str) -> PromptPattern:
    """Make a pattern, or give the one that was made before."""
    return PromptPattern(source)
