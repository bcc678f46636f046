"""Image slots as they go to a page: their states, and each picture once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbkit.models import EncodedImage
from nbkit.widgets.messages import Picture, SlotState

if TYPE_CHECKING:
    from nbkit.slots import Slot, Version


@dataclass(slots=True)
class _Entry:
    """A picture in one place, its number there, and whether every page has it."""

    image: EncodedImage
    number: int
    sent: bool = False


class PictureBook:
    """Numbers the pictures of each place, and knows which of them every page has."""

    def __init__(self) -> None:
        self._places: dict[str, dict[int, _Entry]] = {}
        self._numbers: dict[str, int] = {}

    def picture(
        self,
        place: str,
        image: EncodedImage | None,
        buffers: list[bytes],
        *,
        whole: bool,
        among: Sequence[Version] = (),
    ) -> Picture | None:
        """Describe a picture, and put its bytes among the buffers if a page may lack them.

        Frames (``whole=False``) reach every page, so what one has carried is not carried again;
        a snapshot (``whole=True``) is for a page that has nothing. The versions that it is
        ``among`` may come back, and keep their numbers.
        """
        if image is None:
            return None
        known = self._places.setdefault(place, {})
        entry = known.get(id(image))
        if entry is None:
            number = self._numbers[place] = self._numbers.get(place, 0) + 1
            entry = known[id(image)] = _Entry(image, number)
        if len(known) > max(1, len(among)):
            stay = {id(image), *(id(version.display) for version in among)}
            known = self._places[place] = {key: known[key] for key in known if key in stay}
        carry = whole or not entry.sent
        if whole:
            # The page that gets this has none of the others.
            for other in known.values():
                other.sent = other.sent and other is entry
        else:
            entry.sent = True
        if carry:
            buffers.append(image.data)
        return Picture(
            version=entry.number,
            type=image.media_type,
            width=image.width,
            height=image.height,
            buffer=len(buffers) - 1 if carry else None,
        )

    def forget(self, place: str) -> None:
        """Let go of the bytes of a place; its numbers go on."""
        self._places.pop(place, None)


def slot_state(
    slot: Slot,
    buffers: list[bytes],
    book: PictureBook,
    *,
    whole: bool,
    clock: Callable[[], float],
    size: tuple[int, int],
) -> SlotState:
    """Describe a slot; its pictures go to ``buffers`` as :class:`PictureBook` has it."""
    preview = slot.preview if slot.status == "running" else None
    sketch = preview.image if preview is not None else None
    if sketch is None and slot.status != "running":
        book.forget(f"{slot.id}/preview")
    return SlotState(
        id=slot.id,
        status=slot.status,
        prompt=slot.prompt,
        task_prompt=None if slot.task_prompt in ("", slot.prompt) else slot.task_prompt,
        reason=slot.reason,
        remaining=None if slot.until is None else max(0.0, slot.until - clock()),
        attempt=slot.attempt,
        max_attempts=slot.max_attempts,
        fraction=preview.fraction if preview is not None else None,
        step=preview.step if preview is not None else None,
        steps=preview.steps if preview is not None else None,
        error=slot.error,
        width=size[0],
        height=size[1],
        versions=len(slot.versions),
        chosen=slot.chosen,
        image=book.picture(
            f"{slot.id}/image",
            slot.display or slot.image,
            buffers,
            whole=whole,
            among=slot.versions,
        ),
        preview=book.picture(f"{slot.id}/preview", sketch, buffers, whole=whole),
    )
