"""A loop that waits for a session sleeps until there is something to do, and hears of signals."""

import asyncio
import contextlib
import gc
import os
import signal
import threading

import pytest

from nbkit import waking
from nbkit.progress import ProgressManager
from nbkit.session_manager import SessionManager
from nbkit.testing import run
from nbkit.waking import woken_by_signals

LATE = 60.0
"""Seconds after which a loop wakes by itself here, so that a test ends that was not woken."""


def told():
    """Who is told of signals, as a descriptor; -1 for nobody."""
    descriptor = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(descriptor)
    return descriptor


@pytest.fixture(autouse=True)
def nothing_is_left():
    assert told() == -1
    yield
    assert told() == -1
    assert not waking._wakers


@pytest.fixture
def heard():
    """What a handler has asked of the loop in the way that does not wake it, as ipykernel does."""
    heard = asyncio.Event()
    loops = []

    def handle(*_):
        loops[0].call_soon(heard.set)

    former = signal.signal(signal.SIGINT, handle)
    heard.loops = loops
    yield heard
    signal.signal(signal.SIGINT, former)


async def interrupted_in_its_sleep(heard):
    """Sleep until a signal has been heard; whether the loop was woken for it."""
    loop = asyncio.get_running_loop()
    heard.loops[:] = [loop]
    asleep = threading.Event()
    select, late = loop._selector.select, []

    def sleep(timeout=None):
        if timeout is None or timeout > 0.1:
            asleep.set()
        return select(timeout)

    def interrupt():
        asleep.wait(60)
        os.kill(os.getpid(), signal.SIGINT)

    loop._selector.select = sleep
    timer = loop.call_later(LATE, late.append, True)
    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        await heard.wait()
    finally:
        thread.join()
        timer.cancel()
        loop._selector.select = select
        heard.clear()
    return not late


def test_a_loop_that_sleeps_is_woken_by_a_signal(heard):
    async def main():
        with woken_by_signals():
            assert await interrupted_in_its_sleep(heard)
            assert await interrupted_in_its_sleep(heard)  # what was written has been read

    asyncio.run(main())


def test_a_loop_that_was_woken_sleeps_again(heard):
    async def main():
        loop, turns = asyncio.get_running_loop(), []
        with woken_by_signals():
            assert await interrupted_in_its_sleep(heard)
            loop.call_later(0.05, heard.set)
            select = loop._selector.select
            loop._selector.select = lambda timeout=None: turns.append(timeout) or select(timeout)
            await heard.wait()
            loop._selector.select = select
        assert len(turns) < 5

    asyncio.run(main())


def test_waits_side_by_side_are_woken_until_the_last_has_ended(heard):
    async def main():
        with contextlib.ExitStack() as second:
            with woken_by_signals():
                second.enter_context(woken_by_signals())
            assert await interrupted_in_its_sleep(heard)
        assert told() == -1
        with woken_by_signals():
            assert await interrupted_in_its_sleep(heard)

    asyncio.run(main())


def test_who_is_told_of_signals_by_others_stays_told(heard):
    async def main():
        loop, usual = asyncio.get_running_loop(), asyncio.Event()
        loop.add_signal_handler(signal.SIGUSR1, usual.set)
        before = told()
        with woken_by_signals():
            assert told() == before
            assert await interrupted_in_its_sleep(heard)  # the loop's own does as well
            os.kill(os.getpid(), signal.SIGUSR1)
            await usual.wait()
        assert told() == before
        loop.remove_signal_handler(signal.SIGUSR1)

    asyncio.run(main())


def test_who_comes_to_be_told_meanwhile_stays_told():
    async def main():
        loop, usual = asyncio.get_running_loop(), asyncio.Event()
        with woken_by_signals():
            loop.add_signal_handler(signal.SIGUSR1, usual.set)
        os.kill(os.getpid(), signal.SIGUSR1)
        await usual.wait()
        loop.remove_signal_handler(signal.SIGUSR1)

    asyncio.run(main())


def test_a_loop_that_runs_while_another_stands_still_is_the_one_that_wakes(heard):
    async def waits(ended):
        with woken_by_signals():
            await ended.wait()

    async def main():
        with woken_by_signals():
            assert await interrupted_in_its_sleep(heard)

    still, ended = asyncio.new_event_loop(), asyncio.Event()
    waiting = still.create_task(waits(ended))
    still.run_until_complete(asyncio.sleep(0))
    before = told()
    asyncio.run(main())
    assert told() == before
    ended.set()
    still.run_until_complete(waiting)
    still.close()


def test_the_loop_of_a_thread_has_no_signals_to_hear():
    async def main():
        with woken_by_signals():
            return len(waking._wakers)

    found = []
    thread = threading.Thread(target=lambda: found.append(asyncio.run(main())))
    thread.start()
    thread.join()
    assert found == [0]


def test_a_wait_that_is_dropped_with_its_loop_leaves_nothing_behind():
    async def waits():
        with woken_by_signals():
            await asyncio.get_running_loop().create_future()

    loop = asyncio.new_event_loop()
    waiting = loop.create_task(waits())
    loop.run_until_complete(asyncio.sleep(0))
    assert told() != -1
    loop.close()
    waiting._log_destroy_pending = False
    del waiting
    gc.collect()
    assert told() == -1


def test_waiting_for_a_session_wakes_no_loop_before_there_is_something_to_do():
    async def main():
        loop = asyncio.get_running_loop()

        async def paint(prompt):
            await asyncio.sleep(86_400.0)
            return b""

        progress = ProgressManager(clock=loop.clock)
        sessions = SessionManager(progress)
        session = sessions.start('<img_prompt="sea">', images=paint, timeout=1e6, retries=0)
        before = loop.clock.leaps
        await session
        assert session.elapsed >= 86_400.0
        assert loop.clock.leaps - before < 20

    run(main)


def test_who_waits_for_a_session_hears_of_an_interrupt_though_nothing_else_wakes_the_loop(heard):
    async def hangs():
        yield "arrived"
        await asyncio.get_running_loop().create_future()

    async def main():
        sessions = SessionManager(ProgressManager())
        session = sessions.start(hangs(), images="sketch")
        waiting = asyncio.ensure_future(session._wait())
        assert await interrupted_in_its_sleep(heard)
        waiting.cancel()
        await asyncio.wait({waiting})
        assert (session.status, session.text) == ("cancelled", "arrived")

    asyncio.run(main())
