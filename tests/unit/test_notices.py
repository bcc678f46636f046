"""When notices of changes come: without a loop by a store of tokens, and by a timer's thread."""

import asyncio
import functools
import threading

import pytest

from nbkit._progress import coalesce
from nbkit._progress.coalesce import Coalescer
from nbkit.testing import run, until


class Notices:
    """A coalescer on a clock that is put forward by hand; ``timers`` are those it would start."""

    def __init__(self, monkeypatch):
        self.now = 50.0
        self.times = []
        self.timers = []
        monkeypatch.setattr(coalesce.threading, "Timer", self._timer)
        self.coalescer = Coalescer(self._publish, clock=lambda: self.now)

    def _publish(self):
        self.times.append(self.now)

    def _timer(self, seconds, call, args):
        timer = threading.Thread(target=call, args=args)
        timer.start = lambda: self.timers.append((seconds, timer))
        timer.cancel = lambda: self.timers.remove((seconds, timer))
        return timer

    def ask(self, *, every, times):
        """Ask again and again, and tell when notices came."""
        before = len(self.times)
        for _ in range(times):
            self.now += every
            self.coalescer.request()
        return self.times[before:]

    def burst(self):
        """Ask until no notice comes at once any more, and tell how many came."""
        before = len(self.times)
        while len(self.times) < before + 100:
            count = len(self.times)
            self.coalescer.request()
            if len(self.times) == count:
                break
        return len(self.times) - before


def in_thread(call):
    """Call in a thread of its own, and give what it returned."""
    found = []
    thread = threading.Thread(target=lambda: found.append(call()))
    thread.start()
    thread.join()
    return found


@pytest.fixture
def notices(monkeypatch):
    return Notices(monkeypatch)


def test_ten_notices_come_at_once_and_afterwards_ten_a_second(notices):
    assert notices.burst() == 10
    began = notices.now
    times = notices.ask(every=1 / 64, times=64)
    assert len(times) == 10
    gaps = [late - early for early, late in zip([began, *times], times, strict=False)]
    assert all(0.08 <= gap <= 0.12 for gap in gaps)


def test_what_was_not_used_adds_up_to_ten_again_and_no_more(notices):
    assert notices.burst() == 10
    notices.now += 0.5
    assert notices.burst() == 5
    notices.now += 3_600.0
    assert notices.burst() == 10


def test_the_last_change_after_a_burst_is_told_by_a_timer_and_costs_what_another_would(notices):
    assert notices.burst() == 10
    notices.ask(every=0.0, times=3)
    ((seconds, timer),) = notices.timers  # one, however often it was asked for
    assert seconds == pytest.approx(0.2)
    assert (timer.daemon, timer.name) == (True, "nbkit-notice")
    notices.now += seconds
    timer.run()
    assert notices.times[-1] == notices.now
    assert len(notices.times) == 11
    assert notices.burst() == 1  # two had come back, and the timer took one of them


def test_a_later_change_is_told_at_once_when_there_is_a_token_and_spares_the_timer(notices):
    notices.burst()
    assert len(notices.timers) == 1
    assert notices.ask(every=0.15, times=1) == [notices.now]
    assert notices.timers == []


def test_where_no_thread_can_be_had_the_last_change_is_told_at_once(notices, monkeypatch):
    def refused(*_):
        class Timer:
            def start(self):
                raise RuntimeError("can't start new thread")

        return Timer()

    monkeypatch.setattr(coalesce.threading, "Timer", refused)
    for _ in range(10):
        notices.coalescer.request()
    count = len(notices.times)
    notices.coalescer.request()
    assert len(notices.times) == count + 1


def test_a_notice_that_raises_leaves_the_next_ones_as_they_were():
    calls = []

    def publish():
        calls.append(1)
        if len(calls) == 1:
            raise KeyboardInterrupt

    coalescer = Coalescer(publish)
    with pytest.raises(KeyboardInterrupt):
        coalescer.request()
    coalescer.request()
    assert len(calls) == 2


def test_a_change_made_while_a_notice_is_given_is_told_by_that_one_once_more():
    steps = []

    def publish():
        steps.append("begins")
        if len(steps) < 4:
            coalescer.request()
            coalescer.request()
        steps.append("ends")

    coalescer = Coalescer(publish)
    coalescer.request()
    assert steps == ["begins", "ends"] * 3


def test_on_a_loop_a_notice_takes_no_token_and_needs_no_timer(notices):
    notices.burst()
    ((_, timer),) = notices.timers

    async def main():
        loop = asyncio.get_running_loop()
        before = len(notices.times)
        for _ in range(100):
            notices.coalescer.request()
        assert len(notices.times) == before
        await asyncio.sleep(0)
        assert len(notices.times) == before + 1
        began = loop.time()
        notices.coalescer.request()
        await until(lambda: len(notices.times) == before + 2)
        assert loop.time() - began == pytest.approx(coalesce.INTERVAL, abs=0.002)

    run(main)
    assert notices.timers == []
    count = len(notices.times)
    timer.run()  # it was stopped too late: its notice has been given
    assert len(notices.times) == count


def test_the_notice_of_a_loop_that_still_runs_is_left_to_it(notices):
    async def main():
        notices.coalescer.request()
        notices.coalescer.outlive_loop()
        ((_, timer),) = notices.timers
        timer.run()  # the loop is late, but it has not ended
        assert notices.times == []
        await until(lambda: notices.times == [notices.now])

    run(main)


def test_the_notice_of_a_loop_that_has_ended_is_given_by_the_timer(notices):
    async def main():
        notices.coalescer.request()
        await until(lambda: len(notices.times) == 1)
        notices.coalescer.request()  # due in a moment, which does not come
        notices.coalescer.outlive_loop()

    run(main)  # whose time stands still at its end
    ((_, timer),) = notices.timers
    assert len(notices.times) == 1
    timer.run()
    assert len(notices.times) == 2


def test_what_a_loop_that_has_ended_left_undone_is_told_by_a_timer_with_the_next_change(notices):
    async def main():
        notices.coalescer.request()
        await until(lambda: len(notices.times) == 11)
        notices.coalescer.request()

    assert notices.burst() == 10
    run(main)
    assert notices.timers == []
    notices.coalescer.request()  # there is no token for it yet
    assert len(notices.times) == 11
    ((_, timer),) = notices.timers
    timer.run()
    assert len(notices.times) == 12


def test_a_flush_in_another_thread_comes_as_soon_as_the_loop_is_free(notices):
    async def main():
        loop = asyncio.get_running_loop()
        notices.coalescer.request()
        await until(lambda: len(notices.times) == 1)
        notices.coalescer.request()
        began = loop.time()
        await asyncio.to_thread(notices.coalescer.flush)
        await asyncio.sleep(0)
        assert len(notices.times) == 2
        assert loop.time() == began

    run(main)


def test_a_threads_loop_is_followed_by_its_next_one_but_never_in_place_of_one_that_runs(notices):
    async def change():
        count = len(notices.times)
        notices.coalescer.request()
        assert len(notices.times) == count
        await until(lambda: len(notices.times) == count + 1)
        return asyncio.get_running_loop()

    async def ask():
        return notices.coalescer.see_loop()

    async def while_another_runs():
        loop = await change()
        assert await asyncio.to_thread(run, ask) is loop

    for main in (change, change, while_another_runs):
        assert in_thread(functools.partial(run, main)), "it has come to its end"
