"""The document of one reply: its text, with the slots of its images in their places."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any

from nbkit._render.blocks import Blocks
from nbkit._render.changes import Clock, Journal, Op, View
from nbkit._render.marks import MARKER, LineEndings, marker, replace_halves, replace_reserved
from nbkit._render.still import Still, Written
from nbkit.growing import GrowingText
from nbkit.models import EncodedImage, ImagePrompt
from nbkit.slots import Slot
from nbkit.snapshot import to_html, to_markdown, to_text

__all__ = ["Op", "Slot", "Story", "StoryChanges"]

_FIELDS = tuple(field.name for field in fields(Slot) if field.name != "id")


@dataclass(frozen=True, slots=True)
class StoryChanges:
    """What a page has to do to show ``revision``: steps for its blocks, and slots to show anew.

    The steps are applied in their order; they are those of :mod:`nbkit._render.changes`.
    """

    revision: int
    ops: list[Op]
    slots: list[Slot]


class Story:
    """Text that grows, with image slots at fixed places in it.

    It becomes HTML, Markdown and plain text, and it tells any number of pages what has changed
    since they last asked. Nothing is rendered before somebody asks. What a change costs follows
    the size of the change, not that of the document. All calls are made on one thread.

    Attributes
    ----------
    ended
        Whether there will be no more text. Slots go on changing.
    """

    def __init__(self) -> None:
        self.ended = False
        self._fresh: list[str] = []  # appended, and not looked at before somebody asks
        self._raw: GrowingText | None = None  # once it is not what was prepared, without markers
        self._prepared = GrowingText()
        self._line_ends = LineEndings()
        self._slots: dict[str, Slot] = {}
        self._numbers: dict[str, int] = {}
        self._ids: list[str] = []
        self._clock = Clock()
        self._changed_slots = Journal(self._clock)
        self._view = View(self._clock)
        self._blocks = Blocks(self._view, lambda number: self._ids[number - 1])
        self._still = Still(self._blocks.renderer.highlighter)

    @property
    def text(self) -> str:
        """The text so far, without its image prompts."""
        self._take_in()
        return self._without_markers() if self._raw is None else str(self._raw)

    @property
    def slots(self) -> Mapping[str, Slot]:
        """The slots by id, in text order."""
        return MappingProxyType(self._slots)

    def append(self, text: str) -> None:
        """Add text at the end.

        Raises
        ------
        TypeError
            If it is no string.
        ValueError
            If the story has ended.
        """
        if self.ended:
            self._check_open()
        if not isinstance(text, str):
            raise TypeError(f"a story's text is a str, not {type(text).__name__}")
        self._fresh.append(text)

    def add_slot(self, prompt: ImagePrompt | str, *, slot_id: str | None = None) -> str:
        """Put a slot at the end of the text so far, and give its id.

        Ids are ``image-1``, ``image-2`` and so on in text order.

        Raises
        ------
        TypeError
            If the prompt is neither a string nor an :class:`ImagePrompt`.
        ValueError
            If the story has ended, or has a slot of that id.
        """
        self._check_open()
        text = _prompt(prompt)
        self._take_in()
        number = len(self._ids) + 1
        name = f"image-{number}" if slot_id is None else slot_id
        if name in self._slots:
            raise ValueError(f"the story has a slot {name!r} already")
        self._slots[name] = Slot(name, text)
        self._numbers[name] = number
        self._ids.append(name)
        self._changed_slots.touch(number - 1)
        self._line_ends = LineEndings()
        self._feed(marker(number))
        return name

    def set_slot(self, slot_id: str, **changes: Any) -> None:
        """Change what a slot says of its image; the names are the fields of :class:`Slot`.

        Raises
        ------
        KeyError
            If there is no such slot.
        TypeError
            If a field is none of a slot's, or the prompt is no string.
        """
        slot = self._slots.get(slot_id)
        if slot is None:
            raise KeyError(f"the story has no slot {slot_id!r}")
        for name in changes:
            if name not in _FIELDS:
                raise TypeError(f"a slot's {name} cannot be set; what can is {', '.join(_FIELDS)}")
        if "prompt" in changes:
            changes["prompt"] = _prompt(changes["prompt"])
        fit: dict[str, Any] = {k: _fit(v) if isinstance(v, str) else v for k, v in changes.items()}
        changed = replace(slot, **fit)
        if changed != slot:
            self._slots[slot_id] = changed
            self._changed_slots.touch(self._numbers[slot_id] - 1)

    def end(self) -> None:
        """Say that there is no more text: the whole is rendered once, and set where it differs."""
        if not self.ended:
            self.ended = True
            self._take_in()
            self._blocks.finish(str(self._prepared))
            self._still.end()

    def changes(self, since: int) -> StoryChanges:
        """Give all that differs from a revision; 0, or one that never was, is an empty page.

        Any number of readers may ask, each with the revision that it was given last.
        """
        self._take_in()
        self._blocks.update()
        revision = self._clock.revision
        if since > revision:
            since = 0
        slots = [self._slots[self._ids[i]] for i in sorted(self._changed_slots.since(since))]
        return StoryChanges(revision, self._view.changes(since), slots)

    def highlight(self, budget: float) -> bool:
        """Highlight finished code for at most about ``budget`` seconds; true while more remains.

        What is done shows up in :meth:`changes`, in pieces of a bounded size.
        """
        self._take_in()
        self._blocks.update()
        return self._blocks.highlight(budget)

    def to_html(
        self,
        *,
        max_side: int | None = None,
        fit: Callable[[EncodedImage], EncodedImage] | None = None,
        so_far: bool = False,
    ) -> str:
        """Return the story as a static HTML fragment with its images in it.

        It rests on inline styles alone and suits light and dark pages. Images are shown in their
        display size where there is one, and with ``max_side`` no larger than that, in pixels;
        ``fit`` gives what to show of each. ``so_far`` is for a copy that another will replace: it
        costs no more than what is new since the last one, and a link that is defined below the
        block that it stands in is none yet.
        """
        return to_html(self._write(so_far), self._in_order(), max_side=max_side, fit=fit)

    def to_markdown(self, image_path: Callable[[Slot], str] | None = None) -> str:
        """Return the story as Markdown, the text as it was written.

        ``image_path`` gives the path of a slot's image, by default ``images/image-1.png`` and so
        on; it is called for slots that have an image.
        """
        self._take_in()
        return to_markdown(str(self._prepared), self._in_order(), image_path)

    def to_text(self, *, so_far: bool = False) -> str:
        """Return the story as plain text, each image as its prompt in brackets.

        ``so_far`` is that of :meth:`to_html`.
        """
        return to_text(self._write(so_far), self._in_order())

    def _write(self, so_far: bool) -> Written:
        self._take_in()
        return self._still.write(str(self._prepared), whole=self.ended or not so_far)

    def _in_order(self) -> list[Slot]:
        return [self._slots[name] for name in self._ids]

    def _take_in(self) -> None:
        """Take in what has been appended, all at once: a token then costs little by itself."""
        if not self._fresh:
            return
        text = replace_halves("".join(self._fresh))
        self._fresh.clear()
        if text:
            prepared = replace_reserved(self._line_ends.feed(text))
            if self._raw is None and prepared != text:
                self._raw = GrowingText(self._without_markers())
            if self._raw is not None:
                self._raw.append(text)
            self._feed(prepared)

    def _feed(self, prepared: str) -> None:
        self._prepared.append(prepared)
        self._blocks.feed(prepared)

    def _without_markers(self) -> str:
        return MARKER.sub("", str(self._prepared))

    def _check_open(self) -> None:
        if self.ended:
            raise ValueError("the story has ended: no more text or slots can be added")


def _prompt(prompt: object) -> str:
    text = prompt.text if isinstance(prompt, ImagePrompt) else prompt
    if not isinstance(text, str):
        raise TypeError(f"a prompt is a str or an ImagePrompt, not {type(prompt).__name__}")
    return _fit(text)


def _fit(text: str) -> str:
    """Make a prompt or an error fit for an attribute and a file."""
    return replace_halves(text).replace("\0", "\ufffd")
