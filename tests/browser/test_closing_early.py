"""Widgets that are closed as soon as they are made: a page that is slow has not loaded them yet."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

# The scripts of some widgets come late. anywidget gives each model two seconds, by signals that
# cannot be hastened; when all of them are over, whatever it has to say has been said.
LATE = """
const list = globalThis[Symbol.for("nbkit.scripts")] = new Map();
list.set = (key, entry) => {
  const late = () => new Promise((go) => setTimeout(go, key.startsWith("LATE") ? 500 : 0));
  entry.module = entry.module.then(async (module) => (await late(), module));
  return Map.prototype.set.call(list, key, entry);
};
const { timeout } = AbortSignal;
const limits = globalThis.nbkitLimits = [];
AbortSignal.timeout = (ms) => {
  const signal = timeout.call(AbortSignal, ms);
  limits.push(signal);
  return signal;
};
"""


# The scripts of the library take a while, and count when they are there. Each model's two seconds
# never pass; noted is how many scripts there were when they began.
SLOW = """
globalThis.nbkitThere = 0;
const address = URL.createObjectURL;
URL.createObjectURL = (blob) => address.call(URL, blob.size < 9000 ? blob : new Blob(
  ["await new Promise((go) => setTimeout(go, 500));", blob, "\\n++globalThis.nbkitThere;"],
  { type: blob.type }));
const begun = globalThis.nbkitBegun = [];
AbortSignal.timeout = () => {
  begun.push(globalThis.nbkitThere);
  return new AbortController().signal;
};
"""


def test_the_time_of_a_widget_begins_when_its_page_has_the_scripts(notebook):
    book = notebook(
        "import nbkit",
        "session = nbkit.illustrate('a short text')",
        before=lambda page: page.add_init_script(SLOW),
    )
    book.run_to_idle()
    expect(book.cell_output(1)).to_contain_text("a short text")
    # The library; the preview, the progress and their places.
    book.page.wait_for_function("nbkitBegun.length === 4")
    assert book.page.evaluate("nbkitBegun") == [0, 3, 3, 3]


@pytest.mark.parametrize("late", ["preview", "progress", "places", "none"])
def test_a_session_that_is_over_at_once_leaves_no_error_in_the_console(notebook, late: str):
    def slow(page: Page) -> None:
        page.add_init_script(LATE.replace("LATE", late))

    book = notebook(
        "import nbkit",
        "await nbkit.illustrate('a short text')\nnbkit.ProgressWidget().close()",
        before=slow,
    )
    book.run_to_idle()
    expect(book.cell_output(1)).to_contain_text("a short text")
    # The library, the preview, the progress and their places; the widget that stands alone.
    book.page.wait_for_function(
        "nbkitLimits.length === 5 && nbkitLimits.every((each) => each.aborted)"
    )
    assert book.console_errors == []
