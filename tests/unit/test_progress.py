"""The progress manager on one thread: its calls, events, trait, timeouts and waits."""

import asyncio
import copy
import gc
import logging
import time
import weakref
from itertools import pairwise

import pytest
import traitlets

from nbkit._progress.tasks import MessageTasks
from nbkit.errors import TaskTimeout
from nbkit.models import EncodedImage, MessageState, ProgressEvent
from nbkit.progress import ProgressManager, now, progress_manager
from nbkit.testing import run, until

EVENTS = ("started", "updated", "task", "image-completed", "progress-complete", "cleared")
IMAGE = EncodedImage(b"x", "image/png")


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def manager(clock):
    return ProgressManager(clock=clock)


def record(manager, **where):
    """Collect every event, as (name, message, status of its task)."""
    seen = []
    for name in EVENTS:
        manager.on(
            name,
            lambda event: seen.append(
                (event.name, event.message_id, event.task.status if event.task else None)
            ),
            **where,
        )
    return seen


def names(seen):
    return [name for name, *_ in seen]


# Registration


def test_zero_tasks_are_tracked_and_nothing_is_announced(manager):
    seen = record(manager)
    assert manager.register_tasks(42, 0) == ()
    assert manager.is_tracking(42)
    assert manager.get_state(42) == MessageState(42)
    assert not manager.is_complete(42)
    assert manager.get_progress(42) == 0.0
    assert seen == []


def test_started_is_deferred_until_there_is_a_first_task_and_comes_once(manager):
    seen = record(manager)
    manager.register_tasks(42, 0)
    manager.register_tasks(42, 2)
    manager.register_tasks(42, 1)
    assert names(seen) == ["started", "task", "task", "updated", "task", "updated"]
    assert manager.get_state(42).total == 3


def test_ids_are_new_each_time_even_after_a_clear(manager):
    before = manager.register_tasks(42, 3)
    manager.clear(42)
    after = manager.register_tasks(42, 3)
    other = manager.register_tasks("m", 3)
    assert len({*before, *after, *other}) == 9
    assert not manager.complete_task(42, before[0])


def test_a_negative_count_is_refused(manager):
    with pytest.raises(ValueError, match="0 or more"):
        manager.register_tasks(42, -1)
    assert not manager.is_tracking(42)


@pytest.mark.parametrize("count", ["3", 1.5, True, None])
def test_a_count_that_is_no_whole_number_is_a_type_error(manager, count):
    with pytest.raises(TypeError, match=f"count must be a whole number, 0 or more, not {count!r}"):
        manager.register_tasks(42, count)
    assert not manager.is_tracking(42)


@pytest.mark.parametrize("timeout", [0, -1.0, float("nan")])
def test_a_timeout_is_above_zero(manager, timeout):
    with pytest.raises(ValueError, match=r"timeout must be .* above 0"):
        manager.register_tasks(42, 1, timeout=timeout)
    with pytest.raises(ValueError, match=r"timeout must be .* above 0"):
        manager.register_task(42, timeout=timeout)
    assert not manager.is_tracking(42)


def test_a_message_id_is_an_int_or_a_str(manager):
    with pytest.raises(TypeError, match="not float"):
        manager.register_tasks(4.2, 1)


def test_a_named_task_keeps_what_it_is_told(manager, clock):
    task = manager.register_task(42, "sea", prompt="a sea", max_attempts=3, timeout=9, slot="s1")
    assert (task.id, task.message_id, task.prompt, task.status) == ("sea", 42, "a sea", "queued")
    assert (task.max_attempts, task.timeout, task.created_at) == (3, 9, clock.now)
    assert task.metadata == {"slot": "s1"}
    with pytest.raises(TypeError):
        task.metadata["slot"] = "s2"
    assert manager.get_task(42, "sea") == task
    assert manager.register_task(42).id not in ("", "sea")


def test_an_id_that_is_already_there_is_refused(manager):
    manager.register_task(42, "sea")
    with pytest.raises(ValueError, match="message 42 has a task 'sea' already"):
        manager.register_task(42, "sea")
    manager.register_task(43, "sea")
    assert manager.get_state(42).total == 1


def test_a_made_id_never_meets_a_given_one(manager):
    manager.register_task(42, "task-1")
    assert "task-1" not in manager.register_tasks(42, 3)
    assert manager.get_state(42).total == 4


# Transitions


def test_a_task_is_led_through_all_its_states(manager, clock):
    (task,) = manager.register_tasks(42, 1)

    def look():
        found = manager.get_task(42, task)
        return found.status, found.attempt, found.reason, found.until

    assert look() == ("queued", 0, "", None)
    assert manager.wait_task(42, task, reason="rate limit", until=clock.now + 5)
    assert look() == ("waiting", 0, "rate limit", clock.now + 5)
    assert manager.requeue_task(42, task)
    assert look() == ("queued", 0, "", None)
    assert manager.start_task(42, task)
    assert look() == ("running", 1, "", None)
    assert manager.retry_task(42, task, delay=2.0, reason="503: busy")
    assert look() == ("retrying", 1, "503: busy", clock.now + 2)
    clock.now += 2.0
    assert manager.requeue_task(42, task)
    assert look() == ("queued", 1, "", None)
    assert manager.start_task(42, task)
    assert look() == ("running", 2, "", None)
    clock.now += 3.0
    assert manager.complete_task(42, task, image=IMAGE)
    assert look() == ("succeeded", 2, "", None)
    found = manager.get_task(42, task)
    assert found.image is IMAGE
    assert found.seconds == 3.0


def test_a_failed_task_goes_back_to_the_queue_with_its_attempt_counted(manager, clock):
    (task,) = manager.register_tasks(42, 1)
    manager.start_task(42, task)
    manager.fail_task(42, task, error="no paint")
    failed = manager.get_task(42, task)
    assert (failed.status, failed.error, failed.completed_at) == ("failed", "no paint", clock.now)
    assert manager.is_complete(42)
    assert manager.retry_task(42, task)
    again = manager.get_task(42, task)
    assert (again.status, again.attempt, again.error) == ("queued", 1, None)
    assert (again.completed_at, again.seconds) == (None, None)
    assert not manager.is_complete(42)
    assert manager.get_state(42).completed_at is None
    manager.start_task(42, task)
    assert manager.get_task(42, task).attempt == 2


def test_an_attempt_that_nobody_announced_is_counted_all_the_same(manager):
    (task,) = manager.register_tasks(42, 1)
    manager.fail_task(42)
    manager.retry_task(42)
    manager.complete_task(42)
    assert manager.get_task(42, task).attempt == 2
    assert manager.get_task(42, task).seconds is None


def test_success_failure_and_cancelling_are_kept_apart(manager):
    manager.register_tasks(42, 4)
    manager.complete_task(42)
    manager.fail_task(42)
    manager.cancel_task(42)
    state = manager.get_state(42)
    assert (state.succeeded, state.failed, state.cancelled, state.queued) == (1, 1, 1, 1)
    assert (state.completed, state.pending, state.total) == (3, 1, 4)
    assert manager.get_progress(42) == state.percentage == 75.0


def test_without_an_id_the_oldest_task_that_can_is_meant(manager):
    a, b, c = manager.register_tasks(42, 3)

    def status():
        return [task.status for task in manager.get_tasks(42)]

    manager.start_task(42, b)
    manager.start_task(42)
    assert status() == ["running", "running", "queued"]
    manager.retry_task(42)
    assert status() == ["retrying", "running", "queued"]
    manager.complete_task(42, b)
    manager.wait_task(42, c, reason="rate limit", until=None)
    manager.requeue_task(42)
    assert status() == ["queued", "succeeded", "waiting"]
    manager.requeue_task(42)
    manager.fail_task(42)
    assert status() == ["failed", "succeeded", "queued"]
    manager.complete_task(42)
    assert status() == ["failed", "succeeded", "succeeded"]
    manager.retry_task(42)
    assert status() == ["queued", "succeeded", "succeeded"]
    manager.cancel_task(42)
    assert [task.id for task in manager.get_tasks(42)] == [a, b, c]
    assert status() == ["cancelled", "succeeded", "succeeded"]


@pytest.mark.parametrize("call", ["start", "complete", "fail", "retry", "cancel", "requeue"])
def test_an_untracked_message_is_a_warning_that_names_it(manager, caplog, call):
    seen = record(manager)
    assert getattr(manager, f"{call}_task")(42) is False
    assert manager.wait_task(42, reason="", until=None) is False
    assert manager.set_limits(42, max_concurrency=2) is False
    assert [entry.getMessage() for entry in caplog.records] == [
        "message 42 is not tracked by the progress manager"
    ] * 3
    assert all(entry.levelno == logging.WARNING for entry in caplog.records)
    assert seen == []
    assert not manager.is_tracking(42)


def test_a_task_that_cannot_make_the_transition_is_a_warning_and_stays(manager, caplog):
    (task,) = manager.register_tasks(42, 1)
    manager.complete_task(42, task, image=IMAGE)
    before, seen = manager.get_task(42, task), record(manager)
    assert not manager.start_task(42, task)
    assert not manager.fail_task(42)
    assert not manager.retry_task(42, task)
    assert not manager.cancel_task(42, "nobody")
    assert manager.get_task(42, task) is before
    assert seen == []
    said = [entry.getMessage() for entry in caplog.records]
    assert said[0] == f"cannot start task {task!r} of message 42: it is succeeded"
    assert said[1].startswith("message 42 has no task to fail")
    assert said[3] == "message 42 has no task 'nobody'"


def test_what_a_task_waits_for_and_how_long_can_be_said_in_order(manager, clock):
    manager.register_tasks(42, 1)
    (task,) = manager.get_tasks(42)
    assert manager.wait_task(42, task.id, "rate limit", clock.now + 5)
    assert (manager.get_task(42, task.id).reason, manager.get_task(42, task.id).until) == (
        "rate limit",
        clock.now + 5,
    )
    assert manager.wait_task(42, task.id, "busy")
    assert manager.get_task(42, task.id).until is None
    manager.start_task(42, task.id)
    assert manager.retry_task(42, task.id, 3.0, "503")
    again = manager.get_task(42, task.id)
    assert (again.status, again.reason, again.until) == ("retrying", "503", clock.now + 3.0)


def test_a_retry_delay_is_not_negative(manager):
    with pytest.raises(ValueError, match="0 or more"):
        manager.retry_task(42, delay=-1)


def test_limits_out_of_range_are_refused(manager):
    manager.register_tasks(42, 1)
    with pytest.raises(ValueError, match="max_rate"):
        manager.set_limits(42, max_rate=0)
    with pytest.raises(ValueError, match="max_concurrency"):
        manager.set_limits(42, max_concurrency=0)
    assert manager.set_limits(42)


def test_the_log_tells_the_story_at_debug(manager, caplog):
    caplog.set_level(logging.DEBUG, "nbkit.progress")
    manager.register_tasks(42, 3)
    manager.complete_task(42)
    manager.complete_task(42)
    manager.complete_task(42)
    assert [entry.getMessage() for entry in caplog.records] == [
        "Registered 3 tasks for message 42",
        "Task completed for message 42 (1/3)",
        "Task completed for message 42 (2/3)",
        "Task completed for message 42 (3/3)",
        "All tasks completed for message 42",
    ]


# Queries


async def test_an_untracked_message_is_not_complete_and_has_no_state(manager):
    assert not manager.is_tracking(42)
    assert not manager.is_complete(42)
    assert manager.get_state(42) is None
    assert manager.get_progress(42) == 0.0
    assert manager.get_task(42, "task-1") is None
    assert manager.get_tasks(42) == ()
    assert manager.tracked_messages == ()
    await manager.wait_all_complete(42)


def test_a_record_is_frozen_and_stays_as_it_was(manager):
    (task,) = manager.register_tasks(42, 1)
    before, state = manager.get_task(42, task), manager.get_state(42)
    manager.start_task(42, task)
    assert (before.status, state.queued) == ("queued", 1)
    assert manager.get_task(42, task).status == "running"
    with pytest.raises(AttributeError):
        before.status = "running"


def test_a_message_knows_when_it_began_and_ended(manager, clock):
    manager.register_tasks(42, 0)
    began = clock.now = clock.now + 1
    manager.register_tasks(42, 1)
    clock.now += 4
    manager.complete_task(42)
    clock.now += 4
    state = manager.get_state(42)
    assert (state.started_at, state.completed_at) == (began, began + 4)


def test_messages_are_tracked_in_the_order_of_their_registration(manager):
    for message_id in ("b", 1, "a"):
        manager.register_tasks(message_id, 0)
    assert manager.tracked_messages == ("b", 1, "a")
    manager.clear(1)
    assert manager.tracked_messages == ("b", "a")


def test_a_glance_shows_the_first_prompt_and_the_pictures_that_came_last(manager):
    assert manager.glance(42, 8) == ("", ())
    unnamed, *_ = manager.register_tasks(42, 2)
    foxes = [manager.register_task(42, prompt=f"fox {n}").id for n in range(4)]
    for each in (foxes[3], foxes[0], foxes[2]):
        manager.complete_task(42, each, image=IMAGE)
    manager.complete_task(42, unnamed)
    manager.fail_task(42, foxes[1])
    prompt, pictured = manager.glance(42, 2)
    assert prompt == "fox 0"
    assert pictured == (manager.get_task(42, foxes[0]), manager.get_task(42, foxes[2]))


def test_one_message_never_touches_another(manager):
    manager.register_tasks(1, 2)
    manager.register_tasks("1", 2)
    manager.complete_task(1)
    assert manager.get_state(1).completed == 1
    assert manager.get_state("1").completed == 0


# Events


def test_the_events_of_a_change_come_in_one_order(manager):
    manager.register_tasks(42, 1)
    seen = record(manager)
    manager.start_task(42)
    manager.complete_task(42, image=IMAGE)
    manager.clear(42)
    assert seen == [
        ("task", 42, "running"),
        ("updated", 42, None),
        ("task", 42, "succeeded"),
        ("image-completed", 42, "succeeded"),
        ("updated", 42, None),
        ("progress-complete", 42, None),
        ("cleared", 42, None),
    ]


def test_an_event_carries_the_state_of_its_own_change(manager):
    counts = []
    manager.on("updated", lambda event: counts.append((event.state.completed, event.state.total)))
    manager.register_tasks(42, 2)
    manager.complete_task(42)
    manager.complete_task(42)
    assert counts == [(0, 2), (1, 2), (2, 2)]


def test_an_image_is_announced_only_where_there_is_one(manager):
    images = []
    manager.on("image-completed", lambda event: images.append((event.task.id, event.image)))
    a, b = manager.register_tasks(42, 2)
    manager.complete_task(42, a)
    manager.complete_task(42, b, image=IMAGE)
    assert images == [(b, IMAGE)]


def test_progress_complete_fires_once_each_time_that_a_message_gets_finished(manager):
    fired = []
    manager.on("progress-complete", lambda event: fired.append(event.state.total))
    manager.register_tasks(42, 2)
    manager.complete_task(42)
    manager.fail_task(42)
    manager.complete_task(42)  # cannot: there is none
    assert fired == [2]
    manager.retry_task(42)
    assert fired == [2]
    manager.complete_task(42)
    manager.register_tasks(42, 1)
    manager.cancel_task(42)
    assert fired == [2, 2, 3]


def test_a_clear_of_an_unfinished_message_completes_nothing(manager):
    manager.register_tasks(42, 1)
    seen = record(manager)
    assert manager.clear(42)
    assert not manager.clear(42)
    assert names(seen) == ["cleared"]


def test_a_handler_of_one_message_hears_of_no_other(manager):
    seen = record(manager, message_id=1)
    manager.register_tasks(2, 1)
    manager.complete_task(2)
    manager.register_tasks(1, 1)
    assert {message_id for _, message_id, _ in seen} == {1}
    assert names(seen) == ["started", "task", "updated"]


def test_unsubscribing_ends_it_and_leaves_nothing_behind(manager):
    seen = []
    ends = [
        manager.on("updated", seen.append, message_id=message_id)
        for message_id in (None, 42, 42, "m")
    ]
    for end in ends:
        end()
        end()
    manager.register_tasks(42, 1)
    assert seen == []
    handlers = manager._ledger.handlers
    assert not handlers._everyone
    assert not handlers._of_message


def test_a_handler_unsubscribed_by_an_earlier_one_is_not_called(manager):
    seen = []
    manager.on("updated", lambda _: end())
    end = manager.on("updated", seen.append)
    manager.register_tasks(42, 1)
    assert seen == []


def test_a_handler_that_raises_is_logged_and_harms_no_other(manager, caplog):
    seen = []

    def bad(_event):
        raise RuntimeError("no")

    manager.on("updated", bad)
    manager.on("updated", seen.append)
    assert manager.register_tasks(42, 1)
    assert manager.complete_task(42)
    assert len(seen) == 2
    assert "a handler of 'updated' failed for message 42" in caplog.text


def test_an_interrupt_in_a_handler_is_raised_when_the_others_have_been_called(manager):
    seen = []

    def interrupted(_event):
        raise KeyboardInterrupt

    end = manager.on("updated", interrupted)
    manager.on("updated", seen.append)
    with pytest.raises(KeyboardInterrupt):
        manager.register_tasks(42, 1)
    end()
    assert manager.get_state(42).total == 1
    manager.complete_task(42)
    assert len(seen) == 2


def test_what_a_handler_changes_is_announced_after_the_change_that_it_heard_of(manager):
    seen = []

    def complete_it(event):
        if event.task.status == "queued":
            manager.complete_task(42, event.task.id)

    manager.on("task", complete_it)
    manager.on("task", lambda event: seen.append(event.task.status))
    manager.on("progress-complete", lambda event: seen.append(event.name))
    manager.register_tasks(42, 2)
    assert seen == ["queued", "queued", "succeeded", "succeeded", "progress-complete"]


def test_an_unknown_event_and_a_handler_that_is_none_are_refused(manager):
    with pytest.raises(ValueError, match="there is no event 'done'; there are started"):
        manager.on("done", print)
    with pytest.raises(TypeError, match="callable"):
        manager.on("updated", None)


def test_an_event_shows_its_own_change_whenever_it_is_looked_at(manager):
    events = []
    for name in ("task", "updated", "image-completed"):
        manager.on(name, events.append)
    (task,) = manager.register_tasks(42, 1)
    manager.start_task(42, task)
    manager.complete_task(42, task, image=IMAGE)
    manager.register_tasks(42, 5)
    told = [event for event in events if event.task is not None and event.task.id == task]
    assert [event.task.status for event in told] == ["queued", "running", "succeeded", "succeeded"]
    assert [event.state.succeeded for event in told] == [0, 0, 1, 1]
    assert [event.image for event in told] == [None, None, None, IMAGE]
    assert told[-1].task == manager.get_task(42, task)
    assert told[1].state.running == 1
    assert told[1].state is told[1].state
    assert told[1].task is told[1].task
    assert "name='task'" in repr(told[0])
    assert isinstance(told[0], ProgressEvent)


def test_an_event_can_be_copied_and_compared(manager):
    events = []
    manager.on("updated", events.append)
    manager.register_tasks(42, 1)
    copied = copy.copy(events[0])
    assert copied == ProgressEvent("updated", 42, manager.get_state(42))
    assert events[0] == events[0]


# Finished messages


def test_the_newest_two_hundred_finished_messages_stay(manager):
    cleared = []
    manager.on("cleared", lambda event: cleared.append(event.message_id))
    manager.register_tasks("unfinished", 1)
    for message_id in range(205):
        manager.register_tasks(message_id, 1)
    for message_id in range(205):
        manager.complete_task(message_id)
    assert cleared == [0, 1, 2, 3, 4]
    assert manager.tracked_messages == ("unfinished", *range(5, 205))
    manager.flush()
    assert list(manager.messages) == ["unfinished", *range(5, 205)]


def test_a_message_that_goes_on_is_not_cleared_as_a_finished_one(manager):
    for message_id in range(200):
        manager.register_tasks(message_id, 1)
        manager.complete_task(message_id)
    manager.register_tasks(0, 1)
    manager.register_tasks("new", 1)
    manager.complete_task("new")
    assert manager.is_tracking(0)
    assert manager.is_tracking(1)
    manager.complete_task(0)
    assert manager.is_tracking(0)
    assert not manager.is_tracking(1)


# Timeouts


def test_a_task_past_its_timeout_fails_and_says_so(manager, clock, caplog):
    task = manager.register_task(42, "sea", prompt="a sea", timeout=30)
    seen = record(manager)
    clock.now += 29.9
    assert manager.get_state(42).queued == 1
    clock.now += 0.2
    assert manager.get_state(42).failed == 1
    task = manager.get_task(42, "sea")
    assert isinstance(task.error, TaskTimeout)
    assert (task.error.prompt, task.attempt) == ("a sea", 0)
    assert "a sea" in str(task.error)
    assert "task 'sea' of message 42 was not started within 30 s" in caplog.text
    assert names(seen) == ["task", "updated", "progress-complete"]


@pytest.mark.parametrize(
    "query",
    [
        lambda manager: manager.is_complete(42),
        lambda manager: manager.get_state(42).failed == 1,
        lambda manager: manager.get_progress(42) == 100.0,
        lambda manager: manager.get_tasks(42)[0].status == "failed",
        lambda manager: manager.check_timeouts() is None and manager.messages[42].failed == 1,
    ],
)
def test_every_query_sees_to_the_timeouts(manager, clock, query):
    manager.register_tasks(42, 1, timeout=30)
    clock.now += 31
    assert query(manager)


def test_a_timeout_counts_anew_from_each_start_and_not_while_waiting(manager, clock):
    (task,) = manager.register_tasks(42, 1, timeout=10)

    def after(seconds):
        clock.now += seconds
        return manager.get_task(42, task).status

    assert after(9) == "queued"
    manager.wait_task(42, task, reason="rate limit", until=clock.now + 60)
    assert after(60) == "waiting"
    manager.start_task(42, task)
    assert after(9) == "running"
    manager.retry_task(42, task, delay=60)
    assert after(60) == "retrying"
    manager.start_task(42, task)
    assert after(9) == "running"
    assert after(2) == "failed"
    assert manager.get_task(42, task).attempt == 2
    manager.retry_task(42, task)
    assert after(9) == "queued"
    assert after(2) == "failed"


def test_a_finished_or_cleared_task_times_out_no_more(manager, clock, caplog):
    a, _ = manager.register_tasks(42, 2, timeout=10)
    manager.register_tasks(43, 1, timeout=10)
    manager.complete_task(42, a)
    manager.clear(43)
    manager.register_tasks(43, 1)
    clock.now += 11
    assert [task.status for task in manager.get_tasks(42)] == ["succeeded", "failed"]
    assert manager.get_state(43).queued == 1
    assert len(caplog.records) == 1


# Waiting


def test_waiting_ends_when_nothing_is_unfinished(manager):
    async def main():
        manager.register_tasks(42, 2)
        waiting = asyncio.create_task(manager.wait_all_complete(42))
        manager.complete_task(42)
        await asyncio.sleep(1)
        assert not waiting.done()
        manager.fail_task(42)
        await waiting

    run(main)


def test_a_clear_releases_who_waits(manager):
    async def main():
        manager.register_tasks(42, 2)
        waiting = [asyncio.create_task(manager.wait_all_complete(42)) for _ in range(3)]
        await asyncio.sleep(1)
        manager.clear(42)
        await asyncio.gather(*waiting)

    run(main)


def test_waiting_past_its_time_says_for_which_message(manager):
    async def main():
        manager.register_tasks(42, 2)
        with pytest.raises(TimeoutError, match="message 42"):
            await manager.wait_all_complete(42, timeout=5)
        assert asyncio.get_running_loop().time() == 1_005.0
        manager.register_tasks("none", 0)
        await manager.wait_all_complete("none", timeout=0)

    run(main)
    assert manager.get_state(42).pending == 2


def test_who_waited_is_forgotten_however_it_ended(manager):
    async def main():
        manager.register_tasks(42, 2)
        gone = asyncio.create_task(manager.wait_all_complete(42))
        await asyncio.sleep(1)
        gone.cancel()
        with pytest.raises(TimeoutError):
            await manager.wait_all_complete(42, timeout=1)
        assert gone.cancelled()
        assert not manager._ledger.waiters._of_message
        waiting = asyncio.create_task(manager.wait_all_complete(42))
        await asyncio.sleep(0)
        manager.clear(42)
        await waiting
        assert not manager._ledger.waiters._of_message

    run(main)


def test_a_waiter_on_a_closed_loop_harms_nobody(manager):
    manager.register_tasks(42, 1)
    loop = asyncio.new_event_loop()
    waiting = loop.create_task(manager.wait_all_complete(42))
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    assert manager.complete_task(42)
    assert manager.is_complete(42)
    waiting._log_destroy_pending = False


# The trait


def test_where_no_loop_runs_the_caller_notifies(manager):
    seen = []
    manager.observe(lambda change: seen.append(change.new[42].completed), "messages")
    manager.register_tasks(42, 2)
    manager.complete_task(42)
    manager.complete_task(42)
    assert seen == [0, 1, 2]


def test_without_a_loop_there_are_no_more_than_twenty_notices_a_second(manager):
    seen, began = [], time.monotonic()
    manager.observe(lambda _: seen.append(1), "messages")
    for _ in range(1_000):
        manager.register_tasks(42, 1)
        manager.complete_task(42)
    assert len(seen) <= 20 * (1 + int(time.monotonic() - began))
    assert manager.messages[42].completed == 1_000  # reading it never lags behind


async def test_without_a_loop_the_last_state_arrives_too(manager):
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    manager.observe(
        lambda change: change.new[42].completed == 50 and loop.call_soon_threadsafe(done.set),
        "messages",
    )

    def script():
        for _ in range(50):
            manager.register_tasks(42, 1)
            manager.complete_task(42)

    await asyncio.to_thread(script)
    await done.wait()


def test_on_a_loop_notices_are_coalesced_and_the_last_state_arrives(manager):
    times = []

    async def main():
        loop = asyncio.get_running_loop()
        manager.observe(lambda _: times.append(loop.time()), "messages")
        manager.register_tasks(42, 1_000)
        assert times == []
        for _ in range(1_000):
            manager.complete_task(42)
            await asyncio.sleep(0.002)
        await asyncio.sleep(1)

    run(main)
    assert manager.messages[42].completed == 1_000
    assert 30 <= len(times) <= 42
    assert min(b - a for a, b in pairwise(times)) >= 0.05 - 1e-9


def test_nothing_is_notified_while_nothing_changes(manager):
    seen = []

    async def main():
        manager.observe(lambda _: seen.append(1), "messages")
        manager.register_tasks(42, 1)
        await asyncio.sleep(60)
        manager.flush()

    run(main)
    assert len(seen) == 1


def test_a_flush_brings_it_up_to_date_at_once(manager):
    async def main():
        manager.register_tasks(42, 1)
        assert 42 not in manager.messages
        manager.flush()
        assert manager.messages[42].queued == 1
        manager.complete_task(42)
        manager.flush()
        assert manager.messages[42].succeeded == 1
        manager.clear(42)
        manager.flush()
        assert dict(manager.messages) == {}

    run(main)


def test_a_notice_that_a_flush_came_before_is_not_given_too_early(manager):
    times = []

    async def main():
        loop = asyncio.get_running_loop()
        manager.observe(lambda _: times.append(round(loop.time() - 1_000, 3)), "messages")
        manager.register_tasks(42, 3)
        await asyncio.sleep(0.01)
        manager.complete_task(42)  # due at 0.05
        await asyncio.sleep(0.01)
        manager.flush()
        manager.complete_task(42)  # due 0.05 after the flush
        await asyncio.sleep(1)

    run(main)
    assert times == [0.0, 0.02, 0.07]


def test_the_mapping_is_read_only_and_a_former_one_stays_as_it_was(manager):
    manager.register_tasks(42, 1)
    before = manager.messages
    with pytest.raises(TypeError):
        before[42] = None
    with pytest.raises(traitlets.TraitError):
        manager.messages = {}
    manager.complete_task(42)
    assert before[42].queued == 1
    assert manager.messages[42].succeeded == 1


def test_an_observer_that_raises_is_logged_and_harms_no_other(manager, caplog):
    seen = []

    def bad(_change):
        raise RuntimeError("no")

    manager.observe(bad, "messages")
    manager.observe(lambda change: seen.append(change.new[42].total))
    manager.register_tasks(42, 1)
    assert seen == [1]
    assert "an observer of 'messages' failed" in caplog.text


def test_a_subclass_may_declare_an_observer():
    seen = []

    class Watching(ProgressManager):
        @traitlets.observe("messages")
        def _look(self, change):
            seen.append(change.new[42].total)

    Watching().register_tasks(42, 1)
    assert seen == [1]


def test_an_observer_may_change_and_flush_and_all_see_the_same_order(manager):
    first, second = [], []

    def changing(change):
        first.append(change.new[42].completed)
        if change.new[42].pending:
            manager.complete_task(42)
            manager.flush()

    manager.observe(changing, "messages")
    manager.observe(lambda change: second.append(change.new[42].completed), "messages")
    manager.register_tasks(42, 2)
    assert first == second == [0, 1, 2]


def test_what_an_observer_changes_is_told_after_the_change_that_it_saw(manager, caplog):
    heard = []
    manager.on("task", lambda event: heard.append(event.task.status))

    def changing(change):
        if change.new[42].queued:
            manager.complete_task(42)

    manager.observe(changing, "messages")
    manager.register_tasks(42, 1)
    assert heard == ["queued", "succeeded"]
    assert caplog.records == []  # nor did it wait for itself


@pytest.mark.parametrize("closed", [True, False])
def test_a_loop_that_has_ended_does_not_break_later_notices(manager, closed):
    seen = []
    manager.observe(lambda change: seen.append(change.new[42].completed), "messages")

    async def change():
        manager.register_tasks(42, 1)
        manager.complete_task(42)

    loop = asyncio.new_event_loop()
    loop.run_until_complete(change())  # ends before the notice is given
    if closed:
        loop.close()
    assert manager.messages[42].completed == 1
    manager.register_tasks(42, 1)
    manager.complete_task(42)
    assert seen[-1] == 2
    run(change)
    assert manager.messages[42].completed == 3
    manager.flush()
    assert seen[-1] == 3
    loop.close()


async def test_the_last_state_arrives_even_if_the_loop_ends_with_the_wait(manager):
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    manager.observe(
        lambda change: change.new[42].succeeded == 2 and loop.call_soon_threadsafe(done.set),
        "messages",
    )

    async def script():
        manager.register_tasks(42, 2)
        manager.flush()
        asyncio.get_running_loop().call_soon(manager.complete_task, 42)
        asyncio.get_running_loop().call_soon(manager.complete_task, 42)
        await manager.wait_all_complete(42)

    manager._coalescer._loop = None  # as if this loop had never been seen
    await asyncio.to_thread(asyncio.run, script())
    await done.wait()


def test_a_notice_on_another_loop_does_not_wait_for_the_clock_of_the_one_before(manager):
    async def first():
        await asyncio.sleep(5_000)
        manager.register_tasks(1, 1)
        await asyncio.sleep(0.1)

    async def second():
        manager.register_tasks(2, 1)
        await asyncio.sleep(0.1)
        assert 2 in manager.messages

    run(first)
    run(second)


# Nothing leaks


def test_a_manager_that_is_dropped_is_freed_though_deadlines_are_pending():
    manager = ProgressManager()
    manager.on("task", lambda _: None)
    manager.register_tasks(42, 3, timeout=3600)
    gone = weakref.ref(manager)
    deadlines = manager._ledger._deadlines
    del manager
    gc.collect()
    assert gone() is None
    with deadlines._changed:
        deadlines.set("wake", 0.0)  # the thread finds its manager gone
    deadlines._thread.join(10)
    assert not deadlines._thread.is_alive()


def test_an_image_is_freed_with_its_cleared_message(manager):
    class Held(str):
        __slots__ = ("__weakref__",)

    error = Held("no")
    gone = weakref.ref(error)
    manager.register_tasks(42, 1, timeout=60)
    manager.fail_task(42, error=error)
    manager.flush()
    manager.clear(42)
    manager.flush()
    del error
    gc.collect()
    assert gone() is None


async def test_the_timer_fires_by_itself_and_its_thread_lives_no_longer():
    manager = ProgressManager()
    manager.register_tasks(42, 1, timeout=0.05)
    manager.register_tasks(43, 1, timeout=3600)
    thread = manager._ledger._deadlines._thread
    assert thread.daemon
    await manager.wait_all_complete(42)
    assert manager.get_state(42).failed == 1
    assert thread.is_alive()
    manager.clear(43)
    await until(lambda: not thread.is_alive())
    assert manager._ledger._deadlines._thread is None


def test_the_clock_is_unix_time_and_never_steps_back():
    assert abs(now() - time.time()) < 60
    times = [now() for _ in range(1_000)]
    assert times == sorted(times)


def test_the_kernel_has_one_manager():
    assert isinstance(progress_manager, ProgressManager)


def test_what_changes_while_states_are_reckoned_is_in_the_next_ones(manager, monkeypatch):
    # As when garbage collection lets go of a session just then.
    due = []
    reckon = MessageTasks.state

    def state(tasks, moment):
        while due:
            due.pop()()
        return reckon(tasks, moment)

    manager.register_tasks("a", 1)
    manager.register_tasks("b", 1)
    states = manager._ledger.states
    monkeypatch.setattr(MessageTasks, "state", state)
    for message_id in "ab":
        states.touch(message_id)
    due.append(lambda: states.touch("c"))
    states.peek()
    due.append(lambda: states.touch("d"))
    states.take()
    assert set(states._touched) == {"d"}


def test_a_wait_and_a_retry_of_which_nothing_is_said_have_no_reason_and_no_delay(manager, clock):
    first, second = manager.register_tasks("m", 2)
    manager.wait_task("m", first)
    manager.start_task("m", second)
    manager.retry_task("m", second)
    waiting, retrying = manager.get_tasks("m")
    assert (waiting.status, waiting.reason, waiting.until) == ("waiting", "", None)
    assert (retrying.status, retrying.reason, retrying.until) == ("retrying", "", clock.now)


def test_a_task_that_ran_out_of_time_and_its_message_say_when(manager, clock):
    manager.register_tasks("m", 1, timeout=5.0)
    manager.start_task("m")
    clock.now += 6.0
    (task,) = manager.get_tasks("m")
    assert (task.status, task.completed_at) == ("failed", clock.now)
    assert manager.get_state("m").completed_at == clock.now
