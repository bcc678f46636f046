"""The watch that holds a server to its deadlines."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from nbkit.errors import ServerTimeoutError
from nbkit.models import Deadlines

_TOLERANCE = 1e-6  # seconds; a loop's timer may fire this much early


class Watch:
    """The deadlines of one answer, on the clock of the loop that runs.

    Attributes
    ----------
    url
        Whose answer it is, as errors show it.
    """

    def __init__(self, deadlines: Deadlines, url: str) -> None:
        self.url = url
        self._deadlines = deadlines
        self._loop = asyncio.get_running_loop()
        self._began = self._since = self._loop.time()

    def progressed(self) -> None:
        """Say that an event has come: the time to the next one begins anew."""
        self._since = self._loop.time()

    def hurry(self, seconds: float) -> None:
        """Wait no longer than this from now on from one event to the next."""
        between = self._deadlines.between
        seconds = seconds if between is None else min(seconds, between)
        self._deadlines = replace(self._deadlines, between=seconds)
        self.progressed()

    @property
    def due(self) -> float | None:
        """When the next deadline passes."""
        times = []
        if self._deadlines.between is not None:
            times.append(self._since + self._deadlines.between)
        if self._deadlines.total is not None:
            times.append(self._began + self._deadlines.total)
        return min(times, default=None)

    def check(self) -> None:
        """Raise the error of a deadline that has passed."""
        if self.due is not None and self._loop.time() >= self.due:
            raise self.passed()

    def passed(self) -> ServerTimeoutError:
        """Return the error of the deadline that has passed."""
        total = self._deadlines.total
        if total is not None and self._loop.time() >= self._began + total - _TOLERANCE:
            # Nobody waits for twice as long as they have said: this one is not asked again.
            return self.timeout(f"did not finish its answer within {total:g} s", retryable=False)
        return self.timeout(f"sent nothing complete for {self._deadlines.between:g} s")

    def timeout(self, what: str, *, retryable: bool = True) -> ServerTimeoutError:
        """Return the error of a server that did not do something in time."""
        return ServerTimeoutError(f"{self.url} {what}", url=self.url, retryable=retryable)
