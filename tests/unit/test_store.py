"""The journal: what it keeps, and what it makes of files that a crash has left."""

import concurrent.futures
import contextlib
import decimal
import os
import random
import shutil
import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from nbkit._store import alive, database
from nbkit._store.database import APPLICATION_ID, NAME, VERSION
from nbkit._store.files import Files
from nbkit._store.log import plain
from nbkit._store.writer import writer_for
from nbkit.errors import StoreError
from nbkit.models import EncodedImage
from nbkit.store import Journal, SessionLog
from nbkit.testing import until

ONE = EncodedImage(b"the bytes of one image", "image/png", 8, 6)
TWO = EncodedImage(b"those of another", "image/webp", 4, 4)


def log(folder, session="s", errors=None):
    return SessionLog(folder, session, on_error=[].append if errors is None else errors.append)


def begun(folder, session="s", message_id="m", **about):
    one = log(folder, session, about.pop("errors", None))
    one.begin(message_id, options={"seed": 3}, backend={"spec": "sketch"}, source="str")
    return one


def keep(one, key=(0, 0), image=ONE, *, display=None, request=None):
    done = threading.Event()
    one.task(key, "a fox", {}, replaces=False)
    one.transition(key, "running", attempt=1)
    one.image(key, image, display, seconds=1.5, request=request, done=done.set)
    assert done.wait(60)


def ended(one):
    one.status("completed")
    assert one.flush(10)


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


CHILD = """
    import os, sys, threading
    from pathlib import Path
    from nbkit.models import EncodedImage
    from nbkit.store import SessionLog

    one = SessionLog(Path(sys.argv[1]), "s", on_error=print)
    one.begin("m", options={}, backend={"spec": "sketch"}, source="str")
    for number in range(30):
        one.text(f"part {number:02} ")
        one.task((number, 0), "a fox", {}, replaces=False)
        safe = threading.Event()
        image = EncodedImage(b"image %d" % number * 50, "image/png", 1, 1)
        one.image((number, 0), image, None, seconds=1.0, request=None, done=safe.set)
        safe.wait()
    print("ready", flush=True)
    os.kill(os.getpid(), 9)
"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A store whose writer was killed, its last words in the write-ahead log."""
    folder = tmp_path_factory.mktemp("killed")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CHILD), str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (-9, "ready\n"), done.stderr
    return folder


def test_a_writer_that_was_killed_leaves_all_that_was_told_to_be_safe(killed, tmp_path):
    shutil.copytree(killed, tmp_path, dirs_exist_ok=True)
    journal = Journal(tmp_path)
    found = journal.contents("s")
    assert found.session.status == "interrupted"
    assert found.text == "".join(f"part {number:02} " for number in range(30))
    assert [each.status for each in found.tasks] == ["succeeded"] * 30
    assert all(each.image.load(journal.files) for each in found.tasks)


def assert_sound(folder):
    """What is there is a beginning of what was written, and it can be written to."""
    journal = Journal(folder)
    try:
        found = journal.contents("s")
    except StoreError:
        assert [each.id for each, _ in journal.sessions()] == []  # it opens, and was cut to nothing
    else:
        whole = "".join(f"part {number:02} " for number in range(30))
        assert whole.startswith(found.text)
        assert [each.slot for each in found.tasks] == list(range(len(found.tasks)))
        stored = [each for each in found.tasks if each.status == "succeeded"]
        assert all(each.image.load(journal.files) for each in stored)
    keep(begun(folder, "later"))
    assert Journal(folder).contents("later").tasks[0].status == "succeeded"
    return len(found.tasks) if "found" in locals() else 0


def test_a_log_that_is_torn_anywhere_leaves_a_store_that_opens(killed, tmp_path):
    rng = random.Random(4)
    kept = set()
    for number in range(25):
        folder = tmp_path / str(number)
        shutil.copytree(killed, folder)
        wal = folder / f"{NAME}-wal"
        size = wal.stat().st_size
        assert size > 100_000
        # As the system leaves it: cut, or of its full length with nothing written in it.
        cut = rng.randrange(size)
        if number % 2:
            os.truncate(wal, cut)
        else:
            data = wal.read_bytes()
            wal.write_bytes(data[:cut] + bytes(size - cut))
        if number % 3:
            (folder / f"{NAME}-shm").unlink(missing_ok=True)
        kept.add(assert_sound(folder))
    assert len(kept) > 5  # it was torn in different places


def test_garbage_at_the_end_of_the_database_is_passed_over(killed, tmp_path):
    shutil.copytree(killed, tmp_path, dirs_exist_ok=True)
    with (tmp_path / NAME).open("ab") as file:
        file.write(random.Random(5).randbytes(5_000))
    assert assert_sound(tmp_path) == 30


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
