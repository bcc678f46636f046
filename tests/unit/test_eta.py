"""The estimate against the truth: schedules are played on a fake clock, then compared."""

import asyncio
import heapq
import random
from dataclasses import dataclass, field

import pytest

from nbkit._progress.eta import attempts_per_task, estimate
from nbkit.models import EncodedImage
from nbkit.progress import ProgressManager
from nbkit.queue import QueueProcessor
from nbkit.testing import run


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Played:
    """What a played schedule showed: (time, eta, tasks finished) at each change, and its end."""

    points: list[tuple[float, float | None, int]] = field(default_factory=list)
    end: float = 0.0

    def errors(self, *, finished: int = 3) -> list[tuple[float, float]]:
        """The truth and the error of the estimate, at each point after so many have finished."""
        return [
            (self.end - at, abs(eta - (self.end - at)))
            for at, eta, done in self.points
            if done >= finished and eta is not None and at < self.end
        ]


def play(
    count,
    *,
    concurrency=2,
    min_interval=0.0,
    max_rate=None,
    run_seconds=2.0,
    jitter=0.0,
    fails=lambda _attempt_number: False,
    delay=0.5,
    seed=1,
    say_limits=True,
):
    """Play a queue that starts its tasks in order as soon as its limits allow."""
    clock, rng, played = Clock(), random.Random(seed), Played()
    manager = ProgressManager(clock=clock)
    waiting = list(manager.register_tasks("m", count))
    if say_limits:
        manager.set_limits(
            "m", max_concurrency=concurrency, min_interval=min_interval, max_rate=max_rate
        )
    starts, running, asleep, attempts, changes = [], [], [], 0, 0
    allowed = max(1, int(max_rate)) if max_rate else 0
    period = 60.0 if not max_rate or max_rate >= 1 else 60.0 / max_rate
    while waiting or running or asleep:
        while asleep and asleep[0][0] <= clock.now:
            waiting.insert(0, heapq.heappop(asleep)[1])
        gate = clock.now
        if starts:
            gate = max(gate, starts[-1] + min_interval)
        if allowed and len(starts) >= allowed:
            gate = max(gate, starts[-allowed] + period)
        free = len(running) < concurrency and waiting
        if free and gate <= clock.now:
            task, attempts = waiting.pop(0), attempts + 1
            assert manager.start_task("m", task)
            starts.append(clock.now)
            seconds = run_seconds * (1.0 + jitter * rng.uniform(-1.0, 1.0))
            heapq.heappush(running, (clock.now + seconds, task, fails(attempts)))
        else:
            if free and min_interval + allowed:
                manager.wait_task("m", waiting[0], reason="rate limit", until=gate)
            ahead = [running[0][0]] if running else []
            ahead += [asleep[0][0]] if asleep else []
            ahead += [gate] if free else []
            clock.now = min(ahead)
            while running and running[0][0] <= clock.now:
                _, task, failed = heapq.heappop(running)
                if failed:
                    assert manager.retry_task("m", task, delay=delay)
                    heapq.heappush(asleep, (clock.now + delay, task))
                else:
                    assert manager.complete_task("m", task)
        changes += 1
        if changes % max(1, count // 40) == 0:
            state = manager.get_state("m")
            played.points.append((clock.now, state.eta, state.completed))
    played.end = clock.now
    return played


SCHEDULES = {
    "one at a time": {"count": 12, "concurrency": 1},
    "two at a time": {"count": 15, "concurrency": 2},
    "four at a time, an uneven rest": {"count": 50, "concurrency": 4},
    "thirty at a time": {"count": 100, "concurrency": 30, "run_seconds": 10.0},
    "interval above the run": {"count": 20, "concurrency": 2, "min_interval": 3.0},
    "interval that binds": {"count": 40, "concurrency": 10, "min_interval": 0.7},
    "interval beside concurrency": {"count": 41, "concurrency": 4, "min_interval": 0.3},
    "rate that binds": {"count": 100, "concurrency": 4, "max_rate": 20},
    "rate of bursts": {"count": 45, "concurrency": 10, "max_rate": 10},
    "rate below one": {"count": 8, "concurrency": 2, "max_rate": 0.5},
    "high rate": {"count": 1500, "concurrency": 50, "max_rate": 600, "run_seconds": 1.0},
    "rate within concurrency": {"count": 60, "concurrency": 3, "max_rate": 30, "run_seconds": 5.0},
    "rate and interval": {"count": 70, "concurrency": 3, "max_rate": 15, "min_interval": 2.0},
    "ten thousand": {"count": 10_000, "concurrency": 8, "max_rate": 120, "min_interval": 0.1},
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_steady_runs_are_foretold_within_two_percent(name):
    errors = play(**SCHEDULES[name]).errors()
    assert errors
    for truth, error in errors:
        assert error <= 0.02 * truth + 1e-6


@pytest.mark.parametrize("name", [name for name in SCHEDULES if name != "ten thousand"])
@pytest.mark.parametrize("seed", [1, 2])
def test_jittered_runs_are_foretold_within_ten_percent_but_for_the_jitter_of_the_last_run(
    name, seed
):
    schedule = SCHEDULES[name]
    last_run = (
        1.5 * 0.07 * schedule.get("run_seconds", 2.0)
    )  # nobody can know it, nor the true mean
    errors = play(**schedule, jitter=0.07, seed=seed).errors()
    assert errors
    for truth, error in errors:
        assert error <= 0.1 * truth + last_run


@pytest.mark.parametrize("every", [4, 7, 10])
@pytest.mark.parametrize(
    "limits", [{}, {"max_rate": 20, "concurrency": 4}, {"min_interval": 1.5, "concurrency": 3}]
)
def test_retries_of_the_past_stand_for_those_to_come(limits, every):
    played = play(150, **limits, fails=lambda attempt: attempt % every == 0, delay=1.0)
    seen = played.errors(finished=4 * every)
    assert seen
    a_last_retry = 2.0 + 1.0 + limits.get("min_interval", 0.0) + 60.0 * ("max_rate" in limits)
    for truth, error in seen:
        assert error <= 0.1 * truth + a_last_retry


@pytest.mark.parametrize("limits", [{}, {"max_rate": 20, "concurrency": 4}])
def test_one_early_retry_is_not_taken_for_the_rule(limits):
    played = play(40, **limits, fails=lambda attempt: attempt == 2, delay=1.0)
    for truth, error in played.errors():
        assert error <= 0.15 * truth + 1.0
    for truth, error in played.errors(finished=10):
        assert error <= 0.1 * truth


class Painter:
    """A backend that takes two seconds for each image."""

    async def generate(self, request, *, on_preview):
        await asyncio.sleep(2.0)
        return EncodedImage(b"x", "image/png")

    async def aclose(self):
        pass


@pytest.mark.parametrize(
    "limits",
    [
        {"max_concurrency": 2},
        {"max_concurrency": 2, "min_interval": 3.0},
        {"max_concurrency": 4, "max_rate": 20},
        {"max_concurrency": 10, "max_rate": 10},
        {"max_concurrency": 3, "max_rate": 15, "min_interval": 1.0},
    ],
)
def test_the_real_queue_is_foretold_from_its_first_image_on(limits):
    points = []

    async def main():
        loop = asyncio.get_running_loop()
        manager = ProgressManager(clock=loop.time)
        manager.register_tasks("m", 0)
        queue = QueueProcessor(Painter(), progress_manager=manager, message_id="m", **limits)

        def look(event):
            points.append((loop.time(), manager.get_state("m").eta, event.state.completed))

        manager.on("task", look)
        for n in range(40):
            queue.submit(f"prompt {n}")
        queue.start()
        await queue.drain()
        return loop.time()

    end = run(main)
    assert {eta for _, eta, done in points if done == 0} == {None}
    told = [(end - at, eta) for at, eta, done in points if done >= 1]
    assert len(told) >= 39
    for truth, eta in told:
        assert eta == pytest.approx(truth, rel=0.02, abs=1e-3)


def test_without_limits_the_most_that_ran_at_once_is_the_concurrency():
    for truth, error in play(60, concurrency=5, say_limits=False).errors(finished=5):
        assert error <= 0.02 * truth + 1e-6


def test_there_is_no_estimate_before_an_attempt_has_ended():
    clock = Clock()
    manager = ProgressManager(clock=clock)
    manager.register_tasks("m", 0)
    assert manager.get_state("m").eta is None
    manager.register_tasks("m", 4)
    assert manager.get_state("m").eta is None
    manager.start_task("m")
    clock.now += 5.0
    assert manager.get_state("m").eta is None
    manager.complete_task("m")
    assert manager.get_state("m").eta == pytest.approx(15.0)


def test_a_finished_message_needs_no_more_time():
    manager = ProgressManager(clock=Clock())
    manager.register_tasks("m", 1)
    manager.complete_task("m")
    assert manager.get_state("m").eta == 0.0


def test_a_task_that_was_never_started_is_no_evidence():
    clock = Clock()
    manager = ProgressManager(clock=clock)
    manager.register_tasks("m", 3)
    clock.now += 5.0
    manager.complete_task("m")
    assert manager.get_state("m").eta is None


def test_a_cancelled_run_is_no_evidence():
    clock = Clock()
    manager = ProgressManager(clock=clock)
    manager.register_tasks("m", 3)
    manager.start_task("m")
    clock.now += 5.0
    manager.cancel_task("m")
    assert manager.get_state("m").eta is None


def test_limits_changed_in_mid_run_count_at_once():
    clock = Clock()
    manager = ProgressManager(clock=clock)
    manager.register_tasks("m", 9)
    manager.set_limits("m", max_concurrency=1)
    manager.start_task("m")
    clock.now += 2.0
    manager.complete_task("m")
    assert manager.get_state("m").eta == pytest.approx(16.0)
    manager.set_limits("m", max_concurrency=4)
    assert manager.get_state("m").eta == pytest.approx(4.0)
    manager.set_limits("m", max_concurrency=4, min_interval=3.0)
    assert manager.get_state("m").eta == pytest.approx(1.0 + 7 * 3.0 + 2.0)


def test_a_run_that_is_late_is_expected_to_be_as_late_again():
    assert estimate(10.0, run=4.0, running=[8.0]) == pytest.approx(2.0)
    assert estimate(10.0, run=4.0, running=[3.0]) == pytest.approx(3.0)


def test_more_running_than_the_limit_start_nothing_until_enough_have_ended():
    # Of 3 that run, two must end before the one place is free: at 4.0; then it takes 4 more.
    assert estimate(3.0, run=4.0, running=[0.0, 1.0, 2.0], queued=1, concurrency=1) == 7.0
    assert estimate(3.0, run=4.0, running=[0.0, 1.0, 2.0], queued=1, concurrency=3) == 5.0


def test_the_time_that_a_waiting_task_was_told_holds_back_all():
    assert estimate(0.0, run=1.0, queued=2, concurrency=2, not_before=30.0) == 31.0


def test_a_retry_sleep_holds_back_its_own_task_alone():
    assert estimate(0.0, run=1.0, queued=3, retrying=[2.5], concurrency=1) == 4.0
    assert estimate(0.0, run=1.0, retrying=[8.0], concurrency=1) == 9.0


def test_an_attempt_is_the_rule_until_retries_prove_otherwise():
    assert attempts_per_task(0, 0) == 1.0
    assert attempts_per_task(4, 1) == pytest.approx(8 / 7)
    assert attempts_per_task(400, 200) == pytest.approx(2.0, rel=0.02)


@pytest.mark.parametrize(("queued", "same"), [(1_000, 1_000), (100_000, 1_000_000)])
def test_the_cost_depends_on_the_limits_and_not_on_the_queue(monkeypatch, queued, same):
    planned = []
    plan = heapq.heapreplace
    monkeypatch.setattr(heapq, "heapreplace", lambda *args: planned.append(1) or plan(*args))
    for count in (queued, same):
        estimate(0.0, run=2.0, queued=count, concurrency=4, min_interval=0.1, max_rate=30)
        assert len(planned) <= 3 * 30
        planned.clear()


def test_an_estimate_is_worked_out_only_when_a_state_is_asked_for(monkeypatch):
    asked = []
    monkeypatch.setattr("nbkit._progress.tasks.estimate", lambda *_, **__: asked.append(1) or 1.0)
    manager = ProgressManager(clock=Clock())
    for task in manager.register_tasks("m", 500):
        manager.start_task("m", task)
        manager.complete_task("m", task)
        manager.get_progress("m")
    assert len(asked) <= 10  # the notices of the trait
    manager.register_tasks("m", 1)
    asked.clear()
    manager.get_state("m")
    assert len(asked) == 1
