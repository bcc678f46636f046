"""What a queue tells the progress manager of its tasks, and whoever wants their results."""

from __future__ import annotations

import logging
from collections.abc import Callable

from nbkit.limits import Limited
from nbkit.models import EncodedImage, MessageId, Task
from nbkit.progress import ProgressManager

logger = logging.getLogger("nbkit.queue")


class Reports:
    """Tells of one message's tasks.

    What tells of a transition returns whether the manager agreed: it does not where somebody else
    has ended the task, or cleared the message.
    """

    def __init__(
        self,
        manager: ProgressManager,
        message_id: MessageId,
        on_result: Callable[[Task], None] | None,
    ) -> None:
        self._manager = manager
        self._message_id = message_id
        self._on_result = on_result

    def register(self, prompt: str, *, max_attempts: int | None = None) -> str:
        """Register a task for a prompt, and return its id."""
        task = self._manager.register_task(
            self._message_id, prompt=prompt, max_attempts=max_attempts
        )
        return task.id

    def started(self, task_id: str) -> bool:
        """Tell that an attempt begins."""
        return self._manager.start_task(self._message_id, task_id)

    def waiting(self, task_id: str, reason: str, seconds: float) -> bool:
        """Tell what a task waits for, and for how long."""
        until = self._manager.clock() + seconds
        return self._manager.wait_task(self._message_id, task_id, reason=reason, until=until)

    def requeued(self, task_id: str) -> bool:
        """Tell that a task waits for nothing but its turn."""
        return self._manager.requeue_task(self._message_id, task_id)

    def retrying(self, task_id: str, delay: float, reason: str) -> bool:
        """Tell that an attempt has failed, and that another follows after ``delay`` seconds."""
        task = self._manager.get_task(self._message_id, task_id)
        # What somebody else has failed meanwhile would come back to life: it may be retried too.
        if task is None or task.status != "running":
            return False
        return self._manager.retry_task(self._message_id, task_id, delay=delay, reason=reason)

    def queued_again(self, task_id: str) -> bool:
        """Tell that a failed task is to be tried again."""
        return self._manager.retry_task(self._message_id, task_id)

    def succeeded(self, task_id: str, image: EncodedImage) -> bool:
        """Tell that a task has its image."""
        return self._manager.complete_task(self._message_id, task_id, image=image)

    def failed(self, task_id: str, error: BaseException) -> bool:
        """Tell that a task has failed for good."""
        return self._manager.fail_task(self._message_id, task_id, error=error)

    def cancelled(self, task_id: str) -> bool:
        """Tell that a task is cancelled."""
        return self._manager.cancel_task(self._message_id, task_id)

    def result(self, task_id: str) -> None:
        """Hand a task that is final to who wants the results; what that raises is logged."""
        if self._on_result and (task := self._manager.get_task(self._message_id, task_id)):
            try:
                self._on_result(task)
            except Exception:
                logger.exception("handling the result of task %s failed", task_id)

    def limits(self, limits: Limited, *, paused: bool) -> None:
        """Tell what the manager's estimates have to reckon with."""
        if self._manager.is_tracking(self._message_id):
            self._manager.set_limits(
                self._message_id,
                max_concurrency=limits.max_concurrency,
                min_interval=limits.min_interval,
                max_rate=limits.max_rate,
                paused=paused,
            )
