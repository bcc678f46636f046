"""The README's picture: a cell at work, as it is in a real JupyterLab, light and dark.

What it takes lies in output/; a new one is put into notebooks/images/ by hand.
"""

import pytest
from playwright.sync_api import expect

# Beside the picture: the painter stops before the third picture, until it may go on.
HELD = """import asyncio
import nbkit
from nbkit.images.sketch import SketchBackend

paint, begun, go_on = SketchBackend.generate, [], asyncio.Event()

async def generate(self, request, *, on_preview):
    begun.append(request)
    held = len(begun) > 2
    done = await paint(self, request, on_preview=lambda shown: (
        None if held and shown.fraction > 0.6 else on_preview(shown)))
    if held:
        await go_on.wait()
    return done

SketchBackend.generate = generate"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_cell_at_work_shows_pictures_done_being_drawn_and_in_the_queue(notebook, theme):
    book = notebook(
        HELD,
        'session = nbkit.illustrate(nbkit.replay("field-notes"), images="sketch")',
        "go_on.set()",
        mode="doc",
        device_scale_factor=1.25,
    )
    book.page.set_viewport_size({"width": 960, "height": 1500})
    book.set_theme(theme)
    book.run_to_idle(0)
    book.run_cell(1)
    box = book.cell_output(1).locator(".nbkit-story .nbkit-box")
    for number, state in enumerate(("succeeded", "succeeded", "running", "running", "queued")):
        expect(box.nth(number)).to_have_attribute("data-state", state)
    for number in (2, 3):
        expect(box.nth(number).locator("img.nbkit-sketch")).to_be_visible()
    book.screenshot(f"readme-{theme}", of=book.cell(1))
    book.run_cell(2)
    expect(box.nth(5)).to_have_attribute("data-state", "succeeded")
    assert book.console_errors == []
