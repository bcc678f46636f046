"""A page without a browser: it does with a story's steps what the page's script does."""

from __future__ import annotations

import html
import re

from nbkit.story import Op, Story

_SLOT = re.compile(r'<[^<>]*data-nbkit-slot="image-(\d+)"')
Block = tuple[str, list[str] | None]


def pieces(text: str, cuts: list[int]) -> list[str]:
    """Cut a text in which ``§prompt§`` stands for a slot, never within one."""
    out: list[str] = []
    for index, part in enumerate(text.split("§")):
        if index % 2:
            out.append("§" + part)
            continue
        at = 0
        for cut in sorted({cut % (len(part) + 1) for cut in cuts}):
            out.append(part[at:cut])
            at = cut
        out.append(part[at:])
    return [piece for piece in out if piece]


def letters(text: str) -> list[str]:
    """Cut a text into its characters and slots."""
    out: list[str] = []
    for piece in pieces(text, []):
        out += [piece] if piece.startswith("§") else list(piece)
    return out


def add(story: Story, piece: str) -> None:
    """Add a piece of text, or a slot."""
    if piece.startswith("§"):
        story.add_slot(piece[1:])
    else:
        story.append(piece)


def whole(text: str, *, end: bool = True) -> Story:
    """A story that had its text at once."""
    story = Story()
    for piece in pieces(text, []):
        add(story, piece)
    if end:
        story.end()
    return story


class Page:
    """What a reader sees of a story."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.blocks: list[Block] = []
        self.revision = 0

    def update(self) -> list[Op]:
        """Ask for what is new, show it, and give it."""
        changes = self.story.changes(self.revision)
        self.revision = changes.revision
        for op in changes.ops:
            self._do(op)
        return changes.ops

    def _do(self, op: Op) -> None:
        key = op["key"]
        if op["op"] == "drop":
            del self.blocks[key:]
            return
        assert key <= len(self.blocks), "a gap between blocks"
        if op["op"] == "put":
            self.blocks[key : key + 1] = [(op["html"], None)]
        elif op["op"] == "open":
            self.blocks[key : key + 1] = [(op["html"], [])]
        else:
            parts = self.blocks[key][1]
            assert parts is not None
            if op["op"] == "cut":
                del parts[op["count"] :]
            else:
                assert op["index"] <= len(parts), "a gap between parts"
                parts[op["index"] : op["index"] + 1] = [op["html"]]

    @property
    def html(self) -> str:
        """All that is shown, the parts of a block behind its shell."""
        return "".join(shell + "".join(parts or ()) for shell, parts in self.blocks)

    @property
    def visible(self) -> str:
        """The text that a reader sees, formulas left out."""
        shown = re.sub(r"<math.*?</math>", "", self.html)
        return html.unescape(re.sub(r"<[^>]*>", "", shown))

    @property
    def slots(self) -> list[int]:
        """The numbers of the slots that have a place."""
        return [int(n) for n in _SLOT.findall(self.html)]


def page_of(story: Story) -> list[Block]:
    """What a reader sees who comes now."""
    page = Page(story)
    page.update()
    return page.blocks


def cut(text: str, size: int = 40) -> list[str]:
    """Cut a text into deltas."""
    return [text[at : at + size] for at in range(0, len(text), size)]
