"""Handlers of events, called in the order of the changes by the threads that made them."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import get_args

from nbkit.models import EventName, MessageId, ProgressEvent

Handler = Callable[[ProgressEvent], object]
"""What is called with an event."""

PATIENCE = 5.0
"""Seconds that a thread waits for the handlers of an earlier change, lest a hung one stop it."""

_EVENTS: tuple[EventName, ...] = get_args(EventName)
_logger = logging.getLogger("nbkit.progress")


class Subscription:
    """A handler, until it is unsubscribed."""

    __slots__ = ("active", "handler")

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.active = True


Call = tuple["Subscription", ProgressEvent]
"""A call that is due."""


class Batch:
    """The calls that one change asks for, with its place in the order of the changes."""

    __slots__ = ("calls",)

    def __init__(self, calls: list[Call]) -> None:
        self.calls = calls


class Handlers:
    """Who listens to what.

    :meth:`enqueue` is called while the changes are locked, and so fixes the order;
    :meth:`deliver` is called afterwards, without any lock. What a handler changes is delivered
    after the handlers of the present change.
    """

    def __init__(self) -> None:
        self._everyone: dict[EventName, tuple[Subscription, ...]] = {}
        self._of_message: dict[MessageId, dict[EventName, tuple[Subscription, ...]]] = {}
        self._lock = threading.Lock()
        self._gate = threading.Lock()  # of the line
        self._turn = threading.Condition(self._gate)
        self._line: deque[Batch] = deque()
        self._backlogs: dict[int, deque[Batch]] = {}  # of the threads that deliver now

    def add(
        self, event: EventName, handler: Handler, message_id: MessageId | None
    ) -> Callable[[], None]:
        """Subscribe; the function returned ends it, and may be called again."""
        if event not in _EVENTS:
            raise ValueError(f"there is no event {event!r}; there are {', '.join(_EVENTS)}")
        if not callable(handler):
            raise TypeError(f"a handler is a callable, not {type(handler).__name__}")
        subscription = Subscription(handler)
        with self._lock:
            table = self._table(message_id)
            table[event] = (*table.get(event, ()), subscription)

        def unsubscribe() -> None:
            with self._lock:
                if not subscription.active:
                    return
                subscription.active = False
                table = self._table(message_id)
                left = tuple(other for other in table[event] if other is not subscription)
                if left:
                    table[event] = left
                else:
                    del table[event]
                if message_id is not None and not table:
                    del self._of_message[message_id]

        return unsubscribe

    def _table(self, message_id: MessageId | None) -> dict[EventName, tuple[Subscription, ...]]:
        if message_id is None:
            return self._everyone
        return self._of_message.setdefault(message_id, {})

    def of(self, message_id: MessageId) -> Mapping[EventName, tuple[Subscription, ...]]:
        """Return who listens to the events of a message, by their names."""
        everyone, own = self._everyone, self._of_message.get(message_id)
        if not own:
            return everyone
        return {name: (*everyone.get(name, ()), *own.get(name, ())) for name in {*everyone, *own}}

    def enqueue(self, calls: list[Call]) -> Batch | None:
        """Put the calls of a change into the line, if there are any."""
        if not calls:
            return None
        batch = Batch(calls)
        self._line.append(batch)
        return batch

    def deliver(self, batch: Batch | None) -> None:
        """Call the handlers when it is their turn.

        An ``Exception`` of a handler is logged; anything else (an interrupt) is raised once the
        other handlers have been called.
        """
        if batch is None:
            return
        thread = threading.get_ident()
        if thread in self._backlogs:  # a handler made this change: its turn is after the present
            self._backlogs[thread].append(batch)
            return
        backlog = self._backlogs[thread] = deque((batch,))
        interrupt: BaseException | None = None
        try:
            while backlog:
                batch = backlog[0]
                self._await_turn(batch)
                interrupt = _call(batch) or interrupt
                self._leave(batch)
                backlog.popleft()
        finally:
            del self._backlogs[thread]
            for left in backlog:
                self._leave(left)
        if interrupt is not None:
            raise interrupt

    def _await_turn(self, batch: Batch) -> None:
        line = self._line
        with self._gate:
            if line and line[0] is batch:
                return
            deadline = time.monotonic() + PATIENCE
            while batch in line and line[0] is not batch:
                left = deadline - time.monotonic()
                if left <= 0:
                    _logger.warning("a handler of a progress event hangs: later events pass it by")
                    while line[0] is not batch:
                        line.popleft()
                    break
                self._turn.wait(left)

    def _leave(self, batch: Batch) -> None:
        with self._gate:
            if self._line and self._line[0] is batch:
                self._line.popleft()
            elif batch in self._line:
                self._line.remove(batch)
            if self._line:
                self._turn.notify_all()


def _call(batch: Batch) -> BaseException | None:
    interrupt: BaseException | None = None
    for subscription, event in batch.calls:
        if not subscription.active:
            continue
        try:
            subscription.handler(event)
        except Exception:
            _logger.exception("a handler of %r failed for message %s", event.name, event.message_id)
        except BaseException as error:  # noqa: BLE001 - raised when the others have been called
            interrupt = error
    return interrupt
