"""What widgets and their pages say to one another; the scripts mirror these as typedefs.

Everything goes as custom messages, never as synced traits: a kernel may jam a widget's traits for
good, and custom messages it does not touch. Since these are not replayed, a view that mounts asks
for a snapshot. Pictures travel as binary buffers beside a message, named by their place there.
Long frames and snapshots are packed (:mod:`nbkit.widgets.packing`).
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from nbkit.models import MessageState, SessionStatus, TaskStatus


class Ready(TypedDict):
    """A view has mounted, or has missed a frame: it wants a snapshot. The view chose its name.

    ``seq`` is the number of the last frame that it shows, 0 where it wants the whole in any case.
    """

    kind: Literal["ready"]
    view: str
    seq: NotRequired[int]


class Gone(TypedDict):
    """A view has been removed."""

    kind: Literal["gone"]
    view: str


class Untouched(TypedDict):
    """The session has ended, and nobody has touched the view for a while, or it is hidden."""

    kind: Literal["idle", "hidden"]
    view: str


class Command(TypedDict):
    """A click. ``id`` comes back with the answer.

    ``regenerate`` has a ``mode`` and a ``prompt``, ``None`` for the one that there was; ``choose``
    and ``original`` have the index of a ``version``.
    """

    kind: Literal["command"]
    view: str
    id: int
    name: Literal[
        "cancel",
        "pause",
        "resume",
        "retry",
        "retry_failed",
        "generate",
        "regenerate",
        "choose",
        "original",
    ]
    slot: str | None
    prompt: NotRequired[str | None]
    mode: NotRequired[Literal["append", "replace"]]
    version: NotRequired[int]


class Counts(TypedDict):
    """Tasks by state; ``total`` is their sum."""

    queued: int
    waiting: int
    running: int
    retrying: int
    succeeded: int
    failed: int
    cancelled: int
    total: int


def count(state: MessageState) -> Counts:
    """Return the counts of a message for the wire."""
    return Counts(
        queued=state.queued,
        waiting=state.waiting,
        running=state.running,
        retrying=state.retrying,
        succeeded=state.succeeded,
        failed=state.failed,
        cancelled=state.cancelled,
        total=state.total,
    )


class Header(TypedDict):
    """How a session stands.

    ``elapsed`` is in seconds; ``writing`` while text is still to come; ``remark`` is what else a
    reader should know, in a line.
    """

    status: SessionStatus
    writing: bool
    paused: bool
    elapsed: float
    error: str | None
    remark: str | None
    counts: Counts


class Picture(TypedDict):
    """A picture of ``width`` by ``height`` pixels, 0 where nobody has looked.

    ``version`` numbers the pictures of a place, each for good. ``buffer`` is its place among the
    message's buffers, ``None`` where the page has it already.
    """

    version: int
    type: str
    width: int
    height: int
    buffer: int | None


class Answer(TypedDict):
    """What became of a command: ``error`` says why nothing did.

    A ``picture`` comes with the answer to ``original``, and never in a frame.
    """

    kind: Literal["answer"]
    view: str
    id: int
    error: str | None
    picture: NotRequired[Picture]


class SlotState(TypedDict):
    """How an image slot stands.

    ``image`` is the chosen one of ``versions``, which counts them, and ``prompt`` what it was made
    from; ``task_prompt`` is that of the latest task, ``None`` where it is the same. ``remaining``
    is in seconds as of the message, so that clocks need not agree. ``width`` and ``height`` are
    those that were asked for, 0 where they are open.
    """

    id: str
    status: TaskStatus | Literal["skipped"]
    prompt: str
    task_prompt: str | None
    reason: str
    remaining: float | None
    attempt: int
    max_attempts: int | None
    fraction: float | None
    step: int | None
    steps: int | None
    error: str | None
    width: int
    height: int
    versions: int
    chosen: int
    image: Picture | None
    preview: Picture | None


class Frame(TypedDict):
    """What has changed since the frame numbered one less; ``None`` for a header that has not."""

    kind: Literal["frame"]
    seq: int
    header: Header | None
    ops: list[Any]
    slots: list[SlotState]


class Snapshot(TypedDict):
    """Everything, for one view; frames from ``seq`` + 1 on follow it.

    ``ops`` are ``None``, and there are no ``slots``, where the view shows all frames up to it.
    """

    kind: Literal["snapshot"]
    view: str
    seq: int
    header: Header
    ops: list[Any] | None
    slots: list[SlotState]


class Check(TypedDict):
    """The number of the latest frame, said again after the end: a server may have dropped it."""

    kind: Literal["check"]
    seq: int


class TaskState(TypedDict):
    """One task in an opened row. ``remaining`` and ``seconds`` as of the message."""

    id: str
    status: TaskStatus
    prompt: str
    reason: str
    remaining: float | None
    attempt: int
    max_attempts: int | None
    seconds: float | None
    error: str | None


class RowState(TypedDict):
    """One message's row; the newest has the highest ``place``.

    ``eta`` and ``elapsed`` are in seconds as of the message. ``strip`` names the newest tasks that
    have a picture, oldest first. ``order`` names the listed tasks of an opened row, ``tasks`` holds
    those of them that changed, ``more`` counts the ones not listed; the three are ``None`` where
    nobody has opened the row.
    """

    row: str
    place: int
    label: str
    about: str
    counts: Counts
    eta: float | None
    elapsed: float | None
    strip: list[str]
    order: list[str] | None
    tasks: list[TaskState] | None
    more: int | None


class Thumbnail(TypedDict):
    """A task's picture, small: ``buffer`` is its place among the message's buffers."""

    row: str
    task: str
    prompt: str
    type: str
    buffer: int


class RowsMessage(TypedDict):
    """Rows that changed, those that are gone, and thumbnails that no page has yet.

    With a ``view`` it is for that one alone and speaks in full: of every row (``whole``), or of the
    rows that it holds.
    """

    kind: Literal["rows"]
    view: str | None
    whole: bool
    seq: int
    rows: list[RowState]
    gone: list[str]
    thumbnails: list[Thumbnail]


class RowCommand(TypedDict):
    """A click on a row, or with ``row`` ``None`` on the widget."""

    kind: Literal["open", "fold", "close"]
    view: str
    row: str | None
