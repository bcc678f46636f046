"""Text that is polled, and text that is pushed."""

from __future__ import annotations

import asyncio
import functools
import threading

import pytest
from unit.sources_kit import collect

from nbkit._monitor.sources import open_source
from nbkit.errors import StreamError
from nbkit.testing import run


def versions(*texts):
    """A callable that returns one text after another, and then ``None``."""
    left = iter(texts)
    return lambda: next(left, None)


def test_a_callable_is_polled_for_what_is_new_until_it_returns_none():
    async def main():
        loop = asyncio.get_running_loop()
        begun = loop.time()
        reader = open_source(versions("", "a", "a", "abc"), poll_interval=0.5)
        deltas = [(delta, loop.time() - begun) async for delta in reader]
        assert [delta for delta, _ in deltas] == ["", "a", "bc"]
        assert [at for _, at in deltas] == pytest.approx([0.0, 0.5, 1.5])

    run(main)


def test_a_callable_ends_with_stop_iteration_whether_sync_or_async():
    async def main():
        assert await collect(iter(["a", "ab"]).__next__) == ["a", "b"]
        left = iter(["a", "ab"])

        async def poll():
            return next(left)

        assert await collect(poll) == ["a", "b"]

    run(main)


def test_async_callables_of_every_shape_are_awaited_on_the_loop():
    async def main():
        threads = []

        class Poll:
            def __init__(self):
                self.left = iter(["a", None])

            async def __call__(self):
                threads.append(threading.current_thread())
                return next(self.left)

        poll = Poll()
        assert await collect(poll) == ["a"]
        assert set(threads) == {threading.current_thread()}
        assert await collect(functools.partial(Poll())) == ["a"]
        assert await collect(Poll().__call__) == ["a"]

        poll = Poll()

        def late():
            return poll()

        assert await collect(late) == ["a"]

    run(main)


def test_a_sync_callable_is_called_in_a_daemon_thread():
    async def main():
        threads = []

        def poll():
            threads.append(threading.current_thread())

        assert await collect(poll) == []
        assert threads[0] is not threading.main_thread()
        assert threads[0].daemon

    run(main)


def test_a_polled_text_that_changes_what_was_read_is_an_error():
    async def main():
        reader = open_source(versions("Once upon", "Twice upon"))
        assert await anext(reader) == "Once upon"
        with pytest.raises(StreamError, match="no longer begins with the 9 characters"):
            await anext(reader)

    run(main)


@pytest.mark.parametrize("wrong", [b"text", 5, ["text"]])
def test_a_poll_that_returns_no_text_is_an_error_naming_its_type(wrong):
    async def main():
        with pytest.raises(StreamError, match=type(wrong).__name__):
            await collect(lambda: wrong)

    run(main)


def test_an_error_of_the_callable_is_a_stream_error():
    async def fails():
        raise RuntimeError("boom")

    async def main():
        with pytest.raises(StreamError, match="integer division"):
            await collect(lambda: 1 // 0)
        with pytest.raises(StreamError, match="boom"):
            await collect(fails)

    run(main)


def test_the_end_of_polled_text_is_one_last_poll_at_once():
    async def main():
        loop = asyncio.get_running_loop()
        text = "a"
        reader = open_source(lambda: text, poll_interval=60)
        assert await anext(reader) == "a"
        waiting = asyncio.create_task(anext(reader))
        await asyncio.sleep(1)
        text = "ab"
        begun = loop.time()
        reader.end()
        assert await waiting == "b"
        assert loop.time() == begun
        with pytest.raises(StopAsyncIteration):
            await anext(reader)

    run(main)


# Pushed text


async def test_pushed_text_comes_in_order_from_any_thread_until_the_end():
    reader = open_source(None)
    reader.push("0")
    assert reader.initial == reader.ahead == 1

    def push():
        for number in range(1, 5_000):
            reader.push(str(number))
        reader.end()

    thread = threading.Thread(target=push)
    thread.start()
    assert [delta async for delta in reader] == [str(number) for number in range(5_000)]
    thread.join()
    with pytest.raises(RuntimeError, match="ended"):
        reader.push("late")


def test_only_text_can_be_pushed():
    reader = open_source(None)
    with pytest.raises(TypeError, match="bytes"):
        reader.push(b"text")
    assert reader.ahead == 0


async def test_a_reader_that_waits_for_pushed_text_sleeps():
    reader = open_source(None)
    reading = asyncio.create_task(anext(reader))
    for delta in ("a", "b"):
        await asyncio.sleep(0)
        reader.push(delta)
        assert await reading == delta
        reading = asyncio.create_task(anext(reader))
    turns = 0
    wait = reader._woken.wait

    async def counted():
        nonlocal turns
        turns += 1
        return await wait()

    reader._woken.wait = counted
    await asyncio.sleep(0.01)
    assert turns <= 1
    reader.end()
    with pytest.raises(StopAsyncIteration):
        await reading


async def test_what_is_pushed_while_the_reader_goes_to_sleep_is_not_overlooked():
    reader = open_source(None)
    reading = asyncio.create_task(anext(reader))
    await asyncio.sleep(0)
    reader.push("a")
    assert await reading == "a"
    fall_asleep = reader._woken.clear

    def pushed_meanwhile():
        fall_asleep()
        reader._woken.clear = fall_asleep
        reader.push("b")  # the reader passes for awake still, so nobody wakes it

    reader._woken.clear = pushed_meanwhile
    assert await asyncio.wait_for(anext(reader), 60) == "b"
