"""Cancelling: in each phase, at once; and what ends a task from outside of its queue."""

from __future__ import annotations

import asyncio
import threading

import pytest
from queue_kit import IMAGE, Backend, Bench, hang, on_loop, settle, swallow

from nbkit.errors import BackendError
from nbkit.models import FINAL
from nbkit.testing import run

PHASES = [
    "unstarted",
    "queued",
    "waiting",
    "running",
    "retrying",
    "hanging",
    "swallowing",
    "storing",
]


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("one", [True, False], ids=["one", "all"])
def test_cancel_settles_at_once_in_each_phase_and_nothing_changes_afterwards(phase, one, caplog):
    async def accept(task_id, image):
        if phase == "storing":
            await hang(None, None)

    async def main():
        actions = {
            "retrying": BackendError("busy", retryable=True),
            "hanging": hang,
            "swallowing": swallow,
            "storing": 0,
        }
        backend = Backend(5.0, {"b": [actions[phase]] if phase in actions else []})
        interval = 60.0 if phase == "waiting" else 0.0
        bench = Bench(backend, max_concurrency=2, min_interval=interval, accept=accept)
        if phase == "storing":
            backend.script["a"] = [hang]
        first = bench.submit("a", "x") if phase == "queued" else bench.submit("a")
        (b,) = bench.submit("b")
        if phase != "unstarted":
            bench.queue.start()
        await asyncio.sleep(0.1)
        before = {"unstarted": "queued", "hanging": "running"}
        before |= {"swallowing": "running", "storing": "running"}
        assert bench.task(b).status == before.get(phase, phase)
        cancelled_at = bench.time
        assert bench.queue.cancel(b if one else None) is True
        assert bench.task(b).status == "cancelled"
        if one:
            assert bench.task(first[0]).status not in FINAL
            bench.queue.cancel()
        assert bench.queue.cancel() is False
        assert set(bench.statuses) == {"cancelled"}
        await bench.queue.drain()
        assert bench.time - cancelled_at <= 0.1
        starts, told = len(backend.starts), (list(bench.history), list(bench.results))
        await asyncio.sleep(100)
        assert len(backend.starts) == starts
        assert (bench.history, bench.results) == told
        assert bench.previews == []
        assert len(bench.results) == len(bench.statuses)
        assert bench.queue.retry(b) is False
        assert backend.active == 0

    on_loop(main)()
    assert all("does not stop" in record.message for record in caplog.records)


def test_cancel_settles_while_a_backend_hangs_in_a_thread():
    release = threading.Event()

    async def in_thread(request, on_preview):
        await asyncio.to_thread(release.wait)
        return IMAGE

    async def main():
        bench = Bench(Backend(0, {"a": [in_thread]}))
        bench.submit("a", "b")
        bench.queue.start()
        await settle()
        began = bench.loop.time()
        bench.queue.cancel()
        await bench.queue.drain()
        assert bench.loop.time() - began <= 0.1
        assert bench.statuses == ["cancelled", "succeeded"]
        release.set()

    try:
        on_loop(main)()
    finally:
        release.set()


@on_loop
async def test_an_image_there_already_stays_and_one_that_just_comes_is_not_told_of():
    bench = Bench(Backend(1.0), max_concurrency=1)
    a, b = bench.submit("a", "b")
    bench.queue.start()
    await asyncio.sleep(1.5)
    bench.queue.cancel()
    assert (bench.task(a).status, bench.task(a).image) == ("succeeded", IMAGE)
    assert bench.task(b).status == "cancelled"
    await bench.queue.drain()


@on_loop
async def test_cancelling_one_leaves_the_others_alone_and_its_slot_is_free():
    bench = Bench(Backend(1.0, {"a": [hang]}), max_concurrency=1)
    a, _, c, _ = bench.submit("a", "b", "c", "d")
    bench.queue.start()
    await asyncio.sleep(0.5)
    assert bench.queue.cancel("unknown") is False
    bench.queue.cancel(a)
    bench.queue.cancel(c)
    await bench.queue.drain()
    assert bench.backend.order == ["a", "b", "d"]
    assert bench.backend.peak == 1


@on_loop
async def test_a_cancelled_backend_that_cleans_up_keeps_its_slot_until_it_is_done():
    async def careful(request, on_preview):
        try:
            return await hang(request, on_preview)
        finally:
            await asyncio.sleep(0.3)

    bench = Bench(Backend(1.0, {"a": [careful]}), max_concurrency=1)
    a, _ = bench.submit("a", "b")
    bench.queue.start()
    await settle()
    bench.queue.cancel(a)
    await bench.queue.drain()
    assert bench.backend.peak == 1
    assert bench.backend.times == [0, 0.3]


@on_loop
async def test_cancelling_the_wait_for_the_end_leaves_the_work_alone():
    bench = Bench()
    bench.submit("a", "b", "c")
    bench.queue.start()
    waiting = asyncio.create_task(bench.queue.drain())
    await asyncio.sleep(0.5)
    waiting.cancel()
    await asyncio.wait({waiting})
    assert waiting.cancelled()
    await bench.queue.drain()
    assert bench.statuses == ["succeeded"] * 3


def test_a_loop_that_closes_in_mid_run_ends_every_task_in_order():
    told = []

    async def main():
        bench = Bench(Backend(5.0, {"b": [BackendError("busy", retryable=True)]}))
        told.append(bench)
        bench.submit("a", "b", "c", "d")
        bench.queue.start()
        await asyncio.sleep(0.1)

    run(main)
    assert told[0].statuses == ["cancelled"] * 4


def test_a_dispatcher_that_breaks_off_says_so_ends_its_tasks_and_leaves_room_for_another(caplog):
    async def main():
        bench = Bench()
        ask, bench.queue._admission.ask = bench.queue._admission.ask, None
        bench.submit("a", "b")
        bench.queue.start()
        await settle()
        assert bench.statuses == ["cancelled", "cancelled"]
        bench.queue._admission.ask = ask
        bench.submit("c")
        await bench.queue.drain()
        assert bench.statuses[-1] == "succeeded"

    on_loop(main)()
    assert [record.message for record in caplog.records] == ["a queue's dispatcher broke off"]


@on_loop
async def test_a_task_that_somebody_ended_at_the_manager_is_let_go():
    bench = Bench(Backend(1.0, {"c": [hang]}), max_concurrency=1)
    _, b, c, _ = bench.submit("a", "b", "c", "d")
    bench.queue.start()
    await settle()
    bench.manager.cancel_task(42, b)
    await asyncio.sleep(1.5)
    bench.manager.fail_task(42, c, error="by hand")
    bench.queue.cancel(c)
    await bench.queue.drain()
    assert bench.backend.order == ["a", "c", "d"]
    assert bench.statuses == ["succeeded", "cancelled", "failed", "succeeded"]


@on_loop
async def test_a_message_cleared_in_mid_run_does_not_hold_up_the_end():
    bench = Bench(max_concurrency=1)
    bench.submit("a", "b", "c")
    bench.queue.start()
    await settle()
    bench.manager.clear(42)
    await bench.queue.drain()
