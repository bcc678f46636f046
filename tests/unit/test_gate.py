"""The gate that queues of one backend share: when it opens, who stands in line, and whose it is."""

from __future__ import annotations

import gc
import weakref

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbkit.gate import Turn, _object_gates
from nbkit.limits import StartGate, gate_for


def test_without_limits_the_time_is_now():
    gate = StartGate()
    gate.record(10.0)
    assert gate.next_start(10.0, min_interval=0, max_rate=None) == (10.0, "")
    assert gate.next_start(10.0) == (10.0, "")


def test_the_interval_counts_from_the_last_start():
    gate = StartGate()
    assert gate.next_start(10.0, min_interval=5) == (10.0, "")
    gate.record(10.0)
    assert gate.next_start(12.0, min_interval=5) == (15.0, "minimum interval")
    assert gate.next_start(15.0, min_interval=5) == (15.0, "")
    assert gate.next_start(10.0, min_interval=0.25) == (10.25, "minimum interval")


def test_a_timer_that_fires_a_trifle_early_is_in_time():
    gate = StartGate()
    gate.record(10.0)
    early = 15.0 - 5e-7
    assert gate.next_start(early, min_interval=5) == (early, "")


def test_no_more_starts_are_remembered_than_a_rate_can_ask_for():
    gate = StartGate()
    for number in range(3_000):
        gate.record(float(number))
    assert len(gate._starts) == 1_000


def test_who_has_no_interval_does_not_wait_for_those_who_wait_for_theirs():
    gate = StartGate()
    first, second = Turn(lambda: None), Turn(lambda: None)
    gate.wait(first, 60.0)
    assert gate.next_start(1.0, max_rate=100, turn=second) == (1.0, "")


def test_a_start_without_a_turn_leaves_the_line_as_it_is():
    gate = StartGate()
    turn = Turn(lambda: None)
    gate.wait(turn, 60.0)
    gate.record(1.0)
    assert gate.next_start(2.0, min_interval=5) == (65.0, "minimum interval")


def test_the_rate_lets_so_many_start_in_any_minute():
    gate = StartGate()
    for second in (0.0, 1.0, 2.0):
        assert gate.next_start(second, max_rate=3) == (second, "")
        gate.record(second)
    assert gate.next_start(3.0, max_rate=3) == (60.0, "rate limit")
    assert gate.next_start(3.0, min_interval=1, max_rate=3) == (60.0, "rate limit")
    assert gate.next_start(3.0, min_interval=59, max_rate=3) == (61.0, "minimum interval")
    gate.record(60.0)
    assert gate.next_start(60.0, max_rate=3) == (61.0, "rate limit")


@pytest.mark.parametrize(("rate", "due"), [(0.5, 120.0), (0.1, 600.0), (1.0, 60.0), (1.9, 60.0)])
def test_a_broken_rate_is_never_exceeded(rate, due):
    gate = StartGate()
    gate.record(0.0)
    assert gate.next_start(1.0, max_rate=rate) == (due, "rate limit")


def test_a_very_great_rate_is_held_over_a_shorter_period():
    gate = StartGate()
    now = 0.0
    starts = []
    while len(starts) < 15_000:
        due, reason = gate.next_start(now, max_rate=6000)
        if reason:
            now = due
            continue
        gate.record(now)
        starts.append(now)
        now += 0.001
    assert all(
        late - early >= 60 - 1e-6 for early, late in zip(starts, starts[6000:], strict=False)
    )
    assert starts[-1] < 150


@settings(max_examples=200, deadline=None)
@given(
    gaps=st.lists(st.floats(0, 40), max_size=30),
    interval=st.sampled_from([0.0, 0.5, 7.0, 61.0]),
    rate=st.sampled_from([None, 1, 2.5, 5, 0.5]),
)
def test_the_gate_opens_at_the_earliest_time_that_its_limits_allow(gaps, interval, rate):
    gate, starts, now = StartGate(), [], 0.0
    for gap in gaps:
        now += gap
        due, reason = gate.next_start(now, min_interval=interval, max_rate=rate)
        allowed = 1 if rate is None or rate < 1 else int(rate)
        period = 0 if rate is None else 60 if rate >= 1 else 60 / rate
        bounds = {"": now}
        if starts and interval:
            bounds["minimum interval"] = starts[-1] + interval
        if rate and len(starts) >= allowed:
            bounds["rate limit"] = starts[-allowed] + period
        assert due == pytest.approx(max(bounds.values()), abs=1e-5)
        assert bounds[reason] == pytest.approx(due, abs=1e-5)
        now = due
        gate.record(now)
        starts.append(now)


def test_those_in_the_line_are_counted_with_the_time_that_they_wait_for():
    gate = StartGate()
    woken = []
    first, second = Turn(lambda: woken.append(1)), Turn(lambda: woken.append(2))
    gate.record(0.0)
    gate.wait(first, gate.next_start(1.0, min_interval=10, turn=first)[0])
    due, _ = gate.next_start(1.0, min_interval=10, turn=second)
    assert (first.due, due) == (10.0, 20.0)
    gate.wait(second, due)
    assert gate.next_start(2.0, min_interval=10, turn=first)[0] == 10.0
    assert gate.next_start(2.0, max_rate=2) == (70.0, "rate limit")
    gate.wait(first, 10.0)
    assert woken == []
    gate.wait(first, 12.0)
    assert woken == [2]
    assert gate.next_start(2.0, min_interval=10, turn=second)[0] == 22.0
    gate.leave(first)
    assert woken == [2, 2]
    assert gate.next_start(2.0, min_interval=10, turn=second)[0] == 10.0


def test_a_place_in_the_line_is_lost_with_its_queue():
    gate = StartGate()
    gate.record(0.0)
    turn = Turn(lambda: None)
    gate.wait(turn, 10.0)
    del turn
    gc.collect()
    assert gate.next_start(1.0, min_interval=10)[0] == 10.0


def test_a_gate_closed_for_a_while_lets_nobody_through():
    gate = StartGate()
    gate.close(30.0)
    gate.close(20.0)
    assert gate.next_start(1.0) == (30.0, "rate limit")
    assert gate.next_start(30.0) == (30.0, "")


def test_a_gate_may_be_closed_for_two_minutes_and_no_longer():
    gate = StartGate()
    gate.close(1120.0)
    assert gate.next_start(1000.0) == (1120.0, "rate limit")
    gate.close(1121.0)
    assert gate.next_start(1000.0) == (1000.0, "")


def test_times_of_another_clock_are_forgotten():
    gate = StartGate()
    gate.record(1e9)
    gate.close(1e9)
    assert gate.next_start(1000.0, min_interval=5) == (1000.0, "")
    assert gate.next_start(1000.0) == (1000.0, "")


class Place:
    pass


def test_places_go_to_those_who_wait_longest():
    gate = StartGate()
    woken = []
    turns = [Turn(lambda n=n: woken.append(n)) for n in range(3)]
    holder, other = Place(), Place()
    gate.take_place(holder)
    for turn in turns[:2]:
        assert not gate.has_place(1, turn)
        gate.wait(turn, None)
    assert gate.has_place(2, turns[0])
    assert not gate.has_place(2, turns[1])
    assert not gate.has_place(2, turns[2])
    gate.give_place(holder)
    gate.give_place(holder)
    assert woken == [0]
    gate.record(0.0, turns[0])
    gate.take_place(other)
    assert woken == [0, 1]


def test_giving_a_place_back_twice_wakes_nobody_twice():
    gate = StartGate()
    woken = []
    turn = Turn(lambda: woken.append(turn))
    holder, other = Place(), Place()
    gate.take_place(holder)
    gate.take_place(other)
    gate.wait(turn, None)
    gate.give_place(holder)
    gate.give_place(holder)
    assert woken == [turn]


def test_a_place_is_free_again_when_its_holder_is_forgotten():
    gate = StartGate()
    holder = Place()
    gate.take_place(holder)
    del holder
    gc.collect()
    assert gate.has_place(1, Turn(lambda: None))


# Whose gate it is


class Backend:
    def generate(self):
        pass


class Unhashable(Backend):
    __hash__ = None


class Slotted:
    __slots__ = ()


def function():
    pass


@pytest.mark.parametrize("make", [Backend, Unhashable, Slotted, lambda: function])
def test_the_same_object_has_the_same_gate_and_another_one_its_own(make):
    backend = make()
    assert gate_for(backend) is gate_for(backend)
    assert gate_for(backend) is not gate_for(Backend())


def test_the_same_spec_has_the_same_gate():
    assert gate_for("sketch?steps=4") is gate_for("sketch" + "?steps=4")
    assert gate_for("sketch?steps=4") is not gate_for("sketch?steps=5")


def test_the_methods_of_one_object_share_its_gate():
    backend, other = Backend(), Backend()
    assert gate_for(backend.generate) is gate_for(backend)
    assert gate_for(backend.generate) is not gate_for(other.generate)


def test_a_gate_does_not_keep_its_backend():
    backend = Backend()
    gate_for(backend)
    seen, number = weakref.ref(backend), id(backend)
    assert number in _object_gates
    del backend
    gc.collect()
    assert seen() is None
    assert number not in _object_gates


def test_a_backend_that_cannot_be_watched_is_kept_so_that_no_other_gets_its_gate():
    backend = Slotted()
    gate_for(backend)
    assert _object_gates[id(backend)][0] is backend
