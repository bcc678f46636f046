"""Versions and the lightbox as a person uses them in a real JupyterLab."""

from __future__ import annotations

import hashlib
from pathlib import Path

from playwright.sync_api import expect

SETUP = """import hashlib, nbkit
session = nbkit.illustrate(
    'A fox: <!--img-prompt="a red fox in the snow"-->\\n\\n'
    'A whale: <!--img-prompt="a blue whale"-->\\n',
    images="sketch?duration=0.3", width=1024, height=1024, freeze=False)"""
PRINT = """first = session.images[0]
print(len(first.versions), first.prompt, session.progress.succeeded, session.progress.total)
print(*(hashlib.sha256(each.data).hexdigest() for each in first.versions))
print(first.versions.index(first.image), first.image.width)"""


def test_a_person_makes_chooses_looks_at_and_downloads_versions(notebook, tmp_path: Path):
    book = notebook(SETUP, PRINT)
    book.run_to_idle(0)
    out = book.cell_output(0)
    expect(out.locator(".nbkit-preview .nbkit-state")).to_have_text("Finished")
    box = out.locator(".nbkit-slot > .nbkit-box").nth(0)
    versions = box.get_by_role("group", name="Versions")
    box.hover()
    box.get_by_role("button", name="Regenerate").click()
    expect(versions).to_have_text("2/2")
    box.hover()
    box.get_by_role("button", name="Edit prompt…").click()
    text = box.get_by_role("textbox", name="Prompt")
    expect(text).to_be_focused()
    # The notebook's own keys ("b" makes a cell, "d d" takes one away) are not meant here.
    text.press("End")
    book.page.keyboard.type(", a bold dad, at dawn")
    book.page.keyboard.press("Enter")
    assert book.cell_count == 2
    book.screenshot("versions-in-lab-edit")
    box.get_by_role("button", name="Generate", exact=True).click()
    expect(versions).to_have_text("3/3")
    prompt = "a red fox in the snow, a bold dad, at dawn"
    expect(box.locator("img.nbkit-picture")).to_have_attribute("alt", prompt)
    versions.get_by_role("button", name="Former").click()
    expect(versions).to_have_text("2/3")
    expect(box.locator("img.nbkit-picture")).to_have_attribute("alt", "a red fox in the snow")
    for theme in ("light", "dark"):
        book.set_theme(theme)
        box.hover()
        book.screenshot(f"versions-in-lab-{theme}")
    book.run_to_idle(1)
    counts, hashes, chosen = book.outputs(1)[0]["text"].splitlines()
    assert counts == f"3 {'a red fox in the snow'} 4 4"
    assert chosen == "1 1024"

    image = box.locator("img.nbkit-picture")
    image.focus()
    book.page.keyboard.press("Enter")
    dialog = book.page.locator("dialog.nbkit-lightbox")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("status")).to_have_text("Image 1 of 2, version 2 of 3")
    download = dialog.get_by_role("link", name="Download original")
    expect(download).to_have_attribute("aria-disabled", "false")
    # A picture is decoded a moment after it has been given its address.
    book.page.wait_for_function("document.querySelector('.nbkit-full').naturalWidth === 1024")
    assert image.evaluate("i => i.naturalWidth") == 768
    # It is over all of JupyterLab, whose keys and clicks it does not share.
    corner = book.page.evaluate("document.elementFromPoint(3, 3).closest('dialog') !== null")
    assert corner
    for theme in ("light", "dark"):
        book.set_theme(theme)
        book.screenshot(f"lightbox-in-lab-{theme}")
    with book.page.expect_download() as downloaded:
        download.click()
    downloaded.value.save_as(tmp_path / "it")
    data = (tmp_path / "it").read_bytes()
    assert hashlib.sha256(data).hexdigest() == hashes.split()[1]
    assert downloaded.value.suggested_filename == "a-red-fox-in-the-snow-2.webp"
    book.page.keyboard.press("ArrowDown")
    expect(dialog.locator(".nbkit-caption")).to_have_text(prompt)
    book.page.keyboard.press("ArrowRight")
    expect(dialog.locator(".nbkit-caption")).to_have_text("a blue whale")
    book.page.keyboard.press("b")
    assert book.cell_count == 2
    book.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(image).to_be_focused()
    expect(versions).to_have_text("3/3")
    assert book.console_errors == []
    assert book.foreign_requests == []
