"""The progress manager in several threads, in interleavings that Hypothesis chooses.

A switch from one thread to another may come at every line of it, and at every lock. What the
handlers hear is played back to the model: it must be an order of legal changes, and each call
must have been answered as it stood at some moment between its beginning and its end.
"""

import copy
import functools
import itertools
import logging
import threading
from dataclasses import dataclass
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from machine_kit import EVENTS, LEADS_TO, LEGAL, ProgressModel, counts_of, depth, told
from stage_kit import Loop, Stage

from nbkit import progress
from nbkit._progress import (
    coalesce,
    deadlines,
    entries,
    handlers,
    ledger,
    observed,
    retention,
    tasks,
    waiters,
)
from nbkit.errors import TaskTimeout
from nbkit.progress import ProgressManager

MODULES = [coalesce, deadlines, entries, handlers, ledger, observed, progress, retention, tasks]
MODULES.append(waiters)
MESSAGES = st.sampled_from([1, 2])
ACTS = st.tuples(
    st.just("do"), st.sampled_from([*LEGAL]), MESSAGES, st.sampled_from([None, "a", "b"])
)
OTHERS = st.one_of(
    st.tuples(st.just("register"), MESSAGES, st.integers(1, 2), st.sampled_from([None, 5.0])),
    st.tuples(st.just("name"), MESSAGES, st.sampled_from(["a", "b", "c"])),
    st.tuples(st.just("clear"), MESSAGES),
    st.tuples(st.just("look"), MESSAGES),
    st.tuples(st.just("wait"), MESSAGES),
    st.tuples(st.just("time"), st.sampled_from([1.0, 6.0])),
)
PARTS = st.lists(st.lists(ACTS | ACTS | OTHERS, min_size=1, max_size=4), min_size=2, max_size=3)
SCRIPTS = st.lists(st.tuples(st.integers(0, 150), st.integers(0, 3)), max_size=12)


class Play:
    """What some threads did to a manager, and what was heard of it."""

    def __init__(self, parts, script, *, reacts):
        self.stage = Stage(MODULES, script)
        self.committed, self.heard, self.results = [], [], []
        self.doing = {}
        self.overlaps = self.inside = 0
        with self.stage.set(), patch.object(retention, "KEPT", 1):
            self.manager = ProgressManager(clock=lambda: self.stage.now)
            coalescer = self.manager._coalescer
            coalescer._clock = lambda: self.stage.now
            coalescer._tokens_at = coalescer._token_due = self.stage.now
            self.manager.observe(self.notice, "messages")
            books = self.manager._ledger.handlers
            enqueue = books.enqueue

            def commit(calls):
                if calls:
                    events = {id(event): event for _, event in calls}
                    self.committed.append([*events.values()])
                return enqueue(calls)

            books.enqueue = commit
            for name in EVENTS:
                self.manager.on(name, self.hear)
            for message_id in (1, 2):
                self.manager.register_task(message_id, "a")
                self.manager.register_task(message_id, "b", timeout=5.0)
            if reacts:
                self.manager.on("task", self.react)
            for number, part in enumerate(parts):
                self.stage.enter(functools.partial(self.act, number, part))
            self.stage.enter(self.finish)
            self.stage.play()

    def hear(self, event):
        self.heard.append((event, self.doing.get(threading.get_ident())))

    def react(self, event):
        if event.task.status == "running" and event.task.id != "b":
            self.manager.complete_task(event.message_id, event.task.id)

    def notice(self, change):
        self.overlaps += self.inside
        self.inside += 1
        self.manager.get_progress(1)
        self.inside -= 1

    def act(self, number, part):
        for place, (kind, *how) in enumerate(part):
            self.doing[threading.get_ident()] = number, place
            began = len(self.committed)
            result = getattr(self, kind)(*how)
            self.results.append(((number, place), kind, how, result, began, len(self.committed)))

    # What a thread may do

    def register(self, message_id, count, timeout):
        return self.manager.register_tasks(message_id, count, timeout=timeout)

    def name(self, message_id, name):
        try:
            return (self.manager.register_task(message_id, name).id,)
        except ValueError:
            return ()

    def clear(self, message_id):
        return self.manager.clear(message_id)

    def time(self, seconds):
        self.stage.now += seconds
        self.manager.check_timeouts()

    def look(self, message_id):
        state = self.manager.get_state(message_id)
        assert state is None or state.total == state.pending + state.completed
        return None if state is None else counts_of(state)

    def wait(self, message_id):
        loop = Loop(self.stage)
        try:
            loop.run_until_complete(self.manager.wait_all_complete(message_id))
        finally:
            loop.close()

    def do(self, action, message_id, task_id):
        return getattr(self.manager, f"{action}_task")(message_id, task_id)

    def finish(self):
        """Whenever nobody else can go on: look for what was forgotten, and clear."""
        me = self.stage.acting()
        self.doing[threading.get_ident()] = "end"
        unfinished = [me]
        while unfinished:
            self.stage.block(lambda: not any(each.ready for each in self.stage.others(me)))
            earliest = self.manager._ledger._deadlines.earliest()
            assert earliest is None or earliest > self.stage.now, "nobody has seen a timeout pass"
            others = self.stage.others(me)
            unfinished = [each for each in others if not (each.ended or each.daemon)]
            cleared = [self.manager.clear(message_id) for message_id in (1, 2)]
            woken = [each for each in unfinished if each.ready or each.ended]
            assert any(cleared) or woken or not unfinished, "a clear releases all who wait"


def replay(play):
    """Play what was heard back to the model; returns the changes, and how it stood after each."""
    model = ProgressModel(kept=1)
    changes, at = [], 0
    while at < len(play.heard):
        (event, by), since = play.heard[at], len(model.promised)
        message_id, task = event.message_id, event.task
        known = model.messages.get(message_id, {})
        if event.name == "cleared":
            what = ("clear", message_id)
            assert model.clear(message_id)
        elif task is None or task.id not in known:
            begins = at + (event.name == "started")
            new = [each.task for each, _ in play.heard[begins:]]
            ids = [each.id for each in itertools.takewhile(lambda each: each is not None, new)]
            what = ("register", message_id, tuple(ids))
            model.register(message_id, ids)
        else:
            expired = isinstance(task.error, TaskTimeout)
            what = ("expire" if expired else "move", message_id, task.id, task.status)
            model.move(message_id, task.id, task.status, expired=expired)
        promised = model.promised[since:]
        at += len(promised)
        heard = play.heard[at - len(promised) : at]
        assert [told(each) for each, _ in heard] == promised
        assert {each for _, each in heard} == {by}, "all in the thread that made the change"
        changes.append(Change(what, by, at, copy.deepcopy(model.messages)))
    return changes


@dataclass
class Change:
    what: tuple
    by: object
    told: int
    """How many events had been heard of by then."""
    after: dict


def check(play):
    assert [event for event, _ in play.heard] == [e for batch in play.committed for e in batch]
    assert play.overlaps == 0
    changes = replay(play)
    sizes = list(itertools.accumulate(len(batch) for batch in play.committed))
    stood = {change.told: change.after for change in changes}
    states = [{}, *(stood[size] for size in sizes)]
    for op, kind, how, result, began, ended in play.results:
        window = states[began : ended + 1]
        own = [each for each in changes if each.by == op and each.what[0] != "expire"]
        if kind == "look":
            seen = [model_of(state).counts(how[0]) if how[0] in state else None for state in window]
            assert result in seen
        elif kind == "wait":
            window = states[began : ended + 2]  # it may know of a change before that is told
            assert any(not model_of(state).pending(how[0]) for state in window)
        elif result:
            before = changes[changes.index(own[0]) - 1].after
            assert own[0].what == expected(kind, how, result, before)
        elif kind != "time":
            assert own == []
            assert any(expected(kind, how, result, state) is None for state in window)
    manager = play.manager
    assert manager.tracked_messages == ()
    books = manager._ledger.handlers
    assert not books._line
    assert not books._backlogs
    assert not manager._ledger._deadlines.pending
    assert not manager._ledger.waiters._of_message
    assert manager._ledger._deadlines._thread is None
    manager.flush()
    assert dict(manager.messages) == {}


def model_of(state):
    model = ProgressModel()
    model.messages = state
    return model


def expected(kind, how, result, state):
    """The change that a call makes of a state; ``None`` where it can make none."""
    if kind == "do":
        action, message_id, task_id = how
        found = model_of(state).find(action, message_id, task_id)
        if found is None:
            return None
        again = "retrying" if state[message_id][found].status == "running" else "queued"
        return "move", message_id, found, LEADS_TO.get(action, again)
    if kind == "clear":
        return ("clear", how[0]) if how[0] in state else None
    if kind == "name" and how[1] in state.get(how[0], {}):
        return None
    return "register", how[0], result


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.CRITICAL, "nbkit.progress")


@depth(300)
@given(PARTS, SCRIPTS, st.booleans())
def test_in_any_interleaving_changes_are_legal_told_in_order_and_by_their_own_thread(
    quiet, parts, script, reacts
):
    check(Play(parts, script, reacts=reacts))
