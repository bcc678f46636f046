"""Bounds of the limits, and how long a retry waits."""

from __future__ import annotations

import math
import random

import pytest

from nbkit.limits import Limit, Limited, backoff, check_limits

GOOD = {
    "max_concurrency": [1, 1000],
    "min_interval": [0, 0.0, 3600],
    "max_rate": [None, 0.1, 60],
    "retries": [0, 100],
    "timeout": [0.001, 300],
    "max_images": [None, 0, 7],
    "poll_interval": [0.01],
    "width": [None, 1, 8192],
    "height": [None, 1, 8192],
}
BAD = {
    "max_concurrency": [0, 1001, 2.5, "2", None, True],
    "min_interval": [-1, math.nan, math.inf, "1", None, False],
    "max_rate": [0, -1, math.nan, "60"],
    "retries": [-1, 101, 1.5, None],
    "timeout": [0, -3, math.nan, None, 10**400],
    "max_images": [-1, 1.5],
    "poll_interval": [0, -0.3],
    "width": [0, -5, 8193, 64.0, "9", True],
    "height": [0, -5, 8193, 64.0, "9", True],
}


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, values in GOOD.items() for v in values])
def test_limits_within_their_bounds_pass(name, value):
    check_limits(**{name: value})


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, values in BAD.items() for v in values])
def test_a_limit_out_of_range_is_refused_by_its_name_bounds_and_value(name, value):
    with pytest.raises(ValueError, match=rf"^{name} must be a .*, not ") as caught:
        check_limits(**{name: value})
    assert repr(value) in str(caught.value)


def test_a_limit_that_does_not_exist_is_a_type_error():
    with pytest.raises(TypeError, match="max_speed"):
        check_limits(max_speed=3)


FEW = {"max_concurrency": 1, "min_interval": 0, "max_rate": None, "retries": 0, "timeout": 1}


@pytest.mark.parametrize("name", FEW)
def test_what_has_limits_refuses_one_out_of_range_when_it_is_made(name):
    limited = Limited(**FEW)
    assert {each: getattr(limited, each) for each in FEW} == FEW
    with pytest.raises(ValueError, match=name):
        Limited(**(FEW | {name: BAD[name][0]}))


def test_a_limit_has_its_bounds_by_its_name_and_says_what_it_is():
    class Own(Limited):
        retries = Limit("How often.")

        def _limits_changed(self):
            changes.append(self.retries)

    changes = []
    own = Own(**FEW)
    own.retries = 3
    with pytest.raises(ValueError, match="retries must be a whole number from 0 to 100, not 101"):
        own.retries = 101
    assert changes == [3]
    assert own.retries == 3
    assert own.max_concurrency == 1
    assert Own.retries.__doc__ == "How often."


def test_waits_double_up_to_eight_seconds_less_a_quarter_at_most():
    rng = random.Random(1)
    for attempt in range(2000):
        most = min(0.5 * 2 ** min(attempt, 10), 8.0)
        assert 0.75 * most <= backoff(attempt, rng=rng) <= most


def test_the_waits_differ_so_that_tasks_do_not_return_all_at_once():
    rng = random.Random(1)
    assert len({backoff(0, rng=rng) for _ in range(20)}) == 20


@pytest.mark.parametrize(
    ("asked", "waits"), [(7, 7.0), (0.25, 0.25), (120, 120.0), (121, 120.0), (1e9, 120.0)]
)
def test_retry_after_is_obeyed_up_to_two_minutes(asked, waits):
    assert backoff(5, retry_after=asked, rng=random.Random(1)) == waits


@pytest.mark.parametrize("asked", [0, -5, None, math.nan])
def test_a_retry_after_that_says_nothing_leaves_the_backoff(asked):
    assert 0.375 <= backoff(0, retry_after=asked, rng=random.Random(1)) <= 0.5
