"""A slot: the place of one image in a story, and how that image stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from nbkit.models import EncodedImage, Preview, TaskStatus


@dataclass(frozen=True, slots=True)
class Version:
    """One image made for a slot: in full, in the size of a page, and what it was made from."""

    image: EncodedImage
    display: EncodedImage
    prompt: str
    task_id: str | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of an image, as it stood when it was asked for.

    ``image`` is the version shown, in full; ``display`` a smaller one for a page, where there is
    one; ``prompt`` what it was made from. ``versions`` holds every image made for the slot, oldest
    first, and ``chosen`` is the index of the one shown. ``status`` and what comes with it are
    those of the latest task, ``task_prompt`` is its prompt: while another version is made, or
    after it has failed, the former one is shown. A slot is ``"skipped"`` while nobody has asked
    for its image. ``until`` is in Unix seconds.
    """

    id: str
    prompt: str
    status: TaskStatus | Literal["skipped"] = "queued"
    task_id: str | None = None
    task_prompt: str = ""
    reason: str = ""
    until: float | None = None
    attempt: int = 0
    max_attempts: int | None = None
    image: EncodedImage | None = None
    display: EncodedImage | None = None
    preview: Preview | None = None
    error: str | None = None
    versions: tuple[Version, ...] = ()
    chosen: int = 0


def showing(versions: tuple[Version, ...], chosen: int) -> dict[str, Any]:
    """Return what a slot says of its versions where the one of index ``chosen`` is shown."""
    version = versions[chosen]
    return {
        "versions": versions,
        "chosen": chosen,
        "image": version.image,
        "display": version.display,
        "prompt": version.prompt,
    }
