"""Stopping a monitor at any moment, and the turns that it leaves to the loop."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from unit.monitor_kit import Brackets, in_a_thread, watch

from nbkit._monitor.threaded import AHEAD
from nbkit.testing import run, until


async def test_stop_hands_on_what_was_read_and_nothing_after_it():
    asked, hold, closed = threading.Event(), threading.Event(), threading.Event()

    def hangs():
        try:
            yield "a "
            yield "{fox} b"
            yield " {half"
            asked.set()
            hold.wait(60)
            yield "never"
        finally:
            closed.set()

    monitor = watch(hangs())
    await monitor.start()
    assert asked.wait(60)
    monitor.stop()
    assert monitor.log == ["a ", "[fox]", " b {half"]
    assert monitor.text == "a {fox} b {half"
    await monitor.finish()
    hold.set()
    assert closed.wait(60)
    await asyncio.sleep(0)
    assert monitor.text == "a {fox} b {half"
    assert monitor.log == ["a ", "[fox]", " b {half"]


async def test_stop_is_prompt_before_a_source_that_ignores_cancelling():
    let_go = asyncio.Event()
    closed = asyncio.Event()

    async def stubborn():
        try:
            yield "a"
            while not let_go.is_set():
                try:
                    await let_go.wait()
                except asyncio.CancelledError:
                    continue
            yield "b"
        finally:
            closed.set()

    monitor = watch(stubborn())
    await monitor.start()
    await until(lambda: monitor.text == "a")
    monitor.stop()
    await monitor.finish()
    monitor.stop()
    assert not closed.is_set()
    let_go.set()
    await asyncio.wait_for(closed.wait(), 60)
    assert monitor.text == "a"
    assert monitor.log == ["a"]


def test_stop_ends_a_start_that_waits_for_a_poll_that_hangs():
    hold = threading.Event()

    async def main():
        monitor = watch(lambda: hold.wait(60))
        starting = asyncio.create_task(monitor.start())
        await asyncio.sleep(0)
        monitor.stop()
        await starting
        await monitor.finish()
        hold.set()

    asyncio.run(main())


async def test_pushing_after_stop_is_dropped():
    monitor = watch(None)
    await monitor.start()
    monitor.push("a")
    monitor.stop()
    monitor.push("b")
    assert monitor.deltas_ahead == 0
    assert monitor.text == "a"
    assert monitor.log == ["a"]
    await monitor.finish()


@pytest.mark.parametrize("deltas", [["a {fox} b {sea} c"], ["a {fox", "} b {sea} c", "d"]])
async def test_stop_called_from_a_callback_still_hands_on_all_that_was_read_in_order(deltas):
    def stops(prompt):
        monitor.log.prompt(prompt)
        monitor.stop()

    monitor = watch(None, on_prompt=stops)
    await monitor.start()
    for delta in deltas:
        monitor.push(delta)
    await until(monitor._ended.is_set)
    seen = ["a ", "[fox]", " b ", "[sea]", " c" + "".join(deltas[2:])]
    assert monitor.log == seen
    await asyncio.sleep(0)
    assert monitor.log == seen


async def test_stop_called_from_a_callback_asks_the_source_no_more_and_closes_it():
    asked = []
    closed = asyncio.Event()

    class Stream:
        def __aiter__(self):
            return self

        async def __anext__(self):
            asked.append(True)
            return "a"

        async def aclose(self):
            await asyncio.sleep(0)
            closed.set()

    monitor = watch(Stream(), on_text=lambda _: monitor.stop())
    await monitor.start()
    await asyncio.wait_for(closed.wait(), 60)
    assert asked == [True]


async def test_stop_called_from_one_of_the_last_callbacks_hands_on_the_rest_before_it_returns():
    class HoldsAll(Brackets):
        def feed(self, delta):
            self.held += delta
            return []

        def flush(self):
            return super().feed("")

    def stops(text):
        monitor.log.text(text)
        monitor.stop()
        stopped.append(list(monitor.log))

    stopped = []
    monitor = watch(["a {fox} b"], detector=HoldsAll(), on_text=stops)
    await monitor.start()
    await monitor.finish()
    assert stopped[0] == monitor.log == ["a ", "[fox]", " b"]


async def test_an_error_while_stopping_is_told_by_finish():
    def refuses(_):
        raise LookupError("no room")

    monitor = watch(None, on_text=refuses)
    await monitor.start()
    monitor.push("a")
    monitor.stop()
    with pytest.raises(LookupError):
        await monitor.finish()


def test_stop_outside_a_loop_before_any_start_does_no_harm():
    monitor = watch("a")
    monitor.stop()
    monitor.stop()

    async def main():
        await monitor.start()
        await monitor.finish()
        assert monitor.text == ""

    run(main)


# The loop


@pytest.mark.parametrize("kind", ["async", "thread", "list", "pushed"])
async def test_a_source_that_never_suspends_does_not_starve_the_loop(kind, monkeypatch):
    clock = 0.0

    def ticking():
        nonlocal clock
        clock += 0.001
        return clock

    monkeypatch.setattr("nbkit.monitor.time.monotonic", ticking)
    count = 3_000

    async def never_suspends():
        for _ in range(count):
            yield "x"

    source = {
        "async": never_suspends,
        "thread": lambda: iter(["x"] * count),
        "list": lambda: ["x"] * count,
        "pushed": lambda: None,
    }[kind]()
    monitor = watch(source)
    if kind == "pushed":
        for _ in range(count):
            monitor.push("x")
    turns = 0
    starting = asyncio.create_task(monitor.start())
    finishing = None
    while finishing is None or not finishing.done():
        if starting.done() and finishing is None:
            finishing = asyncio.create_task(monitor.finish())
        await asyncio.sleep(0)
        turns += 1
    assert monitor.text == "x" * count
    # A millisecond a delta by this clock: a turn at least every five of them.
    assert turns >= count / 6


async def test_a_fast_thread_is_held_back_while_the_loop_is_busy_in_a_callback():
    begun = 0
    furthest = 0
    monitor = None

    def fast():
        nonlocal begun
        for _ in range(5 * AHEAD):
            begun += 1
            yield "x"

    def busy(_):
        nonlocal furthest
        if len(monitor.text) % AHEAD == 1:
            limit = time.monotonic() + 60
            most = min(5 * AHEAD, len(monitor.text) - 1 + AHEAD)
            while begun < most and time.monotonic() < limit:
                pass
            # The thread has come as far as it may; time enough to go on if nothing held it.
            time.sleep(0.01)
        furthest = max(furthest, begun - (len(monitor.text) - 1))

    monitor = watch(fast(), on_text=busy)
    await monitor.start()
    await monitor.finish()
    assert monitor.text == "x" * (5 * AHEAD)
    assert furthest == AHEAD


async def test_pushing_from_other_threads_loses_nothing():
    monitor = watch(None)
    await monitor.start()

    def push(mark):
        for _ in range(2_000):
            monitor.push(mark)

    threads = [threading.Thread(target=push, args=(mark,)) for mark in "abcd"]
    for thread in threads:
        thread.start()
    await asyncio.to_thread(lambda: [thread.join() for thread in threads])
    await monitor.finish()
    assert sorted(monitor.text) == sorted("abcd" * 2_000)


async def test_only_a_monitor_without_a_source_takes_pushed_text():
    with pytest.raises(RuntimeError, match="without a source"):
        watch("a").push("b")
    monitor = watch(None)
    with pytest.raises(TypeError, match="bytes"):
        monitor.push(b"b")


async def test_callbacks_are_called_on_the_loop():
    threads = set()

    def note(_):
        threads.add(threading.current_thread())

    monitor = watch(in_a_thread(), on_text=note, on_prompt=note)
    await monitor.start()
    await monitor.finish()
    assert threads == {threading.current_thread()}
