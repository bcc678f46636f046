"""The estimate that events carry, and which finished messages stay while somebody holds them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.progress_kit import Clock

from nbkit._progress.entries import Line
from nbkit._progress.events import NotedEvent
from nbkit._progress.retention import KEPT, Retention
from nbkit._progress.tasks import MessageTasks
from nbkit.progress import ProgressManager


def eta_of(note):
    """The estimate that an event shows which was noted so."""
    return NotedEvent("updated", 42, note).state.eta


def estimates(manager):
    """Keep the estimate of each change, as its event tells it."""
    told = []
    manager.on("updated", lambda event: told.append(event.state.eta))
    return told


def test_an_event_tells_how_long_its_message_will_still_take(manager, clock):
    told = estimates(manager)
    manager.register_tasks(42, 4)
    for _ in range(4):
        manager.start_task(42)
        clock.now += 10.0
        manager.complete_task(42)
    # Nothing is known before the first has ended; then three are left, one at a time as before.
    assert told == [None, None, 30.0, 30.0, 20.0, 20.0, 10.0, 10.0, 0.0]


def test_the_estimate_of_an_event_is_at_most_a_twentieth_of_a_second_old():
    tasks = MessageTasks(42)
    for name in "abc":
        tasks.add(name, 0.0)
    tasks.start(tasks.get("a"), 0.0)
    tasks.complete(tasks.get("a"), 10.0, None)
    assert eta_of(tasks.note(10.0)) == 20.0
    assert eta_of(tasks.note(10.02)) == pytest.approx(19.98)  # nothing but time has gone by
    tasks.add("d", 10.04)  # another ten seconds, which are not reckoned yet
    assert eta_of(tasks.note(10.04)) == pytest.approx(19.96)
    tasks.wait(tasks.get("b"), 10.06, "", None)
    assert eta_of(tasks.note(10.06)) == pytest.approx(30.0)
    tasks.cancel(tasks.get("b"), 10.06)
    assert tasks.state(10.06).eta == pytest.approx(20.0)  # who asks has it exactly


def test_an_estimate_that_has_passed_is_nothing_and_not_less():
    tasks = MessageTasks(42)
    for name in "ab":
        tasks.add(name, 0.0)
    tasks.start(tasks.get("a"), 0.0)
    tasks.complete(tasks.get("a"), 0.01, None)
    assert eta_of(tasks.note(0.01)) == pytest.approx(0.01)
    tasks.start(tasks.get("b"), 0.01)
    assert eta_of(tasks.note(0.05)) == 0.0


def test_who_asks_for_a_state_gets_an_estimate_of_that_moment(manager, clock):
    manager.register_tasks(42, 3)
    manager.start_task(42)
    clock.now += 10.0
    manager.complete_task(42)
    assert manager.get_state(42).eta == 20.0
    manager.register_tasks(42, 1)
    assert manager.get_state(42).eta == 30.0


@settings(deadline=None)
@given(st.lists(st.floats(0.0, 20.0), min_size=3, max_size=8), st.floats(0.0, 30.0))
def test_tasks_that_all_run_take_as_long_as_the_one_that_is_expected_to_end_last(gaps, later):
    clock = Clock()
    manager, begun = ProgressManager(clock=clock), []
    manager.register_tasks(42, len(gaps) + 1)
    manager.start_task(42)
    clock.now += 10.0
    manager.complete_task(42)
    for gap in gaps:
        clock.now += gap
        begun.append(clock.now)
        manager.start_task(42)
    clock.now += later
    expected = max(abs(start + 10.0 - clock.now) for start in begun)
    assert manager.get_state(42).eta == pytest.approx(expected)


def test_two_events_of_one_change_tell_the_same_state(manager, clock):
    states = []
    for name in ("task", "updated"):
        manager.on(name, lambda event: states.append(event.state))
    manager.register_tasks(42, 1)
    clock.now += 1.0
    manager.start_task(42)
    assert len(states) == 4
    assert states[0] is states[1]
    assert states[2] is states[3]
    assert (states[0].running, states[2].running) == (0, 1)


def test_the_task_of_an_unknown_id_is_none(manager):
    manager.register_task(42, "a")
    assert manager.get_task(42, "b") is None
    assert manager.get_task(43, "a") is None
    assert manager.get_task(42, "a").id == "a"


def test_a_hold_ends_with_the_last_of_its_releases():
    kept = Retention()
    kept.hold(42)
    kept.hold(42)
    assert kept.release(42) is False
    assert kept.release(42) is True
    kept.hold(42)
    assert kept.release(42) is True


def test_a_message_that_is_held_is_let_go_after_its_last_release_alone(manager):
    for message_id in ("held", "free"):
        manager.register_tasks(message_id, 1)
    manager.hold("held")
    manager.hold("held")
    manager.complete_task("held")
    manager.complete_task("free")
    for number in range(KEPT):
        manager.register_tasks(number, 1)
        manager.complete_task(number)
    assert manager.is_tracking("held")
    assert not manager.is_tracking("free")
    manager.release("held")
    manager.register_tasks("one", 1)
    manager.complete_task("one")
    assert manager.is_tracking("held")  # somebody holds it still
    cleared = []
    manager.on("cleared", lambda event: cleared.append(event.message_id))
    manager.release("held")  # from here on it is the newest that has finished
    assert not manager.is_tracking(1)
    assert cleared == [1]
    for number in range(KEPT):
        assert manager.is_tracking("held"), number
        manager.register_tasks(f"later {number}", 1)
        manager.complete_task(f"later {number}")
    assert not manager.is_tracking("held")


def test_a_finished_message_that_is_held_from_then_on_is_not_let_go(manager):
    for number in range(2 * KEPT):
        manager.register_tasks(number, 1)
        manager.complete_task(number)
        if number == 0:
            manager.hold(number)
    assert manager.is_tracking(0)
    assert not manager.is_tracking(1)
    manager.release(0)
    assert manager.is_tracking(0)
    assert len(manager.tracked_messages) == KEPT


def test_a_release_of_an_unfinished_or_a_cleared_message_lets_nothing_go(manager):
    manager.register_tasks("unfinished", 1)
    manager.hold("unfinished")
    manager.release("unfinished")
    manager.register_tasks("cleared", 1)
    manager.hold("cleared")
    manager.clear("cleared")
    manager.release("cleared")
    for number in range(KEPT):
        manager.register_tasks(number, 1)
        manager.complete_task(number)
    assert manager.tracked_messages == ("unfinished", *range(KEPT))


def test_there_is_no_estimate_while_a_message_is_paused(manager, clock):
    told = estimates(manager)
    manager.register_tasks(42, 2)
    manager.start_task(42)
    clock.now += 10.0
    manager.complete_task(42)
    assert manager.get_state(42).eta == 10.0
    manager.set_limits(42, paused=True)
    assert manager.get_state(42).eta is None
    manager.start_task(42)
    assert told[-1] is None
    manager.set_limits(42)
    assert manager.get_state(42).eta == 10.0


def test_the_end_of_an_unfinished_message_tells_what_was_left_to_do(manager, clock):
    told = []
    manager.on("cleared", lambda event: told.append(event.state.eta))
    manager.register_tasks(42, 3)
    manager.start_task(42)
    clock.now += 10.0
    manager.complete_task(42)
    clock.now += 1.0
    manager.clear(42)
    assert told == [20.0]


def test_new_limits_are_a_change_that_the_trait_tells(manager, clock):
    told = []
    manager.observe(lambda change: told.append(change.new[42].eta), "messages")
    manager.register_tasks(42, 5)
    manager.start_task(42)
    clock.now += 10.0
    manager.complete_task(42)
    manager.set_limits(42, max_concurrency=4)
    assert told[-2:] == [40.0, 10.0]


def test_a_sleeping_retry_holds_up_itself_alone(manager, clock):
    manager.register_tasks(42, 5)
    manager.start_task(42)
    clock.now += 10.0
    manager.complete_task(42)
    assert manager.get_state(42).eta == 40.0
    manager.start_task(42)
    clock.now += 10.0
    manager.retry_task(42, delay=100.0)
    assert manager.get_state(42).eta == pytest.approx(110.0)
    manager.wait_task(42)  # for nobody knows how long
    assert manager.get_state(42).eta == pytest.approx(50.0)


def test_of_run_times_the_latest_64_count_and_of_starts_no_more_than_1000_are_kept(manager, clock):
    manager.register_tasks(42, 2_001)
    for seconds in [100.0] * 100 + [1.0] * 64:
        manager.start_task(42)
        clock.now += seconds
        manager.complete_task(42)
    assert manager.get_state(42).eta == pytest.approx(2_001.0 - 164.0)
    for _ in range(1_500):
        manager.start_task(42)
        manager.complete_task(42)
    assert len(manager._ledger.records[42]._starts) == 1_000


def test_a_task_of_which_nothing_more_is_known_has_empty_metadata(manager):
    manager.register_tasks(42, 1)
    manager.register_task(42, "a", place=3)
    assert [dict(task.metadata) for task in manager.get_tasks(42)] == [{}, {"place": 3}]


def test_a_timeout_says_whether_the_task_had_been_started(manager, clock):
    manager.register_task(42, "waits", prompt="sea", timeout=5.0)
    manager.register_task(42, "runs", prompt="sky", timeout=7.0)
    manager.start_task(42, "runs")
    clock.now += 8.0
    errors = [str(task.error) for task in manager.get_tasks(42)]
    assert errors == [
        "the image was not started within 5 s: sea",
        "the image took longer than 7 s: sky",
    ]


def test_tasks_that_are_tried_again_and_again_stand_in_each_line_once():
    tasks = MessageTasks(42)
    for name in "ab":
        tasks.add(name, 0.0)
    for _ in range(500):
        for name in "ba":
            tasks.start(tasks.get(name), 0.0)
            tasks.retry(tasks.get(name), 0.0, 1.0, "")
    lines = [each for each in vars(tasks).values() if isinstance(each, Line)]
    assert len(lines) > 2
    assert max(len(line._first) + len(line._again) for line in lines) <= 2
    assert tasks.find("start", None) is tasks.get("a")


def test_a_task_that_took_too_long_counts_in_the_estimate_as_long_as_it_ran(manager, clock):
    manager.register_tasks(42, 2)
    manager.register_task(42, "slow", timeout=10.0)
    manager.start_task(42, "slow")
    clock.now += 10.0
    manager.check_timeouts()
    assert manager.get_task(42, "slow").status == "failed"
    assert manager.get_state(42).eta == 20.0


def test_an_observer_of_one_message_hears_of_it_where_nobody_observes_all(manager):
    seen = []
    manager.on("task", lambda event: seen.append(event.task.status), message_id=42)
    manager.register_tasks(42, 1)
    manager.start_task(42)
    manager.complete_task(42)
    assert seen == ["queued", "running", "succeeded"]


def test_a_timeout_names_the_prompt_only_where_there_is_one(manager, clock):
    manager.register_task(42, "silent", timeout=10.0)
    manager.register_task(42, "told", prompt="a fox", timeout=10.0)
    assert manager.get_task(42, "silent").prompt == ""
    clock.now += 10.0
    assert [str(task.error) for task in manager.get_tasks(42)] == [
        "the image was not started within 10 s",
        "the image was not started within 10 s: a fox",
    ]
