"""Reload, a second page, a killed kernel, a saved notebook: what a person sees of each."""

import json
import os
import re
import shutil
import signal
from pathlib import Path

import pytest
from playwright.sync_api import expect

SETUP = "from stage import *"
TAG = '<!--img-prompt="{}"-->'
START = "session = nbkit.illustrate(feed(), images=backend, max_concurrency=2)"

# Marks when a trivial widget, nbkit's text and nbkit's picture have come to stand in the page.
MARKS = """
const marks = globalThis.nbkitMarks = {};
const look = () => {
  const mark = (name, found) => { if (found) marks[name] ??= performance.now(); };
  mark("trivial", document.querySelector(".trivial"));
  mark("text", document.querySelector(".nbkit-preview .nbkit-story")?.innerText.includes("there"));
  mark("picture", document.querySelector(".nbkit-preview img.nbkit-picture[src]:not([hidden])"));
  requestAnimationFrame(look);
};
look();
"""

TRIVIAL = """import anywidget
class Trivial(anywidget.AnyWidget):
    _esm = "export default { render({ el }) { el.innerHTML = '<b class=trivial>here</b>'; } }"
Trivial()"""


@pytest.fixture(autouse=True)
def _stage(lab):
    shutil.copy(Path(__file__).with_name("stage.py"), lab.root)


def text_of(*colours):
    return "# The story\n\nSome text is there " + " and ".join(TAG.format(c) for c in colours)


def pictures(book, cell=1):
    return book.cell_output(cell).locator(".nbkit-preview img.nbkit-picture[src]")


def state(book, cell=1):
    return book.cell_output(cell).locator(".nbkit-preview .nbkit-state")


def in_mid_run(notebook, *more, **options):
    """A session with text, one picture, and one that is being made."""
    book = notebook(
        SETUP, START, f"say({text_of('red', 'green')!r})", 'backend.let("red")', *more, **options
    )
    book.run_to_idle(0, 1, 2, 3)
    expect(pictures(book)).to_have_count(1)
    # The text comes in pieces: the first picture may stand there before the second tag is written.
    out = book.cell_output(1)
    expect(out.locator(".nbkit-preview .nbkit-box")).to_have_count(2)
    counts = out.locator(".nbkit-progress .nbkit-counts")
    expect(counts).to_contain_text("1 of 2 done", use_inner_text=True)
    return book


def finish(book, cell):
    book.run_cell(cell)
    expect(pictures(book)).to_have_count(2)
    expect(state(book)).to_have_text("Finished")


FINISH = 'backend.let("green"); say("\\n\\nThe end."); say(None)'


@pytest.mark.parametrize("waits", [False, True], ids=["idle", "in an await"])
def test_a_reloaded_page_has_the_story_a_second_after_any_other_widget(notebook, waits):
    book = in_mid_run(
        notebook,
        TRIVIAL,
        "print('waits'); await session; print('over')",
        FINISH,
        before=lambda page: page.add_init_script(MARKS),
    )
    book.run_to_idle(4)
    expect(book.page.locator(".trivial")).to_be_visible()
    if waits:
        book.run_cell(5)
        expect(book.cell_output(5)).to_contain_text("waits")
    book.save()
    other = book.cell_output(4).locator(".trivial")
    given_up = book.cell_output(4).get_by_text("model not found")
    late = []
    # A page that is in a hurry about something else may be late once.
    for _ in range(3):
        # Not book.reload(): of a kernel whose cell awaits JupyterLab learns when that has ended.
        book.page.reload()
        expect(other.or_(given_up)).to_be_visible()
        expect(pictures(book)).to_have_count(1)
        expect(state(book)).to_have_text("Writing")
        # ipywidgets looks two seconds for the other's model, which a slow kernel may exceed.
        if given_up.is_visible():
            continue
        book.page.wait_for_function("() => Object.keys(nbkitMarks).length === 3")
        marks = book.page.evaluate("() => nbkitMarks")
        late.append(max(marks["text"], marks["picture"]) - marks["trivial"])
        # A second where the page itself takes three, as it does where nothing else runs.
        if late[-1] < marks["trivial"] / 3:
            break
    else:
        pytest.fail(f"so many ms after another widget came the story: {late}")
    book.screenshot(f"rows-reloaded-{'await' if waits else 'idle'}")
    # It goes on live: in an await the kernel is asked from elsewhere, as its cells wait.
    if waits:
        book.cell_output(1).get_by_role("button", name="Stop", exact=True).click()
        expect(state(book)).to_have_text("Stopped")
        book.wait_idle()
    else:
        book.wait_idle()
        finish(book, 6)
    assert [each for each in book.console_errors if "widget model not found" not in each] == []


def test_a_second_page_shows_the_same_session_and_both_go_on(notebook):
    book = in_mid_run(notebook, FINISH)
    book.save()
    second = notebook.open(book.name)
    expect(pictures(second)).to_have_count(1)
    expect(state(second)).to_have_text("Writing")
    book.run_cell(4)
    for each in (book, second):
        expect(pictures(each)).to_have_count(2)
        expect(state(each)).to_have_text("Finished")
        expect(each.cell_output(1).locator(".nbkit-preview")).to_contain_text("The end.")
    second.screenshot("rows-second-page")


def test_a_deleted_cells_session_is_listed_and_shown_live_elsewhere(notebook):
    book = in_mid_run(notebook, "nbkit.sessions()", "nbkit.sessions()[0].show()", FINISH)
    book.page.evaluate(
        """path => { const { content } = nbkitTest.panel(path);
          content.activeCellIndex = 1; content.deselectAll();
          return window.jupyterapp.commands.execute("notebook:delete-cell"); }""",
        book.name,
    )
    expect(book.page.locator(".nbkit-preview")).to_have_count(0)
    book.run_to_idle(3)
    expect(book.cell_output(3)).to_contain_text("running, 1 of 2 images")
    book.run_to_idle(4)
    expect(pictures(book, 4)).to_have_count(1)
    book.run_cell(5)
    expect(pictures(book, 4)).to_have_count(2)
    expect(state(book, 4)).to_have_text("Finished")


@pytest.mark.parametrize("how", ["killed", "restarted"])
def test_a_view_whose_kernel_is_gone_says_so_and_its_buttons_do_no_harm(notebook, how):
    book = in_mid_run(notebook, "import os; print(os.getpid())", "1 + 1")
    book.run_to_idle(4)
    if how == "killed":
        os.kill(int(book.outputs(4)[0]["text"]), signal.SIGKILL)
    else:
        book.restart_kernel()
    expect(state(book)).to_have_text("Disconnected")
    out = book.cell_output(1)
    for name in ("Stop", "Pause", "Retry failed"):
        expect(out.get_by_role("button", name=name, exact=True)).to_be_disabled()
    expect(out.locator(".nbkit-progress .nbkit-note")).to_have_text("Disconnected")
    # Nothing claims to be running, neither an image nor its task.
    expect(out.locator(".nbkit-story .nbkit-box .nbkit-word").nth(1)).to_have_text("Not finished")
    counts = out.locator(".nbkit-progress .nbkit-counts")
    expect(counts).to_have_text("1 of 2 done 1 not finished", use_inner_text=True)
    expect(out.locator(".nbkit-progress .nbkit-eta")).to_be_empty()
    # What had arrived stays, and a kernel that is back changes nothing of that.
    expect(pictures(book)).to_have_count(1)
    book.wait_idle()
    book.run_to_idle(5)
    expect(state(book)).to_have_text("Disconnected")
    if how == "killed":
        book.page.get_by_role("button", name="Ok", exact=True).click()
    for theme in ("light", "dark"):
        book.set_theme(theme)
        out.scroll_into_view_if_needed()
        book.screenshot(f"rows-{how}-{theme}")


@pytest.mark.parametrize("when", ["in mid-run", "at the end"])
def test_a_notebook_saved_at_any_time_reopens_with_its_story(notebook, lab, when):
    book = in_mid_run(notebook, FINISH)
    if when == "at the end":
        finish(book, 4)
        wanted = 2
    else:
        book.page.wait_for_function(
            "p => JSON.stringify(nbkitTest.cell(p, 1).model.outputs.toJSON()).includes('alt=')",
            arg=book.name,
        )
        wanted = 1
    # The view is still live: nothing has been frozen.
    expect(state(book)).to_be_visible()
    book.save()
    outputs = json.dumps(lab.read(book.name).cells[1].outputs)
    assert "widget-view" not in outputs
    lab.distrust(book.name)
    again = notebook.open(book.name, kernel=False)
    out = again.cell_output(1)
    expect(out.locator("h1")).to_have_text("The story")
    expect(out.locator("img[alt=red], img[alt=green]")).to_have_count(wanted)
    assert "not found" not in out.inner_text()
    assert ("Not finished" in out.inner_text()) == (wanted == 1)
    for theme in ("light", "dark"):
        again.set_theme(theme)
        again.screenshot(f"rows-reopened-{wanted}-{theme}")
    assert again.console_errors == []


def test_what_ends_after_a_reload_is_in_the_notebook_that_is_saved_then(notebook, lab):
    book = in_mid_run(notebook, FINISH)
    book.save()
    book.reload()
    expect(state(book)).to_have_text("Writing")
    finish(book, 4)
    book.set_hidden(True)  # which freezes it
    expect(book.cell_output(1).locator(".nbkit-preview")).to_have_count(0)
    book.set_hidden(False)
    expect(book.cell_output(1).locator("img[alt=green]")).to_be_visible()
    book.save()
    saved = json.dumps(lab.read(book.name).cells[1].outputs)
    assert "The end." in saved
    assert len(re.findall("<img ", saved)) == 2


def test_failed_images_are_tried_again_by_click_and_from_code(notebook):
    book = notebook(
        SETUP,
        "session = nbkit.illustrate(feed(), images=backend, max_concurrency=4, retries=0)",
        f"say({text_of('red', 'green', 'blue')!r}); say(None)",
        "for c in ('red', 'green', 'blue'): backend.let(c, nbkit.BackendError(f'out of {c}'))",
        'backend.let("red")',
        'backend.let("green", nbkit.BackendError("still out")); backend.let("blue")',
        'session.retry(); backend.let("green")',
    )
    book.run_to_idle(0, 1, 2, 3)
    out = book.cell_output(1)
    boxes = out.locator(".nbkit-story .nbkit-box")
    failed = out.locator(".nbkit-story .nbkit-box[data-state=failed]")
    expect(failed).to_have_count(3)
    expect(boxes.nth(0)).to_contain_text("out of red")
    book.screenshot("rows-failed")
    boxes.nth(0).get_by_role("button", name=re.compile("Retry")).click()
    book.run_to_idle(4)
    expect(pictures(book)).to_have_count(1)
    expect(failed).to_have_count(2)
    out.get_by_role("button", name="Retry failed", exact=True).click()
    book.run_to_idle(5)
    expect(pictures(book)).to_have_count(2)
    expect(failed).to_have_count(1)
    expect(failed).to_contain_text("still out")
    book.run_to_idle(6)
    expect(pictures(book)).to_have_count(3)
    expect(failed).to_have_count(0)
    expect(state(book)).to_have_text("Finished")


def test_the_final_state_is_there_when_a_page_comes_back(notebook):
    book = in_mid_run(notebook, FINISH)
    book.save()
    # Run from a second page; the first has gone with its socket.
    name = book.name
    second = notebook.open(name)
    book._context.close()
    notebook.opened.remove(book)
    second.run_cell(4)
    expect(state(second)).to_have_text("Finished")
    second._context.close()
    notebook.opened.remove(second)
    third = notebook.open(name)
    out = third.cell_output(1)
    expect(out.locator("img[alt=green][src]")).to_be_visible()
    expect(out).to_contain_text("The end.")
    third.screenshot("rows-back")


def test_the_same_cell_again_says_so_on_a_view_elsewhere(notebook):
    book = in_mid_run(notebook, "session.show()")
    book.run_to_idle(4)
    book.run_to_idle(1)
    expect(state(book, 4)).to_have_text("Stopped")
    expect(book.cell_output(4).locator(".nbkit-preview")).to_contain_text(
        "its cell was executed again"
    )
    book.screenshot("rows-again", book.cell_output(4))
