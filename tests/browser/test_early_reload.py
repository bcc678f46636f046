"""A page that is loaded anew while the kernel expects it to ask for a story."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

# The first page gets the scripts of its views when it is told to, and goes as the first one asks.
HELD = """
if (performance.getEntriesByType("navigation")[0]?.type !== "reload") {
  const told = new Promise((go) => globalThis.nbkitGo = go);
  const list = globalThis[Symbol.for("nbkit.scripts")] = new Map();
  list.set = (key, entry) => {
    if (!key.startsWith("places")) entry.module = entry.module.then(async (m) => (await told, m));
    return Map.prototype.set.call(list, key, entry);
  };
  AbortSignal.timeout = () => new AbortController().signal;
  const seen = new MutationObserver(() => {
    if (!document.querySelector(".nbkit-preview")) return;
    seen.disconnect();  // or each change would begin the reload anew
    location.reload();
  });
  seen.observe(document, { childList: true, subtree: true });
}
"""

# Nobody but a page ends this wait, and no copy comes meanwhile.
SETUP = """
import nbkit, nbkit.notebook, nbkit._notebook.outputs
nbkit.notebook.ANSWER = nbkit._notebook.outputs.EVERY = 3600.0
"""
TEXT = "The keeper turns the lens by hand. " * 200 + "The end."
# A page that goes once it has seen the end would have the views let go: here they stay.
START = f"session = await nbkit.illustrate({TEXT!r}, freeze=False)"


def held(page: Page) -> None:
    page.add_init_script(HELD)


@pytest.mark.parametrize("asks", [False, True], ids=["before it asks", "as it asks"])
def test_a_page_that_goes_in_the_time_to_ask_finds_the_whole_when_it_is_back(notebook, lab, asks):
    book = notebook(SETUP, START, before=held)
    book.run_to_idle(0)
    book.run_cell(1)
    out = book.cell_output(1)
    # The places have been found; what is to stand in them is not there yet.
    expect(out.locator(".nbkit-stand")).to_have_count(2)
    book.save()
    assert "The end." not in json.dumps(lab.read(book.name).cells[1].outputs)
    if asks:
        book.page.evaluate("nbkitGo()")
    else:
        book.page.reload()
    book.page.wait_for_function(
        "() => performance.getEntriesByType('navigation')[0]?.type === 'reload'"
    )
    expect(out.locator(".nbkit-preview .nbkit-story")).to_contain_text("The end.")
    expect(out.locator(".nbkit-preview .nbkit-state")).to_have_text("Finished")
    book.wait_idle()
    book.page.wait_for_function(
        "([path]) => JSON.stringify(nbkitTest.cell(path, 1).model.outputs.toJSON())"
        ".includes('A static copy')",
        arg=[book.name],
    )
    book.save()
    saved = json.dumps(lab.read(book.name).cells[1].outputs)
    assert saved.count("The end.") == 2  # as HTML and as text
    assert "Not finished" not in saved
    assert book.console_errors == []
