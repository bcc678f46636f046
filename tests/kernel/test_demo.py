"""`nbkit demo`, as the README tells a newcomer to run it."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    def run(transcript):
        folder = tmp_path_factory.mktemp("demo")
        command = [sys.executable, "-m", "nbkit", "demo", "--transcript", transcript]
        return subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=120, check=False
        )

    return {name: run(name) for name in ("lighthouse", "field-notes")}


def results(done):
    assert done.returncode == 0, done.stderr
    notebook, page = map(Path, done.stdout.splitlines())
    return nbformat.read(notebook, as_version=4), page.read_text()


def test_it_prints_the_two_paths_alone_on_their_lines_and_exits_0(demo):
    done = demo["lighthouse"]
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [Path(line).suffix for line in lines] == [".ipynb", ".html"]
    assert all(Path(line).is_file() for line in lines)


def test_it_shows_its_progress_and_nothing_else(demo):
    error = demo["lighthouse"].stderr
    assert "images" in error
    assert "WARNING" not in error
    assert "Traceback" not in error


def test_notebook_and_page_come_from_one_run(demo):
    notebook, page = results(demo["lighthouse"])
    nbformat.validate(notebook)
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")
    shown = next(cell for cell in notebook.cells if "await session" in cell.source)
    html = shown.outputs[0]["data"]["text/html"]
    pictures = re.findall(r'src="(data:image/[^"]+)"', html)
    assert len(pictures) == 3
    assert re.findall(r'src="(data:image/[^"]+)"', page) == pictures
    assert "The lighthouse that hummed" in page


def test_another_transcript_gives_other_text_and_other_pictures(demo):
    _, one = results(demo["lighthouse"])
    _, other = results(demo["field-notes"])
    assert "The lighthouse that hummed" not in other
    pictures = [set(re.findall(r'src="(data:image/[^"]+)"', page)) for page in (one, other)]
    assert pictures[0]
    assert pictures[1]
    assert not pictures[0] & pictures[1]
