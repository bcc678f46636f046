"""What the detector costs a delta, beside a loop that hands the same deltas to an empty function.

All times are of one process and one run.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from detector_kit import nothing, pieces, seconds

from nbkit.detector import PromptDetector

pytestmark = pytest.mark.benchmark

TAG = '<!--img-prompt="a red fox in the snow at dusk"-->'
PROSE = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor. "

TEXTS: dict[str, Callable[[int], str]] = {
    "a tag every 100 characters": lambda size: (TAG + PROSE)[:100] * (size // 100),
    "a tag that fills its 100": lambda size: f'<img_prompt="{"word " * 17}">' * (size // 100),
    "no tag": lambda size: PROSE * (size // len(PROSE)),
    "a tag that never ends": lambda size: '<!--img-prompt="' + PROSE * (size // len(PROSE)),
    "one that never ends, then tags": lambda size: (
        "<img_prompt='" + (TAG + PROSE)[:100] * (size // 100)
    ),
    "openings that never end": lambda size: ('<img_prompt="a \\"' + PROSE) * (size // 97),
    "escaped quotes that never end": lambda size: '<img_prompt="' + '\\"' * (size // 2),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_delta_costs_less_than_30_empty_calls_and_no_more_in_a_long_text(name, figures):
    deltas = pieces(TEXTS[name](4_000_000), 4)
    costs = seconds(lambda: PromptDetector().feed, deltas)
    empty, large, small = sum(seconds(lambda: nothing, deltas)), sum(costs), sum(costs[:4])
    each, nothing_at_all = (1e6 * spent / len(deltas) for spent in (large, empty))
    figures.check(
        f"detector, a delta of 4: {name}",
        each,
        "µs",
        bound=30,
        peer=nothing_at_all,
        beside="an empty call",
        allowance=1,
    )
    figures.check(
        f"the same, 4 MB over 1 MB: {name}",
        1e3 * large,
        "ms",
        bound=4.5,
        peer=1e3 * small,
        beside="1 MB",
        allowance=1,
    )


@pytest.mark.parametrize("size", [1, 16, 1000, 60_000])
def test_other_cuts_cost_no_more_a_character(size, figures):
    text = TEXTS["a tag every 100 characters"](1_000_000)
    fours = sum(seconds(lambda: PromptDetector().feed, pieces(text, 4)))
    other = sum(seconds(lambda: PromptDetector().feed, pieces(text, size)))
    figures.check(
        f"detector, 1 MB in deltas of {size}",
        1e3 * other,
        "ms",
        bound=6,
        peer=1e3 * fours,
        beside="deltas of 4",
        allowance=1,
    )
