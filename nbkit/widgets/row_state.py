"""What the progress widget says of a message and its tasks."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from nbkit.errors import reason
from nbkit.models import FINAL, MessageId, MessageState, Task
from nbkit.widgets.messages import TaskState

LISTED = 200
"""How many tasks an opened row lists."""


def row_key(message_id: MessageId) -> str:
    """Name a row; the messages ``1`` and ``"1"`` are two."""
    return f"{type(message_id).__name__}:{message_id}"


def label(message_id: MessageId) -> str:
    """Call a message by its name, or by its number."""
    return f"Message {message_id}" if isinstance(message_id, int) else message_id


def elapsed(state: MessageState, now: float) -> float | None:
    """Return the seconds that a message has taken, ``None`` before its first task."""
    if state.started_at is None:
        return None
    end = now if state.pending or state.completed_at is None else state.completed_at
    return max(0.0, end - state.started_at)


def task_state(task: Task, now: float) -> TaskState:
    """Describe a task for the wire."""
    seconds = task.seconds
    if task.status == "running" and task.started_at is not None:
        seconds = max(0.0, now - task.started_at)
    return TaskState(
        id=task.id,
        status=task.status,
        prompt=task.prompt,
        reason=task.reason,
        remaining=None if task.until is None else max(0.0, task.until - now),
        attempt=task.attempt,
        max_attempts=task.max_attempts,
        seconds=seconds,
        error=reason(task.error, task.prompt),
    )


def listed(tasks: Sequence[Task], most: int = LISTED) -> list[Task]:
    """Choose the tasks that an opened row lists, in the order of their registration.

    All of them if they are few. Else those at work, then up to half of the places for what was
    finished last, then what is next in the queue.
    """
    if len(tasks) <= most:
        return list(tasks)
    at_work = [i for i, task in enumerate(tasks) if task.status in ("running", "retrying")]
    waiting = [i for i, task in enumerate(tasks) if task.status in ("waiting", "queued")]
    finished = [i for i, task in enumerate(tasks) if task.status in FINAL]
    chosen = at_work[:most]
    room = most - len(chosen)
    latest = heapq.nlargest(room, finished, key=lambda i: (tasks[i].completed_at or 0.0, i))
    upcoming = waiting[: max(room - len(latest), room - room // 2)]
    chosen += upcoming
    chosen += latest[: most - len(chosen)]
    return [tasks[i] for i in sorted(chosen)]
