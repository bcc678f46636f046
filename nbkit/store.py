"""The store: sessions kept as they go, so that a killed kernel loses nothing of them.

A store is a folder on a local disk (a network folder cannot be shared in SQLite's WAL mode):
``journal.sqlite3`` holds text, tasks and what has become of them, ``images/`` the images as files
named by the SHA-256 of their bytes. Any number of processes may write to it, one thread each.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nbkit._store.alive import identity
from nbkit._store.database import OF_A_SESSION, connect, failures, reading, writing
from nbkit._store.files import Files
from nbkit._store.log import Key, SessionLog, plain
from nbkit._store.records import (
    FileRecord,
    SessionRecord,
    TaskRecord,
    read_choices,
    read_request,
    read_session,
    read_sessions,
    read_sessions_with_tasks,
    read_tasks,
    read_text,
)
from nbkit._store.writer import flush_own
from nbkit.errors import StoreError
from nbkit.models import EncodedImage

__all__ = [
    "Contents",
    "FileRecord",
    "Journal",
    "Key",
    "SessionLog",
    "SessionRecord",
    "Swept",
    "TaskRecord",
    "plain",
]

_DAY = 86_400.0
_SETTLING = 10.0  # seconds
_FRESH = 600.0  # seconds in which a file may wait for its row


@dataclass(frozen=True, slots=True)
class Contents:
    """All that is kept of a session but the bytes of its images."""

    session: SessionRecord
    text: str
    tasks: Sequence[TaskRecord]
    choices: dict[int, int]


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep has removed: sessions, files, and the bytes of these."""

    sessions: int
    files: int
    size: int


class Journal:
    """A store to be read, claimed from and swept; :class:`SessionLog` writes.

    Every method opens the database for itself, and blocks for as long.

    Raises
    ------
    StoreError
        By all methods, if the store cannot be read or written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = Files(folder)

    def make(self) -> None:
        """Make the store where there is none, and look whether it is one that can be used."""
        connect(self.folder, create=True).close()

    def settle(self) -> None:
        """Wait for what this very process has still to write."""
        flush_own(self.folder, _SETTLING)

    def sessions(self) -> list[tuple[SessionRecord, list[TaskRecord]]]:
        """Read all sessions with their tasks, the newest first; a damaged one has none."""
        with reading(self.folder) as db:
            return read_sessions_with_tasks(db)

    def contents(self, session: str) -> Contents:
        """Read one session, as of one instant."""
        with reading(self.folder) as db:
            return self._contents(db, session)

    def claim(self, session: str, writer: str) -> Contents:
        """Make a session the writer's own and running, unless another's kernel runs it.

        Raises
        ------
        StoreError
            If it runs elsewhere, or is not there.
        """
        with writing(self.folder) as db:
            contents = self._contents(db, session)
            self.check_free(contents.session)
            db.execute("INSERT OR REPLACE INTO writers VALUES (?, ?, ?, ?, ?)", identity(writer))
            db.execute(
                "UPDATE sessions SET status = 'running', ended = NULL, writer = ? WHERE id = ?",
                (writer, session),
            )
        return contents

    def check_free(self, session: SessionRecord) -> None:
        """Raise ``StoreError`` if a session runs somewhere."""
        if session.status == "running":
            raise StoreError(
                f"session {session.id} runs in {session.where}: it can be resumed when it has "
                "ended there",
                path=self.folder,
            )

    def image_for(self, key: str) -> EncodedImage | None:
        """Read the image that was made for a request; ``None`` where there is none."""
        with reading(self.folder) as db:
            record = read_request(db, key)
        return None if record is None else record.load(self.files)

    def sweep(self, *, keep: int | None = None, keep_days: float | None = None) -> Swept:
        """Remove old sessions, if asked for, and all files that no session refers to.

        Parameters
        ----------
        keep
            How many of the newest sessions stay.
        keep_days
            How many days after its end, or else its beginning, a session stays.
        """
        now = time.time()
        with writing(self.folder) as db:
            old = []
            for number, each in enumerate(read_sessions(db)):
                last = each.ended_at or each.created_at  # 0.0 where neither can be read
                beyond = keep is not None and number >= keep
                stale = keep_days is not None and last > 0 and now - last > keep_days * _DAY
                if (beyond or stale) and not each.in_use:
                    old.append((each.id,))
            db.executemany("DELETE FROM sessions WHERE id = ?", old)
            for table in OF_A_SESSION:
                db.execute(
                    f"DELETE FROM {table} WHERE session NOT IN (SELECT id FROM sessions)"  # noqa: S608
                )
            db.execute("DELETE FROM requests WHERE file NOT IN (SELECT file FROM images)")
            db.execute(
                "DELETE FROM writers WHERE id NOT IN (SELECT writer FROM sessions) AND beat < ?",
                (now - _FRESH,),
            )
            rows = db.execute(
                "SELECT file FROM images UNION"
                " SELECT display_file FROM images WHERE display_file IS NOT NULL"
            )
            kept = {name for (name,) in rows}
        with failures(self.folder):
            files, size = self.files.sweep(kept.__contains__, older_than=now - _FRESH)
        return Swept(len(old), files, size)

    def _contents(self, db: sqlite3.Connection, session: str) -> Contents:
        record = read_session(db, session)
        if record is None:
            raise StoreError(
                f"there is no session {session!r} in the store in {self.folder}", path=self.folder
            )
        return Contents(
            record, read_text(db, session), read_tasks(db, session), read_choices(db, session)
        )
