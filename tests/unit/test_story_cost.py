"""What a frame and the end of a story cost: counted, never timed."""

from __future__ import annotations

import tracemalloc

import pytest
from settled import settle
from story_page import Page, add, cut, page_of, whole

from nbkit.story import Story


def stream(story: Story, deltas: list[str], *, before: int = 0) -> tuple[list[int], list[int]]:
    """Stream deltas; gives the characters parsed and the bytes sent for each."""
    page = Page(story)
    parsed, sent = [], []
    for delta in deltas:
        at = story._blocks.parser.characters
        add(story, delta)
        ops = page.update()
        parsed.append(story._blocks.parser.characters - at)
        sent.append(sum(len(op.get("html", "")) + 40 for op in ops))
    assert page.blocks == page_of(story)
    return parsed, sent


ROWS = "| head | **other** |\n|---|---|\n" + "".join(
    f"| row {n} | some `code` and *more* {n} |\n" for n in range(1_000)
)
CODE = (
    "```python\n" + "".join(f"value_{n} = compute({n})  # note\n" for n in range(3_500)) + "```\n"
)
LIST = "".join(f"{n}. item number {n} with **bold** text\n" for n in range(1, 1_001))
PROSE = "".join(f"## Part {n}\n\nA paragraph about *part* {n}.\n\n" for n in range(500))


LONG_LINES = CODE.replace("\n", " ", 3_000).replace(" ", "\n", 1)


@pytest.mark.parametrize(
    ("text", "most"),
    [(ROWS, 900), (CODE, 2_600), (LIST, 900), (PROSE, 900), (LONG_LINES, 5_200)],
    ids=["rows", "code", "list", "prose", "code in long lines"],
)
def test_a_frame_does_not_grow_with_what_came_before(text, most):
    parsed, sent = stream(Story(), cut(text))
    assert max(sent) <= most
    assert max(parsed) <= most
    quarter = len(sent) // 4
    assert sum(sent[-quarter:]) <= 1.3 * sum(sent[quarter : 2 * quarter])
    assert sum(parsed[-quarter:]) <= 1.3 * sum(parsed[quarter : 2 * quarter])


def test_lines_of_code_are_not_parsed_at_all():
    parsed, _ = stream(Story(), cut(CODE))
    assert sum(parsed) < 200


def test_a_list_that_turns_loose_is_sent_once_more():
    story = Story()
    page = Page(story)
    story.append("".join(f"- item {n}\n" for n in range(200)))
    page.update()
    story.append("\n- loose")
    page.update()
    story.append(" now\n")
    again = page.update()
    assert sum(op["op"] == "part" for op in again) >= 200
    story.append("- more\n- and more\n")
    assert sum(op["op"] == "part" for op in page.update()) <= 3
    assert all("<p>" in part for part in page.blocks[0][1])


def test_finished_rows_and_chunks_are_never_sent_again():
    for text in (ROWS, CODE):
        story = Story()
        page = Page(story)
        times: dict[int, int] = {}
        for delta in cut(text, 300):
            story.append(delta)
            for op in page.update():
                if op["op"] == "part":
                    times[op["index"]] = times.get(op["index"], 0) + 1
        story.end()
        assert page.update() == []
        assert max(times.values()) <= 9


def test_a_late_reader_pays_for_what_changed_and_no_more():
    story = whole(PROSE, end=False)
    seen = story.changes(0).revision
    story.append("One more *line*.\n")
    assert len(story.changes(seen).ops) == 1


def test_the_end_of_a_long_story_takes_little_memory_beside_its_text():
    story = Story()
    story.append("## A part\n\nA paragraph with **bold** in it.\n\n- one\n- two\n\n" * 1_000)
    story.changes(0)
    settle()
    tracemalloc.start()
    try:
        story.end()
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 10 * len(story.text)
