"""A story as a file that needs nbkit no more: a page, Markdown with its images, a notebook."""

from __future__ import annotations

import html
import json
import re
import uuid
from collections.abc import Callable
from pathlib import Path

from nbkit import pixels
from nbkit.fitting import smaller
from nbkit.models import EncodedImage
from nbkit.story import Slot, Story
from nbkit.threads import in_thread

DISPLAY_SIDE = 768
"""The longest side, in pixels, of an image as it is shown; the original stays in the kernel."""

DISPLAY_BYTES = 180_000
"""The most bytes of such an image, so that ten of them are no burden for a notebook."""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ max-width: 44rem; margin: 2.5rem auto; padding: 0 1.25rem;
  font: 1.05rem/1.65 system-ui, sans-serif; }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


async def display_version(image: EncodedImage) -> EncodedImage:
    """Return an image no larger than it is shown; small ones are returned as they are."""
    if len(image.data) <= DISPLAY_BYTES and 0 < max(image.width, image.height) <= DISPLAY_SIDE:
        return image
    return await in_thread(_display_version, image)


def _display_version(image: EncodedImage) -> EncodedImage:
    made = pixels.shrink(image, DISPLAY_SIDE)
    if len(made.data) <= DISPLAY_BYTES or made.media_type == "image/gif":
        return made  # what moves, moves on
    return smaller(made, DISPLAY_BYTES)


def save(story: Story, path: Path) -> Path:
    """Write a story to ``.html``, ``.md`` (images in a folder beside it) or ``.ipynb``.

    The file appears whole or not at all. Returns its path.

    Raises
    ------
    ValueError
        If the name ends otherwise.
    """
    writer = writer_for(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(path, writer(story, path).encode())
    return path


def writer_for(path: Path) -> Callable[[Story, Path], str]:
    """Return what turns a story into the text of such a file.

    Raises
    ------
    ValueError
        If the name ends in none of ``.html``, ``.md`` and ``.ipynb``.
    """
    writers: dict[str, Callable[[Story, Path], str]] = {
        ".html": _page,
        ".md": _markdown,
        ".ipynb": _notebook,
    }
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise ValueError(f"a story is saved as {', '.join(writers)}, not as {path.name!r}")
    return writer


def _write(path: Path, data: bytes) -> None:
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        beside.write_bytes(data)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _page(story: Story, path: Path) -> str:
    return _PAGE.format(title=html.escape(_title(story) or path.stem), body=story.to_html())


def _markdown(story: Story, path: Path) -> str:
    folder = path.with_name(f"{path.stem}_images")

    def image_path(slot: Slot) -> str:
        image = _shown(slot)
        folder.mkdir(exist_ok=True)
        name = _file_name(slot.id, image)
        _write(folder / name, image.data)
        return f"{folder.name}/{name}".replace(" ", "%20")

    return story.to_markdown(image_path)


def _notebook(story: Story, path: Path) -> str:
    """Write a notebook whose one output is the static page: its Markdown is not to be trusted.

    A Markdown cell would hand the model's raw HTML and its image addresses to whoever opens it.
    """
    cell = {
        "cell_type": "code",
        "id": uuid.uuid5(uuid.NAMESPACE_URL, path.name).hex[:8],
        "metadata": {"jupyter": {"source_hidden": True}},
        "execution_count": None,
        "source": "# A story saved by nbkit: the output is all there is.",
        "outputs": [
            {
                "output_type": "display_data",
                "metadata": {},
                "data": {"text/html": story.to_html(), "text/plain": story.to_text()},
            }
        ],
    }
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def _shown(slot: Slot) -> EncodedImage:
    if slot.image is None:
        raise ValueError(f"slot {slot.id} has no image")
    return slot.image


def _file_name(slot_id: str, image: EncodedImage) -> str:
    return f"{slot_id}.{image.media_type.removeprefix('image/')}"


def _title(story: Story) -> str:
    """Return the first line that has words, without its Markdown marks."""
    for line in story.text.splitlines():
        words = re.sub(r"[#*_`>\[\]~|$\\]+", "", line).strip(" -")
        if words:
            return words[:80]
    return ""
