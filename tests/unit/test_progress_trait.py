"""The trait that widgets observe: coalesced, and always at the last state in the end."""

import asyncio
import time
from itertools import pairwise

import pytest
import traitlets

from nbkit._progress.tasks import MessageTasks
from nbkit.progress import ProgressManager
from nbkit.testing import run


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
