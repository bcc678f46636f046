"""The last paragraph, extended: at every moment as if all of it had been parsed again."""

from __future__ import annotations

from unittest import mock

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from story_page import Page, add, pieces

from nbkit._render.tail import Tail
from nbkit.story import Story

CALM = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

PARTS = [
    *("שלום", "مرحبا بك", "**עולם**", "`קוד`", "12", "\u200f"),
    *("plain", "two words", "émigré 日本", "a_b_c", "2 * 3", "5 < 6", "R&D", "x.", "why?", "x!"),
    *(
        "**bold**",
        '**"bold"**',
        "*soft*",
        "***both***",
        "_under_",
        "~~gone~~",
        "`code`",
        "``a ` b``",
    ),
    *("[link](http://example.org/a_b)", "![a](http://example.org)", "[ref]", "[text][ref]", "[x"),
    *(
        "<http://example.org>",
        "<think>",
        "line<br>break",
        "<b",
        "<br ",
        "<aaaa",
        "a@b.org>",
        "](",
        "]:",
    ),
    *(
        "$x^2$",
        "$5",
        "$",
        "&amp;",
        "&am",
        "p;",
        "&CounterClockwiseContourIntegral",
        ";",
        "&#x2e28;",
    ),
    *(
        r"\*not\*",
        "\\",
        "\\`",
        "**",
        "*",
        "_",
        "`",
        "~",
        "#",
        "##",
        "-",
        "1.",
        "|",
        ":",
        "(",
        ")",
        "!",
    ),
    *(
        "\u00a0",
        "\u3000",
        "\t",
        "  ",
        " ",
        "\u2e28",
        "\u2e26",
        "\ufdd0",
        "\0",
        "\u200b",
        "a\u0301",
        "🦊",
    ),
    *(
        "§a prompt§",
        "\n",
        "\n\n",
        "\n- ",
        "\n## ",
        "\n> ",
        "\n| a | b |\n",
        "\n[ref]: /x\n",
        "\n    ",
    ),
]
text = st.lists(
    st.tuples(st.sampled_from(PARTS), st.sampled_from(["", " ", " "])).map("".join), max_size=30
).map("".join)
cuts = st.lists(st.integers(0, 200), max_size=30)
starts = st.sampled_from(
    [
        "",
        "Words first, ",
        "שלום, ",
        "שלום\n\n12, ",
        "- item\n\nWords ",
        "[ref]: http://x.org\n\nWords ",
    ]
)


def moments(parts: list[str]) -> list[object]:
    """What a page shows after each piece."""
    page = Page(Story())
    seen: list[object] = []
    for part in parts:
        add(page.story, part)
        page.update()
        seen.append(list(page.blocks))
    return seen


@CALM
@example("Words ", "**bold", [], "** and [x](http://a.b) more")
@example("", "a <aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", [], "@b.org and so on")
@example("", "It is ~b and a few words ", [], "c~ d")
@example("", "It costs $5 and a few more words of it ", [], "for x$ at most")
@example("", "R&D ", [], "**bold**")
@example("", "12 ", [], "`code` שלום")
@example("שלום\n\n", "12 ", [], "`code` words")
@example("", "שלום עולם ", [], "`code` and **words**")
@example("", "Words שלום ", [], "`code` עולם `קוד`")
@example("", "a &CounterClockwiseContourIntegral", [], "; and more")
@example("", "a word](", [], "<br> c")
@example("", "[ref]: http://x.org\n\na word ", [], "[ref] and more")
@example("", "`a §prompt§ b` and words", [], " and more")
@given(starts, text, cuts, text)
def test_an_extended_paragraph_is_what_a_parse_of_all_of_it_gives(start, text, cuts, more):
    parts = [start] if start else []
    parts += pieces(text, cuts) + pieces(more, list(range(0, 200, 3)))
    seen = moments(parts)
    with mock.patch.object(Tail, "is_settled", staticmethod(lambda *_: False)):
        assert seen == moments(parts)


@pytest.mark.parametrize("more", ["b c", " **b** c", " b", ", `b`", " [b](http://x.org) c", " *b"])
def test_what_follows_in_the_line_is_parsed_without_what_came_before(more):
    story = Story()
    story.append("A paragraph of **some** words that is long enough to tell, " * 10)
    story.changes(0)
    before = story._blocks.parser.characters
    story.append(more)
    story.changes(0)
    assert story._blocks.parser.characters - before <= 4 * (len(more) + 4)


def test_a_paragraph_past_what_anybody_writes_is_shown_as_it_stands():
    story = Story()
    story.append("word " * 3_190)
    for piece in (" and", " **more", " and more " * 10):
        story.append(piece)
        shown = story.changes(0).ops[-1]["html"]
    assert "**more" in shown
