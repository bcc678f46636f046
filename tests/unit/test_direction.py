"""Which way text runs: what is written from right to left is laid out so, and nothing else is."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable

import pytest
from story_page import Page, add, letters, page_of, whole
from unit.render_kit import Tags, live

from nbkit._render.direction import first_strong, is_straight
from nbkit._render.sanitizer import clean_live, clean_static
from nbkit.story import Story

HEBREW, ARABIC = "שלום עולם", "مرحبا بك"
CELLS = "|---|---|\n| Fox | 5 |\n"


def static(text: str) -> str:
    return whole(text).to_html()


def told(html: str) -> list[tuple[str, str | None]]:
    """The elements that say which way they run, and which way that is."""
    return [(tag, value) for tag, name, value in Tags(html).attributes if name == "dir"]


@pytest.mark.parametrize("shown", [live, static])
@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (HEBREW, ["p rtl"]),
        (f"**{ARABIC}** and more", ["p rtl"]),
        (f"(1) “{HEBREW}”", ["p rtl"]),
        ("\u200f1, 2, 3", ["p rtl"]),
        (f"Words and {HEBREW}", []),
        ("émigré 日本 12", []),
        (f"## {ARABIC}", ["h2 rtl"]),
        (f"{HEBREW}\n===", ["h1 rtl"]),
        # Code tells nothing of the text that it stands in, and is not mixed up with it.
        (f"`pip install x` {HEBREW}", ["p rtl", "code ltr"]),
        (f"$x$ {HEBREW}", ["p rtl"]),
        (f"Say `{HEBREW}` 5 times", ["code ltr"]),
        (f"```\n{HEBREW}\n```", []),
        (f"    {HEBREW}", []),
        # A list is one, with its marks below each other.
        (f"12. {HEBREW}\n13. Words\n    - more", ["ol rtl"]),
        (f"- **5**\n- {HEBREW}", ["ul rtl"]),
        (f"- Words\n- {HEBREW}", []),
        (f"- {HEBREW}\n\n  ```\n  x\n  ```", ["ul rtl", "pre ltr"]),
        (f"- {HEBREW}\n\n  > q", ["ul rtl"]),
        (f"> {HEBREW}\n>\n> Words.\n>\n> {ARABIC}", ["blockquote rtl", "p ltr"]),
        # A table runs as its head does: its rows are not known yet when it is begun.
        (f"| {HEBREW} | n |\n{CELLS}", ["div rtl", "th ltr", "td ltr"]),
        (f"| a | b |\n|---|---|\n| {HEBREW} | 5 |\n", ["td rtl"]),
        # What has no letter runs as what is before it.
        (f"{HEBREW}\n\n12\n\n$$\nx\n$$\n\nWords\n\n12", ["p rtl", "p rtl", "p rtl"]),
        (f"{HEBREW}\n\n§a fox§\n\n```\nx\n```\n\n§a fox§", ["p rtl", "div rtl", "div rtl"]),
        (
            f"- {HEBREW}\n\n12\n\n| 1 | 2 |\n{CELLS}\n\n3",
            ["ul rtl", "p rtl", "div rtl", "td ltr", "p rtl"],
        ),
    ],
)
def test_a_block_runs_as_its_first_letter_does(
    shown: Callable[[str], str], source: str, expected: list[str]
):
    assert [f"{tag} {value}" for tag, value in told(shown(source))] == expected


@pytest.mark.parametrize(
    "source",
    [
        f"- **5**\n- 12\n- {HEBREW} and\n- 5\n\nWords",
        f"{HEBREW}\n\n1. 5\n2. 6\n3. Words\n\n7",
        f"| 1 | {HEBREW} |\n{CELLS}| {ARABIC} | 5 |\n\n7",
        f"12 {HEBREW} **3**, `x` and {ARABIC}\n\n§a fox§\n\n> 1\n> 2 {HEBREW}\n",
        f"12\n\nWords `{HEBREW}` **4** 5 {ARABIC} and more",
    ],
)
def test_a_text_that_grows_runs_as_the_whole_does(source: str):
    page = Page(Story())
    copy = ""
    for letter in letters(source):
        add(page.story, letter)
        page.update()
        copy = page.story.to_html(so_far=True)
    assert page.blocks == page_of(whole(source, end=False))
    assert told(copy) == told(static(source))
    page.story.end()
    page.update()
    assert page.blocks == page_of(whole(source))


def test_what_was_sent_of_a_list_is_still_there_when_it_turns():
    page = Page(Story())
    page.story.append("- 1\n- 2\n- ")
    page.update()
    page.story.append(HEBREW)
    page.update()
    assert page.blocks == [
        (
            '<ul class="nbkit-parts" dir="rtl"></ul>',
            ["<li>1</li>", "<li>2</li>", f"<li>{HEBREW}</li>"],
        )
    ]


def test_bars_and_cells_of_a_static_copy_are_at_the_side_where_lines_begin():
    assert "border-left:3px" in static("> Words")
    turned = static(f"> {HEBREW}")
    assert "border-right:3px" in turned
    assert "border-left:3px" not in turned
    assert turned.count('<p style="text-align:right">') == 1
    assert static(HEBREW).count('<p style="text-align:right" dir="rtl">') == 1
    assert "text-align" not in static("Words")
    assert static(f"| a | b |\n{CELLS}").count("text-align:left") == 4
    assert static(f"| {HEBREW} | b |\n{CELLS}").count("text-align:right") == 4
    assert static(f"| {HEBREW} | b |\n|:-:|:--|\n| a | b |").count("text-align:left") == 2


@pytest.mark.parametrize("clean", [clean_live, clean_static])
def test_no_other_direction_gets_through_and_none_elsewhere(clean: Callable[[str], str]):
    assert clean('<p dir="rtl">a</p>') == '<p dir="rtl">a</p>'
    for other in ("auto", "rtl;", 'ltr" onclick="x'):
        assert "dir=" not in clean(f"<p dir='{other}'>a</p>")
    for tag in ("span", "em", "a", "li", "math", "table"):
        assert "dir=" not in clean(f'<{tag} dir="rtl">a</{tag}>')


def test_only_a_text_with_such_letters_is_looked_at_more_closely():
    for character in map(chr, range(sys.maxunicode + 1)):
        if unicodedata.bidirectional(character) in {"R", "AL"}:
            assert not is_straight(f"a {character}")
            assert first_strong(f"12 {character} a") == "rtl"
    assert is_straight("émigré 日本 🦊 \u2e28\u2e26 5 €")
    assert first_strong("12, (3)") is None
