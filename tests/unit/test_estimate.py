"""The estimate's own arithmetic, on plans that can be reckoned by hand."""

import pytest

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
