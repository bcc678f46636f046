"""What a person sees of `illustrate` in a real JupyterLab: the text, the images, the buttons."""

import itertools
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

SETUP = "from stage import *"

TAG = '<!--img-prompt="{}"-->'


@pytest.fixture(autouse=True)
def _stage(lab):
    """Lay the stage beside the notebooks: a long cell would push the outputs out of sight."""
    shutil.copy(Path(__file__).with_name("stage.py"), lab.root)


def source(number):
    return f"session = nbkit.illustrate(feed(), images=backend, max_concurrency={number})"


def slots(book, cell):
    return book.cell_output(cell).locator(".nbkit-story .nbkit-slot > .nbkit-box")


def expect_states(book, cell, *states):
    """Wait until these are the places of a cell, and stand so."""
    expect(slots(book, cell)).to_have_count(len(states))
    for number, state in enumerate(states):
        expect(slots(book, cell).nth(number)).to_have_attribute("data-state", state)


def test_text_grows_and_three_images_fill_their_places_in_another_order(notebook):
    first = f"# The three\n\nFirst {TAG.format('red')} comes,\n\n- then {TAG.format('green')}\n\n"
    then = f"| a | b |\n|---|---|\n| c | {TAG.format('blue')} |\n\nThe **end**.\n"
    book = notebook(
        SETUP,
        source(3),
        f"say({first!r})",
        f"say({then!r}); say(None)",
        'backend.let("blue")',
        'backend.let("red")',
        'backend.let("green")',
    )
    book.run_to_idle(0, 1)
    out = book.cell_output(1)
    expect(out.locator(".nbkit-state")).to_have_text("Writing")
    book.run_to_idle(2)
    assert book.is_cell_done(1)
    expect(out.locator(".nbkit-story h1")).to_have_text("The three")
    expect_states(book, 1, "running", "running")
    before = len(out.locator(".nbkit-story").inner_text())
    book.run_to_idle(3)
    expect(out.locator(".nbkit-story td .nbkit-box")).to_have_count(1)
    expect(out.locator(".nbkit-story strong")).to_have_text("end")
    assert len(out.locator(".nbkit-story").inner_text()) > before
    # Three previews stand in the three places, before any picture.
    expect_states(book, 1, "running", "running", "running")
    for number in range(3):
        expect(slots(book, 1).nth(number).locator("img.nbkit-sketch")).to_be_visible()
    assert slots(book, 1).evaluate_all("all => all.map(box => box.title)") == [
        "red",
        "green",
        "blue",
    ]
    book.screenshot("three-previews")
    book.run_to_idle(4)
    expect_states(book, 1, "running", "running", "succeeded")
    book.run_to_idle(5)
    expect_states(book, 1, "succeeded", "running", "succeeded")
    book.run_to_idle(6)
    expect(out.locator(".nbkit-state")).to_have_text("Finished")
    expect(out.locator("p img.nbkit-picture")).to_have_attribute("alt", "red")
    expect(out.locator("li img.nbkit-picture")).to_have_attribute("alt", "green")
    expect(out.locator("td img.nbkit-picture")).to_have_attribute("alt", "blue")
    for theme in ("light", "dark"):
        book.set_theme(theme)
        book.screenshot(f"three-images-{theme}")
    assert book.console_errors == []
    assert book.foreign_requests == []


def test_pause_retry_and_stop_work_by_click_while_the_session_runs(notebook):
    text = " ".join(TAG.format(c) for c in ("red", "green", "blue", "gold"))
    book = notebook(
        SETUP,
        source(1),
        f"say({text!r})",
        'backend.let("red", nbkit.BackendError("out of ink"))',
        'backend.let("red"); backend.let("green")',
        "print(session.status, session.progress.succeeded, session.progress.cancelled)",
    )
    book.run_to_idle(0, 1, 2)
    out = book.cell_output(1)
    expect_states(book, 1, "running", "queued", "queued", "queued")
    out.get_by_role("button", name="Pause").click()
    expect(out.locator(".nbkit-preview .nbkit-paused")).to_be_visible()
    book.run_to_idle(3)
    failed = slots(book, 1).nth(0)
    expect(failed).to_contain_text("out of ink")
    # Paused: nothing new has begun, though there is room.
    expect_states(book, 1, "failed", "queued", "queued", "queued")
    for theme in ("light", "dark"):
        book.set_theme(theme)
        book.screenshot(f"paused-and-failed-{theme}")
    out.get_by_role("button", name="Resume").click()
    expect(slots(book, 1).nth(1)).to_have_attribute("data-state", "running")
    failed.get_by_role("button", name=re.compile("Retry|Try")).click()
    expect(failed).to_have_attribute("data-state", "queued")
    book.run_to_idle(4)
    expect(slots(book, 1).nth(1)).to_have_attribute("data-state", "succeeded")
    expect(failed).to_have_attribute("data-state", "succeeded")
    out.get_by_role("button", name="Stop", exact=True).click()
    expect(out.locator(".nbkit-preview .nbkit-state")).to_have_text("Stopped")
    expect_states(book, 1, "succeeded", "succeeded", "cancelled", "cancelled")
    # The click has not kept the keyboard: the notebook's own keys work at once.
    cells = book.cell_count
    book.page.keyboard.press("b")
    expect(book.cell(cells)).to_be_attached()
    book.run_to_idle(6)
    expect(book.cell_output(6)).to_contain_text("cancelled 2 2")
    book.screenshot("stopped")
    assert book.console_errors == []


def test_buttons_work_while_another_cell_is_awaiting(notebook):
    book = notebook(SETUP, source(1), "say('text'); await session; print(session.status)")
    book.run_to_idle(0, 1)
    book.run_cell(2)
    expect(book.cell_output(1).locator(".nbkit-story")).to_contain_text("text")
    book.cell_output(1).get_by_role("button", name="Stop", exact=True).click()
    book.wait_cell_done(2)
    expect(book.cell_output(2)).to_contain_text("cancelled")


WATCH = """() => {
    const story = document.querySelector(".nbkit-story");
    window.nbkitFrames = [];
    const look = () => {
        const text = story.innerText;
        if (text !== window.nbkitFrames.at(-1)) window.nbkitFrames.push(text);
        requestAnimationFrame(look);
    };
    look();
}"""

MARKED = (
    "# A *title* here\n\nSome **bold words** and *leaning ones*, `code here`, a [link to a page]"
    "(https://example.org/page) and ~~gone text~~.\n\n> a **quoted `x` thing** goes on\n\n"
    "- first **item** with `code`\n- second [item](https://example.org) here\n\n"
    "1. **one *nested* bold**\n2. two ``tick tock`` end\n\n"
    "| **h** | k |\n|---|---|\n| `a` | **b** |\n| [c](https://example.org) | d |\n\n"
    "```python\nx = 1  # a comment\n```\n\nThe __last__ _line_ of $x^2$ all.\n"
)


def test_no_sampled_frame_shows_a_raw_mark_of_what_is_still_being_written(notebook):
    again = MARKED + "\n"
    book = notebook(SETUP, source(1), f"say({again!r})", "say(None)")
    book.run_to_idle(0, 1)
    story = book.cell_output(1).locator(".nbkit-story")
    expect(story).to_have_count(1)
    book.page.evaluate(WATCH)
    # A page in a hurry shows fewer frames of a text: it is written until there are enough.
    for times in itertools.count(1):
        book.run_to_idle(2)
        book.page.wait_for_function(
            "n => document.querySelector('.nbkit-story').innerText.split('all.').length > n",
            arg=times,
        )
        if book.page.evaluate("() => window.nbkitFrames.length") > 30:
            break
    book.run_to_idle(3)
    expect(book.cell_output(1).locator(".nbkit-state").first).to_have_text("Finished")
    frames = book.page.evaluate("() => window.nbkitFrames")
    for text in frames:
        assert not re.search(r"\*\*|~~|`|\]\(|\[|__|\$", text), text[-120:]


def test_the_view_stays_where_a_reader_has_scrolled_and_follows_again_at_the_end(notebook):
    book = notebook(
        SETUP,
        source(1).replace("feed()", "feed(60)"),
        "say(''.join(f'Paragraph {n}: ' + 'words ' * 40 + '\\n\\n' for n in range(20)))",
        "say(''.join(f'More {n}: ' + 'words ' * 40 + '\\n\\n' for n in range(8)))",
        "say(''.join(f'Again {n}: ' + 'words ' * 40 + '\\n\\n' for n in range(8)))",
    )
    book.run_to_idle(0, 1, 2)
    scroll = book.cell_output(1).locator(".nbkit-scroll")
    story = scroll.locator(".nbkit-story")
    # All of it: what is still coming would move the end, and the view with it.
    expect(story).to_contain_text(f"Paragraph 19: {('words ' * 40).strip()}")
    at_end = "s => s.scrollHeight - s.scrollTop - s.clientHeight < 40"
    wait = """s => new Promise(done => {
        const look = () => (%s)(s) ? done(true) : requestAnimationFrame(look);
        look();
    })"""
    assert scroll.evaluate(wait % at_end)
    scroll.hover()
    scroll.evaluate(
        """s => {
            const from = s.scrollTop;
            window.nbkitRest = new Promise((rest) => {
                s.onscrollend = () => { if (s.scrollTop < from) rest(true); };
            });
        }"""
    )
    book.page.mouse.wheel(0, -600)
    assert book.page.evaluate("nbkitRest")
    assert scroll.evaluate("s => s.scrollHeight - s.scrollTop - s.clientHeight > 300")
    top = scroll.evaluate("s => s.scrollTop")
    book.run_to_idle(3)
    expect(story).to_contain_text("More 7")
    assert abs(scroll.evaluate("s => s.scrollTop") - top) < 2
    scroll.evaluate("s => { s.scrollTop = s.scrollHeight }")
    book.run_to_idle(4)
    expect(story).to_contain_text("Again 7")
    assert scroll.evaluate(wait % at_end)


LOOKS = """() => {
    const words = ["done", "failed", "waiting", "running", "cancelled"];
    window.nbkitLooks = [];
    const look = () => {
        const row = document.querySelector(".nbkit-progress .nbkit-row");
        const text = row?.querySelector(".nbkit-counts")?.innerText;
        if (text && text !== window.nbkitLooks.at(-1)) window.nbkitLooks.push(text);
        requestAnimationFrame(look);
    };
    look();
}"""


def test_the_progress_rows_counts_add_up_at_each_look(notebook):
    colours = ["red", "green", "blue", "gold", "pink", "navy"]
    book = notebook(
        SETUP,
        "async def quick(prompt):\n"
        "    await asyncio.sleep(0.15)\n"
        "    if prompt == 'gold': raise nbkit.BackendError('no gold')\n"
        "    return await nbkit_png(prompt)\n"
        "session = nbkit.illustrate(feed(), images=quick, max_concurrency=2)",
        f"say({' and '.join(TAG.format(c) for c in colours)!r}); say(None)",
    )
    book.run_to_idle(0, 1)
    book.page.evaluate(LOOKS)
    book.run_to_idle(2)
    row = book.cell_output(1).locator(".nbkit-progress .nbkit-row")
    expect(book.cell_output(1).locator(".nbkit-preview .nbkit-state")).to_have_text("Finished")
    # The row is another widget's, and has its own time.
    book.page.wait_for_function("() => window.nbkitLooks.at(-1)?.startsWith('5 of 6')")
    expect(row.locator("progress")).to_have_count(1)
    looks = book.page.evaluate("() => window.nbkitLooks")
    for look in looks:
        of = re.search(r"(\d+) of (\d+)", look)
        assert of, look
        total = int(of[2])
        parts = [
            int(n)
            for n in re.findall(r"(\d+) (?:failed|running|waiting|cancelled|retrying|queued)", look)
        ]
        assert int(of[1]) + sum(parts) == total, look
    row.get_by_role("button").first.click()
    expect(book.cell_output(1).locator(".nbkit-progress")).to_contain_text("no gold")
    for theme in ("light", "dark"):
        book.set_theme(theme)
        book.screenshot(f"progress-open-{theme}")
    assert book.console_errors == []


def test_a_frozen_output_reopens_without_a_kernel_and_untrusted(notebook, lab):
    text = f"# Frozen\n\nEuler: $e^{{i\\pi}} = -1$ costs $5 and $6. {TAG.format('red')}\n"
    book = notebook(
        SETUP,
        source(1) + "\nsession",
        f"say({text!r}); say(None)",
        'backend.let("red")',
    )
    book.run_to_idle(0, 1)
    out = book.cell_output(1)
    # A session that ends before its page has asked for it is shown without a view.
    expect(out.locator(".nbkit-preview .nbkit-state")).to_have_text("Writing")
    book.run_to_idle(2, 3)
    expect(out.locator(".nbkit-preview .nbkit-state")).to_have_text("Finished")
    expect(out.locator("img.nbkit-picture")).to_be_visible()
    book.set_hidden(True)
    expect(out.locator(".nbkit-preview")).to_have_count(0)
    expect(out.locator("img[alt=red]")).to_be_visible()
    book.set_hidden(False)
    book.screenshot("frozen")
    book.save()
    lab.distrust(book.name)
    again = notebook.open(book.name, kernel=False)
    assert not again.is_trusted(1)
    out = again.cell_output(1)
    expect(out.locator("h1")).to_have_text("Frozen")
    image = out.locator("img[alt=red]")
    expect(image).to_be_visible()
    expect(image).to_have_js_property("naturalWidth", 256)
    expect(out).to_contain_text("costs $5 and $6")
    assert "e^{i\\pi}" in out.inner_text() or out.locator("math").count() == 1
    assert "not found" not in out.inner_text()
    for theme in ("light", "dark"):
        again.set_theme(theme)
        again.screenshot(f"reopened-{theme}")
    assert again.console_errors == []


@pytest.mark.parametrize("rows", [1000])
def test_a_long_table_streams_in_frames_that_do_not_grow(notebook, rows):
    book = notebook(
        "import asyncio, nbkit\n"
        "sizes, gone = [], asyncio.Event()\n"
        "async def table():\n"
        "    yield '| n | square |\\n|---|---|\\n'\n"
        f"    for n in range({rows}):\n"
        "        if n % 40 == 0: gone.clear()\n"
        "        yield f'| {n} | {n * n} |\\n'\n"
        "        if n % 40 == 0: await gone.wait()\n",
        "session = nbkit.illustrate(table(), progress=False, freeze=False)\n"
        "widget = session.screen._preview\n"
        "send = widget.send\n"
        "def counted(content, buffers=None):\n"
        "    if content['kind'] == 'frame':\n"
        "        sizes.append(content.get('packed') or len(str(content['ops'])))\n"
        "        gone.set()\n"
        "    send(content, buffers)\n"
        "widget.send = counted\n",
        "await session\nprint(len(sizes), sum(sizes), len(str(session.story.changes(0).ops)))",
    )
    book.run_to_idle()
    expect(book.cell_output(1).locator(".nbkit-story tbody tr")).to_have_count(rows)
    (told,) = book.outputs(2)
    frames, sent, whole = map(int, "".join(told["text"]).split())
    assert frames >= rows / 40
    # Each row once, the open one again in each frame: were it all sent anew, it would be frames/2.
    assert sent < 1.5 * whole, f"{frames} frames, {sent} sent for {whole}"
    assert book.console_errors == []
