"""Content codings undone within bounds, so that a small answer cannot become a great one."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

_STEP = 65_536  # bytes that are inflated at a time
_AFTER = 65_536  # bytes that may follow the end of the coded content, and are passed over


class Inflater:
    """Undoes ``gzip`` and ``deflate``, a bounded piece at a time.

    Raises
    ------
    ValueError
        For a coding that is neither of them nor ``identity``.
    """

    def __init__(self, coding: str) -> None:
        names = {name.strip().lower() for name in coding.split(",")} - {"", "identity"}
        if not names <= {"gzip", "x-gzip", "deflate"} or len(names) > 1:
            raise ValueError(f"the answer is coded as {coding!r}, which was not asked for")
        self._inflater: zlib._Decompress | None = None
        if names - {"deflate"}:
            self._inflater = zlib.decompressobj(31)  # gzip's header, the largest window
        self._plain = not names
        self._head = b""
        self._after = 0

    @property
    def is_coded(self) -> bool:
        """Whether there is anything to undo."""
        return not self._plain

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Give the content of the next bytes, in pieces of a bounded size.

        Raises
        ------
        ValueError
            If they are not of the coding.
        """
        if self._plain:
            if data:
                yield data
            return
        if self._inflater is None:
            data = self._head = self._head + data
            if len(data) < 2:
                return
            # Some servers mean the bare format by "deflate", without zlib's header (RFC 1950).
            is_zlib = data[0] & 15 == 8 and (data[0] << 8 | data[1]) % 31 == 0
            self._inflater = zlib.decompressobj(15 if is_zlib else -15)
        full = False
        while (data or full) and not self._inflater.eof:
            try:
                piece = self._inflater.decompress(data, _STEP)
            except zlib.error as error:
                raise ValueError(f"the answer's compression is broken: {error}") from error
            data = self._inflater.unconsumed_tail
            full = len(piece) == _STEP  # more may come, though all has been read
            if piece:
                yield piece
        self._pass_over(data)

    def _pass_over(self, data: bytes) -> None:
        """Let go of what follows the end, which zlib would keep for ever."""
        self._after += len(data)
        if self._after > _AFTER:
            raise ValueError("the answer goes on after the end of its compressed content")

    def finish(self) -> None:
        """Check that the coded content has come to its end; ``ValueError`` if not."""
        if self.is_coded and (self._inflater is None or not self._inflater.eof):
            raise ValueError("the answer's compressed content ends before its end")
