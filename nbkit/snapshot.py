"""A story as something that stays: static HTML, Markdown, plain text."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from nbkit import pixels
from nbkit._render.marks import LESS, MARKER, marker, markers, neutralise_lines
from nbkit._render.parser import Block, Parser
from nbkit._render.sanitizer import clean_picture
from nbkit._render.still import Written
from nbkit.models import EncodedImage
from nbkit.slots import Slot

ROOT = '<div class="nbkit-story mathjax_ignore tex2jax_ignore" style="line-height:1.6">'

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>$~|&!#])")
_UNSAFE_PATH = re.compile(r"[\s()<>]")
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")
# No wider than it is live; amid text and in a list on a line of its own. The column of a cell
# would shrink with a part of its width, and a table can be scrolled.
_ALONE = "max-width:min(100%,24rem)"
_AMID = "display:block;margin:0.5em 0;max-width:min(100%,20rem)"
_IN_CELL = "display:block;margin:0.5em 0;max-width:20rem"
_NOTES = {
    "failed": "Image failed",
    "cancelled": "Image cancelled",
    "skipped": "Image not generated",
}


def to_html(
    written: Written,
    slots: list[Slot],
    *,
    max_side: int | None,
    fit: Callable[[EncodedImage], EncodedImage] | None = None,
) -> str:
    """Put slots into a written text: a static fragment."""

    def picture(match: re.Match[str]) -> str:
        number = int(match.group(1))
        look = _ALONE if written.alone[number] else _AMID
        if _in_cell(written.html, match.start()):
            look = _IN_CELL
        return _picture(slots[number - 1], max_side, fit, look)

    # The markers stand in the text of the page alone: the writer lets none into an attribute.
    return f"{ROOT}\n{MARKER.sub(picture, written.html)}\n</div>"


def _picture(
    slot: Slot,
    max_side: int | None,
    fit: Callable[[EncodedImage], EncodedImage] | None,
    look: str,
) -> str:
    image = slot.display or slot.image
    if image is None:
        note = html.escape(_note(slot))
        return clean_picture(f'<em style="opacity:0.8">[{note}]</em>')
    if max_side is not None:
        image = pixels.shrink(image, max_side)
    if fit is not None:
        image = fit(image)
    size = f' width="{image.width}" height="{image.height}"' if image.width else ""
    shown = (
        f'<img src="{html.escape(pixels.data_url(image))}" alt="{html.escape(slot.prompt)}"{size}'
        f' style="{look};height:auto;border-radius:6px">'
    )
    framed = f'<figure style="margin:1em 0">{shown}</figure>' if look == _ALONE else shown
    return clean_picture(framed)


def _in_cell(written: str, place: int) -> bool:
    """Tell whether a place in HTML is in a cell of a table."""
    opened = max(written.rfind("<td", 0, place), written.rfind("<th", 0, place))
    return opened > written.rfind("</t", 0, place)


def _note(slot: Slot) -> str:
    note = f"{_NOTES.get(slot.status, 'Image not finished')}: {slot.prompt}"
    return f"{note} ({slot.error})" if slot.error and slot.status == "failed" else note


def to_markdown(
    text: str, slots: list[Slot], image_path: Callable[[Slot], str] | None = None
) -> str:
    """Write prepared text and its slots as Markdown, the text as it is.

    A slot that stands where no image can (in code, say) comes after that block.
    """
    parsed = Parser().parse(neutralise_lines(text))
    out: list[str] = []
    at = 0
    for block in parsed.blocks:
        source = parsed.slice(at, block.end)
        at = block.end
        held = _in_place(block) if parsed.has_slots else set()
        moved = [number for number in markers(source) if number not in held]
        out.append(_moved(source, block, moved) if moved else source)
    rest = parsed.slice(at)  # link definitions
    out += [MARKER.sub("", rest), *(f"\n\n{marker(number)}\n" for number in markers(rest))]

    def image(match: re.Match[str]) -> str:
        slot = slots[int(match.group(1)) - 1]
        if slot.image is None and slot.display is None:
            return f"*{_escaped(_note(slot))}*"
        path = image_path(slot) if image_path else _default_path(slot)
        if _UNSAFE_PATH.search(path):
            path = f"<{path.replace('<', '%3C').replace('>', '%3E')}>"
        return f"![{_escaped(slot.prompt)}]({path})"

    return MARKER.sub(image, "".join(out).replace(LESS, "<"))


def to_text(written: Written, slots: list[Slot]) -> str:
    """Put slots into a written text as plain text, each as its prompt in brackets."""

    def place(match: re.Match[str]) -> str:
        slot = slots[int(match.group(1)) - 1]
        shown = slot.image or slot.display
        return f"[image: {slot.prompt}]" if shown else f"[{_note(slot)}]"

    return MARKER.sub(place, written.text)


def _default_path(slot: Slot) -> str:
    image: EncodedImage | None = slot.image or slot.display
    kind = image.media_type.removeprefix("image/") if image else "png"
    return f"images/{slot.id}.{kind}"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _moved(source: str, block: Block, moved: list[int]) -> str:
    for number in moved:
        source = source.replace(marker(number), "", 1)
    body = source.rstrip("\n")
    if block.fence is not None and (fence := _FENCE.search(source)):
        last = body.rpartition("\n")[2].strip()
        if len(last) < len(fence.group(1)) or last.strip(fence.group(1)[0]):
            body += f"\n{fence.group(1)}"
    places = "\n\n".join(marker(number) for number in moved)
    return f"{body}\n\n{places}\n\n"


def _in_place(block: Block) -> set[int]:
    """Tell the slots of a block that can be an image where they are."""
    found: set[int] = set()
    text: list[str] = []
    closed = 0
    for event in block.events:
        if event.name in {"CodeBlock", "Image"}:
            closed += (event.kind == "start") - (event.kind == "end")
        elif event.name == "Text" and not closed:
            text.append(event.value)
            continue
        found.update(markers("".join(text)))
        text.clear()
    return found
