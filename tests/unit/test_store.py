"""The journal: what it keeps, refuses, finds again and sweeps away."""

import decimal
import os
import sqlite3
import stat

import pytest
from unit.store_kit import ONE, TWO, begun, ended, keep, log

from nbkit._store.database import APPLICATION_ID, NAME, VERSION
from nbkit._store.files import Files
from nbkit._store.log import plain
from nbkit._store.writer import writer_for
from nbkit.errors import StoreError
from nbkit.store import Journal
from nbkit.testing import until


def test_what_was_written_is_read_back(tmp_path):
    one = begun(tmp_path, message_id=7)
    one.text("Once ")
    one.text("upon\ud800 a time")
    keep(one, (0, 0), ONE, display=TWO)
    one.transition((0, 0), "succeeded", attempt=2, seconds=1.25)
    one.task((0, 1), "a cat", {"seed": 4}, replaces=True)
    one.transition((0, 1), "failed", attempt=3, error="no luck")
    one.chosen((0, 0))
    one.text_ended("complete")
    ended(one)
    found = Journal(tmp_path).contents("s")
    assert found.text == "Once upon\ud800 a time"
    assert (found.session.message_id, found.session.status) == (7, "completed")
    assert (found.session.options, found.session.backend) == ({"seed": 3}, {"spec": "sketch"})
    assert found.session.text_end == "complete"
    assert found.choices == {0: 0}
    first, second = found.tasks
    assert (first.status, first.attempt, first.seconds) == ("succeeded", 2, 1.25)
    assert first.image.load(Journal(tmp_path).files) == ONE
    assert first.display.load(Journal(tmp_path).files) == TWO
    assert (second.status, second.error, second.overrides) == ("failed", "no luck", {"seed": 4})
    assert second.replaces


def test_an_image_is_safe_before_anybody_is_told_of_it(tmp_path):
    keep(begun(tmp_path))  # its end is not written down
    (task,) = Journal(tmp_path).contents("s").tasks
    assert task.status == "succeeded"
    assert task.seconds == 1.5


async def test_text_is_written_without_anybody_waiting_for_it(tmp_path):
    one = begun(tmp_path)
    one.flush(10)
    one.text("Once upon ")
    one.text("a time")
    await until(lambda: Journal(tmp_path).contents("s").text == "Once upon a time")
    ended(one)


def test_the_same_image_is_one_file(tmp_path):
    one = begun(tmp_path)
    keep(one, (0, 0))
    keep(one, (1, 0))
    ended(one)
    assert len([each for each in (tmp_path / "images").rglob("*") if each.is_file()]) == 1


def test_an_image_that_is_not_what_its_name_says_is_not_there_and_is_written_anew(tmp_path):
    one = begun(tmp_path)
    keep(one)
    (file,) = (each for each in (tmp_path / "images").rglob("*") if each.is_file())
    journal = Journal(tmp_path)
    for damage in (ONE.data[:9], b"", b"x" * len(ONE.data)):
        file.write_bytes(damage)
        assert journal.contents("s").tasks[0].image.load(journal.files) is None
        keep(one)
        assert file.read_bytes() == ONE.data
    ended(one)


def test_text_after_a_gap_is_not_read_and_goes_when_the_session_goes_on(tmp_path):
    one = begun(tmp_path)
    for piece in ("abc", "def", "ghi"):
        one.text(piece)
        one.flush(10)  # a row each
    ended(one)
    with sqlite3.connect(tmp_path / NAME) as db:
        assert db.execute("SELECT count(*) FROM texts").fetchone() == (3,)
        db.execute("DELETE FROM texts WHERE start = 3")
    db.close()
    assert Journal(tmp_path).contents("s").text == "abc"
    again = log(tmp_path)
    again.go_on(3)
    again.text("xyz")
    ended(again)
    assert Journal(tmp_path).contents("s").text == "abcxyz"


def test_sessions_come_newest_first(tmp_path):
    for name in "abc":
        ended(begun(tmp_path, name))
    assert [each.id for each, _ in Journal(tmp_path).sessions()] == ["c", "b", "a"]


def test_a_folder_without_a_store_is_none_and_is_not_made_one_by_reading(tmp_path):
    with pytest.raises(StoreError, match="there is no store in"):
        Journal(tmp_path / "nowhere").sessions()
    assert not (tmp_path / "nowhere").exists()


def test_a_later_version_is_refused_and_left_as_it_is(tmp_path):
    Journal(tmp_path).make()
    with sqlite3.connect(tmp_path / NAME) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
    db.close()
    with pytest.raises(StoreError, match="later nbkit"):
        Journal(tmp_path).make()
    errors = []
    one = begun(tmp_path, errors=errors)
    assert one.flush(10)
    assert "later nbkit" in str(errors[0])


def test_anothers_database_is_refused_and_left_as_it_is(tmp_path):
    with sqlite3.connect(tmp_path / NAME) as db:
        db.execute("CREATE TABLE theirs (x)")
    db.close()
    with pytest.raises(StoreError, match="no store of nbkit"):
        Journal(tmp_path).make()
    with sqlite3.connect(tmp_path / NAME) as db:
        assert db.execute("PRAGMA application_id").fetchone() != (APPLICATION_ID,)
    db.close()


def test_what_is_no_database_is_said_to_be_none(tmp_path):
    (tmp_path / NAME).write_bytes(b"This is no database at all. " * 100)
    with pytest.raises(StoreError, match="not a database"):
        Journal(tmp_path).sessions()


def test_a_name_from_the_database_leads_to_no_other_file(tmp_path):
    (tmp_path / "secret").write_text("x")
    files = Journal(tmp_path).files
    for name in ("../secret", "../../etc/passwd", "/etc/passwd", "..", ""):
        assert files.get(name) is None


def test_an_image_that_cannot_be_written_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(number):
        if stat.S_ISREG(os.fstat(number).st_mode):
            raise OSError(28, "No space left on device")

    files = Files(tmp_path)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        files.put(ONE)
    monkeypatch.undo()
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []
    assert files.get(files.put(ONE)) == ONE.data


def test_a_number_of_another_library_is_written_down_and_nothing_that_is_none():
    class Whole:
        def __index__(self):
            return 7

    assert plain(Whole()) == 7
    assert plain(decimal.Decimal("1.5")) == 1.5
    with pytest.raises(TypeError, match="object cannot be written down"):
        plain(object())


def test_a_sweep_removes_what_nothing_refers_to_and_never_what_runs(tmp_path):
    ended_one, running = begun(tmp_path, "old"), begun(tmp_path, "runs")
    keep(ended_one, image=ONE)
    ended(ended_one)
    keep(running, image=TWO)
    for name in ("ab/.temporary", "ab/abcd.png"):
        stray = tmp_path / "images" / name
        stray.parent.mkdir(exist_ok=True)
        stray.write_bytes(b"stray")
    (tmp_path / "images" / ".settings").write_text("somebody else's")
    (tmp_path / "images" / "ab" / "notes").mkdir()
    fresh = tmp_path / "images" / "ab" / "ab12.png"
    for file in (tmp_path / "images").rglob("*.*"):
        os.utime(file, (1, 1))
    fresh.write_bytes(b"somebody is about to write it down")
    journal = Journal(tmp_path)
    swept = journal.sweep()
    assert (swept.sessions, swept.files) == (0, 2)
    swept = journal.sweep(keep=0, keep_days=0)
    assert (swept.sessions, swept.files) == (1, 1)
    assert [each.id for each, _ in journal.sessions()] == ["runs"]
    assert journal.contents("runs").tasks[0].image.load(journal.files) == TWO
    assert fresh.exists()
    ended(running)


def test_an_image_is_found_by_its_request(tmp_path):
    one = begun(tmp_path)
    keep(one, request="the key")
    ended(one)
    journal = Journal(tmp_path)
    assert journal.image_for("the key") == ONE
    assert journal.image_for("another") is None
    journal.sweep(keep=0)
    assert journal.image_for("the key") is None


async def test_the_thread_ends_when_nothing_runs_and_comes_back(tmp_path, monkeypatch):
    monkeypatch.setattr("nbkit._store.writer.BEAT", 0.01)
    one = begun(tmp_path)
    keep(one)
    ended(one)
    await until(lambda: not writer_for(tmp_path)._running)
    one.status("running")
    ended(one)
    assert Journal(tmp_path).contents("s").session.status == "completed"
