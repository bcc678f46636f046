"""What the detector costs a delta, beside a loop that hands the same deltas to an empty function.

All times are of one process and one run, each the least of several, in turns.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import pytest
from detector_kit import pieces

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


def cost(deltas: Sequence[str]) -> tuple[float, float]:
    """Seconds of a loop over the deltas: with an empty function, and with the detector."""

    def empty(delta):
        pass

    def spent(call) -> float:
        began = time.thread_time()
        for delta in deltas:
            call(delta)
        return time.thread_time() - began

    turns = [(spent(empty), spent(PromptDetector().feed)) for _ in range(5)]
    return min(turn[0] for turn in turns), min(turn[1] for turn in turns)


@pytest.mark.parametrize("name", TEXTS)
def test_a_delta_costs_less_than_30_empty_calls_and_no_more_in_a_long_text(name):
    empty, small = cost(pieces(TEXTS[name](1_000_000), 4))
    _, large = cost(pieces(TEXTS[name](4_000_000), 4))
    print(
        f"\n{name}: {small / empty:.1f} empty calls a delta ({small * 4:.2f} us); "
        f"4 MB take {large / small:.2f} times 1 MB"
    )
    assert small < 30 * empty
    assert large < 4.5 * small


@pytest.mark.parametrize("size", [1, 16, 1000, 1_000_000])
def test_other_cuts_cost_no_more_a_character(size):
    text = TEXTS["a tag every 100 characters"](1_000_000)
    _, fours = cost(pieces(text, 4))
    _, other = cost(pieces(text, size))
    print(f"\ndeltas of {size}: {other / fours:.2f} times what deltas of 4 take")
    assert other < 6 * fours
