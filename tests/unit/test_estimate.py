"""The estimate's own arithmetic, on plans that can be reckoned by hand."""

import pytest

from nbkit._progress import eta
from nbkit._progress.eta import estimate


def test_one_runs_at_a_time_where_nothing_else_is_said():
    assert estimate(0.0, run=10.0, queued=3) == 30.0


def test_what_runs_is_expected_to_need_as_many_attempts_as_what_waits():
    # One runs until 10; it and the one in line need another attempt each, as a rule.
    assert estimate(0.0, run=10.0, attempts=2.0, running=[0.0], queued=1) == 40.0


def test_a_sleeping_retry_starts_when_its_sleep_is_over_and_not_in_place_of_another():
    assert estimate(0.0, run=10.0, queued=1, retrying=[100.0]) == 110.0
    assert estimate(0.0, run=10.0, queued=2, retrying=[5.0, 100.0]) == 110.0
    assert estimate(0.0, run=10.0, queued=2, retrying=[5.0, 15.0]) == 40.0


def test_a_rate_that_is_never_reached_changes_nothing_however_long_the_queue():
    assert estimate(0.0, run=10.0, queued=1_000, max_rate=60.0) == pytest.approx(10_000.0)


@pytest.mark.parametrize("rate", [999.0, 1_000.0, 1_001.0, 6_000.0, 60_000.0])
def test_a_great_rate_is_held_as_a_small_one_is(rate):
    count = int(rate * 5)
    given = estimate(0.0, run=1.0, queued=count, concurrency=5_000, max_rate=rate)
    assert given == pytest.approx(300.0, abs=61.0)


def test_a_rate_below_one_a_minute_is_so_many_minutes_for_each():
    assert estimate(0.0, run=10.0, queued=3, max_rate=0.5) == pytest.approx(250.0)


def test_an_interval_that_is_the_slowest_is_what_counts():
    given = estimate(0.0, run=1.0, queued=1_000, concurrency=50, min_interval=3.0)
    assert given == pytest.approx(999 * 3.0 + 1.0)


def test_a_rate_is_so_many_whole_starts_a_minute():
    assert estimate(0.0, run=10.0, queued=3, concurrency=3, max_rate=1.5) == pytest.approx(130.0)


LIMITS = [
    {},
    {"concurrency": 3},
    {"concurrency": 40},
    {"concurrency": 3, "min_interval": 0.3},
    {"concurrency": 3, "min_interval": 2.0},
    {"concurrency": 7, "max_rate": 7},
    {"concurrency": 7, "max_rate": 100},
    {"concurrency": 40, "max_rate": 0.5, "min_interval": 2.0},
    {"concurrency": 40, "max_rate": 2_500},
]


@pytest.mark.parametrize("run", [0.05, 1.0, 10.0])
@pytest.mark.parametrize("retrying", [[], [103.0, 130.0], [110.0, 120.0, 9_000.0]])
@pytest.mark.parametrize("limits", LIMITS)
def test_rounds_that_are_only_counted_take_what_they_would_take_start_by_start(
    limits, retrying, run, monkeypatch
):
    given = estimate(100.0, run=run, queued=1_003, retrying=retrying, **limits)
    monkeypatch.setattr(eta, "_PLANNED", 1_000_000)
    exact = estimate(100.0, run=run, queued=1_003, retrying=retrying, **limits)
    assert given == pytest.approx(exact)


def test_a_retry_that_sleeps_for_long_holds_up_nothing_else_in_a_long_queue():
    # 40 in two rows take 60 s, and the sleeper another 3.
    assert estimate(0.0, run=3.0, queued=40, retrying=[60.0], concurrency=2) == 63.0
    assert estimate(0.0, run=3.0, queued=40, retrying=[30.0], concurrency=2) == 63.0
    assert estimate(0.0, run=3.0, queued=40, retrying=[90.0], concurrency=2) == 93.0
