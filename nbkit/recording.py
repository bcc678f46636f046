"""What is written down of a session as it goes: by default nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from nbkit.errors import PatternError, StoreError
from nbkit.models import EncodedImage, ImageBackend, ImagePrompt, ImageRequest, Task

if TYPE_CHECKING:
    from nbkit.recorder import Recorder

_PIECE = 4_096  # characters


@dataclass(frozen=True, slots=True)
class StoredTask:
    """A task of a former kernel: done with its ``image``, failed, cancelled, or to be done."""

    number: int
    prompt: str
    overrides: Mapping[str, Any]
    replaces: bool
    status: str
    attempt: int = 0
    seconds: float | None = None
    error: str | None = None
    image: EncodedImage | None = None
    display: EncodedImage | None = None


@dataclass(frozen=True, slots=True)
class Former:
    """What a former kernel has left of a session.

    ``tasks`` holds those of each slot, by its place in the text from 0; ``chosen`` the number of
    the task whose image the slot shows. ``text_end`` is how the text ended: ``"complete"``,
    ``"failed"``, ``"cancelled"``, or ``"cut"`` where its kernel ended first.
    """

    id: str
    text: str
    text_end: str
    text_error: str | None
    tasks: Mapping[int, Sequence[StoredTask]]
    chosen: Mapping[int, int]


class Recording:
    """Hears of all that happens to a session, and keeps nothing of it.

    What keeps something overrides these. None of them waits, but for :meth:`image`, and none
    raises. All are called on the loop.
    """

    error: StoreError | None = None
    """Why nothing is kept any more."""

    stored: Former | None = None
    """What there was before the session began."""

    def text(self, delta: str) -> None:
        """Hear what has been added to the raw text."""

    def text_ended(self, how: str, error: str | None = None) -> None:
        """Hear how the text has ended: ``complete``, ``failed`` or ``cancelled``."""

    def submitted(
        self, task_id: str, place: int, prompt: str, overrides: Mapping[str, Any], *, replaces: bool
    ) -> None:
        """Hear of a new task for the slot at a place in the text."""

    def restored(self, task_id: str, place: int, stored: StoredTask) -> None:
        """Hear which task a stored one has become."""

    def changed(self, task: Task) -> None:
        """Hear what has become of a task."""

    def as_was(self, task: Task) -> Task:
        """Return a task with what it did in a former kernel."""
        return task

    async def image(
        self,
        task: Task | None,
        image: EncodedImage,
        display: EncodedImage,
        request: ImageRequest | None,
    ) -> None:
        """Keep the image of a task; returns once it is safe."""

    def chosen(self, task_id: str | None) -> None:
        """Hear of which task its slot shows the image."""

    def status(self, status: str, error: str | None = None) -> None:
        """Hear how the session stands."""

    def leave(self) -> None:
        """Hear that the loop goes away: what is unfinished stays so."""


class Feeding(Protocol):
    """What finds the prompts: see :class:`nbkit.detector.PromptDetector`."""

    def feed(self, delta: str, /) -> list[str | ImagePrompt]: ...  # noqa: D102
    def flush(self) -> list[str | ImagePrompt]: ...  # noqa: D102


class RecordedText:
    """A detector that lets a recording hear the raw text before the prompts in it are found."""

    def __init__(self, detector: Feeding, recording: Recording) -> None:
        self.detector = detector
        self._recording = recording

    def feed(self, delta: str) -> list[str | ImagePrompt]:
        """Feed the detector, and the recording."""
        self._recording.text(delta)
        return self.detector.feed(delta)

    def flush(self) -> list[str | ImagePrompt]:
        """Flush the detector."""
        return self.detector.flush()

    def restore(self, text: str) -> tuple[list[str | ImagePrompt], PatternError | None]:
        """Return what is in a text that has been heard before, and what went wrong on the way."""
        found: list[str | ImagePrompt] = []
        error: PatternError | None = None
        for at in range(0, len(text), _PIECE):
            try:
                found += self.detector.feed(text[at : at + _PIECE])
            except PatternError as failure:  # what follows is text, as it was the first time
                error = error or failure
        return found + self.detector.flush(), error


def recorder_for(store: object, session: str) -> Recorder:
    """Return what keeps a session in a store, which is a path or has a ``folder``.

    Raises
    ------
    TypeError
        If it is neither.
    """
    folder = getattr(store, "folder", store)
    if not isinstance(folder, str | os.PathLike):
        raise TypeError(f"store is a folder or an open store, not {type(store).__qualname__}")
    from nbkit.recorder import Recorder  # which draws SQLite in

    return Recorder(Path(os.fsdecode(folder)).expanduser().absolute(), session)


def reusing(backend: ImageBackend, images: object, recorder: Recorder | None) -> ImageBackend:
    """Return a backend that takes images from the store of a recorder where it can.

    Raises
    ------
    ValueError
        Without a store, and for a backend that no spec string names.
    """
    if recorder is None:
        raise ValueError("reuse=True takes images from a store: give store= too")
    if not isinstance(images, str):
        raise ValueError(  # noqa: TRY004 - the backend is right, but not with reuse
            "reuse=True needs a backend named by a spec string: nobody can tell whether "
            f"{getattr(images, '__qualname__', type(images).__qualname__)} would make the same "
            "image again"
        )
    from nbkit.reuse import ReusingBackend

    return ReusingBackend(backend, recorder.found)
