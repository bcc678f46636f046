"""The transitions of tasks: which are legal, and what they leave behind."""

import logging

import pytest
from unit.progress_kit import IMAGE, record


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


def test_what_is_started_or_waits_without_an_id_does_not_run_yet(manager):
    manager.register_tasks(42, 3)
    manager.start_task(42)
    manager.start_task(42)
    manager.wait_task(42)
    assert [task.status for task in manager.get_tasks(42)] == ["running", "running", "waiting"]
    assert [task.attempt for task in manager.get_tasks(42)] == [1, 1, 0]


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
    assert said[1] == (
        "message 42 has no task to fail: none is one of queued, retrying, running, waiting"
    )
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
    caplog.clear()
    manager.register_tasks("m", 1)
    manager.register_tasks("m", 1)
    manager.start_task("m")
    manager.fail_task("m")
    manager.cancel_task("m")
    assert [entry.getMessage() for entry in caplog.records] == [
        "Registered 1 task for message m",
        "Registered 1 task for message m",
        "Task failed for message m (1/2)",
        "Task cancelled for message m (2/2)",
        "All tasks completed for message m",
    ]


def test_a_wait_and_a_retry_of_which_nothing_is_said_have_no_reason_and_no_delay(manager, clock):
    first, second = manager.register_tasks("m", 2)
    manager.wait_task("m", first)
    manager.start_task("m", second)
    manager.retry_task("m", second)
    waiting, retrying = manager.get_tasks("m")
    assert (waiting.status, waiting.reason, waiting.until) == ("waiting", "", None)
    assert (retrying.status, retrying.reason, retrying.until) == ("retrying", "", clock.now)
