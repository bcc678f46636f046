"""A text that grows by pieces of a few characters, kept in about its own length."""

from __future__ import annotations

_PIECES = 1_024


class GrowingText:
    """Takes pieces at the end, and gives the whole by ``str``.

    A string of four characters takes fifty bytes, and one dash makes a string of any length take
    two bytes a character, or four: the text is kept in UTF-8, and is put together when it is
    asked for. A piece costs the same however many came before.
    """

    __slots__ = ("_data", "_fresh")

    def __init__(self, text: str = "") -> None:
        self._data = bytearray()
        self._fresh = [text] if text else []

    def append(self, piece: str) -> None:
        """Add a piece."""
        self._fresh.append(piece)
        if len(self._fresh) == _PIECES:
            self._settle()

    def __str__(self) -> str:
        self._settle()
        return self._data.decode("utf-8", "surrogatepass")

    def _settle(self) -> None:
        # Halves of pairs pass through as what they are: a reply may have them.
        self._data += "".join(self._fresh).encode("utf-8", "surrogatepass")
        self._fresh.clear()
