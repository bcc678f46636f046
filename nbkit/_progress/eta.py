"""How long a message's images will still take, worked out from what was measured.

The estimate is a plan of the starts to come. With

- ``run``: the mean time of the attempts that have ended, failed ones too (they held a slot),
- ``attempts``: how many attempts a task takes, ``(ended + 4) / (ended - retried + 4)`` of the
  attempts so far: the four stand for "as a rule one", so that an early retry is not taken for
  the rule,
- ``c``: how many run at once; ``interval``: seconds from start to start; ``k`` starts in any
  ``period`` of 60 s for a rate of ``k`` a minute,

a running task ends at ``started + run``; one that is late by ``x`` is expected to need ``x`` more.
Start *i* takes place at ::

    start[i] = max(when a slot of the c is free, start[i-1] + interval, start[i-k] + period,
                   the time that a waiting task was told)

with ``attempts`` starts for each task that waits or is queued and ``attempts - 1`` for each that
runs; tasks in their retry sleep start when it is over, before queued ones. The estimate is

    max(start[i] + run, ends of those that run) - now

Such a plan repeats itself: every ``p`` starts take ``P`` seconds, where ``(p, P)`` is
``(k, period)``, ``(1, interval)`` or ``(c, run)``, whichever is slowest a start. So only two or
three rounds (at least 16 starts) are planned one by one, and the rest counted as ``P`` each: the
cost depends on the limits, not on the length of the queue.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence

_MINUTE = 60.0
_PRIOR = 4  # tasks, of one attempt each
_PLANNED = 16  # starts, at least, that are planned one by one
_LONGEST_ROUND = 1_000  # starts; a greater rate is held over a period shortened to match


def estimate(
    now: float,
    *,
    run: float,
    attempts: float = 1.0,
    running: Sequence[float] = (),
    queued: int = 0,
    retrying: Sequence[float] = (),
    not_before: float = -math.inf,
    concurrency: int = 1,
    min_interval: float = 0.0,
    max_rate: float | None = None,
    starts: Sequence[float] = (),
) -> float:
    """Estimate the seconds until nothing is unfinished, by the formula of this module.

    Parameters
    ----------
    now
        The time. All times are seconds on one clock.
    run, attempts
        Measured: the mean time of an attempt, and how many attempts a task takes.
    running
        When each running attempt was started.
    queued
        How many tasks wait for a slot, for the interval or for the rate.
    retrying
        When each retry sleep is over.
    not_before
        The time that the task at the head of the queue was told to wait for.
    concurrency, min_interval, max_rate
        The limits; ``max_rate`` in starts a minute.
    starts
        The latest starts, oldest first; those of the last minute count for ``max_rate``.
    """
    ends = sorted(now + abs(started + run - now) for started in running)
    end = ends[-1] if ends else now
    waiting = queued + len(retrying)
    count = waiting + round(waiting * (attempts - 1.0) + len(ends) * (attempts - 1.0))
    if count <= 0:
        return end - now
    slots = _slots(now, ends, concurrency, count)
    allowed, period = _rate(max_rate)
    round_starts, round_seconds = _round(run, concurrency, min_interval, allowed, period)
    planned = max(_PLANNED, 2 * round_starts, 2 * len(slots))
    rounds = max(0, count - planned) // round_starts
    last = _plan(
        now=max(now, not_before, starts[-1] + min_interval if starts else now),
        slots=slots,
        run=run,
        count=count - rounds * round_starts,
        sleeping=sorted(retrying),
        min_interval=min_interval,
        allowed=allowed,
        period=period,
        starts=starts,
        skipped=rounds * round_seconds,
    )
    return max(end, last) - now


def attempts_per_task(ended: int, retried: int) -> float:
    """Estimate how many attempts a task takes, of those ended and those of them retried."""
    return (ended + _PRIOR) / (ended - retried + _PRIOR)


def _slots(now: float, ends: list[float], concurrency: int, count: int) -> list[float]:
    """Say when each slot is free, as a heap; beyond a lowered limit the first to end free none."""
    if len(ends) >= concurrency:
        return ends[len(ends) - concurrency :]
    return [now] * min(concurrency - len(ends), count) + ends


def _rate(max_rate: float | None) -> tuple[int, float]:
    """Give the starts allowed, and in how many seconds; ``(0, 0.0)`` is no limit."""
    if max_rate is None:
        return 0, 0.0
    if max_rate < 1:
        return 1, _MINUTE / max_rate
    allowed = math.floor(max_rate)
    if allowed > _LONGEST_ROUND:
        return _LONGEST_ROUND, _MINUTE * _LONGEST_ROUND / allowed
    return allowed, _MINUTE


def _round(
    run: float, concurrency: int, min_interval: float, allowed: int, period: float
) -> tuple[int, float]:
    """Give the starts after which the plan repeats itself, and the seconds that they take."""
    pace = max(min_interval, run / concurrency)
    if allowed and period > allowed * pace:
        return allowed, period
    if min_interval * concurrency > run:
        return 1, min_interval
    return concurrency, run


def _plan(
    *,
    now: float,
    slots: list[float],
    run: float,
    count: int,
    sleeping: list[float],
    min_interval: float,
    allowed: int,
    period: float,
    starts: Sequence[float],
    skipped: float,
) -> float:
    """Plan starts one by one; return when the last of them ends.

    ``skipped`` seconds of rounds that are only counted come when nothing is left but sleepers.
    """
    line = list(starts[-allowed:]) if allowed else []
    fresh = count - len(sleeping)
    asleep = iter(sleeping)
    wakes = next(asleep, math.inf)
    gate = end = now
    for _ in range(count):
        start = max(slots[0], gate)
        if allowed and len(line) >= allowed:
            start = max(start, line[-allowed] + period)
        if wakes <= start or fresh <= 0:
            start = max(start, wakes - skipped)
            wakes = next(asleep, math.inf)
        else:
            fresh -= 1
        heapq.heapreplace(slots, start + run)
        gate = start + min_interval
        if allowed:
            line.append(start)
        end = max(end, start + run)
    return end + skipped
