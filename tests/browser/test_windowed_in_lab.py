"""A running view in a notebook that takes what is out of sight out of its page."""

import shutil
from pathlib import Path

from playwright.sync_api import expect

WINDOWED = """path => {
  const { content } = nbkitTest.panel(path);
  content.notebookConfig = { ...content.notebookConfig, windowingMode: "full" };
}"""
HEIGHT = "view => view.getBoundingClientRect().height"
REST = "s => s.scrollHeight - s.scrollTop - s.clientHeight"
LINES = "\n".join("..." for _ in range(30))
PARAGRAPHS = "".join(f"Paragraph {number} {'words ' * 12}\n\n" for number in range(40))
TAG = '<!--img-prompt="red"-->'


def test_a_view_that_was_scrolled_away_has_all_of_it_when_it_comes_back(notebook, lab):
    shutil.copy(Path(__file__).with_name("stage.py"), lab.root)
    book = notebook(
        "from stage import *",
        "session = nbkit.illustrate(feed(), images=backend)",
        f"say({f'First {TAG} then' + chr(10) * 2 + PARAGRAPHS!r})",
        *[LINES] * 12,
        "say('The **very** end.'); backend.let('red')",
    )
    book.page.evaluate(WINDOWED, book.name)
    book.run_to_idle(0, 1, 2)
    view = book.cell_output(1).locator(".nbkit-preview")
    expect(view.locator(".nbkit-story")).to_contain_text("Paragraph 39")
    away = view.element_handle()
    book.run_to_idle(15)
    book.page.wait_for_function(f"view => !view.isConnected || !({HEIGHT})(view)", arg=away)
    book.page.locator(".jp-WindowedPanel-outer").evaluate("panel => { panel.scrollTop = 0 }")
    expect(view.locator(".nbkit-story")).to_contain_text("The very end.")
    expect(view.locator("img.nbkit-picture")).to_have_attribute("alt", "red")
    expect(view.locator(".nbkit-state")).to_have_text("Writing")
    scroll = view.locator(".nbkit-scroll").element_handle()
    book.page.wait_for_function(f"s => s.clientHeight > 0 && ({REST})(s) < 2", arg=scroll)
