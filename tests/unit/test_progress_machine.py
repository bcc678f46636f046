"""The progress manager against a small model of it, in every order of its calls."""

import logging
from collections import Counter
from typing import get_args

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from nbkit.models import FINAL, EncodedImage, TaskStatus
from nbkit.progress import ProgressManager

IMAGE = EncodedImage(b"x", "image/png")
EVENTS = ("started", "updated", "task", "image-completed", "progress-complete", "cleared")
STARTABLE = {"queued", "waiting", "retrying"}
UNFINISHED = STARTABLE | {"running"}
LEGAL = {
    "start": STARTABLE,
    "wait": STARTABLE,
    "requeue": {"waiting"},
    "complete": UNFINISHED,
    "fail": UNFINISHED,
    "cancel": UNFINISHED,
    "retry": {"running", "failed"},
}
MESSAGES = st.sampled_from([1, 2, "m"])
PICKS = st.none() | st.integers(0, 7)


class ProgressMachine(RuleBasedStateMachine):
    @initialize()
    def begin(self):
        logging.getLogger("nbkit.progress").setLevel(logging.CRITICAL)
        self.now = 1_000.0
        self.manager = ProgressManager(clock=lambda: self.now)
        self.model = {}  # message id: {task id: [status, timeout, due, attempt]}
        self.heard = []
        self.promised = []
        for name in EVENTS:
            self.manager.on(name, self.hear)
        self.notified = {}
        self.manager.observe(lambda change: self.__dict__.update(notified=change.new), "messages")

    def hear(self, event):
        """Keep what an event says; its state is that of the moment after its own change."""
        state = event.state
        assert state.total == sum(self.counts_of(state))
        task = (event.task.id, event.task.status) if event.task else None
        self.heard.append((event.name, event.message_id, state.completed, state.total, task))

    @staticmethod
    def counts_of(state):
        return [getattr(state, status) for status in get_args(TaskStatus)]

    # What the model promises

    def promise(self, name, message_id, task_id=None):
        tasks = self.model[message_id]
        done = sum(task[0] in FINAL for task in tasks.values())
        about = (task_id, tasks[task_id][0]) if task_id else None
        self.promised.append((name, message_id, done, len(tasks), about))

    def move(self, message_id, task_id, status, *, image=False):
        tasks = self.model[message_id]
        unfinished = self.pending(message_id)
        task = tasks[task_id]
        if status == "running" or (
            status in ("succeeded", "failed") and task[0] in ("queued", "waiting")
        ):
            task[3] += 1
        task[0] = status
        counts = status in ("queued", "running") and task[1] is not None
        task[2] = self.now + task[1] if counts else None
        self.promise("task", message_id, task_id)
        if image:
            self.promise("image-completed", message_id, task_id)
        self.promise("updated", message_id)
        if unfinished and not self.pending(message_id):
            self.promise("progress-complete", message_id)

    def pending(self, message_id):
        return sum(task[0] in UNFINISHED for task in self.model[message_id].values())

    # Rules

    @rule(message_id=MESSAGES, count=st.integers(0, 3), timeout=st.sampled_from([None, 5.0, 20.0]))
    def register_tasks(self, message_id, count, timeout):
        ids = self.manager.register_tasks(message_id, count, timeout=timeout)
        assert len(set(ids)) == count
        self.added(message_id, ids, timeout)

    @rule(message_id=MESSAGES, prompt=st.sampled_from(["a sea", "a wood"]))
    def register_task(self, message_id, prompt):
        task = self.manager.register_task(message_id, prompt=prompt, kind="test")
        assert (task.prompt, task.metadata) == (prompt, {"kind": "test"})
        self.added(message_id, [task.id], None)

    def added(self, message_id, ids, timeout):
        tasks = self.model.setdefault(message_id, {})
        first = not tasks
        for task_id in ids:
            assert task_id not in tasks
            tasks[task_id] = ["queued", timeout, self.now + timeout if timeout else None, 0]
        if ids:
            if first:
                self.promise("started", message_id)
            for task_id in ids:
                self.promise("task", message_id, task_id)
            self.promise("updated", message_id)

    def attempt(self, action, message_id, pick, **how):
        """Make a transition; return the task of the model that it should have led on."""
        tasks = self.model.get(message_id, {})
        task_id = None
        if pick is not None:
            task_id = list(tasks)[pick] if pick < len(tasks) else "nobody"
            can = task_id in tasks and tasks[task_id][0] in LEGAL[action]
            found = task_id if can else None
        else:
            found = next((key for key, task in tasks.items() if task[0] in LEGAL[action]), None)
        made = getattr(self.manager, f"{action}_task")(message_id, task_id, **how)
        assert made == (found is not None)
        return found

    @rule(message_id=MESSAGES, pick=PICKS)
    def start(self, message_id, pick):
        if found := self.attempt("start", message_id, pick):
            self.move(message_id, found, "running")

    @rule(message_id=MESSAGES, pick=PICKS)
    def wait(self, message_id, pick):
        if found := self.attempt("wait", message_id, pick, reason="rate limit", until=self.now + 3):
            self.move(message_id, found, "waiting")

    @rule(message_id=MESSAGES, pick=PICKS)
    def requeue(self, message_id, pick):
        if found := self.attempt("requeue", message_id, pick):
            self.move(message_id, found, "queued")

    @rule(message_id=MESSAGES, pick=PICKS, image=st.sampled_from([None, IMAGE]))
    def complete(self, message_id, pick, image):
        if found := self.attempt("complete", message_id, pick, image=image):
            self.move(message_id, found, "succeeded", image=image is not None)

    @rule(message_id=MESSAGES, pick=PICKS)
    def fail(self, message_id, pick):
        if found := self.attempt("fail", message_id, pick, error="no"):
            self.move(message_id, found, "failed")

    @rule(message_id=MESSAGES, pick=PICKS)
    def cancel(self, message_id, pick):
        if found := self.attempt("cancel", message_id, pick):
            self.move(message_id, found, "cancelled")

    @rule(message_id=MESSAGES, pick=PICKS)
    def retry(self, message_id, pick):
        if found := self.attempt("retry", message_id, pick, delay=2.0, reason="503"):
            was = self.model[message_id][found][0]
            self.move(message_id, found, "retrying" if was == "running" else "queued")

    @rule(message_id=MESSAGES)
    def clear(self, message_id):
        assert self.manager.clear(message_id) == (message_id in self.model)
        if message_id in self.model:
            self.promise("cleared", message_id)
            del self.model[message_id]

    @rule(seconds=st.sampled_from([0.01, 1.0, 6.0]))
    def time_goes_on(self, seconds):
        self.now += seconds
        due = [
            (task[2], message_id, task_id)
            for message_id, tasks in self.model.items()
            for task_id, task in tasks.items()
            if task[2] is not None and task[2] <= self.now
        ]
        self.manager.check_timeouts()
        heard = self.heard[len(self.promised) :]
        failed = [(what[1], what[4][0]) for what in heard if what[0] == "task"]
        assert Counter(failed) == Counter((message_id, task_id) for _, message_id, task_id in due)
        times = {(message_id, task_id): when for when, message_id, task_id in due}
        assert [times[key] for key in failed] == sorted(times.values())
        for message_id, task_id in failed:  # those of one moment may come in any order
            attempts = self.model[message_id][task_id][3]
            self.move(message_id, task_id, "failed")
            self.model[message_id][task_id][3] = attempts

    @precondition(lambda self: self.model)
    @rule()
    def flush(self):
        self.manager.flush()
        assert set(self.notified) == set(self.model)
        for message_id, state in self.notified.items():
            assert self.counts_of(state) == self.counts_of(self.manager.get_state(message_id))

    # What always holds

    @invariant()
    def the_counts_add_up(self):
        assert set(self.manager.tracked_messages) == set(self.model)
        for message_id, tasks in self.model.items():
            state = self.manager.get_state(message_id)
            counts = Counter(task[0] for task in tasks.values())
            assert self.counts_of(state) == [counts[status] for status in get_args(TaskStatus)]
            assert self.manager.get_progress(message_id) == state.percentage
            assert state.total == len(tasks) == state.completed + state.pending
            assert self.manager.is_complete(message_id) == (bool(tasks) and not state.pending)
            assert (state.completed_at is not None) == self.manager.is_complete(message_id)
            assert state.eta is None or state.eta >= 0.0

    @invariant()
    def every_task_is_where_the_model_has_it(self):
        for message_id, tasks in self.model.items():
            found = {task.id: task for task in self.manager.get_tasks(message_id)}
            assert list(found) == list(tasks)
            for task_id, (status, timeout, _, attempt) in tasks.items():
                task = found[task_id]
                assert (task.status, task.timeout, task.attempt) == (status, timeout, attempt)
                assert (task.completed_at is not None) == (status in FINAL)
                assert (task.until is not None) == (status in ("waiting", "retrying"))
                assert (task.error is not None) == (status == "failed")

    @invariant()
    def events_are_as_promised(self):
        assert self.heard == self.promised

    def teardown(self):
        logging.getLogger("nbkit.progress").setLevel(logging.NOTSET)
        for message_id in list(self.model):
            self.manager.clear(message_id)
        ledger = self.manager._ledger
        assert not ledger.records
        assert not ledger._retention._finished
        assert not ledger._deadlines.pending
        assert not ledger.handlers._line


ProgressMachine.TestCase.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None
)
test_any_order_of_calls_keeps_the_counts_the_final_states_and_the_events = ProgressMachine.TestCase
