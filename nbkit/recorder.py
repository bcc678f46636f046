"""Writes a session down in a store as it goes."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import hashlib
import json
import logging
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nbkit.errors import StoreError, explain, reason
from nbkit.models import FINAL, EncodedImage, ImageRequest, MessageId, Task
from nbkit.options import SessionOptions
from nbkit.progress import now
from nbkit.recording import Former, Recording, StoredTask
from nbkit.store import Journal, Key, SessionLog, plain

logger = logging.getLogger(__name__)

_USER = re.compile(
    r"""
    (  (?: : | %3A ) (?: / | %2F ){2}  # behind a scheme, also of an address in an option
    |  ^ [\w-]+ : (?= [^/?#&@]* : )  # or of an address without one
    )
    [^/?#&]* (?: @ | %40 )  # to the last: a password may have one in it
    """,
    re.VERBOSE | re.IGNORECASE,
)


class Recorder(Recording):
    """Keeps a session in a store: the text, the tasks, every image before it is announced.

    ``on_error()`` is called, in whatever thread, when the store does not work; the session goes on
    without it. ``clock`` is that of the tasks' times.
    """

    def __init__(self, folder: Path, session: str) -> None:
        self.session = session
        self.on_error: Callable[[], None] = lambda: None
        self.clock: Callable[[], float] = now
        self._folder = folder
        self._log = SessionLog(folder, session, on_error=self._failed)
        self._backend: dict[str, Any] = {}
        self._keys: dict[str, Key] = {}
        self._counts: dict[int, int] = {}
        self._last: dict[str, str] = {}
        self._former: dict[str, StoredTask] = {}
        self._left = False

    @property
    def writer(self) -> str:
        """The id of what writes for this process."""
        return self._log.writer

    def begin(
        self, message_id: MessageId, options: SessionOptions, images: object, source: object
    ) -> None:
        """Write down that the session begins, and with what."""
        self._backend = described(images)
        self._log.begin(
            message_id,
            options=options.record(),
            backend=self._backend,
            source=type(source).__qualname__,
        )

    def go_on(self, stored: Former, images: object) -> None:
        """Take up a session that has been claimed for :attr:`writer`."""
        self.stored = stored
        self._backend = described(images)
        self._log.go_on(len(stored.text))
        if stored.text_end == "cut":
            self._log.text_ended("cut")

    def text(self, delta: str) -> None:
        """Keep what has been added to the raw text."""
        if not self._left:
            self._log.text(delta)

    def text_ended(self, how: str, error: str | None = None) -> None:
        """Keep how the text has ended."""
        if not self._left:
            self._log.text_ended(how, error)

    def submitted(
        self, task_id: str, place: int, prompt: str, overrides: Mapping[str, Any], *, replaces: bool
    ) -> None:
        """Keep a new task, under a number of its own in its slot."""
        number = self._counts.get(place, 0)
        self._counts[place] = number + 1
        self._keys[task_id] = place, number
        if not self._left:
            self._log.task((place, number), prompt, overrides, replaces=replaces)

    def restored(self, task_id: str, place: int, stored: StoredTask) -> None:
        """Know a task by the number that it had in a former kernel."""
        self._counts[place] = max(self._counts.get(place, 0), stored.number + 1)
        self._keys[task_id] = place, stored.number
        if stored.status != "queued":
            self._former[task_id] = stored
            self._last[task_id] = stored.status

    def changed(self, task: Task) -> None:
        """Keep what has become of a task: its attempts and its end."""
        key, last = self._keys.get(task.id), self._last.get(task.id, "queued")
        if key is None or self._left or task.status in (last, "waiting"):
            return
        self._last[task.id] = task.status
        seconds = task.seconds if task.status in FINAL else None
        error = reason(task.error, task.prompt)
        self._log.transition(key, task.status, attempt=task.attempt, seconds=seconds, error=error)
        if task.status == "succeeded" and key[1]:
            self._log.chosen(key)  # a new version is shown by itself

    def as_was(self, task: Task) -> Task:
        """Return a task with the attempts, and the time, that it took in a former kernel."""
        former = self._former.get(task.id)
        if former is None:
            return task
        seen: dict[str, Any] = {"attempt": task.attempt + max(0, former.attempt - 1)}
        if task.status == former.status and former.seconds is not None:
            ended = task.completed_at or self.clock()
            seen |= {"completed_at": ended, "started_at": ended - former.seconds}
        return dataclasses.replace(task, **seen)

    async def image(
        self,
        task: Task | None,
        image: EncodedImage,
        display: EncodedImage,
        request: ImageRequest | None,
    ) -> None:
        """Keep the image of a task; returns once a killed kernel would not lose it."""
        key = None if task is None else self._keys.get(task.id)
        if key is None or task is None or self._left:
            return
        loop = asyncio.get_running_loop()
        safe = loop.create_future()

        def done() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(_release, safe)

        begun = task.started_at
        self._log.image(
            key,
            image,
            display,
            seconds=None if begun is None else self.clock() - begun,
            request=None if request is None else self._request_key(request),
            done=done,
        )
        await safe

    def chosen(self, task_id: str | None) -> None:
        """Keep of which task its slot shows the image."""
        key = self._keys.get(task_id or "")
        if key is not None and not self._left:
            self._log.chosen(key)

    def status(self, status: str, error: str | None = None) -> None:
        """Keep how the session stands."""
        if not self._left:
            self._log.status(status, error)

    def leave(self) -> None:
        """Write no more but this: another kernel may finish what is unfinished."""
        if not self._left:
            self._left = True
            self._log.status("interrupted")

    def found(self, request: ImageRequest) -> EncodedImage | None:
        """Read the image that was made for a request before; it blocks for as long."""
        key = self._request_key(request)
        try:
            return None if key is None else Journal(self._folder).image_for(key)
        except StoreError as error:
            logger.debug("no image is taken from the store: %s", explain(error))
            return None

    def _request_key(self, request: ImageRequest) -> str | None:
        """Name a request by all that decides on its image; ``None`` if something has no name."""
        if "spec" not in self._backend:
            return None
        try:
            text = json.dumps(
                [self._backend["spec"], dataclasses.astuple(request)],
                sort_keys=True,
                default=plain,
            )
        except (TypeError, ValueError):
            return None
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()

    def _failed(self, error: StoreError) -> None:
        if self.error is not None:
            return  # it has been said
        self.error = error
        logger.warning("session %s is not kept any more: %s", self.session, explain(error))
        self.on_error()


def described(images: object) -> dict[str, Any]:
    """Describe a backend for a store: a spec string without its user, or a name."""
    if not isinstance(images, str):
        name = getattr(images, "__qualname__", None) or type(images).__qualname__
        return {"name": str(name)}
    spec = images.strip()
    bare = _USER.sub(r"\1", spec)
    return {"spec": bare} if bare == spec else {"spec": bare, "user": "left out"}


def _release(safe: asyncio.Future[None]) -> None:
    if not safe.done():
        safe.set_result(None)
