"""The books of a progress manager: every change of every message, under one lock."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from nbkit._progress import log
from nbkit._progress.deadlines import Deadlines
from nbkit._progress.entries import Action, Entry
from nbkit._progress.events import NotedEvent
from nbkit._progress.handlers import Batch, Call, Handlers
from nbkit._progress.retention import Retention
from nbkit._progress.standing import Standing
from nbkit._progress.tasks import MessageTasks
from nbkit._progress.waiters import Waiters
from nbkit.errors import TaskTimeout
from nbkit.models import EventName, MessageId

_CHANGED: tuple[EventName, ...] = ("task", "updated")
_PICTURED: tuple[EventName, ...] = ("task", "image-completed", "updated")
_OF_A_TASK: frozenset[EventName] = frozenset({"task", "image-completed"})
_NO_TASK = (None,)
_END: EventName = "progress-complete"


class Ledger:
    """Holds the tasks of all messages.

    A change is made under a lock; after its release the handlers are called, then ``changed``.
    """

    def __init__(self, clock: Callable[[], float], changed: Callable[[], object]) -> None:
        self.handlers = Handlers()
        self.records: dict[MessageId, MessageTasks] = {}
        self.lock = threading.RLock()  # guards all but the handlers
        self._clock = clock
        self._changed = changed
        self._retention = Retention()
        self.waiters = Waiters()
        self._deadlines: Deadlines[Entry] = Deadlines(clock, self.lock, self.check_timeouts)
        self._numbers = itertools.count(1)
        self.states = Standing(self.records, self.lock, clock)

    def register(
        self,
        message_id: MessageId,
        task_ids: Iterable[str | None],
        *,
        timeout: float | None = None,
        **about: Any,
    ) -> list[Entry]:
        """Track a message and add queued tasks; ``None`` for an id makes one."""
        if not isinstance(message_id, int | str):
            raise TypeError(f"a message id is an int or a str, not {type(message_id).__name__}")
        if timeout is not None and not timeout > 0:
            raise ValueError(f"timeout must be a number of seconds above 0, not {timeout!r}")
        calls: list[Call] = []
        with self.lock:
            known = self.records.get(message_id)
            record = MessageTasks(message_id) if known is None else known
            first, moment = not len(record), self._clock()
            entries: list[Entry] = []
            for given in task_ids:
                if given is not None and given in record:
                    raise ValueError(f"message {message_id} has a task {given!r} already")
                task_id = self._new_id(record) if given is None else given
                entries.append(record.add(task_id, moment, timeout=timeout, **about))
                if timeout is not None:
                    self._deadlines.set(entries[-1], moment + timeout)
            self.records[message_id] = record
            self.states.touch(message_id)
            if entries:
                self._retention.forget(message_id)
                names: list[EventName] = ["started", "task", "updated"]
                self._announce(calls, record, moment, names[not first :], entries)
            batch = self.handlers.enqueue(calls)
        log.registered(message_id, len(entries))
        self._tell(batch)
        return entries

    def _new_id(self, record: MessageTasks) -> str:
        # Never used again, so that a late call for a cleared message hits no task of its successor.
        while (new := f"task-{next(self._numbers)}") in record:
            pass
        return new

    def change(
        self,
        action: Action,
        message_id: MessageId,
        task_id: str | None,
        transition: Callable[..., object],
        *args: object,
    ) -> bool:
        """Make a transition, ``transition(record, entry, now, *args)``, where it is legal."""
        calls: list[Call] = []
        logged = log.wants(action)
        with self.lock:
            record = self.records.get(message_id)
            entry = None if record is None else record.find(action, task_id)
            if record is None or entry is None:
                refusal = log.refusal(action, message_id, task_id, record)
            else:
                refusal = ""
                moment, was_pending = self._clock(), record.pending
                transition(record, entry, moment, *args)
                self._settle(calls, record, entry, moment, was_pending)
                done, total = (record.completed, len(record)) if logged else (0, 0)
                batch = self.handlers.enqueue(calls) if calls else None
        if refusal:
            log.warn(refusal)
            return False
        if logged:
            log.changed(action, message_id, done, total)
        self._tell(batch)
        return True

    def set_limits(
        self,
        message_id: MessageId,
        max_concurrency: int | None,
        min_interval: float | None,
        max_rate: float | None,
        *,
        paused: bool,
    ) -> bool:
        """Keep what the estimate reckons with."""
        with self.lock:
            record = self.records.get(message_id)
            if record is not None:
                record.max_concurrency = max_concurrency
                record.min_interval = min_interval or 0.0
                record.max_rate = max_rate
                record.paused = paused
                self.states.touch(message_id)
        if record is None:
            log.warn(log.not_tracked(message_id))
            return False
        self._changed()
        return True

    def hold(self, message_id: MessageId) -> None:
        """Keep a message from being cleared by itself until it is released as often."""
        with self.lock:
            self._retention.hold(message_id)

    def release(self, message_id: MessageId) -> None:
        """End a hold; a message that is finished counts among the finished ones from now on."""
        calls: list[Call] = []
        with self.lock:
            record = self.records.get(message_id)
            if self._retention.release(message_id) and record is not None and not record.pending:
                self._finish(calls, message_id, self._clock())
            batch = self.handlers.enqueue(calls)
        self._tell(batch)

    def clear(self, message_id: MessageId) -> bool:
        """End tracking and release who waits; say whether it was tracked."""
        calls: list[Call] = []
        with self.lock:
            if message_id not in self.records:
                return False
            self._clear(calls, message_id, self._clock())
            batch = self.handlers.enqueue(calls)
        self._tell(batch)
        return True

    def check_timeouts(self) -> None:
        """Fail what is past its timeout."""
        if not self._deadlines.pending:
            return
        calls: list[Call] = []
        problems: list[str] = []
        with self.lock:
            moment = self._clock()
            for entry in self._deadlines.pop_due(moment):
                record = self.records[entry.message_id]
                verb = "took longer than" if entry.status == "running" else "was not started within"
                problem = f"{verb} {entry.timeout:g} s"
                about = f"the image {problem}: {entry.prompt}".removesuffix(": ")
                error = TaskTimeout(about, prompt=entry.prompt)
                problems.append(f"task {entry.id!r} of message {record.message_id} {problem}")
                was_pending = record.pending
                record.fail(entry, moment, error, begun=False)
                self._settle(calls, record, entry, moment, was_pending)
            batch = self.handlers.enqueue(calls)
        if problems:
            for problem in problems:
                log.warn(problem)
            self._tell(batch)

    def _tell(self, batch: Batch | None) -> None:
        # The handlers first: what observers of the trait do themselves has its turn after them.
        try:
            if batch is not None:
                self.handlers.deliver(batch)
        finally:
            self._changed()

    # What follows from a change, under the lock

    def _settle(
        self,
        calls: list[Call],
        record: MessageTasks,
        entry: Entry,
        moment: float,
        was_pending: int,
    ) -> None:
        message_id = record.message_id
        self.states.touch(message_id)
        if entry.timeout is not None:
            if entry.status in ("queued", "running"):
                self._deadlines.set(entry, moment + entry.timeout)
            else:
                self._deadlines.drop(entry)
        finished = was_pending and not record.pending
        if self.handlers.of(message_id):
            pictured = entry.image is not None and entry.status == "succeeded"
            names = _PICTURED if pictured else _CHANGED
            self._announce(calls, record, moment, (*names, _END) if finished else names, (entry,))
        if record.pending and not was_pending:
            self._retention.forget(message_id)
        elif finished:
            self.waiters.release(message_id)
            self._finish(calls, message_id, moment)

    def _finish(self, calls: list[Call], message_id: MessageId, moment: float) -> None:
        oldest = self._retention.finish(message_id)
        if oldest is not None:
            self._clear(calls, oldest, moment)

    def _clear(self, calls: list[Call], message_id: MessageId, moment: float) -> None:
        record = self.records.pop(message_id)
        self._retention.forget(message_id)
        self.states.touch(message_id)
        if self._deadlines.pending:
            for entry in record.entries:
                self._deadlines.drop(entry)
        self.waiters.release(message_id)
        self._announce(calls, record, moment, ("cleared",))

    def _announce(
        self,
        calls: list[Call],
        record: MessageTasks,
        moment: float,
        names: Sequence[EventName],
        entries: Sequence[Entry] = (),
    ) -> None:
        """Note the calls of a change's events, in their order."""
        message_id = record.message_id
        heard = self.handlers.of(message_id)
        for name in names if heard else ():
            listening = heard.get(name)
            if not listening:
                continue
            note = record.note(moment)
            for entry in entries if name in _OF_A_TASK else _NO_TASK:
                about = None if entry is None else entry.seen or entry.facts()
                image = entry.image if entry is not None and name == "image-completed" else None
                event = NotedEvent(name, message_id, note, about, image)
                for subscription in listening:
                    calls.append((subscription, event))  # noqa: PERF401 - half as dear for one

    def add_waiter(self, message_id: MessageId) -> asyncio.Future[None] | None:
        """Make a future that a finish or a clear releases; ``None`` if nothing is unfinished."""
        with self.lock:
            record = self.records.get(message_id)
            return self.waiters.add(message_id) if record is not None and record.pending else None
