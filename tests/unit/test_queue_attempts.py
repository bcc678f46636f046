"""One attempt: its timeout, what ends it, and the words of its error."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import weakref

import pytest
from queue_kit import IMAGE, Backend, Bench, hang, on_loop, others, settle, swallow

from nbkit._queue.attempt import Job, _given_up
from nbkit.errors import BackendError, TaskTimeout
from nbkit.models import ImageRequest


@on_loop
async def test_an_attempt_past_its_timeout_is_retried_and_the_last_one_fails_the_task():
    bench = Bench(Backend(0, {"a fox": [hang, hang]}), retries=1, timeout=5.0)
    (task_id,) = bench.submit("a fox")
    await bench.finish()
    task = bench.task(task_id)
    assert (task.status, task.attempt) == ("failed", 2)
    assert type(task.error) is TaskTimeout
    assert str(task.error) == "the image for 'a fox' was not made within 5 s"
    assert task.error.prompt == "a fox"
    assert bench.backend.active == 0
    assert bench.time == pytest.approx(10.5, abs=0.2)


@on_loop
async def test_a_backend_that_swallows_its_time_out_is_left_behind_and_the_rest_goes_on():
    bench = Bench(Backend(1.0, {"a": [swallow]}), max_concurrency=1, retries=0, timeout=5.0)
    a, b = bench.submit("a", "b")
    await bench.finish()
    assert isinstance(bench.task(a).error, TaskTimeout)
    assert bench.task(b).status == "succeeded"
    assert bench.time < 8
    before = list(bench.history), list(bench.previews)
    await asyncio.sleep(60)
    assert (list(bench.history), list(bench.previews)) == before == (bench.history, [])


@on_loop
async def test_a_result_that_is_no_image_fails_with_a_backend_error():
    async def odd(request, on_preview):
        return "picture.png"

    bench = Bench(Backend(0, {"a fox": [odd]}))
    (task_id,) = bench.submit("a fox")
    await bench.finish()
    error = bench.task(task_id).error
    assert type(error) is BackendError
    assert "str, not an image" in str(error)
    assert "a fox" in str(error)


@on_loop
async def test_an_error_that_ends_a_task_says_for_which_prompt_and_once():
    broken = BackendError("the file is truncated", retryable=True)
    named = BackendError("no paint for 'a hen'")
    script = {"a fox": [broken] * 3, "a cow": [broken] * 3, "a hen": [named]}
    bench = Bench(Backend(0, script))
    fox, cow, hen = bench.submit("a fox", "a cow", "a hen")
    bench.queue.start()
    await settle()
    assert bench.task(fox).reason == "the file is truncated"
    await bench.finish()
    errors = [bench.task(each).error for each in (fox, cow, hen)]
    assert [str(each) for each in errors] == [
        "no image for 'a fox': the file is truncated",
        "no image for 'a cow': the file is truncated",
        "no paint for 'a hen'",
    ]
    assert [each.prompt for each in errors] == ["a fox", "a cow", "a hen"]
    bench.queue.retry(hen)
    bench.backend.script["a hen"] = [named]
    await bench.queue.drain()
    assert str(bench.task(hen).error) == "no paint for 'a hen'"


@on_loop
async def test_an_image_that_is_not_accepted_says_so_with_its_prompt():
    async def accept(task_id, image):
        raise BackendError("the file is truncated")

    bench = Bench(accept=accept)
    (task_id,) = bench.submit("f" * 100)
    await bench.finish()
    assert str(bench.task(task_id).error) == f"no image for '{'f' * 79}…': the file is truncated"


@on_loop
async def test_a_backend_that_cancels_its_own_work_fails_the_task():
    async def odd(request, on_preview):
        raise asyncio.CancelledError

    bench = Bench(Backend(0, {"a": [odd]}))
    a, b = bench.submit("a", "b")
    await bench.finish()
    assert type(bench.task(a).error) is BackendError
    assert str(bench.task(a).error) == "no image for 'a': the backend cancelled its own work"
    assert bench.task(b).status == "succeeded"


@on_loop
async def test_an_error_that_ends_several_tasks_keeps_its_cause_and_without_words_its_type_speaks():
    cause, error = OSError("disk"), BackendError("")
    error.__cause__ = cause
    bench = Bench(Backend(0, {each: [error] for each in "ab"}))
    tasks = bench.submit("a", "b")
    await bench.finish()
    errors = [bench.task(each).error for each in tasks]
    assert [each.__cause__ for each in errors] == [cause, cause]
    assert [str(each) for each in errors] == [f"no image for '{p}': BackendError" for p in "ab"]


@on_loop
async def test_a_deadline_holds_also_once_another_attempt_has_ended_and_none_is_left_at_the_end():
    bench = Bench(Backend(1.0, {"b": [hang]}), retries=0, timeout=5.0)
    _, b = bench.submit("a", "b")
    await bench.finish()
    assert isinstance(bench.task(b).error, TaskTimeout)
    bench.submit("c")
    await bench.queue.drain()
    assert not [timer for timer in bench.loop._scheduled if not timer.cancelled()]


def test_a_call_that_does_not_stop_is_kept_until_it_does():
    hidden = []

    async def stubborn(request, on_preview):
        future = asyncio.get_running_loop().create_future()
        hidden.append(weakref.ref(future))
        while not future.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.shield(future)
        return IMAGE

    async def main():
        bench = Bench(Backend(0, {"a": [stubborn]}))
        bench.submit("a")
        bench.queue.start()
        await settle()
        bench.queue.cancel()
        await asyncio.sleep(10)
        gc.collect()
        assert len(others()) == 1
        assert len(_given_up) == 1
        hidden[0]().set_result(None)
        await settle()
        assert not _given_up

    on_loop(main)()


@on_loop
async def test_a_job_is_at_nothing_once_it_was_stopped():
    loop, attempts = asyncio.get_running_loop(), []
    job = Job("1", "a", ImageRequest("a"), 1)
    job.sleep = loop.call_later(1, attempts.append, job)
    job.stop()
    assert job.sleep is None
    job.stop()
    await asyncio.sleep(2)
    assert attempts == []
