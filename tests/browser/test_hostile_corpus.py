"""Public collections of injections, in a real Chromium: all is shown, and nothing happens.

What may be in a page is said in ``allowed.js``. There are no scripts, so nothing runs; no request
leaves; no element or attribute is there that may not be, not even for a moment; and what is
clicked goes nowhere but where a link says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import nbformat
import pytest
from browser.hostile import Counting, Reading, Still, told
from browser.view_page import picture, row, shot, slot
from browser.watch import Watch
from injections import PLACES, corpus, replies, steps
from nbconvert import HTMLExporter
from playwright.sync_api import Browser, expect

import nbkit
from nbkit._notebook.copies import StoryCopy
from nbkit.widgets.places import wrap

LAB = {
    *("page", "state", "console", "global", "request"),
    # Its table of contents looks for headings in outputs, too.
    "attribute: span class=numbering-entry",
    # It gives a link in an output that it trusts a relation of its own.
    "attribute: a rel=noopener",
}
"""What goes on in JupyterLab anyhow; its page object has an eye on addresses outside."""
TESTS = Path(__file__).parents[1]
CORPUS = corpus()
CLOSELY = [text for text in CORPUS[:225] + CORPUS[225::16] if len(text) < 1_000]
"""What is cut at each letter that means something: a part of the large collection, and the rest."""


@pytest.fixture
def reading(chromium: Browser) -> Iterator[Reading]:
    page = Reading(chromium)
    yield page
    page.close()


@pytest.fixture
def counting(chromium: Browser) -> Iterator[Counting]:
    page = Counting(chromium)
    yield page
    page.close()


@pytest.fixture(scope="module")
def session() -> nbkit.Session:
    return told(CORPUS)


def test_replies_full_of_injections_stream_in_and_do_nothing(reading: Reading):
    for reply in replies(CORPUS, 40):
        reading.stream(reply[at : at + 97] for at in range(0, len(reply), 97))
        expect(reading.find(".nbkit-story")).to_contain_text("The end.")
        assert reading.find(".nbkit-box").count() == 0, "a forged place of an image"
    reading.watch.poke()
    assert reading.watch.seen() == []
    assert reading.watch.counted > 50_000


def test_an_injection_that_is_cut_within_its_tags_does_nothing_meanwhile(reading: Reading):
    for at in range(0, len(CLOSELY), 40):
        reading.stream(steps("\n\n".join(CLOSELY[at : at + 40])))
    assert reading.watch.seen() == []
    assert reading.watch.counted > 1_000


def test_hostile_prompts_errors_and_remarks_are_words_in_the_view(reading: Reading):
    states = ("failed", "waiting", "succeeded", "cancelled", "retrying", "skipped", "running")
    for at in range(0, len(CORPUS), 100):
        texts = CORPUS[at : at + 100]
        slots = []
        for number, text in enumerate(texts):
            status = states[(number + at) % len(states)]
            image = {"image": shot()} if status == "succeeded" else {}
            said = {"prompt": text, "reason": text, "error": text, "task_prompt": text[::-1]}
            slots.append(slot(f"image-{number + 1}", status, **said, **image))
        places = "".join(
            f'<p><span class="nbkit-slot" data-nbkit-slot="{each["id"]}"></span></p>'
            for each in slots
        )
        ops = [{"op": "put", "key": 0, "html": places}]
        head = {"error": texts[0], "remark": texts[-1]}
        reading.hear(reading.message(True, ops, slots, **head), [picture()])
        shown = reading.page.evaluate(
            """() => [...document.querySelectorAll(".nbkit-box")].map(box => [box.title,
                box.querySelector(".nbkit-prompt").textContent,
                box.querySelector(".nbkit-picture").alt])"""
        )
        assert shown == [[text, text[::-1], text] for text in texts]
        assert reading.find(".nbkit-error").text_content() == texts[0]
        assert reading.find(".nbkit-remark").text_content() == texts[-1]
    reading.watch.poke()
    assert reading.watch.seen() == []


def test_hostile_prompts_are_words_in_the_lightbox_and_in_the_form(reading: Reading):
    texts = CORPUS[:60]
    slots = [
        slot(f"image-{number}", "succeeded", prompt=text, image=shot())
        for number, text in enumerate(texts, 1)
    ]
    places = "".join(
        f'<p><span class="nbkit-slot" data-nbkit-slot="{each["id"]}"></span></p>' for each in slots
    )
    ops = [{"op": "put", "key": 0, "html": places}]
    reading.hear(reading.message(True, ops, slots, status="completed"), [picture()])
    expect(reading.find(".nbkit-box[data-picture]")).to_have_count(len(texts))
    reading.find("img.nbkit-picture").first.click()
    dialog = reading.page.locator("dialog.nbkit-lightbox")
    for number, text in enumerate(texts, 1):
        expect(dialog.locator(".nbkit-place")).to_have_text(f"{number} of {len(texts)}")
        assert dialog.locator(".nbkit-caption").text_content() == text
        assert dialog.locator(".nbkit-full").get_attribute("alt") == text
        reading.page.keyboard.press("ArrowRight")
    reading.page.keyboard.press("Escape")
    box = reading.find(".nbkit-box").nth(1)
    box.hover()
    box.get_by_role("button", name="Edit prompt").click()
    assert box.locator("textarea").input_value() == texts[1]
    assert reading.watch.seen() == []


def test_hostile_words_are_words_in_the_progress(counting: Counting):
    texts = CORPUS[::5]
    own = {"remaining": None, "attempt": 1, "max_attempts": 2, "seconds": 1.0}
    for at in range(0, len(texts), 100):
        some = texts[at : at + 100]
        tasks = [
            {"id": text, "status": "failed", "prompt": text, "reason": text, "error": text, **own}
            for text in some
        ]
        more = {"row": some[0], "order": some, "tasks": tasks, "more": 0, "strip": [some[0]]}
        hostile = row(1, failed=len(some), label=some[0], about=some[-1], **more)
        thumbnail = {"row": some[0], "task": some[0], "prompt": some[0], "type": "image/png"}
        former = [texts[at - 100]] if at else []
        pictures = {"thumbnails": [{**thumbnail, "buffer": 0}], "pictures": [picture()]}
        counting.rows(hostile, gone=former, **pictures)
        counting.find(".nbkit-toggle").click()
        counting.rows(hostile, to_view=True)
        assert counting.find(".nbkit-task-prompt").all_text_contents() == some
    counting.watch.poke()
    assert counting.watch.seen() == []


def test_a_static_copy_does_nothing_where_the_scripts_of_an_output_are_run(
    chromium: Browser, session: nbkit.Session
):
    copy = StoryCopy(session).make(max_bytes=10_000_000)["text/html"]
    still = Still(chromium, "<!doctype html><body><main></main>")
    still.watch.begin("static", ".nbkit-story")
    still.page.evaluate(
        "html => document.querySelector('main').append("
        "document.createRange().createContextualFragment(html))",
        wrap("nbkit-0123abcd", 3, copy),
    )
    check_still(still, session)


def test_a_saved_page_does_nothing(chromium: Browser, session: nbkit.Session, tmp_path: Path):
    saved = session.save(tmp_path / '"><img src=x onerror=alert(1)>.html')
    still = Still(chromium, saved.read_text("utf-8"))
    still.watch.begin("static", ".nbkit-story")
    assert still.page.title() == "<scriptwindow.nbkitHarmed = true</script"
    tags = "[...document.querySelectorAll('head *, body > *')].map(each => each.localName)"
    assert still.page.evaluate(tags) == ["meta", "meta", "meta", "title", "style", "div"]
    check_still(still, session)


def test_a_saved_notebook_does_nothing_once_nbconvert_has_made_a_page_of_it(
    chromium: Browser, session: nbkit.Session, tmp_path: Path
):
    saved = session.save(tmp_path / "hostile.ipynb")
    # What nbconvert's own page asks for, and does, is none of ours.
    plain = nbformat.read(saved, as_version=4)
    plain.cells[0].outputs[0].data["text/html"] = "<p>The end.</p>"
    plain = converted(chromium, plain)
    plain.watch.begin("static", ".nbkit-story")
    usual = plain.watch.seen()
    plain.close()
    still = converted(chromium, nbformat.read(saved, as_version=4))
    still.watch.begin("static", ".nbkit-story")
    check_still(still, session, usual)


def test_what_is_clicked_goes_only_where_a_link_says(reading: Reading):
    reply = "\n\n".join(
        [
            "[mail](mailto:a@b.org) <a@b.org> [web](http://ok.example/) <HTTPS://OK.example/>",
            "[a](javascript:alert(1)) [b](JaVaScRiPt:alert(1)) [c](data:text/html,x) [d](/lab)",
            "[e](vbscript:x) [f](file:///etc) [g](#top) [h](blob:https://page.test/x) [i](tel:1)",
            "[j](//ok.example) [k](view-source:https://ok.example) <javascript:alert(1)> [l](lab)",
            *(place.replace("§", text) for place in PLACES for text in CORPUS[:60]),
        ]
    )
    reading.stream([reply])
    links = reading.find(".nbkit-story a")
    first: dict[str, int] = {}
    for number, address in enumerate(links.evaluate_all("all => all.map(each => each.href)")):
        first.setdefault(re.match("[a-z]+:(?://[^/]*)?", address).group(), number)
    assert {"http://ok.example", "https://ok.example", "mailto:"} <= set(first)
    assert {address.partition(":")[0] for address in first} == {"http", "https", "mailto"}
    for address, number in first.items():
        if not address.startswith("mailto:"):
            with reading.page.expect_popup() as popup:
                links.nth(number).click()
            popup.value.close()
    assert reading.watch.seen() == []


def test_a_reply_full_of_injections_does_nothing_in_jupyterlab_live_frozen_or_converted(
    notebook, chromium: Browser
):
    watches: list[Watch] = []
    book = notebook(
        f"import sys; sys.path.insert(0, {str(TESTS)!r})\n"
        "import nbkit\n"
        "from browser.hostile import deltas, make\n"
        "from injections import corpus",
        "session = nbkit.illustrate(deltas(corpus()[::6], 16), images=make, retries=0,"
        " patterns=[r'(?s)⟦(.*?)⟧'], max_concurrency=9, freeze=False)",
        "session = await session",
        "session.freeze()",
        before=lambda page: watches.append(Watch(page, alone=False)),
    )
    [watch] = watches
    watch.begin("live", ".nbkit-preview, .nbkit-progress")
    book.run_to_idle(0, 1, 2)
    out = book.cell_output(1)
    expect(out.locator(".nbkit-state")).to_have_text("Finished")
    expect(out.locator(".nbkit-story")).to_contain_text("The end.")
    assert out.locator(".nbkit-story .nbkit-box").count() == 2 * -(-len(CORPUS[::6]) // 16)
    assert watch.seen(beside=LAB) == []
    live = watch.counted
    assert live > 5_000
    book.run_to_idle(3)
    expect(out.locator(".nbkit-preview")).to_have_count(0)
    expect(out.locator(".nbkit-story")).to_contain_text("The end.")
    assert book.is_trusted(1)
    watch.begin("static", ".nbkit-story")
    assert watch.seen(beside=LAB) == []
    assert watch.counted > live + 2_000
    assert book.console_errors == []
    assert book.foreign_requests == []
    book.save()
    saved = book.server.read(book.name)
    frozen = converted(chromium, saved)
    saved.cells[1].outputs = []
    plain = converted(chromium, saved)
    for still in (plain, frozen):
        still.watch.begin("static", ".nbkit-story")
    expect(frozen.page.locator(".nbkit-story")).to_contain_text("The end.")
    assert sorted(frozen.watch.seen()) == sorted(plain.watch.seen())
    plain.close()
    frozen.close()


def converted(chromium: Browser, notebook: nbformat.NotebookNode) -> Still:
    body, _ = HTMLExporter().from_notebook_node(notebook)
    return Still(chromium, body)


def check_still(still: Still, session: nbkit.Session, usual: Sequence[str] = ()) -> None:
    """Check that all is there, and that nothing has been done, nor is when it is touched."""
    story = still.page.locator(".nbkit-story")
    expect(story).to_contain_text("The end.")
    images = still.page.evaluate(
        "[...document.querySelectorAll('.nbkit-story img')].map(i => i.alt)"
    )
    made = [result.prompt for result in session.images if result.status == "succeeded"]
    assert images == made
    assert len(made) > 900
    still.watch.poke()
    assert sorted(still.watch.seen()) == sorted(usual)
    assert still.watch.counted > 10_000
    still.close()
