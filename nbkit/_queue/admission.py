"""Where one queue stands at the gate of its backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nbkit.gate import StartGate, Turn
from nbkit.limits import Limited


class Admission:
    """Asks a gate for one queue, under the queue's own limits and the backend's places.

    A backend bounds its concurrency, over all of its queues, by a number ``max_concurrency``.
    """

    def __init__(self, gate: StartGate, backend: object, limits: Limited) -> None:
        self._gate = gate
        self._limits = limits
        places = getattr(backend, "max_concurrency", None)
        self._places = places if isinstance(places, int) else None
        self._turn = Turn(lambda: None)

    def wakes(self, wake: Callable[[], None]) -> None:
        """Say what is called when it is time to ask again."""
        self._turn.wake = wake

    def ask(self, now: float) -> tuple[float, str] | None:
        """Return when the next may start and why not now; ``None`` where there is no place."""
        return self._gate.ask(
            self._turn,
            now,
            min_interval=self._limits.min_interval,
            max_rate=self._limits.max_rate,
            places=self._places,
        )

    def record(self, now: float) -> None:
        """Count a start."""
        self._gate.record(now, self._turn)

    def wait(self, due: float | None) -> None:
        """Stand in the line until a time, or with ``None`` until there is a place."""
        self._gate.wait(self._turn, due)

    def leave(self) -> None:
        """Stand in the line no more."""
        self._gate.leave(self._turn)

    def close(self, until: float) -> None:
        """Let nobody start before a time: the backend has asked for it."""
        self._gate.close(until)

    def take_place(self, holder: Any) -> None:
        """Take one of the backend's places, if it counts them."""
        if self._places is not None:
            self._gate.take_place(holder)

    def give_place(self, holder: Any) -> None:
        """Give the place back."""
        self._gate.give_place(holder)
