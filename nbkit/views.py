"""Those who look on while a message changes."""

from __future__ import annotations

import logging
from collections.abc import Callable

from nbkit.models import MessageId

logger = logging.getLogger(__name__)


class Views:
    """Handlers to be called after each visible change; one that fails harms no other."""

    def __init__(self, message_id: MessageId) -> None:
        self._message_id = message_id
        self._handlers: tuple[Callable[[], None], ...] = ()

    def subscribe(self, handler: Callable[[], None]) -> Callable[[], None]:
        """Have ``handler()`` called; returns the end of it."""
        self._handlers += (handler,)

        def unsubscribe() -> None:
            left = list(self._handlers)
            if handler in left:
                left.remove(handler)
                self._handlers = tuple(left)

        return unsubscribe

    def changed(self) -> None:
        """Call them all."""
        for handler in self._handlers:
            try:
                handler()
            except Exception:
                logger.exception("a view of message %s failed", self._message_id)
