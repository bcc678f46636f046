"""What a page may ask of a session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nbkit.models import EncodedImage
from nbkit.widgets.preview_session import PreviewSession

if TYPE_CHECKING:
    from nbkit.slots import Slot


def follow(content: Mapping[str, Any], session: PreviewSession) -> EncodedImage | None:
    """Do what a :class:`~nbkit.widgets.messages.Command` says; returns the image it asks for.

    Raises
    ------
    ValueError
        For what there is not: a command, a slot, a version, a prompt of no words.
    """
    name = content.get("name")
    if name == "cancel":
        session.cancel()
    elif name == "pause":
        session.pause()
    elif name == "resume":
        session.resume()
    elif name == "retry_failed":
        session.retry()
    elif name == "retry":
        session.retry(_task(content, session))
    elif name == "generate":
        session.generate(_slot(content, session).id)
    elif name == "regenerate":
        mode = content.get("mode", "append")
        session.regenerate(_task(content, session), _prompt(content), mode)
    elif name == "choose":
        session.choose(_task(content, session), _version(content, session))
    elif name == "original":
        return _slot(content, session).versions[_version(content, session)].image
    else:
        raise ValueError(f"there is no command {name!r}")
    return None


def _slot(content: Mapping[str, Any], session: PreviewSession) -> Slot:
    slot_id = content.get("slot")
    slot = session.story.slots.get(slot_id) if isinstance(slot_id, str) else None
    if slot is None:
        raise ValueError(f"there is no image {slot_id!r}")
    return slot


def _task(content: Mapping[str, Any], session: PreviewSession) -> str:
    slot = _slot(content, session)
    if slot.task_id is None:
        raise ValueError(f"image {slot.id!r} has not been asked for yet")
    return slot.task_id


def _version(content: Mapping[str, Any], session: PreviewSession) -> int:
    version = content.get("version")
    slot = _slot(content, session)
    if not isinstance(version, int) or not 0 <= version < len(slot.versions):
        raise ValueError(f"image {slot.id!r} has no version {version!r}: choose another")
    return version


def _prompt(content: Mapping[str, Any]) -> str | None:
    prompt = content.get("prompt")
    if prompt is None:
        return None
    if not isinstance(prompt, str) or not prompt.strip():
        raise ValueError("a prompt needs some words")
    return prompt.strip()
