"""Queues that share a backend: its gate, its places, and taking turns."""

from __future__ import annotations

import asyncio
import itertools
import math
import threading
import weakref

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from queue_kit import Backend, Bench, hang, on_loop, settle

from nbkit.gate import Turn
from nbkit.limits import StartGate


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


class Line(weakref.WeakKeyDictionary):
    """The line of a gate, into which another thread tries to step while somebody goes along it."""

    stepped_in = False

    def __iter__(self):
        for turn in super().__iter__():
            thread = threading.Thread(target=self.step_in)
            thread.start()
            thread.join()
            yield turn

    def step_in(self):
        if self.gate._lock.acquire(blocking=False):
            self.stepped_in = True
            self.gate._lock.release()


@pytest.mark.parametrize(
    "look",
    [
        lambda gate, turn: gate.next_start(0.0, min_interval=1.0, turn=turn),
        lambda gate, turn: gate.has_place(2, turn),
        lambda gate, turn: gate.wait(turn, 2.0),
        lambda gate, turn: gate.leave(turn),
        lambda gate, turn: gate.take_place(turn),
    ],
)
def test_queues_on_loops_of_several_threads_step_into_one_line_one_by_one(look):
    gate = StartGate()
    line = gate._line = Line()
    line.gate = gate
    first, turn = Turn(lambda: None), Turn(lambda: None)
    gate.wait(first, 1.0)
    gate.wait(turn, 1.0)
    look(gate, turn)
    assert not line.stepped_in
