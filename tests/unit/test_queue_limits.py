"""Limits at work: intervals, rates, shared gates, pauses, changes in mid-run, and the ETA."""

from __future__ import annotations

import asyncio
import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from queue_kit import Backend, Bench, hang, on_loop, others, settle

from nbkit.errors import BackendError
from nbkit.limits import StartGate
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
    busy = BackendError("busy", retryable=True)
    bench = Bench(Backend(0, {"a": [busy]}), min_interval=3.0)
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
    busy = BackendError("busy", retryable=True)
    bench = Bench(Backend(5.0, {"a": [busy]}), max_concurrency=1)
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
    busy = BackendError("busy", retryable=True)
    backend = Backend(5.0, {"a": [busy]})
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
    busy = BackendError("busy", retryable=True)
    bench = Bench(Backend(5.0, {"a": [busy]}))
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
    bench = Bench(Backend(5.0, {"a": [BackendError("busy", retryable=True)]}))
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


# Queues that share a backend


async def together(*benches: Bench) -> None:
    for bench in benches:
        bench.queue.start()
    await asyncio.gather(*(bench.queue.drain() for bench in benches))


@on_loop
async def test_two_queues_on_one_backend_share_interval_and_take_turns():
    backend = Backend(1.0)
    one = Bench(backend, message_id=1, min_interval=2.0)
    two = Bench(backend, message_id=2, min_interval=2.0)
    one.submit("a", "b", "c")
    two.submit("x", "y", "z")
    await together(one, two)
    assert backend.times == [0, 2, 4, 6, 8, 10]
    # The first has asked twice before the second came; from then on they alternate.
    assert backend.order == ["a", "b", "x", "c", "y", "z"]


@on_loop
async def test_two_queues_on_one_backend_share_the_rate():
    backend = Backend(0)
    one = Bench(backend, message_id=1, max_rate=3)
    two = Bench(backend, message_id=2, max_rate=3)
    one.submit("a", "b", "c", "d")
    two.submit("w", "x", "y", "z")
    await together(one, two)
    assert backend.times == [0, 0, 0, 60, 60, 60, 120, 120]


@on_loop
async def test_each_of_those_who_wait_is_told_its_own_time():
    backend = Backend(0)
    benches = [Bench(backend, message_id=n, min_interval=10.0) for n in range(4)]
    for bench in benches:
        bench.submit("a")
        bench.queue.start()
    await asyncio.sleep(1)
    waits = [bench.manager.get_tasks(bench.message_id)[0].until for bench in benches[1:]]
    assert [round(until - benches[0].began, 3) for until in waits] == [10, 20, 30]
    benches[1].queue.cancel()
    await settle()
    waits = [bench.manager.get_tasks(bench.message_id)[0].until for bench in benches[2:]]
    assert [round(until - benches[0].began, 3) for until in waits] == [10, 20]
    await together(*benches)
    assert backend.times == [0, 10, 20]


@on_loop
async def test_queues_with_gates_of_their_own_do_not_wait_for_each_other():
    backend = Backend(0)
    one = Bench(backend, message_id=1, min_interval=5.0, gate=StartGate())
    two = Bench(backend, message_id=2, min_interval=5.0, gate=StartGate())
    one.submit("a", "b")
    two.submit("x", "y")
    await together(one, two)
    assert backend.times == [0, 0, 5, 5]


@on_loop
async def test_a_queue_that_hangs_does_not_disturb_another_on_the_same_backend():
    backend = Backend(1.0, {"stuck": [hang], "stuck too": [hang]})
    one = Bench(backend, message_id=1)
    two = Bench(backend, message_id=2)
    one.submit("stuck", "stuck too", "behind")
    two.submit("x", "y", "z")
    one.queue.start()
    two.queue.start()
    await two.queue.drain()
    assert two.statuses == ["succeeded"] * 3
    assert two.time == 2
    assert one.statuses == ["running", "running", "queued"]
    one.queue.cancel()
    await one.queue.drain()


@on_loop
async def test_a_queue_that_waits_does_not_hold_up_one_without_limits():
    backend = Backend(0)
    one = Bench(backend, message_id=1, min_interval=30.0)
    two = Bench(backend, message_id=2)
    one.submit("a", "b")
    one.queue.start()
    await settle()
    two.submit("x", "y")
    await two.finish()
    assert two.time == 0
    await one.queue.drain()


@on_loop
async def test_a_backend_that_bounds_its_own_concurrency_is_obeyed_across_queues_in_turn():
    backend = Backend(1.0)
    backend.max_concurrency = 2
    one = Bench(backend, message_id=1, max_concurrency=5)
    two = Bench(backend, message_id=2, max_concurrency=5)
    one.submit("a", "b", "c", "d")
    two.submit("w", "x", "y", "z")
    await together(one, two)
    assert backend.peak == 2
    assert backend.times == [0, 0, 1, 1, 2, 2, 3, 3]
    assert sorted(backend.order[2:4]) == ["c", "w"]
    assert one.statuses == two.statuses == ["succeeded"] * 4


@on_loop
async def test_a_bound_of_a_backend_that_is_no_number_is_none():
    backend = Backend(1.0)
    backend.max_concurrency = "many"
    bench = Bench(backend, max_concurrency=3)
    bench.submit("a", "b", "c")
    await bench.finish()
    assert backend.peak == 3


@on_loop
async def test_a_queue_that_gives_up_its_turn_lets_the_next_one_in():
    backend = Backend(1.0)
    backend.max_concurrency = 1
    benches = [Bench(backend, message_id=n) for n in range(3)]
    for bench in benches:
        bench.submit("a", "b")
        bench.queue.start()
    await settle()
    benches[1].queue.pause()
    await benches[2].queue.drain()
    assert benches[1].statuses == ["queued", "queued"]
    benches[1].queue.resume()
    await together(*benches)
    assert backend.peak == 1


@settings(max_examples=100, deadline=None)
@given(
    queues=st.lists(st.integers(1, 6), min_size=1, max_size=4),
    interval=st.sampled_from([0.0, 0.7, 5.0]),
    rate=st.sampled_from([None, 2, 7, 0.8]),
    places=st.sampled_from([None, 1, 3]),
    concurrency=st.integers(1, 4),
)
def test_no_limit_is_exceeded_and_nobody_is_forgotten(queues, interval, rate, places, concurrency):
    async def main():
        backend = Backend(2.5)
        backend.max_concurrency = places
        benches = []
        for number, count in enumerate(queues):
            bench = Bench(
                backend,
                message_id=number,
                max_concurrency=concurrency,
                min_interval=interval,
                max_rate=rate,
            )
            bench.submit(*(f"{number}.{n}" for n in range(count)))
            benches.append(bench)
        await together(*benches)
        starts = [time for time, _ in backend.starts]
        assert len(starts) == sum(queues)
        for early, late in itertools.pairwise(starts):
            assert late - early >= interval - 1e-5
        if rate:
            allowed, period = (int(rate), 60) if rate >= 1 else (1, 60 / rate)
            for early, late in zip(starts, starts[allowed:], strict=False):
                assert late - early >= period - 1e-5
        assert backend.peak <= min(places or math.inf, concurrency * len(queues))
        for number, bench in enumerate(benches):
            order = [prompt for prompt in backend.order if prompt.startswith(f"{number}.")]
            assert order == [f"{number}.{n}" for n in range(queues[number])]
            assert bench.statuses == ["succeeded"] * queues[number]

    on_loop(main)()


# Pause, resume, changes in mid-run


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
    busy = BackendError("busy", retryable=True)
    bench = Bench(Backend(0, {"a": [busy]}))
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
