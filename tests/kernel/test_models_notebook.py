"""The notebook on models and image servers, run from its first cell to its last."""

import re

import nbformat
import pytest
from nbclient import NotebookClient

from nbkit import demo


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    notebook = nbformat.read(demo.notebooks() / "02_models_and_image_servers.ipynb", as_version=4)
    folder = str(tmp_path_factory.mktemp("notebook"))
    NotebookClient(
        notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": folder}}
    ).execute()
    return notebook


def cell(book, marker):
    (found,) = [c for c in book.cells if c.cell_type == "code" and marker in c.source]
    return found


def printed(found):
    return "".join(output.get("text", "") for output in found.outputs)


def shown(found):
    return [output.data for output in found.outputs if output.output_type == "display_data"]


def pictures(found):
    (story, _) = shown(found)
    return re.findall(r'<img[^>]+src="data:image/', story["text/html"])


@pytest.mark.parametrize(
    ("marker", "count"),
    [
        ('model="openai:robot", temperature', 5),
        ('model="anthropic:balloon"', 4),
        ('model="ollama:field-notes"', 6),
        ("openai.AsyncOpenAI", 5),
        ("suggest_prompts(", 2),
    ],
)  # fmt: skip
def test_every_model_and_server_makes_its_pictures(book, marker, count):
    found = cell(book, marker)
    assert len(pictures(found)) == count
    assert shown(found)[1]["text/plain"].startswith(f"{count} of {count} images")


def test_no_cell_failed_or_warned(book):
    for each in book.cells:
        for output in each.get("outputs", ()):
            assert output.output_type != "error", each.source
            assert output.get("name") != "stderr", output.text


def test_what_the_reply_says_beside_its_text_is_printed(book):
    assert printed(cell(book, "dict(reply.usage)")).startswith("openai:robot stop {'input_tokens'")
    assert "The lighthouse that hummed" in printed(cell(book, 'api="responses"'))


def test_a_broken_stream_says_what_happened_and_keeps_its_text_and_images(book):
    broken = cell(book, "def order(")
    assert "closed the connection after" in printed(broken)
    told = printed(cell(book, "broken.retry()")).splitlines()
    assert sum(line.startswith("failed - no image for") for line in told) == 1
    assert sum(line.startswith("succeeded") for line in told) == len(told) - 1 > 0
    statuses = cell(book, "for image in broken.images]").outputs[0].data["text/plain"]
    assert set(re.findall(r"'(\w+)'", statuses)) == {"succeeded"}
