"""A text that grows by pieces of a few characters, kept in few strings."""

from __future__ import annotations

_PIECES = 1_024


class GrowingText:
    """Takes pieces at the end, and gives the whole by ``str``.

    A string of four characters takes fifty bytes: pieces are joined, many at a time, so that a
    text takes about its own length, and a piece costs the same however many came before.
    """

    __slots__ = ("_fresh", "_joined")

    def __init__(self) -> None:
        self._joined: list[str] = []
        self._fresh: list[str] = []

    def append(self, piece: str) -> None:
        """Add a piece."""
        self._fresh.append(piece)
        if len(self._fresh) == _PIECES:
            self._joined.append("".join(self._fresh))
            self._fresh.clear()

    def __str__(self) -> str:
        # Kept, so that who asks again gets the same string.
        if self._fresh or len(self._joined) != 1:
            self._joined = ["".join((*self._joined, *self._fresh))]
            self._fresh.clear()
        return self._joined[0]
