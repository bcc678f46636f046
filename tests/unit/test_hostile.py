"""Text that a model may write to do harm, through all that nbkit makes of it."""

from __future__ import annotations

import json

import pytest
from story_page import Page, add, letters, whole

from nbkit import export
from nbkit._render.marks import CLOSE, LESS, OPEN, RUN, RUN_END
from nbkit.story import Story

FORGED = "&#x2E28;1&#x2E29;"
FORGERIES = [
    f"{FORGED} and §p§",
    "&#11816;1&#11817; and §p§",
    "&#X0002e28;1&#0011817; and §p§",
    "&#x2E28;999&#x2E29; and §p§",
    f"[a](http://x.org/{FORGED} 't {FORGED}') and §p§",
    f"![a {FORGED}](http://x.org/{FORGED}) and §p§",
    f"[a]: http://x.org/{FORGED}\n\n[a] and §p§",
    f"§p§\n\n[a]\n\n[a]: http://x.org/ '{FORGED}'",
    f"```py {FORGED}\nx\n```\n\n§p§",
    f"~~~{FORGED}\nx§p§\n~~~",
    f"| a | b |\n|---|---|\n| {FORGED} | §p§ |",
    f"- {FORGED} §p§\n- b\n\n- c",
    f"# {FORGED} §p§",
    f"&#x2E28;§p§1&#x2E29; **{FORGED}**",
    "- &#xFDD0; §p§ &#xfdd1;\n\n- &#64976;b",
    "&#x2E26;script>§p§",
]


def streamed(text: str) -> Page:
    """What a reader sees who looks at every letter."""
    page = Page(Story())
    for piece in letters(text):
        add(page.story, piece)
        page.update()
    page.story.end()
    page.update()
    return page


@pytest.mark.parametrize("text", FORGERIES)
def test_no_slot_can_be_forged_with_character_references(text):
    page = streamed(text)
    assert page.slots == [1]
    assert "<script" not in page.html
    assert not {OPEN, CLOSE, LESS, RUN, RUN_END} & set(page.html)
    story = page.story
    assert story.to_html().count("[Image not finished: p]") == 1
    assert story.to_text().count("[Image not finished: p]") == 1
    assert story.to_markdown().count("Image not finished: p") == 1


def test_code_shows_a_character_reference_as_it_is_written():
    assert "&amp;#x2E28;1" in streamed("`&#x2E28;1`").html


@pytest.mark.parametrize(
    "text",
    [
        "[a]: http://x.org/§p§\n\n[a] and [a] and [b][a]",
        "[a] and [a]\n\n[a]: http://x.org/§p§",
        "[a] and [a]\n\n[a]: http://x.org/ 't§p§t'\n",
        "[a]: http://x.org/§p§\n\nno link to it",
        "[a]: http://x.org/§p§",
        "- [a]\n- [a]\n\n[a]: http://x.org/§p§\n\nEnd",
    ],
)
def test_a_slot_in_the_definition_of_a_link_is_shown_once(text):
    assert streamed(text).slots == [1]
    story = whole(text)
    assert story.to_html().count("[Image not finished: p]") == 1
    assert story.to_text().count("[Image not finished: p]") == 1
    markdown = story.to_markdown()
    assert markdown.count("*Image not finished: p*") == 1
    assert "x.org/*" not in markdown


def test_text_and_prompts_that_are_no_text_can_be_shown_sent_and_saved(tmp_path):
    story = Story()
    story.append("# \ud83d title \0")
    name = story.add_slot("half \udd8a a \0 fox")
    assert story.slots[name].prompt == "half \ufffd a \ufffd fox"
    story.set_slot(name, prompt="\ud83d")
    story.end()
    changes = story.changes(0)
    json.dumps([changes.ops, changes.slots[0].prompt], ensure_ascii=False).encode()
    for ending in ("html", "md", "ipynb"):
        assert "\ufffd" in export.save(story, tmp_path / f"a.{ending}").read_text("utf-8")
