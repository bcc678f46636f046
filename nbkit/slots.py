"""A slot: the place of one image in a story, and how that image stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nbkit.models import EncodedImage, Preview, TaskStatus


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of an image, as it stood when it was asked for.

    ``image`` is the version shown, in full; ``display`` a smaller one for a page, where there is
    one. ``versions`` holds every image made for the slot, oldest first. A slot is ``"skipped"``
    while nobody has asked for its image. ``until`` is in Unix seconds.
    """

    id: str
    prompt: str
    status: TaskStatus | Literal["skipped"] = "queued"
    task_id: str | None = None
    reason: str = ""
    until: float | None = None
    attempt: int = 0
    max_attempts: int | None = None
    image: EncodedImage | None = None
    display: EncodedImage | None = None
    preview: Preview | None = None
    error: str | None = None
    versions: tuple[EncodedImage, ...] = ()
