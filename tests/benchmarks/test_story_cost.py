"""What a frame of a story costs as it grows, beside rendering the whole text each time.

CPU time of the later half of a stream against that of the earlier half: a story whose frames grew
with what came before would show three where it shows about one.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pyromark
import pytest

from nbkit.story import Story

pytestmark = pytest.mark.benchmark

DELTA = 40
FLAT = 1.25

PROSE = (
    "## A part\n\nA paragraph with **bold**, *soft* and `code`, and a [link](http://x.org) in it,\n"
    "over two lines, with $x^2$.\n\n- one\n- two\n\n"
)
TEXTS = {
    "prose": PROSE * 500,
    "table rows": "| a | b |\n|---|---|\n" + "| a row | with `code` and **bold** |\n" * 2_000,
    "list items": "- an item with **bold** and `code` in it\n" * 2_000,
    "code": "```python\n" + "value = compute(1, 'text')  # note\n" * 2_500 + "```\n",
}


def deltas(text: str) -> list[str]:
    return [text[at : at + DELTA] for at in range(0, len(text), DELTA)]


def halves(step: Callable[[str], None], text: str) -> tuple[float, float]:
    """CPU seconds of the earlier and of the later half of a stream."""
    parts = deltas(text)
    middle = len(parts) // 2
    spent = []
    for half in (parts[:middle], parts[middle:]):
        start = time.process_time()
        for part in half:
            step(part)
        spent.append(time.process_time() - start)
    return spent[0], spent[1]


def streaming() -> Callable[[str], None]:
    story, revision = Story(), 0

    def step(part: str) -> None:
        nonlocal revision
        story.append(part)
        revision = story.changes(revision).revision

    return step


def whole_each_time() -> Callable[[str], None]:
    text = ""

    def step(part: str) -> None:
        nonlocal text
        text += part
        pyromark.html(text, options=pyromark.Options.ENABLE_TABLES)

    return step


@pytest.mark.parametrize("name", TEXTS)
def test_a_frame_costs_the_same_late_in_a_story_as_early(name, figures):
    text = TEXTS[name]
    rounds = [halves(streaming(), text) for _ in range(2)]
    early, late = (min(times) for times in zip(*rounds, strict=True))
    peer = halves(whole_each_time(), text)
    frames = len(text) / DELTA
    figures.add(
        f"a frame of a story of {len(text) // 1000} KB: {name}",
        1e6 * (early + late) / frames,
        "µs",
        peer=1e6 * sum(peer) / frames,
        beside="the compiled parser alone, the whole text each time",
    )
    figures.check(
        f"the same, late in it: {name}",
        2e6 * late / frames,
        "µs",
        bound=FLAT,
        peer=2e6 * early / frames,
        beside="early in it",
    )


def test_the_end_costs_one_rendering_and_sends_nothing(figures):
    text = TEXTS["prose"]
    story = Story()
    for part in deltas(text):
        story.append(part)
    seen = story.changes(0).revision
    start = time.process_time()
    story.end()
    ended = time.process_time()
    story.to_html()
    written = time.process_time()
    assert story.changes(seen).ops == []
    figures.add(f"the end of a story of {len(text) // 1000} KB", 1e3 * (ended - start), "ms")
    figures.add("to_html of the same", 1e3 * (written - ended), "ms")
