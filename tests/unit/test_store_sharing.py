"""Several that write to one store: who claims a session, and who makes the file."""

import concurrent.futures
import contextlib
import os
import sqlite3
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from unit.store_kit import CHILD, ONE, TWO, begun, ended, keep

from nbkit._store import alive, database
from nbkit._store.database import NAME
from nbkit._store.writer import writer_for
from nbkit.errors import StoreError
from nbkit.store import Journal


def test_two_processes_write_to_one_store(tmp_path):
    code = textwrap.dedent(CHILD).replace("os.kill(os.getpid(), 9)", "one.status('completed')")
    code = code.replace('"s"', "sys.argv[2]")
    children = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), name]) for name in "ab"
    ]
    assert [each.wait(60) for each in children] == [0, 0]
    for name in "ab":
        found = Journal(tmp_path).contents(name)
        assert found.session.status == "completed"  # written as the process ended
        assert [each.status for each in found.tasks] == ["succeeded"] * 30


def test_a_store_that_several_make_at_once_is_made_once_and_refused_to_nobody(tmp_path):
    together = threading.Barrier(6)

    def make(folder):
        together.wait(60)
        Journal(folder).make()

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        for number in range(40):
            done = [pool.submit(make, tmp_path / str(number)) for _ in range(6)]
            for each in done:
                each.result()


def test_a_session_is_claimed_once_and_not_while_its_writer_lives(tmp_path):
    keep(begun(tmp_path))
    journal = Journal(tmp_path)
    with pytest.raises(StoreError, match=rf"runs in process {os.getpid()} on"):
        journal.claim("s", "another")
    with sqlite3.connect(tmp_path / NAME) as db:
        db.execute("UPDATE writers SET born = '1', pid = ?", (os.getpid(),))  # a process long gone
    db.close()
    assert journal.contents("s").session.status == "interrupted"
    writer = writer_for(tmp_path)
    writer.unwatch("s")
    journal.claim("s", "another")
    with pytest.raises(StoreError, match="runs in process"):
        journal.claim("s", "a third")


def test_what_another_has_claimed_is_left_to_it_and_its_former_owner_is_told(tmp_path):
    errors = []
    one = begun(tmp_path, errors=errors)
    keep(one)
    ended(one)
    journal = Journal(tmp_path)
    journal.claim("s", "another")
    one.status("running")
    keep(one, image=TWO)
    (task,) = journal.contents("s").tasks
    assert task.image.load(journal.files) == ONE
    (error,) = errors
    assert "another kernel has resumed it" in str(error)
    ended(one)
    assert journal.contents("s").session.status == "running"


def test_whether_a_writer_lives_is_told_by_its_process_and_the_time_of_its_birth(monkeypatch):
    mine = alive.identity("w")
    assert alive.is_alive(mine)
    assert not alive.is_alive(None)
    _, pid, host, born, now = mine
    assert not alive.is_alive(("w", pid, host, "1", now))  # its number is another's by now
    assert not alive.is_alive(("w", pid, host, born, now - 1e6))  # it hangs
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        row = "w", other.pid, host, alive._born(other.pid), now
        assert alive.is_alive(row)
        other.kill()
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
        assert not alive.is_alive(row)  # dead, and not yet buried
    assert not alive.is_alive(row)

    def refused(pid, signal):
        raise PermissionError

    monkeypatch.setattr(os, "kill", refused)  # as of another user's process
    assert alive.is_alive(mine)
    monkeypatch.setattr(alive, "Path", lambda name: Path("/nowhere") / name.lstrip("/"))
    assert alive.is_alive(("w", pid, host, "1", now))  # where no system tells of a birth


def test_a_writer_on_another_machine_lives_as_long_as_it_is_heard_of():
    writer, pid, _, born, now = alive.identity("w")
    assert alive.is_alive((writer, pid, "elsewhere", born, now))
    assert not alive.is_alive((writer, pid, "elsewhere", born, now - 1e6))


@contextlib.contextmanager
def held_by_another(path):
    """A new database in a transaction of another connection's; that one, and one that waits."""
    with (
        contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other,
        contextlib.closing(sqlite3.connect(path, timeout=0)) as one,
    ):
        other.execute("CREATE TABLE t (x)")
        other.execute("BEGIN EXCLUSIVE")
        yield other, one


def test_the_mode_of_a_new_file_is_set_once_nobody_holds_it(tmp_path, monkeypatch):
    with held_by_another(tmp_path / NAME) as (other, one):
        waits = []

        def sleep(seconds):
            waits.append(seconds)
            if len(waits) == 3:
                other.execute("COMMIT")

        monkeypatch.setattr(database.time, "sleep", sleep)
        database._use_wal(one)
        assert len(waits) == 3
        assert one.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_new_file_that_is_never_let_go_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "BUSY", -1.0)
    with (
        held_by_another(tmp_path / NAME) as (_, one),
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        database._use_wal(one)
