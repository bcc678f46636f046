"""The records that the parts hand to one another, all frozen, and the backend's protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, Protocol

MessageId = int | str
"""What names a message."""

TaskStatus = Literal["queued", "waiting", "running", "retrying", "succeeded", "failed", "cancelled"]
"""Where a task stands; the last three are final."""

SessionStatus = Literal["running", "completed", "cancelled", "failed"]
"""Where a session stands."""

EventName = Literal["started", "updated", "task", "image-completed", "progress-complete", "cleared"]
"""What a progress manager announces."""

FINAL: frozenset[TaskStatus] = frozenset({"succeeded", "failed", "cancelled"})
"""The states that a task does not leave by itself."""


class ReadOnly(Mapping[str, Any]):
    """A mapping that nobody can change; unlike a ``mappingproxy`` it can be copied and pickled."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, Any] = MappingProxyType({})) -> None:
        self._items = dict(items)

    def __getitem__(self, key: str) -> Any:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return repr(self._items)


_NOTHING = ReadOnly()


@dataclass(frozen=True, slots=True)
class ImagePrompt:
    """An image prompt found in a text.

    ``text`` is the prompt, ``tag`` the whole match; ``start`` and ``end`` are the tag's offsets
    into the raw text in characters; ``index`` counts the prompts of the text from 0.
    """

    text: str
    tag: str
    start: int
    end: int
    index: int


@dataclass(frozen=True, slots=True)
class EncodedImage:
    """An image as the bytes of a file.

    ``media_type`` is one of ``image/png``, ``image/jpeg``, ``image/webp``, ``image/gif``;
    ``width`` and ``height`` are in pixels, 0 while nobody has looked.
    """

    data: bytes = field(repr=False)
    media_type: str
    width: int = 0
    height: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.data, bytes):
            raise TypeError(f"an image's data is bytes, not {type(self.data).__name__}")
        if not self.media_type.startswith("image/"):
            raise ValueError(f"an image's media type is image/..., not {self.media_type!r}")


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """What a backend is asked for; ``width`` and ``height`` in pixels, ``None`` as it likes."""

    prompt: str
    seed: int | None = None
    width: int | None = None
    height: int | None = None
    negative_prompt: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long a server may take, in seconds; ``None`` for any time.

    Parameters
    ----------
    connect
        To make a connection.
    between
        From one event of an answer to the next; the first is waited for as long, from the
        request on. Bytes that complete no event do not count.
    total
        For the whole answer, from the request on.

    Raises
    ------
    ValueError
        For what is no number above 0.
    """

    connect: float | None = 10.0
    between: float | None = 120.0
    total: float | None = None

    def __post_init__(self) -> None:
        for name in ("connect", "between", "total"):
            value = getattr(self, name)
            if value is not None and (
                isinstance(value, bool) or not isinstance(value, int | float) or not value > 0
            ):
                raise ValueError(f"{name} is a number of seconds above 0, or None, not {value!r}")


@dataclass(frozen=True, slots=True)
class Preview:
    """How far a generation has come: ``fraction`` from 0.0 to 1.0, and a picture if there is one.

    ``step`` counts from 1 to ``steps`` where the backend works in steps.
    """

    fraction: float
    image: EncodedImage | None = None
    step: int | None = None
    steps: int | None = None


class ImageBackend(Protocol):
    """Makes images. Its sessions share it; ``aclose`` is called by whoever made it.

    A backend may also have ``max_concurrency``, how many images it makes at a time for all its
    sessions together, and ``checks_images = True``, if it gives back nothing but what
    ``nbkit.pixels.check_image`` has passed; otherwise its images are checked for it.
    """

    async def generate(
        self, request: ImageRequest, *, on_preview: Callable[[Preview], None]
    ) -> EncodedImage:
        """Make one image.

        ``on_preview`` may be called at any time, from the loop's thread. Cancelling the call
        stops the work. An error marked retryable (``BackendError.retryable``), a
        ``TimeoutError`` or a ``ConnectionError`` is retried by the queue, nothing else.
        """
        ...

    async def aclose(self) -> None:
        """Let go of connections and workers."""
        ...


@dataclass(frozen=True, slots=True)
class Task:
    """One image on its way, as it stood when it was asked for.

    Times (``until``, ``created_at``, ``started_at``, ``completed_at``) are Unix seconds on a
    clock that never steps back; ``timeout`` is in seconds. ``attempt`` counts the attempts begun,
    of ``max_attempts`` where that is known. ``reason`` and ``until`` say what a waiting or
    retrying task waits for, and until when. ``started_at`` is that of the latest attempt.
    """

    id: str
    message_id: MessageId
    prompt: str = ""
    status: TaskStatus = "queued"
    attempt: int = 0
    max_attempts: int | None = None
    reason: str = ""
    until: float | None = None
    timeout: float | None = None
    created_at: float = 0.0
    started_at: float | None = None
    completed_at: float | None = None
    error: BaseException | str | None = None
    image: EncodedImage | None = None
    metadata: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)

    @property
    def seconds(self) -> float | None:
        """How long the latest attempt took, in seconds; ``None`` before it has ended."""
        if self.started_at is None or self.completed_at is None:
            return None
        return self.completed_at - self.started_at


@dataclass(frozen=True, slots=True)
class MessageState:
    """How the tasks of one message stand, as of one instant.

    ``total`` is always the sum of the seven counts. ``eta`` is the estimated seconds until
    nothing is unfinished, ``None`` while there is no evidence for one. Times are Unix seconds.
    """

    message_id: MessageId
    queued: int = 0
    waiting: int = 0
    running: int = 0
    retrying: int = 0
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0
    eta: float | None = None
    started_at: float | None = None
    completed_at: float | None = None

    @property
    def total(self) -> int:
        """All tasks of the message."""
        return self.pending + self.completed

    @property
    def completed(self) -> int:
        """Tasks in a final state."""
        return self.succeeded + self.failed + self.cancelled

    @property
    def pending(self) -> int:
        """Tasks not in a final state."""
        return self.queued + self.waiting + self.running + self.retrying

    @property
    def percentage(self) -> float:
        """Finished tasks in percent of all; 0.0 where there are none."""
        return 100.0 * self.completed / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class ProgressEvent:
    """One thing that a progress manager announces; ``task`` and ``image`` where it is about one."""

    name: EventName
    message_id: MessageId
    state: MessageState
    task: Task | None = None
    image: EncodedImage | None = None


@dataclass(frozen=True, slots=True)
class ImageResult:
    """What became of one slot's image.

    ``task_id`` is ``None`` and ``status`` ``"skipped"`` for a prompt past ``max_images``.
    ``seconds`` is the time of the latest attempt. ``versions`` holds every image made for the
    slot, oldest first; ``image`` is the one shown.
    """

    task_id: str | None
    prompt: str
    status: TaskStatus | Literal["skipped"]
    image: EncodedImage | None = None
    error: BaseException | str | None = None
    attempts: int = 0
    seconds: float | None = None
    versions: tuple[EncodedImage, ...] = ()
