"""The events of a change: their order, what they carry, and who hears them."""

import copy

import pytest
from unit.progress_kit import IMAGE, names, record

from nbkit.models import ProgressEvent


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
