"""What a store makes of a writer that was killed, and of files that are torn."""

import os
import random
import shutil
import subprocess
import sys
import textwrap

import pytest
from unit.store_kit import CHILD, begun, keep

from nbkit._store.database import NAME
from nbkit.errors import StoreError
from nbkit.store import Journal


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
