"""What a progress manager says in the log."""

from __future__ import annotations

import logging

from nbkit._progress.entries import LEGAL, Action
from nbkit._progress.tasks import MessageTasks
from nbkit.models import MessageId

_VERBS = {"complete": "completed", "fail": "failed", "cancel": "cancelled"}
_logger = logging.getLogger("nbkit.progress")


def registered(message_id: MessageId, count: int) -> None:
    """Tell of tasks that are new."""
    if _logger.isEnabledFor(logging.DEBUG):
        tasks = "1 task" if count == 1 else f"{count} tasks"
        _logger.debug("Registered %s for message %s", tasks, message_id)


def wants(action: Action) -> bool:
    """Say whether an action is worth its counts: who has no log need not gather them."""
    return action in _VERBS and _logger.isEnabledFor(logging.DEBUG)


def changed(action: Action, message_id: MessageId, completed: int, total: int) -> None:
    """Tell of a task that is final, and of the last of them."""
    _logger.debug("Task %s for message %s (%d/%d)", _VERBS[action], message_id, completed, total)
    if completed == total:
        _logger.debug("All tasks completed for message %s", message_id)


def warn(problem: str) -> None:
    """Tell of what the caller, or a task, did not get."""
    _logger.warning("%s", problem)


def not_tracked(message_id: MessageId) -> str:
    """Say that there is no such message."""
    return f"message {message_id} is not tracked by the progress manager"


def refusal(
    action: Action, message_id: MessageId, task_id: str | None, record: MessageTasks | None
) -> str:
    """Say why a transition cannot be made; without a record the message is not tracked."""
    if record is None:
        return not_tracked(message_id)
    if task_id is None:
        states = ", ".join(sorted(LEGAL[action]))
        return f"message {message_id} has no task to {action}: none is one of {states}"
    entry = record.get(task_id)
    if entry is None:
        return f"message {message_id} has no task {task_id!r}"
    return f"cannot {action} task {task_id!r} of message {message_id}: it is {entry.status}"
