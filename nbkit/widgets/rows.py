"""The rows of a progress widget, kept in step with a progress manager."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from nbkit.models import MessageId, MessageState, ProgressEvent, Task
from nbkit.progress import ProgressManager
from nbkit.widgets.row_state import row_key

STRIP = 8
"""How many of its newest pictures a row shows."""


@dataclass(slots=True)
class Row:
    """A message that has tasks.

    ``strip`` holds its newest tasks with a picture, oldest first; ``listed`` the tasks that pages
    have of it, where one has opened it.
    """

    message_id: MessageId
    key: str
    place: int
    state: MessageState
    about: str = ""
    strip: tuple[Task, ...] = ()
    listed: dict[str, Task] = field(default_factory=dict)
    dismissed: bool = False


class Rows:
    """Follows a manager: ``wake()`` is called, in any thread, when :meth:`update` has work.

    With ``only`` it follows that message alone. A message without tasks has no row. A row that was
    dismissed comes back when its message starts anew.

    It follows the trait, and listens to the tasks of watched rows alone: each listener makes every
    change of a task dearer.
    """

    def __init__(
        self, manager: ProgressManager, *, only: MessageId | None, wake: Callable[[], None]
    ) -> None:
        self._manager = manager
        self._only = only
        self._wake = wake
        self._by_message: dict[MessageId, Row] = {}
        self._by_key: dict[str, Row] = {}
        self._places = 0
        self._watched: dict[str, Callable[[], None]] = {}  # each with the end of its subscription
        self._lock = threading.Lock()
        self._touched: set[MessageId] = set()  # by events, in whatever thread
        manager.observe(self._on_messages, names="messages")

    def __iter__(self) -> Iterator[Row]:
        return iter([row for row in self._by_message.values() if not row.dismissed])

    def get(self, key: object) -> Row | None:
        """Look a row up by its key."""
        return self._by_key.get(key) if isinstance(key, str) else None

    def watches(self, key: str) -> bool:
        """Tell whether the tasks of a row matter one by one."""
        return key in self._watched

    def watch(self, keys: Iterable[str]) -> None:
        """Say of which rows the tasks matter one by one; pages have none of the others'."""
        keys = set(keys)
        for key in self._watched.keys() - keys:
            self._unwatch(key)
        for key in keys - self._watched.keys():
            row = self._by_key.get(key)
            if row is not None:
                self._watched[key] = self._manager.on(
                    "task", self._on_task, message_id=row.message_id
                )

    def stop(self) -> None:
        """Follow no more."""
        self._manager.unobserve(self._on_messages, names="messages")
        self.watch(())

    def update(self) -> tuple[list[Row], list[str]]:
        """Bring the rows up to date; return those that changed, and the keys of those gone."""
        states = self._manager.messages
        gone = [row.key for row in self._by_key.values() if row.message_id not in states]
        for key in gone:
            self._unwatch(key)
            del self._by_message[self._by_key.pop(key).message_id]
        with self._lock:
            touched, self._touched = self._touched, set()
        changed: list[Row] = []
        for message_id in states if self._only is None else [self._only]:
            state = states.get(message_id)
            if state is None or not state.total:
                continue
            row = self._by_message.get(message_id)
            if row is None:
                row = self._new_row(message_id, state)
            elif row.state is state and message_id not in touched:
                continue
            elif row.state.started_at != state.started_at:
                row.dismissed = False
            row.state = state
            row.about, row.strip = self._manager.glance(message_id, STRIP)
            changed.append(row)
        return [row for row in changed if not row.dismissed], gone

    def _new_row(self, message_id: MessageId, state: MessageState) -> Row:
        self._places += 1
        row = Row(message_id, row_key(message_id), self._places, state)
        self._by_message[message_id] = self._by_key[row.key] = row
        return row

    def _unwatch(self, key: str) -> None:
        unsubscribe = self._watched.pop(key, None)
        if unsubscribe is not None:
            unsubscribe()
            self._by_key[key].listed = {}

    # What the manager says, in any thread

    def _on_messages(self, _change: object) -> None:
        self._wake()

    def _on_task(self, event: ProgressEvent) -> None:
        with self._lock:
            self._touched.add(event.message_id)
        self._wake()
