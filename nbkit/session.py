"""One message's run: its text, its images, and what a person may do to them meanwhile."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Literal

from nbkit import blocking
from nbkit.images import resolve_backend
from nbkit.limits import gate_for
from nbkit.models import MessageId
from nbkit.options import QueueLimit, SessionOptions
from nbkit.progress import ProgressManager
from nbkit.progress import progress_manager as own_manager
from nbkit.recording import Recording, recorder_for, reusing
from nbkit.run import Run
from nbkit.screen import Screen
from nbkit.session_view import SessionView

if TYPE_CHECKING:
    from nbkit.recorder import Recorder

logger = logging.getLogger(__name__)


class Session(SessionView):
    """One message's run, from its source to its last image.

    The options are those of :func:`nbkit.illustrate`.

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
    story
        The document: text with image slots in their places.
    options
        What it was asked for; the limits in force now are attributes of the session itself.
    reason
        Why it was cancelled, where it was not a person who did it; else ``""``.
    size
        Width and height in pixels that the backend is asked for, ``None`` as it likes.
    """

    max_concurrency = QueueLimit[int]("How many images are made at a time; can be set at any time.")
    min_interval = QueueLimit[float]("Seconds between two starts; can be set at any time.")
    max_rate = QueueLimit[float | None]("Starts a minute, or ``None``; can be set at any time.")
    retries = QueueLimit[int]("How often a failed attempt is made again; can be set at any time.")
    timeout = QueueLimit[float]("Seconds that one attempt may take; can be set at any time.")

    def __init__(
        self,
        source: Any,
        *,
        images: Any = "sketch",
        message_id: MessageId,
        progress_manager: ProgressManager = own_manager,
        screen: Screen | None = None,
        store: object = None,
        reuse: bool = False,
        recorder: Recorder | None = None,
        **options: Any,
    ) -> None:
        if source is None:
            raise TypeError("a session needs a source of text, not None")
        self.options = SessionOptions(**options)
        self.id = uuid.uuid4().hex if recorder is None else recorder.session
        self.message_id = message_id
        self.size = (self.options.width, self.options.height)
        self.progress_manager = progress_manager
        self.screen = screen
        self.reason = ""
        backend = resolve_backend(images)
        if store is not None:
            recorder = recorder_for(store, self.id)
        if reuse:
            backend = reusing(backend, images, recorder)
        self._run = Run(
            source,
            backend,
            self.options,
            gate=gate_for(images),
            progress_manager=progress_manager,
            message_id=message_id,
            on_settled=lambda: self._update_screen(awaited=False),
            recording=recorder or Recording(),
        )
        if recorder is not None:
            recorder.on_error = self._run.tell
            recorder.clock = progress_manager.clock
            if recorder.stored is None:
                recorder.begin(message_id, self.options, images, source)
        self.story = self._run.story

    # What a person may do

    def start(self) -> None:
        """Begin on the loop that runs here; without one, the first wait begins."""
        self._run.start()

    def replace(self) -> None:
        """Leave the message to another session, which starts it anew."""
        self._run.replace()

    def cancel(self, *, reason: str = "") -> None:
        """Stop the text and all unfinished images; what had arrived stays.

        ``reason`` is said beside "Stopped", where it was not a person who did it.
        """
        if self.status == "running":
            self.reason = reason
        self._run.cancel()

    def pause(self) -> None:
        """Hold back new generations; what runs goes on, and so does the text."""
        self._run.set_paused(True)

    def resume(self) -> None:
        """Let new generations begin again."""
        self._run.set_paused(False)

    def retry(self, task_id: str | None = None) -> None:
        """Try a failed image again, or all that failed; the session then runs again.

        Raises
        ------
        ValueError
            For a task that is unknown.
        RuntimeError
            If the message has been started anew since.
        """
        self._run.check_current()
        if task_id is not None:
            self._run.images.check_known(task_id)
        self._run.retry(task_id)

    def generate(self, slot_id: str) -> None:
        """Generate the image of a slot that ``max_images`` had left out."""
        self._run.check_current()
        self._run.generate(slot_id)

    def regenerate(
        self,
        task_id: str,
        prompt: str | None = None,
        mode: Literal["append", "replace"] = "append",
    ) -> None:
        """Make another image for the slot of a task, as a new task.

        ``prompt`` is by default that of the image shown; ``mode`` keeps the former versions beside
        the new one or drops them once the new one has succeeded. Until then, and if it fails, the
        former one is shown. Asked for several times, a finished task gets as many new versions.

        Raises
        ------
        ValueError
            For a task that is unknown or unfinished, and for another mode.
        RuntimeError
            If the message has been started anew since.
        """
        if mode not in ("append", "replace"):
            raise ValueError(f"mode is 'append' or 'replace', not {mode!r}")
        self._run.check_current()
        self._run.images.check_finished(task_id)
        self._run.regenerate(task_id, prompt, replace=mode == "replace")

    def choose(self, task_id: str, version: int) -> None:
        """Show another version in the slot of a task, here and in all that is saved from now on.

        ``version`` is an index of :attr:`ImageResult.versions`; a new one is shown by itself.

        Raises
        ------
        ValueError
            For a task that is unknown.
        IndexError
            If there is no such version.
        """
        count = len(self._run.images.slot_of(task_id).versions)
        if not -count <= version < count:
            raise IndexError(f"the slot of task {task_id!r} has {count} versions: no {version}")
        self._run.choose(task_id, version)

    def finish(self) -> None:
        """Say that a polled text is complete; its last state is read once more."""
        self._run.lifecycle.call(self._run.monitor.close)

    def show(self) -> None:
        """Display the session again, here."""
        if self.screen is not None:
            self.screen.show(self)

    def freeze(self, max_bytes: int | None = None) -> None:
        """Replace the display by static HTML, which any viewer shows.

        It takes at most ``max_bytes`` (2.5 MB if ``None``), Base64 counted: pictures become
        smaller until they fit, the largest first. The text stays whole.
        """
        if self.screen is not None:
            self.screen.freeze(self, max_bytes)

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
        return blocking.run_blocking(lambda: self._wait(timeout), loop=self._run.lifecycle.loop)

    async def _wait(self, timeout: float | None = None) -> Session:
        self.start()
        try:
            async with asyncio.timeout(timeout):
                await self._run.lifecycle.wait_ended()
            # On the session's loop alone: whoever waits on another is in no cell's output.
            if self.screen is not None and self._run.lifecycle.loop is blocking.running_loop():
                await self.screen.reach(self)
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

    def _update_screen(self, *, awaited: bool) -> None:
        self.progress_manager.flush()
        if self.screen is not None:
            self.screen.update(self, awaited=awaited)
