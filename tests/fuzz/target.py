"""What a fuzz target is: a function of bytes that returns, or finds a law broken."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

Check = Callable[[bytes], None]


@dataclass(frozen=True)
class Target:
    """Bytes that come from outside, and the parser that reads them.

    ``seeds()`` gives what a peer that means well would send. ``examples`` is how many inputs a
    test run makes up: as many as take about a second.
    """

    name: str
    check: Check
    seeds: Callable[[], Iterable[bytes]]
    examples: int

    def corpus(self) -> list[bytes]:
        """Give the seeds, the shortest first."""
        return sorted({b"", *self.seeds()}, key=lambda seed: (len(seed), seed))


TARGETS: dict[str, Target] = {}
"""All there are, by name."""


def target(*, seeds: Callable[[], Iterable[bytes]], examples: int) -> Callable[[Check], Check]:
    """Make a target of a function, under its name."""

    def register(check: Check) -> Check:
        TARGETS[check.__name__] = Target(check.__name__, check, seeds, examples)
        return check

    return register
