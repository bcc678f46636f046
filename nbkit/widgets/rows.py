"""The rows of a progress widget, kept in step with a progress manager."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
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
    have of it, where one has opened it; ``seen`` tells whether an update has spoken of it.
    """

    message_id: MessageId
    key: str
    place: int
    about: str
    state: MessageState
    strip: deque[Task] = field(default_factory=lambda: deque(maxlen=STRIP))
    listed: dict[str, Task] = field(default_factory=dict)
    dismissed: bool = False
    seen: bool = False


class Rows:
    """Follows a manager: ``wake()`` is called, in any thread, when :meth:`update` has work.

    With ``only`` it follows that message alone. A message without tasks has no row. A row that was
    dismissed comes back when its message starts anew.
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
        self.watched: frozenset[str] = frozenset()
        """The keys of the rows whose tasks matter one by one."""
        # What events bring, in whatever thread, until the next update.
        self._lock = threading.Lock()
        self._completed: dict[MessageId, deque[Task]] = {}
        self._started: set[MessageId] = set()
        self._touched: set[MessageId] = set()
        manager.observe(self._on_messages, names="messages")
        self._unsubscribe = [
            manager.on("task", self._on_task, message_id=only),
            manager.on("image-completed", self._on_image, message_id=only),
            manager.on("started", self._on_started, message_id=only),
        ]

    def __iter__(self) -> Iterator[Row]:
        return iter([row for row in self._by_message.values() if not row.dismissed])

    def get(self, key: object) -> Row | None:
        """Look a row up by its key."""
        return self._by_key.get(key) if isinstance(key, str) else None

    def stop(self) -> None:
        """Follow no more."""
        self._manager.unobserve(self._on_messages, names="messages")
        for unsubscribe in self._unsubscribe:
            unsubscribe()

    def update(self) -> tuple[list[Row], list[str]]:
        """Bring the rows up to date; return those that changed, and the keys of those gone."""
        states = self._manager.messages
        gone = [row.key for row in self._by_key.values() if row.message_id not in states]
        for key in gone:
            del self._by_message[self._by_key.pop(key).message_id]
        changed: dict[str, Row] = {}
        for message_id in states if self._only is None else [self._only]:
            state = states.get(message_id)
            if state is not None and state.total:
                row = self._by_message.get(message_id) or self._new_row(message_id, state)
                if row.state is not state or not row.seen:
                    row.state = state
                    row.seen = True
                    changed[row.key] = row
        for row in self._take_events():
            changed[row.key] = row
        return [row for row in changed.values() if not row.dismissed], gone

    def _take_events(self) -> Iterator[Row]:
        """Take in what events have brought since the last time; give the rows that it is about."""
        with self._lock:
            completed, self._completed = self._completed, {}
            started, self._started = self._started, set()
            touched, self._touched = self._touched, set()
        for message_id in {*completed, *started, *touched}:
            row = self._by_message.get(message_id)
            if row is None:
                continue
            for task in completed.get(message_id, ()):
                if all(each.id != task.id for each in row.strip):
                    row.strip.append(task)
            if message_id in started:
                row.dismissed = False
            yield row

    def _new_row(self, message_id: MessageId, state: MessageState) -> Row:
        self._places += 1
        tasks = self._manager.get_tasks(message_id)
        about = next((task.prompt for task in tasks if task.prompt), "")
        row = Row(message_id, row_key(message_id), self._places, about, state)
        pictured = [task for task in tasks if task.image is not None]
        row.strip.extend(sorted(pictured, key=lambda task: task.completed_at or 0.0))
        self._by_message[message_id] = self._by_key[row.key] = row
        return row

    # What the manager says, in any thread

    def _on_messages(self, _change: object) -> None:
        self._wake()

    def _on_task(self, event: ProgressEvent) -> None:
        if self.watched and row_key(event.message_id) in self.watched:
            with self._lock:
                self._touched.add(event.message_id)
            self._wake()

    def _on_image(self, event: ProgressEvent) -> None:
        if event.task is not None and event.task.image is not None:
            with self._lock:
                newest = self._completed.setdefault(event.message_id, deque(maxlen=STRIP))
                newest.append(event.task)

    def _on_started(self, event: ProgressEvent) -> None:
        with self._lock:
            self._started.add(event.message_id)
        self._wake()
