"""The progress of all messages: which images are on their way, which have come, which failed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, TypeVar

from nbkit._progress.handlers import Handler
from nbkit._progress.ledger import Ledger
from nbkit._progress.observed import ObservedStates
from nbkit._progress.tasks import MessageTasks
from nbkit.limits import check_limits, is_whole
from nbkit.models import EncodedImage, EventName, MessageId, MessageState, ReadOnly, Task

T = TypeVar("T")
U = TypeVar("U")

_EPOCH = time.time() - time.monotonic()


def now() -> float:
    """Tell the time as Unix seconds, on a clock that never steps back."""
    return _EPOCH + time.monotonic()


class ProgressManager(ObservedStates):
    """Keeps the tasks of all messages, and says how they stand.

    Every method may be called from any thread, and nothing is bound to an event loop. A method that
    makes a transition returns whether it was made; a message that is not tracked, or a task that
    cannot make it, is a warning in the log and changes nothing. Without a task's id the oldest
    task that can make the transition is meant.

    The trait ``messages`` maps the ids of the tracked messages to their ``MessageState``. It is
    notified at most 20 times a second, on the event loop, or in the caller where none runs, and
    always arrives at the last state. Queries are exact at once. An observer or a handler that
    raises is logged and harms no other.

    Parameters
    ----------
    clock
        Tells the time in seconds, and never steps back; public, for who hands in times.
    """

    def __init__(self, *, clock: Callable[[], float] = now) -> None:
        super().__init__()
        self.clock = clock
        self._ledger = Ledger(clock, self._coalescer.request)

    # Registration

    def register_tasks(
        self, message_id: MessageId, count: int, *, timeout: float | None = None
    ) -> tuple[str, ...]:
        """Track a message, add ``count`` queued tasks to it, and return their ids, oldest first.

        With 0 the message is tracked and nothing announced. ``timeout`` is in seconds, from the
        registration while a task has not been started, from its start once it runs, and stands
        still while it waits; a task past it fails with ``TaskTimeout``.

        Raises
        ------
        TypeError
            For a count that is no whole number.
        ValueError
            For a negative count, or a timeout that is not above 0.
        """
        if not is_whole(count):
            raise TypeError(f"count must be a whole number, 0 or more, not {count!r}")
        if count < 0:
            raise ValueError(f"count must be 0 or more, not {count}")
        entries = self._ledger.register(message_id, [None] * int(count), timeout=timeout)
        return tuple(entry.id for entry in entries)

    def register_task(
        self,
        message_id: MessageId,
        task_id: str | None = None,
        *,
        prompt: str = "",
        timeout: float | None = None,
        max_attempts: int | None = None,
        **metadata: Any,
    ) -> Task:
        """Track a message and add one queued task to it; without an id it gets one.

        Raises
        ------
        ValueError
            For an id that the message has already, or a timeout that is not above 0.
        """
        (entry,) = self._ledger.register(
            message_id,
            [task_id],
            timeout=timeout,
            prompt=prompt,
            max_attempts=max_attempts,
            metadata=ReadOnly(metadata),
        )
        return entry.record()

    # Transitions

    def start_task(self, message_id: MessageId, task_id: str | None = None) -> bool:
        """Begin an attempt at a task that is queued, waits, or sleeps before a retry."""
        return self._ledger.change("start", message_id, task_id, MessageTasks.start)

    def wait_task(
        self,
        message_id: MessageId,
        task_id: str | None = None,
        reason: str = "",
        until: float | None = None,
    ) -> bool:
        """Let a task that does not run wait; ``until`` is on the clock, ``None`` if not known."""
        return self._ledger.change("wait", message_id, task_id, MessageTasks.wait, reason, until)

    def requeue_task(self, message_id: MessageId, task_id: str | None = None) -> bool:
        """Put a task that waits, or whose retry is due, back among the queued ones."""
        return self._ledger.change("requeue", message_id, task_id, MessageTasks.requeue)

    def complete_task(
        self,
        message_id: MessageId,
        task_id: str | None = None,
        *,
        image: EncodedImage | None = None,
    ) -> bool:
        """Let an unfinished task succeed, with its image."""
        return self._ledger.change("complete", message_id, task_id, MessageTasks.complete, image)

    def fail_task(
        self,
        message_id: MessageId,
        task_id: str | None = None,
        *,
        error: BaseException | str | None = None,
    ) -> bool:
        """Let an unfinished task fail, saying why."""
        return self._ledger.change("fail", message_id, task_id, MessageTasks.fail, error)

    def cancel_task(self, message_id: MessageId, task_id: str | None = None) -> bool:
        """Cancel an unfinished task."""
        return self._ledger.change("cancel", message_id, task_id, MessageTasks.cancel)

    def retry_task(
        self,
        message_id: MessageId,
        task_id: str | None = None,
        delay: float = 0.0,
        reason: str = "",
    ) -> bool:
        """Lead a running task to ``retrying`` for ``delay`` seconds, a failed one to ``queued``.

        The attempts so far stay counted.

        Raises
        ------
        ValueError
            For a delay below 0.
        """
        if not delay >= 0:
            raise ValueError(f"delay must be a number of seconds, 0 or more, not {delay!r}")
        return self._ledger.change("retry", message_id, task_id, MessageTasks.retry, delay, reason)

    def set_limits(
        self,
        message_id: MessageId,
        *,
        max_concurrency: int | None = None,
        min_interval: float | None = None,
        max_rate: float | None = None,
        paused: bool = False,
    ) -> bool:
        """Say under which limits a message's tasks run: what its ETA reckons with.

        Without ``max_concurrency`` it reckons with the most tasks that ran at once. While
        ``paused`` there is none: nobody knows when it goes on.

        Raises
        ------
        ValueError
            For a limit that is out of range.
        """
        given = {"max_concurrency": max_concurrency, "min_interval": min_interval}
        check_limits(max_rate=max_rate, **{k: v for k, v in given.items() if v is not None})
        return self._ledger.set_limits(
            message_id, max_concurrency, min_interval, max_rate, paused=paused
        )

    def hold(self, message_id: MessageId) -> None:
        """Keep a message, of which more is to come, from being cleared by itself."""
        self._ledger.hold(message_id)

    def release(self, message_id: MessageId) -> None:
        """End a :meth:`hold`; a message that was held twice is released twice."""
        self._ledger.release(message_id)

    def clear(self, message_id: MessageId) -> bool:
        """End the tracking of a message; who waits for it is released.

        Of the finished messages the newest 200 stay tracked; older ones are cleared by themselves.
        """
        return self._ledger.clear(message_id)

    def check_timeouts(self) -> None:
        """Fail what is past its timeout now. A timer does it too, and so does every query."""
        self._ledger.check_timeouts()

    # Queries

    @property
    def tracked_messages(self) -> tuple[MessageId, ...]:
        """The ids of the tracked messages, in the order of their registration."""
        with self._ledger.lock:
            return tuple(self._ledger.records)

    def is_tracking(self, message_id: MessageId) -> bool:
        """Say whether a message is tracked."""
        return message_id in self._ledger.records

    def is_complete(self, message_id: MessageId) -> bool:
        """Say whether a message has tasks, and all of them are finished."""
        return self._read(message_id, lambda record: 0 < len(record) == record.completed, False)

    def get_state(self, message_id: MessageId) -> MessageState | None:
        """Return how a message stands; ``None`` for one that is not tracked."""
        return self._read(message_id, lambda record: record.state(self.clock()), None)

    def get_progress(self, message_id: MessageId) -> float:
        """Return the finished tasks of a message in percent; 0.0 where there are none."""
        return self._read(message_id, lambda r: 100.0 * r.completed / (len(r) or 1), 0.0)

    def get_task(self, message_id: MessageId, task_id: str) -> Task | None:
        """Return a task as it stands; ``None`` where there is no such task."""
        return self._read(message_id, lambda record: record.task(task_id), None)

    def get_tasks(self, message_id: MessageId) -> tuple[Task, ...]:
        """Return the tasks of a message, oldest first; none where it is not tracked."""
        return self._read(message_id, MessageTasks.tasks, ())

    def _read(
        self, message_id: MessageId, read: Callable[[MessageTasks], T], otherwise: U
    ) -> T | U:
        self._ledger.check_timeouts()
        with self._ledger.lock:
            record = self._ledger.records.get(message_id)
            return otherwise if record is None else read(record)

    async def wait_all_complete(self, message_id: MessageId, timeout: float | None = None) -> None:
        """Return when nothing of a message is unfinished, or it is not tracked any more.

        It may be awaited on any loop.

        Raises
        ------
        TimeoutError
            After ``timeout`` seconds.
        """
        self._ledger.check_timeouts()
        self._coalescer.see_loop()
        waiter = self._ledger.add_waiter(message_id)
        if waiter is None:
            return
        try:
            done, _ = await asyncio.wait({waiter}, timeout=timeout)
        finally:
            self._ledger.waiters.drop(message_id, waiter)
        if not done:
            raise TimeoutError(f"message {message_id} has unfinished tasks after {timeout} s")
        self._coalescer.outlive_loop()

    # Listening

    def on(
        self, event: EventName, handler: Handler, *, message_id: MessageId | None = None
    ) -> Callable[[], None]:
        """Call a handler at each event of a name, of one message or of all; return the end of it.

        Handlers are called in the order of the changes, in the thread that made the change, without
        a lock held. The events of one change come in this order: ``started``, ``task``,
        ``image-completed``, ``updated``, ``progress-complete``, ``cleared``. What a handler changes
        itself is announced after the present change; a thread whose change comes later waits, up to
        5 s, for the handlers of an earlier one. An event's ``state`` is that of the change, its
        ``eta`` at most 50 ms older.

        Raises
        ------
        ValueError
            For an event that does not exist.
        """
        self._coalescer.see_loop()
        return self._ledger.handlers.add(event, handler, message_id)


progress_manager = ProgressManager()
"""The progress manager of this kernel."""
