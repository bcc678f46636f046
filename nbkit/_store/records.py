"""What a store holds of its sessions, read back."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import NoneType
from typing import Any, TypeVar

from nbkit._store.alive import is_alive
from nbkit._store.files import Files
from nbkit._store.values import begun, count, document, held, seconds, word
from nbkit.models import EncodedImage, MessageId

T = TypeVar("T")

SETTLED = ("failed", "cancelled")
"""Final states that a stored image does not speak against."""

_STATUSES = ("running", "interrupted", "completed", "cancelled", "failed")
_ENDS = (None, "complete", "failed", "cancelled", "cut")

_WHOLE = (
    "SELECT s.id, s.message, s.options, s.backend, s.source, s.created, s.ended, s.status, s.error,"
    " s.text_end, s.text_error, w.id, w.pid, w.host, w.born, w.beat"
    " FROM sessions AS s LEFT JOIN writers AS w ON w.id = s.writer"
)


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session as it was begun and as it stands; times are Unix seconds.

    ``status`` is ``"interrupted"`` for one that ran when its kernel ended, and ``"damaged"`` for
    one of which something cannot be read: ``error`` says what, and what else there is of it is what
    could be read. ``text_end`` is ``"complete"``, ``"failed"`` or ``"cancelled"``, and ``None``
    while the text has not ended. ``alive`` tells of one that runs, or is damaged, whether its
    writer's process is there.
    """

    id: str
    message_id: MessageId
    options: Mapping[str, Any]
    backend: Mapping[str, Any]
    source: str
    created_at: float
    ended_at: float | None
    status: str
    error: str | None
    text_end: str | None
    text_error: str | None
    where: str
    alive: bool

    @property
    def in_use(self) -> bool:
        """Whether a kernel may be at it."""
        return self.status == "running" or (self.status == "damaged" and self.alive)


@dataclass(frozen=True, slots=True)
class FileRecord:
    """An image that is kept: the name of its file, and what is in it."""

    name: str
    media_type: str
    width: int
    height: int

    def load(self, files: Files) -> EncodedImage | None:
        """Read it; ``None`` if it is not there as it was written."""
        data = files.get(self.name)
        if data is None:
            return None
        return EncodedImage(data, self.media_type, self.width, self.height)


@dataclass(frozen=True, slots=True)
class TaskRecord:
    """A task, and what is known of its end.

    ``status`` is ``"failed"`` or ``"cancelled"``, ``"succeeded"`` where an image was stored, else
    ``"queued"``: whatever it was doing, it is to be done.
    """

    slot: int
    number: int
    prompt: str
    overrides: Mapping[str, Any]
    replaces: bool
    status: str
    attempt: int
    seconds: float | None
    error: str | None
    image: FileRecord | None
    display: FileRecord | None


def read_sessions(db: sqlite3.Connection) -> list[SessionRecord]:
    """Read all sessions, the newest first; a damaged one is among them, as such."""
    rows = db.execute(f"{_WHOLE} ORDER BY s.created DESC, s.id").fetchall()
    return [_session_or_damage(row) for row in rows]


def read_sessions_with_tasks(
    db: sqlite3.Connection,
) -> list[tuple[SessionRecord, list[TaskRecord]]]:
    """Read all sessions with their tasks, the newest first; of a damaged one there are none."""
    found: list[tuple[SessionRecord, list[TaskRecord]]] = []
    for each in read_sessions(db):
        try:
            found.append((each, [] if each.status == "damaged" else read_tasks(db, each.id)))
        except sqlite3.DataError as error:
            found.append((replace(each, status="damaged", error=str(error)), []))
    return found


def read_session(db: sqlite3.Connection, session: str) -> SessionRecord | None:
    """Read one session."""
    row = db.execute(f"{_WHOLE} WHERE s.id = ?", (session,)).fetchone()
    return None if row is None else _session(row)


def read_text(db: sqlite3.Connection, session: str) -> str:
    """Read a session's text, up to the first gap in it."""
    parts: list[str] = []
    length = 0
    rows = db.execute("SELECT start, body FROM texts WHERE session = ? ORDER BY start", (session,))
    for start, body in rows:
        if start != length or not isinstance(body, bytes):
            break
        try:
            parts.append(body.decode("utf-8", "surrogatepass"))
        except UnicodeDecodeError:  # damaged, which is as good as a gap
            break
        length += len(parts[-1])
    return "".join(parts)


def read_tasks(db: sqlite3.Connection, session: str) -> list[TaskRecord]:
    """Read a session's tasks, in the order of their slots and within each of their numbers."""
    latest = {
        tuple(row[:2]): row[2:]
        for row in db.execute(
            "SELECT slot, number, status, attempt, seconds, error FROM transitions"
            " WHERE session = ? ORDER BY rowid",
            (session,),
        )
    }
    images = {
        tuple(row[:2]): row[2:]
        for row in db.execute("SELECT slot, number, file, media_type, width, height, seconds,"
            " display_file, display_type, display_width, display_height"
            " FROM images WHERE session = ?", (session,))
    }  # fmt: skip
    tasks = db.execute(
        "SELECT slot, number, prompt, overrides, replaces FROM tasks WHERE session = ?"
        " ORDER BY slot, number",
        (session,),
    )
    return [_task(row, latest.get(tuple(row[:2])), images.get(tuple(row[:2]))) for row in tasks]


def read_choices(db: sqlite3.Connection, session: str) -> dict[int, int]:
    """Read of which task each slot shows the image, where somebody has chosen."""
    rows = db.execute("SELECT slot, number FROM choices WHERE session = ?", (session,))
    return {count("a slot", slot): count("a choice", number) for slot, number in rows}


def read_request(db: sqlite3.Connection, key: str) -> FileRecord | None:
    """Read which image was made for a request."""
    sql = "SELECT file, media_type, width, height FROM requests WHERE key = ?"
    row = db.execute(sql, (key,)).fetchone()
    return None if row is None else _file(row)


def _file(row: tuple[Any, ...]) -> FileRecord:
    name, media_type, width, height = row
    return FileRecord(
        held("a file", name, str),
        begun("a type of image", media_type, "image/"),
        count("a width", width),
        count("a height", height),
    )


def _session(row: tuple[Any, ...]) -> SessionRecord:
    identity, message, options, backend, source, created, ended, status, *words = row
    error, text_end, text_error, *_ = words
    status = word("a session's state", status, *_STATUSES)
    alive = status == "running" and is_alive(_writer(row))
    if status == "running" and not alive:
        status = "interrupted"
    return SessionRecord(
        held("a session's id", identity, str),
        document("a message's id", message, int, str),
        document("a session's options", options, dict),
        document("a backend", backend, dict),
        held("a source", source, str),
        seconds("a time", created),
        None if ended is None else seconds("a time", ended),
        status,
        held("an error", error, str, NoneType),
        word("the end of a text", text_end, *_ENDS),
        held("an error", text_error, str, NoneType),
        _where(row),
        alive,
    )


def _writer(row: tuple[Any, ...]) -> tuple[Any, ...] | None:
    return None if row[-5] is None else row[-5:]


def _where(row: tuple[Any, ...]) -> str:
    _, pid, host, _, _ = row[-5:]
    return f"process {pid} on {host}"


def _session_or_damage(row: tuple[Any, ...]) -> SessionRecord:
    try:
        return _session(row)
    except sqlite3.DataError as error:
        identity, message, _, _, _, created, ended, *_ = row
        return SessionRecord(
            identity if isinstance(identity, str) else repr(identity)[:40],
            _or("", document, "a message's id", message, int, str),
            {},
            {},
            "",
            _or(0.0, seconds, "a time", created),
            _or(None, seconds, "a time", ended),
            "damaged",
            str(error),
            None,
            None,
            _where(row),
            is_alive(_writer(row)),
        )


def _or(otherwise: T, read: Callable[..., T], *given: Any) -> T:
    """Return what is read, or something else where that makes no sense."""
    try:
        return read(*given)
    except sqlite3.DataError:
        return otherwise


def _task(
    row: tuple[Any, ...], latest: tuple[Any, ...] | None, image: tuple[Any, ...] | None
) -> TaskRecord:
    slot, number, prompt, overrides, replaces = row
    status, attempt, taken, error = latest or ("queued", 0, None, None)
    if status not in SETTLED:
        status = "queued" if image is None else "succeeded"
        error = None
    if image is not None:
        taken = image[4] if taken is None else taken
    return TaskRecord(
        count("a slot", slot),
        count("a task's number", number),
        held("a prompt", prompt, str),
        document("what a prompt overrides", overrides, dict),
        bool(replaces),
        status,
        count("an attempt", attempt),
        None if taken is None else seconds("a time", taken),
        held("an error", error, str, NoneType),
        None if image is None else _file(image[:4]),
        None if image is None or image[5] is None else _file(image[5:]),
    )
