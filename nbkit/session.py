"""One message's run: its text, its images, and what a person may do to them meanwhile."""

from __future__ import annotations

import asyncio
import logging
import uuid
import weakref
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any, Generic, Literal, Protocol, Self, TypeVar, overload

from nbkit import blocking, export
from nbkit.detector import PromptDetector
from nbkit.errors import StreamError, explain
from nbkit.illustrations import Illustrations
from nbkit.images import resolve_backend
from nbkit.lifecycle import Lifecycle
from nbkit.limits import check_limits, gate_for
from nbkit.models import (
    ImagePrompt,
    ImageResult,
    MessageId,
    MessageState,
    ProgressEvent,
    SessionStatus,
)
from nbkit.monitor import StreamingMonitor
from nbkit.patterns import DEFAULT_PATTERNS
from nbkit.progress import ProgressManager, now, progress_manager
from nbkit.story import Story

logger = logging.getLogger(__name__)

T = TypeVar("T")


class Screen(Protocol):
    """What a session needs of a place to be seen; without one it runs all the same."""

    def show(self, session: Session) -> None:
        """Display the session here and now."""
        ...

    def update(self, session: Session, *, awaited: bool) -> None:
        """Bring what is displayed up to date: the session has ended, or whoever awaited it is."""
        ...

    def freeze(self, session: Session) -> None:
        """Replace what is displayed by static HTML."""
        ...

    def present(self, session: Session) -> bool:
        """Show the session as a cell's result, unless that cell has shown it.

        ``False`` where its repr is to be shown instead.
        """
        ...


class _Limit(Generic[T]):
    """A limit of the session's queue, checked and put into force there."""

    def __init__(self, doc: str) -> None:
        self.__doc__ = doc

    def __set_name__(self, owner: type[Session], name: str) -> None:
        self._name = name

    @overload
    def __get__(self, session: None, owner: type[Session]) -> Self: ...
    @overload
    def __get__(self, session: Session, owner: type[Session]) -> T: ...
    def __get__(self, session: Session | None, owner: type[Session]) -> T | Self:
        if session is None:
            return self
        value: T = getattr(session.queue, self._name)
        return value

    def __set__(self, session: Session, value: T) -> None:
        setattr(session.queue, self._name, value)


class Session:
    """One message's run, from its source to its last image.

    Made by :func:`nbkit.illustrate` or :meth:`SessionManager.start`. It runs on the loop that it
    was started on; its methods return at once and may be called from any thread. In a script
    without a loop it runs while somebody waits for it.

    ``await session`` returns the session when its text and images are done, also when it was
    cancelled; it raises :class:`StreamError` if the source failed. Cancelling the ``await`` cancels
    the session: what had arrived stays. Failed images do not raise; they are results.

    Attributes
    ----------
    id
        Names this run, for good.
    message_id
        Names the message at the progress manager.
    status
        ``"running"``, ``"completed"``, ``"cancelled"`` or ``"failed"`` (the source failed).
    error
        Why it failed.
    story
        The document: text with image slots in their places.
    size
        Width and height in pixels that the backend is asked for, ``None`` as it likes.
    """

    max_concurrency = _Limit[int]("How many images are made at a time; can be set at any time.")
    min_interval = _Limit[float]("Seconds between two starts; can be set at any time.")
    max_rate = _Limit[float | None]("Starts a minute, or ``None``; can be set at any time.")
    retries = _Limit[int]("How often a failed attempt is made again; can be set at any time.")
    timeout = _Limit[float]("Seconds that one attempt may take; can be set at any time.")

    def __init__(
        self,
        source: Any,
        *,
        images: Any = "sketch",
        message_id: MessageId,
        patterns: Sequence[str] | None = None,
        seed: int | None = None,
        width: int | None = None,
        height: int | None = None,
        max_concurrency: int = 2,
        min_interval: float = 0.0,
        max_rate: float | None = None,
        retries: int = 2,
        timeout: float = 300.0,
        max_images: int | None = None,
        style: str = "",
        style_position: Literal["prefix", "suffix"] = "prefix",
        poll_interval: float = 0.3,
        manager: ProgressManager = progress_manager,
        screen: Screen | None = None,
    ) -> None:
        if source is None:
            raise TypeError("a session needs a source of text, not None")
        check_limits(max_images=max_images, poll_interval=poll_interval)
        detector = PromptDetector(DEFAULT_PATTERNS if patterns is None else patterns)
        self.id = uuid.uuid4().hex
        self.message_id = message_id
        self.status: SessionStatus = "running"
        self.error: BaseException | None = None
        self.story = Story()
        self.size = (width, height)
        self.screen = screen
        self.manager = manager
        self._images = Illustrations(
            self.story,
            resolve_backend(images),
            manager=manager,
            message_id=message_id,
            max_images=max_images,
            on_change=self._changed,
            max_concurrency=max_concurrency,
            min_interval=min_interval,
            max_rate=max_rate,
            retries=retries,
            timeout=timeout,
            seed=seed,
            width=width,
            height=height,
            style=style,
            style_position=style_position,
            gate=gate_for(images),
        )
        self.queue = self._images.queue
        self._monitor = StreamingMonitor(
            source,
            detector=detector,
            progress_manager=manager,
            message_id=message_id,
            on_text=self._on_text,
            on_prompt=self._images.add,
            poll_interval=poll_interval,
        )
        self._handlers: list[Callable[[], None]] = []
        self._lifecycle = Lifecycle(self._broke)
        self._started_at = now()
        self._ended_at: float | None = None
        self._last_state = MessageState(message_id)
        # First of all that is said to the manager: from here on no task can come too early.
        manager.register_tasks(message_id, 0)
        me = weakref.ref(self)
        unsubscribe = manager.on("task", lambda event: _hand_on(me(), event), message_id=message_id)
        weakref.finalize(self, unsubscribe)

    # What there is to see

    @property
    def text(self) -> str:
        """The raw reply so far, image tags included."""
        return self._monitor.text

    @property
    def prompts(self) -> tuple[ImagePrompt, ...]:
        """The prompts found so far, in text order."""
        return tuple(self._images.prompts)

    @property
    def progress(self) -> MessageState:
        """How the images stand."""
        return self.manager.get_state(self.message_id) or self._last_state

    @property
    def images(self) -> list[ImageResult]:
        """A result for each slot, in text order, whatever its state."""
        return self._images.results()

    @property
    def paused(self) -> bool:
        """Whether new generations are held back."""
        return self.queue.paused

    @property
    def elapsed(self) -> float:
        """Seconds from the start until now, or until the end."""
        return (self._ended_at or now()) - self._started_at

    def to_html(self) -> str:
        """Return the story as a static HTML fragment, images within."""
        return self.story.to_html()

    def to_markdown(self) -> str:
        """Return the story as Markdown; images are named ``images/image-1.webp`` and so on."""
        return self.story.to_markdown()

    def save(self, path: str | Path) -> Path:
        """Write the story to one file: ``.html``, ``.md`` (with a folder of images) or ``.ipynb``.

        Raises
        ------
        ValueError
            If the name ends otherwise.
        """
        return export.save(self.story, Path(path))

    def subscribe(self, handler: Callable[[], None]) -> Callable[[], None]:
        """Call ``handler()`` on the loop after anything visible has changed; returns its end."""
        self._handlers.append(handler)

        def unsubscribe() -> None:
            if handler in self._handlers:
                self._handlers.remove(handler)

        return unsubscribe

    # What a person may do

    def start(self) -> None:
        """Begin on the loop that runs here; without one, the first wait begins."""
        loop = blocking.running_loop()
        if loop is not None and self._lifecycle.loop is None and not self._lifecycle.ended:
            self._lifecycle.begin(self._run(), loop)

    def cancel(self) -> None:
        """Stop the text and all unfinished images; what had arrived stays."""
        self._lifecycle.call(self._cancel)

    def pause(self) -> None:
        """Hold back new generations; what runs goes on, and so does the text."""
        self._lifecycle.call(self._set_paused, True)

    def resume(self) -> None:
        """Let new generations begin again."""
        self._lifecycle.call(self._set_paused, False)

    def retry(self, task_id: str | None = None) -> None:
        """Try a failed image again, or all that failed; the session then runs again."""
        self._lifecycle.call(self._retry, task_id)

    def generate(self, slot_id: str) -> None:
        """Generate the image of a slot that ``max_images`` had left out."""
        self._lifecycle.call(self._generate, slot_id)

    def regenerate(
        self,
        task_id: str,
        prompt: str | None = None,
        mode: Literal["append", "replace"] = "append",
    ) -> None:
        """Make another image for the slot of a task, as a new task.

        ``prompt`` replaces the former one; ``mode`` keeps the former versions beside the new one or
        drops them once the new one has succeeded. A failure destroys nothing.

        Raises
        ------
        ValueError
            For a task that is unknown or unfinished, and for another mode.
        """
        if mode not in ("append", "replace"):
            raise ValueError(f"mode is 'append' or 'replace', not {mode!r}")
        self._images.check_finished(task_id)
        self._lifecycle.call(self._regenerate, task_id, prompt, mode == "replace")

    def finish(self) -> None:
        """Say that a polled text is complete; its last state is read once more."""
        self._lifecycle.call(self._monitor.close)

    def show(self) -> None:
        """Display the session again, here."""
        if self.screen is not None:
            self.screen.show(self)

    def freeze(self) -> None:
        """Replace the display by static HTML, which any viewer shows."""
        if self.screen is not None:
            self.screen.freeze(self)

    def _ipython_display_(self) -> None:
        if self.screen is None or not self.screen.present(self):
            raise NotImplementedError  # IPython's word for: show the repr

    def __repr__(self) -> str:
        state = self.progress
        images = f"{state.succeeded} of {state.total} images"
        return f"<nbkit.Session {self.message_id!r}: {self.status}, {images}>"

    # Waiting

    def __await__(self) -> Generator[Any, None, Session]:
        return self._wait().__await__()

    def wait(self, timeout: float | None = None) -> Session:
        """Wait from ordinary code until text and images are done.

        An interrupt cancels the session, as it does for ``await``.

        Raises
        ------
        TimeoutError
            After ``timeout`` seconds; the session goes on.
        StreamError
            If the source failed.
        """
        return blocking.run_blocking(lambda: self._wait(timeout), loop=self._lifecycle.loop)

    async def _wait(self, timeout: float | None = None) -> Session:
        self.start()
        try:
            async with asyncio.timeout(timeout):
                await self._lifecycle.wait_ended()
        except TimeoutError:
            raise TimeoutError(
                f"message {self.message_id} was not done within {timeout} s; it goes on"
            ) from None
        except asyncio.CancelledError:
            self.cancel()
            self._update_screen(awaited=True)
            raise
        self._update_screen(awaited=True)
        if self.error is not None:
            raise self.error.with_traceback(None)
        return self

    # The run itself

    async def _run(self) -> None:
        try:
            self.queue.start()
            await self._monitor.start()
            await self._monitor.wait()
        except asyncio.CancelledError:
            self._leave()
            raise
        except Exception as error:  # noqa: BLE001 - whatever ended the text is the session's error
            self._fail(error)
        self.story.end()
        self._changed()
        await self._drain()

    async def _drain(self) -> None:
        try:
            await self.queue.drain()
        except asyncio.CancelledError:
            self._leave()
            raise
        self._settle("completed" if self.error is None else "failed")

    def _leave(self) -> None:
        """End in order, as after ``cancel``: cancelled from outside, the loop is closing."""
        if not self._lifecycle.ended:
            self._cancel()

    def _broke(self, error: BaseException) -> None:
        """Move an error that nothing has foreseen to the session, where it is seen."""
        self.error = error
        self._settle("failed")

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, StreamError):
            logger.debug("message %s: the text broke off", self.message_id, exc_info=error)
            wrapped = StreamError(explain(error), message_id=self.message_id)
            wrapped.__cause__ = error
            error = wrapped
        self.error = error

    def _cancel(self) -> None:
        if self._lifecycle.ended:
            return
        self._monitor.stop()
        self.queue.cancel()
        self.story.end()
        self._settle("cancelled")
        self._lifecycle.cancel()

    def _settle(self, status: SessionStatus) -> None:
        self.status = status
        self._ended_at = now()
        self._last_state = self.manager.get_state(self.message_id) or self._last_state
        self._lifecycle.end()
        self._changed()
        self._update_screen(awaited=False)

    def _work_again(self) -> None:
        """Lead a finished session back to running, for a retry or a new version."""
        if self._lifecycle.ended and self._lifecycle.loop is not None:
            self.status = "running"
            self._ended_at = None
            self._lifecycle.begin(self._drain(), self._lifecycle.loop)
        self._changed()

    def _set_paused(self, paused: bool) -> None:
        if paused:
            self.queue.pause()
        else:
            self.queue.resume()
        self._changed()

    def _retry(self, task_id: str | None) -> None:
        if self._images.retry(task_id):
            self._work_again()

    def _generate(self, slot_id: str) -> None:
        if self._images.generate(slot_id):
            self._work_again()

    def _regenerate(self, task_id: str, prompt: str | None, replace: bool) -> None:
        self._images.regenerate(task_id, prompt, replace=replace)
        self._work_again()

    # What the parts report, on the loop

    def _on_text(self, text: str) -> None:
        self.story.append(text)
        self._changed()

    def _changed(self) -> None:
        for handler in tuple(self._handlers):
            try:
                handler()
            except Exception:
                logger.exception("a view of message %s failed", self.message_id)

    def _update_screen(self, *, awaited: bool) -> None:
        self.manager.flush()
        if self.screen is not None:
            self.screen.update(self, awaited=awaited)


def _hand_on(session: Session | None, event: ProgressEvent) -> None:
    """Hand a task's change to its session, which the progress manager does not keep alive."""
    if session is not None and event.task is not None:
        session._lifecycle.call(session._images.show, event.task)  # noqa: SLF001 - same module
