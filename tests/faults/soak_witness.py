"""Sees every event of a progress manager, and holds each to what has been promised of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from faults.soak_studio import tag_of

from nbkit.models import FINAL, MessageId, MessageState, ProgressEvent
from nbkit.progress import ProgressManager

_UNFINISHED = ("queued", "waiting", "running", "retrying")
_NEXT: dict[str | None, set[str]] = {
    None: {"queued"},
    "queued": {"queued", "waiting", "running", "succeeded", "failed", "cancelled"},
    "waiting": {"queued", "waiting", "running", "cancelled"},
    "running": {"retrying", "succeeded", "failed", "cancelled"},
    "retrying": {"waiting", "queued", "running", "cancelled"},
    "failed": {"queued"},
    "succeeded": set(),
    "cancelled": set(),
}


@dataclass
class Seen:
    """What has been seen of one message."""

    status: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    prompts: dict[str, str] = field(default_factory=dict)
    pictures: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    """How often each task came to each final state."""
    pending: bool = False
    finishes: int = 0
    announced: int = 0
    started: int = 0


class Witness:
    """Keeps books of its own, from the events alone; what breaks a promise is in ``broken``.

    ``paused(message_id)`` tells whether a message's session holds back new attempts.
    """

    def __init__(self, manager: ProgressManager, paused: Callable[[MessageId], bool]) -> None:
        self.broken: list[str] = []
        self.messages: dict[MessageId, Seen] = {}
        self.tags: set[str] = set()
        self._paused = paused
        handlers: dict[Any, Callable[[ProgressEvent, Seen], object]] = {
            "started": self._started,
            "task": self._task,
            "image-completed": self._picture,
            "updated": self._updated,
            "progress-complete": self._complete,
            "cleared": self._cleared,
        }
        self._ends = [manager.on(name, self._safe(handler)) for name, handler in handlers.items()]

    def leave(self) -> None:
        """Look no more."""
        for end in self._ends:
            end()

    def blame(self, *what: object) -> None:
        """Note that a promise was broken."""
        self.broken.append(" ".join(map(str, what)))

    def _safe(
        self, handler: Callable[[ProgressEvent, Seen], object]
    ) -> Callable[[ProgressEvent], None]:
        def call(event: ProgressEvent) -> None:
            seen = self.messages.setdefault(event.message_id, Seen())
            try:
                handler(event, seen)
            except Exception as error:  # noqa: BLE001 - the manager would only log it
                self.blame("the witness failed at", event.name, repr(error))

        return call

    def _started(self, event: ProgressEvent, seen: Seen) -> None:
        seen.started += 1
        if seen.started > 1:
            self.blame(event.message_id, "started twice")

    def _task(self, event: ProgressEvent, seen: Seen) -> None:
        task = event.task
        assert task is not None
        before, after = seen.status.get(task.id), task.status
        if after not in _NEXT[before]:
            self.blame(task.id, "went from", before, "to", after)
        if after == "running" and before != "running" and self._paused(event.message_id):
            self.blame(task.id, "began while its session was paused")
        if before is not None:
            seen.counts[before] -= 1
        seen.counts[after] += 1
        seen.status[task.id] = after
        seen.prompts[task.id] = task.prompt
        if after in FINAL and before != after:
            seen.ends[after] += 1
        pending = any(seen.counts[each] for each in _UNFINISHED)
        seen.finishes += seen.pending and not pending
        seen.pending = pending
        self._compare(event.state, seen)

    def _compare(self, state: MessageState, seen: Seen) -> None:
        for status in _NEXT:
            if status is not None and getattr(state, status) != seen.counts[status]:
                self.blame(state, "but seen were", dict(seen.counts))
                return

    def _picture(self, event: ProgressEvent, seen: Seen) -> None:
        task, image = event.task, event.image
        assert task is not None
        assert image is not None
        seen.pictures[task.id] += 1
        if seen.pictures[task.id] > 1:
            self.blame(task.id, "was completed twice")
        tag = tag_of(image.data)
        if tag.partition("|")[0] != task.prompt:
            self.blame(task.id, "asked for", task.prompt, "and got", tag)
        if tag in self.tags:
            self.blame(tag, "was given to two tasks")
        self.tags.add(tag)

    def _updated(self, event: ProgressEvent, seen: Seen) -> None:
        self._compare(event.state, seen)

    def _complete(self, event: ProgressEvent, seen: Seen) -> None:
        seen.announced += 1
        if event.state.pending or seen.announced != seen.finishes:
            self.blame(event.message_id, "was announced as complete at the wrong time")

    def _cleared(self, event: ProgressEvent, seen: Seen) -> None:
        del seen, self.messages[event.message_id]
