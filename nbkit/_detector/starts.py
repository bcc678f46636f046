"""Where in a text tags may begin: a search that skips everything else at the speed of C."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from nbkit._detector.bodies import unfinished
from nbkit._detector.openings import Opening


class Starts:
    """Finds the places where a match of some pattern may begin, given how each begins.

    ``none_in(delta)`` says that no match begins in a delta; it may miss that, never err.
    ``begun`` maps what a text may end with, a literal that has only begun, to the index of its
    opening and what is missing of it, where that is all that can be said of the place.
    """

    __slots__ = ("_search", "begun", "none_in")

    def __init__(self, openings: Sequence[Opening]) -> None:
        spellings = [_spelling(opening) for opening in openings]
        self._search = re.compile("|".join(spellings) or r"(?!)").search
        self.none_in: Callable[[str], bool] = self._finds_none
        self.begun: dict[str, tuple[int, str]] = {}
        if all(opening.literal for opening in openings):
            self.none_in = frozenset(opening.literal[0] for opening in openings).isdisjoint
            self.begun = _beginnings(openings)

    def search(self, text: str, at: int) -> int:
        """Find the next place from one on; the end of the text if there is none."""
        found = self._search(text, at)
        return found.start() if found else len(text)

    def _finds_none(self, delta: str) -> bool:
        return self._search(delta) is None


def _spelling(opening: Opening) -> str:
    """Spell what a match begins with, or the beginning of that at the end of the text."""
    return unfinished(opening.literal) if opening.literal else opening.first


def _beginnings(openings: Sequence[Opening]) -> dict[str, tuple[int, str]]:
    found: dict[str, tuple[int, str]] = {}
    unsure: set[str] = set()
    for index, opening in enumerate(openings):
        for length in range(1, len(opening.literal)):
            begun, rest = opening.literal[:length], opening.literal[length:]
            if begun in found or begun in unsure:
                continue
            earlier = openings[:index]
            if opening.conditional or any(begun.startswith(o.literal) for o in earlier):
                unsure.add(begun)
            else:
                found[begun] = index, rest
    return found
