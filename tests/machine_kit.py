"""A small model of what a progress manager promises, and how deep its machines go."""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, get_args

from hypothesis import HealthCheck, settings

from nbkit.models import FINAL, EventName, TaskStatus

DEPTH = float(os.environ.get("NBKIT_MACHINES", "1"))
"""How many times as many examples to try: set ``NBKIT_MACHINES=50`` for a deep run."""

EVENTS: tuple[EventName, ...] = get_args(EventName)
STATUSES: tuple[TaskStatus, ...] = get_args(TaskStatus)
STARTABLE = {"queued", "waiting", "retrying"}
UNFINISHED = STARTABLE | {"running"}
LEGAL = {
    "start": STARTABLE,
    "wait": STARTABLE,
    "requeue": {"waiting", "retrying"},
    "complete": UNFINISHED,
    "fail": UNFINISHED,
    "cancel": UNFINISHED,
    "retry": {"running", "failed"},
}
LEADS_TO = {
    "start": "running",
    "wait": "waiting",
    "requeue": "queued",
    "complete": "succeeded",
    "fail": "failed",
    "cancel": "cancelled",
}


def depth(examples: int, steps: int = 50) -> settings:
    """Settings for a machine, or for a property where there are no steps."""
    return settings(
        max_examples=max(1, round(examples * DEPTH)),
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


def is_gone(reference: Callable[[], object]) -> bool:
    """Whether a weak reference is dead once garbage is collected."""
    for _ in range(5):  # one that meets another thread's collection does nothing
        gc.collect()
        if reference() is None:
            return True
    return False


def counts_of(state: Any) -> tuple[int, ...]:
    return tuple(getattr(state, status) for status in STATUSES)


def told(event: Any) -> tuple[Any, ...]:
    """What an event says, as the model promises it."""
    task = event.task and (event.task.id, event.task.status, event.task.attempt)
    return event.name, event.message_id, counts_of(event.state), task, event.image


@dataclass
class ModelTask:
    status: str = "queued"
    timeout: float | None = None
    due: float | None = None
    attempt: int = 0
    image: object = None
    ended_at: float | None = None


class ProgressModel:
    """Tasks of messages and their legal moves; ``promised`` lists the events, as ``told`` does."""

    def __init__(self, clock: Callable[[], float] = lambda: 0.0, *, kept: int = 200) -> None:
        self.clock = clock
        self.kept = kept
        self.messages: dict[Any, dict[str, ModelTask]] = {}
        self.promised: list[tuple[Any, ...]] = []
        self.holds: Counter[Any] = Counter()
        self.finished: list[Any] = []
        self.released: list[Any] = []
        """Messages whose waiters have been let go, one after another."""

    def pending(self, message_id: Any) -> int:
        tasks = self.messages.get(message_id, {})
        return sum(task.status in UNFINISHED for task in tasks.values())

    def counts(self, message_id: Any) -> tuple[int, ...]:
        found = Counter(task.status for task in self.messages[message_id].values())
        return tuple(found[status] for status in STATUSES)

    def find(self, action: str, message_id: Any, task_id: str | None) -> str | None:
        """The task that an action is about: the one named, or the oldest that can."""
        tasks = self.messages.get(message_id, {})
        names = tasks if task_id is None else [task_id]
        can = (each for each in names if each in tasks and tasks[each].status in LEGAL[action])
        return next(can, None)

    def register(self, message_id: Any, ids: Iterable[str], timeout: float | None = None) -> None:
        tasks = self.messages.setdefault(message_id, {})
        first, ids = not tasks, list(ids)
        for task_id in ids:
            assert task_id not in tasks
            due = None if timeout is None else self.clock() + timeout
            tasks[task_id] = ModelTask(timeout=timeout, due=due)
        if ids:
            self._unfinish(message_id)
            if first:
                self._promise("started", message_id)
            for task_id in ids:
                self._promise("task", message_id, task_id)
            self._promise("updated", message_id)

    def act(
        self, action: str, message_id: Any, task_id: str | None, image: object = None
    ) -> str | None:
        """Make a transition; returns which task made it."""
        found = self.find(action, message_id, task_id)
        if found is not None:
            was = self.messages[message_id][found].status
            status = LEADS_TO.get(action, "retrying" if was == "running" else "queued")
            self.move(message_id, found, status, image=image)
        return found

    def move(
        self,
        message_id: Any,
        task_id: str,
        status: str,
        *,
        image: object = None,
        expired: bool = False,
    ) -> None:
        was_pending = self.pending(message_id)
        task = self.messages[message_id][task_id]
        assert task.status not in FINAL or (task.status, status) == ("failed", "queued")
        unstarted = task.status in ("queued", "waiting") and status in ("succeeded", "failed")
        if status == "running" or (unstarted and not expired):
            task.attempt += 1
        task.status = status
        counts = status in ("queued", "running") and task.timeout is not None
        task.due = self.clock() + task.timeout if counts else None
        task.ended_at = self.clock() if status in FINAL else None
        task.image = image
        self._promise("task", message_id, task_id)
        if image is not None:
            self._promise("image-completed", message_id, task_id, image)
        self._promise("updated", message_id)
        if was_pending and not self.pending(message_id):
            self._promise("progress-complete", message_id)
            self.released.append(message_id)
            self._finish(message_id)
        elif self.pending(message_id) and not was_pending:
            self._unfinish(message_id)

    def clear(self, message_id: Any) -> bool:
        if message_id not in self.messages:
            return False
        self._unfinish(message_id)
        self._promise("cleared", message_id)
        self.released.append(message_id)
        del self.messages[message_id]
        return True

    def hold(self, message_id: Any) -> None:
        self.holds[message_id] += 1
        self._unfinish(message_id)

    def release(self, message_id: Any) -> None:
        self.holds[message_id] -= 1
        tracked = message_id in self.messages
        if not self.holds[message_id] and tracked and not self.pending(message_id):
            self._finish(message_id)

    def overdue(self, until: float) -> list[tuple[float, Any, str]]:
        """What is past its timeout by then, earliest first."""
        return sorted(
            (
                (task.due, message_id, task_id)
                for message_id, tasks in self.messages.items()
                for task_id, task in tasks.items()
                if task.due is not None and task.due <= until
            ),
            key=lambda each: each[0],
        )

    def _finish(self, message_id: Any) -> None:
        if self.holds[message_id]:
            return
        self._unfinish(message_id)
        self.finished.append(message_id)
        if len(self.finished) > self.kept:
            self.clear(self.finished[0])

    def _unfinish(self, message_id: Any) -> None:
        if message_id in self.finished:
            self.finished.remove(message_id)

    def _promise(
        self, name: str, message_id: Any, task_id: str | None = None, image: object = None
    ) -> None:
        task = self.messages[message_id][task_id] if task_id else None
        about = task and (task_id, task.status, task.attempt)
        self.promised.append((name, message_id, self.counts(message_id), about, image))


class Refuses:
    """What a machine does that is to be refused; ``do`` makes a call, and checks what follows."""

    do: Callable[[Callable[[], Any]], Any]

    def refuses(self, error: type[BaseException], call: Callable[[], Any]) -> None:
        """Make a call that is to raise an error."""
        try:
            self.do(call)
        except error:
            return
        raise AssertionError(f"{error.__name__} was to be raised")
