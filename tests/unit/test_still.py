"""Copies of a story that still grows: they read as the whole does, and cost what is new."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest

from nbkit._render import still
from nbkit.models import EncodedImage
from nbkit.story import Story

EXAMPLES = [
    each["markdown"]
    for each in json.loads(
        (Path(__file__).parents[1] / "data" / "commonmark" / "spec-0.31.2.json").read_text()
    )
]
PARAGRAPH = "Some **bold** words and `code`, with a [link](http://x.org).\n\n"


def read(html: str) -> str:
    """HTML without the spans of highlighted code: what is unfinished has none."""
    return re.sub(r"</?span\b[^>]*>", "", html)


def document(rng: random.Random) -> str:
    """Examples below one another, without link definitions, and slots among them."""
    chosen = [rng.choice(EXAMPLES) for _ in range(8)]
    return "\n".join(each for each in chosen if "]:" not in each)


@pytest.mark.parametrize("seed", range(120))
def test_a_copy_of_a_story_that_grows_reads_as_the_whole_of_it(seed):
    rng = random.Random(seed)
    text = document(rng)
    grown, so_far = Story(), ""
    for _ in range(6):
        piece = text[len(so_far) : len(so_far) + rng.randrange(1, 1 + len(text) // 4)]
        so_far += piece
        grown.append(piece)
        whole = Story()
        whole.append(so_far)
        assert read(grown.to_html(so_far=True)) == read(whole.to_html())
        assert grown.to_text(so_far=True) == whole.to_text()


def test_a_link_that_was_defined_above_is_one_and_one_defined_below_becomes_one_at_the_end():
    story = Story()
    story.append("[a]: http://a.org\n\nFirst.\n\nSee [a] and [b].\n\nLast.\n\n")
    story.to_html(so_far=True)
    story.append("More of [a].\n\n[b]: http://b.org\n")
    assert story.to_html(so_far=True).count('href="http://a.org"') == 2
    assert "http://b.org" not in story.to_html(so_far=True)
    story.end()
    assert story.to_html(so_far=True).count('href="http://b.org"') == 1
    assert story.to_html(so_far=True) == story.to_html()
    assert story.to_text(so_far=True) == story.to_text()


def test_an_image_shows_in_what_was_written_before_it_came():
    story = Story()
    story.append("Above.\n\nA fox: ")
    slot = story.add_slot("a fox")
    story.append("\n\nBelow.\n\nAnd more.\n")
    assert "[Image not finished: a fox]" in story.to_html(so_far=True)
    assert "[Image not finished: a fox]" in story.to_text(so_far=True)
    story.set_slot(slot, status="succeeded", image=EncodedImage(b"fox", "image/png", 4, 4))
    assert story.to_html(so_far=True).count('alt="a fox"') == 1
    assert story.to_text(so_far=True) == story.to_text()
    assert story.to_html(so_far=True) == story.to_html()


def test_a_copy_cleans_what_is_new_and_no_more(monkeypatch):
    cleaned: list[int] = []
    clean = still.clean_static

    def counted(html: str) -> str:
        cleaned.append(len(html))
        return clean(html)

    monkeypatch.setattr(still, "clean_static", counted)
    story = Story()
    for _ in range(50):
        story.append(PARAGRAPH)
        story.to_html(so_far=True)
        story.to_text(so_far=True)
    assert sum(cleaned[:10]) * 1.2 > sum(cleaned[-10:])
    before = len(cleaned)
    story.to_html(so_far=True)
    story.to_text(so_far=True)
    assert len(cleaned) == before


def test_the_code_of_a_fence_that_is_still_open_is_not_highlighted_nor_kept():
    story = Story()
    story.append("Text.\n\n```python\n")
    for n in range(5):
        story.append(f"def f{n}(): return {n}\n")
        assert "color:" not in story.to_html(so_far=True)
    assert not story._blocks.renderer.highlighter._known
    story.append("```\n\nMore.\n\n")
    assert "color:" in story.to_html(so_far=True)


def test_the_cells_of_a_long_table_say_no_more_than_at_which_side_they_stand():
    def copy(rows: int) -> str:
        story = Story()
        story.append("| a | b |\n|---|--:|\n" + "| `one` | two |\n" * rows)
        return story.to_html(so_far=True)

    few, many = copy(40), copy(400)
    assert "padding:.3em" in few
    assert '<td><div align="left"><code>one</code></div></td>' in many
    assert '<td><div align="right">two</div></td>' in many
    assert '<table rules="rows" cellpadding="5" style=' in many
    assert len(many) < 6 * len(few)
