"""What is registered, and what a progress manager says of it."""

import time

import pytest
from unit.progress_kit import IMAGE, names, record

from nbkit.models import MessageState
from nbkit.progress import ProgressManager, now, progress_manager


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
    manager.register_tasks(42, 0)
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


def test_the_clock_is_unix_time_and_never_steps_back():
    assert abs(now() - time.time()) < 60
    times = [now() for _ in range(1_000)]
    assert times == sorted(times)


def test_the_kernel_has_one_manager():
    assert isinstance(progress_manager, ProgressManager)
