"""The README's picture: a cell at work, as it is in a real JupyterLab, light and dark.

What it takes lies in output/; a new one is put into notebooks/images/ by hand.
"""

import pytest
from playwright.sync_api import expect


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_cell_at_work_shows_pictures_done_being_drawn_and_in_the_queue(notebook, theme):
    book = notebook(
        "import nbkit",
        'session = nbkit.illustrate(nbkit.replay("field-notes"), images="sketch")',
        mode="doc",
        device_scale_factor=1.25,
    )
    book.page.set_viewport_size({"width": 960, "height": 1500})
    book.set_theme(theme)
    book.run_to_idle(0)
    book.run_cell(1)
    box = book.cell_output(1).locator(".nbkit-story .nbkit-box")
    expect(box.nth(4)).to_have_attribute("data-state", "queued")
    for number in (0, 1):
        expect(box.nth(number)).to_have_attribute("data-state", "succeeded")
    book.screenshot(f"readme-{theme}", of=book.cell(1))
    expect(box.nth(5)).to_have_attribute("data-state", "succeeded")
    assert book.console_errors == []
