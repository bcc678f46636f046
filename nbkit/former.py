"""What a former kernel has left of a session in a store, loaded for another to go on with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbkit.errors import BackendError
from nbkit.models import EncodedImage, ImageRequest, MessageId, Preview
from nbkit.options import SessionOptions
from nbkit.recording import Former, RecordedText, Recording, StoredTask

if TYPE_CHECKING:  # it draws SQLite in
    from nbkit.store import Contents, Journal, SessionRecord, TaskRecord


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session as a store holds it; times are Unix seconds.

    ``status`` is that of a :class:`nbkit.Session`, or ``"interrupted"`` for one that was running
    when its kernel ended. ``images`` is the spec string of its backend, or the name of a callable
    that has to be given again. ``pending`` counts the images that are to be made.

    A session of which something in the store makes no sense is ``"damaged"``: ``error`` says what,
    and the rest is what could be read, without counts (``created_at`` is 0.0 and ``message_id``
    empty where they could not). To show or to resume it is a :class:`nbkit.StoreError`.
    """

    id: str
    message_id: MessageId
    status: str
    error: str | None
    images: str
    created_at: float
    ended_at: float | None
    succeeded: int
    failed: int
    cancelled: int
    pending: int

    @property
    def total(self) -> int:
        """All images of the session, versions included."""
        return self.succeeded + self.failed + self.cancelled + self.pending


class Absent:
    """Stands for a backend that nobody has given again."""

    def __init__(self, contents: Contents) -> None:
        self._name = _name(contents.session)

    async def generate(
        self,
        request: ImageRequest,
        *,
        on_preview: Callable[[Preview], None],  # noqa: ARG002 - the protocol's
    ) -> EncodedImage:
        """Say that there is none."""
        raise BackendError(
            f"the backend of this session, {self._name}, was not given again: "
            "resume(id, images=...)",
            prompt=request.prompt,
        )

    async def aclose(self) -> None:
        """Nothing is held."""


class Reader(Recording):
    """Knows what there was, and writes nothing."""

    def __init__(self, stored: Former) -> None:
        self.session = stored.id
        self.stored = stored


def options(contents: Contents) -> SessionOptions:
    """Return what a session was asked for."""
    return SessionOptions.of_record(contents.session.options)


def backend(contents: Contents, left: Former, images: Any) -> Any:
    """Return the backend to go on with: what is given, or else that of before.

    Raises
    ------
    TypeError
        If images are to be made, and nobody knows by what.
    """
    if images is not None:
        return images
    described = contents.session.backend
    if "spec" in described and "user" not in described:
        return described["spec"]
    if not _is_unfinished(contents, left):
        return Absent(contents)
    name = _name(contents.session)
    why = "whose user and password are not kept" if "spec" in described else "which is no string"
    raise TypeError(
        f"the images of this session are made by {name}, {why}: give it again, "
        "resume(id, images=...)"
    )


def load(contents: Contents, journal: Journal) -> Former:
    """Load what a former kernel has left of a session, the images included."""
    tasks: dict[int, list[StoredTask]] = {}
    for each in contents.tasks:
        tasks.setdefault(each.slot, []).append(_loaded(each, journal))
    return Former(
        contents.session.id,
        contents.text,
        contents.session.text_end or "cut",
        contents.session.text_error,
        tasks,
        contents.choices,
    )


def summary(record: SessionRecord, tasks: list[TaskRecord]) -> StoredSession:
    """Count the images of a session."""
    counts = Counter(task.status for task in tasks)
    return StoredSession(
        record.id,
        record.message_id,
        record.status,
        record.error,
        _name(record),
        record.created_at,
        record.ended_at,
        counts["succeeded"],
        counts["failed"],
        counts["cancelled"],
        counts["queued"],
    )


def _name(record: SessionRecord) -> str:
    return str(record.backend.get("spec") or record.backend.get("name") or "")


def _is_unfinished(contents: Contents, left: Former) -> bool:
    if any(task.status == "queued" for tasks in left.tasks.values() for task in tasks):
        return True
    asked = options(contents)
    found, _ = RecordedText(asked.detector(), Recording()).restore(left.text)
    prompts = sum(not isinstance(each, str) for each in found)
    if asked.max_images is not None:
        prompts = min(prompts, asked.max_images)
    return any(place not in left.tasks for place in range(prompts))


def _loaded(task: TaskRecord, journal: Journal) -> StoredTask:
    image = display = None
    status = task.status
    if status == "succeeded":
        image = None if task.image is None else task.image.load(journal.files)
        if image is None:  # what is there is not what was stored: it is made again
            status = "queued"
        elif task.display is not None:
            display = task.display.load(journal.files)
    return StoredTask(
        task.number,
        task.prompt,
        task.overrides,
        task.replaces,
        status,
        task.attempt,
        task.seconds,
        task.error,
        image,
        display,
    )
