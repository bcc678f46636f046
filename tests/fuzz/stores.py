"""Targets: a stored session of which any byte, or any value, may be another."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from fuzz import samples
from fuzz.material import NUMBERS, ODD, Choices
from fuzz.target import target

from nbkit import store_commands
from nbkit._store.database import NAME, connect
from nbkit._store.writer import flush_own
from nbkit.errors import StoreError
from nbkit.progress import ProgressManager
from nbkit.session_manager import SessionManager
from nbkit.session_store import SessionStore
from nbkit.store import Journal

TEXT = 'One <!--img-prompt="a fox"--> two <!--img-prompt="a hen"-->.'


@cache
def _made() -> tuple[Path, bytes]:
    """A store of a session with an image that was made and one that was not, and its database."""
    folder = Path(tempfile.mkdtemp(prefix="nbkit-fuzz-"))

    async def main() -> None:
        manager = SessionManager(ProgressManager())
        session = manager.start(
            TEXT, images=samples.Painter(), store=folder, message_id="m", retries=0
        )
        await session
        session.choose(session.images[0].task_id, 0)

    asyncio.run(main())
    flush_own(folder, 10.0)
    alone = folder / "alone.sqlite3"
    with contextlib.closing(sqlite3.connect(folder / NAME)) as db:
        db.execute("VACUUM INTO ?", (str(alone),))
    with contextlib.closing(sqlite3.connect(alone, isolation_level=None)) as db:
        db.execute("UPDATE sessions SET id = 's1', created = 1e9, ended = 1e9")
        for table in ("texts", "tasks", "transitions", "images", "choices"):
            db.execute(f"UPDATE {table} SET session = 's1'")  # noqa: S608 - our own names
        db.execute("UPDATE writers SET pid = 1, host = 'h', born = '1', beat = 1e9")
    return folder, alone.read_bytes()


@contextlib.contextmanager
def _copy(database: bytes) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="nbkit-fuzz-") as name:
        folder = Path(name)
        shutil.copytree(_made()[0] / "images", folder / "images")
        (folder / NAME).write_bytes(database)
        yield folder


def _used(folder: Path) -> None:
    """Do all that reads a store; each does what it does, or says that the store does not work."""
    store = SessionStore(folder, manager=SessionManager(ProgressManager()))
    journal = Journal(folder)
    found = []
    with contextlib.suppress(StoreError):
        found = store.sessions()
        for each in found:
            assert each.total == each.succeeded + each.failed + each.cancelled + each.pending
    for each in found[:3]:
        with contextlib.suppress(StoreError):
            story = store.story(each.id)
            assert "<script" not in story.to_html()
            assert isinstance(story.to_markdown(), str)
    for action in ("_list", "_show"):
        with contextlib.suppress(StoreError, ValueError), contextlib.redirect_stdout(io.StringIO()):
            arguments = argparse.Namespace(path=folder, id=None, json=False)
            getattr(store_commands, action)(arguments)
    for use in (
        store.make,
        lambda: journal.image_for("k"),
        lambda: journal.claim("s1", "w"),
        lambda: store.sweep(keep=1, keep_days=1.0),
    ):
        with contextlib.suppress(StoreError):
            use()


def _changes() -> list[bytes]:
    return [bytes([at % 256, at // 256, 1, 255]) for at in (18, 60, 100, 4_096, 8_200, 20_000)]


@target(seeds=_changes, examples=12)
def stored_bytes(data: bytes) -> None:
    """Of a database of which some bytes are others, something is read, or it is none."""
    database = bytearray(_made()[1])
    choices = Choices(data)
    while choices.left:
        at = choices.number(65_536) % len(database)
        part = choices.rest(1 + choices.number(8))
        database[at : at + len(part)] = part
    with _copy(bytes(database)) as folder:
        _used(folder)


def _row_changes() -> list[bytes]:
    damages = (
        [66, 32, 65, 237, 212, 182],  # options that are a number
        [74, 224, 191, 8, 209, 70],  # a time that is a text
        [95, 56, 167, 56, 79, 52, 198],  # a state that there is not
    )
    odd = [[table, column, kind, 3] for table in range(7) for column, kind in ((1, 2), (3, 4))]
    return [bytes(each) for each in (*odd, *damages)]


@target(seeds=_row_changes, examples=25)
def stored_values(data: bytes) -> None:
    """Of a database of which some values are others all sessions are listed, damaged or not."""
    choices = Choices(data)
    with _copy(_made()[1]) as folder:
        with contextlib.closing(connect(folder, create=False)) as db:
            for _ in range(1 + choices.number(3)):
                table = choices.pick(TABLES)
                columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
                with contextlib.suppress(sqlite3.Error):
                    value = _value(choices)
                    sql = f"UPDATE {table} SET {choices.pick(columns)} = ?"  # noqa: S608 - as above
                    db.execute(sql, (value,))
            (count,) = db.execute("SELECT count(*) FROM sessions").fetchone()
        assert len(SessionStore(folder).sessions()) == count
        _used(folder)


TABLES = ("sessions", "tasks", "texts", "images", "transitions", "choices", "writers", "requests")
WORDS = (
    *("patterns", "seed", "width", "timeout", "retries", "max_images", "poll_interval", "style"),
    *("style_position", "suffix", "spec", "sketch", "name", "user", "prompt", "running", "(x"),
    *("completed", "failed", "succeeded", "cancelled", "queued", "image/png", "../../etc/passwd"),
)


def _value(choices: Choices) -> Any:
    """A value that SQLite takes: of any type, and often JSON."""
    kind = choices.number(8)
    if kind < 3:
        return choices.json(WORDS).encode("utf-8", "replace").decode()
    if kind == 3:
        return choices.rest(9)
    if kind == 4:
        return choices.pick(ODD).encode("utf-8", "replace").decode()
    if kind == 5:
        return json.loads(choices.pick(NUMBERS[:12]))
    if kind == 6:
        return choices.pick((None, -(2**63), 2**63 - 1, 10**12, float("inf"), 0))
    return choices.pick(WORDS)
