"""The queue of one message: prompts in, images out, never more at a time than its limits allow."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from nbkit._queue.admission import Admission
from nbkit._queue.attempt import Attempt, Hooks, Job, Running, naming
from nbkit._queue.dispatcher import Dispatcher, Orders
from nbkit._queue.reports import Reports
from nbkit._queue.requests import RequestMaker, text_of
from nbkit.errors import BackendError, explain
from nbkit.gate import StartGate, gate_for
from nbkit.limits import Limited, backoff
from nbkit.models import (
    EncodedImage,
    ImageBackend,
    ImagePrompt,
    ImageRequest,
    MessageId,
    Preview,
    Task,
)
from nbkit.progress import ProgressManager

SETTLE = 0.05
"""Seconds that ``drain`` leaves to cancelled backends to clean up."""


class QueueProcessor(Limited):
    """Generates the images of one message, first come, first served.

    Limits hold within the queue; ``min_interval`` (seconds between starts) and ``max_rate`` (starts
    a minute) count the starts of all queues with the same ``gate``, by default that of the
    backend. A backend's own ``max_concurrency`` is honoured across its queues, and one that
    says ``retry_after`` is left alone by all of them for as long. Each task ends in one
    final state at the progress manager, whatever happens; a cancelled one at once.

    Every method is called on the loop's thread; the limits may be set from any.

    Parameters
    ----------
    timeout
        Seconds for one attempt from its start; past it, it is retried like any other.
    style
        Joined to the prompt that the backend gets, before or after it; shown nowhere else.
    accept
        Awaited with the task's id and its image before the task is announced as succeeded; may
        give back another image to keep. An error in it fails the task and is not retried.
    on_result
        Called with each task that has come to a final state.
    on_preview
        Called with a running task's id and preview; late ones are dropped.
    on_abandon
        Called when the loop closes, before all that is unfinished is cancelled.

    Raises
    ------
    ValueError
        For a limit or a size out of range, or another ``style_position``.
    TypeError
        If ``backend`` has no ``generate``, or a seed or style is none.
    """

    def __init__(
        self,
        backend: ImageBackend,
        *,
        progress_manager: ProgressManager,
        message_id: MessageId,
        max_concurrency: int = 2,
        min_interval: float = 0.0,
        max_rate: float | None = None,
        retries: int = 2,
        timeout: float = 300.0,
        seed: int | None = None,
        width: int | None = None,
        height: int | None = None,
        style: str = "",
        style_position: Literal["prefix", "suffix"] = "prefix",
        gate: StartGate | None = None,
        accept: Callable[[str, EncodedImage], Awaitable[EncodedImage | None]] | None = None,
        on_result: Callable[[Task], None] | None = None,
        on_preview: Callable[[str, Preview], None] | None = None,
        on_abandon: Callable[[], None] | None = None,
        rng: random.Random | None = None,
    ) -> None:
        super().__init__(
            max_concurrency=max_concurrency,
            min_interval=min_interval,
            max_rate=max_rate,
            retries=retries,
            timeout=timeout,
        )
        self.message_id = message_id
        self._reports = Reports(progress_manager, message_id, on_result)
        self._requests = RequestMaker(
            seed=seed, width=width, height=height, style=style, style_position=style_position
        )
        self._hooks = Hooks(backend, accept, on_preview, self._outcome, self._released)
        self._on_abandon = on_abandon
        self._rng = rng or random.SystemRandom()
        self._admission = Admission(gate or gate_for(backend), backend, self)
        self._submitted = 0
        self._jobs: dict[str, Job] = {}  # unfinished
        self._failed: dict[str, Job] = {}
        self._running = Running()  # also those that were stopped and still clean up
        self._dispatcher = Dispatcher(
            self._jobs,
            self._admission,
            Orders(self._has_room, self._begin, self._show_held, self._abandon),
        )

    @property
    def paused(self) -> bool:
        """Whether new attempts are held back."""
        return self._dispatcher.paused

    def start(self) -> None:
        """Begin on the running loop; a second call changes nothing.

        Raises
        ------
        RuntimeError
            If no loop runs here, or the queue is at work on another.
        """
        self._dispatcher.start()

    def submit(self, prompt: str | ImagePrompt, **overrides: Any) -> str:
        """Register a task for a prompt, at once and before ``start`` too, and return its id.

        ``overrides`` are fields of :class:`ImageRequest` for this task alone.
        """
        text = text_of(prompt)
        request = self._requests.make(text, **overrides)
        task_id = self._reports.register(text, max_attempts=self._retries + 1)
        self._tell_limits_of_first()
        self._submitted += 1
        job = self._jobs[task_id] = Job(task_id, text, request, self._submitted)
        self._dispatcher.push(job)
        return task_id

    def submit_failed(self, prompt: str, error: BaseException, **overrides: Any) -> str:
        """Register a task that has failed before; ``retry`` makes its image after all."""
        request = self._requests.make(prompt, **overrides)
        task_id = self._reports.register(prompt)
        self._submitted += 1
        self._failed[task_id] = Job(task_id, prompt, request, self._submitted)
        self._reports.failed(task_id, error)
        return task_id

    def request_of(self, task_id: str) -> ImageRequest | None:
        """Return what the backend is asked for an unfinished task; ``None`` for another."""
        job = self._jobs.get(task_id)
        return None if job is None else job.request

    def pause(self) -> None:
        """Hold back new attempts; what runs goes on, and a waiting task is queued again."""
        self._dispatcher.pause()
        self._reports.limits(self, paused=self.paused)

    def resume(self) -> None:
        """Let new attempts begin again."""
        self._dispatcher.resume()
        self._reports.limits(self, paused=self.paused)

    def cancel(self, task_id: str | None = None) -> bool:
        """Cancel one task, or all that are unfinished, at once; tells whether there was any.

        A backend that goes on regardless is left behind: nothing of it is heard any more.
        """
        meant = list(self._jobs) if task_id is None else [task_id]
        jobs = [self._jobs[each] for each in meant if each in self._jobs]
        for job in jobs:
            self._take_out(job)
        for job in jobs:
            self._reports.cancelled(job.id)
            self._reports.result(job.id)
        self._dispatcher.wake()
        return bool(jobs)

    def retry(self, task_id: str) -> bool:
        """Queue a failed task again, in its old place, with all its attempts; tells whether."""
        job = self._failed.pop(task_id, None)
        if job is None:
            return False
        job.attempts = 0
        self._tell_limits_of_first()
        self._jobs[task_id] = job
        agreed = self._reports.queued_again(task_id)
        if agreed:
            self._dispatcher.push(job)
        else:
            del self._jobs[task_id]
        return agreed

    async def drain(self) -> None:
        """Return when no task is unfinished; cancelling the wait leaves the work alone."""
        while True:
            await self._dispatcher.idle()
            lingering = self._dispatcher.tasks | {attempt.task for attempt in self._running}
            if lingering:
                await asyncio.wait(lingering, timeout=SETTLE)
            if not self._jobs:
                return

    # What the dispatcher asks

    def _has_room(self) -> bool:
        return len(self._running) < self._max_concurrency

    def _show_held(self, job: Job, due: float | None, reason: str) -> None:
        if due is None:
            self._reports.requeued(job.id)
        else:
            self._reports.waiting(job.id, reason, due - self._dispatcher.loop.time())

    def _abandon(self) -> None:
        try:
            if self._on_abandon is not None:
                self._on_abandon()
        finally:
            self.cancel()

    # The way of a task

    def _begin(self, job: Job) -> None:
        job.attempts += 1
        loop, timeout = self._dispatcher.loop, self._timeout
        attempt = Attempt(job, self._hooks, self._running, loop=loop, timeout=timeout)
        job.attempt = attempt
        self._admission.take_place(attempt)
        self._go_on(job, self._reports.started(job.id))

    def _outcome(self, attempt: Attempt, result: EncodedImage | BaseException, again: bool) -> None:
        job = attempt.job
        job.attempt = None
        if isinstance(result, BaseException) and again and job.attempts <= self._retries:
            self._sleep(job, result)
            return
        self._take_out(job)
        if isinstance(result, EncodedImage):
            self._reports.succeeded(job.id, result)
        else:
            self._failed[job.id] = job
            self._reports.failed(job.id, naming(result, job.prompt))
        self._reports.result(job.id)
        self._dispatcher.wake()

    def _sleep(self, job: Job, error: BaseException) -> None:
        asked = error.retry_after if isinstance(error, BackendError) else None
        delay = backoff(job.attempts - 1, retry_after=asked, rng=self._rng)
        if asked is not None and asked > 0:
            # It speaks for the whole backend: the next in line would only be refused too.
            self._admission.close(self._dispatcher.loop.time() + delay)
        job.sleep = self._dispatcher.loop.call_later(delay, self._dispatcher.push_again, job)
        self._go_on(job, self._reports.retrying(job.id, delay, explain(error)))

    def _go_on(self, job: Job, agreed: bool) -> None:
        """Let go of a job that somebody else has ended at the manager."""
        if not agreed and job.id in self._jobs:
            self._take_out(job)
            self._reports.result(job.id)
            self._dispatcher.wake()

    def _released(self, attempt: Attempt) -> None:
        self._admission.give_place(attempt)
        self._dispatcher.wake()

    def _take_out(self, job: Job) -> None:
        """Let go of a job that is about to be final, whatever it is doing."""
        self._jobs.pop(job.id, None)
        job.stop()
        self._dispatcher.drop(job)

    # Limits

    def _tell_limits_of_first(self) -> None:
        # Since the last one was finished, the manager may have let go of the message.
        if not self._jobs:
            self._reports.limits(self, paused=self.paused)

    def _limits_changed(self) -> None:
        self._reports.limits(self, paused=self.paused)
        self._dispatcher.call(self._apply_limits)

    def _apply_limits(self) -> None:
        for attempt in self._running:
            attempt.set_timeout(self._timeout)
        self._dispatcher.wake()
