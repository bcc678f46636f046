"""One attempt at one image: a backend's call with a deadline, told of exactly once."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import logging
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from nbkit._queue.previews import sound
from nbkit.errors import BackendError, TaskError, TaskTimeout, explain, no_image, quoted
from nbkit.models import EncodedImage, ImageBackend, ImageRequest, Preview

logger = logging.getLogger(__name__)

LINGER = 1.9
"""Seconds that a stopped call may take to clean up before it is given up."""

_TOLERANCE = 1e-6  # seconds; a loop's timer may fire this much early

_given_up: set[asyncio.Task[EncodedImage]] = set()  # the loop itself keeps tasks weakly only


@dataclass(slots=True, eq=False)
class Job:
    """A task in a queue: what to ask the backend for, its place, and the attempts so far."""

    id: str
    prompt: str
    request: ImageRequest
    place: int
    attempts: int = 0
    sleep: asyncio.TimerHandle | None = None
    attempt: Attempt | None = None

    def stop(self) -> None:
        """Give up what it is at: an attempt, or the sleep before one."""
        if self.sleep is not None:
            self.sleep.cancel()
            self.sleep = None
        if self.attempt is not None:
            self.attempt.stop()
            self.attempt = None


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the attempts of one queue have in common.

    ``outcome(attempt, result, again)`` is called once unless the attempt was stopped, with the
    image or the error, and whether another attempt may help; ``released(attempt)`` when the
    backend's call has ended or was given up.
    """

    backend: ImageBackend
    accept: Callable[[str, EncodedImage], Awaitable[EncodedImage | None]] | None
    preview: Callable[[str, Preview], None] | None
    outcome: Callable[[Attempt, EncodedImage | BaseException, bool], None]
    released: Callable[[Attempt], None]

    def __post_init__(self) -> None:
        backend: object = self.backend
        if isinstance(backend, type) or not callable(getattr(backend, "generate", None)):
            given = backend.__name__ if isinstance(backend, type) else type(backend).__name__
            raise TypeError(
                f"a queue takes a backend, which is an object with generate(), not {given}; "
                "spec strings and functions are for nbkit.illustrate(images=...)"
            )


class Running:
    """The attempts of one queue whose calls have not ended, under one timer for their deadlines.

    A timer for each would cost as much as all else that a queue does for a task.
    """

    def __init__(self) -> None:
        self._deadlines: dict[Attempt, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._deadlines)

    def __iter__(self) -> Iterator[Attempt]:
        return iter(tuple(self._deadlines))

    def put(self, attempt: Attempt, deadline: float) -> None:
        """Count an attempt; its ``ring`` is called when the loop's clock comes to ``deadline``."""
        self._deadlines[attempt] = deadline
        if self._timer is None or deadline < self._timer.when():
            self._set_timer(attempt.loop, deadline)

    def drop(self, attempt: Attempt) -> None:
        """Count an attempt no more."""
        self._deadlines.pop(attempt, None)
        if not self._deadlines and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set_timer(self, loop: asyncio.AbstractEventLoop, deadline: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_at(deadline, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time() + _TOLERANCE
        for attempt in [each for each, deadline in self._deadlines.items() if deadline <= now]:
            attempt.ring()
        if self._deadlines:
            self._set_timer(loop, min(self._deadlines.values()))


class Attempt:
    """Runs a backend's call in a task of its own, for at most ``timeout`` seconds.

    The call, and what is told of it, is in the context of who makes the attempt.
    """

    __slots__ = (
        "__weakref__",
        "_began",
        "_hooks",
        "_live",
        "_making",
        "_running",
        "_timeout",
        "job",
        "loop",
        "task",
    )

    def __init__(
        self,
        job: Job,
        hooks: Hooks,
        running: Running,
        *,
        loop: asyncio.AbstractEventLoop,
        timeout: float,
    ) -> None:
        self.job = job
        self.loop = loop
        self._hooks = hooks
        self._running = running
        self._live = True
        self._making = True
        self.task = loop.create_task(self._run())
        self.task.add_done_callback(self._ended)
        self._timeout = timeout
        self._began = loop.time()
        running.put(self, self._began + timeout)

    def set_timeout(self, timeout: float) -> None:
        """Put another timeout into force, still counted from the start."""
        self._timeout = timeout
        if self._live:
            self._running.put(self, self._began + timeout)

    def stop(self) -> None:
        """Cancel the call; nothing more is told of it but that it was released."""
        self._live = self._making = False
        if not self.task.done():
            self.task.cancel()
            self._running.put(self, self.loop.time() + LINGER)

    def ring(self) -> None:
        """Act on the deadline: of the attempt, or of the clean-up after it was stopped."""
        if self.task.done():
            return  # its end is told in a moment
        if self._live:
            self._overdue()
        else:
            logger.warning("the backend does not stop when cancelled: task %s is left", self.job.id)
            _given_up.add(self.task)
            self._release()

    async def _run(self) -> EncodedImage:
        job, hooks = self.job, self._hooks
        try:
            image: Any = await hooks.backend.generate(job.request, on_preview=self._preview)
        except SystemExit as error:
            # It would end the loop, and the notebook's kernel with it.
            raise RuntimeError("SystemExit was raised") from error
        if not isinstance(image, EncodedImage):
            raise BackendError(
                f"the backend gave back {type(image).__name__}, not an image, "
                f"for {quoted(job.prompt)}"
            )
        self._making = False
        if hooks.accept is not None and self._live:
            # An image that came just in time is not lost because storing it takes a moment.
            self._began = self.loop.time()
            self.set_timeout(self._timeout)
            kept = await hooks.accept(job.id, image)
            return image if kept is None else kept
        return image

    def _preview(self, preview: Preview) -> None:
        if self._is_here():
            self._show_preview(preview)
            return
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self.loop.call_soon_threadsafe(self._show_preview, preview)

    def _show_preview(self, preview: Preview) -> None:
        if not self._making or self._hooks.preview is None:
            return
        try:
            self._hooks.preview(self.job.id, sound(preview))
        except Exception:
            logger.exception("showing a preview of task %s failed", self.job.id)

    def _is_here(self) -> bool:
        try:
            return asyncio.get_running_loop() is self.loop
        except RuntimeError:
            return False

    def _overdue(self) -> None:
        making = self._making
        error = TaskTimeout(
            f"the image for {quoted(self.job.prompt)} was not "
            f"{'made' if making else 'stored'} within {self._timeout:g} s",
            prompt=self.job.prompt,
        )
        self.stop()
        self._hooks.outcome(self, error, making)

    def _ended(self, task: asyncio.Task[EncodedImage]) -> None:
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        _given_up.discard(task)
        self._release()
        if not self._live:
            return
        making, self._making = self._making, False  # no preview comes late
        if error is None:
            self._hooks.outcome(self, task.result(), False)
        elif making or isinstance(error, asyncio.CancelledError):
            prompt = self.job.prompt
            self._hooks.outcome(self, as_task_error(error, prompt), is_retryable(error))
        else:
            self._hooks.outcome(self, error, False)

    def _release(self) -> None:
        self._running.drop(self)
        self._hooks.released(self)


def is_retryable(error: BaseException) -> bool:
    """Say whether another attempt may succeed: decided by the error's type alone."""
    if isinstance(error, BackendError):
        return error.retryable
    return isinstance(error, TimeoutError | ConnectionError)


def as_task_error(error: BaseException, prompt: str) -> TaskError:
    """Return a backend's error as that of a task."""
    if isinstance(error, TaskError):
        return error
    if isinstance(error, asyncio.CancelledError):
        why = "the backend cancelled its own work"
    else:
        why = explain(error)
    wrapped = BackendError(no_image(prompt, why), prompt=prompt, retryable=is_retryable(error))
    wrapped.__cause__ = error
    return wrapped


def naming(error: BaseException, prompt: str) -> BaseException:
    """Return the error that ends a task; one of nbkit's own says for which prompt."""
    if not isinstance(error, TaskError):
        return error
    text = str(error)
    if error.prompt not in ("", prompt):
        # One object for several tasks: those that it has ended keep their own words.
        text = text.removeprefix(no_image(error.prompt, ""))
        cause, error = error.__cause__, copy.copy(error)
        error.__cause__ = cause
    error.prompt = prompt
    if quoted(prompt) not in text:
        text = no_image(prompt, text or type(error).__name__)
    error.args = (text,)
    return error
