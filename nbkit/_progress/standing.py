"""How all messages stand, reckoned anew for those alone that have changed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from nbkit._progress.tasks import MessageTasks
from nbkit.models import MessageId, MessageState

States = Mapping[MessageId, MessageState]
"""How each tracked message stands."""


class Standing:
    """Tells how the messages of ``records`` stand; who changes one says so by :meth:`touch`."""

    def __init__(
        self,
        records: Mapping[MessageId, MessageTasks],
        lock: threading.RLock,
        clock: Callable[[], float],
    ) -> None:
        self._records = records
        self._lock = lock
        self._clock = clock
        self._touched: dict[MessageId, None] = {}
        self._states: States = MappingProxyType({})

    def touch(self, message_id: MessageId) -> None:
        """Take note that a message has changed, come or gone; with the lock held."""
        self._touched[message_id] = None

    @property
    def behind(self) -> bool:
        """Whether something changed since :meth:`take`."""
        return bool(self._touched)

    def take(self) -> States:
        """Return how the messages stand, and be up to date."""
        with self._lock:
            # Garbage collection may let go of a session, and touch its message, at any time.
            touched, self._touched = self._touched, {}
            self._states = self._reckoned(touched)
            return self._states

    def peek(self) -> States:
        """Return the same without taking note of it."""
        with self._lock:
            return self._reckoned(tuple(self._touched))

    def _reckoned(self, touched: Iterable[MessageId]) -> States:
        moment = self._clock()
        states = dict(self._states)
        for message_id in touched:
            record = self._records.get(message_id)
            if record is None:
                states.pop(message_id, None)
            else:
                states[message_id] = record.state(moment)
        return MappingProxyType(states)
