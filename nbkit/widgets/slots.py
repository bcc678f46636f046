"""Image slots as they go to a page: their states, and each picture once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbkit.models import EncodedImage
from nbkit.widgets.messages import Picture, SlotState

if TYPE_CHECKING:
    from nbkit.story import Slot


@dataclass(slots=True)
class _Version:
    """The latest picture in one place, its number, and whether a frame has carried it."""

    image: EncodedImage
    number: int
    sent: bool = False


class PictureBook:
    """Numbers the pictures of each place, and knows which of them every page has."""

    def __init__(self) -> None:
        self._versions: dict[str, _Version] = {}

    def picture(
        self, place: str, image: EncodedImage | None, buffers: list[bytes], *, whole: bool
    ) -> Picture | None:
        """Describe a picture, and put its bytes among the buffers if a page may lack them.

        Frames (``whole=False``) reach every page, so what one has carried is not carried again;
        a snapshot (``whole=True``) is for a page that has nothing.
        """
        if image is None:
            return None
        version = self._versions.get(place)
        if version is None or version.image is not image:
            version = _Version(image, version.number + 1 if version is not None else 1)
            self._versions[place] = version
        carry = whole or not version.sent
        version.sent = version.sent or not whole
        if carry:
            buffers.append(image.data)
        return Picture(
            version=version.number,
            type=image.media_type,
            width=image.width,
            height=image.height,
            buffer=len(buffers) - 1 if carry else None,
        )

    def forget(self, place: str) -> None:
        """Let go of the bytes of a place; its numbers go on."""
        version = self._versions.get(place)
        if version is not None:
            version.image = _NOTHING


_NOTHING = EncodedImage(b"", "image/png")


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
        image=book.picture(f"{slot.id}/image", slot.display or slot.image, buffers, whole=whole),
        preview=book.picture(f"{slot.id}/preview", sketch, buffers, whole=whole),
    )
