"""What a notebook holds of a session, whenever it is saved: HTML that shows without a kernel."""

import json
import re

import nbformat
import nh3
import pytest
from kernel.front_end import VIEW, Page, html, run_in
from kernel.kernels import execute_notebook
from nbconvert import HTMLExporter, MarkdownExporter

SETUP = """
import asyncio, io, nbkit
from PIL import Image

gates = {}
def gate(prompt):
    return gates.setdefault(prompt, asyncio.Event())

async def tells(*prompts):
    yield "# The story\\\\n\\\\n"
    for prompt in prompts:
        yield f'A {prompt} one <!--img-prompt="{prompt}"-->\\\\n\\\\n'

async def colour(prompt):
    await gate(prompt).wait()
    return Image.new("RGB", (20, 10), prompt)
""".replace("\\\\", "\\")

START = "session = nbkit.illustrate(tells('red', 'blue'), images=colour, freeze={})"


def saved(*cells):
    """The notebook as a front end saves it."""
    outputs = [
        [nbformat.v4.new_output("display_data", data=out.data) for out in cell.outputs]
        for cell in cells
    ]
    book = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(cell.code, outputs=out)
            for cell, out in zip(cells, outputs, strict=True)
        ]
    )
    nbformat.validate(book)
    return book


def as_a_code_host(text):
    """HTML as it is left by a host that takes away styles, classes, ids and data attributes."""
    allowed = {"p", "h1", "img", "div", "figure", "code", "em", "strong", "ul", "li", "span"}
    return nh3.clean(
        text, tags=allowed, attributes={"img": {"src", "alt"}}, url_schemes={"https", "data"}
    )


def test_a_notebook_that_is_saved_in_mid_run_holds_the_story_so_far(kernel):
    kernel.run_ok(SETUP)
    cell = run_in(kernel, "A", START.format("'auto'"))
    assert all(VIEW not in output.data for output in cell.outputs)
    assert "Not finished" in html(cell)
    kernel.run_ok("gate('red').set()")
    kernel.until(lambda: 'alt="red"' in html(cell))
    assert "The story" in html(cell)
    assert "Image not finished: blue" in html(cell)
    book = saved(cell)
    page, _ = HTMLExporter().from_notebook_node(book)
    markdown, _ = MarkdownExporter().from_notebook_node(book)
    for text in (page, markdown, as_a_code_host(html(cell))):
        assert "The story" in text
        assert len(re.findall(r'src="data:image/png;base64,[^"]{50,}"', text)) == 1
        assert "not found" not in text
        assert "widget-view" not in text


def test_the_last_image_is_in_the_output_at_once_while_the_view_is_still_live(kernel):
    kernel.run_ok(SETUP)
    cell = run_in(kernel, "A", START.format("'auto'"))
    page = Page(kernel)
    page.mount()
    kernel.run_ok("gate('red').set(); gate('blue').set(); await session")
    kernel.until(lambda: 'alt="blue"' in html(cell))
    assert "2 of 2 images" in html(cell, 1)
    assert "A static copy" in html(cell)
    assert not page.preview.closed
    before = html(cell)
    kernel.send_custom(page.preview, {"kind": "idle", "view": "a"})
    kernel.until(lambda: page.preview.closed and page.progress.closed)
    assert page.places.custom[-1] == {"kind": "over"}
    # Freezing takes the view away, and changes nothing of what is saved.
    assert html(cell) == before
    # A page that is opened on an older copy is given the last one.
    place = next(iter(page.places.state["places"]))
    kernel.send_custom(page.places, {"kind": "here", "asked": False, "revisions": {place: 1}})
    kernel.until(lambda: page.places.custom[-1]["kind"] == "keep")
    assert page.places.custom[-1]["copies"][place]["html"] == before


def test_what_failed_and_what_was_stopped_is_said_in_the_output(kernel):
    kernel.run_ok(SETUP)
    kernel.run_ok("def never(prompt): raise nbkit.BackendError('no ink')")
    failed = run_in(
        kernel, "A", "session = nbkit.illustrate(tells('red'), images=never, retries=0)"
    )
    kernel.run_ok("await session")
    kernel.until(lambda: "no ink" in html(failed))
    stopped = run_in(kernel, "B", START.format("False"))
    kernel.run_ok("session.cancel()")
    kernel.until(lambda: "Image cancelled: blue" in html(stopped))


def test_a_session_that_a_headless_run_awaits_converts_to_html_and_markdown(tmp_path):
    done = execute_notebook(
        [
            SETUP + "gate('red').set(); gate('blue').set()",
            "await nbkit.illustrate(tells('red', 'blue'), images=colour)",
        ],
        folder=tmp_path,
    )
    for exporter in (HTMLExporter(), MarkdownExporter()):
        text, _ = exporter.from_notebook_node(done)
        for prompt in ("red", "blue"):
            assert len(re.findall(f'<img[^>]*alt="{prompt}"', text)) == 1
        assert "The story" in text
        assert "not found" not in text
        assert "jupyter-widgets" not in re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)


PICTURES = """
import random
import nbkit._notebook.fit

def noise(prompt):
    n = int(prompt.split()[-1])
    data = random.Random(n).randbytes(1024 * 1024 * 3)
    return Image.frombytes("RGB", (1024, 1024), data)

def painted(prompt):
    # Soft shapes with the grain of a photograph, as models make them.
    n = int(prompt.split()[-1])
    rng = random.Random(n)
    small = Image.frombytes("RGB", (24, 24), rng.randbytes(24 * 24 * 3))
    large = small.resize((1024, 1024), Image.Resampling.BICUBIC)
    grain = Image.frombytes("RGB", (1024, 1024), rng.randbytes(1024 * 1024 * 3))
    return Image.blend(large, grain, 0.06)

async def ten():
    for n in range(10):
        yield f'Picture {n} <!--img-prompt="number {n}"-->\\\\n\\\\n'
""".replace("\\\\", "\\")


@pytest.mark.parametrize("made", ["painted", "noise"])
def test_ten_large_images_stay_within_three_megabytes(kernel, made):
    kernel.run_ok(SETUP)
    kernel.run_ok(PICTURES)
    cell = run_in(kernel, "A", f"session = nbkit.illustrate(ten(), images={made})")
    kernel.run_ok("done = await session")
    kernel.until(lambda: "10 of 10" in html(cell, 1))
    assert len(re.findall("<img", html(cell))) == 10
    size = len(json.dumps(saved(cell)).encode())
    print(made, size)
    assert size < 3_000_000
    kernel.run_ok("session.freeze(max_bytes=300_000)")
    kernel.until(lambda: len(html(cell)) < 300_000)
    sides = [int(side) for side in re.findall(r'<img [^>]*width="(\d+)"', html(cell))]
    assert len(sides) == 10
    assert all(side >= 64 for side in sides)
