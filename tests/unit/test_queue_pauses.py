"""Pause and resume, and limits that change while a queue runs."""

from __future__ import annotations

import asyncio

import pytest
from queue_kit import Backend, Bench, hang, on_loop, once_busy, settle


@on_loop
async def test_a_pause_holds_back_new_starts_only_until_it_is_resumed():
    bench = Bench(Backend(1.0), max_concurrency=1)
    bench.submit("a", "b", "c")
    bench.queue.start()
    await asyncio.sleep(0.5)
    bench.queue.pause()
    assert bench.queue.paused
    await asyncio.sleep(10)
    assert bench.statuses == ["succeeded", "queued", "queued"]
    bench.queue.resume()
    assert not bench.queue.paused
    await bench.queue.drain()
    assert bench.backend.times == [0, 10.5, 11.5]


@on_loop
async def test_a_waiting_task_is_queued_again_by_a_pause_and_waits_again_after_it():
    bench = Bench(Backend(0), min_interval=10.0)
    another = bench.manager.register_task(42, "another's").id
    bench.manager.wait_task(42, another, reason="by hand")
    _, b, _ = bench.submit("a", "b", "c")
    bench.queue.start()
    await asyncio.sleep(1)
    assert bench.task(b).status == "waiting"
    bench.queue.pause()
    assert bench.task(b).status == "queued"
    assert bench.task(another).status == "waiting"
    assert bench.task(b).until is None
    bench.queue.pause()
    bench.queue.resume()
    await settle()
    assert bench.task(b).status == "waiting"
    await bench.queue.drain()
    assert bench.backend.times == [0, 10, 20]


@on_loop
async def test_there_is_no_estimate_while_a_queue_is_paused():
    bench = Bench(Backend(1.0), max_concurrency=1)
    bench.submit(*"abcdef")
    bench.queue.start()
    await asyncio.sleep(3.5)
    assert bench.state.eta == pytest.approx(2.5, abs=0.1)
    bench.queue.pause()
    assert bench.state.eta is None
    bench.queue.resume()
    assert bench.state.eta is not None
    bench.queue.cancel()
    await bench.queue.drain()


@on_loop
async def test_a_retry_whose_delay_ends_in_a_pause_waits_for_its_end():
    bench = Bench(once_busy(0))
    bench.submit("a")
    bench.queue.start()
    await settle()
    bench.queue.pause()
    await asyncio.sleep(30)
    assert len(bench.backend.starts) == 1
    bench.queue.resume()
    await bench.queue.drain()
    assert bench.backend.times == [0, 30]


@on_loop
async def test_a_queue_may_be_paused_before_its_start_and_cancelled_in_the_pause():
    bench = Bench()
    bench.queue.pause()
    bench.submit("a")
    bench.queue.start()
    await asyncio.sleep(5)
    assert bench.statuses == ["queued"]
    bench.queue.cancel()
    await bench.queue.drain()
    assert bench.statuses == ["cancelled"]


@on_loop
async def test_more_concurrency_starts_more_at_once_and_less_lets_what_runs_finish():
    bench = Bench(Backend(10.0), max_concurrency=1)
    bench.submit(*"abcdefgh")
    bench.queue.start()
    await asyncio.sleep(1)
    bench.queue.max_concurrency = 4
    await settle()
    assert bench.backend.active == 4
    bench.queue.max_concurrency = 2
    await asyncio.sleep(5)
    assert bench.backend.active == 4
    await asyncio.sleep(6)
    assert bench.backend.active == 2
    await bench.queue.drain()
    assert bench.queue.max_concurrency == 2
    assert bench.backend.times == [0, 1, 1, 1, 11, 11, 21, 21]


@on_loop
async def test_a_smaller_interval_or_a_greater_rate_wakes_the_task_that_waits():
    bench = Bench(Backend(0), min_interval=100.0)
    bench.submit("a", "b", "c", "d")
    bench.queue.start()
    await asyncio.sleep(5)
    bench.queue.min_interval = 2.0
    await asyncio.sleep(1)
    assert bench.backend.times == [0, 5]
    bench.queue.max_rate = 1
    await asyncio.sleep(4)
    assert bench.backend.times == [0, 5]
    bench.queue.max_rate = None
    await bench.queue.drain()
    assert bench.backend.times == [0, 5, 10, 12]


@on_loop
async def test_a_greater_interval_holds_back_the_task_that_waits():
    bench = Bench(Backend(0), min_interval=2.0)
    _, b = bench.submit("a", "b")
    bench.queue.start()
    await asyncio.sleep(1)
    bench.queue.min_interval = 20.0
    await settle()
    assert bench.task(b).until == pytest.approx(bench.began + 20)
    await bench.queue.drain()
    assert bench.backend.times == [0, 20]
    told = [status for _, prompt, status in bench.history if prompt == "b"]
    assert told == ["queued", "waiting", "waiting", "running", "succeeded"]


@on_loop
async def test_another_timeout_holds_for_what_runs_already():
    bench = Bench(Backend(1.0, {"a": [hang], "b": [8.0]}), timeout=5.0, retries=0)
    a, b = bench.submit("a", "b")
    bench.queue.start()
    await asyncio.sleep(1)
    bench.queue.timeout = 10.0
    await asyncio.sleep(8)
    assert bench.task(a).status == "running"
    assert bench.task(b).status == "succeeded"
    bench.queue.timeout = 2.0
    await settle()
    assert bench.task(a).status == "failed"
    assert "2 s" in str(bench.task(a).error)
    await bench.queue.drain()


@on_loop
async def test_limits_are_read_back_checked_and_set_from_another_thread():
    bench = Bench(Backend(10.0), max_concurrency=1)
    queue = bench.queue
    read = (queue.max_concurrency, queue.min_interval, queue.max_rate, queue.retries, queue.timeout)
    assert read == (1, 0.0, None, 2, 300.0)
    for name, bad in {"max_concurrency": 0, "min_interval": -1, "max_rate": 0}.items():
        with pytest.raises(ValueError, match=name):
            setattr(queue, name, bad)
    bench.submit("a", "b", "c")
    queue.start()
    await settle()
    bench.loop.set_debug(True)  # it then refuses to be touched by another thread
    await asyncio.to_thread(setattr, queue, "max_concurrency", 3)
    bench.loop.set_debug(False)
    await settle()
    assert bench.backend.active == 3
    queue.cancel()
    await queue.drain()
