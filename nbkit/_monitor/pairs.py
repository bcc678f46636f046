"""Surrogate pairs that were cut in two, joined again."""

from __future__ import annotations

import re

_SURROGATE = re.compile("[\ud800-\udfff]")
_HIGH = re.compile("[\ud800-\udbff]\\Z")


class Pairs:
    r"""Makes deltas text that can be stored and sent.

    A provider that cuts its JSON between the halves of ``\ud83e\udd8a`` gives two deltas that are
    each no text: the first half is held back until the other comes. A half that stays alone
    becomes U+FFFD.
    """

    def __init__(self) -> None:
        self.half = ""
        """What is held back; while it is empty, what :meth:`feed` gives for ASCII is the same."""

    def feed(self, delta: str) -> str:
        """Take the next delta and give it back as text."""
        if not self.half and (delta.isascii() or _SURROGATE.search(delta) is None):
            return delta
        delta = self.half + delta
        high = _HIGH.search(delta)
        self.half = high.group() if high else ""
        return _joined(delta[: len(delta) - len(self.half)])

    def flush(self) -> str:
        """Give what is held back: there is no other half."""
        half, self.half = self.half, ""
        return _joined(half)


def _joined(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
