"""Two queues on one backend against a small model of them, whatever is done to them in any order.

What a queue does is followed event by event: each must have its cause, and keep every limit at
its instant. Whenever the loop has come to rest, nothing may wait that could go on.
"""

import asyncio
import gc
import logging
import math
import random
import threading
import weakref
from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from machine_kit import depth, is_gone
from parked_kit import TOLERANCE, ParkedBackend
from queue_kit import Backend, Bench, on_loop

from nbkit.errors import BackendError, TaskTimeout
from nbkit.limits import gate_for
from nbkit.models import FINAL, EncodedImage, Preview
from nbkit.progress import ProgressManager
from nbkit.queue import QueueProcessor
from nbkit.testing import VirtualLoop

IMAGE = EncodedImage(b"picture", "image/png", 1, 1)
QUEUES = st.integers(0, 1)
KINDS = st.sampled_from(["plain", "plain", "slow", "stubborn", "stubborn", "refused"])
OUTCOMES = {
    "image": lambda: IMAGE,
    "busy": lambda: BackendError("503", retryable=True),
    "asked": lambda: BackendError("429", retryable=True, retry_after=20.0),
    "asked for long": lambda: BackendError("429", retryable=True, retry_after=500.0),
    "late": TimeoutError,
    "reset": ConnectionError,
    "bad": ValueError,
    "odd": lambda: None,
    "own": asyncio.CancelledError,
}
RETRIED = {"busy", "asked", "asked for long", "late", "reset"}
ASKED = {"asked": 20.0, "asked for long": 120.0}
LIMITS = {
    "max_concurrency": st.integers(1, 3),
    "min_interval": st.sampled_from([0.0, 2.0, 7.0]),
    "max_rate": st.sampled_from([None, None, 3, 0.8]),
    "retries": st.integers(0, 2),
    "timeout": st.sampled_from([10.0, 25.0]),
}


@dataclass
class Known:
    """What the model knows of a task."""

    queue: int
    place: int
    kind: str
    status: str = "ready"
    attempt: int = 0
    tries: int = 0
    started_at: float = 0.0
    wakes: float = 0.0
    outcome: str | None = None
    cancelled: bool = False
    outside: bool = False
    """Somebody else has ended it; the queue may not know yet."""
    ends: int = 0
    reports: int = 0


class QueueMachine(RuleBasedStateMachine):
    @initialize(
        limits=st.tuples(*[st.fixed_dictionaries(LIMITS)] * 2),
        places=st.sampled_from([None, None, 1, 2]),
        started=st.booleans(),
    )
    def begin(self, limits, places, started):
        gc.freeze()
        logging.disable(logging.CRITICAL)
        self.loop = VirtualLoop()
        self.backend = ParkedBackend(places)
        self.manager = ProgressManager(clock=self.loop.clock)
        self.ends = [self.manager.on("task", self.follow)]
        self.limits = [dict(each) for each in limits]
        self.paused, self.started = [False, False], [False, False]
        self.tasks = {}  # by message and id
        self.starts, self.closed_until, self.murky = [], -math.inf, False
        self.outdated = [False, False]  # it was told a time, and the other has done something since
        self.strays, self.previews, self.drains, self.place = [], [], [], 0
        self.queues = [
            QueueProcessor(
                self.backend,
                progress_manager=self.manager,
                message_id=number,
                accept=self.accept,
                on_result=self.report,
                on_preview=lambda task_id, preview, n=number: self.previews.append((n, task_id)),
                rng=random.Random(7),
                **limits[number],
            )
            for number in (0, 1)
        ]
        for number in (0, 1) if started else ():
            self.start(number)

    @property
    def now(self):
        return self.loop.time()

    def do(self, call=lambda: None, seconds=0.0, *, in_thread=False):
        """Do something on the loop, let time pass, and let the loop come to rest."""

        async def main():
            if in_thread:
                thread = threading.Thread(target=lambda: found.append(call()))
                thread.start()
                thread.join()
            else:
                found.append(call())
            if seconds:
                await asyncio.sleep(seconds)
            for _ in range(12):
                await asyncio.sleep(0)

        found = []
        self.loop.run_until_complete(main())
        return found[0]

    async def accept(self, task_id, image):
        (task,) = [t for (_, i), t in self.tasks.items() if i == task_id] or [None]
        if task is not None and task.status != "running" and not task.outside:
            self.strays.append("an image is accepted while its task runs")
        if task is not None and task.kind == "refused":
            raise ValueError("refused")

    def report(self, task):
        known = self.tasks.get((task.message_id, task.id))
        if known is None or task.status not in FINAL:
            self.strays.append(f"reported {task}")
        else:
            known.reports += 1

    # Following what happens

    def follow(self, event):
        task = self.tasks.get((event.message_id, event.task.id))
        if task is None:
            return  # its registration
        why = self.unfounded(task, event.task, event.task.status)
        if why:
            self.strays.append(f"{event.task.id} {task.status} -> {event.task.status}: {why}")

    def unfounded(self, task, seen, status):  # noqa: PLR0911, PLR0912 - a table of causes
        """Take note of a change; tells what speaks against it."""
        was = task.status
        if status in ("queued", "waiting"):
            if status == "waiting":
                self.outdated[task.queue] = False
                if seen.until < self.now - TOLERANCE:
                    return "it waits for what is past"
            if was == "failed":
                task.status = "ready"
                return None
            if was == "retrying" and task.wakes <= self.now + TOLERANCE:
                task.status = "ready"
            return None if task.status == "ready" else "it is not in line"
        if status == "running":
            return self.unfounded_start(task)
        if was in FINAL:
            return "it is final"
        task.status = status
        if status == "cancelled":
            task.ends += 1
            return None if task.cancelled else "nobody has cancelled it"
        if was != "running" and not task.outside:
            return "it does not run"
        limits = self.limits[task.queue]
        late = self.now >= task.started_at + limits["timeout"] - TOLERANCE
        again = late if task.outcome is None else task.outcome in RETRIED
        if task.outcome is None and not late and not task.outside:
            return "nothing has been answered"
        again = again and task.tries <= limits["retries"]
        if status == "retrying":
            return self.unfounded_retry(task, seen, again)
        task.ends += 1
        if task.outside:
            return None
        if status == "failed":
            made = task.outcome == "image" and task.kind != "refused"
            if task.outcome is None and not isinstance(seen.error, TaskTimeout):
                return f"{seen.error!r} does not say that it was too late"
            return "there is an image" if made else "it may be tried again" if again else None
        return None if task.outcome == "image" and task.kind != "refused" else "there is no image"

    def unfounded_retry(self, task, seen, again):
        asked = ASKED.get(task.outcome)
        usual = min(0.5 * 2.0 ** (task.tries - 1), 8.0)
        least, most = (asked, asked) if asked else (0.75 * usual, usual)
        delay = seen.until - self.now
        task.wakes = seen.until
        if asked:
            self.close(task.queue, asked)
        fits = least - TOLERANCE <= delay <= most + TOLERANCE
        if not again:
            return "it may not be tried again"
        return None if fits else f"a delay of {delay} s"

    def close(self, number, seconds):
        self.closed_until = max(self.closed_until, self.now + seconds)
        self.outdated[1 - number] = True

    def unfounded_start(self, task):
        limits = self.limits[task.queue]
        in_line = [t for t in self.tasks.values() if t.queue == task.queue and self.is_ready(t)]
        first = min((t.place for t in in_line), default=None)
        free = self.earliest(task.queue)
        why = None
        if not self.is_ready(task):
            why = "it is not in line"
        elif task.place != first:
            why = "it is not the first in line"
        elif self.paused[task.queue] or not self.started[task.queue]:
            why = "its queue does not work"
        elif self.busy(task.queue) >= limits["max_concurrency"]:
            why = "too many run"
        elif self.backend.max_concurrency is not None and (
            self.busy(0) + self.busy(1) >= self.backend.max_concurrency
        ):
            why = "the backend has no place"
        elif free > self.now + TOLERANCE:
            why = f"it may start in {free - self.now} s"
        task.status, task.started_at, task.outcome = "running", self.now, None
        task.attempt += 1
        task.tries += 1
        self.starts.append(self.now)
        self.outdated[1 - task.queue] = True
        return why

    def is_ready(self, task):
        due = task.status == "retrying" and task.wakes <= self.now + TOLERANCE
        return task.status == "ready" or due

    def busy(self, number):
        """How many places of a queue are taken: by what runs, and by what still cleans up."""
        running = [t for t in self.tasks.values() if t.queue == number and t.status == "running"]
        lingering = [c for c in self.backend.calls if c.cancelled_at is not None]
        lingering = [c for c in lingering if not c.given_up and self.number_of(c) == number]
        return len(running) + len(lingering) + self.outsiders(number)

    def outsiders(self, number):
        """Calls that run for tasks that somebody else has ended."""
        live = {self.name_of(c) for c in self.backend.live if self.number_of(c) == number}
        running = {t.place for t in self.tasks.values() if t.status == "running"}
        return len(live - running)

    @staticmethod
    def number_of(call):
        return int(call.request.prompt.split()[1])

    @staticmethod
    def name_of(call):
        return int(call.request.prompt.split()[2])

    def earliest(self, number):
        """When the limits of a queue let one start next."""
        limits, starts = self.limits[number], self.starts
        times = [self.closed_until]
        if starts:
            times.append(starts[-1] + limits["min_interval"])
        rate = limits["max_rate"]
        if rate is not None:
            allowed, period = (int(rate), 60.0) if rate >= 1 else (1, 60.0 / rate)
            if len(starts) >= allowed:
                times.append(starts[-allowed] + period)
        return max(times)

    # Rules

    @rule(number=QUEUES, kinds=st.lists(KINDS, min_size=1, max_size=4))
    def submit(self, number, kinds):
        def submit():
            for kind in kinds:
                self.place += 1
                prompt = f"{kind} {number} {self.place}"
                task_id = self.queues[number].submit(prompt)
                self.tasks[number, task_id] = Known(number, self.place, kind)

        self.do(submit)

    @rule(number=QUEUES)
    def start(self, number):
        self.started[number] = True
        self.do(self.queues[number].start)

    def call_of(self, data):
        return data.draw(st.sampled_from(self.backend.calls))

    def task_of(self, call):
        found = [t for t in self.tasks.values() if t.place == self.name_of(call)]
        return found[0] if found else None

    @precondition(lambda self: self.backend.calls)
    @rule(data=st.data(), outcome=st.sampled_from(["image", "image", *OUTCOMES]))
    def answer(self, data, outcome):
        call = self.call_of(data)
        task = self.task_of(call)
        if task is not None and call.cancelled_at is None:
            task.outcome = outcome
            if task.outside and task.tries <= self.limits[task.queue]["retries"]:
                # Nobody asks for the image any more, but the backend has spoken for itself.
                self.close(task.queue, ASKED.get(outcome, -math.inf))
        self.do(lambda: call.give(OUTCOMES[outcome]()))

    def answer_all(self):
        for call in list(self.backend.calls):
            task = self.task_of(call)
            if task is not None and call.cancelled_at is None:
                task.outcome = "image"
            call.give(IMAGE)

    @precondition(lambda self: self.backend.calls)
    @rule(data=st.data())
    def preview(self, data):
        call = self.call_of(data)
        before = len(self.previews)
        self.do(lambda: call.on_preview(Preview(0.5)))
        assert len(self.previews) - before == (call.cancelled_at is None)

    @rule(seconds=st.sampled_from([0.1, 0.5, 2.0, 8.0, 30.0, 130.0]))
    def time_goes_on(self, seconds):
        self.do(seconds=seconds)

    @rule()
    def time_goes_on_to_the_next_moment(self):
        timers = [each.when() for each in self.loop._scheduled if not each.cancelled()]
        if timers:
            self.do(seconds=max(0.0, min(timers) - self.now))

    @rule(number=QUEUES)
    def pause(self, number):
        self.paused[number] = True
        self.do(self.queues[number].pause)

    @rule(number=QUEUES)
    def resume(self, number):
        self.paused[number] = False
        self.do(self.queues[number].resume)

    def unfinished(self, number):
        own = ((key, t) for key, t in self.tasks.items() if t.queue == number)
        return {key[1]: t for key, t in own if t.status not in FINAL}

    @precondition(lambda self: self.unfinished(0) or self.unfinished(1))
    @rule(data=st.data(), everything=st.integers(0, 3))
    def cancel(self, data, everything):
        number = data.draw(st.sampled_from([n for n in (0, 1) if self.unfinished(n)]))
        meant = self.unfinished(number)
        task_id = None if not everything else data.draw(st.sampled_from(sorted(meant)))

        def cancel():
            for each in meant if task_id is None else [task_id]:
                meant[each].cancelled = True
            assert self.queues[number].cancel(task_id)
            for each in meant if task_id is None else [task_id]:
                assert meant[each].status == "cancelled", "at once"

        self.do(cancel)

    @precondition(lambda self: any(t.status == "failed" for t in self.tasks.values()))
    @rule(data=st.data())
    def retry(self, data):
        failed = sorted(key for key, t in self.tasks.items() if t.status == "failed")
        number, task_id = data.draw(st.sampled_from(failed))
        task = self.tasks[number, task_id]
        tries, task.tries = task.tries, 0
        task.attempt = self.manager.get_task(number, task_id).attempt
        again = self.do(lambda: self.queues[number].retry(task_id))
        assert again or task.outside
        if not again:
            task.tries = tries
        elif task.outside:  # its own attempt has failed since, too
            task.outside = task.cancelled = False
            task.ends = task.reports

    @rule(number=QUEUES, data=st.data(), name=st.sampled_from([*LIMITS]), in_thread=st.booleans())
    def set_a_limit(self, number, data, name, in_thread):
        value = self.limits[number][name] = data.draw(LIMITS[name])
        self.do(lambda: setattr(self.queues[number], name, value), in_thread=in_thread)
        assert getattr(self.queues[number], name) == value

    @precondition(lambda self: self.backend.live)
    @rule(data=st.data(), seconds=st.sampled_from([5.0, 10.0, 25.0]))
    def what_runs_gets_another_timeout(self, data, seconds):
        number = self.number_of(data.draw(st.sampled_from(self.backend.live)))
        self.limits[number]["timeout"] = seconds
        self.do(lambda: setattr(self.queues[number], "timeout", seconds))
        self.do(seconds=6.0)

    @precondition(lambda self: self.unfinished(0) or self.unfinished(1))
    @rule(data=st.data(), action=st.sampled_from(["complete", "fail", "cancel"]))
    def somebody_else_ends_it(self, data, action):
        number = data.draw(st.sampled_from([n for n in (0, 1) if self.unfinished(n)]))
        task_id = data.draw(st.sampled_from(sorted(self.unfinished(number))))
        task = self.tasks[number, task_id]
        task.outside = task.cancelled = True
        self.murky = self.murky or task.status != "running"
        assert self.do(lambda: getattr(self.manager, f"{action}_task")(number, task_id))
        task.reports = task.ends = 0

    @rule(number=QUEUES, rarely=st.integers(0, 3))
    def clear(self, number, rarely):
        if rarely or not self.manager.is_tracking(number):
            return
        self.murky = True
        self.tasks = {key: t for key, t in self.tasks.items() if key[0] != number}
        self.do(lambda: self.manager.clear(number))

    @rule(number=QUEUES)
    def drain(self, number):
        self.drains.append((number, self.loop.create_task(self.queues[number].drain())))
        self.do()

    # What always holds

    @invariant()
    def everything_holds(self):
        self.all_that_happened_had_its_cause()
        self.every_task_is_where_the_model_has_it()
        self.nothing_waits_that_could_go_on()
        self.a_wait_for_the_end_is_over_when_nothing_is_unfinished()

    def all_that_happened_had_its_cause(self):
        assert self.strays == []

    def every_task_is_where_the_model_has_it(self):
        for number in (0, 1):
            seen = {task.id: task for task in self.manager.get_tasks(number)}
            own = {key[1]: t for key, t in self.tasks.items() if t.queue == number}
            assert list(seen) == list(own)
            for task_id, task in own.items():
                status = seen[task_id].status
                status = "ready" if status in ("queued", "waiting") else status
                assert (task_id, status) == (task_id, task.status)
                if not task.outside:
                    assert seen[task_id].attempt == task.attempt
                    assert task.ends == task.reports
                if task.status == "retrying" and not task.outside:
                    assert task.wakes > self.now - TOLERANCE, "past the time that it tells"
                if task.status == "running":
                    due = task.started_at + self.limits[number]["timeout"]
                    assert self.now < due + TOLERANCE, "past its timeout"
                    assert task.outcome is None, "answered, and not taken note of"
            waiting = [task for task in seen.values() if task.status == "waiting"]
            assert len(waiting) <= 1

    def nothing_waits_that_could_go_on(self):
        places = self.backend.max_concurrency
        for number in (0, 1):
            in_line = [t for t in self.tasks.values() if t.queue == number and self.is_ready(t)]
            if self.murky or not in_line or self.paused[number] or not self.started[number]:
                continue
            if self.busy(number) >= self.limits[number]["max_concurrency"]:
                continue
            if places is not None and self.busy(0) + self.busy(1) >= places:
                continue
            head = min(in_line, key=lambda t: t.place)
            seen = {t.prompt: t for t in self.manager.get_tasks(number)}
            seen = seen[f"{head.kind} {number} {head.place}"]
            assert seen.status == "waiting"
            assert seen.until > self.now
            ahead = any(task.status == "waiting" for task in self.manager.get_tasks(1 - number))
            if not ahead and not self.outdated[number]:
                assert abs(seen.until - self.earliest(number)) <= TOLERANCE

    def a_wait_for_the_end_is_over_when_nothing_is_unfinished(self):
        for number, drain in list(self.drains):
            if drain.done():
                drain.result()
                assert not self.unfinished(number)
                self.drains.remove((number, drain))

    def teardown(self):
        """Everything comes to its end, and nothing is left: no task, timer, place or reference."""
        try:
            for number in (0, 1):
                self.resume(number)
                self.start(number)
                for name, value in {"min_interval": 0.0, "max_rate": None, "timeout": 25.0}.items():
                    self.limits[number][name] = value
                    self.do(lambda n=number, k=name, v=value: setattr(self.queues[n], k, v))
                self.drain(number)
            for _ in range(200):
                self.answer_all()
                self.do(seconds=3.0)
                if not any(self.unfinished(n) for n in (0, 1)) and not self.backend.calls:
                    break
            self.do(seconds=200.0)
            self.all_that_happened_had_its_cause()
            self.every_task_is_where_the_model_has_it()
            self.a_wait_for_the_end_is_over_when_nothing_is_unfinished()
            assert not self.unfinished(0)
            assert not self.unfinished(1)
            assert self.drains == []
            assert not asyncio.all_tasks(self.loop)
            assert [each for each in self.loop._scheduled if not each.cancelled()] == []
            gate = gate_for(self.backend)
            assert not gate._line
            assert not gate._places
            for queue in self.queues:
                assert not queue._jobs
                assert not queue._running
            for end in self.ends:
                end()
            self.manager.clear(0)
            self.manager.clear(1)
            gone = [weakref.ref(each) for each in (*self.queues, self.manager)]
            del queue
            self.queues, self.manager = [], None
            assert [gc.get_referrers(each()) for each in gone if not is_gone(each)] == []
        finally:
            self.loop.close()
            logging.disable(logging.NOTSET)
            gc.unfreeze()


QueueMachine.TestCase.settings = depth(150, steps=50)
test_whatever_is_done_to_queues_limits_hold_and_nothing_is_lost = QueueMachine.TestCase


@on_loop
async def test_a_task_that_somebody_else_has_failed_is_not_brought_back_by_a_retry():
    busy = BackendError("503", retryable=True)

    async def refuse(request, on_preview):
        await asyncio.sleep(1.0)
        raise busy

    bench = Bench(Backend(1.0, {"a": [refuse]}))
    (a,) = bench.submit("a")
    bench.queue.start()
    await asyncio.sleep(0.5)
    bench.manager.fail_task(42, a, error="by hand")
    await bench.queue.drain()
    await asyncio.sleep(60.0)
    assert [status for _, _, status in bench.history] == ["queued", "running", "failed"]
    assert bench.results == [("a", "failed")]
