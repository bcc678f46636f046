"""Sessions against a small model of them: fed, stopped, retried, regenerated in any order.

Two messages run side by side, so that each rule also shows that it leaves the other one alone.
"""

import asyncio
import gc
import logging
import random
import threading
import weakref
from dataclasses import dataclass, field
from unittest.mock import patch

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from machine_kit import Refuses, depth, is_gone
from parked_kit import ParkedBackend
from PIL import Image

from nbkit import queue
from nbkit.errors import BackendError, StreamError
from nbkit.models import FINAL, EncodedImage
from nbkit.progress import ProgressManager
from nbkit.session_manager import SessionManager
from nbkit.testing import VirtualLoop, run

IDS = [1, "m"]
ROOM = 2
RETRIES = 1
RARELY = st.integers(0, 3)
OUTCOMES = st.sampled_from(["image", "image", "image", "busy", "bad"])


@dataclass
class Asked:
    """What the model knows of a task: the order of asking is that of a session's list."""

    id: str
    prompt: str
    replaces: bool = False
    status: str = "open"
    tries: int = 0


@dataclass
class Place:
    """What the model knows of a slot."""

    prompt: str
    shown: Asked | None = None
    tasks: list = field(default_factory=list)
    versions: list = field(default_factory=list)
    """Pairs of a task and the image that it made."""
    chosen: int = 0

    @property
    def status(self):
        return "skipped" if self.shown is None else self.shown.status

    @property
    def title(self):
        if self.versions:
            return self.versions[self.chosen][0].prompt
        return self.shown.prompt if self.shown else self.prompt


class Known:
    """What the model knows of a session."""

    def __init__(self, session, feed, max_images):
        self.session, self.feed, self.max_images = session, feed, max_images
        self.raw = self.told = ""
        self.places, self.asked = [], []
        self.over = self.cut = self.broken = self.paused = False
        self.status = "running"
        self.changes = 0
        session.subscribe(self.changed)

    def changed(self):
        self.changes += 1

    @property
    def open(self):
        return [task for task in self.asked if task.status == "open"]

    def counts(self):
        of = [task.status for task in self.asked]
        return [of.count(each) for each in ("open", "succeeded", "failed", "cancelled")]

    def settle(self):
        """Come to an end, if there is nothing more to come."""
        if self.status == "running" and self.over and not self.open:
            stopped = self.cut or any(place.status == "cancelled" for place in self.places)
            self.status = "failed" if self.broken else "cancelled" if stopped else "completed"

    def seen(self):
        session = self.session
        return (session.status, session.text, session.images, session.progress.total)


class SessionMachine(Refuses, RuleBasedStateMachine):
    @initialize(max_images=st.sampled_from([None, None, 2]))
    def begin(self, max_images):
        gc.freeze()
        logging.disable(logging.CRITICAL)
        self.chance = patch.object(queue.random, "SystemRandom", lambda: random.Random(7))
        self.chance.start()
        self.max_images = max_images
        self.loop = VirtualLoop()
        self.progress = ProgressManager(clock=self.loop.clock)
        self.manager = SessionManager(self.progress)
        self.backend = ParkedBackend()
        self.known, self.past, self.waits = {}, [], []
        self.number = 0
        for message_id in IDS:
            self.start(message_id, 0)
            self.write(self.known[message_id], 2, 5)

    def do(self, call=lambda: None, seconds=0.1, *, in_thread=False):
        """Do something on the loop, or in a thread beside it, and let the loop come to rest."""

        async def main():
            if in_thread:
                thread = threading.Thread(target=attempt)
                thread.start()
                thread.join()
            else:
                attempt()
            await asyncio.sleep(seconds)

        def attempt():
            try:
                found.append(call())
            except Exception as error:  # noqa: BLE001 - raised again below
                found.append(error)

        found = []
        self.loop.run_until_complete(main())
        for known in self.known.values():
            known.settle()
        if isinstance(found[0], Exception):
            raise found[0]
        return found[0]

    # Rules

    @rule(message_id=st.sampled_from(IDS), rarely=RARELY)
    def start(self, message_id, rarely):
        """A message that runs is given back; one that has ended is started anew."""
        if rarely:
            return

        async def source(feed):
            while (piece := await feed.get()) is not None:
                if isinstance(piece, Exception):
                    raise piece
                yield piece

        former = self.known.get(message_id)
        feed = asyncio.Queue()
        session = self.do(
            lambda: self.manager.start(
                source(feed),
                message_id=message_id,
                images=self.backend,
                max_concurrency=ROOM,
                retries=RETRIES,
                max_images=self.max_images,
            )
        )
        if former is not None and former.status == "running":
            assert session is former.session
            return
        if former is not None:
            assert session is not former.session
            self.past.append((former, former.seen()))
        self.known[message_id] = Known(session, feed, self.max_images)

    def pick(self, data, holds):
        return data.draw(st.sampled_from([each for each in self.known.values() if holds(each)]))

    def any(self, holds):
        return any(holds(each) for each in self.known.values())

    @precondition(lambda self: self.any(lambda known: not known.over))
    @rule(data=st.data(), prompts=st.integers(0, 3), cut=st.integers(0, 26))
    def feed(self, data, prompts, cut):
        self.write(self.pick(data, lambda each: not each.over), prompts, cut)

    def write(self, known, prompts, cut):
        for _ in range(prompts):
            self.number += 1
            prompt = f"plain {self.number}"
            tag = f'<!--img-prompt="{prompt}"-->'
            known.feed.put_nowait(f"Then {tag[:cut]}")
            self.do()
            assert len(known.session.prompts) == len(known.places), "a half tag is no prompt"
            known.feed.put_nowait(f"{tag[cut:]} came.\n")
            self.do()
            known.raw += f"Then {tag} came.\n"
            known.told += "Then  came.\n"
            place = Place(prompt)
            known.places.append(place)
            if known.max_images is None or len(known.places) <= known.max_images:
                self.ask(known, place, prompt)
        if not prompts:
            known.feed.put_nowait("And so on. ")
            known.raw += "And so on. "
            known.told += "And so on. "
            self.do()

    def ask(self, known, place, prompt, *, replaces=False):
        (task_id,) = {task.id for task in self.progress.get_tasks(known.session.message_id)} - {
            task.id for task in known.asked
        }
        task = Asked(task_id, prompt, replaces)
        place.shown = task
        place.tasks.append(task)
        known.asked.append(task)

    @precondition(lambda self: self.any(lambda known: not known.over))
    @rule(data=st.data(), broken=st.integers(0, 3))
    def the_text_ends(self, data, broken):
        known = self.pick(data, lambda each: not each.over)
        known.over, known.broken = True, not broken
        known.feed.put_nowait(None if broken else OSError("the line was cut"))
        self.do()

    @precondition(lambda self: self.backend.calls)
    @rule(data=st.data(), outcome=OUTCOMES)
    def answer(self, data, outcome):
        self.answer_a_call(data, outcome)

    @precondition(lambda self: self.backend.calls)
    @rule(data=st.data(), outcome=OUTCOMES)
    def answer_another(self, data, outcome):
        self.answer_a_call(data, outcome)

    @precondition(lambda self: self.backend.calls)
    @rule()
    def answer_all(self):
        while self.backend.calls:
            self.give(self.backend.calls[0], "image")

    def answer_a_call(self, data, outcome):
        self.give(data.draw(st.sampled_from(self.backend.calls)), outcome)

    def give(self, call, outcome):
        known, place, task = self.whose(call)
        task.tries += 1
        if outcome == "image":
            self.number += 1
            image = EncodedImage(f"image {self.number}".encode(), "image/png", 1, 1)
            task.status = "succeeded"
            if task.replaces:
                since = known.asked.index(task)
                kept = [each for each in place.versions if known.asked.index(each[0]) > since]
            else:
                kept = place.versions
            place.versions = [*kept, (task, image)]
            place.chosen = len(kept)
            answer = image
        elif outcome == "bad" or task.tries > RETRIES:
            task.status = "failed"
            answer = ValueError("bad")
        else:
            answer = BackendError("503", retryable=True)
        self.do(lambda: call.give(answer))

    def whose(self, call):
        return next(
            (known, place, task)
            for known in self.known.values()
            for place in known.places
            for task in place.tasks
            if task.prompt == call.request.prompt and task.status == "open"
        )

    @rule(seconds=st.sampled_from([0.2, 1.0, 5.0]))
    def time_goes_on(self, seconds):
        """A session that is over changes no more by itself."""
        over = [known for known in self.known.values() if known.status != "running"]
        before = [(known.changes, known.seen()) for known in over]
        self.do(seconds=seconds)
        assert [(known.changes, known.seen()) for known in over] == before

    @rule(
        message_id=st.sampled_from(IDS),
        how=st.sampled_from(["session", "manager", "all"]),
        rarely=RARELY,
    )
    def cancel(self, message_id, how, rarely):
        if rarely:
            return
        known = self.known[message_id]
        running = known.status == "running"
        for each in self.known.values() if how == "all" else [known]:
            self.cancelled(each)
        if how == "session":
            self.do(known.session.cancel, in_thread=True)
        elif how == "manager":
            assert self.do(lambda: self.manager.cancel(message_id)) == running
        else:
            self.do(self.manager.cancel_all)

    @staticmethod
    def cancelled(known):
        if known.status == "running":
            known.cut = known.cut if known.over else True
            known.over = True
            for task in known.open:
                task.status = "cancelled"
            known.status = "cancelled"

    @rule(message_id=st.sampled_from(IDS), paused=st.booleans(), in_thread=st.booleans())
    def pause_or_resume(self, message_id, paused, in_thread):
        known = self.known[message_id]
        known.paused = paused
        self.do(known.session.pause if paused else known.session.resume, in_thread=in_thread)

    @precondition(lambda self: self.any(lambda known: known.asked))
    @rule(data=st.data(), everything=st.booleans(), in_thread=st.booleans())
    def retry(self, data, everything, in_thread):
        known = self.pick(data, lambda each: each.asked)
        task = None if everything else data.draw(st.sampled_from(known.asked), label="task")
        self.try_again(known, task, in_thread=in_thread)

    def try_again(self, known, task, *, in_thread=False):
        shown = [place.shown for place in known.places if place.status == "failed"]
        again = shown if task is None else [task] if task.status == "failed" else []
        for each in again:
            each.status, each.tries = "open", 0
            next(place for place in known.places if each in place.tasks).shown = each
        if again:
            known.status = "running"
        self.do(lambda: known.session.retry(task and task.id), in_thread=in_thread)

    @precondition(lambda self: self.backend.calls)
    @rule(data=st.data(), mode=st.sampled_from(["append", "replace"]))
    def one_that_failed_is_followed_by_another_and_then_tried_again(self, data, mode):
        call = data.draw(st.sampled_from(self.backend.calls))
        known, _, task = self.whose(call)
        self.give(call, "bad")
        self.make_another(known, task, mode, another=True)
        self.try_again(known, task)

    @precondition(lambda self: self.any(lambda known: known.open))
    @rule(data=st.data())
    def it_is_stopped_after_its_text_and_one_is_made_after_all(self, data):
        known = self.pick(data, lambda each: each.open)
        if not known.over:
            known.over = True
            known.feed.put_nowait(None)
            self.do()
        self.cancelled(known)
        self.do(known.session.cancel)
        task = data.draw(st.sampled_from(known.asked), label="task")
        self.make_another(known, task, "append", another=True)

    @precondition(lambda self: self.any(lambda known: known.asked))
    @rule(data=st.data(), modes=st.lists(st.sampled_from(["append", "replace"]), max_size=3))
    def regenerate_one_that_is_done(self, data, modes):
        done = [
            (known, task)
            for known in self.known.values()
            for task in known.asked
            if task.status != "open"
        ]
        if done:
            known, task = data.draw(st.sampled_from(done), label="task")
            for mode in modes:
                self.make_another(known, task, mode, another=True)

    @precondition(lambda self: self.any(lambda known: known.asked))
    @rule(
        data=st.data(),
        another=st.booleans(),
        mode=st.sampled_from(["append", "replace"]),
        in_thread=st.booleans(),
    )
    def regenerate(self, data, another, mode, in_thread):
        known = self.pick(data, lambda each: each.asked)
        task = data.draw(st.sampled_from(known.asked), label="task")
        self.make_another(known, task, mode, another=another, in_thread=in_thread)

    def make_another(self, known, task, mode, *, another, in_thread=False):
        place = next(place for place in known.places if task in place.tasks)
        self.number += 1
        prompt = f"plain {self.number}" if another else None

        def regenerate():
            known.session.regenerate(task.id, prompt, mode)

        if task.status == "open":
            self.refuses(ValueError, regenerate)
            return
        if prompt is None and any(each.status == "open" for each in place.tasks):
            return  # two calls with one prompt could not be told apart
        known.status = "running"
        title = prompt or place.title
        self.do(regenerate, in_thread=in_thread)
        known.status = "running"
        self.ask(known, place, title, replaces=mode == "replace")

    @precondition(lambda self: self.any(lambda known: any(p.versions for p in known.places)))
    @rule(data=st.data(), in_thread=st.booleans())
    def choose(self, data, in_thread):
        known = self.pick(data, lambda each: any(place.versions for place in each.places))
        place = data.draw(st.sampled_from([p for p in known.places if p.versions]), label="place")
        count = len(place.versions)
        version = data.draw(st.integers(-count, count), label="version")
        task = place.tasks[0]
        if version == count:
            self.refuses(IndexError, lambda: known.session.choose(task.id, version))
            return
        place.chosen = version % count
        self.do(lambda: known.session.choose(task.id, version), in_thread=in_thread)

    @precondition(lambda self: self.any(lambda known: known.places))
    @rule(data=st.data())
    def generate(self, data):
        """A slot that the bound has left out gets its task; any other is left alone."""
        known = self.pick(data, lambda each: each.places)
        number = data.draw(st.integers(0, len(known.places) - 1), label="slot")
        place = known.places[number]
        skipped = place.shown is None
        if skipped:
            known.status = "running"
        self.do(lambda: known.session.generate(f"image-{number + 1}"))
        if skipped:
            known.status = "running"
            self.ask(known, place, place.prompt)

    @precondition(lambda self: self.any(lambda known: known.status != "running"))
    @rule(data=st.data())
    def the_manager_lets_go_of_a_message(self, data):
        """Its session stays as it was, and can go on all the same."""
        known = self.pick(data, lambda each: each.status != "running")
        before = known.seen()
        self.do(lambda: self.progress.clear(known.session.message_id))
        assert known.seen() == before

    @rule(message_id=st.sampled_from(IDS))
    def wait(self, message_id):
        known = self.known[message_id]
        waiting = self.loop.create_task(known.session._wait())
        self.waits.append((waiting, known))
        self.do()

    @precondition(lambda self: any(not waiting.done() for waiting, _ in self.waits))
    @rule(data=st.data())
    def give_up_waiting(self, data):
        """Cancelling the wait cancels the session."""
        numbers = [n for n, (waiting, _) in enumerate(self.waits) if not waiting.done()]
        waiting, known = self.waits.pop(data.draw(st.sampled_from(numbers)))
        self.cancelled(known)
        self.do(waiting.cancel)
        assert waiting.cancelled()

    # What always holds

    @invariant()
    def everything_holds(self):
        for known in self.known.values():
            self.the_session_is_as_the_model_has_it(known)
            self.its_images_are_as_the_model_has_them(known)
        running = {each for each in IDS if self.known[each].status == "running"}
        assert set(self.progress._ledger._retention._held) == running
        self.what_may_run_runs_and_nothing_else()
        self.a_wait_ends_with_its_session()
        self.the_past_is_over()

    def the_session_is_as_the_model_has_it(self, known):
        session = known.session
        assert session.status == known.status
        assert isinstance(session.error, StreamError) == known.broken
        assert session.paused == known.paused
        assert session.text == known.raw
        assert session.story.text == known.told
        assert session.story.ended == known.over
        assert [each.text for each in session.prompts] == [each.prompt for each in known.places]
        state = session.progress
        counts = [state.pending, state.succeeded, state.failed, state.cancelled]
        assert counts == known.counts()
        assert self.manager.get(session.message_id) is session
        if known.status != "running":
            assert state.pending == 0

    def its_images_are_as_the_model_has_them(self, known):
        for result, place in zip(known.session.images, known.places, strict=True):
            status = result.status if result.status in (*FINAL, "skipped") else "open"
            assert (status, result.prompt) == (place.status, place.title)
            assert result.task_id == (place.shown and place.shown.id)
            assert list(result.versions) == [image for _, image in place.versions]
            assert result.image == (place.versions[place.chosen][1] if place.versions else None)
            assert (result.error is not None) == (status == "failed")

    def what_may_run_runs_and_nothing_else(self):
        prompts = [call.request.prompt for call in self.backend.calls]
        allowed = []
        for known in self.known.values():
            tasks = self.progress.get_tasks(known.session.message_id)
            own = [task.prompt for task in known.open if task.prompt in prompts]
            sleeping = sum(task.status == "retrying" for task in tasks)
            room = min(ROOM, len(known.open) - sleeping)
            assert len(own) <= ROOM
            assert known.paused or len(own) == room
            allowed += own
        assert sorted(prompts) == sorted(allowed)

    def a_wait_ends_with_its_session(self):
        for waiting, known in list(self.waits):
            assert waiting.done() or known.status == "running"
            if waiting.done():
                self.waits.remove((waiting, known))
                if waiting.exception() is not None:
                    assert isinstance(waiting.exception(), StreamError)
                    assert known.broken
                else:
                    assert waiting.result() is known.session

    def the_past_is_over(self):
        for known, seen in self.past:
            assert known.seen() == seen
            try:
                known.session.retry()
            except RuntimeError:
                continue
            raise AssertionError("a session that was replaced makes no more images")

    def teardown(self):
        """Nothing is left of sessions that were cancelled, cleared and let go."""
        try:
            self.cancel(1, "all", 0)
            self.everything_holds()
            assert self.waits == []
            assert self.backend.calls == []
            self.do(seconds=10.0)
            assert not asyncio.all_tasks(self.loop)
            assert [each for each in self.loop._scheduled if not each.cancelled()] == []
            for message_id in IDS:
                self.do(lambda message_id=message_id: self.progress.clear(message_id))
            sessions = [known.session for known in self.known.values()]
            sessions += [known.session for known, _ in self.past]
            gone = [weakref.ref(each) for each in sessions]
            gone += [weakref.ref(each._run) for each in sessions]
            sessions.clear()
            self.known, self.past, self.manager = {}, [], None
            assert [gc.get_referrers(each()) for each in gone if not is_gone(each)] == []
            ledger = self.progress._ledger
            assert not ledger.handlers._of_message
            assert not ledger._retention._held
            assert not ledger.waiters._of_message
        finally:
            self.loop.close()
            self.chance.stop()
            logging.disable(logging.NOTSET)
            gc.unfreeze()


SessionMachine.TestCase.settings = depth(100, steps=50)
test_whatever_is_done_to_sessions_they_are_as_the_model_has_them = SessionMachine.TestCase


def test_a_text_that_was_cut_stays_so_however_often_its_images_are_stopped_and_made():
    async def main():
        async def text():
            yield '<!--img-prompt="sea"-->'
            await asyncio.get_running_loop().create_future()

        async def paint(prompt):
            await asyncio.sleep(5.0)
            return Image.new("RGB", (4, 4))

        session = SessionManager(ProgressManager()).start(text(), images=paint)
        await asyncio.sleep(10.0)
        session.cancel()
        (image,) = session.images
        session.regenerate(image.task_id)
        await asyncio.sleep(1.0)
        session.cancel()
        session.regenerate(image.task_id)
        await session
        assert session.images[0].status == "succeeded"
        assert session.status == "cancelled"

    run(main)
