"""The progress manager called from many threads and loops at once."""

import asyncio
import logging
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from unit.progress_kit import held_by_its_handler

from nbkit._progress import handlers
from nbkit.models import EncodedImage
from nbkit.progress import ProgressManager
from nbkit.testing import until

THREADS = 8
IMAGE = EncodedImage(b"x", "image/png")


@pytest.fixture
def manager(monkeypatch):
    # A machine that stands still for seconds is no handler that hangs.
    monkeypatch.setattr(handlers, "PATIENCE", 600)
    return ProgressManager()


def at_once(*works):
    """Run each work in a thread of its own, all let go at one moment; raise what they raise."""
    barrier = threading.Barrier(len(works))

    def go(work):
        barrier.wait(60)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result(60) for future in [pool.submit(go, work) for work in works]]


def test_handlers_hear_the_changes_of_all_threads_in_their_order(manager):
    counts, finished = [], []
    manager.on("updated", lambda event: counts.append(event.state.completed))
    manager.on("progress-complete", lambda event: finished.append(event.state.completed))
    manager.register_tasks(42, THREADS * 200)

    def work():
        for _ in range(200):
            assert manager.complete_task(42)

    at_once(*[work] * THREADS)
    assert counts == list(range(THREADS * 200 + 1))
    assert finished == [THREADS * 200]


def test_each_handler_is_called_in_the_thread_that_made_the_change(manager):
    heard = {}
    ids = [manager.register_tasks(42, 100) for _ in range(THREADS)]
    manager.on("task", lambda event: heard.update({event.task.id: threading.get_ident()}))

    def work(own):
        for task_id in own:
            manager.complete_task(42, task_id)
        return threading.get_ident()

    for own, ident in zip(ids, at_once(*[lambda own=own: work(own) for own in ids]), strict=True):
        assert {heard[task_id] for task_id in own} == {ident}


def test_a_later_change_waits_for_the_handlers_of_an_earlier_one(manager):
    a, b = manager.register_tasks(42, 2)
    with held_by_its_handler(manager, a) as heard:
        second = threading.Thread(target=manager.complete_task, args=(42, b))
        second.start()
        while manager.get_state(42).succeeded < 2:  # the change itself waits for nobody
            pass
        assert heard == []
    second.join(60)
    assert heard == [a, b]


def test_handlers_that_change_things_in_many_threads_do_not_lock_each_other_out(manager):
    manager.register_tasks(42, THREADS * 50)
    manager.on("task", lambda event: event.task.status == "running" and manager.complete_task(42))

    def work():
        for _ in range(50):
            manager.start_task(42)

    at_once(*[work] * THREADS)
    state = manager.get_state(42)
    assert state.total == THREADS * 50
    assert state.succeeded >= 1
    assert not manager._ledger.handlers._line


def test_a_hung_handler_holds_up_the_others_for_a_bounded_time(manager, monkeypatch, caplog):
    monkeypatch.setattr(handlers, "PATIENCE", 0.05)
    a, b, c = manager.register_tasks(42, 3)
    with held_by_its_handler(manager, a) as heard:
        manager.complete_task(42, b)
        manager.complete_task(42, c)
        assert heard == [b, c]
        assert [entry.levelno for entry in caplog.records] == [logging.WARNING]
    assert heard == [b, c, a]
    assert not manager._ledger.handlers._line


def test_whatever_threads_do_the_counts_add_up_and_each_end_is_told_once(manager, caplog):
    caplog.set_level(logging.CRITICAL, "nbkit.progress")
    ended, started, completed = [], [], []
    manager.on("task", lambda event: event.task.completed_at and ended.append(event.task.id))
    manager.on("started", lambda event: started.append(event.message_id))
    manager.on("progress-complete", lambda event: completed.append(event.message_id))
    looking = threading.Event()

    def work(seed):
        rng = random.Random(seed)
        for _ in range(300):
            message_id = rng.randrange(3)
            act = rng.randrange(7)
            if act == 0:
                manager.register_tasks(message_id, rng.randrange(4))
            elif act == 1:
                manager.wait_task(message_id, reason="rate limit", until=None)
            elif act == 2 and rng.random() < 0.2:
                manager.clear(message_id)
            else:
                verb = rng.choice(["start", "complete", "fail", "cancel"])
                getattr(manager, f"{verb}_task")(message_id)

    def look():
        while not looking.is_set():
            for message_id in range(3):
                tasks = manager.get_tasks(message_id)
                state = manager.get_state(message_id)
                if state is not None:
                    assert state.total == state.pending + state.completed
                    assert state.total >= 0 <= state.pending
                assert len({task.id for task in tasks}) == len(tasks)

    watcher = threading.Thread(target=look)
    watcher.start()
    at_once(*[lambda seed=seed: work(seed) for seed in range(THREADS)])
    looking.set()
    watcher.join(60)
    assert not watcher.is_alive()
    assert len(set(ended)) == len(ended)
    for message_id in manager.tracked_messages:
        tasks, state = manager.get_tasks(message_id), manager.get_state(message_id)
        assert state.total == len(tasks)
        assert state.completed == sum(task.completed_at is not None for task in tasks)
    assert set(completed) <= set(started)


def test_one_task_is_completed_by_one_thread_alone(manager, caplog):
    caplog.set_level(logging.CRITICAL, "nbkit.progress")
    for task_id in manager.register_tasks(42, 100):
        won = at_once(*[lambda task_id=task_id: manager.complete_task(42, task_id)] * 3)
        assert won.count(True) == 1
    assert manager.get_state(42).succeeded == 100


def test_two_threads_that_name_one_task_get_it_once(manager):
    def register():
        try:
            return manager.register_task(42, "sea")
        except ValueError:
            return None

    won = at_once(*[register] * THREADS)
    assert won.count(None) == THREADS - 1
    assert manager.get_state(42).total == 1


async def test_a_change_in_a_thread_is_notified_on_the_loop(manager):
    where = set()
    manager.observe(lambda _: where.add(threading.get_ident()), "messages")
    manager.register_tasks(42, 100)

    def work():
        for _ in range(25):
            manager.complete_task(42)

    await asyncio.to_thread(at_once, *[work] * 4)
    await until(lambda: 42 in manager.messages and manager.messages[42].completed == 100)
    assert where == {threading.get_ident()}


async def test_a_flush_from_a_thread_is_made_on_the_loop(manager):
    where = []
    manager.observe(lambda _: where.append(threading.get_ident()), "messages")
    manager.register_tasks(42, 1)
    await asyncio.to_thread(manager.flush)
    await until(lambda: bool(where))
    assert where == [threading.get_ident()]


async def test_the_main_threads_loop_is_preferred_to_another_threads(manager):
    where = []
    manager.observe(lambda _: where.append(threading.get_ident()), "messages")
    go_on = threading.Event()

    async def elsewhere():
        manager.register_tasks(42, 2)
        manager.flush()
        await asyncio.to_thread(go_on.wait, 60)
        manager.complete_task(42)

    other = threading.Thread(target=asyncio.run, args=(elsewhere(),))
    other.start()
    await until(lambda: bool(where))
    assert where == [other.ident]
    manager.complete_task(42)
    go_on.set()
    await asyncio.to_thread(other.join, 60)
    await until(lambda: manager.messages[42].completed == 2)
    assert set(where[1:]) == {threading.get_ident()}


def test_without_a_loop_observers_are_never_called_twice_at_a_time(manager):
    inside, overlaps = [], []

    def observe(_change):
        overlaps.append(len(inside))
        inside.append(1)
        manager.get_progress(42)
        inside.pop()

    manager.observe(observe, "messages")
    manager.register_tasks(42, THREADS * 100)

    def work():
        for _ in range(100):
            manager.complete_task(42)
            manager.flush()

    at_once(*[work] * THREADS)
    manager.flush()
    assert set(overlaps) == {0}
    assert manager.messages[42].completed == THREADS * 100


def test_loops_in_many_threads_wait_for_one_message(manager):
    manager.register_tasks(42, 1)
    waiting = threading.Barrier(THREADS + 1)

    async def wait():
        task = asyncio.create_task(manager.wait_all_complete(42, timeout=60))
        await asyncio.sleep(0)
        waiting.wait(60)
        await task

    def complete():
        waiting.wait(60)
        manager.complete_task(42)

    at_once(*[lambda: asyncio.run(wait())] * THREADS, complete)
    assert not manager._ledger.waiters._of_message


async def test_a_message_completed_in_a_thread_releases_a_wait_on_the_loop(manager):
    manager.register_tasks(42, 10)
    with ThreadPoolExecutor(4) as pool:
        work = [pool.submit(manager.complete_task, 42, image=IMAGE) for _ in range(10)]
        await manager.wait_all_complete(42, timeout=60)
    assert all(future.result() for future in work)
    assert manager.get_state(42).succeeded == 10


def test_a_loop_closed_at_the_moment_of_a_change_harms_nothing(manager):
    class Closing:
        """A loop that still says it runs, and is closed when it is called."""

        running = True

        def is_running(self):
            return self.running

        def is_closed(self):
            return not self.running

        def call_soon_threadsafe(self, *_):
            self.running = False
            raise RuntimeError("Event loop is closed")

    for act in (lambda: manager.complete_task(42), manager.flush):
        manager.register_tasks(42, 1)
        manager._coalescer._loop = Closing()
        act()
        assert manager.messages == manager.messages
        manager.flush()
        assert manager.messages[42] == manager.get_state(42)


def test_timeouts_of_many_threads_each_fire_once(manager):
    failed = []
    manager.on("task", lambda event: event.task.status == "failed" and failed.append(event.task.id))
    ids = at_once(
        *[lambda n=n: manager.register_tasks(n, 20, timeout=0.01 * (n + 1)) for n in range(4)]
    )

    async def wait():
        await asyncio.gather(*(manager.wait_all_complete(n, timeout=60) for n in range(4)))
        await until(lambda: len(failed) >= 80)  # its thread calls the handlers afterwards

    asyncio.run(wait())
    assert sorted(failed) == sorted(task_id for own in ids for task_id in own)
