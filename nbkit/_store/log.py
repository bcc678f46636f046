"""What one session writes down as it goes, and in which words."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nbkit._store.entries import Image, Mark, Row, Text
from nbkit._store.writer import writer_for
from nbkit.errors import StoreError
from nbkit.models import EncodedImage, MessageId, TaskStatus

Key = tuple[int, int]
"""What names a task in a store: the place of its slot in the text, and its number there."""


class SessionLog:
    """Hands a session's changes to the writer of its store. Nothing here waits or raises.

    Every method may be called from any thread. ``on_error(error)`` is called, from any thread, if
    the store does not work; what is handed in from then on is dropped.
    """

    def __init__(
        self, folder: Path, session: str, *, on_error: Callable[[StoreError], None]
    ) -> None:
        self._session = session
        self._on_error = on_error
        self._writer = writer_for(folder)
        self._length = 0
        self._runs = False

    @property
    def writer(self) -> str:
        """The id of the writer."""
        return self._writer.id

    def begin(
        self,
        message_id: MessageId,
        *,
        options: Mapping[str, Any],
        backend: Mapping[str, Any],
        source: str,
    ) -> None:
        """Write down that the session begins, and with what."""
        self._runs = True
        self._writer.watch(self._session, self._on_error)
        self._row(
            "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, NULL, 'running', NULL, NULL, NULL, ?)",
            self._session,
            json.dumps(message_id),
            json.dumps(options, default=plain),
            json.dumps(backend),
            source,
            time.time(),
            self._writer.id,
            begins=True,
        )

    def go_on(self, length: int) -> None:
        """Take up a session that has been claimed, and of whose text so many characters are kept.

        What may have come after a gap in the text goes.
        """
        self._length = length
        self._runs = True
        self._writer.watch(self._session, self._on_error)
        self._row("DELETE FROM texts WHERE session = ? AND start >= ?", self._session, length)

    def text(self, text: str) -> None:
        """Write down what has been added to the text."""
        if text:
            self._writer.put(Text(self._session, self._length, text))
            self._length += len(text)

    def text_ended(self, how: str, error: str | None = None) -> None:
        """Write down that there will be no more text: ``complete``, ``failed``, ``cancelled``."""
        sql = "UPDATE sessions SET text_end = ?, text_error = ? WHERE id = ?"
        self._row(sql, how, _fit(error), self._session)

    def task(self, key: Key, prompt: str, overrides: Mapping[str, Any], *, replaces: bool) -> None:
        """Write down a task, and whether its image is to take the place of the former ones."""
        self._row(
            "INSERT OR REPLACE INTO tasks VALUES (?, ?, ?, ?, ?, ?)",
            self._session,
            *key,
            _fit(prompt),
            json.dumps(overrides, default=plain),
            replaces,
        )

    def transition(
        self,
        key: Key,
        status: TaskStatus,
        *,
        attempt: int,
        seconds: float | None = None,
        error: str | None = None,
    ) -> None:
        """Write down what has become of a task."""
        self._row(
            "INSERT INTO transitions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            time.time(),
            self._session,
            *key,
            status,
            attempt,
            seconds,
            _fit(error),
        )

    def image(
        self,
        key: Key,
        image: EncodedImage,
        display: EncodedImage | None,
        *,
        seconds: float | None,
        request: str | None,
        done: Callable[[], None],
    ) -> None:
        """Keep the image of a task; ``done()`` is called in the writer's thread once it is safe.

        It is called too where the store does not work.
        """
        task = (self._session, *key)
        self._writer.put(Image(task, image, display, seconds, request, done))

    def chosen(self, key: Key) -> None:
        """Write down of which task the slot shows the image, also after the session's end."""
        self._writer.watch(self._session, self._on_error)  # until it is known whether it is kept
        self._row("INSERT OR REPLACE INTO choices VALUES (?, ?, ?)", self._session, *key)
        self._writer.put(Mark(self._written))

    def status(self, status: str, error: str | None = None) -> None:
        """Write down how the session stands; one that runs is kept from others."""
        self._runs = status == "running"
        if self._runs:
            self._writer.watch(self._session, self._on_error)
            ended = None
        else:
            self._writer.unwatch(self._session)
            ended = time.time()
        self._row(
            "UPDATE sessions SET status = ?, error = ?, ended = ? WHERE id = ?",
            status,
            _fit(error),
            ended,
            self._session,
        )

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until all so far has been written, or will not be; tells whether it is over."""
        return self._writer.flush(timeout)

    def _written(self) -> None:
        if not self._runs:
            self._writer.unwatch(self._session)

    def _row(self, sql: str, *values: Any, begins: bool = False) -> None:
        self._writer.put(Row(self._session, sql, values, begins))


def plain(value: object) -> Any:
    """Return a number of another library's as one that JSON knows."""
    for name in ("__index__", "__float__"):
        method = getattr(value, name, None)
        if callable(method):
            return method()
    raise TypeError(f"{type(value).__qualname__} cannot be written down")


def _fit(text: str | None) -> str | None:
    """Make a text one that a database takes."""
    return text if text is None else text.encode("utf-8", "replace").decode("utf-8")
