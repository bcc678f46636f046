"""Sources that may block, read in a thread: errors, closing, how far ahead, and the exit."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
import threading
import time

import pytest
from unit.sources_kit import DELTAS, collect

from nbkit._monitor.sources import open_source
from nbkit._monitor.threaded import AHEAD
from nbkit.errors import StreamError
from nbkit.testing import until


@pytest.mark.parametrize(
    "error", [ValueError("boom"), KeyboardInterrupt("boom"), SystemExit("boom")]
)
async def test_an_error_in_the_thread_is_raised_on_the_loop_as_a_stream_error(error):
    def breaks():
        yield "a"
        raise error

    reader = open_source(breaks())
    assert await anext(reader) == "a"
    with pytest.raises(StreamError, match="boom") as caught:
        await anext(reader)
    assert caught.value.__cause__ is error


async def test_a_source_that_was_cancelled_inside_is_an_error_and_no_cancelling():
    async def inner_cancelled():
        yield "a"
        raise asyncio.CancelledError

    reader = open_source(inner_cancelled())
    assert await anext(reader) == "a"
    with pytest.raises(StreamError, match="cancelled"):
        await anext(reader)


async def test_an_iterable_that_cannot_be_iterated_is_a_stream_error():
    class Broken:
        def __iter__(self):
            raise OSError("no route")

    with pytest.raises(StreamError, match="no route"):
        await collect(Broken())


async def test_iterator_and_iterable_are_both_closed():
    closed = []

    class Stream:
        async def __aiter__(self):
            try:
                yield "a"
                yield "b"
            finally:
                closed.append("iterator")

        async def aclose(self):
            closed.append("stream")

    reader = open_source(Stream())
    assert await anext(reader) == "a"
    await reader.aclose()
    assert closed == ["iterator", "stream"]


async def test_a_generator_is_read_and_closed_in_one_thread_of_its_own():
    threads = []

    def generator():
        threads.append(threading.current_thread())
        try:
            while True:
                yield "x"
        finally:
            threads.append(threading.current_thread())

    reader = open_source(generator())
    await anext(reader)
    await reader.aclose()
    await until(lambda: len(threads) == 2)
    assert threads[0] is threads[1]
    assert threads[0] is not threading.main_thread()
    assert threads[0].daemon


async def test_a_generator_that_was_never_begun_is_closed_too():
    generator = (delta for delta in DELTAS)
    await open_source(generator).aclose()
    await until(lambda: generator.gi_frame is None)


@pytest.mark.parametrize("error", [OSError("already gone"), SystemExit("already gone")])
async def test_a_close_that_fails_is_logged_and_harms_nothing(caplog, error):
    class Stream:
        def __iter__(self):
            return iter(DELTAS)

        def close(self):
            raise error

    async with asyncio.timeout(10):
        assert await collect(Stream()) == DELTAS
    assert "already gone" in caplog.text


def keep_busy(seconds, condition=lambda: True):
    """Hold up the loop."""
    limit = time.monotonic() + seconds
    while condition() and time.monotonic() < limit:
        pass


async def test_the_thread_is_never_more_than_a_thousand_deltas_ahead_of_a_busy_loop():
    begun = 0

    def fast():
        nonlocal begun
        while True:
            begun += 1
            yield "x"

    reader = open_source(fast())
    taken, furthest = 0, 0
    while taken < 3 * AHEAD:
        await anext(reader)
        if taken % AHEAD == 0:
            keep_busy(60, lambda taken=taken: begun - taken < AHEAD)
            keep_busy(0.02)  # time enough to run on, if nothing held the thread
        furthest = max(furthest, begun - taken)
        taken += 1
    assert furthest == AHEAD == 1_000
    await reader.aclose()


async def test_what_the_thread_has_read_is_handed_out_on_stop():
    asked = threading.Event()
    hold = threading.Event()
    closed = threading.Event()

    def hangs():
        try:
            yield "a"
            yield "b"
            yield "c"
            asked.set()
            hold.wait(60)
            while True:
                yield "d"
        finally:
            closed.set()

    reader = open_source(hangs())
    assert await anext(reader) == "a"
    assert asked.wait(60)
    assert reader.ahead == 2
    assert reader.stop() == ["b", "c"]
    hold.set()
    assert closed.wait(60)


async def test_a_thread_whose_loop_is_gone_closes_its_source():
    closed = threading.Event()
    go_on = threading.Event()

    def patient():
        try:
            yield "a"
            go_on.wait(60)
            while True:
                yield "b"
        finally:
            closed.set()

    async def read_one():
        assert await anext(open_source(patient())) == "a"

    await asyncio.to_thread(asyncio.run, read_one())
    go_on.set()
    assert closed.wait(60)


def test_a_hanging_source_does_not_hold_up_the_exit_of_the_interpreter():
    script = """
        import asyncio, threading
        from nbkit._monitor.sources import open_source

        def hangs():
            yield "a"
            threading.Event().wait()

        async def main():
            reader = open_source(hangs())
            print(await anext(reader))
            poll = asyncio.create_task(anext(open_source(threading.Event().wait)))
            await asyncio.sleep(0.05)
            poll.cancel()

        asyncio.run(main())
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "a\n", "")
