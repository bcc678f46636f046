"""Content codings undone within bounds, so that a small answer cannot become a great one."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

_STEP = 65_536  # bytes that are inflated at a time


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
        self._deflate = names == {"deflate"}
        # 32 + 15: zlib or gzip, as its header says, with the largest window.
        self._inflater = zlib.decompressobj(47) if names else None
        self._begun = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Give the content of the next bytes, in pieces of a bounded size.

        Raises
        ------
        ValueError
            If they are not of the coding.
        """
        if self._inflater is None:
            if data:
                yield data
            return
        while data:
            piece = self._inflate(data)
            data = self._inflater.unconsumed_tail
            if piece:
                yield piece

    def _inflate(self, data: bytes) -> bytes:
        assert self._inflater is not None  # noqa: S101 - only called where there is one
        try:
            piece = self._inflater.decompress(data, _STEP)
        except zlib.error as error:
            if self._deflate and not self._begun:
                # Some servers mean the bare format, without zlib's header.
                self._begun = True
                self._inflater = zlib.decompressobj(-15)
                return self._inflate(data)
            raise ValueError(f"the answer's compression is broken: {error}") from error
        self._begun = True
        return piece

    def finish(self) -> None:
        """Check that the coded content has come to its end; ``ValueError`` if not."""
        if self._inflater is not None and self._begun and not self._inflater.eof:
            raise ValueError("the answer's compressed content ends before its end")
