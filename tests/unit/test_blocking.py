"""Waiting from ordinary code: several threads at once, interrupts, and loops that end."""

import asyncio
import signal
import threading

import pytest
from unit.session_kit import Backend, deltas, never, tag

from nbkit import blocking
from nbkit.errors import LoopError
from nbkit.testing import until


class Held:
    """A synchronous source that gives one delta, and ends when it is let go."""

    def __init__(self):
        self.begun = threading.Event()
        self.go = threading.Event()

    def __iter__(self):
        yield "x"
        self.begun.set()
        assert self.go.wait(60)


class Elsewhere:
    """A thread with a loop of its own, and a session that runs there."""

    def __init__(self, manager, source):
        self.ready = threading.Event()
        self.leave = threading.Event()
        self._start = lambda: manager.start(source, images=Backend(answers={"a": never}))
        self.thread = threading.Thread(target=lambda: asyncio.run(self._main()), daemon=True)
        self.thread.start()
        assert self.ready.wait(60)

    async def _main(self):
        self.loop = asyncio.get_running_loop()
        self.session = self._start()
        self.ready.set()
        await until(self.leave.is_set)

    def is_waited_on(self):
        """Whether a wait has been handed over to its loop."""
        return any("_wait" in repr(task.get_coro()) for task in asyncio.all_tasks(self.loop))

    def leaves(self):
        self.leave.set()
        self.thread.join(60)


async def lasting():
    yield "x"
    await never()


def in_thread(function):
    """Call in a thread; gives what waits for what it returned."""
    results = []
    thread = threading.Thread(target=lambda: results.append(function()), daemon=True)
    thread.start()

    def result():
        thread.join(60)
        assert results, "it did not return"
        return results[0]

    return result


def interrupt_main():
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)


@pytest.fixture
def interrupt():
    """Interrupts the main thread, once; a signal that comes just before a wait does not end it."""
    struck = threading.Event()

    def strike(*_):
        if not struck.is_set():
            struck.set()
            raise KeyboardInterrupt

    def interrupt():
        while not struck.wait(0.01):
            interrupt_main()

    former = signal.signal(signal.SIGINT, strike)
    yield interrupt
    signal.signal(signal.SIGINT, former)


# Several threads of a script


def test_threads_of_a_script_wait_at_once_and_one_that_is_done_leaves_the_loop_to_the_next(
    session_manager,
):
    sources = [Held(), Held(), Held()]
    sessions = [session_manager.start(source) for source in sources]
    waits = []
    for session, source in zip(sessions, sources, strict=True):
        waits.append(in_thread(session.wait))
        assert source.begun.wait(60)
    for session, source, wait in zip(sessions, sources, waits, strict=True):
        source.go.set()
        assert wait() is session
        assert session.status == "completed"


def test_a_scripts_session_can_be_awaited_on_another_loop(session_manager):
    source = Held()
    session = session_manager.start(source)
    with pytest.raises(TimeoutError):
        session.wait(timeout=0)

    async def main():
        waiting = asyncio.ensure_future(session)
        await asyncio.to_thread(source.begun.wait, 60)
        source.go.set()
        async with asyncio.timeout(10):
            assert await waiting is session

    asyncio.run(main())
    assert session.status == "completed"


def test_where_another_loop_runs_a_scripts_session_cannot_be_waited_for_but_awaited(
    session_manager,
):
    session = session_manager.start("x")
    with pytest.raises(TimeoutError):
        session.wait(timeout=0)

    async def main():
        with pytest.raises(LoopError, match="await session"):
            session.wait()
        await session

    asyncio.run(main())


def test_the_end_of_a_process_leaves_a_loop_alone_that_a_thread_still_turns(session_manager):
    source = Held()
    wait = in_thread(session_manager.start(source).wait)
    assert source.begun.wait(60)
    blocking._close(blocking.script_loop())
    source.go.set()
    assert wait().status == "completed"


# Loops that end


def test_who_waits_elsewhere_for_a_session_whose_loop_closes_is_not_cancelled(session_manager):
    elsewhere = Elsewhere(session_manager, lasting())
    wait = in_thread(elsewhere.session.wait)

    async def main():
        await until(elsewhere.is_waited_on)
        waiting = asyncio.ensure_future(elsewhere.session)
        await asyncio.sleep(0)
        elsewhere.leave.set()
        async with asyncio.timeout(10):
            return await waiting

    assert asyncio.run(main()).status == "cancelled"
    assert wait().status == "cancelled"


# Interrupts


def test_an_interrupt_cancels_a_session_that_runs_on_another_threads_loop(
    session_manager, interrupt
):
    elsewhere = Elsewhere(session_manager, lasting())

    async def interrupts():
        await until(elsewhere.is_waited_on)
        await asyncio.to_thread(interrupt)

    asyncio.run_coroutine_threadsafe(interrupts(), elsewhere.loop)
    with pytest.raises(KeyboardInterrupt):
        elsewhere.session.wait()
    asyncio.run(until(lambda: elsewhere.session.status == "cancelled"))
    elsewhere.leaves()


def test_an_interrupt_cancels_a_session_that_another_thread_turns(session_manager, interrupt):
    sources = [Held(), Held()]
    first, second = (session_manager.start(source) for source in sources)
    wait = in_thread(first.wait)
    assert sources[0].begun.wait(60)

    def interrupts():
        assert sources[1].begun.wait(60)
        interrupt()

    in_thread(interrupts)
    with pytest.raises(KeyboardInterrupt):
        second.wait()
    asyncio.run(until(lambda: second.status == "cancelled"))
    sources[0].go.set()
    assert wait().status == "completed"


def test_a_second_interrupt_reaches_a_source_that_holds_the_loop_up(session_manager, monkeypatch):
    begun, heard = threading.Event(), threading.Event()

    class Clock:
        now = 0.0

        @classmethod
        def monotonic(cls):
            cls.now += 1.0
            heard.set()
            return cls.now

    monkeypatch.setattr("nbkit.blocking.time", Clock)

    async def blocks():
        yield "x"
        begun.set()
        for _ in range(1000):
            threading.Event().wait(0.01)
        yield "y"

    def interrupt():
        assert begun.wait(60)
        interrupt_main()
        assert heard.wait(60)
        interrupt_main()

    in_thread(interrupt)
    session = session_manager.start(blocks(), images=Backend())
    with pytest.raises(KeyboardInterrupt):
        session.wait()
    assert session.status != "running"
    assert session.text == "x"


def test_an_interrupt_that_the_loop_hears_strikes_no_task(session_manager):
    async def interrupts():
        yield tag("a")
        interrupt_main()
        await never()

    session = session_manager.start(interrupts(), images=Backend(answers={"a": never}))
    other = session_manager.start(deltas("x y z"), images=Backend())
    with pytest.raises(KeyboardInterrupt):
        session.wait()
    assert session.status == "cancelled"
    assert other.wait().text == "x y z"
