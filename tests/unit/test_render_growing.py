"""Text that grows: places of images in it, what is half-written, and the pieces it is sent in."""

from __future__ import annotations

import pytest
from story_page import Page, page_of, whole
from unit.render_kit import UL, Tags, live

from nbkit._render.changes import Clock, View
from nbkit._render.marks import LineEndings
from nbkit.story import Story


def slot(number: int) -> str:
    return f'<span class="nbkit-slot" data-nbkit-slot="image-{number}"></span>'


# Slots


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("one §p§ two", f"<p>one {slot(1)} two</p>"),
        ("one§p§two", f"<p>one{slot(1)}two</p>"),
        ("**bold.**§p§", f"<p><strong>bold.</strong>{slot(1)}</p>"),
        ("§p§**bold.**", f"<p>{slot(1)}<strong>bold.</strong></p>"),
        ("**bold §p§ on**", f"<p><strong>bold {slot(1)} on</strong></p>"),
        ("§p§", f'<div class="nbkit-figure">{slot(1)}</div>'),
        ("§p§ §q§", f'<div class="nbkit-figure">{slot(1)} {slot(2)}</div>'),
        ("# Title §p§", f"<h1>Title {slot(1)}</h1>"),
        ("> §p§ said", f"<blockquote><p>{slot(1)} said</p></blockquote>"),
        ("- a §p§\n- b", f'<ul class="nbkit-parts"></ul><li>a {slot(1)}</li><li>b</li>'),
        (
            "- §p§",
            f'<ul class="nbkit-parts"></ul><li><div class="nbkit-figure">{slot(1)}</div></li>',
        ),
        (
            "a `code §p§ here` b\n\nc",
            f'<p>a <code>code  here</code> b</p><div class="nbkit-figure">{slot(1)}</div><p>c</p>',
        ),
        (
            "- a `§p§x`\n  - b",
            (
                f'{UL}<li>a <code>x</code><div class="nbkit-figure">{slot(1)}</div>'
                "<ul><li>b</li></ul></li>"
            ),
        ),
        ("[a §p§ b](http://x.org) c", f">a  b</a>{slot(1)} c</p>"),
        ("[a](http://x.org/§p§y)", f'>a</a></p><div class="nbkit-figure">{slot(1)}</div>'),
        ("![alt §p§](http://x.org)", f'>alt </a></p><div class="nbkit-figure">{slot(1)}</div>'),
        ("$x^{§p§2}$ b", f'b</p><div class="nbkit-figure">{slot(1)}</div>'),
        ("[a]: http://x.org/§p§\n\nb", f'<div class="nbkit-figure">{slot(1)}</div><p>b</p>'),
        (
            "> [a]: http://x.org/§p§\n> b\n\nc §q§",
            f'</blockquote><div class="nbkit-figure">{slot(1)}</div><p>c {slot(2)}</p>',
        ),
        (
            "- [a]: http://x.org/§p§\n- b",
            f'<li><div class="nbkit-figure">{slot(1)}</div></li><li>b</li>',
        ),
        ("    code §p§\n\nb", f'</pre><div class="nbkit-figure">{slot(1)}</div><p>b</p>'),
    ],
)
def test_a_slot_stands_where_its_prompt_stood(source, expected):
    assert live(source).endswith(expected)


def test_slots_in_a_table_stay_in_their_cells():
    found = live("| a | b §p§ |\n|---|---|\n| §q§ | x §r§§s§ |\n| `c§t§` | d | §u§ |\n")
    assert f"<th>b {slot(1)}</th>" in found
    assert f"<td>{slot(2)}</td><td>x {slot(3)}{slot(4)}</td>" in found
    assert f"<td><code>c</code>{slot(5)}</td><td>d{slot(6)}</td>" in found


def test_slots_in_a_fence_stand_after_it_while_it_is_written_and_then():
    page = Page(Story())
    for part in ("```\na", "@", "\nb\n", "@", "\n```\n", "after\n\nmore"):
        if part == "@":
            page.story.add_slot("p")
        else:
            page.story.append(part)
        page.update()
    assert [shell for shell, _ in page.blocks] == [
        '<pre class="nbkit-code"><code class="nbkit-parts"></code></pre>',
        '<div class="nbkit-figure nbkit-parts"></div>',
        "<p>after</p>",
        "<p>more</p>",
    ]
    assert page.blocks[1][1] == [slot(1), slot(2)]
    page.story.end()
    assert page.update() == []


def test_the_id_of_a_slot_cannot_break_out():
    story = Story()
    story.add_slot("p", slot_id='"><script>alert(1)</script>')
    assert Tags(page_of(story)[0][0]).tags == {"div", "span"}


# Half-written


@pytest.mark.parametrize(
    ("source", "visible"),
    [
        ("**bo", "bo"),
        ("**bold*", "bold"),
        ("***a b", "a b"),
        ("**a *b", "a b"),
        ("_a", "a"),
        ("a **", "a"),
        ("a *", "a"),
        ("2 * 3", "2 * 3"),
        ("snake_ca", "snake_ca"),
        ("x_", "x"),
        ("~~a", "a"),
        ("~~a~", "a"),
        ("~5 km", "~5 km"),
        ("`co", "co"),
        ("``a `", "a"),
        ("`a` b `c", "a b c"),
        ("a `", "a"),
        ("[te", "te"),
        ("[text]", "text"),
        ("[text](htt", "text"),
        ('[text](http://x "ti', "text"),
        ("![al", "al"),
        ("see ![", "see"),
        ("see !", "see"),
        ("wow!", "wow!"),
        ("[1] is", "[1] is"),
        ("**[a](htt", "a"),
        ("[a **b](htt", "a b"),
        ("[a][re", "a"),
        ("[a]: htt", ""),
        ("[a](b c", "[a](b c"),
        ("is $x^2 +", "is"),
        ("costs $5 and", "costs $5 and"),
        ("$PATH is a thing", "$PATH is a thing"),
        ("$$\n\\frac", ""),
        ("AT&am", "AT"),
        ("a & b", "a & b"),
        ("R&D *", "R&D"),
        ("**R&D [", "R&D"),
        ("- R&D `", "R&D"),
        ("x ! _", "x !"),
        ("x <thi", "x"),
        ("x <think>", "x <think>"),
        ("x <http://a.b_c", "x http://a.b_c"),
        ("a<br", "a"),
        ("a\\", "a"),
        ("a\\\n", "a"),
        ("#", ""),
        ("## ", ""),
        ("# He", "He"),
        ("-", ""),
        ("- ", ""),
        ("- [", ""),
        ("- [x]", ""),
        ("12", ""),
        ("12 m", "12 m"),
        ("1.", ""),
        ("para\n-", "para"),
        ("para\n=", "para"),
        ("para\n--", "para"),
        ("- - ", ""),
        ("***", ""),
        ("> ", ""),
        ("> **a", "a"),
        ("```", ""),
        ("```py", ""),
        ("``", ""),
        ("~~~", ""),
        ("a\n```", "a"),
        ("- a\n  ```p", "a"),
        ("| a | **b", "ab"),
        ("| a | b |\n|--", "ab"),
        ("| a | b |\n|---|---|\n| c | `d", "abcd"),
        ("| a |\n|---|\n|", "a"),
        ("```\nx\n``", "x\n"),
        ("```\nx\n`", "x\n"),
        ("- ```\n  x\n  ``", "x\n"),
        ("**a\n\n", "**a"),
        ("- a `b\n- c", "a `bc"),
        ("**a\n# b", "**ab"),
    ],
)
def test_what_is_half_written_looks_as_it_will_read(source, visible):
    page = Page(whole(source, end=False))
    page.update()
    assert page.visible == visible


def test_a_half_written_address_is_shown_without_its_bracket():
    story = Story()
    story.append("write to <me@exam")
    assert page_of(story) == [("<p>write to me@exam</p>", None)]


@pytest.mark.parametrize(
    "source",
    [
        "**bo",
        "a *b",
        "`co",
        "[te",
        "[text](htt",
        "$x^2",
        "<thi",
        "AT&am",
        "a\\",
        "wow ![",
        "1",
        "a ~~b",
    ],
)
def test_at_the_end_everything_stands_as_it_was_written(source):
    page = Page(whole(source))
    page.update()
    assert page.visible == source


# Pieces


def test_line_ends_become_one_wherever_they_are_cut():
    for cuts in (
        ["a\r\nb\rc\n"],
        ["a\r", "\nb", "\r", "c\n"],
        list("a\r\nb\rc\n"),
        ["a\r", "", "\nb\rc\n"],
    ):
        ends = LineEndings()
        assert "".join(map(ends.feed, cuts)) == "a\nb\nc\n"


def test_a_view_tells_each_reader_the_least_that_is_new():
    view = View(clock := Clock())
    view.put(0, "<p>a</p>")
    view.open(1, "<ul></ul>")
    for index in range(3):
        view.part(1, index, f"<li>{index}</li>")
    seen = clock.revision
    assert view.changes(seen) == []
    view.put(0, "<p>a</p>")
    view.part(1, 2, "<li>2</li>")
    assert clock.revision == seen
    view.cut(1, 1)
    view.put(2, "<p>b</p>")
    view.drop(2)
    assert view.changes(seen) == [{"op": "cut", "key": 1, "count": 1}, {"op": "drop", "key": 2}]
    view.part(1, 1, "<li>new</li>")
    view.open(0, "<ol></ol>")
    assert view.changes(seen) == [
        {"op": "open", "key": 0, "html": "<ol></ol>"},
        {"op": "part", "key": 1, "index": 1, "html": "<li>new</li>"},
        {"op": "cut", "key": 1, "count": 2},
        {"op": "drop", "key": 2},
    ]
    view.put(2, "<p>c</p>")
    with pytest.raises(TypeError, match="no parts"):
        view.part(2, 0, "<li></li>")
