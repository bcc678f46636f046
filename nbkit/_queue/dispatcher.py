"""The dispatcher of a queue: one task, there while there is work, that starts what may start."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import heapq
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nbkit._queue.admission import Admission
from nbkit._queue.attempt import Job

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Orders:
    """What a dispatcher asks of its queue.

    ``has_room()`` tells whether one more may run at a time; ``begin(job)`` starts it;
    ``show(job, due, reason)`` shows it as held back, and ``show(job, None, "")`` as queued again;
    ``abandon()`` ends everything.
    """

    has_room: Callable[[], bool]
    begin: Callable[[Job], None]
    show: Callable[[Job, float | None, str], None]
    abandon: Callable[[], object]


class Dispatcher:
    """Takes jobs in the order of their places, and holds the first back as the gate says.

    ``jobs`` are the unfinished ones by their ids, kept by the queue: what is in line here and
    not there any more is passed over, and without any the task ends until there are some again.
    """

    def __init__(self, jobs: Mapping[str, Job], admission: Admission, orders: Orders) -> None:
        self.paused = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._jobs = jobs
        self._admission = admission
        admission.wakes(lambda: self.call(self.wake))
        self._orders = orders
        self._ready: list[tuple[int, Job]] = []  # a heap
        self._woken: list[Job] = []
        self._held: tuple[Job, float, str] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._context = contextvars.Context()
        self._task: asyncio.Task[None] | None = None
        self._work = asyncio.Event()
        self._waiters: list[asyncio.Future[None]] = []

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop that it was started on.

        Raises
        ------
        RuntimeError
            Before it was started.
        """
        if self._loop is None:
            raise RuntimeError("the queue was not started")
        return self._loop

    @property
    def tasks(self) -> set[asyncio.Task[Any]]:
        """Its task, while there is one."""
        return set() if self._task is None else {self._task}

    def start(self) -> None:
        """Begin on the running loop; a second call changes nothing."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            if self._task is not None and self._loop is not None and not self._loop.is_closed():
                raise RuntimeError("the queue is at work on another event loop")
            self._loop, self._task = loop, None
            # What a click starts later belongs to the cell that began.
            self._context = contextvars.copy_context()
        self.wake()

    def push(self, job: Job) -> None:
        """Let a job take part, in its place."""
        heapq.heappush(self._ready, (job.place, job))
        self.wake()

    def push_again(self, job: Job) -> None:
        """Let a job take part that has slept; where its turn is yet to come it shows as queued."""
        job.sleep = None
        self._woken.append(job)
        self.push(job)

    def drop(self, job: Job) -> None:
        """Let go of a job that is over; ``wake`` then gives its turn to the next."""
        if self._held is not None and self._held[0] is job:
            self._held = None
            self._stop_timer()

    def pause(self) -> None:
        """Start nothing more; a job shown as waiting is queued again."""
        self.paused = True
        self._hold_nothing()

    def resume(self) -> None:
        """Start jobs again."""
        self.paused = False
        self.wake()

    def call(self, function: Callable[[], None]) -> None:
        """Call on the loop, from any thread; at once while no loop runs."""
        if self._loop is None or not self._loop.is_running():
            function()
        else:
            with contextlib.suppress(RuntimeError):  # it is closed this very moment
                self._loop.call_soon_threadsafe(function)

    def wake(self) -> None:
        """Look again at what may start, as soon as the loop comes to it."""
        if not self._jobs:
            self._ready.clear()
            for waiter in self._waiters:
                if not waiter.done():
                    waiter.set_result(None)
            self._waiters.clear()
        if self._task is not None:
            self._work.set()
        elif self._jobs and self._loop is not None and not self._loop.is_closed():
            self._work = asyncio.Event()
            self._work.set()
            self._task = self._loop.create_task(self._dispatch(), context=self._context.copy())
            self._task.add_done_callback(self._ended)

    async def idle(self) -> None:
        """Return when there is no job."""
        while self._jobs:
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            await waiter

    async def _dispatch(self) -> None:
        try:
            while self._jobs:
                await self._work.wait()
                self._work.clear()
                self._start_what_may()
                self._show_woken()
        except BaseException:
            # The loop is closing, or an interrupt struck here: end in order, not in limbo.
            self._task = None
            self._orders.abandon()
            raise
        self._task = None
        self._hold_nothing()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a queue's dispatcher broke off", exc_info=error)

    def _start_what_may(self) -> None:
        loop = asyncio.get_running_loop()
        while (job := self._first()) is not None:
            now = loop.time()
            answer = self._admission.ask(now)
            if answer is None:
                self._hold_nothing(leave=False)
                self._admission.wait(None)
                return
            if answer[1]:
                self._hold(job, *answer)
                return
            heapq.heappop(self._ready)
            if self._held is not None:
                self._stop_timer()
                self._held = None
            self._admission.record(now)
            self._orders.begin(job)
        self._hold_nothing()

    def _show_woken(self) -> None:
        woken, self._woken = self._woken, []
        for job in woken:
            held = self._held is not None and self._held[0] is job
            if self._jobs.get(job.id) is job and job.attempt is None and not held:
                self._orders.show(job, None, "")

    def _first(self) -> Job | None:
        """Return the first in line if one more may run at all."""
        if self.paused or not self._orders.has_room():
            return None
        while self._ready:
            job = self._ready[0][1]
            if self._jobs.get(job.id) is job:
                return job
            heapq.heappop(self._ready)
        return None

    def _hold(self, job: Job, due: float, reason: str) -> None:
        before, held = self._held, (job, due, reason)
        if before == held and self._timer is not None:
            return
        self._held = held
        self._admission.wait(due)
        self._stop_timer()
        self._timer = asyncio.get_running_loop().call_at(due, self._due)
        if before is not None and before[0] is not job:
            self._orders.show(before[0], None, "")
        if self._held is held and before != held:
            self._orders.show(job, due, reason)

    def _due(self) -> None:
        self._timer = None
        self.wake()

    def _hold_nothing(self, *, leave: bool = True) -> None:
        self._stop_timer()
        held, self._held = self._held, None
        if leave:
            self._admission.leave()
        if held is not None:
            self._orders.show(held[0], None, "")

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
