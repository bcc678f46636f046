"""The gate of a backend: when the next generation may start, over all queues that share it.

Nothing here waits or looks at a clock: the time is handed in, the time to come is handed out. The
queues that share a gate may be at work in several threads, each on its own loop.
"""

from __future__ import annotations

import functools
import inspect
import math
import threading
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

RATE_PERIOD = 60.0
"""Seconds over which ``max_rate`` counts starts."""

RETRY_AFTER_MAX = 120.0
"""Seconds for which a backend's wish to be left alone is obeyed."""

_REMEMBERED = 1_000  # starts; a greater rate is held over a period shortened to match
_TOLERANCE = 1e-6  # seconds; a loop's timer may fire this much early


class Turn:
    """The place of one queue in the line before a gate; ``wake`` is called to ask again."""

    __slots__ = ("__weakref__", "due", "wake")

    def __init__(self, wake: Callable[[], None]) -> None:
        self.wake = wake
        self.due: float | None = None  # None: it waits for a place, not for a time


def _locked(
    method: Callable[Concatenate[StartGate, P], T],
) -> Callable[Concatenate[StartGate, P], T]:
    """Let one thread at a time into a gate; who is woken asks again later, and not in the call."""

    @functools.wraps(method)
    def locked(gate: StartGate, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with gate._lock:  # noqa: SLF001 - its own
            return method(gate, *args, **kwargs)

    return locked


class StartGate:
    """Decides when the next generation of a backend may start, for all queues that share it.

    Each queue brings its own limits; the starts that they count are those of all queues. Queues
    that are held back stand in a line, first come, first served, so that none starves another.
    All times are those of one monotonic clock, in seconds.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._starts: deque[float] = deque(maxlen=_REMEMBERED)
        self._closed_until = -math.inf
        # Weak, so that a queue or an attempt lost with its loop does not block the others.
        self._line: weakref.WeakKeyDictionary[Turn, None] = weakref.WeakKeyDictionary()
        self._places: weakref.WeakSet[Any] = weakref.WeakSet()

    @_locked
    def next_start(
        self,
        now: float,
        *,
        min_interval: float = 0.0,
        max_rate: float | None = None,
        turn: Turn | None = None,
    ) -> tuple[float, str]:
        """Return the earliest time for a start, and what it waits for.

        The reason is ``"minimum interval"`` or ``"rate limit"``, and ``""`` where the time is now.
        ``max_rate`` is starts in any 60 seconds (below 1: one start in 60 / ``max_rate`` seconds).
        Those who stand in the line before ``turn`` are counted with the time that they wait for.
        """
        if min_interval <= 0 and max_rate is None and self._closed_until <= now:
            return now, ""
        self._forget_other_clocks(now)
        ahead = self._times_ahead(turn)
        due, reason = now, ""
        if self._closed_until > due:
            due, reason = self._closed_until, "rate limit"
        last = max(
            ahead[-1] if ahead else -math.inf, self._starts[-1] if self._starts else -math.inf
        )
        if min_interval > 0 and last + min_interval > due:
            due, reason = last + min_interval, "minimum interval"
        if max_rate is not None and (free := self._rate_free(ahead, max_rate)) > due:
            due, reason = free, "rate limit"
        return (due, reason) if due > now + _TOLERANCE else (now, "")

    def ask(
        self,
        turn: Turn,
        now: float,
        *,
        min_interval: float,
        max_rate: float | None,
        places: int | None,
    ) -> tuple[float, str] | None:
        """Return what ``next_start`` says, or ``None`` while all ``places`` are taken."""
        if places is None and not min_interval and max_rate is None and self._closed_until <= now:
            return now, ""
        if places is not None and not self.has_place(places, turn):
            return None
        return self.next_start(now, min_interval=min_interval, max_rate=max_rate, turn=turn)

    @_locked
    def record(self, now: float, turn: Turn | None = None) -> None:
        """Count a start; ``turn`` has had its turn and leaves the line."""
        self._starts.append(now)
        if turn is not None and self._line:
            self._line.pop(turn, None)

    @_locked
    def close(self, until: float) -> None:
        """Let nobody start before a time, because the backend has asked for it."""
        self._closed_until = max(self._closed_until, until)

    # The line of those who are held back

    @_locked
    def wait(self, turn: Turn, due: float | None) -> None:
        """Stand in the line, or stay there with another time; ``None`` waits for a place."""
        moved = turn in self._line and turn.due != due
        turn.due = due
        self._line.setdefault(turn, None)
        if moved:
            self._wake_after(turn)

    @_locked
    def leave(self, turn: Turn) -> None:
        """Give up a place in the line; those behind move up."""
        if turn in self._line:
            self._wake_after(turn)
            self._line.pop(turn, None)

    def _wake_after(self, turn: Turn) -> None:
        line = list(self._line)
        for behind in line[line.index(turn) + 1 :]:
            behind.wake()

    def _times_ahead(self, turn: Turn | None) -> list[float]:
        times: list[float] = []
        for other in list(self._line):
            if other is turn:
                break
            if other.due is not None:
                times.append(other.due)
        return sorted(times)

    def _forget_other_clocks(self, now: float) -> None:
        """Forget what lies in a future that no queue can have told: another loop's clock did."""
        if self._starts and self._starts[-1] > now + _TOLERANCE:
            self._starts.clear()
        if self._closed_until > now + RETRY_AFTER_MAX + _TOLERANCE:
            self._closed_until = -math.inf

    def _rate_free(self, ahead: list[float], max_rate: float) -> float:
        """Say when the start that is ``max_rate`` starts back falls out of the period."""
        allowed = max(1, math.floor(max_rate))
        period = RATE_PERIOD if max_rate >= 1 else RATE_PERIOD / max_rate
        if allowed > _REMEMBERED:
            allowed, period = _REMEMBERED, period * _REMEMBERED / allowed
        back = allowed - len(ahead)
        if back <= 0:
            return ahead[-allowed] + period
        return self._starts[-back] + period if back <= len(self._starts) else -math.inf

    # The places of a backend that bounds its own concurrency

    @_locked
    def has_place(self, limit: int, turn: Turn) -> bool:
        """Say whether one more may run, after those who stand before ``turn`` for a place."""
        free = limit - len(self._places)
        if free <= 0:
            return False
        for other in list(self._line):
            if other is turn:
                break
            free -= other.due is None
        return free > 0

    @_locked
    def take_place(self, holder: Any) -> None:
        """Count one who runs, until it is given back or forgotten."""
        self._places.add(holder)
        self._wake_first()

    @_locked
    def give_place(self, holder: Any) -> None:
        """Count one who runs no more."""
        if self._places and holder in self._places:
            self._places.discard(holder)
            self._wake_first()

    def _wake_first(self) -> None:
        """Wake who waits longest for a place; having taken it, they wake the next."""
        for turn in list(self._line):
            if turn.due is None:
                turn.wake()
                return


_gates_lock = threading.RLock()
_gates: dict[str, StartGate] = {}
_object_gates: dict[int, tuple[Any, StartGate]] = {}


def gate_for(backend_or_spec: Any) -> StartGate:
    """Return the gate of a backend: one for each object (kept weakly) and each spec string.

    The methods of one object share that object's gate.
    """
    if isinstance(backend_or_spec, str):
        return _gates.setdefault(backend_or_spec, StartGate())
    # A bound method is a new object at each look; what lasts is the object behind it.
    key = backend_or_spec.__self__ if inspect.ismethod(backend_or_spec) else backend_or_spec
    number = id(key)
    with _gates_lock:
        if number not in _object_gates:
            try:
                kept: Any = weakref.ref(key, lambda _: _object_gates.pop(number, None))
            except TypeError:
                kept = key  # it cannot be referred to weakly: kept, so that its id stays its own
            _object_gates[number] = (kept, StartGate())
        return _object_gates[number][1]
