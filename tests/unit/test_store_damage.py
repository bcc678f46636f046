"""A store whose database is damaged, or was written by somebody else: told as such, or read."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3

import pytest

from nbkit import cli
from nbkit._store.alive import is_alive
from nbkit._store.database import NAME
from nbkit._store.writer import flush_own
from nbkit.errors import StoreError
from nbkit.progress import ProgressManager
from nbkit.session_manager import SessionManager
from nbkit.session_store import SessionStore

TEXT = 'One <!--img-prompt="a fox"--> two.'
SKETCH = "sketch?duration=0&width=64&height=64"


def add_another(folder):
    """Let a session be kept in a store, to its end."""

    async def main():
        await SessionManager(ProgressManager()).start(TEXT, images=SKETCH, store=folder)

    asyncio.run(main())
    flush_own(folder, 10.0)


@pytest.fixture
def folder(tmp_path):
    """A store of one finished session."""
    add_another(tmp_path)
    return tmp_path


def store(folder):
    return SessionStore(folder, manager=SessionManager(ProgressManager()))


def write(folder, sql, *values):
    with contextlib.closing(sqlite3.connect(folder / NAME, isolation_level=None)) as db:
        db.execute(sql, values)


DAMAGED = [
    ("sessions", "message", "x"),
    ("sessions", "message", "[" * 100_000),
    ("sessions", "message", "[1]"),
    ("sessions", "message", "true"),
    ("sessions", "options", "[]"),
    ("sessions", "options", '{"patterns": 5}'),
    ("sessions", "options", '{"patterns": ["("]}'),
    ("sessions", "options", '{"timeout": "long"}'),
    ("sessions", "options", '{"max_images": 1e999}'),
    ("sessions", "backend", '"sketch"'),
    ("sessions", "created", "yesterday"),
    ("sessions", "created", float("inf")),
    ("sessions", "ended", 1e300),
    ("sessions", "status", "asleep"),
    ("sessions", "error", b"no"),
    ("sessions", "text_end", "open"),
    ("tasks", "prompt", b"a fox"),
    ("tasks", "overrides", "[]"),
    ("tasks", "overrides", '{"colour": "red"}'),
    ("tasks", "overrides", '{"width": -1}'),
    ("tasks", "slot", -1),
    ("transitions", "attempt", "often"),
    ("images", "media_type", "text/html"),
    ("images", "width", "wide"),
    ("choices", "number", "first"),
]


@pytest.mark.parametrize(("table", "column", "value"), DAMAGED)
def test_a_value_that_makes_no_sense_is_the_error_of_a_store(folder, table, column, value):
    write(folder, "INSERT INTO choices SELECT session, slot, number FROM tasks")
    if column == "overrides":
        write(folder, "DELETE FROM images")  # what was made needs them no more
    write(folder, f"UPDATE {table} SET {column} = ?", value)  # noqa: S608 - a test's own names
    with pytest.raises(StoreError) as caught:
        store(folder).story(store(folder).sessions()[0].id)
    assert len(str(caught.value)) < 1_000
    assert caught.value.path == str(folder)


BUILT_UP = {"patterns", "timeout", "max_images", "colour", "width"}
"""What is looked at only when a session is built up again."""
LISTED = [
    *((*case, "") for case in DAMAGED if not any(f'"{word}"' in str(case[2]) for word in BUILT_UP)),
    ("sessions", "source", b"x", "a source in it cannot be bytes"),
    ("sessions", "message", "x", "a message's id in it cannot be read"),
    ("tasks", "slot", -1, "a slot in it cannot be -1"),
]


@pytest.mark.parametrize(
    ("table", "column", "value", "said"), [case for case in LISTED if case[0] != "choices"]
)
def test_a_damaged_session_is_listed_as_such_beside_the_others(folder, table, column, value, said):
    (damaged,) = store(folder).sessions()
    add_another(folder)
    key = "id" if table == "sessions" else "session"
    write(folder, f"UPDATE {table} SET {column} = ? WHERE {key} = ?", value, damaged.id)  # noqa: S608 - a test's own names
    listed = {each.id: each for each in store(folder).sessions()}
    assert len(listed) == 2
    found = listed.pop(damaged.id)
    assert (found.status, found.total) == ("damaged", 0)
    assert said in found.error
    (other,) = listed.values()
    assert (other.status, other.error, other.succeeded) == ("completed", None, 1)
    assert store(folder).story(other.id).text == "One  two."
    for use in (store(folder).story, store(folder).resume):
        with pytest.raises(StoreError):
            use(damaged.id)


def test_of_a_damaged_session_that_is_told_which_can_be_read(folder):
    (before,) = store(folder).sessions()
    write(folder, "UPDATE sessions SET options = '[]'")
    (found,) = store(folder).sessions()
    assert (found.id, found.message_id) == (before.id, before.message_id)
    assert (found.created_at, found.ended_at) == (before.created_at, before.ended_at)
    write(folder, "UPDATE sessions SET message = 'x', created = 'yesterday', ended = -1.0")
    (found,) = store(folder).sessions()
    assert (found.message_id, found.created_at, found.ended_at) == ("", 0.0, None)
    assert (found.images, found.status) == ("", "damaged")
    write(folder, "UPDATE sessions SET id = ?", b"\xff")
    assert store(folder).sessions()[0].id == "b'\\xff'"


def test_a_text_that_is_no_utf_8_harms_its_own_session_alone(folder):
    (damaged,) = store(folder).sessions()
    add_another(folder)
    write(folder, "UPDATE sessions SET message = CAST(x'22ff22' AS TEXT) WHERE id = ?", damaged.id)
    assert {each.status for each in store(folder).sessions()} == {"damaged", "completed"}


def test_a_damaged_session_is_swept_as_others_are_unless_its_kernel_is_there(folder):
    write(folder, "UPDATE sessions SET options = '[]', created = 1e9, ended = 1e9")
    assert store(folder).sweep(keep_days=1.0).sessions == 0  # this process has written it
    write(folder, "UPDATE sessions SET writer = 'gone', created = 'yesterday', ended = NULL")
    assert store(folder).sweep(keep_days=1.0).sessions == 0  # who knows how old it is
    write(folder, "UPDATE sessions SET created = 1e9")
    assert store(folder).sweep(keep_days=1.0).sessions == 1
    assert store(folder).sessions() == []


def test_the_command_line_says_what_is_damaged(folder, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    add_another(folder)
    (first, _) = store(folder).sessions()
    write(folder, "UPDATE sessions SET options = '[]' WHERE id = ?", first.id)
    assert cli.main(["store", "list", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "damaged: a session's options in it cannot be list" in out
    assert "completed" in out
    assert cli.main(["store", "show", str(folder), first.id]) == 1
    assert "a session's options in it cannot be list" in capsys.readouterr().err


def test_what_cannot_be_built_up_again_cannot_be_resumed_and_stays_free(folder):
    write(folder, "DELETE FROM images")
    write(folder, "UPDATE tasks SET overrides = ?", '{"colour": "red"}')
    (found,) = store(folder).sessions()
    for _ in range(2):  # not claimed by the first
        with pytest.raises(StoreError, match=r"cannot be built up again.*colour"):
            store(folder).resume(found.id)


@pytest.mark.parametrize("body", [b"\xff", "text", 10**12, None])
def test_a_text_is_read_up_to_where_it_is_damaged(folder, body):
    write(folder, "CREATE TABLE t AS SELECT session, length(body) FROM texts")
    write(folder, "INSERT INTO texts SELECT *, ? FROM t", b"" if body is None else body)
    (found,) = store(folder).sessions()
    assert store(folder).story(found.id).text == "One  two."


@pytest.mark.parametrize(
    ("column", "value"),
    [("pid", "me"), ("pid", 2**62), ("pid", 0), ("pid", -1), ("beat", "now")],
)
def test_a_writer_of_no_sense_is_nobody_who_is_alive(folder, column, value):
    write(folder, "UPDATE sessions SET status = 'running', writer = 'w'")
    write(folder, "INSERT INTO writers SELECT 'w', pid, host, born, beat FROM writers")
    assert store(folder).sessions()[0].status == "running"
    write(folder, f"UPDATE writers SET {column} = ? WHERE id = 'w'", value)  # noqa: S608 - as above
    assert store(folder).sessions()[0].status == "interrupted"
    assert not is_alive(("w", -1, "h", "", 0.0))


def test_names_in_the_database_that_are_no_text_are_the_error_of_a_store(folder):
    write(folder, "PRAGMA wal_checkpoint(TRUNCATE)")
    data = (folder / NAME).read_bytes()
    assert b"CREATE TABLE writers" in data
    (folder / NAME).write_bytes(data.replace(b"CREATE TABLE writers", b"CREATE TABL\xff writers"))
    with pytest.raises(StoreError, match="does not work"):
        store(folder).sessions()
