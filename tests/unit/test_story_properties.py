"""Laws of a story: what it becomes never depends on how its text was cut."""

from __future__ import annotations

import itertools
import re

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from story_page import Page, add, letters, page_of, pieces, whole

from nbkit.story import Story

CALM = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

WORDS = ["plain", "two words", "émigré 日本", "a_b_c", "2 * 3", "5 < 6", "R&D", "x.", "why?"]
WORDS += ["שלום עולם", "مرحبا (1)", "12"]
INLINE = [
    "**bold**",
    "*soft*",
    "***both***",
    "_under_",
    "__strong__",
    "~~gone~~",
    "`code`",
    "`קוד`",
    "``a ` b``",
    "[link](http://example.org/a_b)",
    '[titled](http://example.org "a *title*")',
    "![picture](http://example.org/p.png)",
    "<http://auto.example.org/x_y>",
    "[ref]",
    "[text][ref]",
    "$x^2$",
    r"$\frac{a}{b}$",
    "&amp;",
    r"\*not\*",
    "**bold with `code` and *soft* in**",
    "**a [link](http://example.org) b**",
    "line<br>break",
    "<think>",
    "**bold.**§one prompt§after",
    "§a prompt§",
]

inline = st.sampled_from(WORDS + INLINE + INLINE)
row = st.lists(inline, min_size=1, max_size=4).map(" ".join)
lines = st.lists(row, min_size=1, max_size=3).map("\n".join)


def indented(text: str, by: str, first: str) -> str:
    return first + text.replace("\n", "\n" + by)


def items(marker: str, texts: list[str], gap: str) -> str:
    return gap.join(indented(text, " " * len(marker), marker) for text in texts)


def table(cells: list[tuple[str, str]]) -> str:
    flat = [tuple(cell.replace("\n", " ").replace("|", "") for cell in pair) for pair in cells]
    return "\n".join(["| a | **b** |", "|---|:-:|", *(f"| {x} | {y} |" for x, y in flat)])


markers = st.sampled_from(["- ", "* ", "1. ", "7) ", "- [ ] ", "- [x] "])
simple = st.one_of(
    lines,
    row.map(lambda text: f"## {text}"),
    lines.map(lambda text: f"{text}\n==="),
    lines.map(lambda text: f"{text}\n---"),
    st.just("---"),
    lines.map(lambda text: indented(text, "> ", "> ")),
    lines.map(lambda text: f"> {text}"),  # lazy lines
    st.lists(st.tuples(row, row), max_size=4).map(table),
    lines.map(lambda text: f"```python\n{text}\n\n    x = 1\n```"),
    lines.map(lambda text: f"~~~\n{text}\n```\n~~~"),
    lines.map(lambda text: f"$$\n{text}\n$$"),
    st.just("$$\n\\frac{a}{b}\n$$"),
    st.just("    indented\n\n    code"),
    st.just("[ref]: http://example.org/ref 'title'"),
    st.just("[ref]: <http://example.org/other>\n"),
    st.just("[other]: http://example.org\n'no\ntitle' at all"),
    st.just('[other]: http://example.org\n"its\ntitle"'),
    st.just("[other]: http://example.org\n(text\n\nafter)"),
    st.just("<div>\n**not raw**\n</div>"),
)
nested = st.builds(
    items,
    markers,
    st.lists(st.one_of(row, simple, st.tuples(row, simple).map("\n".join)), min_size=1, max_size=4),
    st.sampled_from(["\n", "\n", "\n\n"]),
)
document = st.lists(
    st.tuples(st.one_of(simple, nested, nested), st.sampled_from(["\n", "\n\n", "\n\n\n"])),
    max_size=4,
).map(lambda blocks: "".join(text + gap for text, gap in blocks))

definitions = st.sampled_from(
    [
        "[other]: http://example.org\n'no\ntitle' at all",
        "[other]: http://example.org\n'its\ntitle'",
        "[other]: http://example.org\n(its\ntitle)\nnot it",
        '[other]: http://example.org\n"its title"\n[another]: /x',
        "[other]:\nhttp://example.org\n'open\n\nnot it",
        "> [other]: http://example.org\n> 'its\ntitle'",
    ]
)

# Not Markdown that anybody would write, which is the point.
scribble = st.lists(
    st.sampled_from([*"ab \n\n*_`~$[]()!<>#-=|:\\&1.\t\"'é", "§p§", "\r\n", "http://x"]),
    max_size=50,
).map("".join)


def stream(parts: list[str], every: int = 1) -> Page:
    """Show a story on a page as it comes, without its end."""
    page = Page(Story())
    for count, part in enumerate(parts):
        add(page.story, part)
        if count % every == 0:
            page.update()
    page.update()
    return page


@CALM
@given(document, st.lists(st.integers(0, 400), max_size=20), st.integers(1, 5))
def test_a_story_ends_the_same_however_it_was_cut(text, cuts, every):
    page = stream(pieces(text, cuts), every)
    page.story.end()
    page.update()
    once = whole(text)
    assert page.blocks == page_of(once)
    assert page.story.to_html() == once.to_html()
    assert page.story.to_markdown() == once.to_markdown()
    assert page.story.to_text() == once.to_text()


@CALM
@given(st.one_of(document, scribble), st.integers(1, 4))
def test_streamed_letter_by_letter_it_ends_as_the_whole(text, every):
    page = stream(letters(text), every)
    page.story.end()
    page.update()
    assert page.blocks == page_of(whole(text))


@CALM
@given(st.one_of(document, scribble), st.integers(1, 4))
def test_without_late_definitions_the_end_finds_nothing_to_mend(text, every):
    text = re.sub(r"(?m)^.*\[[^\]\n]*\]:.*$", "no definition", text)
    page = stream(letters(text + "\n\n# End\n\n"), every)
    page.story.end()
    assert page.update() == []


@CALM
@example('[other]: http://example.org\n"its\ntitle"\n    indented\n\n    code\n')
@given(st.lists(st.one_of(document, definitions), max_size=3).map("\n\n".join))
def test_nothing_is_cut_where_a_definition_may_go_on(text):
    # Nothing refers to them here, so that only their own text could come out wrong.
    numbers = itertools.count()
    text = re.sub(r"\[other\]", lambda _: f"[no {next(numbers)}]", text.replace("[ref]", "word"))
    page = stream(letters(text + "\n\n# End\n\n"), 3)
    page.story.end()
    assert page.update() == []


@CALM
@given(st.one_of(document, scribble), st.integers(1, 3))
def test_every_slot_has_one_place_at_every_moment(text, every):
    page = Page(Story())
    for count, part in enumerate(letters(text)):
        add(page.story, part)
        if count % every == 0:
            page.update()
            assert sorted(page.slots) == list(range(1, len(page.story.slots) + 1))
    page.story.end()
    page.update()
    assert sorted(page.slots) == list(range(1, len(page.story.slots) + 1))


@CALM
@given(document, st.lists(st.integers(0, 60), min_size=1, max_size=5))
def test_readers_that_come_at_any_time_all_see_the_same(text, visits):
    story = Story()
    readers = [Page(story) for _ in visits]
    for count, part in enumerate(pieces(text, list(range(0, 400, 7)))):
        add(story, part)
        for reader, visit in zip(readers, visits, strict=True):
            if count % (visit + 1) == 0:
                reader.update()
    story.end()
    story.highlight(1.0)
    for reader in readers:
        reader.update()
        assert reader.blocks == page_of(story)


# Constructs that are completed: at no moment may the page show their marks.
COMPLETED = [
    ("**bold text**", "**"),
    ("*soft text*", "*"),
    ("***both kinds***", "*"),
    ("__strong text__", "__"),
    ("_soft text_", "_"),
    ("~~gone text~~", "~"),
    ("`some code`", "`"),
    ("``code ` tick``", "``"),
    ("[a link](http://example.org/path)", "["),
    ('[a link](http://example.org "its title")', "http"),
    ("[a **bold** link](http://example.org)", "*"),
    ("**a [link](http://example.org/x) in bold**", "("),
    ("![a picture](http://example.org/p.png)", "!"),
    ("[![a](http://example.org/p.png)](http://example.org)", "["),
    ("**bold `code` and *soft* text**", "*"),
    ("$x^2 + y_1$", "$"),
    (r"$\alpha < \beta$", "$"),
    ("<http://example.org/auto>", "<"),
    ("R&amp;D", "&amp"),
    (r"an \*escaped\* star", "\\"),
    ("one<br>two", "<"),
]


@CALM
@given(
    st.lists(
        st.tuples(st.sampled_from(COMPLETED), st.sampled_from(WORDS[:3])), min_size=1, max_size=3
    ),
    st.sampled_from(["", "- ", "> ", "1. ", "# ", "- [ ] ", "| x | ", "text\n\n", "- a\n  - "]),
)
def test_no_mark_of_a_construct_that_is_completed_is_ever_seen(constructs, before):
    text = before + " ".join(f"{source} {word}" for (source, _), word in constructs)
    allowed = "*" if "escaped" in text else ""
    allowed += "_" if "_" in "".join(word for _, word in constructs) else ""
    allowed += "`" if "tick" in text else ""
    if before.startswith("|"):
        text = f"| h | k |\n|---|---|\n{text} |"
    page = Page(Story())
    for letter in text + "\n\n":
        page.story.append(letter)
        page.update()
        visible = page.visible
        for mark in ("*", "_", "`", "~", "$", "[", "](", "http://example.org/p", "|", "\\", "<"):
            if mark not in allowed:
                assert mark not in visible, (page.story.text, visible)
        assert "&" not in visible or "R&amp;D" in text, (page.story.text, visible)


@CALM
@given(st.one_of(document, scribble))
def test_nothing_is_held_back_once_its_block_is_finished(text):
    text = re.sub(r"(?m)^.*\[[^\]\n]*\]:.*$", "no definition", text)
    story = whole(text + "\n\n# End\n\n", end=False)
    before = page_of(story)
    story.end()
    assert before == page_of(story)
