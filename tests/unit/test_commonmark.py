"""The examples of CommonMark's specification: nbkit reads Markdown as the reference does.

What is ours, and how each example is compared nevertheless:

- Raw HTML is text. Where an example's HTML holds any, the reference is what another implementation
  of CommonMark, ``markdown-it-py``, makes of it with raw HTML turned off; everywhere else it is the
  specification's own.
- An image is a link to it, with its alt text.
- A link is one to an absolute address of ``http``, ``https`` or ``mailto``; any other is its text,
  and so is one within another. A second test lifts that rule and compares every address.
- Addresses are compared decoded: which characters are written as ``%5C`` is up to each.
- ``div`` and ``span`` are left out, and so are attributes that only dress (``class``, ``style``).
"""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from html_outline import Element, lines, read, rewrite
from markdown_it import MarkdownIt
from story_page import Page, add, letters, page_of, pieces, whole

from nbkit._render import rows, still
from nbkit.story import Story

SPEC = Path(__file__).parents[1] / "data" / "commonmark" / "spec-0.31.2.json"
EXAMPLES = json.loads(SPEC.read_text("utf-8"))

OURS = {
    # A "<" at the beginning of a line is text even where the line before it makes it the address
    # of a definition: what a line becomes depends on no other line, and in a reply "see [docs]:"
    # comes before "<details>" far more often than before an address.
    195: "<p>[Foo bar]:\n&lt;my url&gt;\n'title'</p>\n<p>[Foo bar]</p>",
}
"""The examples that no rule covers: why, and what nbkit makes of each."""

_other = MarkdownIt("commonmark")
_other_safe = MarkdownIt("commonmark", {"html": False})
_SAFE = re.compile("(?:https?://|mailto:)", re.IGNORECASE)
_ANY = re.compile("(?s)")

examples = pytest.mark.parametrize(
    "example", EXAMPLES, ids=[f"{each['example']}" for each in EXAMPLES]
)


def reference(example: dict[str, str]) -> str:
    """Give the HTML that an example ought to become, where raw HTML is text."""
    escaped = _other_safe.render(example["markdown"])
    return escaped if has_raw_html(example) else example["html"]


def has_raw_html(example: dict[str, str]) -> bool:
    source = example["markdown"]
    return bool(_other.render(source) != _other_safe.render(source))


def outline(html: str, *, addresses: re.Pattern[str] = _SAFE) -> list[str]:
    """Write HTML as an outline, with our rules for images and links."""
    root = rewrite(read(html), _image_as_link)
    return lines(rewrite(root, lambda element: _link_as_text(element, addresses)))


def _image_as_link(element: Element) -> list[Element | str] | None:
    if element.tag != "img":
        return None
    own = {"href": element.attributes["src"], **element.attributes}
    kept = {name: own[name] for name in ("href", "title") if name in own}
    return [Element("a", kept, [element.attributes["alt"]])]


def _link_as_text(element: Element, addresses: re.Pattern[str]) -> list[Element | str] | None:
    if element.tag != "a":
        return None
    within = rewrite(element, lambda inner: inner.children if inner.tag == "a" else None)
    address = unquote(element.attributes["href"])
    if not addresses.match(address):
        return within.children
    return [Element("a", {**element.attributes, "href": address}, within.children)]


def static(story: Story) -> str:
    """Give the inside of a snapshot."""
    return story.to_html().partition(">")[2].rpartition("</div>")[0]


def live(page: Page) -> str:
    """Give what a page shows, the parts of a block within its shell."""
    shown = []
    for shell, parts in page.blocks:
        place = re.search(r"<[^>]*\bnbkit-parts\b[^>]*>", shell)
        at = place.end() if place else len(shell)
        shown.append(shell[:at] + "".join(parts or ()) + shell[at:])
    return "\n".join(shown)


@examples
def test_a_snapshot_and_a_page_read_as_the_reference(example):
    story = whole(example["markdown"])
    page = Page(story)
    page.update()
    expected = outline(OURS.get(example["example"], reference(example)))
    assert outline(static(story)) == expected
    assert outline(live(page)) == expected


@examples
def test_every_address_and_title_is_that_of_the_reference(example, monkeypatch):
    monkeypatch.setattr(rows, "_ADDRESS", _ANY)
    monkeypatch.setattr(still, "clean_static", str)
    expected = outline(OURS.get(example["example"], reference(example)), addresses=_ANY)
    assert outline(static(whole(example["markdown"])), addresses=_ANY) == expected


@examples
def test_an_example_reads_the_same_wherever_it_was_cut(example):
    source = example["markdown"]
    rng = random.Random(example["example"])
    cut = pieces(source, [rng.randrange(1000) for _ in range(3)])
    snapped = whole(source).to_html()
    for deltas in (letters(source), cut):
        page = streamed(deltas)
        page.story.end()
        page.update()
        assert page.blocks == page_of(whole(source))
        assert page.story.to_html() == snapped


@examples
def test_an_example_reads_so_as_soon_as_the_next_block_is_there(example):
    """The whole is rendered once more at the end; it is as it should be before."""
    source = f"{example['markdown']}\n\nThe end.\n"
    assert streamed(letters(source)).blocks == page_of(whole(source))


def streamed(deltas: list[str]) -> Page:
    page = Page(Story())
    for delta in deltas:
        add(page.story, delta)
        page.update()
    return page


def test_the_reference_is_the_specification_but_where_raw_html_is_text():
    assert len(EXAMPLES) == 652
    for example in EXAMPLES:
        if not has_raw_html(example):
            own = lines(read(example["html"]))
            assert own == lines(read(_other.render(example["markdown"]))), example["example"]
    raw = [each["section"] for each in EXAMPLES if has_raw_html(each)]
    assert 0.1 < len(raw) / len(EXAMPLES) < 0.13
    assert {"HTML blocks", "Raw HTML"} <= set(raw)


def test_the_exceptions_are_exceptions():
    for number, ours in OURS.items():
        example = EXAMPLES[number - 1]
        assert outline(ours) != outline(reference(example))
