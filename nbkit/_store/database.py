"""The journal's database: its tables, and a connection that has been looked at."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from nbkit.errors import StoreError

NAME = "journal.sqlite3"

APPLICATION_ID = 0x6E626B74
"""``nbkt``: what marks a database as one of ours in its header."""

VERSION = 1
"""The version of the tables below, kept in ``user_version``."""

BUSY = 10.0
"""Seconds that a connection waits for another process's transaction."""

_TABLES = """
CREATE TABLE writers (
    id TEXT PRIMARY KEY, pid INTEGER NOT NULL, host TEXT NOT NULL, born TEXT NOT NULL,
    beat REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE sessions (
    id TEXT PRIMARY KEY, message TEXT NOT NULL, options TEXT NOT NULL, backend TEXT NOT NULL,
    source TEXT NOT NULL, created REAL NOT NULL, ended REAL, status TEXT NOT NULL, error TEXT,
    text_end TEXT, text_error TEXT, writer TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE texts (
    session TEXT NOT NULL, start INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (session, start)
) WITHOUT ROWID;
CREATE TABLE tasks (
    session TEXT NOT NULL, slot INTEGER NOT NULL, number INTEGER NOT NULL, prompt TEXT NOT NULL,
    overrides TEXT NOT NULL, replaces INTEGER NOT NULL, PRIMARY KEY (session, slot, number)
) WITHOUT ROWID;
CREATE TABLE transitions (
    at REAL NOT NULL, session TEXT NOT NULL, slot INTEGER NOT NULL, number INTEGER NOT NULL,
    status TEXT NOT NULL, attempt INTEGER NOT NULL, seconds REAL, error TEXT
);
CREATE INDEX transitions_of_session ON transitions (session);
CREATE TABLE images (
    session TEXT NOT NULL, slot INTEGER NOT NULL, number INTEGER NOT NULL,
    file TEXT NOT NULL, media_type TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
    seconds REAL,
    display_file TEXT, display_type TEXT, display_width INTEGER, display_height INTEGER,
    PRIMARY KEY (session, slot, number)
) WITHOUT ROWID;
CREATE TABLE choices (
    session TEXT NOT NULL, slot INTEGER NOT NULL, number INTEGER NOT NULL,
    PRIMARY KEY (session, slot)
) WITHOUT ROWID;
CREATE TABLE requests (
    key TEXT PRIMARY KEY, file TEXT NOT NULL, media_type TEXT NOT NULL, width INTEGER NOT NULL,
    height INTEGER NOT NULL
) WITHOUT ROWID;
"""

OF_A_SESSION = ("texts", "tasks", "transitions", "images", "choices")
"""The tables whose rows go with their session."""


def connect(folder: Path, *, create: bool) -> sqlite3.Connection:
    """Open the database of a store, and make it where it is missing and ``create`` says so.

    Raises
    ------
    StoreError
        If there is none, it cannot be opened, or it is none of ours or a later version's.
    """
    path = folder / NAME
    if not create and not path.is_file():
        raise StoreError(f"there is no store in {folder}", path=folder)
    with failures(folder):
        if create:
            folder.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=BUSY, isolation_level=None)
        try:
            _prepare(connection, folder)
        except BaseException:
            connection.close()
            raise
    return connection


def reading(folder: Path) -> AbstractContextManager[sqlite3.Connection]:
    """Open the database of a store for as long, as one instant of it.

    Raises
    ------
    StoreError
        As :func:`connect`, and for whatever goes wrong meanwhile.
    """
    return _transaction(folder, "BEGIN", "ROLLBACK")


def writing(folder: Path) -> AbstractContextManager[sqlite3.Connection]:
    """Open the database of a store for one transaction, which an error undoes.

    Raises
    ------
    StoreError
        As :func:`connect`, and for whatever goes wrong meanwhile.
    """
    return _transaction(folder, "BEGIN IMMEDIATE", "COMMIT")


@contextlib.contextmanager
def _transaction(folder: Path, begin: str, end: str) -> Iterator[sqlite3.Connection]:
    connection = connect(folder, create=False)
    connection.text_factory = _text
    try:
        with failures(folder):
            connection.execute(begin)
            yield connection
            connection.execute(end)
    finally:
        connection.close()  # which undoes what is not committed


def _text(data: bytes) -> str | bytes:
    """Read a text; one that is damaged stays bytes, and harms its own row alone."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


@contextlib.contextmanager
def failures(folder: Path) -> Iterator[None]:
    """Turn what a disk and a database do into the error of a store."""
    try:
        yield
    except (OSError, sqlite3.Error, UnicodeError) as error:  # the last of names in a damaged one
        raise store_error(folder, error) from error


def store_error(folder: Path, error: Exception) -> StoreError:
    """Say that a store does not work, and why."""
    why = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return StoreError(f"the store in {folder} does not work: {why}", path=folder)


def _prepare(connection: sqlite3.Connection, folder: Path) -> None:
    if _version(connection, folder) == 0:  # new, or its maker was killed too soon
        _use_wal(connection)
        connection.execute("BEGIN IMMEDIATE")
        if _version(connection, folder) == 0:  # nobody else has been faster
            for statement in _TABLES.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    # What is committed survives the end of the process; a power cut may cost the last moments.
    connection.execute("PRAGMA synchronous = NORMAL")


def _use_wal(connection: sqlite3.Connection) -> None:
    """Set the mode, which is the file's own and is kept in it; not within a transaction.

    Where several processes set it at once, SQLite refuses all but one without any wait.
    """
    until = time.monotonic() + BUSY
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def _version(connection: sqlite3.Connection, folder: Path) -> int:
    """Return the version of the tables, 0 for an empty database."""
    inner = connection.in_transaction
    if not inner:
        connection.execute("BEGIN")  # one instant, whoever makes the tables meanwhile
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if not inner:
        connection.execute("ROLLBACK")
    if owner == 0 and version == 0:
        if tables:
            raise StoreError(f"{folder / NAME} is no store of nbkit", path=folder)
        return 0
    if owner != APPLICATION_ID:
        raise StoreError(f"{folder / NAME} is no store of nbkit", path=folder)
    if version > VERSION:
        raise StoreError(
            f"the store in {folder} was written by a later nbkit (version {version} of its "
            f"tables, this one knows {VERSION}): update nbkit, or use another folder",
            path=folder,
        )
    return int(version)
