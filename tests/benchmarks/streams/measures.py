"""What a run of a contestant is measured by."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.streams.reply import shown


@dataclass(frozen=True)
class Task:
    """Which reply, how fast: tokens a second, 0 for all at once."""

    name: str
    tokens: list[str]
    rate: float

    @property
    def size(self) -> int:
        """Bytes of text."""
        return len("".join(self.tokens).encode())


@dataclass(frozen=True)
class Cost:
    """What one run took.

    ``kernel`` and ``page`` are seconds of CPU and of the page's main thread; ``sent`` and
    ``frames`` are bytes and messages on the page's websockets, from the kernel and the server.
    """

    kernel: float
    page: float
    sent: int
    frames: int

    def above(self, idle: Cost) -> Cost:
        """Return what is left without the share of an idle loop with the same waits."""
        return Cost(
            self.kernel - idle.kernel,
            self.page - idle.page,
            self.sent - idle.sent,
            self.frames - idle.frames,
        )


def least(costs: Sequence[Cost]) -> Cost:
    """Return the least of each, of several runs: what else the machine does adds to all."""
    return Cost(
        min(each.kernel for each in costs),
        min(each.page for each in costs),
        min(each.sent for each in costs),
        min(each.frames for each in costs),
    )


@dataclass(frozen=True)
class Sight:
    """What a reader saw, in ms: gaps between changes, and from each token's coming to its sight.

    ``last`` is that of the last word; times of sight are those of the page's frames.
    """

    gap_p95: float
    gap_max: float
    shown_p50: float
    shown_p95: float
    last: float


def sight(changes: list[tuple[float, int]], given: list[float], tokens: list[str]) -> Sight:
    """Put together what was seen when, and which token was given when (in seconds).

    Raises
    ------
    RuntimeError
        If not all of the text was ever to be seen.
    """
    waits: list[float] = []
    at = 0
    for moment, count in zip(given, shown(tokens), strict=True):
        while at < len(changes) and changes[at][1] < count:
            at += 1
        if at == len(changes):
            raise RuntimeError(f"{count} letters were never shown, {changes[-1:]} at last")
        waits.append(max(0.0, changes[at][0] - 1e3 * moment))
    gaps = [later - time for (time, _), (later, _) in itertools.pairwise(changes)] or [0.0]
    return Sight(
        gap_p95=percentile(gaps, 95),
        gap_max=max(gaps),
        shown_p50=percentile(waits, 50),
        shown_p95=percentile(waits, 95),
        last=waits[-1],
    )


def percentile(values: Sequence[float], part: int) -> float:
    """Return a percentile of values."""
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[part - 1]


def from_json(told: dict[str, Any]) -> tuple[Cost, Sight | None, float]:
    """Read a line of the runner: cost, sight, and the longest of the page's long frames, in ms."""
    seen = told["sight"]
    return Cost(**told["cost"]), Sight(**seen) if seen else None, told["long"]
