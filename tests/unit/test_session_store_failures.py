"""Stores that break, and sessions that go on without theirs."""

from __future__ import annotations

import asyncio
import logging
import shutil
import subprocess
import sys
import textwrap

import pytest
from unit.session_store_kit import SKETCH, Backend, Kernel, tags

import nbkit
from nbkit._store.writer import flush_own
from nbkit.errors import BackendError, StoreError
from nbkit.models import EncodedImage
from nbkit.session_store import SessionStore
from nbkit.testing import until


def test_a_store_that_is_no_path_is_refused():
    with pytest.raises(TypeError, match="store is a folder"):
        nbkit.illustrate("text", store=3)


async def test_a_folder_that_cannot_be_written_costs_the_store_and_nothing_else(tmp_path, caplog):
    place = tmp_path / "file"
    place.write_text("no folder")
    kernel = Kernel(place)
    with caplog.at_level(logging.WARNING):
        session = await kernel.start(tags("a", "b"), images=Backend(), message_id=1)
    assert session.status == "completed"
    assert session.progress.succeeded == 2
    assert isinstance(session.store_error, StoreError)
    assert "not kept any more" in caplog.text
    assert len([each for each in caplog.records if each.name == "nbkit.recorder"]) == 1
    with pytest.raises(StoreError):
        nbkit.open_store(place)


@pytest.mark.parametrize("leaves", ["a file", "nothing", "another store"])
async def test_a_folder_that_vanishes_costs_the_store_and_nothing_else(tmp_path, leaves):
    kernel, hang = Kernel(tmp_path / "kept"), asyncio.Event()
    session = kernel.start(tags("a", "b"), images=Backend(b=hang), message_id=1)
    await until(lambda: session.progress.succeeded == 1)
    shutil.rmtree(tmp_path / "kept")
    if leaves == "a file":
        (tmp_path / "kept").write_text("something else")
    elif leaves == "another store":
        nbkit.open_store(tmp_path / "kept")
    hang.set()
    await session
    assert session.progress.succeeded == 2
    assert session.store_error is not None
    assert leaves != "nothing" or not (tmp_path / "kept").exists()


async def test_a_session_that_had_ended_before_its_store_broke_hears_of_it_when_it_goes_on(
    tmp_path,
):
    kernel, fails = Kernel(tmp_path / "kept"), BackendError("no luck")
    backend = Backend(b=fails)
    ended = await kernel.start(tags("b"), images=backend, message_id=1)
    kernel.store.sessions()  # which waits for the writer
    shutil.rmtree(tmp_path / "kept")
    other = await kernel.start(tags("a"), images=Backend(), message_id=2)
    assert other.store_error is not None
    backend.answers.clear()
    ended.retry()
    await ended
    assert ended.progress.succeeded == 1
    assert ended.store_error is not None


async def test_a_choice_that_cannot_be_kept_is_said_though_the_session_has_ended(tmp_path):
    kernel = Kernel(tmp_path / "kept")
    session = await kernel.start(tags("a"), images=Backend(), message_id=1)
    kernel.store.sessions()  # which waits for the writer
    session.choose(session.images[0].task_id, 0)
    flush_own(kernel.folder, 10)
    assert session.store_error is None
    shutil.rmtree(kernel.folder)
    session.choose(session.images[0].task_id, 0)
    flush_own(kernel.folder, 10)
    assert session.store_error is not None


async def test_an_image_that_no_store_can_name_keeps_nobody_waiting(tmp_path):
    class Odd(Backend):
        checks_images = True

        async def generate(self, request, *, on_preview):
            made = await super().generate(request, on_preview=on_preview)
            return EncodedImage(made.data, "image/x+y", made.width, made.height)

    kernel = Kernel(tmp_path)
    session = kernel.start(tags("a"), images=Odd(), message_id=1)
    async with asyncio.timeout(60):
        await session
    assert session.progress.succeeded == 1
    assert "is no name of an image" in str(session.store_error)


FULL = """
    import asyncio, sys
    import nbkit

    async def main():
        text = "".join(f'<!--img-prompt="a fox {number}"-->' for number in range(30))
        session = nbkit.illustrate(text, images="SPEC", store=sys.argv[1])
        await session
        print(session.progress.succeeded, session.store_error)

    asyncio.run(main())
"""

SMALL_FILES = """
    import atexit, resource, signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (120_000, before[1]))
    # Last of all, what measures the tests' coverage writes a file too.
    atexit.register(resource.setrlimit, resource.RLIMIT_FSIZE, before)
"""


def run_child(code, *arguments):
    code = textwrap.dedent(code).replace("SPEC", SKETCH)
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_file_that_may_not_grow_costs_the_store_and_what_was_kept_stays(tmp_path):
    done = run_child(SMALL_FILES + FULL, tmp_path)
    assert done.returncode == 0, done.stderr
    succeeded, _, error = done.stdout.partition(" ")
    assert succeeded == "30"
    assert "the store in" in error
    (stored,) = SessionStore(tmp_path).sessions()
    assert stored.status == "interrupted"
    assert stored.total > 0


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 300 kB, where this user may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(place)]
    try:
        done = subprocess.run(mount, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount")
    if done.returncode:
        pytest.skip("mounting takes root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_costs_the_store_and_what_was_kept_stays(small_disk):
    done = run_child(FULL, small_disk / "kept")
    assert done.returncode == 0, done.stderr
    succeeded, _, error = done.stdout.partition(" ")
    assert succeeded == "30"
    assert "full" in error or "No space left" in error
    store = SessionStore(small_disk / "kept")
    (stored,) = store.sessions()
    assert 0 < stored.succeeded < 30
    assert len(store.story(stored.id).slots) > 0
