"""The notebook on models and image servers, run by a person in JupyterLab."""

import nbformat
import pytest
from browser.seen import SEEN
from playwright.sync_api import expect

from nbkit import demo

NOTEBOOK = demo.notebooks() / "02_models_and_image_servers.ipynb"


@pytest.fixture
def book(notebook):
    return notebook.copy_of(NOTEBOOK)


def cell_with(marker):
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    (found,) = [i for i, c in enumerate(cells) if c.cell_type == "code" and marker in c.source]
    return found


SERVER, VARIABLES = cell_with("Server("), cell_with("OPENAI_BASE_URL")
FIRST, COMFY, A1111 = cell_with("openai:painter?"), cell_with("comfyui:"), cell_with("a1111:")
BROKEN, STOP = cell_with("def order("), cell_with("server.stop()")


def test_each_server_streams_its_text_and_sends_previews_of_its_pictures(book):
    book.run_to_idle(SERVER, VARIABLES)
    for index in (FIRST, COMFY, A1111):
        book.page.evaluate(SEEN)
        book.run_cell(index)
        out = book.cell_output(index)
        expect(out.locator(".nbkit-story .nbkit-box").first).to_be_visible()
        book.screenshot(f"models-{index}-at-work")
        book.wait_cell_done(index)
        expect(out.locator(".nbkit-preview .nbkit-state")).to_have_text("Finished")
        titles = out.locator(".nbkit-story .nbkit-box").evaluate_all("all => all.map(b => b.title)")
        pictures = out.locator("img.nbkit-picture:visible")
        expect(pictures).to_have_count(len(titles))
        # An unfinished picture from the server has stood in the place of the finished one.
        seen = book.page.evaluate("() => window.nbkitSeen")
        assert any(f"{title[:12]}: preview" in seen for title in titles)
        assert all(f"{title[:12]}: succeeded" in seen for title in titles)
    assert book.console_errors == []
    assert book.foreign_requests == []


def test_a_broken_stream_and_a_broken_picture_say_so_and_the_picture_comes_by_a_click(book):
    book.run_to_idle(SERVER, VARIABLES, BROKEN)
    out = book.cell_output(BROKEN)
    failed = out.locator(".nbkit-box[data-state=failed]")
    expect(failed).to_have_count(1)
    expect(failed).to_contain_text("an HTML page")
    expect(out.locator(".nbkit-preview")).to_contain_text("closed the connection")
    expect(out.locator(".nbkit-story h1")).to_have_text("Postcards from Unit 7")
    for theme in ("light", "dark"):
        book.set_theme(theme)
        book.cell(BROKEN).scroll_into_view_if_needed()
        out.locator(".nbkit-preview").scroll_into_view_if_needed()
        book.screenshot(f"models-broken-{theme}")
        failed.scroll_into_view_if_needed()
        book.screenshot(f"models-failed-picture-{theme}")
    failed.get_by_role("button", name="Retry").click()
    expect(out.locator(".nbkit-box[data-state=failed]")).to_have_count(0)
    expect(out.locator(".nbkit-box[data-state=succeeded]")).to_have_count(3)
    book.run_to_idle(STOP)
    assert book.console_errors == []
    assert book.foreign_requests == []
