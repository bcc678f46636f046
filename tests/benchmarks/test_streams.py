"""The same reply in a real JupyterLab, as nbkit shows it and as other ways do.

All figures of costs are above those of an idle loop with the same waits, the least of the rounds.
``NBKIT_BENCHMARK_ROUNDS`` sets their number, 1 otherwise. The peers are what a person would write
in a cell (`streams/contestants.py`); a display of each has warmed its kernel up before.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
from benchmarks.streams.contestants import PEERS
from benchmarks.streams.lab import TASKS
from benchmarks.streams.measures import from_json, least

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]

ROUNDS = int(os.environ.get("NBKIT_BENCHMARK_ROUNDS", "1"))
PLAIN = "anywidget, plain text"
STREAMS = ("500", "2000", "burst")
LENGTHS = ("20 KB", "200 KB")
BLOCKS = ("fence", "table")
GUARD = 3.0
"""How far past a bound a figure fails: the table says whether a bound is held."""


class Runs:
    """What was run, by task and contestant."""

    def __init__(self, lines):
        self._costs = defaultdict(list)
        self.sights = {}
        self.long = defaultdict(float)
        for line in lines:
            told = json.loads(line)
            key, who, *watch = told["run"].split("/")
            cost, sight, long = from_json(told)
            if not watch:
                self._costs[key, who].append(cost)
            if sight is not None:
                self.sights[key, who] = sight
            self.long[key] = max(self.long[key], long)

    def cost(self, key, who):
        return least(self._costs[key, who]).above(least(self._costs[key, "idle"]))

    def per_token(self, key, who):
        return 1e6 * self.cost(key, who).kernel / len(TASKS[key]().tokens)

    def bytes_per_byte(self, key, who):
        return self.cost(key, who).sent / TASKS[key]().size


@pytest.fixture(scope="module")
def runs():
    wanted = []
    for _ in range(ROUNDS):
        wanted += [f"{key}/{who}" for key in STREAMS for who in ("idle", "nbkit", *PEERS)]
        wanted += [f"{key}/{who}" for key in LENGTHS for who in ("idle", "nbkit")]
    wanted += [f"{key}/{who}/text" for key in ("500",) for who in ("nbkit", *PEERS)]
    wanted += ["2000/nbkit/text", *(f"{key}/nbkit/frames" for key in BLOCKS)]
    script = Path(__file__).parent / "streams" / "lab.py"
    told = subprocess.run(
        [sys.executable, str(script), *wanted], stdout=subprocess.PIPE, text=True, check=True
    )
    return Runs(told.stdout.splitlines())


def beside_the_best(figures, what, unit, of):
    best = min(PEERS, key=of)
    for who in PEERS:
        figures.add(f"  {what}, {who}", of(who), unit)
    figures.check(what, of("nbkit"), unit, bound=1 / 5, peer=of(best), beside=best, allowance=GUARD)


@pytest.mark.parametrize("key", ["500", "2000"])
def test_a_token_costs_the_kernel_a_fifth_of_what_the_best_peer_takes(runs, figures, key):
    what = f"kernel CPU a token, {TASKS[key]().name}"
    beside_the_best(figures, what, "µs", lambda who: runs.per_token(key, who))


@pytest.mark.parametrize("key", ["500", "2000"])
def test_a_byte_of_text_costs_the_wire_a_fifth_of_what_the_best_peer_sends(runs, figures, key):
    what = f"bytes a byte of text, {TASKS[key]().name}"
    beside_the_best(figures, what, "B", lambda who: runs.bytes_per_byte(key, who))
    for who in ("nbkit", *PEERS):
        figures.add(f"  messages, {TASKS[key]().name}, {who}", runs.cost(key, who).frames, "")


def test_a_burst_costs_the_wire_little_more_than_its_text(runs, figures):
    for who in PEERS:
        figures.add(f"  bytes a byte in a burst, {who}", runs.bytes_per_byte("burst", who), "B")
    value = runs.bytes_per_byte("burst", "nbkit")
    figures.check("bytes a byte in a burst", value, "B", bound=3, allowance=10)


@pytest.mark.parametrize("key", ["500", "2000"])
def test_the_page_works_a_third_of_what_plain_text_token_by_token_takes(runs, figures, key):
    for who in PEERS:
        name = f"  main thread of the page, {TASKS[key]().name}, {who}"
        figures.add(name, runs.cost(key, who).page, "s")
    figures.check(
        f"main thread of the page, {TASKS[key]().name}",
        runs.cost(key, "nbkit").page,
        "s",
        bound=1 / 3,
        peer=runs.cost(key, PLAIN).page,
        beside=PLAIN,
        allowance=GUARD,
    )


def test_a_reader_sees_text_soon_and_smoothly(runs, figures):
    for (key, who), sight in runs.sights.items():
        name = f"{TASKS[key]().name}, {who}"
        if who == "nbkit":
            figures.check(
                f"gap between changes, p95, {name}", sight.gap_p95, "ms", bound=50, allowance=GUARD
            )
            figures.check(
                f"token to sight, p95, {name}", sight.shown_p95, "ms", bound=250, allowance=GUARD
            )
        else:
            figures.add(f"  gap between changes, p95, {name}", sight.gap_p95, "ms")
            figures.add(f"  token to sight, p95, {name}", sight.shown_p95, "ms")
        figures.add(f"  last word to sight, {name}", sight.last, "ms")


@pytest.mark.parametrize(("short", "long"), [("500", "2000"), LENGTHS])
def test_nothing_grows_with_the_length_of_a_reply(runs, figures, short, long):
    def tokens(key):
        return len(TASKS[key]().tokens)

    for what, unit, of in (
        ("kernel CPU a token", "µs", lambda key: runs.per_token(key, "nbkit")),
        ("bytes a byte of text", "B", lambda key: runs.bytes_per_byte(key, "nbkit")),
        ("page time a token", "µs", lambda key: 1e6 * runs.cost(key, "nbkit").page / tokens(key)),
    ):
        figures.check(
            f"{what}, {TASKS[long]().name}",
            of(long),
            unit,
            bound=1.25,
            peer=of(short),
            beside=TASKS[short]().name,
            allowance=GUARD,
        )


@pytest.mark.parametrize("key", BLOCKS)
def test_no_frame_of_the_page_takes_long_while_one_block_grows(runs, figures, key):
    name = f"longest frame of the page past 50 ms, {TASKS[key]().name}"
    figures.check(name, runs.long[key], "ms", bound=50, allowance=10)
