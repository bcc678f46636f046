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
def test_a_delta_costs_less_than_30_empty_calls_and_no_more_in_a_long_text(name):
    deltas = pieces(TEXTS[name](4_000_000), 4)
    costs = seconds(lambda: PromptDetector().feed, deltas)
    empty, large, small = sum(seconds(lambda: nothing, deltas)), sum(costs), sum(costs[:4])
    print(
        f"\n{name}: {large / empty:.1f} empty calls a delta ({large / len(deltas) * 1e6:.2f} us); "
        f"4 MB take {large / small:.2f} times 1 MB"
    )
    assert large < 30 * empty
    assert large < 4.5 * small


@pytest.mark.parametrize("size", [1, 16, 1000, 60_000])
def test_other_cuts_cost_no_more_a_character(size):
    text = TEXTS["a tag every 100 characters"](1_000_000)
    fours = sum(seconds(lambda: PromptDetector().feed, pieces(text, 4)))
    other = sum(seconds(lambda: PromptDetector().feed, pieces(text, size)))
    print(f"\ndeltas of {size}: {other / fours:.2f} times what deltas of 4 take")
    assert other < 6 * fours
