"""Limits at work: intervals, rates, what a task waits for, the ETA, and the cost of it all."""

from __future__ import annotations

import asyncio

import pytest
from queue_kit import Backend, Bench, on_loop, once_busy, others, settle

from nbkit.errors import BackendError
from nbkit.testing import VirtualLoop, run


@on_loop
async def test_starts_keep_the_minimum_interval():
    bench = Bench(Backend(1.0), max_concurrency=5, min_interval=3.0)
    bench.submit("a", "b", "c")
    await bench.finish()
    assert bench.backend.times == [0, 3, 6]


@on_loop
async def test_starts_keep_the_rate_over_any_sixty_seconds():
    bench = Bench(Backend(1.0), max_concurrency=2, max_rate=4)
    bench.submit(*"abcdefghij")
    await bench.finish()
    assert bench.backend.times == [0, 0, 1, 1, 60, 60, 61, 61, 120, 120]


@on_loop
async def test_the_head_of_the_queue_says_what_it_waits_for_and_until_when():
    bench = Bench(Backend(1.0), max_concurrency=5, min_interval=3.0)
    _, b, c = bench.submit("a", "b", "c")
    bench.queue.start()
    await asyncio.sleep(0.5)
    assert bench.statuses == ["running", "waiting", "queued"]
    assert bench.task(b).reason == "minimum interval"
    assert bench.task(b).until == pytest.approx(bench.began + 3)
    await asyncio.sleep(3.0)
    assert bench.statuses == ["succeeded", "running", "waiting"]
    assert bench.task(b).until is None
    assert bench.task(c).until == pytest.approx(bench.began + 6)
    bench.queue.min_interval = 0.0
    bench.queue.max_rate = 2.0
    await settle()
    assert bench.task(c).reason == "rate limit"
    assert bench.task(c).until == pytest.approx(bench.began + 60)
    await bench.queue.drain()
    assert bench.backend.times == [0, 3, 60]


@on_loop
async def test_who_waits_for_a_free_slot_is_queued_not_waiting():
    bench = Bench(Backend(5.0), max_concurrency=1, min_interval=3.0)
    bench.submit("a", "b")
    bench.queue.start()
    await asyncio.sleep(1)
    assert bench.statuses == ["running", "queued"]
    await bench.queue.drain()
    assert ("waiting" in {status for _, _, status in bench.history}) is False


@on_loop
async def test_a_retry_counts_as_a_start_and_takes_the_head_of_the_queue():
    bench = Bench(once_busy(0), min_interval=3.0)
    a, b = bench.submit("a", "b")
    bench.queue.start()
    await asyncio.sleep(0.2)
    assert (bench.task(a).status, bench.task(b).status) == ("retrying", "waiting")
    await asyncio.sleep(1.0)
    assert (bench.task(a).status, bench.task(b).status) == ("waiting", "queued")
    await bench.queue.drain()
    assert bench.backend.order == ["a", "a", "b"]
    assert bench.backend.times == [0, 3, 6]


@on_loop
async def test_a_retry_that_is_due_is_queued_while_another_has_its_place():
    bench = Bench(once_busy(5.0), max_concurrency=1)
    a, _ = bench.submit("a", "b")
    bench.queue.start()
    await asyncio.sleep(0.2)
    assert bench.statuses == ["retrying", "running"]
    await asyncio.sleep(1.0)
    assert bench.statuses == ["queued", "running"]
    task = bench.task(a)
    assert (task.attempt, task.reason, task.until) == (1, "", None)
    await bench.queue.drain()
    assert bench.backend.times == [0, 0, 5]
    assert bench.statuses == ["succeeded", "succeeded"]


@on_loop
async def test_a_retry_that_is_due_is_queued_while_the_backend_has_no_place():
    backend = once_busy(5.0)
    backend.max_concurrency = 1
    bench, other = Bench(backend), Bench(backend)
    bench.submit("a")
    other.submit("b")
    bench.queue.start()
    await settle()
    other.queue.start()
    await asyncio.sleep(1.0)
    assert (bench.statuses, other.statuses) == (["queued"], ["running"])
    await bench.queue.drain()
    assert backend.order == ["a", "b", "a"]


@on_loop
async def test_a_retry_that_is_due_in_a_paused_queue_is_queued():
    bench = Bench(once_busy(5.0))
    bench.submit("a")
    bench.queue.start()
    await settle()
    bench.queue.pause()
    assert bench.statuses == ["retrying"]
    await asyncio.sleep(1.0)
    assert bench.statuses == ["queued"]
    bench.queue.resume()
    await bench.queue.drain()
    assert bench.statuses == ["succeeded"]


@on_loop
async def test_a_retry_that_starts_when_it_is_due_is_not_shown_as_queued_before():
    bench = Bench(once_busy(5.0))
    bench.submit("a")
    await bench.finish()
    seen = [status for _, _, status in bench.history]
    assert seen == ["queued", "running", "retrying", "running", "succeeded"]


@on_loop
async def test_a_backend_that_asks_to_be_left_alone_is_not_asked_by_the_next_in_line():
    busy = BackendError("429", retryable=True, retry_after=20.0)
    bench = Bench(Backend(1.0, {"a": [busy]}), max_concurrency=1)
    _, b = bench.submit("a", "b")
    bench.queue.start()
    await asyncio.sleep(0.5)
    assert bench.task(b).status == "waiting"
    assert bench.task(b).reason == "rate limit"
    await bench.queue.drain()
    assert bench.backend.times == [0, 20, 21]
    assert bench.backend.order == ["a", "a", "b"]


@on_loop
async def test_a_moment_to_be_left_alone_is_a_moment_and_none_is_none():
    asked = [BackendError("429", retryable=True, retry_after=after) for after in (0.75, 0.0)]
    bench = Bench(Backend(0, {"a": asked[:1], "c": asked[1:]}), max_concurrency=1)
    bench.submit("a", "b", "c", "d")
    await bench.finish()
    assert bench.backend.order == ["a", "a", "b", "c", "d", "c"]
    assert bench.backend.times[:5] == [0, 0.75, 0.75, 0.75, 0.75]


# The manager's estimate against what really happens


@pytest.mark.parametrize(
    "limits",
    [
        {"max_concurrency": 2},
        {"max_concurrency": 3, "min_interval": 7.0},
        {"max_concurrency": 1, "min_interval": 2.0},
        {"max_concurrency": 4, "max_rate": 6},
        {"max_concurrency": 2, "min_interval": 4.0, "max_rate": 10},
    ],
    ids=str,
)
def test_the_eta_is_within_a_tenth_of_the_truth_once_three_have_finished(limits):
    async def main():
        said = []

        def on_result(task):
            said.append((bench.time, bench.state.eta))

        bench = Bench(Backend(5.0), on_result=on_result, **limits)
        assert bench.state.eta is None
        bench.submit(*(f"p{n}" for n in range(40)))
        bench.queue.start()
        await settle()
        assert bench.state.eta is None
        await bench.queue.drain()
        end = said[-1][0]
        for time, eta in said[2:-1]:
            assert eta == pytest.approx(end - time, rel=0.1, abs=0.01), (time, end)

    run(main)


def test_the_eta_follows_limits_that_change_in_mid_run():
    async def main():
        bench = Bench(Backend(5.0), max_concurrency=1)
        bench.submit(*(f"p{n}" for n in range(30)))
        bench.queue.start()
        await asyncio.sleep(20.5)
        bench.queue.max_concurrency = 5
        bench.queue.min_interval = 3.0
        await settle()
        said, at = bench.state.eta, bench.time
        await bench.queue.drain()
        assert said == pytest.approx(bench.time - at, rel=0.1)

    run(main)


# Cost


class CountingLoop(VirtualLoop):
    """Counts the callbacks that it runs."""

    calls = 0

    def _run_once(self) -> None:
        super()._run_once()
        self.calls += 1

    def call_soon(self, *args, **options):
        self.calls += 1
        return super().call_soon(*args, **options)

    def call_at(self, *args, **options):
        self.calls += 1
        return super().call_at(*args, **options)


def test_a_task_costs_as_few_steps_of_the_loop_among_ten_thousand_as_among_a_hundred():
    async def main(count):
        bench = Bench(Backend(1.0), record=False, max_concurrency=10)
        for n in range(count):
            bench.queue.submit(f"p{n}")
        assert not others(), "a queued task has a task of the loop"
        bench.queue.start()
        before = asyncio.get_running_loop().calls
        await settle()
        assert len(others()) == 11
        await bench.queue.drain()
        assert not others()
        return (asyncio.get_running_loop().calls - before) / count

    def steps(count):
        with asyncio.Runner(loop_factory=CountingLoop) as runner:
            return runner.run(main(count))

    few, many = steps(100), steps(10_000)
    assert many <= few * 1.05
    assert many < 12
