"""One task as it stands now, what can be done with it, and the line of those that wait for it."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from nbkit.models import EncodedImage, MessageId, ReadOnly, Task, TaskStatus

Action = Literal["start", "wait", "requeue", "complete", "fail", "cancel", "retry"]
"""What can be done with a task."""

STARTABLE: frozenset[TaskStatus] = frozenset({"queued", "waiting", "retrying"})
HELD: frozenset[TaskStatus] = frozenset({"waiting", "retrying"})
UNFINISHED: frozenset[TaskStatus] = STARTABLE | {"running"}
RETRYABLE: frozenset[TaskStatus] = frozenset({"running", "failed"})

LEGAL: Mapping[Action, frozenset[TaskStatus]] = MappingProxyType(
    {
        "start": STARTABLE,
        "wait": STARTABLE,
        "requeue": HELD,
        "complete": UNFINISHED,
        "fail": UNFINISHED,
        "cancel": UNFINISHED,
        "retry": RETRYABLE,
    }
)
"""The states from which each action leads on."""

_NO_METADATA: Mapping[str, Any] = ReadOnly()


@dataclass(slots=True, eq=False)
class Entry:
    """One task as it stands now; ``seq`` is its place in its message."""

    id: str
    message_id: MessageId
    seq: int
    created_at: float
    prompt: str = ""
    timeout: float | None = None
    max_attempts: int | None = None
    metadata: Mapping[str, Any] | None = None
    status: TaskStatus = "queued"
    attempt: int = 0
    reason: str = ""
    until: float | None = None
    started_at: float | None = None
    completed_at: float | None = None
    error: BaseException | str | None = None
    image: EncodedImage | None = None
    lines: int = 0  # the lines that it stands in, a bit each
    seen: Task | None = None  # the record last handed out, until the next change

    def record(self) -> Task:
        """Record the task as it stands."""
        if self.seen is None:
            self.seen = Task(*self.facts())
        return self.seen

    def facts(self) -> tuple[Any, ...]:
        """Note the task as it stands: the fields of ``Task``, in their order."""
        return (
            self.id,
            self.message_id,
            self.prompt,
            self.status,
            self.attempt,
            self.max_attempts,
            self.reason,
            self.until,
            self.timeout,
            self.created_at,
            self.started_at,
            self.completed_at,
            self.error,
            self.image,
            _NO_METADATA if self.metadata is None else self.metadata,
        )


class Line:
    """Finds the oldest task in any of some states.

    Tasks enter in the order of their registration as a rule (the deque); those that come back
    later go to a heap. One that has left its state is dropped when it is met at the head.
    """

    __slots__ = ("_again", "_bit", "_first", "_states")

    def __init__(self, bit: int, states: frozenset[TaskStatus]) -> None:
        self._bit = bit
        self._states = states
        self._first: deque[int] = deque()
        self._again: list[int] = []

    def enter(self, entry: Entry) -> None:
        """Take in a task that has come into one of the states."""
        if entry.lines & self._bit:
            return
        entry.lines |= self._bit
        if not self._first or entry.seq > self._first[-1]:
            self._first.append(entry.seq)
        else:
            heapq.heappush(self._again, entry.seq)

    def oldest(self, entries: list[Entry]) -> Entry | None:
        """Return the oldest that is in one of them; ``entries`` has the tasks by their place."""
        while self._first and self._left(entries[self._first[0]]):
            self._first.popleft()
        while self._again and self._left(entries[self._again[0]]):
            heapq.heappop(self._again)
        heads = [line[0] for line in (self._first, self._again) if line]
        return entries[min(heads)] if heads else None

    def _left(self, entry: Entry) -> bool:
        if entry.status in self._states:
            return False
        entry.lines &= ~self._bit
        return True
