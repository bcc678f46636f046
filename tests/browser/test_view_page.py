"""The widgets' scripts in a real Chromium, with a model that the test speaks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from browser.view_page import (
    PreviewPage,
    ProgressPage,
    header,
    picture,
    place,
    put,
    row,
    shot,
    slot,
)
from playwright.sync_api import Browser, expect
from story_page import whole

from nbkit._render.highlight import chunks

Open = Callable[..., PreviewPage]

SAME = "([a, b]) => a === b"
PARAGRAPHS = [put(key, f"<p>Paragraph {key}: {'words ' * 60}</p>") for key in range(30)]
REST = "s => s.scrollHeight - s.scrollTop - s.clientHeight"
# The page has drawn a frame, and done what follows of its having been laid out.
DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture
def preview(chromium: Browser) -> Iterator[Open]:
    """Opens the preview's view; the page is closed, and looked at for errors, at the end."""
    opened: list[PreviewPage] = []

    def open_page(**more: Any) -> PreviewPage:
        opened.append(PreviewPage(chromium, **more))
        return opened[-1]

    yield open_page
    for each in opened:
        each.close()


@pytest.fixture
def progress(chromium: Browser) -> Iterator[Callable[..., ProgressPage]]:
    """Opens the progress widget's view."""
    opened: list[ProgressPage] = []

    def open_page(**more: Any) -> ProgressPage:
        opened.append(ProgressPage(chromium, **more))
        return opened[-1]

    yield open_page
    for each in opened:
        each.close()


# The story


def test_finished_blocks_and_a_selection_in_the_growing_one_are_not_touched(preview: Open):
    view = preview()
    view.frame(put(0, "<p>done</p>"), put(1, "<p>it <em>grows</em> and</p>"))
    expect(view.find(".nbkit-story")).to_contain_text("grows and")
    done = view.find(".nbkit-story p").first.element_handle()
    emphasis = view.find(".nbkit-story em").element_handle()
    view.page.evaluate(
        """em => {
            const range = document.createRange();
            range.selectNodeContents(em);
            getSelection().removeAllRanges();
            getSelection().addRange(range);
        }""",
        emphasis,
    )
    view.frame(put(1, "<p>it <em>grows</em> and <strong>grows</strong></p>"), put(2, "<p>x</p>"))
    expect(view.find(".nbkit-story strong")).to_have_text("grows")
    assert view.page.evaluate(SAME, [done, view.find(".nbkit-story p").first.element_handle()])
    assert view.page.evaluate(SAME, [emphasis, view.find(".nbkit-story em").element_handle()])
    assert view.page.evaluate("getSelection().toString()") == "grows"


def test_an_image_is_never_built_again_when_its_paragraph_is(preview: Open):
    view = preview()
    view.frame(put(0, f"<p>See {place()}</p>"))
    view.frame(slots=[slot(status="succeeded", image=shot())], pictures=[picture()])
    image = view.find("img.nbkit-picture")
    expect(image).to_be_visible()
    expect(image).to_have_attribute("alt", "a fox")
    before = image.element_handle()
    view.frame(put(0, f"<p>See {place()} and <b>more</b></p>"))
    view.frame(put(0, f"<p><b>Now</b> see {place()} and <b>more</b></p>"))
    view.frame({"op": "drop", "key": 0})
    view.frame(put(0, f"<ul><li>{place()}</li></ul>"))
    expect(view.find("li img.nbkit-picture")).to_be_visible()
    assert view.page.evaluate(SAME, [before, image.element_handle()])
    assert view.page.evaluate("view.held()") == 1


def test_parts_are_added_replaced_and_cut_within_their_container(preview: Open):
    view = preview()
    view.frame(
        {"op": "open", "key": 0, "html": '<ul class="nbkit-parts"></ul>'},
        {"op": "part", "key": 0, "index": 0, "html": "<li>one</li>"},
        {"op": "part", "key": 0, "index": 1, "html": "<li>tw</li>"},
    )
    first = view.find("li").first.element_handle()
    view.frame(
        {"op": "part", "key": 0, "index": 1, "html": "<li>two</li>"},
        {"op": "part", "key": 0, "index": 2, "html": "<li>three</li>"},
    )
    expect(view.find("li")).to_have_text(["one", "two", "three"])
    assert view.page.evaluate(SAME, [first, view.find("li").first.element_handle()])
    view.frame({"op": "cut", "key": 0, "count": 2})
    expect(view.find("li")).to_have_text(["one", "two"])
    # A list that turns loose is sent once more, and as another element it begins anew.
    view.frame(
        {"op": "open", "key": 0, "html": '<ol class="nbkit-parts"></ol>'},
        {"op": "part", "key": 0, "index": 0, "html": "<li><p>one</p></li>"},
    )
    expect(view.find("ol > li > p")).to_have_text(["one"])
    expect(view.find("ul")).to_have_count(0)
    # The same container opened again has the parts that came with it and no others.
    view.frame(
        {"op": "open", "key": 0, "html": '<ol class="nbkit-parts"></ol>'},
        {"op": "part", "key": 0, "index": 0, "html": "<li><p>only</p></li>"},
    )
    expect(view.find("li")).to_have_text(["only"])
    view.frame(put(0, "<p>none</p>"), put(1, "<p>after</p>"))
    expect(view.find(".nbkit-story p")).to_have_text(["none", "after"])
    view.frame({"op": "drop", "key": 1})
    expect(view.find(".nbkit-story p")).to_have_text(["none"])


def test_rows_of_a_table_and_lines_of_code_are_parts_too(preview: Open):
    view = preview()
    table = '<div class="nbkit-table"><table><tbody class="nbkit-parts"></tbody></table></div>'
    code = '<pre class="nbkit-code"><code class="nbkit-parts"></code></pre>'
    view.frame(
        {"op": "open", "key": 0, "html": table},
        {"op": "part", "key": 0, "index": 0, "html": f"<tr><td>{place()}</td></tr>"},
        {"op": "open", "key": 1, "html": code},
        {"op": "part", "key": 1, "index": 0, "html": '<span class="nbkit-lines">a = 1\n</span>'},
        {"op": "part", "key": 1, "index": 1, "html": '<span class="nbkit-lines">b</span>'},
    )
    expect(view.find("td .nbkit-box")).to_be_visible()
    expect(view.find("pre")).to_have_text("a = 1\nb")


def code_of(lines: list[str]) -> Iterator[dict[str, Any]]:
    """The ops that show code, in the parts that the renderer makes of it."""
    shell = '<pre class="nbkit-code"><code class="nbkit-parts"></code></pre>'
    yield {"op": "open", "key": 0, "html": shell}
    for index, chunk in enumerate(chunks("".join(lines))):
        lines_html = f'<span class="nbkit-lines">{chunk}</span>'
        yield {"op": "part", "key": 0, "index": index, "html": lines_html}


CODE = {
    "lines": [f"line {n}\n" for n in range(40)],
    "blank lines where parts meet": ["a\n" if (n + 1) % 16 > 1 else "\n" for n in range(40)],
    "one blank line in the last part": [*(f"line {n}\n" for n in range(32)), "\n"],
    "blank lines alone": ["\n"] * 40,
    "a line in several parts": ["a\n", "long " * 1000 + "\n", "b\n", "\n", "c\n"],
    "a long line that ends where a part does": ["x" * 2048 + "\n", *(["y\n"] * 20)],
    "no last newline": ["a\n"] * 16 + ["b"],
}


ONE_RUN = """code => {
  const text = code.textContent;
  code.replaceChildren(text);
  code.className = "";
}"""


@pytest.mark.parametrize("kind", CODE)
def test_code_in_parts_looks_and_is_copied_as_in_one_run(preview: Open, kind: str):
    view = preview(reduced_motion="reduce", permissions=["clipboard-read", "clipboard-write"])
    view.frame(*code_of(CODE[kind]))
    code = view.find("code")

    def told() -> list[Any]:
        view.find("pre").evaluate("pre => getSelection().selectAllChildren(pre)")
        view.page.keyboard.press("Control+c")
        selected = view.page.evaluate("getSelection().toString()")
        copied = view.page.evaluate("navigator.clipboard.readText()")
        pre = view.find("pre").evaluate("p => [p.offsetHeight, p.scrollWidth]")
        texts = code.evaluate("e => [e.textContent, e.innerText]")
        return [texts, selected, copied, pre]

    in_parts = told()
    code.evaluate(ONE_RUN)
    assert in_parts == told()
    assert in_parts[0][0] == "".join(CODE[kind])
    assert in_parts[1].rstrip("\n") == "".join(CODE[kind]).rstrip("\n")


def test_code_that_comes_in_its_colours_is_in_view_throughout(preview: Open):
    view = preview()
    view.frame(*code_of(["a = 1\n", "b"]))
    expect(view.find("pre")).to_have_text("a = 1\nb")
    coloured = '<span class="nbkit-lines">a = <span class="nbkit-mi">1</span>\nb</span>'
    part = {"op": "part", "key": 0, "index": 0, "html": coloured}
    message = {"kind": "frame", "seq": 2, "header": None, "ops": [part], "slots": []}
    seen = view.page.evaluate(
        "m => { view.hear(m, []); return document.querySelector('pre').textContent }", message
    )
    assert seen == "a = 1\nb"
    expect(view.find(".nbkit-mi")).to_have_text("1")


def test_new_text_is_revealed_bit_by_bit_and_soon_all_there(preview: Open):
    view = preview(clock=True)
    text = "The quick brown fox jumps over the lazy dog and goes on and on. " * 3
    looks = []
    view.frame(put(0, f"<p>{text}</p>"))
    for _ in range(10):
        looks.append(view.page.evaluate("document.querySelector('.nbkit-story').textContent"))
        view.page.clock.run_for(20)
    assert 0 < len(looks[0]) < len(text)
    assert all(text.startswith(look) for look in looks)
    assert looks == sorted(looks, key=len)
    assert looks[-1] == text
    assert len(set(looks)) > 3


def test_text_that_comes_while_its_cell_is_out_of_the_page_is_all_there_afterwards(preview: Open):
    view = preview(clock=True)
    view.frame(put(0, "<p>The keeper</p>"))
    view.page.evaluate("(globalThis.cell = document.querySelector('#host')).remove()")
    view.frame(put(0, "<p>The keeper turns the lens by hand,</p>"), put(1, "<p>and reads.</p>"))
    view.page.clock.run_for(1000)
    view.page.evaluate("document.body.append(cell)")
    assert view.find("p").all_text_contents() == [
        "The keeper turns the lens by hand,",
        "and reads.",
    ]


def test_with_reduced_motion_text_is_there_at_once(preview: Open):
    view = preview(reduced_motion="reduce")
    view.frame(put(0, "<p>at once</p>"))
    assert view.page.evaluate("document.querySelector('.nbkit-story').textContent") == "at once"


def test_the_view_follows_the_end_unless_the_reader_has_scrolled_up(preview: Open):
    view = preview()
    view.frame(*PARAGRAPHS)
    scroll = view.find(".nbkit-scroll")
    view.page.wait_for_function(f"({REST})(document.querySelector('.nbkit-scroll')) < 2")
    scroll.hover()
    view.page.mouse.wheel(0, -500)
    # All of it: a top that is read on the way is not where it will be.
    view.page.wait_for_function(
        f"Math.abs(({REST})(document.querySelector('.nbkit-scroll')) - 500) < 2"
    )
    expect(view.find(".nbkit-to-end")).to_be_visible()
    top = scroll.evaluate("s => s.scrollTop")
    view.frame(put(30, f"<p>{'more ' * 300}end</p>"))
    expect(view.find(".nbkit-story")).to_contain_text("end")
    view.page.evaluate(DRAWN)
    assert abs(scroll.evaluate("s => s.scrollTop") - top) < 2
    view.find(".nbkit-to-end").click()
    view.page.wait_for_function(f"({REST})(document.querySelector('.nbkit-scroll')) < 2")
    expect(view.find(".nbkit-to-end")).to_be_hidden()
    view.frame(put(31, f"<p>{'still ' * 300}last</p>"))
    expect(view.find(".nbkit-story")).to_contain_text("last")
    view.page.wait_for_function(f"({REST})(document.querySelector('.nbkit-scroll')) < 2")


def test_a_reader_is_where_they_were_when_their_cell_is_put_back_into_the_page(preview: Open):
    view = preview(reduced_motion="reduce")
    view.frame(*PARAGRAPHS)
    scroll = view.find(".nbkit-scroll")
    view.page.wait_for_function(f"({REST})(document.querySelector('.nbkit-scroll')) < 2")
    scroll.evaluate("s => s.scrollTop = 200")
    expect(view.find(".nbkit-to-end")).to_be_visible()
    view.page.evaluate("(globalThis.cell = document.querySelector('#host')).remove()")
    view.page.evaluate("new Promise(requestAnimationFrame)")
    view.frame(put(30, "<p>more</p>"))
    view.page.evaluate("document.body.append(cell)")
    view.page.wait_for_function("document.querySelector('.nbkit-scroll').scrollTop === 200")
    expect(view.find(".nbkit-to-end")).to_be_visible()


def test_a_finished_reply_is_opened_at_its_beginning(preview: Open):
    view = preview()
    view.seq = 40
    view.snapshot(*PARAGRAPHS, status="completed")
    expect(view.find(".nbkit-state")).to_have_text("Finished")
    view.page.evaluate(DRAWN)
    assert view.find(".nbkit-scroll").evaluate("s => s.scrollTop") == 0


KINDS = [
    "<p>A paragraph, number NUMBER.</p>",
    "<h2>Heading NUMBER</h2>",
    "<p>A paragraph of more lines: " + "words " * 60 + "</p>",
    "<ul><li>one</li><li><p>two</p></li></ul>",
    "<hr>",
    "<blockquote><p>quoted</p></blockquote>",
    "<h3>Heading NUMBER</h3>",
    "<pre><code>a\n\nb</code></pre>",
    '<div class="nbkit-table"><table><tbody><tr><td>cell</td></tr></tbody></table></div>',
]
TOPS = """() => [...document.querySelectorAll('.nbkit-block > *')]
  .map(e => e.getBoundingClientRect().top + document.querySelector('.nbkit-scroll').scrollTop)"""


def test_what_the_browser_passes_over_of_a_long_story_is_where_it_was_and_copied(preview: Open):
    permissions = ["clipboard-read", "clipboard-write"]
    view = preview(clock=True, reduced_motion="reduce", permissions=permissions)
    random = Random(3)
    for key in range(400):
        kind = random.choice(KINDS) if key else KINDS[1]
        view.frame(put(key, kind.replace("NUMBER", str(key))))
        if key % 50 == 49:
            view.page.clock.run_for(250)
    view.page.wait_for_function(f"({REST})(document.querySelector('.nbkit-scroll')) < 2")
    expect(view.find(".nbkit-still")).not_to_have_count(0)
    assert view.find(".nbkit-still").first.evaluate("e => getComputedStyle(e).contain") == "content"

    def told() -> list[Any]:
        view.find(".nbkit-story").evaluate("e => getSelection().selectAllChildren(e)")
        view.page.keyboard.press("Control+c")
        texts = view.page.evaluate(
            """async () => [getSelection().toString(), await navigator.clipboard.readText(),
              document.querySelector('.nbkit-story').innerText]"""
        )
        return [texts, view.find(".nbkit-scroll").evaluate("e => e.scrollHeight")]

    grouped = told()
    tops = view.page.evaluate(TOPS)
    view.find(".nbkit-story").evaluate(
        """story => {
          for (const group of story.children) group.style.display = "contents";
          for (const group of story.children) group.classList.remove("nbkit-still");
        }"""
    )
    assert told() == grouped
    assert tops == pytest.approx(view.page.evaluate(TOPS), abs=0.5)
    assert "Heading 0" in grouped[0][2]


def test_text_that_is_out_of_sight_is_found_and_told_to_a_screen_reader(preview: Open):
    view = preview(clock=True, reduced_motion="reduce")
    for key in range(200):
        word = "needle" if key == 30 else "hay"
        view.frame(put(key, f"<p>Paragraph {key}, {word} {'words ' * 20}</p>"))
        if key % 50 == 49:
            view.page.clock.run_for(250)
    expect(view.find(".nbkit-still")).not_to_have_count(0)
    view.page.wait_for_function(f"({REST})(document.querySelector('.nbkit-scroll')) < 2")
    nodes = view.page.context.new_cdp_session(view.page).send("Accessibility.getFullAXTree")
    said = [
        node["name"]["value"]
        for node in nodes["nodes"]
        if node.get("role", {}).get("value") == "StaticText" and not node["ignored"]
    ]
    assert sum("Paragraph" in each for each in said) == 200
    assert view.page.evaluate("find('needle')")
    assert view.page.evaluate("getSelection().toString()") == "needle"


def test_groups_go_with_their_blocks_and_the_last_one_is_never_passed_over(preview: Open):
    view = preview(reduced_motion="reduce")
    view.frame(*(put(key, f"<p>Paragraph {key}</p>") for key in range(60)))
    expect(view.find(".nbkit-still")).to_have_count(2)
    view.frame({"op": "drop", "key": 40})
    expect(view.find(".nbkit-group")).to_have_count(2)
    expect(view.find(".nbkit-group:last-child")).not_to_have_class(re.compile("nbkit-still"))
    view.frame({"op": "drop", "key": 0}, put(0, "<p>anew</p>"))
    expect(view.find(".nbkit-story")).to_have_text("anew")


RUNS = """
# שלום

- שלום
- עולם

> שלום

| שם | n |
|---|---|
| Fox | 5 |

- [x] שלום

```
code
```

Words.

- Words

> Words
"""
# Of each element: how far its text is from the left and from the right of the story.
ROOMS = """story => {
  const [left, right] = [story.getBoundingClientRect().left, story.getBoundingClientRect().right];
  const rooms = (e) => {
    const range = document.createRange();
    range.selectNodeContents(e);
    const box = range.getBoundingClientRect();
    return [Math.round(box.left - left), Math.round(right - box.right)];
  };
  const found = (tag) => [...story.querySelectorAll(tag)].map(rooms);
  return Object.fromEntries(["h1", "li", "blockquote p", "td", "pre"].map(t => [t, found(t)]));
}"""


@pytest.mark.parametrize("kind", ["live", "static"])
def test_what_is_written_from_right_to_left_begins_at_the_right_with_its_marks(
    preview: Open, kind: str
):
    view = preview(reduced_motion="reduce")
    story = whole(RUNS)
    if kind == "live":
        view.frame(*story.changes(0).ops)
    else:
        show = "(host, html) => { host.innerHTML = html }"
        view.page.locator("#host").evaluate(show, story.to_html())
    shown = view.find(".nbkit-story")
    rooms = shown.evaluate(ROOMS)
    ((left, right),) = rooms["h1"]
    assert left > 400
    assert right < 20
    items, task, straight = rooms["li"][:2], rooms["li"][2], rooms["li"][3]
    assert {item[1] for item in items} == {straight[0]}  # as far in as that of other lists
    assert task[0] > 400
    assert task[1] < 60
    turned, quote = rooms["blockquote p"]
    assert turned[1] == quote[0]
    assert rooms["td"][0][1] < rooms["td"][1][1] < 100
    assert rooms["pre"][0][0] < 40
    bars = shown.locator("blockquote").evaluate_all(
        "all => all.map(e => getComputedStyle(e)).map(s => [s.borderLeftWidth, s.borderRightWidth])"
    )
    assert bars == [["0px", "3px"], ["3px", "0px"]]


def test_a_word_of_code_in_a_narrow_table_is_not_broken_and_a_long_one_elsewhere_is(preview: Open):
    view = preview(reduced_motion="reduce")
    view.page.set_viewport_size({"width": 420, "height": 500})
    words = "Words that fill a column until it is full of them"
    cells = f"| `ProgressManager` | {words} | `session.regenerate` |\n"
    story = whole(f"| `StreamingMonitor` | b | c |\n|---|---|---|\n{cells}\n`{'x' * 200}`\n")
    view.frame(*story.changes(0).ops)
    lines = "all => all.map(e => e.getClientRects().length)"
    assert view.find(":is(td, th) code").evaluate_all(lines) == [1, 1, 1]
    table = view.find(".nbkit-table").evaluate("e => [e.scrollWidth > e.clientWidth, e.scrollLeft]")
    assert table == [True, 0]
    assert view.find("p code").evaluate_all(lines)[0] > 1


def test_a_prompt_runs_as_it_is_written_and_our_own_words_do_not(
    preview: Open, progress: Callable[..., ProgressPage]
):
    way = "e => getComputedStyle(e).direction"
    view = preview()
    view.frame(put(0, f'<p dir="rtl">{place()}</p>'), slots=[slot(prompt="שועל אדום (רחב).")])
    assert view.find(".nbkit-prompt").evaluate(way) == "rtl"
    assert view.find(".nbkit-status").evaluate(way) == "ltr"
    assert view.find(".nbkit-edit").evaluate(way) == "ltr"
    view.frame(slots=[slot(prompt="a fox")])
    assert view.find(".nbkit-prompt").evaluate(way) == "ltr"
    rows = progress()
    rows.rows(row(1, about="שועל אדום (רחב).", running=1))
    assert rows.find(".nbkit-about").evaluate(way) == "rtl"
    assert rows.find(".nbkit-label").evaluate(way) == "ltr"


FULL = re.compile(r"\bnbkit-filled\b")


def test_a_view_that_is_full_has_a_size_that_its_text_does_not_change(preview: Open):
    view = preview()
    scroll = view.find(".nbkit-scroll")
    view.frame(put(0, "<p>short</p>"))
    expect(scroll).not_to_have_class(FULL)
    view.frame(*PARAGRAPHS)
    expect(scroll).to_have_class(FULL)
    most = scroll.evaluate("s => 0.7 * innerHeight - s.offsetHeight")
    assert abs(most) < 1
    view.page.set_viewport_size({"width": 820, "height": 400})
    assert abs(scroll.evaluate("s => 0.7 * innerHeight - s.offsetHeight")) < 1
    view.frame({"op": "drop", "key": 1})
    expect(scroll).not_to_have_class(FULL)
    assert scroll.evaluate("s => s.offsetHeight") < 150


def test_the_frame_that_shows_a_line_more_has_the_end_in_view_and_no_other_follows(preview: Open):
    view = preview(reduced_motion="reduce")
    view.frame(*PARAGRAPHS)
    view.page.wait_for_function(f"({REST})(document.querySelector('.nbkit-scroll')) < 2")
    # The group that is finished is passed over from the next tick on: nothing else is to come.
    expect(view.find(".nbkit-still")).to_have_count(1)
    view.page.evaluate(DRAWN)
    rests = view.page.evaluate(
        f"""message => new Promise(done => {{
          const scroll = document.querySelector(".nbkit-scroll"), seen = [];
          scroll.addEventListener("scroll", () => seen.push("scroll"));
          view.hear(message, []);
          requestAnimationFrame(() => {{
            seen.push(({REST})(scroll) < 2);
            requestAnimationFrame(() => done(seen));
          }});
        }})""",
        {
            "kind": "frame",
            "seq": 2,
            "header": None,
            "ops": [put(30, f"<p>{'more ' * 300}</p>")],
            "slots": [],
        },
    )
    # A scroll after the page was laid out would be told in the frame after it.
    assert rests == ["scroll", True]


def test_the_dot_beats_while_one_waits_and_not_while_text_arrives(preview: Open):
    beats = "() => document.getAnimations().filter(a => a.animationName === 'nbkit-pulse').length"
    view = preview()
    view.frame()
    assert view.page.evaluate(beats) == 1
    view.frame(put(0, "<p>text</p>"))
    assert view.page.evaluate(beats) == 0
    view.frame(writing=False, queued=1)
    assert view.page.evaluate(beats) == 1


# Frames


def test_a_missing_frame_makes_the_view_ask_and_the_snapshot_sets_everything_right(preview: Open):
    view = preview(clock=True, reduced_motion="reduce")
    view.frame(put(0, "<p>one</p>"), put(1, "<p>two</p>"), put(2, "<p>three</p>"))
    view.snapshot(put(0, "<p>one</p>"), put(1, "<p>two</p>"), put(2, "<p>three</p>"))
    kept = view.find(".nbkit-story p").first.element_handle()
    view.seq += 1
    view.frame(put(3, "<p>unseen before</p>"))
    view.frame(put(4, "<p>later</p>"))
    assert len(view.said("ready")) == 2
    expect(view.find(".nbkit-story p")).to_have_text(["one", "two", "three"])
    view.snapshot(put(0, "<p>one</p>"), put(1, "<p>2</p>"))
    expect(view.find(".nbkit-story p")).to_have_text(["one", "2"])
    assert view.page.evaluate(SAME, [kept, view.find(".nbkit-story p").first.element_handle()])
    view.frame(put(2, "<p>on</p>"))
    expect(view.find(".nbkit-story p")).to_have_text(["one", "2", "on"])


def test_the_number_said_after_the_end_reveals_that_the_last_frame_was_lost(preview: Open):
    view = preview(clock=True, reduced_motion="reduce")
    view.frame(put(0, "<p>one</p>"))
    view.snapshot(put(0, "<p>one</p>"))
    view.hear({"kind": "check", "seq": 1})
    assert len(view.said("ready")) == 1
    view.hear({"kind": "check", "seq": 2})
    assert len(view.said("ready")) == 2


def test_a_view_that_mounts_while_the_kernel_cannot_answer_shows_what_has_come(preview: Open):
    view = preview(mount=False)
    view.frame(put(0, f"<p>before {place()}</p>"))
    view.frame(slots=[slot(status="succeeded", image=shot())], pictures=[picture()])
    view.mount()
    expect(view.find(".nbkit-story")).to_contain_text("before")
    expect(view.find("img.nbkit-picture")).to_be_visible()
    view.frame(put(1, "<p>after</p>"))
    expect(view.find(".nbkit-story")).to_contain_text("after")


def test_a_view_that_has_seen_every_frame_says_so_and_is_sent_nothing_twice(preview: Open):
    view = preview(mount=False, clock=True, reduced_motion="reduce")
    view.frame(put(0, "<p>before</p>"))
    view.frame(put(1, "<p>and on</p>"))
    view.mount()
    assert [asked["seq"] for asked in view.said("ready")] == [2]
    view.hear(
        {
            "kind": "snapshot",
            "view": view.id,
            "seq": 2,
            "header": header("completed"),
            "ops": None,
            "slots": [],
        }
    )
    expect(view.find(".nbkit-state")).to_have_text("Finished")
    expect(view.find(".nbkit-story p")).to_have_text(["before", "and on"])
    view.seq += 1
    view.frame(put(3, "<p>with one lost</p>"))
    assert [asked["seq"] for asked in view.said("ready")] == [2, 0]


def test_what_a_frame_says_nothing_of_in_the_header_stays(preview: Open):
    view = preview()
    view.snapshot(put(0, "<p>one</p>"), succeeded=2)
    view.hear(
        {"kind": "frame", "seq": 1, "header": None, "ops": [put(1, "<p>two</p>")], "slots": []}
    )
    expect(view.find(".nbkit-story p")).to_have_text(["one", "two"])
    expect(view.find(".nbkit-images")).to_have_text("2 of 2 images")


def test_a_late_view_shows_nothing_of_frames_that_it_cannot_place(preview: Open):
    view = preview()
    view.seq = 12
    view.frame(put(9, "<p>ninth</p>"))
    expect(view.find(".nbkit-story")).to_be_empty()
    view.snapshot(put(0, "<p>first</p>"), put(9, "<p>ninth</p>"))
    expect(view.find(".nbkit-story p")).to_have_text(["first", "ninth"])


# Header and buttons


def test_the_header_says_state_time_and_counts(preview: Open):
    view = preview(clock=True)
    view.frame(elapsed=58.2, succeeded=2, failed=1, queued=1, paused=True)
    expect(view.find(".nbkit-state")).to_have_text("Writing")
    expect(view.find(".nbkit-images")).to_have_text("2 of 4 images")
    expect(view.find(".nbkit-failed")).to_have_text("1 failed")
    expect(view.find(".nbkit-paused")).to_have_text("images paused")
    view.page.clock.run_for(3000)
    expect(view.find(".nbkit-time")).to_have_text("1:01")
    view.frame(status="completed", elapsed=62, succeeded=4)
    view.page.clock.run_for(9000)
    expect(view.find(".nbkit-time")).to_have_text("1:02")
    assert view.find(".nbkit-preview").get_attribute("data-state") == "completed"


def test_buttons_can_be_pressed_only_where_they_make_sense(preview: Open):
    view = preview()
    stop, pause, retry = (
        view.find(".nbkit-header").get_by_role("button", name=name)
        for name in ("Stop", re.compile("Pause|Resume"), "Retry failed")
    )
    for button in (stop, pause, retry):
        expect(button).to_be_disabled()
    view.frame(running=1)
    expect(stop).to_be_enabled()
    expect(retry).to_be_disabled()
    pause.click()
    failed = slot(status="failed")
    view.frame(put(0, f"<p>{place()}</p>"), slots=[failed], paused=True, running=1, failed=1)
    expect(pause).to_have_text("Resume")
    pause.click()
    retry.click()
    stop.focus()
    view.page.keyboard.press("Enter")
    assert [each["name"] for each in view.said("command")] == [
        "pause",
        "resume",
        "retry_failed",
        "cancel",
    ]
    view.frame(status="cancelled", cancelled=1, failed=1)
    expect(stop).to_be_disabled()
    expect(pause).to_be_disabled()
    expect(retry).to_be_enabled()
    # The focus is not lost with the button that had it.
    assert view.page.evaluate("document.activeElement.className").startswith("nbkit-scroll")


def test_a_refused_click_says_why_as_text(preview: Open):
    view = preview()
    view.frame(running=1)
    view.find("button").get_by_text("Stop").click()
    (command,) = view.said("command")
    view.hear({"kind": "answer", "view": view.id, "id": command["id"], "error": "<b>not</b> now"})
    expect(view.find(".nbkit-note")).to_have_text("<b>not</b> now")
    assert view.find(".nbkit-note b").count() == 0


def test_a_click_that_a_busy_kernel_has_not_heard_says_so(preview: Open):
    view = preview(clock=True)
    view.frame(running=1)
    view.snapshot(running=1)
    view.find("button").get_by_text("Stop").click()
    view.page.clock.run_for(4000)
    expect(view.find(".nbkit-note")).to_contain_text("kernel is busy")
    (command,) = view.said("command")
    view.hear({"kind": "answer", "view": view.id, "id": command["id"], "error": None})
    expect(view.find(".nbkit-note")).to_be_empty()


def test_a_kernel_that_says_nothing_is_waited_for_and_asked_again(preview: Open):
    view = preview(clock=True)
    expect(view.find(".nbkit-state")).to_have_text("Connecting")
    view.page.clock.run_for(4000)
    expect(view.find(".nbkit-state")).to_have_text("Waiting for the kernel")
    view.page.clock.run_for(60_000)
    assert len(view.said("ready")) == 3
    view.snapshot(put(0, "<p>there</p>"))
    expect(view.find(".nbkit-state")).to_have_text("Writing")


def test_a_kernel_that_is_gone_is_said_and_nothing_ticks_on(preview: Open):
    view = preview(clock=True)
    view.frame(put(0, f"<p>{place()}</p>"), slots=[slot(status="failed")], elapsed=5, running=1)
    view.snapshot(put(0, f"<p>{place()}</p>"), elapsed=5, running=1)
    view.page.evaluate(
        "document.querySelector('#host').classList.add('jupyter-widgets-disconnected')"
    )
    view.fire("comm_live_update")
    expect(view.find(".nbkit-state")).to_have_text("Disconnected")
    time = view.find(".nbkit-time").inner_text()
    view.page.clock.run_for(5000)
    assert view.find(".nbkit-time").inner_text() == time
    expect(view.find(".nbkit-cover button")).to_be_visible()
    for button in view.find(".nbkit-header button, .nbkit-cover button").all():
        expect(button).to_be_disabled()


# Slots


def test_each_state_of_a_slot_is_said_with_its_countdown_ticking_in_the_page(preview: Open):
    view = preview(clock=True)
    view.frame(put(0, f"<p>{place()}</p>"))
    box = view.find(".nbkit-box")
    expect(box).to_contain_text("In the queue")
    view.frame(slots=[slot(status="waiting", reason="rate limit", remaining=12.0)])
    expect(box).to_contain_text("rate limit · 12 s")
    view.page.clock.run_for(5000)
    expect(box).to_contain_text("rate limit · 7 s")
    view.frame(slots=[slot(status="running", attempt=1, fraction=0.4, step=2, steps=5)])
    expect(box).to_contain_text("step 2 of 5")
    assert box.locator("progress").evaluate("p => p.value") == pytest.approx(0.4)
    view.frame(
        slots=[
            slot(status="retrying", attempt=1, max_attempts=3, remaining=4.0, reason="503: busy")
        ]
    )
    expect(box).to_contain_text("attempt 2 of 3 · in 4 s · 503: busy")
    expect(box.locator("progress")).to_be_hidden()
    view.frame(slots=[slot(status="failed", error="<img src=x onerror=alert(1)>")])
    expect(box).to_contain_text("<img src=x onerror=alert(1)>")
    box.get_by_role("button", name="Retry").click()
    view.frame(slots=[slot(status="cancelled")])
    expect(box).to_contain_text("Cancelled")
    view.frame(slots=[slot(status="skipped")])
    expect(box).to_contain_text("past the limit of images")
    box.get_by_role("button", name="Generate").click()
    assert [(each["name"], each["slot"]) for each in view.said("command")] == [
        ("retry", "image-1"),
        ("generate", "image-1"),
    ]


def test_a_preview_gives_way_to_the_image_and_no_address_is_left_behind(preview: Open):
    view = preview()
    view.frame(put(0, f"<p>{place()}</p>"))
    for version in range(1, 5):
        view.frame(
            slots=[slot(status="running", fraction=version / 5, preview=shot(version))],
            pictures=[picture(size_colour(version))],
        )
    expect(view.find("img.nbkit-sketch")).to_be_visible()
    view.frame(slots=[slot(status="succeeded", image=shot(1))], pictures=[picture("gold")])
    expect(view.find("img.nbkit-picture")).to_be_visible()
    expect(view.find("img.nbkit-sketch")).to_be_hidden()
    expect(view.find(".nbkit-cover")).to_be_hidden()
    view.page.wait_for_function("view.held() === 1")
    view.frame(slots=[slot(status="succeeded", image=shot(2))], pictures=[picture("pink")])
    view.page.wait_for_function("view.held() === 1")
    view.unmount()
    assert view.page.evaluate("view.held()") == 0


def test_a_picture_that_was_spoken_of_but_never_came_is_asked_for(preview: Open):
    view = preview(clock=True, reduced_motion="reduce")
    view.frame(put(0, f"<p>{place()}</p>"))
    view.snapshot(put(0, f"<p>{place()}</p>"))
    view.frame(slots=[slot(status="succeeded", image=shot(3, buffer=None))])
    assert len(view.said("ready")) == 2


def test_a_picture_that_cannot_be_decoded_is_said(preview: Open):
    view = preview()
    view.frame(put(0, f"<p>{place()}</p>"))
    view.frame(slots=[slot(status="succeeded", image=shot())], pictures=["bm9waWN0dXJl"])
    expect(view.find(".nbkit-box")).to_contain_text("cannot be shown")


def test_the_box_of_an_image_is_as_large_before_it_comes_as_after(preview: Open):
    view = preview(reduced_motion="reduce")
    view.frame(
        put(0, f"<p>One {place()} two</p>"),
        slots=[slot(width=64, height=32)],
    )
    box = view.find(".nbkit-box")
    before = box.bounding_box()
    view.frame(
        slots=[slot(status="succeeded", image={**shot(), "width": 128, "height": 64})],
        pictures=[picture(width=128, height=64)],
    )
    expect(view.find("img.nbkit-picture")).to_be_visible()
    assert box.bounding_box() == before
    assert before is not None
    assert before["width"] == pytest.approx(2 * before["height"], abs=1)


def test_pictures_fit_their_cells_and_nothing_overlaps(preview: Open):
    view = preview()
    places = [place(f"image-{n}") for n in range(1, 6)]
    view.frame(
        put(0, f"<h2>Head {places[0]}</h2>"),
        put(1, f"<p>Text {places[1]} goes on</p>"),
        put(2, f"<ul><li>item {places[2]}</li><li>next</li></ul>"),
        put(
            3,
            '<div class="nbkit-table"><table><tbody>'
            f"<tr><td>cell</td><td>{places[3]}</td><td>{places[4]}</td></tr></tbody></table></div>",
        ),
        put(4, "<p>The end.</p>"),
        slots=[slot(f"image-{n}", "failed", error="a long reason " * 30) for n in range(1, 6)],
    )
    expect(view.find(".nbkit-story")).to_contain_text("The end.")
    boxes = [each.bounding_box() for each in view.find(".nbkit-box").all()]
    words = [
        each.bounding_box()
        for selector in (".nbkit-block:last-child p", "li:last-child", "td:first-child")
        for each in view.find(selector).all()
    ]
    rectangles = [each for each in [*boxes, *words] if each is not None]
    assert len(rectangles) == 8
    for i, a in enumerate(rectangles):
        for b in rectangles[i + 1 :]:
            apart = (
                a["x"] + a["width"] <= b["x"] + 1
                or b["x"] + b["width"] <= a["x"] + 1
                or a["y"] + a["height"] <= b["y"] + 1
                or b["y"] + b["height"] <= a["y"] + 1
            )
            assert apart, (a, b)


# Untouched, hidden, gone


def test_an_ended_reply_that_nobody_touches_is_reported_once(preview: Open):
    view = preview(clock=True)
    view.frame(running=1)
    view.snapshot(running=1)
    view.page.clock.run_for(60_000)
    assert view.said("idle") == []
    view.frame(status="completed", succeeded=1)
    view.page.clock.run_for(15_000)
    view.find(".nbkit-header").hover()
    view.page.mouse.move(400, 650)
    view.page.clock.run_for(15_000)
    assert view.said("idle") == []
    view.page.clock.run_for(10_000)
    assert len(view.said("idle")) == 1
    view.page.clock.run_for(60_000)
    assert len(view.said("idle")) == 1
    # A retry leads it back to running; its end counts anew.
    view.frame(running=1)
    view.frame(status="completed", succeeded=1)
    view.page.clock.run_for(30_000)
    assert len(view.said("idle")) == 2


def test_an_ended_reply_on_a_page_that_goes_is_reported(preview: Open):
    view = preview()
    view.frame(running=1)
    view.page.evaluate("dispatchEvent(new Event('pagehide'))")
    assert view.said("hidden") == []
    view.frame(status="completed")
    view.page.evaluate("dispatchEvent(new Event('pagehide'))")
    view.page.evaluate("dispatchEvent(new Event('pagehide'))")
    assert len(view.said("hidden")) == 1


def test_a_removed_view_leaves_nothing_behind(preview: Open):
    view = preview()
    handlers = view.page.evaluate("view.handlers()")
    view.frame(put(0, "<p>text</p>"))
    view.unmount()
    expect(view.find("*")).to_have_count(0)
    assert view.page.evaluate("view.handlers()") == 1 < handlers
    view.mount()
    view.snapshot(put(0, "<p>again</p>"))
    expect(view.find(".nbkit-story")).to_have_text("again")


def test_a_listener_hears_the_states_and_results(preview: Open):
    view = preview(clock=True)
    view.frame(running=2)
    view.frame(put(0, "<p>many</p>"), running=2)
    view.page.clock.run_for(3000)
    live = view.find("[role=status]")
    expect(live).to_be_empty()
    view.frame(running=1, succeeded=1)
    view.page.clock.run_for(3000)
    expect(live).to_have_text("1 of 2 images")
    view.frame(status="completed", succeeded=2)
    view.page.clock.run_for(3000)
    expect(live).to_have_text("Finished, 2 of 2 images")


# The progress widget


def test_rows_are_changed_in_place_and_keep_the_focus(progress: Callable[..., ProgressPage]):
    view = progress()
    expect(view.find(".nbkit-progress")).to_be_hidden()
    view.rows(row(1, running=1, queued=1), row(2, queued=3))
    expect(view.find(".nbkit-row")).to_have_count(2)
    expect(view.find(".nbkit-label")).to_have_text(["Message 2", "Message 1"])
    toggle = view.find("[data-row='int:1'] .nbkit-toggle")
    toggle.focus()
    before = view.find("[data-row='int:1']").element_handle()
    view.rows(row(1, succeeded=1, failed=1))
    view.rows(row(3, queued=1))
    expect(view.find("[data-row='int:1'] .nbkit-counts")).to_have_text(
        "1 of 2 done 1 failed", use_inner_text=True
    )
    assert view.page.evaluate(SAME, [before, view.find("[data-row='int:1']").element_handle()])
    expect(toggle).to_be_focused()
    assert view.find("[data-row='int:1'] progress").evaluate("p => [p.value, p.max]") == [2, 2]
    view.rows(gone=["int:1", "int:2", "int:3"])
    expect(view.find(".nbkit-progress")).to_be_hidden()


def test_a_row_opens_to_its_tasks_by_a_click_and_they_change_in_place(
    progress: Callable[..., ProgressPage],
):
    view = progress()
    view.rows(row(1, running=1, queued=1))
    toggle = view.find(".nbkit-toggle")
    expect(toggle).to_have_attribute("aria-expanded", "false")
    toggle.click()
    expect(toggle).to_have_attribute("aria-expanded", "true")
    assert view.said("open") == [{"kind": "open", "view": view.id, "row": "int:1"}]
    tasks = [task("t0", "running"), task("t1", "queued")]
    opened = {"order": ["t0", "t1"], "tasks": tasks, "more": 7}
    view.rows(row(1, running=1, queued=8, **opened), to_view=True)
    expect(view.find(".nbkit-task-row")).to_have_count(2)
    expect(view.find(".nbkit-tasks")).to_contain_text("and 7 more")
    second = view.find(".nbkit-task-row").nth(1).element_handle()
    changed = {"order": ["t1", "t2"], "more": 0}
    view.rows(row(1, running=1, tasks=[task("t2", "failed", error="no")], **changed))
    expect(view.find(".nbkit-task-row")).to_have_count(2)
    assert view.page.evaluate(SAME, [second, view.find(".nbkit-task-row").first.element_handle()])
    expect(view.find(".nbkit-tasks")).to_contain_text("failed · no")
    expect(view.find(".nbkit-tasks")).not_to_contain_text("more")
    toggle.click()
    expect(view.find(".nbkit-tasks")).to_be_hidden()
    assert len(view.said("fold")) == 1


def test_closed_rows_go_at_once_and_a_new_message_brings_the_widget_back(
    progress: Callable[..., ProgressPage],
):
    view = progress()
    view.rows(row(1, queued=1), row(2, queued=1))
    view.find("[data-row='int:2']").get_by_role("button", name="Close Message 2").click()
    expect(view.find(".nbkit-row")).to_have_count(1)
    # A frame that was under way already does not bring it back.
    view.rows(row(2, succeeded=1))
    expect(view.find(".nbkit-row")).to_have_count(1)
    view.rows(row(3, queued=1), gone=["int:2"])
    view.find(".nbkit-progress").get_by_role("button", name="Close all").click()
    expect(view.find(".nbkit-progress")).to_be_hidden()
    assert [each["row"] for each in view.said("close")] == ["int:2", None]
    view.rows(row(4, queued=1), gone=["int:1", "int:3"])
    expect(view.find(".nbkit-label")).to_have_text(["Message 4"])


def test_a_row_that_was_closed_comes_back_with_its_message_whatever_was_lost_or_came_at_once(
    progress: Callable[..., ProgressPage],
):
    view = progress()
    view.rows(row(1, queued=1))
    view.find(".nbkit-progress").get_by_role("button", name="Close Message 1").click()
    expect(view.find(".nbkit-progress")).to_be_hidden()
    # It was closed and began anew between two frames.
    view.rows(row(1, running=2), gone=["int:1"])
    expect(view.find(".nbkit-counts")).to_contain_text("0 of 2 done", use_inner_text=True)
    view.find(".nbkit-progress").get_by_role("button", name="Close Message 1").click()
    # The frame that said so is lost.
    view.seq += 1
    view.rows(to_view=True, whole=True)
    view.rows(row(1, running=3))
    expect(view.find(".nbkit-counts")).to_contain_text("0 of 3 done", use_inner_text=True)


def test_the_number_said_after_the_end_reveals_that_the_last_rows_were_lost(
    progress: Callable[..., ProgressPage],
):
    view = progress()
    view.rows(row(1, running=1))
    view.rows(row(1, running=1), to_view=True, whole=True)
    asked = len(view.said("ready"))
    view.hear({"kind": "check", "seq": view.seq})
    assert len(view.said("ready")) == asked
    view.seq += 1
    view.hear({"kind": "check", "seq": view.seq})
    assert len(view.said("ready")) == asked + 1
    view.rows(row(1, succeeded=1), to_view=True, whole=True)
    expect(view.find(".nbkit-row")).to_have_attribute("data-state", "done")


def test_thumbnails_stand_in_the_strip_and_in_the_opened_list(
    progress: Callable[..., ProgressPage],
):
    view = progress()
    thumbnails = [
        {"row": "int:1", "task": f"t{n}", "prompt": f"fox {n}", "type": "image/png", "buffer": n}
        for n in range(2)
    ]
    view.rows(
        row(1, succeeded=2, strip=["t0", "t1"]),
        thumbnails=thumbnails,
        pictures=[picture("red"), picture("gold")],
    )
    expect(view.find(".nbkit-strip img")).to_have_count(2)
    expect(view.find(".nbkit-strip img").first).to_have_attribute("alt", "fox 0")
    view.find(".nbkit-toggle").click()
    tasks = [task("t0", "succeeded"), task("t1", "succeeded")]
    view.rows(
        row(1, succeeded=2, strip=["t0", "t1"], order=["t0", "t1"], tasks=tasks, more=0),
        to_view=True,
    )
    expect(view.find(".nbkit-tasks img")).to_have_count(2)
    expect(view.find(".nbkit-strip")).to_be_hidden()
    assert view.page.evaluate("view.held()") == 2
    view.rows(gone=["int:1"])
    assert view.page.evaluate("view.held()") == 0


def test_the_time_left_counts_down_in_the_page(progress: Callable[..., ProgressPage]):
    view = progress(clock=True)
    view.rows(row(1, running=1))
    expect(view.find(".nbkit-eta")).to_be_empty()
    view.rows(row(1, running=1, eta=30.0))
    expect(view.find(".nbkit-eta")).to_have_text("about 30 s left")
    view.page.clock.run_for(10_000)
    expect(view.find(".nbkit-eta")).to_have_text("about 20 s left")
    view.rows(row(1, succeeded=1, eta=0.0, elapsed=41.0))
    expect(view.find(".nbkit-eta")).to_have_text("took 41 s")


def task(name: str, status: str, **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "status": status,
        "prompt": "a fox",
        "reason": "",
        "remaining": None,
        "attempt": 0,
        "max_attempts": None,
        "seconds": None,
        "error": None,
        **more,
    }


def size_colour(version: int) -> str:
    return ["red", "green", "blue", "navy", "pink"][version % 5]
