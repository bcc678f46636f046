"""Attempts that may be followed by another: when, how often, and in which place."""

from __future__ import annotations

import asyncio
import itertools

import pytest
from queue_kit import Backend, Bench, on_loop, once_busy, settle

from nbkit.errors import BackendError
from nbkit.models import ImageRequest
from nbkit.testing import run


@on_loop
async def test_a_retryable_error_is_tried_again_and_its_delays_double():
    busy = BackendError("503: busy", retryable=True)
    bench = Bench(Backend(0, {"a": [busy, busy, busy]}), retries=3)
    (task_id,) = bench.submit("a")
    await bench.finish()
    task = bench.task(task_id)
    assert (task.status, task.attempt, task.max_attempts) == ("succeeded", 4, 4)
    times = bench.backend.times
    gaps = [after - before for before, after in itertools.pairwise(times)]
    for gap, most in zip(gaps, (0.5, 1.0, 2.0), strict=True):
        assert 0.75 * most <= gap <= most
    assert bench.results == [("a", "succeeded")]


@on_loop
async def test_a_retrying_task_says_why_and_until_when_and_its_slot_is_free():
    busy = BackendError("503: busy", retryable=True)
    bench = Bench(Backend(1.0, {"a": [busy]}), max_concurrency=1)
    a, b = bench.submit("a", "b")
    bench.queue.start()
    await settle()
    task = bench.task(a)
    assert (task.status, task.attempt, task.reason) == ("retrying", 1, "503: busy")
    assert 0.375 <= task.until - bench.loop.time() <= 0.5
    assert bench.task(b).status == "running"
    await bench.queue.drain()
    assert bench.backend.order == ["a", "b", "a"]


@on_loop
async def test_a_task_keeps_its_place_before_younger_ones_when_its_delay_is_over():
    bench = Bench(once_busy(1.0), max_concurrency=1)
    bench.submit("a", "b", "c", "d")
    await bench.finish()
    assert bench.backend.order == ["a", "b", "a", "c", "d"]


@on_loop
async def test_what_fails_each_time_fails_with_its_last_error_after_so_many_attempts():
    errors = [BackendError(f"busy {n}", retryable=True) for n in range(3)]
    bench = Bench(Backend(0, {"a": list(errors)}), retries=2)
    (task_id,) = bench.submit("a")
    await bench.finish()
    task = bench.task(task_id)
    assert (task.status, task.attempt) == ("failed", 3)
    assert task.error is errors[2]
    assert task.error.prompt == "a"


@pytest.mark.parametrize("error", [TimeoutError("slow"), ConnectionResetError("gone")])
def test_time_outs_and_connection_errors_are_retried_and_wrapped_in_the_end(error):
    async def main():
        bench = Bench(Backend(0, {"a fox": [error, error]}), retries=1)
        (task_id,) = bench.submit("a fox")
        await bench.finish()
        failure = bench.task(task_id).error
        assert len(bench.backend.starts) == 2
        assert type(failure) is BackendError
        assert failure.retryable
        assert failure.__cause__ is error
        assert "a fox" in str(failure)
        assert str(error) in str(failure)

    run(main)


@pytest.mark.parametrize("error", [BackendError("400: no"), ValueError("no"), KeyError("no")])
def test_other_errors_are_not_retried(error):
    async def main():
        bench = Bench(Backend(0, {"a": [error]}))
        (task_id,) = bench.submit("a")
        await bench.finish()
        assert len(bench.backend.starts) == 1
        assert bench.task(task_id).status == "failed"
        assert isinstance(bench.task(task_id).error, BackendError)
        assert "no" in str(bench.task(task_id).error)

    run(main)


@on_loop
async def test_retry_after_is_obeyed_to_the_second_up_to_two_minutes():
    asked = [BackendError("429", retryable=True, retry_after=s) for s in (7.0, 1000.0)]
    bench = Bench(Backend(0, {"a": asked}))
    bench.submit("a")
    await bench.finish()
    assert bench.backend.times == [0, 7, 127]


@on_loop
async def test_retry_gives_a_failed_task_all_its_attempts_again_in_its_old_place():
    busy = BackendError("busy", retryable=True)
    bench = Bench(Backend(1.0, {"a": [busy, busy, busy]}), max_concurrency=1, retries=1)
    (a,) = bench.submit("a")
    await bench.finish()
    assert bench.task(a).status == "failed"
    _, c = bench.submit("b", "c")
    assert bench.queue.retry(a) is True
    assert bench.task(a).status == "queued"
    assert bench.queue.retry(a) is False
    assert bench.queue.retry(c) is False
    assert bench.queue.retry("unknown") is False
    await bench.queue.drain()
    assert bench.backend.order == ["a", "a", "a", "b", "a", "c"]
    assert bench.task(a).status == "succeeded"
    assert bench.queue.retry(a) is False


@on_loop
async def test_of_several_that_failed_the_one_that_is_meant_is_tried_again():
    bench = Bench(Backend(0, {each: [ValueError("no")] for each in "abc"}))
    a, b, c = bench.submit("a", "b", "c")
    await bench.finish()
    assert bench.queue.retry(b)
    assert [bench.task(each).status for each in (a, b, c)] == ["failed", "queued", "failed"]
    await bench.queue.drain()
    assert bench.statuses == ["failed", "succeeded", "failed"]


@on_loop
async def test_what_had_failed_before_is_a_failed_task_and_may_be_tried_after_all():
    error = BackendError("the kernel was killed")
    bench = Bench(Backend(1.0), max_concurrency=1)
    bench.submit("a")
    first = bench.queue.submit_failed("b", error, seed=7)
    second = bench.queue.submit_failed("c", error)
    bench.submit("d")
    assert bench.statuses == ["queued", "failed", "failed", "queued"]
    assert (bench.task(first).prompt, bench.task(first).error) == ("b", error)
    assert bench.queue.request_of(first) is None
    assert bench.queue.retry(second)
    assert bench.queue.retry(first)
    assert bench.queue.request_of(first) == ImageRequest("b", seed=7)
    await bench.finish()
    assert bench.backend.order == ["a", "b", "c", "d"]
    assert bench.backend.requests[1].seed == 7
    assert [prompt for prompt, _ in bench.results] == ["a", "b", "c", "d"]
    assert bench.statuses == ["succeeded"] * 4


@on_loop
async def test_more_retries_set_in_mid_run_help_a_task_that_runs():
    async def late(request, on_preview):
        await asyncio.sleep(1)
        raise ConnectionError("gone")

    bench = Bench(Backend(1.0, {"a": [late, late]}), retries=0)
    (a,) = bench.submit("a")
    bench.queue.start()
    await asyncio.sleep(0.5)
    bench.queue.retries = 2
    await bench.queue.drain()
    assert bench.task(a).status == "succeeded"
