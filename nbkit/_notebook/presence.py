"""Whether anybody's page is there: a front end may go away for an hour and say nothing."""

from __future__ import annotations

from collections.abc import Callable

from nbkit import blocking
from nbkit.widgets.cadence import Cadence

PING_EVERY = 10.0
"""Seconds between two questions while a session runs."""

PATIENCE = 3
"""Questions in a row that nobody answers before the pages count as gone."""


class Presence:
    """Asks the pages now and then whether they are there, and tells when that changes.

    A kernel that waits inside a cell may not hear an answer before the cell has ended; questions
    of that time do not count. Nor does anything before the first answer: a page that never was
    there has not gone.
    """

    def __init__(
        self, ping: Callable[[], None], wanted: Callable[[], bool], on_away: Callable[[bool], None]
    ) -> None:
        self.away = False
        self._ping = ping
        self._wanted = wanted
        self._on_away = on_away
        self._unanswered = 0
        self._heard = False
        self._cadence = Cadence(self._ask, interval=PING_EVERY)
        self._cadence.sent()
        self._cadence.wake()

    def heard(self) -> None:
        """Say that a page has spoken."""
        self._heard = True
        self._unanswered = 0
        self._set_away(away=False)

    def wake(self) -> None:
        """Say that the session may run again."""
        self._cadence.wake()

    def stop(self) -> None:
        """Ask no more."""
        self._cadence.stop()

    def _ask(self) -> None:
        if not self._wanted():
            return
        if blocking.nested():
            self._unanswered = 0
        elif self._heard and self._unanswered >= PATIENCE:
            self._set_away(away=True)
        self._unanswered += 1
        self._ping()
        self._cadence.sent()
        self._cadence.wake()

    def _set_away(self, *, away: bool) -> None:
        if self.away != away:
            self.away = away
            self._on_away(away)
