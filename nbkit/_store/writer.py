"""The writer of a store: one thread, fed by a queue, one transaction a batch."""

from __future__ import annotations

import atexit
import contextlib
import os
import queue
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbkit._store.alive import BEAT, identity
from nbkit._store.database import NAME, connect, store_error
from nbkit._store.entries import Entry, Image, Mark, Row, Text, joined, tell
from nbkit._store.files import Files
from nbkit.errors import StoreError
from nbkit.models import EncodedImage

BATCH = 0.05
"""Seconds that text is gathered for one transaction, while nobody waits for it."""

_GOODBYE = 5.0  # seconds that the end of the process waits for what is not written yet


class Writer:
    """Writes for all sessions of this process to one store, off every loop.

    The thread is there while there is something to write or a session runs. The first error is
    its last: it is told to every session, nothing is written any more, and nobody waits.

    Attributes
    ----------
    id
        Names it in the table of writers.
    error
        Why it does not work any more.
    """

    def __init__(self, folder: Path) -> None:
        self.id = uuid.uuid4().hex
        self.error: StoreError | None = None
        self._folder = folder
        self._files = Files(folder)
        self._queue: queue.SimpleQueue[Entry] = queue.SimpleQueue()
        self._hurry = threading.Event()
        self._lock = threading.Lock()
        self._running = False
        self._place = (0, 0)
        self._sessions: dict[str, Callable[[StoreError], None]] = {}

    def watch(self, session: str, on_error: Callable[[StoreError], None]) -> None:
        """Count a session as running; ``on_error(error)`` is called once, from any thread."""
        self._sessions[session] = on_error
        if self.error is not None:
            self._tell_error(self.error)

    def unwatch(self, session: str) -> None:
        """Count a session as running no more."""
        self._sessions.pop(session, None)

    def put(self, entry: Entry) -> None:
        """Have something written, in its turn; from any thread."""
        self._queue.put(entry)
        if isinstance(entry, Image | Mark):
            self._hurry.set()
        if not self._running:
            self._start()

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until all that has been put is written, or will not be; tells whether it is."""
        if not self._running and self._queue.empty():
            return True  # and a store that nobody has written to is not made one
        written = threading.Event()
        self.put(Mark(written.set))
        return written.wait(timeout)

    def _start(self) -> None:
        with self._lock:
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="nbkit-store", daemon=True).start()

    def _run(self) -> None:
        batch: list[Entry] = []
        connection: sqlite3.Connection | None = None
        try:
            if self.error is None:
                connection = connect(self._folder, create=True)
                self._place = self._found_at()
            while True:
                batch = self._gather()
                if not batch and not self._sessions and self._stops():
                    return
                if connection is not None:
                    self._write(connection, batch)
                for entry in batch:
                    tell(entry)
        except Exception as error:  # noqa: BLE001 - without a word, all would wait for ever
            self._fail(error, batch)
        finally:
            if connection is not None:
                with contextlib.suppress(sqlite3.Error):
                    connection.close()

    def _stops(self) -> bool:
        """Stop, unless something has been put at this very moment."""
        with self._lock:
            self._running = False
            if self._queue.empty():
                return True
            self._running = True
            return False

    def _gather(self) -> list[Entry]:
        """Return what there is to write, after a moment in which more may come."""
        try:
            batch = [self._queue.get(timeout=BEAT)]
        except queue.Empty:
            return []
        self._hurry.wait(BATCH)
        self._hurry.clear()
        with contextlib.suppress(queue.Empty):
            while True:
                batch.append(self._queue.get_nowait())
        return batch

    def _write(self, connection: sqlite3.Connection, batch: list[Entry]) -> None:
        if self._found_at() != self._place:
            raise StoreError(f"another store is in {self._folder} now", path=self._folder)
        # The files first, each of which takes its time: a transaction keeps other processes out.
        rows = [row for entry in joined(batch) for row in self._rows(entry)]
        connection.execute("BEGIN IMMEDIATE")
        ours: dict[str, bool] = {}
        for row in rows:
            if row.session not in ours:
                ours[row.session] = row.begins or self._owns(connection, row.session)
            if ours[row.session]:
                connection.execute(row.sql, row.values)
        connection.execute("INSERT OR REPLACE INTO writers VALUES (?, ?, ?, ?, ?)", self._identity)
        connection.execute("COMMIT")
        for session in [each for each, is_ours in ours.items() if not is_ours]:
            if (on_error := self._sessions.pop(session, None)) is not None:
                on_error(
                    StoreError(
                        f"session {session} is kept here no more: another kernel has resumed it, "
                        "or it was removed",
                        path=self._folder,
                    )
                )

    def _owns(self, connection: sqlite3.Connection, session: str) -> bool:
        sql = "SELECT writer FROM sessions WHERE id = ?"
        return bool(connection.execute(sql, (session,)).fetchone() == (self.id,))

    def _found_at(self) -> tuple[int, int]:
        """Say which file the database is: one that was removed takes what is written, for nobody.

        Raises
        ------
        FileNotFoundError
            If it is gone.
        """
        found = (self._folder / NAME).stat()
        return found.st_dev, found.st_ino

    @property
    def _identity(self) -> tuple[Any, ...]:
        return identity(self.id)

    def _rows(self, entry: Entry) -> list[Row]:
        if isinstance(entry, Row):
            return [entry]
        if isinstance(entry, Text):
            body = entry.text.encode("utf-8", "surrogatepass")
            return [
                Row(entry.session, "INSERT OR REPLACE INTO texts VALUES (?, ?, ?)",
                    (entry.session, entry.start, body)),
            ]  # fmt: skip
        if isinstance(entry, Image):
            return self._image_rows(entry)
        return []

    def _image_rows(self, entry: Image) -> list[Row]:
        file = self._kept(entry.image)
        display: tuple[Any, ...] = (None,) * 4
        if entry.display is not None and entry.display is not entry.image:
            display = self._kept(entry.display)
        rows = [
            Row(
                entry.task[0],
                "INSERT OR REPLACE INTO images VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*entry.task, *file, entry.seconds, *display),
            )
        ]
        if entry.key is not None:
            request = "INSERT OR REPLACE INTO requests VALUES (?, ?, ?, ?, ?)"
            rows.append(Row(entry.task[0], request, (entry.key, *file)))
        return rows

    def _kept(self, image: EncodedImage) -> tuple[Any, ...]:
        return self._files.put(image), image.media_type, image.width, image.height

    def _fail(self, error: Exception, batch: list[Entry]) -> None:
        if not isinstance(error, StoreError):
            cause, error = error, store_error(self._folder, error)
            error.__cause__ = cause
        self.error = error
        self._tell_error(error)
        for entry in batch:
            tell(entry)
        # From now on whatever is put is let go at once.
        while not self._stops():
            for entry in self._gather():
                tell(entry)

    def _tell_error(self, error: StoreError) -> None:
        while True:
            try:
                _, on_error = self._sessions.popitem()
            except KeyError:
                return
            on_error(error)


_writers: dict[tuple[int, Path], Writer] = {}
_writers_lock = threading.Lock()


def writer_for(folder: Path) -> Writer:
    """Return this process's writer of a store; a new one where the former has failed."""
    key = os.getpid(), folder.resolve()
    with _writers_lock:
        if not _writers:
            atexit.register(_say_goodbye)
        writer = _writers.get(key)
        if writer is None or writer.error is not None:
            writer = _writers[key] = Writer(folder.resolve())
        return writer


def flush_own(folder: Path, timeout: float) -> None:
    """Wait until what this process has put for a store is written, or will not be."""
    writer = _writers.get((os.getpid(), folder.resolve()))
    if writer is not None:
        writer.flush(timeout)


def _say_goodbye() -> None:
    """Let what has been put be written before the process ends."""
    until = time.monotonic() + _GOODBYE
    for (pid, _), writer in list(_writers.items()):
        if pid == os.getpid():
            writer.flush(max(0.0, until - time.monotonic()))
