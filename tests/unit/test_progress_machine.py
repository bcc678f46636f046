"""The progress manager against a small model of it, in every order of its calls.

On a virtual loop: timeouts pass by its time, each at its very moment.
"""

import asyncio
import functools
import gc
import logging
import threading
import weakref
from unittest.mock import patch

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    precondition,
    rule,
)
from machine_kit import EVENTS, LEGAL, ProgressModel, Refuses, counts_of, depth, is_gone, told

from nbkit._progress import retention
from nbkit._progress.coalesce import INTERVAL
from nbkit.errors import TaskTimeout
from nbkit.models import FINAL, EncodedImage
from nbkit.progress import ProgressManager
from nbkit.testing import VirtualLoop

IMAGE = EncodedImage(b"x", "image/png")
KEPT = 1
IDS = [1, 2, "m"]
MESSAGES = st.sampled_from(IDS)
PICKS = st.none() | st.integers(0, 7)
TIMEOUTS = st.sampled_from([None, 5.0, 20.0])
NAMES = st.sampled_from(["sea", "wood", "hill"])
WHERE = st.sampled_from(["loop", "loop", "thread"])
ACTIONS = st.sampled_from([*LEGAL, "start", "start", "complete", "fail"])


class Noted(logging.Handler):
    """Counts warnings, and keeps quiet."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.warnings = self.errors = 0

    def emit(self, record):
        self.warnings += record.levelno == logging.WARNING
        self.errors += record.levelno > logging.WARNING


class Listener:
    """Hears one message alone, until it hears no more."""

    def __init__(self, manager, model, message_id):
        self.message_id, self.heard, self.since = message_id, [], len(model.promised)
        self.ends = [
            manager.on(name, lambda event: self.heard.append(told(event)), message_id=message_id)
            for name in EVENTS
        ]

    def check(self, model):
        own = [each for each in model.promised[self.since :] if each[1] == self.message_id]
        assert self.heard == own


class ProgressMachine(Refuses, RuleBasedStateMachine):
    listeners = Bundle("listeners")

    @initialize()
    def begin(self):
        self.threads = {thread.ident for thread in threading.enumerate()}
        gc.freeze()  # what is there already is not looked through each time
        self.kept = patch.object(retention, "KEPT", KEPT)
        self.kept.start()
        self.log = logging.getLogger("nbkit.progress")
        self.noted = Noted()
        self.log.addHandler(self.noted)
        self.log.propagate = False
        self.loop = VirtualLoop()
        self.manager = ProgressManager(clock=self.loop.clock)
        # Between two rules the loop only rests, on a busy machine for as long as it takes to be
        # taken for one that has ended.
        self.manager._coalescer.outlive_loop = lambda: None
        self.model = ProgressModel(self.loop.time, kept=KEPT)
        self.heard = []
        self.changing = self.loop_thread = threading.get_ident()
        self.own_ends = [self.manager.on(name, self.hear) for name in EVENTS]
        self.notified = {}
        self.notices = []
        self.manager.observe(self.notice, "messages")
        self.strays = []
        self.waits = []
        self.live = []
        for message_id in IDS[:2]:
            ids = self.do(functools.partial(self.manager.register_tasks, message_id, 3))
            self.model.register(message_id, ids)

    def hear(self, event):
        if threading.get_ident() != self.changing:
            self.strays.append(event.name)
        self.heard.append(told(event))

    def notice(self, change):
        if threading.get_ident() != self.loop_thread:
            self.strays.append("messages")
        self.notices.append(self.loop.time())
        self.notified = change.new

    def do(self, call, where="loop"):
        """Call on the loop, or in a thread while the loop runs; then let the loop settle."""

        def in_thread():
            self.changing = threading.get_ident()
            try:
                found.append(call())
            finally:
                self.changing = self.loop_thread

        async def main():
            if where == "thread":
                thread = threading.Thread(target=in_thread)
                thread.start()
                thread.join()
            else:
                found.append(call())
            for _ in range(8):
                await asyncio.sleep(0)

        found = []
        self.loop.run_until_complete(main())
        return found[0]

    # Rules

    @rule(message_id=MESSAGES, count=st.integers(0, 3), timeout=TIMEOUTS, where=WHERE)
    def register_tasks(self, message_id, count, timeout, where):
        ids = self.do(
            lambda: self.manager.register_tasks(message_id, count, timeout=timeout), where
        )
        assert len(set(ids)) == count
        self.model.register(message_id, ids, timeout)

    @rule(message_id=MESSAGES, name=st.none() | NAMES, timeout=TIMEOUTS)
    def register_task(self, message_id, name, timeout):
        def register():
            return self.manager.register_task(
                message_id, name, prompt="a sea", timeout=timeout, max_attempts=3, kind="test"
            )

        if name in self.model.messages.get(message_id, {}):
            self.refuses(ValueError, register)
            return
        task = self.do(register)
        assert (task.prompt, task.metadata, task.max_attempts) == ("a sea", {"kind": "test"}, 3)
        assert name in (None, task.id)
        self.model.register(message_id, [task.id], timeout)

    @rule(message_id=MESSAGES)
    def a_mistake_changes_nothing(self, message_id):
        manager = self.manager
        self.refuses(ValueError, lambda: manager.register_tasks(message_id, -1))
        self.refuses(TypeError, lambda: manager.register_tasks(message_id, 1.5))
        self.refuses(ValueError, lambda: manager.register_tasks(message_id, 1, timeout=0))
        self.refuses(ValueError, lambda: manager.retry_task(message_id, delay=-1))
        self.refuses(TypeError, lambda: manager.register_tasks(None, 1))

    def named(self, message_id, pick):
        tasks = list(self.model.messages.get(message_id, {}))
        return None if pick is None else (tasks[pick] if pick < len(tasks) else "nobody")

    def how(self, action, image):
        return {
            "wait": {"reason": "rate limit", "until": self.loop.time() + 3},
            "complete": {"image": image},
            "fail": {"error": "no"},
            "retry": {"delay": 2.0, "reason": "503"},
        }.get(action, {})

    @rule(
        action=ACTIONS,
        message_id=MESSAGES,
        pick=PICKS,
        image=st.sampled_from([None, IMAGE]),
        where=WHERE,
    )
    def act(self, action, message_id, pick, image, where):
        self.make(action, message_id, self.named(message_id, pick), image, where)

    @precondition(lambda self: any(self.model.messages.values()))
    @rule(data=st.data(), where=WHERE)
    def act_on_one_that_can(self, data, where):
        self.make_one_move(data, where)

    @precondition(lambda self: any(self.model.messages.values()))
    @rule(data=st.data(), where=WHERE)
    def act_on_another_that_can(self, data, where):
        self.make_one_move(data, where)

    @precondition(lambda self: any(self.model.pending(each) for each in IDS))
    @rule(data=st.data(), action=st.sampled_from(["complete", "fail", "cancel"]))
    def finish_a_message(self, data, action):
        message_id = data.draw(st.sampled_from([e for e in IDS if self.model.pending(e)]))
        while self.model.pending(message_id):
            self.make(action, message_id, None, None, "loop")

    def make_one_move(self, data, where):
        message_id = data.draw(st.sampled_from([k for k, v in self.model.messages.items() if v]))
        task_id, task = data.draw(st.sampled_from([*self.model.messages[message_id].items()]))
        actions = [action for action, states in LEGAL.items() if task.status in states]
        action = data.draw(st.sampled_from([*actions * 3, *LEGAL]))
        self.make(action, message_id, task_id, IMAGE, where)

    def make(self, action, message_id, task_id, image, where):
        warned = self.noted.warnings
        made = self.do(
            lambda: getattr(self.manager, f"{action}_task")(
                message_id, task_id, **self.how(action, image)
            ),
            where,
        )
        image = image if action == "complete" else None
        found = self.model.act(action, message_id, task_id, image)
        assert made == (found is not None)
        assert self.noted.warnings == warned + (not made)

    @rule(message_id=MESSAGES, then=st.sampled_from(["complete", "fail", "retry", "clear"]))
    def a_handler_changes_what_it_hears_of(self, message_id, then):
        """Its change is told after all of the present one."""

        def react(event):
            if event.task.status == "running":
                end()
                if then == "clear":
                    self.manager.clear(message_id)
                else:
                    getattr(self.manager, f"{then}_task")(
                        message_id, event.task.id, **self.how(then, None)
                    )

        end = self.manager.on("task", react, message_id=message_id)
        made = self.do(lambda: self.manager.start_task(message_id))
        end()
        found = self.model.act("start", message_id, None)
        assert made == (found is not None)
        if found and then == "clear":
            self.model.clear(message_id)
        elif found:
            self.model.act(then, message_id, found)

    @rule(message_id=MESSAGES)
    def a_handler_that_raises_harms_nobody(self, message_id):
        def broken(event):
            raise OSError

        ends = [self.manager.on(name, broken) for name in EVENTS]
        errors, promised = self.noted.errors, len(self.model.promised)
        self.do(lambda: self.manager.fail_task(message_id, error="no"))
        for end in ends:
            end()
            end()
        self.model.act("fail", message_id, None)
        assert self.noted.errors - errors == len(self.model.promised) - promised

    @rule(message_id=MESSAGES, where=WHERE)
    def clear(self, message_id, where):
        assert self.do(lambda: self.manager.clear(message_id), where) == self.model.clear(
            message_id
        )

    @rule(message_id=MESSAGES)
    def hold(self, message_id):
        self.do(lambda: self.manager.hold(message_id))
        self.model.hold(message_id)

    @precondition(lambda self: +self.model.holds)
    @rule(data=st.data())
    def release(self, data):
        message_id = data.draw(st.sampled_from(sorted(+self.model.holds, key=str)))
        self.do(lambda: self.manager.release(message_id))
        self.model.release(message_id)

    @rule(message_id=MESSAGES, paused=st.booleans(), rate=st.sampled_from([None, 0.5, 30.0]))
    def set_limits(self, message_id, paused, rate):
        made = self.do(
            lambda: self.manager.set_limits(
                message_id, max_concurrency=2, min_interval=1.0, max_rate=rate, paused=paused
            )
        )
        assert made == (message_id in self.model.messages)

    @rule(message_id=MESSAGES, target=listeners)
    def listen(self, message_id):
        listener = Listener(self.manager, self.model, message_id)
        self.live.append(listener)
        return listener

    @rule(listener=consumes(listeners))
    def hear_no_more(self, listener):
        listener.check(self.model)
        self.live.remove(listener)
        for end in listener.ends * 2:
            end()
        listener.ends.clear()

    @rule(message_id=MESSAGES, timeout=st.sampled_from([None, 3.3]), given_up=st.booleans())
    def wait(self, message_id, timeout, given_up):
        async def begin():
            waiting = asyncio.create_task(self.manager.wait_all_complete(message_id, timeout))
            await asyncio.sleep(0)
            return waiting

        waiting = self.loop.run_until_complete(begin())
        if given_up and self.model.pending(message_id):
            self.do(waiting.cancel)
            assert waiting.cancelled()
            return
        until = None if timeout is None else self.loop.time() + timeout
        since = len(self.model.released) if self.model.pending(message_id) else -1
        self.waits.append((waiting, message_id, since, until))
        self.do(lambda: None)

    @rule(seconds=st.sampled_from([0.01, INTERVAL, 1.0, 2.5, 6.0, 30.0]))
    def time_goes_on(self, seconds):
        """Each timeout fails its task at its moment; those of one moment in any order."""
        began, heard = self.loop.time(), len(self.heard)
        until = began + seconds
        due = self.model.overdue(until)
        self.loop.run_until_complete(asyncio.sleep(seconds))
        self.do(lambda: None)
        failed = [each for each in self.heard[heard:] if each[0] == "task"]
        failed = [(message_id, task[0]) for _, message_id, _, task, _ in failed]
        clock, self.model.clock = self.model.clock, lambda: when
        for when, *_ in due:
            message_id, task_id = failed.pop(0) if failed else (None, None)
            assert (when, message_id, task_id) in due, "at its time, and no other"
            self.model.move(message_id, task_id, "failed", expired=True)
        self.model.clock = clock
        for message_id, tasks in self.model.messages.items():
            for task_id, task in tasks.items():
                if (task.ended_at or began) > began:
                    error = self.manager.get_task(message_id, task_id).error
                    assert isinstance(error, TaskTimeout)
        if seconds >= INTERVAL:
            self.the_trait_has_arrived()

    @rule()
    def flush(self):
        before = len(self.notices)
        self.do(self.manager.flush)
        del self.notices[before:]  # may come at any time
        self.the_trait_has_arrived()

    def the_trait_has_arrived(self):
        assert set(self.notified) == set(self.model.messages)
        for message_id, state in self.notified.items():
            assert counts_of(state) == self.model.counts(message_id)

    # What always holds

    @invariant()
    def everything_holds(self):
        self.events_are_as_promised()
        self.events_come_in_the_thread_of_their_change_and_the_trait_on_the_loop()
        self.the_counts_add_up()
        self.every_task_is_where_the_model_has_it()
        self.the_trait_is_notified_twenty_times_a_second_at_most()
        self.who_waits_is_released_by_the_end_and_by_nothing_else()

    def the_counts_add_up(self):
        assert set(self.manager.tracked_messages) == set(self.model.messages)
        for message_id in IDS:
            tasks = self.model.messages.get(message_id)
            assert self.manager.is_tracking(message_id) == (tasks is not None)
            state = self.manager.get_state(message_id)
            if tasks is None:
                assert state is None
                assert not self.manager.is_complete(message_id)
                assert self.manager.get_progress(message_id) == 0.0
                assert self.manager.get_tasks(message_id) == ()
                continue
            assert counts_of(state) == self.model.counts(message_id)
            assert self.manager.get_progress(message_id) == state.percentage
            assert state.total == len(tasks) == state.completed + state.pending
            assert self.manager.is_complete(message_id) == (bool(tasks) and not state.pending)
            ends = [task.ended_at for task in tasks.values()]
            assert state.completed_at == (max(ends) if ends and None not in ends else None)
            assert state.eta is None or state.eta >= 0.0

    def every_task_is_where_the_model_has_it(self):
        for message_id, tasks in self.model.messages.items():
            found = {task.id: task for task in self.manager.get_tasks(message_id)}
            assert list(found) == list(tasks)
            for task_id, task in tasks.items():
                seen = found[task_id]
                assert seen == self.manager.get_task(message_id, task_id)
                assert (seen.status, seen.timeout) == (task.status, task.timeout)
                assert (seen.attempt, seen.image) == (task.attempt, task.image)
                assert seen.completed_at == task.ended_at
                assert (seen.completed_at is not None) == (task.status in FINAL)
                assert (seen.until is not None) == (task.status in ("waiting", "retrying"))
                assert (seen.reason != "") == (task.status in ("waiting", "retrying"))
                assert (seen.error is not None) == (task.status == "failed")

    def events_are_as_promised(self):
        assert self.heard == self.model.promised
        for listener in self.live:
            listener.check(self.model)

    def events_come_in_the_thread_of_their_change_and_the_trait_on_the_loop(self):
        assert self.strays == []

    def the_trait_is_notified_twenty_times_a_second_at_most(self):
        for one, other in zip(self.notices, self.notices[1:], strict=False):
            assert other - one >= INTERVAL - 1e-9

    def who_waits_is_released_by_the_end_and_by_nothing_else(self):
        for waiting, message_id, since, until in list(self.waits):
            over = since < 0 or message_id in self.model.released[since:]
            late = until is not None and self.loop.time() >= until
            assert waiting.done() == (over or late)
            if waiting.done():
                self.waits.remove((waiting, message_id, since, until))
                error = waiting.exception()
                if error is not None:
                    assert late
                    assert isinstance(error, TimeoutError)
        known = self.manager._ledger.waiters._of_message.values()
        assert sum(map(len, known)) == len(self.waits), "who gave up is forgotten"

    def teardown(self):
        """Nothing is left once everything is cleared: no task, line, thread, nor reference."""
        try:
            for listener in list(self.live):
                self.hear_no_more(listener)
            for message_id in IDS:
                self.clear(message_id, "loop")
            self.who_waits_is_released_by_the_end_and_by_nothing_else()
            assert self.waits == []
            assert not asyncio.all_tasks(self.loop)
            for end in self.own_ends:
                end()
            ledger = self.manager._ledger
            assert not ledger.records
            assert not ledger._retention._finished
            assert not ledger._deadlines.pending
            assert not ledger.waiters._of_message
            handlers = ledger.handlers
            assert not [*handlers._line, *handlers._backlogs, *handlers._of_message]
            assert not any(handlers._everyone.values())
            # Other tests' managers may have theirs.
            own = [each for each in threading.enumerate() if each.ident not in self.threads]
            assert "nbkit-deadlines" not in {thread.name for thread in own}
            del own
            self.loop.run_until_complete(asyncio.sleep(1.0))  # a notice under way
            gone = weakref.ref(self.manager)
            self.manager = None
            del ledger
            self.own_ends.clear()
            assert is_gone(gone), gc.get_referrers(gone())
        finally:
            gc.unfreeze()
            self.loop.close()
            self.kept.stop()
            self.log.removeHandler(self.noted)
            self.log.propagate = True


ProgressMachine.TestCase.settings = depth(120, steps=50)
test_any_order_of_calls_keeps_the_counts_the_final_states_and_the_events = ProgressMachine.TestCase
