"""The quickstart notebook, run by a person in JupyterLab."""

from pathlib import Path

import pytest
from browser.seen import SEEN
from playwright.sync_api import expect

from nbkit import demo

CELLS = {"first": 5, "second": 9, "third": 11}


@pytest.fixture
def book(notebook):
    return notebook.copy_of(demo.notebooks() / "01_quickstart.ipynb")


def test_the_quickstart_streams_its_reply_and_fills_its_places(book):
    book.run_to_idle(1, 3)
    book.page.evaluate(SEEN)
    book.run_cell(CELLS["first"])
    out = book.cell_output(CELLS["first"])
    box = out.locator(".nbkit-story .nbkit-box")
    expect(out.locator(".nbkit-story h1")).to_have_text("The lighthouse that hummed")
    expect(box.nth(0)).to_have_attribute("data-state", "succeeded")
    book.screenshot("quickstart-at-work")
    book.wait_cell_done(CELLS["first"])
    expect(out.locator(".nbkit-preview .nbkit-state")).to_have_text("Finished")
    expect(out.locator("img.nbkit-picture:visible")).to_have_count(3)
    seen = book.page.evaluate("() => window.nbkitSeen")
    for prompt in ("a lighthouse", "a small red ", "a red fox be"):
        assert f"{prompt}: preview" in seen
        assert seen.index(f"{prompt}: preview") < seen.index(f"{prompt}: succeeded")
    book.run_to_idle(7, CELLS["second"])
    expect(book.cell_output(7)).to_contain_text("succeeded")
    # Live, or the static copy that takes its place when nobody has touched it for a while.
    second = book.cell_output(CELLS["second"])
    expect(second.locator(".nbkit-story li")).to_have_count(2)
    expect(second.locator("li img:visible")).to_have_count(2)
    book.run_to_idle(CELLS["third"])
    expect(book.cell_output(CELLS["third"])).to_contain_text("attempts=2")
    for theme in ("light", "dark"):
        book.set_theme(theme)
        book.cell(CELLS["second"]).scroll_into_view_if_needed()
        book.screenshot(f"quickstart-{theme}")
    assert book.console_errors == []
    assert book.foreign_requests == []


def test_the_packaged_notebooks_hold_no_outputs():
    import nbformat

    for path in Path(demo.notebooks()).glob("*.ipynb"):
        book = nbformat.read(path, as_version=4)
        nbformat.validate(book)
        assert all(not cell.get("outputs") for cell in book.cells)
