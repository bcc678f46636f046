"""Many sessions at once, none of which disturbs another."""

from __future__ import annotations

import itertools
import uuid
from typing import Any

from nbkit.models import MessageId, SessionStatus
from nbkit.progress import ProgressManager
from nbkit.progress import progress_manager as own_manager
from nbkit.session import Session

KEPT = 200
"""How many finished sessions are kept; older ones are let go."""


class SessionManager:
    """Starts sessions, one at a time for each message id, and finds them again.

    The newest 200 finished sessions are kept.
    """

    def __init__(self, progress_manager: ProgressManager = own_manager) -> None:
        self._manager = progress_manager
        self._sessions: dict[MessageId, Session] = {}
        self._numbers = itertools.count(1)

    def start(self, source: Any, *, message_id: MessageId | None = None, **options: Any) -> Session:
        """Start a session; the options are those of :func:`nbkit.illustrate`.

        A second start for a message id that still runs returns the session that runs; a finished
        one is replaced. Without an id, a new one is made.
        """
        if message_id is None:
            message_id = self._new_id(kept=options.get("store") is not None)
        former = self._sessions.get(message_id)
        if former is not None and former.status == "running":
            return former
        session = Session(source, message_id=message_id, progress_manager=self._manager, **options)
        if former is not None:
            # Not before the new one has passed its checks.
            former.replace()
            self._manager.clear(message_id)
        # The newest last, also where an id is used again.
        self._sessions.pop(message_id, None)
        self._sessions[message_id] = session
        self._let_go()
        session.start()
        return session

    def get(self, message_id: MessageId) -> Session | None:
        """Return the session of a message, running or finished."""
        return self._sessions.get(message_id)

    def cancel(self, message_id: MessageId) -> bool:
        """Cancel the session of a message; tells whether one was running."""
        session = self._sessions.get(message_id)
        if session is None or session.status != "running":
            return False
        session.cancel()
        return True

    def cancel_all(self) -> None:
        """Cancel every running session."""
        for session in self.sessions:
            self.cancel(session.message_id)

    @property
    def sessions(self) -> list[Session]:
        """The sessions, newest first."""
        return list(reversed(self._sessions.values()))

    @property
    def status(self) -> dict[MessageId, SessionStatus]:
        """The status of each message, newest first."""
        return {session.message_id: session.status for session in self.sessions}

    def _new_id(self, *, kept: bool) -> str:
        """Make an id: one of this kernel, or where it is kept, one that no other kernel makes."""
        while True:
            message_id = f"reply-{next(self._numbers)}"
            if kept:
                message_id += f"-{uuid.uuid4().hex[:6]}"
            if message_id not in self._sessions and not self._manager.is_tracking(message_id):
                return message_id

    def _let_go(self) -> None:
        excess = len(self._sessions) - KEPT
        if excess > 0:
            finished = [i for i, each in self._sessions.items() if each.status != "running"]
            for message_id in finished[:excess]:
                del self._sessions[message_id]


session_manager = SessionManager()
"""The kernel's own."""


def sessions() -> list[Session]:
    """List the sessions that run and have run in this kernel, newest first."""
    return session_manager.sessions
