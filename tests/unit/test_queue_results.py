"""What a queue hands on: images to be accepted, previews, results."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace

import pytest
from queue_kit import IMAGE, Backend, Bench, hang, on_loop, settle

from nbkit.errors import TaskTimeout
from nbkit.models import Preview


@on_loop
async def test_what_accepting_gives_back_is_the_image_of_the_task():
    small = replace(IMAGE, data=b"small")

    async def accept(task_id, image):
        return small

    bench = Bench(accept=accept)
    (task_id,) = bench.submit("a")
    await bench.finish()
    assert bench.task(task_id).image is small


@on_loop
async def test_an_image_is_accepted_before_its_task_is_announced():
    seen = []

    async def accept(task_id, image):
        seen.append((bench.task(task_id).status, image))
        await asyncio.sleep(2)

    bench = Bench(accept=accept)
    (task_id,) = bench.submit("a")
    await bench.finish()
    assert seen == [("running", IMAGE)]
    assert bench.time == 3
    assert bench.task(task_id).status == "succeeded"


@on_loop
async def test_an_error_in_accepting_fails_the_task_with_it_and_is_not_retried():
    error = ConnectionError("disk gone")

    async def accept(task_id, image):
        raise error

    bench = Bench(accept=accept)
    (task_id,) = bench.submit("a")
    await bench.finish()
    assert bench.task(task_id).error is error
    assert len(bench.backend.starts) == 1


@on_loop
async def test_accepting_has_a_timeout_of_its_own_and_is_not_tried_twice():
    async def accept(task_id, image):
        await hang(None, None)

    bench = Bench(Backend(4.0), accept=accept, timeout=5.0)
    (task_id,) = bench.submit("a")
    await bench.finish()
    assert isinstance(bench.task(task_id).error, TaskTimeout)
    assert str(bench.task(task_id).error) == "the image for 'a' was not stored within 5 s"
    assert len(bench.backend.starts) == 1
    assert bench.time == pytest.approx(9, abs=0.1)


@on_loop
async def test_previews_are_handed_on_while_a_task_runs_and_late_ones_dropped():
    kept = []

    async def previewing(request, on_preview):
        kept.append(on_preview)
        on_preview(Preview(0.25))
        await asyncio.sleep(1)
        on_preview(Preview(0.75))
        return IMAGE

    bench = Bench(Backend(0, {"a": [previewing]}))
    (task_id,) = bench.submit("a")
    await bench.finish()
    kept[0](Preview(1.0))
    assert bench.previews == [(task_id, 0.25), (task_id, 0.75)]


@on_loop
async def test_a_preview_of_an_attempt_that_failed_comes_too_late():
    async def previewing(request, on_preview):
        on_preview(Preview(0.25))
        bench.loop.call_later(0.1, on_preview, Preview(0.5))
        raise ConnectionError

    bench = Bench(Backend(1.0, {"a": [previewing]}))
    (task_id,) = bench.submit("a")
    await bench.finish()
    assert bench.previews == [(task_id, 0.25)]


def test_a_preview_from_a_thread_is_handed_on_by_the_loop():
    handlers, kept = [], []

    async def previewing(request, on_preview):
        kept.append(on_preview)
        await asyncio.to_thread(on_preview, Preview(0.5))
        await settle()
        return IMAGE

    async def main():
        def on_preview(task_id, preview):
            handlers.append((threading.get_ident(), task_id, preview))

        bench = Bench(Backend(0, {"a": [previewing]}), on_preview=on_preview)
        (task_id,) = bench.submit("a")
        await bench.finish()
        assert handlers == [(threading.get_ident(), task_id, Preview(0.5))]

    on_loop(main)()
    kept[0](Preview(1.0))  # the loop is closed
    assert len(handlers) == 1


def test_previews_are_for_nobody_where_nobody_asks(caplog):
    async def previewing(request, on_preview):
        on_preview(Preview(0.25))
        await asyncio.to_thread(on_preview, Preview(0.5))
        await settle()
        return IMAGE

    async def main():
        bench = Bench(Backend(0, {"a": [previewing]}), on_preview=None)
        bench.submit("a")
        await bench.finish()
        assert bench.statuses == ["succeeded"]

    on_loop(main)()
    assert caplog.records == []


def test_a_handler_that_raises_is_logged_and_harms_no_task(caplog):
    def odd(*args):
        raise RuntimeError("view gone")

    async def previewing(request, on_preview):
        on_preview(Preview(0.25))
        return IMAGE

    async def main():
        bench = Bench(Backend(0, {"a": [previewing]}), on_result=odd, on_preview=odd)
        bench.submit("a", "b")
        await bench.finish()
        assert bench.statuses == ["succeeded", "succeeded"]

    on_loop(main)()
    assert [str(record.exc_info[1]) for record in caplog.records] == ["view gone"] * 3


@on_loop
async def test_a_handler_may_submit_and_retry_and_the_wait_covers_it():
    def on_result(task):
        if task.status == "failed":
            assert bench.queue.retry(task.id)
        elif task.prompt == "a":
            bench.queue.submit("b")

    bench = Bench(Backend(1.0, {"a": [ValueError("no")]}), on_result=on_result)
    bench.submit("a")
    await bench.finish()
    assert bench.backend.order == ["a", "a", "b"]
    assert bench.statuses == ["succeeded", "succeeded"]
