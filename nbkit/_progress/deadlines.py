"""Deadlines on any clock, and a daemon thread that lives only while one is pending.

A clock that rings by itself, as a virtual one does, needs no thread.
"""

from __future__ import annotations

import contextlib
import functools
import heapq
import itertools
import threading
import weakref
from collections.abc import Callable, Hashable
from typing import Generic, Protocol, TypeVar, runtime_checkable

K = TypeVar("K", bound=Hashable)

_LONGEST_WAIT = 3600.0  # seconds; a thread cannot be told to wait for ever longer times


@runtime_checkable
class AlarmClock(Protocol):
    """A clock that calls back: see :class:`nbkit.testing.VirtualClock`."""

    def __call__(self) -> float: ...

    def ring_at(self, when: float, bell: Callable[[], object], /) -> None: ...


class Deadlines(Generic[K]):
    """Keeps a deadline a key. Its methods are called with ``lock`` held, which must be re-entrant.

    ``overdue`` is called in the thread, without the lock, when the earliest deadline has come. It
    is held weakly: who asked for the deadlines may be forgotten meanwhile. Where the clock is an
    :class:`AlarmClock` there is no thread, and the clock calls it, at each deadline that was set.
    """

    def __init__(
        self, clock: Callable[[], float], lock: threading.RLock, overdue: Callable[[], object]
    ) -> None:
        self._clock = clock
        self._alarm = clock if isinstance(clock, AlarmClock) else None
        self._changed = threading.Condition(lock)
        self._overdue = weakref.WeakMethod(overdue)
        self._due: dict[K, tuple[float, int]] = {}
        self._heap: list[tuple[float, int, K]] = []
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None
        self._waits_until = float("inf")

    def set(self, key: K, when: float) -> None:
        """Set the deadline of a key."""
        number = next(self._numbers)
        self._due[key] = (when, number)
        heapq.heappush(self._heap, (when, number, key))
        if len(self._heap) > 2 * len(self._due) + 64:
            self._heap = [(at, number, key) for key, (at, number) in self._due.items()]
            heapq.heapify(self._heap)
        if self._alarm is not None:
            self._alarm.ring_at(when, functools.partial(_call, self._overdue))
        elif self._thread is None or not self._thread.is_alive():  # dead: after a fork
            self._thread = threading.Thread(target=self._run, name="nbkit-deadlines", daemon=True)
            # Where no thread can be had (no support, or the interpreter ends) queries find out.
            with contextlib.suppress(RuntimeError):
                self._thread.start()
        elif when < self._waits_until:
            self._changed.notify_all()

    def drop(self, key: K) -> None:
        """Forget the deadline of a key, if it has one."""
        if self._due and self._due.pop(key, None) is not None and not self._due:
            self._heap.clear()
            self._changed.notify_all()

    @property
    def pending(self) -> bool:
        """Whether there is any deadline."""
        return bool(self._due)

    def earliest(self) -> float | None:
        """Return the earliest deadline."""
        heap = self._heap
        while heap:
            when, number, key = heap[0]
            if self._due.get(key) == (when, number):
                return when
            heapq.heappop(heap)
        return None

    def pop_due(self, now: float) -> list[K]:
        """Take out the keys whose deadline has come, earliest first."""
        keys = []
        while (when := self.earliest()) is not None and when <= now:
            key = heapq.heappop(self._heap)[2]
            del self._due[key]
            keys.append(key)
        if keys and not self._due:
            self._changed.notify_all()
        return keys

    def _run(self) -> None:
        while self._sleep():
            overdue = self._overdue()
            if overdue is None:
                return
            overdue()
            del overdue

    def _sleep(self) -> bool:
        """Sleep until a deadline has come; ``False`` when there is none any more."""
        with self._changed:
            while (when := self.earliest()) is not None:
                left = when - self._clock()
                if left <= 0:
                    return True
                if self._overdue() is None:
                    break
                self._waits_until = when
                self._changed.wait(min(left, _LONGEST_WAIT))
            self._thread = None
            self._waits_until = float("inf")
            return False


def _call(overdue: weakref.WeakMethod[Callable[[], object]]) -> None:
    if (call := overdue()) is not None:
        call()
