"""Deadlines by themselves: which is due, what they take, and the thread that rings for them."""

import random
import threading

import pytest

from nbkit._progress.deadlines import Deadlines
from nbkit.testing import until


class Bell:
    """Who asked for the deadlines, on a clock that is put forward by hand."""

    def __init__(self):
        self.now = 100.0
        self.lock = threading.RLock()
        self.rung = threading.Event()
        self.deadlines = Deadlines(lambda: self.now, self.lock, self.ring)

    def ring(self):
        with self.lock:
            self.deadlines.pop_due(self.now)
        self.rung.set()

    def set(self, key, when):
        with self.lock:
            self.deadlines.set(key, when)

    def drop(self, key):
        with self.lock:
            self.deadlines.drop(key)

    def due(self, now):
        with self.lock:
            return self.deadlines.pop_due(now)

    async def asleep(self):
        """Wait until the thread sleeps, and return it."""

        def sleeps():
            with self.lock:
                return bool(self.deadlines._changed._waiters)

        thread = self.deadlines._thread
        await until(sleeps)
        return thread


@pytest.fixture
def bell():
    bell = Bell()
    yield bell
    for key in list(bell.deadlines._due):
        bell.drop(key)


def test_what_is_due_comes_earliest_first_and_once(bell):
    for key, when in [("c", 203.0), ("a", 201.0), ("d", 204.0), ("b", 202.0)]:
        bell.set(key, when)
    assert bell.due(200.9) == []
    assert bell.due(203.0) == ["a", "b", "c"]
    assert bell.due(203.0) == []
    assert bell.deadlines.pending
    assert bell.due(204.0) == ["d"]
    assert not bell.deadlines.pending


def test_a_deadline_that_is_set_again_counts_from_then_on_alone(bell):
    bell.set("a", 201.0)
    bell.set("b", 202.0)
    bell.set("a", 203.0)
    assert bell.due(202.5) == ["b"]
    assert bell.deadlines.earliest() == 203.0
    bell.set("a", 202.0)
    assert bell.due(202.5) == ["a"]
    assert bell.deadlines.earliest() is None


def test_deadlines_set_again_and_again_take_no_more_than_those_that_count(bell):
    rng, last = random.Random(3), {}
    for _ in range(2_000):
        key = rng.randrange(10)
        last[key] = 200.0 + rng.random()
        bell.set(key, last[key])
        assert len(bell.deadlines._heap) <= 2 * len(last) + 64
    order = sorted(last, key=last.get)
    assert bell.due(sorted(last.values())[4]) == order[:5]
    assert bell.due(201.0) == order[5:]


async def test_a_thread_that_nothing_is_left_for_ends_at_once(bell):
    bell.set("a", 1_000.0)
    bell.set("b", 2_000.0)
    first = await bell.asleep()
    assert (first.name, first.daemon) == ("nbkit-deadlines", True)
    bell.drop("a")
    assert first.is_alive()
    assert bell.due(2_000.0) == ["b"]  # somebody else has seen to the last one
    first.join(60)
    assert not first.is_alive()
    bell.set("c", 1_000.0)
    second = await bell.asleep()
    assert second is not first
    bell.drop("c")  # or nobody needs it any more
    second.join(60)
    assert not second.is_alive()


async def test_deadlines_may_be_set_before_a_second_thread_has_looked_at_the_first_of_them(bell):
    bell.set("a", 1_000.0)
    first = await bell.asleep()
    bell.drop("a")
    first.join(60)
    with bell.lock:
        bell.set("b", 1_000.0)
        bell.set("c", bell.now)
    assert bell.rung.wait(60)


async def test_a_thread_sleeps_until_the_earliest_deadline_and_an_hour_at_most(bell, monkeypatch):
    sleeps, changed = [], bell.deadlines._changed
    wait = changed.wait
    monkeypatch.setattr(changed, "wait", lambda seconds: sleeps.append(seconds) or wait(seconds))
    bell.set("a", bell.now + 1e6)
    await bell.asleep()
    bell.set("b", bell.now + 30.0)
    await until(lambda: len(sleeps) == 2)
    assert sleeps == [3_600.0, 30.0]


@pytest.mark.parametrize("before", [100.5, 1_000.0, 1e9])
async def test_a_thread_that_sleeps_for_later_is_told_of_what_comes_sooner(bell, before):
    bell.set("late", before)
    thread = await bell.asleep()
    bell.set("soon", bell.now)
    assert bell.rung.wait(60)
    assert bell.deadlines._thread is thread
    assert bell.deadlines.earliest() == before


async def test_where_no_thread_can_be_had_queries_find_out_what_is_due(bell, monkeypatch):
    def refuse(_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    bell.set("a", 101.0)
    bell.set("b", 102.0)
    assert bell.due(101.0) == ["a"]
    monkeypatch.undo()
    bell.set("c", bell.now)  # and a later one has a thread again
    await until(bell.rung.is_set)
    assert bell.due(102.0) == ["b"]
