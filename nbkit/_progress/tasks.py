"""The tasks of one message: their states, counts and measured times, without locks or events.

Every change and every lookup costs the same however many tasks there are.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Iterable
from typing import Any, get_args

from nbkit._progress.entries import (
    HELD,
    LEGAL,
    RETRYABLE,
    STARTABLE,
    UNFINISHED,
    Action,
    Entry,
    Line,
)
from nbkit._progress.eta import attempts_per_task, estimate
from nbkit._progress.events import StateNote
from nbkit.models import FINAL, EncodedImage, MessageId, MessageState, Task, TaskStatus

_RUNS = 64  # measured run times that count, the latest
_STARTS = 1_000  # starts remembered for the rate limit
_RUNNING = 1_000  # running tasks, the latest, that the ETA looks at one by one
_HELD = 64  # waiting and retrying tasks that the ETA looks at one by one
_ETA_AGE = 0.05  # seconds that an estimate may be old where it was not asked for


class MessageTasks:
    """The tasks of one message, oldest first, and what was measured of them."""

    def __init__(self, message_id: MessageId) -> None:
        self.message_id = message_id
        self.entries: list[Entry] = []
        self.pending = 0
        self.prompt = ""  # the first that was given
        self.max_concurrency: int | None = None
        self.min_interval = 0.0
        self.max_rate: float | None = None
        self.paused = False
        self._counts: dict[TaskStatus, int] = dict.fromkeys(get_args(TaskStatus), 0)
        self._started_at: float | None = None
        self._completed_at: float | None = None
        self._by_id: dict[str, Entry] = {}
        self._pictured: list[Entry] = []  # in the order of their images
        self._running: dict[int, Entry] = {}
        self._held: dict[int, Entry] = {}
        self._startable = Line(1, STARTABLE)
        self._unfinished = Line(2, UNFINISHED)
        self._retryable = Line(4, RETRYABLE)
        self._requeueable = Line(8, HELD)
        self._peak = 1
        self._starts: deque[float] = deque(maxlen=_STARTS)
        self._runs: deque[float] = deque(maxlen=_RUNS)
        self._ended = self._retried = 0
        self._end: float | None = None  # when all will be finished, as estimated
        self._estimated_at = -math.inf
        self._noted: StateNote | None = None  # with the events of the last change
        self._noted_at = -math.inf

    def __len__(self) -> int:
        return len(self.entries)

    def __contains__(self, task_id: object) -> bool:
        return task_id in self._by_id

    @property
    def completed(self) -> int:
        """How many tasks are finished."""
        return len(self.entries) - self.pending

    def add(self, task_id: str, moment: float, **about: Any) -> Entry:
        """Add a queued task; its id must be new."""
        entry = Entry(task_id, self.message_id, len(self.entries), moment, **about)
        self.entries.append(entry)
        self._by_id[task_id] = entry
        self.prompt = self.prompt or entry.prompt
        self._counts["queued"] += 1
        self.pending += 1
        self._startable.enter(entry)
        self._unfinished.enter(entry)
        if self._started_at is None:
            self._started_at = moment
        self._completed_at = None
        self._noted = None
        return entry

    def get(self, task_id: str) -> Entry | None:
        """Look a task up."""
        return self._by_id.get(task_id)

    def find(self, action: Action, task_id: str | None) -> Entry | None:
        """Return the task if it can make the transition; without an id, the oldest that can."""
        if task_id is not None:
            entry = self._by_id.get(task_id)
            return entry if entry is not None and entry.status in LEGAL[action] else None
        if action == "retry":
            return self._retryable.oldest(self.entries)
        if action == "requeue":
            return self._requeueable.oldest(self.entries)
        if action in ("start", "wait"):
            return self._startable.oldest(self.entries)
        return self._unfinished.oldest(self.entries)

    # Transitions; the caller has looked whether they are legal.

    def start(self, entry: Entry, moment: float) -> None:
        """Begin an attempt."""
        entry.attempt += 1
        entry.started_at = moment
        self._starts.append(moment)
        self._move(entry, "running")
        self._peak = max(self._peak, len(self._running))

    def wait(self, entry: Entry, _moment: float, reason: str, until: float | None) -> None:
        """Let it wait, saying what for."""
        self._move(entry, "waiting", reason, until)

    def requeue(self, entry: Entry, _moment: float) -> None:
        """End its waiting, or its retry sleep, without a start."""
        self._move(entry, "queued")

    def complete(self, entry: Entry, moment: float, image: EncodedImage | None) -> None:
        """Let it succeed."""
        self._measure(entry, moment)
        if image is not None:
            entry.image = image
            self._pictured.append(entry)
        self._finish(entry, moment, "succeeded")

    def fail(
        self, entry: Entry, moment: float, error: BaseException | str | None, *, begun: bool = True
    ) -> None:
        """Let it fail; ``begun`` counts an attempt that nobody has announced."""
        if begun or entry.status == "running":
            self._measure(entry, moment)
        entry.error = error
        self._finish(entry, moment, "failed")

    def cancel(self, entry: Entry, moment: float) -> None:
        """Cancel it."""
        self._finish(entry, moment, "cancelled")

    def retry(self, entry: Entry, moment: float, delay: float, reason: str) -> None:
        """Lead a running task to its retry sleep, a failed one back to the queue."""
        if entry.status == "running":
            self._measure(entry, moment)
            self._retried += 1
            self._move(entry, "retrying", reason, moment + delay)
            return
        entry.error = entry.completed_at = entry.started_at = None
        self._move(entry, "queued")
        self.pending += 1
        self._completed_at = None

    def _finish(self, entry: Entry, moment: float, status: TaskStatus) -> None:
        entry.completed_at = moment
        self._move(entry, status)
        self.pending -= 1
        if not self.pending:
            self._completed_at = moment

    def _move(
        self, entry: Entry, status: TaskStatus, reason: str = "", until: float | None = None
    ) -> None:
        seq, former = entry.seq, entry.status
        self._noted = None
        self._counts[former] -= 1
        self._counts[status] += 1
        if former == "running":
            del self._running[seq]
        elif former in HELD:
            del self._held[seq]
        entry.status, entry.reason, entry.until, entry.seen = status, reason, until, None
        if status in FINAL:
            if status == "failed":
                self._retryable.enter(entry)
            return
        self._unfinished.enter(entry)
        if status == "running":
            self._running[seq] = entry
            self._retryable.enter(entry)
            return
        self._startable.enter(entry)
        if status != "queued":
            self._held[seq] = entry
            self._requeueable.enter(entry)

    def _measure(self, entry: Entry, moment: float) -> None:
        """Count an attempt that has ended, and the time that it took where it was started."""
        if entry.status == "running" and entry.started_at is not None:
            self._runs.append(moment - entry.started_at)
            self._ended += 1
        elif entry.status != "retrying":
            entry.attempt += 1

    # What it looks like

    def task(self, task_id: str) -> Task | None:
        """Record the task of an id, if there is one."""
        entry = self._by_id.get(task_id)
        return None if entry is None else entry.record()

    def tasks(self) -> tuple[Task, ...]:
        """Record all tasks, oldest first."""
        return tuple(entry.record() for entry in self.entries)

    def pictured(self, count: int) -> tuple[Task, ...]:
        """Record the tasks whose images came last, the newest last."""
        return tuple(entry.record() for entry in self._pictured[-count:])

    def state(self, moment: float) -> MessageState:
        """Record the counts, with an estimate worked out now."""
        return MessageState(*self._facts(self._eta(moment, max_age=0.0)))

    def note(self, moment: float) -> StateNote:
        """Note the counts for the events of a change, with an estimate up to 50 ms old."""
        if self._noted is None or self._noted_at != moment:
            self._noted = StateNote(self._facts(self._eta(moment, max_age=_ETA_AGE)))
            self._noted_at = moment
        return self._noted

    def _facts(self, eta: float | None) -> tuple[Any, ...]:
        counts = self._counts.values()
        return (self.message_id, *counts, eta, self._started_at, self._completed_at)

    def _eta(self, moment: float, *, max_age: float) -> float | None:
        if not self.pending:
            return 0.0 if self.entries else None
        if not self._runs or self.paused:
            return None
        if self._end is None or moment - self._estimated_at >= max_age:
            self._end = moment + self._estimate(moment)
            self._estimated_at = moment
        return max(0.0, self._end - moment)

    def _estimate(self, moment: float) -> float:
        held = list(itertools.islice(self._held.values(), _HELD))
        sleeping = [entry.until or moment for entry in held if entry.status == "retrying"]
        told = [entry.until for entry in held if entry.status == "waiting" and entry.until]
        return estimate(
            moment,
            run=math.fsum(self._runs) / len(self._runs),
            attempts=attempts_per_task(self._ended, self._retried),
            running=[entry.started_at or moment for entry in self._deciding()],
            queued=self.pending - len(self._running) - len(sleeping),
            retrying=sleeping,
            not_before=min(told, default=-math.inf),
            concurrency=self.max_concurrency or self._peak,
            min_interval=self.min_interval,
            max_rate=self.max_rate,
            starts=tuple(self._starts) if self.max_rate else self._last_start(),
        )

    def _deciding(self) -> Iterable[Entry]:
        """Give those running tasks, the latest first, that an estimate needs to know of.

        Each is expected to end when the mean time is over or, late, as far from then again: where
        nothing else is to start, the one that was started last or first ends last.
        """
        running = self._running.values()
        latest = reversed(running)
        if len(running) <= 2 or self._retried or len(running) < self.pending:
            return itertools.islice(latest, _RUNNING)
        return next(latest), next(iter(running))

    def _last_start(self) -> tuple[float, ...]:
        return (self._starts[-1],) if self._starts else ()
