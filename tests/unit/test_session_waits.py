"""Waiting for a session: on its loop, in a script, from another thread, past its time."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from unit.session_kit import PNG, THREE, Backend, deltas, never, png, tag

from nbkit.session import Session
from nbkit.testing import run


def test_cancelling_the_await_cancels_the_session(session_manager):
    async def main():
        session = session_manager.start(deltas(THREE), images=Backend(answers={"a": never}))

        async def waits():
            await session

        waiting = asyncio.create_task(waits())
        await asyncio.sleep(5)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert session.status == "cancelled"
        assert session.text == THREE

    run(main)


def test_a_script_without_a_loop_gets_the_same_by_wait(session_manager):
    session = session_manager.start(iter([THREE[:9], THREE[9:]]), images=Backend())
    assert session.wait() is session
    assert session.text == THREE
    assert [image.status for image in session.images] == ["succeeded"] * 3
    session.regenerate(session.images[0].task_id)
    session.wait()
    assert len(session.images[0].versions) == 2


def test_wait_past_its_time_raises_and_the_session_goes_on(session_manager):
    release = threading.Event()

    def backend(prompt):
        release.wait(60)
        return PNG

    session = session_manager.start(f"x {tag('a')}", images=backend)
    with pytest.raises(TimeoutError, match="goes on"):
        session.wait(timeout=0.05)
    assert session.status == "running"
    release.set()
    session.wait(timeout=60)
    assert session.status == "completed"


def test_a_session_can_be_waited_for_from_another_thread(session_manager):
    async def main():
        session = session_manager.start(deltas(THREE), images=Backend())
        assert await asyncio.to_thread(session.wait) is session
        assert session.status == "completed"

    asyncio.run(main())


def test_who_waits_in_the_loops_own_threads_holds_up_no_image(session_manager):
    async def main():
        # Its only thread waits for the image, which is looked at and made smaller in another.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        session = session_manager.start(
            tag("a"), images=Backend(answers={"a": png(size=(1000, 10))})
        )
        async with asyncio.timeout(60):
            await asyncio.to_thread(session.wait)
        assert session.progress.succeeded == 1

    asyncio.run(main())


def test_a_session_whose_loop_closes_ends_in_order(session_manager):
    async def main():
        return session_manager.start(deltas(THREE), images=Backend(answers={"a": never}))

    session = asyncio.run(main())
    assert session.status == "cancelled"
    assert Session.__name__ in repr(session)
    with pytest.raises(RuntimeError, match="closed"):
        session.retry()
