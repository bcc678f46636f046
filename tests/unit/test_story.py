"""The story: what it is made of, and what it becomes."""

from __future__ import annotations

import base64
import re

import pytest
from story_page import Page, add, cut, page_of, pieces, whole

from nbkit.models import EncodedImage, ImagePrompt, Preview
from nbkit.story import Slot, Story

PNG = EncodedImage(b"\x89PNG\r\n\x1a\n" + b"\0" * 64, "image/png", 640, 480)
SMALL = EncodedImage(b"small", "image/webp", 64, 48)


def illustrated(**changes) -> Story:
    story = whole('Before §a red fox§ after.\n\n§two <b>"foxes"</b>§\n')
    for name in story.slots:
        story.set_slot(name, **changes)
    return story


# Text and slots


def test_slots_are_numbered_in_text_order_and_keep_their_prompts():
    story = Story()
    assert story.add_slot("a fox") == "image-1"
    story.append("text")
    assert story.add_slot(ImagePrompt("a hen", "<tag>", 4, 9, 1)) == "image-2"
    assert story.add_slot("a cow", slot_id="mine") == "mine"
    assert [(slot.id, slot.prompt, slot.status) for slot in story.slots.values()] == [
        ("image-1", "a fox", "queued"),
        ("image-2", "a hen", "queued"),
        ("mine", "a cow", "queued"),
    ]
    assert story.text == "text"
    with pytest.raises(ValueError, match="image-2"):
        story.add_slot("again", slot_id="image-2")
    with pytest.raises(TypeError):
        story.slots["image-1"] = None


def test_a_slot_changes_by_name_and_says_so_once():
    story = whole("a §p§ b §q§ c")
    page = Page(story)
    page.update()
    seen = story.changes(0).revision
    story.set_slot("image-2", status="running", preview=Preview(0.5))
    story.set_slot("image-2", status="running", preview=Preview(0.5))
    changes = story.changes(seen)
    assert changes.ops == []
    assert changes.slots == [Slot("image-2", "q", status="running", preview=Preview(0.5))]
    assert changes.revision == seen + 1
    assert story.changes(changes.revision).slots == []
    with pytest.raises(KeyError, match="the story has no slot 'image-3'"):
        story.set_slot("image-3", status="running")
    with pytest.raises(TypeError, match=r"colour cannot be set; .* prompt, status,"):
        story.set_slot("image-1", colour="red", status="running")
    with pytest.raises(TypeError, match="id cannot be set"):
        story.set_slot("image-1", id="image-9")
    with pytest.raises(TypeError, match="a prompt is a str"):
        story.set_slot("image-1", prompt=3)
    assert story.changes(changes.revision).slots == []


@pytest.mark.parametrize("given", [None, 3, b"bytes", ["text"]])
def test_what_is_no_text_is_a_type_error_and_changes_nothing(given):
    story = Story()
    kind = type(given).__name__
    with pytest.raises(TypeError, match=f"a story's text is a str, not {kind}"):
        story.append(given)
    with pytest.raises(TypeError, match=f"a prompt is a str or an ImagePrompt, not {kind}"):
        story.add_slot(given)
    assert story.add_slot("a fox") == "image-1"
    assert story.text == ""


def test_after_the_end_there_is_no_more_text_but_slots_go_on():
    story = whole("a §p§")
    assert story.ended
    story.end()
    with pytest.raises(ValueError, match="ended"):
        story.append("b")
    with pytest.raises(ValueError, match="ended"):
        story.add_slot("b")
    story.set_slot("image-1", status="succeeded", image=PNG)
    assert story.slots["image-1"].image is PNG


def test_a_reader_with_a_revision_that_never_was_gets_the_whole():
    story = whole("a\n\nb")
    assert story.changes(10_000) == story.changes(0)


def test_nothing_is_rendered_before_somebody_asks():
    story = Story()
    for _ in range(1_000):
        story.append("word ")
    assert story._blocks.parser.characters == 0
    story.changes(0)
    assert story._blocks.parser.characters <= 3 * 5_000


def test_a_late_definition_changes_the_blocks_that_refer_to_it_alone():
    story = Story()
    page = Page(story)
    for delta in cut("See [this].\n\nAnd that.\n\n[this]: http://x.org\n\n# End\n\n", 9):
        story.append(delta)
        page.update()
    assert "[this]" in page.visible
    story.end()
    assert [op["key"] for op in page.update() if op["op"] == "put"] == [0]
    assert 'href="http://x.org"' in page.html


def test_an_early_definition_holds_for_all_that_follows():
    story = Story()
    page = Page(story)
    text = (
        "[this]: http://x.org 'T'\n[this]: http://late.org\n\nA\n\nB\n\n- [This]\n- [a][this]\n\n"
        "[this]: http://later.org\n\n[this]\n\n# End\n"
    )
    for delta in cut(text, 7):
        story.append(delta)
        page.update()
    story.end()
    assert page.update() == []
    assert page.html.count('title="T"') == page.html.count('href="http://x.org"') == 3
    assert "late" not in page.html


def test_a_definition_in_a_list_holds_behind_it():
    story = Story()
    page = Page(story)
    for delta in cut("- [this]: http://x.org\n- b\n- c\n\nEnd\n\nSee [this].\n\n# End\n", 1):
        story.append(delta)
        page.update()
    assert 'href="http://x.org"' in page.html
    story.end()
    assert page.update() == []


def test_code_that_a_snapshot_has_highlighted_reaches_the_page_too():
    story = Story()
    page = Page(story)
    story.append("```python\n" + "x = 1\n" * 2_000 + "```\n\n> ```python\n> y = 1\n> ```\n\nEnd\n")
    page.update()
    story.to_html()
    while story.highlight(0.0001):
        page.update()
    page.update()
    assert page.html.count('<span class="nbkit-mi">1</span>') == 2_001


# What it becomes


def test_the_snapshot_holds_its_images_and_rests_on_inline_styles_alone():
    story = illustrated(status="succeeded", image=PNG, display=SMALL)
    found = story.to_html()
    assert found.startswith('<div class="nbkit-story mathjax_ignore tex2jax_ignore"')
    data = base64.b64encode(SMALL.data).decode()
    assert found.count(f'src="data:image/webp;base64,{data}"') == 2
    assert found.count("<figure") == 1
    assert 'alt="a red fox" width="64" height="48"' in found
    assert 'alt="two &lt;b&gt;&quot;foxes&quot;&lt;/b&gt;"' in found
    assert "max-width:min(100%,24rem)" in found
    for gone in ("<style", " id=", "data-nbkit", "<script", "⸨"):
        assert gone not in found


def test_a_picture_in_the_snapshot_is_no_wider_than_its_page_but_in_a_table_that_scrolls():
    def widths(text: str) -> list[str]:
        story = whole(text)
        for name in story.slots:
            story.set_slot(name, status="succeeded", image=PNG)
        return re.findall(r"max-width:([^;]+);", story.to_html())

    table = "| a | §b§ |\n|--|--|\n| §c§ | d |\n\n"
    assert widths("One §a§ two") == ["min(100%,20rem)"]
    assert widths("- One §a§\n- two") == ["min(100%,20rem)"]
    assert widths(f"§a§\n\n{table}One §d§ two") == [
        "min(100%,24rem)",
        "20rem",
        "20rem",
        "min(100%,20rem)",
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"status": "failed", "error": "out of <memory>"},
            "Image failed: a red fox (out of &lt;memory&gt;)",
        ),
        ({"status": "cancelled"}, "Image cancelled: a red fox"),
        ({"status": "skipped"}, "Image not generated: a red fox"),
        ({"status": "running"}, "Image not finished: a red fox"),
    ],
)
def test_a_slot_without_an_image_says_why(changes, said):
    story = illustrated(**changes)
    assert said in story.to_html()
    assert "two <b>" not in story.to_html()
    assert said.partition(" (")[0] in story.to_text()
    assert f"*{said.partition(' (')[0]}" in story.to_markdown()


def test_an_image_that_was_there_stays_when_the_next_one_fails():
    story = illustrated(status="failed", image=PNG, error="no")
    assert story.to_html().count("data:image/png") == 2


def test_a_formula_stays_right_where_math_is_stripped():
    found = whole("Let $x^2$ be\n\n$$\\sum_i y_i$$\n").to_html()
    # JupyterLab drops the tags it does not know and keeps what is in them.
    stripped = re.sub(r"</?(?:math|semantics|annotation-xml|m[a-z]+)\b[^>]*>", "", found)
    assert re.search(
        r'<span style="font-size:0">[^<]*<code style="font-size:0.9rem[^"]*">x\^2</code>', stripped
    )
    assert found.count("<math") == 2
    assert found.count("x^2") == 1


def test_costs_in_dollars_are_no_formula():
    assert "<math" not in whole("It costs $5 and $6, or $7.").to_html()


def test_markdown_is_the_text_as_written_with_images_in_it():
    story = illustrated(status="succeeded", image=PNG)
    assert story.to_markdown() == (
        "Before ![a red fox](images/image-1.png) after.\n\n"
        '![two \\<b\\>"foxes"\\</b\\>](images/image-2.png)\n'
    )
    named = story.to_markdown(lambda slot: f"my images/{slot.id} (1).png")
    assert "![a red fox](<my images/image-1 (1).png>)" in named


def test_markdown_keeps_what_the_text_says_of_html_and_code():
    text = "<think>a < b</think> `<i>`\n\n```html\n<b>x</b>\n```\n"
    assert whole(text).to_markdown() == text


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("a `x §p§ y` b\n\nc\n", "a `x  y` b\n\n![p](images/image-1.png)\n\n\nc\n"),
        (
            "```\nx\n§p§\ny\n```\nafter\n",
            "```\nx\n\ny\n```\n\n![p](images/image-1.png)\n\n\nafter\n",
        ),
        ("```\nx §p§", "```\nx \n```\n\n![p](images/image-1.png)\n\n"),
        ("| a |\n|---|\n| §p§ |\n", "| a |\n|---|\n| ![p](images/image-1.png) |\n"),
    ],
)
def test_in_markdown_a_slot_in_code_comes_after_it(text, markdown):
    story = whole(text)
    story.set_slot("image-1", image=PNG)
    assert story.to_markdown() == markdown


def test_plain_text_reads_well():
    text = (
        "# Title\n\nA **bold** `code` [link](http://x.org) §p§\nline\n\n"
        "- a\n- b\n  1. c\n  2. d\n\n> quote\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
        "```\nx = 1\n  y\n```\n\n$x^2$ &amp; <think>\n\n"
        "---\n\n- [x] done\n"
    )
    assert whole(text).to_text() == (
        "Title\n\nA bold code link [Image not finished: p]\nline\n\n- a\n- b\n  1. c\n  2. d\n\n"
        "> quote\n\na | b\n1 | 2\n\nx = 1\n  y\n\nx^2 & <think>\n\n---\n\n- [x] done\n"
    )


def test_a_story_can_be_written_down_before_its_end():
    story = Story()
    assert story.to_text() == ""
    assert story.to_markdown() == ""
    assert "</div>" in story.to_html()
    for piece in pieces("**half §p§", []):
        add(story, piece)
    assert "**half" in story.to_html()
    assert page_of(story)[0][0].startswith("<p><strong>half")


def test_images_in_a_snapshot_can_be_kept_small():
    pillow = pytest.importorskip("PIL.Image")
    import io

    buffer = io.BytesIO()
    pillow.new("RGB", (400, 200), "red").save(buffer, "PNG")
    story = illustrated(
        status="succeeded", image=EncodedImage(buffer.getvalue(), "image/png", 400, 200)
    )
    assert 'width="400" height="200"' in story.to_html()
    assert 'width="100" height="50"' in story.to_html(max_side=100)
