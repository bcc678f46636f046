"""Which finished messages stay: the newest, and none that somebody still holds open."""

from __future__ import annotations

from collections import OrderedDict

from nbkit.models import MessageId

KEPT = 200
"""Finished messages that stay; the oldest beyond are let go."""


class Retention:
    """Keeps finished messages in the order of their ends. Whoever calls holds the lock."""

    def __init__(self) -> None:
        self._finished: OrderedDict[MessageId, None] = OrderedDict()
        self._held: dict[MessageId, int] = {}

    def hold(self, message_id: MessageId) -> None:
        """Count a message as unfinished until it is released as often."""
        self._held[message_id] = self._held.get(message_id, 0) + 1
        self._finished.pop(message_id, None)

    def release(self, message_id: MessageId) -> bool:
        """End a hold; tells whether it was the last."""
        self._held[message_id] -= 1
        if self._held[message_id]:
            return False
        del self._held[message_id]
        return True

    def finish(self, message_id: MessageId) -> MessageId | None:
        """Note that a message has finished, unless it is held; returns the one to let go."""
        if message_id in self._held:
            return None
        self._finished[message_id] = None
        return next(iter(self._finished)) if len(self._finished) > KEPT else None

    def forget(self, message_id: MessageId) -> None:
        """Note that a message is unfinished again, or gone."""
        self._finished.pop(message_id, None)
