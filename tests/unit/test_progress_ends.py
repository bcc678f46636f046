"""How messages end: timeouts, waiting for the end, and what is kept and let go afterwards."""

import asyncio
import gc
import weakref

import pytest
from unit.progress_kit import names, record

from nbkit.errors import TaskTimeout
from nbkit.progress import ProgressManager
from nbkit.testing import run, until


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
    deadlines._thread.join(60)
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


def test_a_task_that_ran_out_of_time_and_its_message_say_when(manager, clock):
    manager.register_tasks("m", 1, timeout=5.0)
    manager.start_task("m")
    clock.now += 6.0
    (task,) = manager.get_tasks("m")
    assert (task.status, task.completed_at) == ("failed", clock.now)
    assert manager.get_state("m").completed_at == clock.now
