"""One message on its way: text from its source into the story, prompts into images, to one end."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from nbkit import blocking
from nbkit.errors import StreamError, explain, stream_error
from nbkit.illustrations import Illustrations
from nbkit.lifecycle import Lifecycle
from nbkit.limits import StartGate
from nbkit.models import ImageBackend, MessageId, MessageState, ProgressEvent, SessionStatus
from nbkit.monitor import StreamingMonitor
from nbkit.options import SessionOptions
from nbkit.progress import ProgressManager
from nbkit.recording import Former, RecordedText, Recording
from nbkit.story import Story
from nbkit.views import Views


class Run:
    """Drives a message on the loop that it was started on, and keeps how it stands.

    ``on_settled()`` is called whenever it has come to an end. What changes anything may be called
    from any thread, and hops to the loop.
    """

    def __init__(
        self,
        source: object,
        backend: ImageBackend,
        options: SessionOptions,
        *,
        gate: StartGate,
        progress_manager: ProgressManager,
        message_id: MessageId,
        on_settled: Callable[[], None],
        recording: Recording,
    ) -> None:
        self.status: SessionStatus = "running"
        self.error: BaseException | None = None
        self.story = Story()
        self.views = Views(message_id)
        self.recording = recording
        self.images = Illustrations(
            self.story,
            backend,
            progress_manager=progress_manager,
            message_id=message_id,
            max_images=options.max_images,
            on_change=self.views.changed,
            recording=recording,
            gate=gate,
            **options.for_the_queue,
        )
        self._detector = RecordedText(options.detector(), recording)
        self.monitor = StreamingMonitor(
            # The text of a former kernel is there before anything runs, and nothing follows it.
            source if recording.stored is None else "",
            # What keeps nothing need not hear of each token.
            detector=self._detector.detector if type(recording) is Recording else self._detector,
            progress_manager=progress_manager,
            message_id=message_id,
            on_text=self._on_text,
            on_prompt=self.images.add,
            poll_interval=options.poll_interval,
        )
        self.lifecycle = Lifecycle(self._broke, self._leave)
        self._queue = self.images.queue
        self._manager = progress_manager
        self._message_id = message_id
        self._on_settled = on_settled
        self._started_at = progress_manager.clock()
        self._ended_at: float | None = None
        self._last_state = MessageState(message_id)
        self._registered = False
        self._replaced = False
        self._cut = False
        self._held: weakref.finalize[Any, Run] | None = None

    @property
    def progress(self) -> MessageState:
        """How the images stand."""
        if self._replaced:
            return self._last_state
        return self._manager.get_state(self._message_id) or self._last_state

    @property
    def text(self) -> str:
        """The raw text so far."""
        stored = self.recording.stored
        return self.monitor.text if stored is None else stored.text

    @property
    def elapsed(self) -> float:
        """Seconds from the start until now, or until the end."""
        return (self._ended_at or self._manager.clock()) - self._started_at

    def start(self) -> None:
        """Register the message, and begin on the loop that runs here, if one does."""
        self.register()
        loop = blocking.running_loop()
        if loop is not None and self.lifecycle.loop is None and not self.lifecycle.ended:
            self.lifecycle.begin(self._run(), loop)

    def register(self) -> None:
        """Track the message, and restore what a former kernel has left of it; once."""
        if self._registered:
            return
        # The first thing of all, so that no task can come too early.
        self._registered = True
        self._manager.register_tasks(self._message_id, 0)
        self._hold()
        me = weakref.ref(self)
        unsubscribe = self._manager.on(
            "task", lambda event: _hand_on(me(), event), message_id=self._message_id
        )
        weakref.finalize(self, unsubscribe)
        if self.recording.stored is not None:
            self._restore(self.recording.stored)

    def replace(self) -> None:
        """Leave the message to another run, which starts anew: this one is of the past."""
        self._replaced = True

    def check_current(self) -> None:
        """Raise ``RuntimeError`` if another run has taken the message over, or the loop is gone."""
        if self._replaced:
            raise RuntimeError(
                f"message {self._message_id} has been started anew: this session is its past, "
                "and makes no more images"
            )
        if self.lifecycle.loop is not None and self.lifecycle.loop.is_closed():
            raise RuntimeError(
                f"the event loop of message {self._message_id} is closed: its session can be "
                "read and saved, but makes no more images"
            )

    def cancel(self) -> None:
        """Stop the text and all unfinished images."""
        self.lifecycle.call(self._cancel)

    def set_paused(self, paused: bool) -> None:
        """Hold new generations back, or no more."""
        self.lifecycle.call(self._set_paused, paused)

    def retry(self, task_id: str | None) -> None:
        """Try a failed image again, or all of them."""
        self.lifecycle.call(self._again, lambda: self.images.retry(task_id))

    def generate(self, slot_id: str) -> None:
        """Generate the image of a slot that had been left out."""
        self.lifecycle.call(self._again, lambda: self.images.generate(slot_id))

    def regenerate(self, task_id: str, prompt: str | None, *, replace: bool) -> None:
        """Make another image for the slot of a finished task."""
        self.lifecycle.call(
            self._again, lambda: self.images.regenerate(task_id, prompt, replace=replace)
        )

    def choose(self, task_id: str, version: int) -> None:
        """Show a version in the slot of a task, also when the loop is closed."""
        loop = self.lifecycle.loop
        if loop is not None and loop.is_closed():
            self._choose(task_id, version)
        else:
            self.lifecycle.call(self._choose, task_id, version)

    # On the loop

    def _choose(self, task_id: str, version: int) -> None:
        self.images.choose(task_id, version)
        self.views.changed()

    def _hold(self) -> None:
        """Keep the message's counts, however many others finish, until this run settles."""
        self._manager.hold(self._message_id)
        self._held = weakref.finalize(self, self._manager.release, self._message_id)

    def _restore(self, stored: Former) -> None:
        """Put text and images into the story as they were, tasks included."""
        pieces, self.error = self._detector.restore(stored.text)
        if self.error is not None:
            self.error = stream_error(self.error, self._message_id)
        for piece in pieces:
            if isinstance(piece, str):
                self.story.append(piece)
            else:
                self.images.add(piece)
        if stored.text_end == "failed":
            self.error = StreamError(stored.text_error or "", message_id=self._message_id)
        self._cut = stored.text_end == "cancelled"

    async def _run(self) -> None:
        try:
            self._queue.start()
            await self.monitor.start()
            await self.monitor.wait()
        except Exception as error:  # noqa: BLE001 - whatever ended the text is the run's error
            self.error = stream_error(error, self._message_id)
        self.story.end()
        self._text_ended()
        self.views.changed()
        await self._drain()

    async def _drain(self) -> None:
        await self._queue.drain()
        if self.error is not None:
            self._settle("failed")
        else:
            # What was stopped is not made complete by a retry of what had failed before.
            self._settle("cancelled" if self._cut or self.images.any_cancelled() else "completed")

    def _leave(self) -> None:
        """End in order: the loop is closing."""
        self.recording.leave()
        self._cancel()

    def _text_ended(self) -> None:
        if self.recording.stored is None:  # else it ended in a former kernel
            how = "cancelled" if self._cut else "complete" if self.error is None else "failed"
            self.recording.text_ended(how, None if self.error is None else explain(self.error))

    def _cancel(self) -> None:
        if self.lifecycle.ended:
            return
        # That of a stored text ended in a former kernel.
        self._cut |= (cut := self.recording.stored is None and not self.story.ended)
        self.monitor.stop()
        self._queue.cancel()
        self.story.end()
        if cut:
            self._text_ended()
        self._settle("cancelled")
        self.lifecycle.cancel()

    def _broke(self, error: BaseException) -> None:
        """Move an error that nothing has foreseen to where it is seen, and let nothing go on."""
        self.error = error
        try:
            self.monitor.stop()
            self._queue.cancel()
            if not self.story.ended:
                self.story.end()
        finally:
            self._settle("failed")

    def _settle(self, status: SessionStatus) -> None:
        self.status = status
        self.recording.status(status, None if self.error is None else explain(self.error))
        self._ended_at = self._manager.clock()
        self._last_state = self.progress
        if self._held is not None:
            self._held()
        self.lifecycle.end()
        self.views.changed()
        self._on_settled()

    def _again(self, work: Callable[[], bool]) -> None:
        """Do what may give the queue work, which leads a run that has ended back to running."""
        # Long after its end, the manager may have let go of the message.
        self.images.track_again()
        if work() and self.lifecycle.ended:
            self.status = "running"
            self.recording.status("running")
            self._ended_at = None
            self._hold()
            if self.lifecycle.loop is not None:
                self.lifecycle.begin(self._drain(), self.lifecycle.loop)
            else:  # cancelled before anybody had waited for it
                self.lifecycle.reopen()
                self.start()
        self.views.changed()

    def _set_paused(self, paused: bool) -> None:
        if paused:
            self._queue.pause()
        else:
            self._queue.resume()
        self.views.changed()

    def _on_text(self, text: str) -> None:
        self.story.append(text)
        self.views.changed()

    def tell(self) -> None:
        """Have those told who look on, from any thread."""
        self.lifecycle.soon(self.views.changed)


def _hand_on(run: Run | None, event: ProgressEvent) -> None:
    """Hand a task's change to its run, which the progress manager does not keep alive."""
    if run is not None and event.task is not None:
        run.lifecycle.call(run.images.show, event.task)
