"""Sessions called by their message, from other threads and loops, and with nothing to do."""

from __future__ import annotations

import asyncio
import threading

import pytest
from PIL import Image

from nbkit.progress import ProgressManager
from nbkit.session_manager import SessionManager
from nbkit.testing import run, until

TAG = '<!--img-prompt="a fox"-->'
TEXT = f"See {TAG} here."


def paint(prompt: str) -> Image.Image:
    return Image.new("RGB", (8, 6), "red")


async def never(prompt: str) -> Image.Image:
    await asyncio.Event().wait()
    raise AssertionError


async def broken(prompt: str) -> Image.Image:
    raise RuntimeError(prompt)


@pytest.fixture
def progress() -> ProgressManager:
    return ProgressManager()


@pytest.fixture
def manager(progress) -> SessionManager:
    return SessionManager(progress)


# By their message


def test_a_message_is_cancelled_by_its_id_and_only_while_it_runs(manager) -> None:
    async def main() -> None:
        one = manager.start("", images=paint, message_id="done")
        await one
        two = manager.start(TEXT, images=never, message_id=2)
        three = manager.start(TEXT, images=never, message_id="three")
        assert manager.sessions == [three, two, one]
        assert not manager.cancel("done")
        assert not manager.cancel("unknown")
        assert manager.cancel(2)
        assert manager.status == {"three": "running", 2: "cancelled", "done": "completed"}
        assert not manager.cancel(2)
        three.cancel()
        await three

    run(main)


def test_all_that_runs_is_cancelled_at_once_and_what_has_ended_stays_so(manager) -> None:
    async def main() -> None:
        done = manager.start("", images=paint)
        await done
        running = [manager.start(TEXT, images=never) for _ in range(3)]
        manager.cancel_all()
        for each in running:
            await each
        assert [each.status for each in (done, *running)] == ["completed", *["cancelled"] * 3]

    run(main)


def test_a_new_message_takes_no_id_that_somebody_else_has_taken(manager, progress) -> None:
    async def main() -> None:
        manager.start("", images=paint, message_id="reply-1")
        progress.register_tasks("reply-2", 1)
        session = manager.start("", images=paint)
        assert session.message_id == "reply-3"
        await session

    run(main)


# From other threads and loops


def test_a_session_can_be_awaited_on_another_threads_loop(manager) -> None:
    release = threading.Event()

    def late(prompt: str) -> Image.Image:
        assert release.wait(60)
        return paint(prompt)

    async def awaited(session):
        waiting = asyncio.ensure_future(session)
        await asyncio.sleep(0)
        assert not waiting.done()
        release.set()
        return await waiting

    async def main() -> None:
        session = manager.start(TEXT, images=late)
        there = await asyncio.to_thread(lambda: asyncio.run(awaited(session)))
        assert there is session
        assert session.progress.succeeded == 1

    asyncio.run(main())


def test_whoever_awaits_on_another_loop_does_not_wait_for_a_page_on_the_sessions(manager) -> None:
    class Screen:
        def __init__(self):
            self.reached = []

        def __getattr__(self, name):
            return lambda *args, **more: None

        async def reach(self, session):
            self.reached.append(threading.get_ident())

    async def wait(session):
        return await session

    async def main() -> None:
        session = manager.start("Text.", images=paint)
        session.screen = Screen()
        await asyncio.to_thread(lambda: asyncio.run(wait(session)))
        assert session.screen.reached == []
        await session
        assert session.screen.reached == [threading.get_ident()]

    asyncio.run(main())


def test_what_another_thread_asks_for_is_done_on_the_sessions_loop(manager, progress) -> None:
    threads = []

    async def main() -> None:
        session = manager.start(TEXT, images=never)
        await until(lambda: session.progress.running)
        progress.on("task", lambda event: threads.append(threading.get_ident()))
        await asyncio.to_thread(session.cancel)
        await session
        assert session.status == "cancelled"

    asyncio.run(main())
    assert set(threads) == {threading.get_ident()}


def test_after_the_end_of_its_loop_a_session_can_be_asked_and_does_nothing_more(manager) -> None:
    async def main():
        return await manager.start(TEXT, images=broken)

    session = asyncio.run(main())
    (failed,) = session.images
    session.pause()
    session.cancel()
    session.finish()
    with pytest.raises(RuntimeError, match="makes no more images"):
        session.retry()
    assert session.status == "completed"
    assert session.images == [failed]


# When there is nothing to do


def test_limits_can_be_read_as_they_are_set(manager) -> None:
    async def main() -> None:
        session = manager.start(TEXT, images=paint, retries=1)
        assert (session.max_concurrency, session.retries, session.timeout) == (2, 1, 300.0)
        session.max_concurrency = 4
        assert session.max_concurrency == 4
        await session

    run(main)


def test_an_image_that_was_not_left_out_is_not_generated_again(manager) -> None:
    async def main() -> None:
        session = manager.start(f"{TEXT} {TAG}", images=paint, max_images=1)
        await session
        slots = list(session.story.slots)
        session.generate(slots[0])
        session.generate("no-such-slot")
        await session
        assert session.progress.total == 1
        session.generate(slots[1])
        await session
        assert session.progress.total == session.progress.succeeded == 2

    run(main)


def test_a_version_that_is_not_there_cannot_be_chosen(manager) -> None:
    async def main() -> None:
        session = await manager.start(TEXT, images=paint)
        (before,) = session.images
        for version in (1, -2):
            with pytest.raises(IndexError, match="has 1 version"):
                session.choose(before.task_id, version)
        assert session.images == [before]

    run(main)


def test_a_session_without_a_screen_is_neither_shown_nor_frozen_and_says_so_to_ipython(manager):
    async def main() -> None:
        session = await manager.start(TEXT, images=paint)
        session.show()
        session.freeze()
        with pytest.raises(NotImplementedError):
            session._ipython_display_()

    run(main)
