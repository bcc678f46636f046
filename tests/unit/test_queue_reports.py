"""What a queue tells the progress manager, also where somebody else has had a hand in it."""

import asyncio

import pytest
from queue_kit import Backend, Bench, hang, on_loop, settle

from nbkit.errors import BackendError
from nbkit.progress import ProgressManager


class Watched(ProgressManager):
    """A manager that keeps the limits that it is told."""

    def __init__(self):
        super().__init__(clock=asyncio.get_running_loop().time)
        self.told = []

    def set_limits(self, message_id, **limits):
        self.told.append(limits)
        return super().set_limits(message_id, **limits)


LIMITS = {"max_concurrency": 3, "min_interval": 0.5, "max_rate": 90.0, "paused": False}
GIVEN = {name: limit for name, limit in LIMITS.items() if name != "paused"}


@on_loop
async def test_limits_are_told_with_the_first_task_and_then_when_they_change():
    manager = Watched()
    bench = Bench(Backend(1.0), manager=manager, **GIVEN)
    assert manager.told == []
    bench.submit("a", "b", "c")
    assert manager.told == [LIMITS]
    bench.queue.start()
    bench.submit("d")
    assert manager.told == [LIMITS]
    bench.queue.max_concurrency = 1
    assert manager.told == [LIMITS, {**LIMITS, "max_concurrency": 1}]
    bench.queue.pause()
    bench.queue.resume()
    assert [each["paused"] for each in manager.told] == [False, False, True, False]
    await bench.queue.drain()
    assert len(manager.told) == 4


@on_loop
async def test_limits_are_told_too_where_tasks_had_failed_before_the_first():
    manager = Watched()
    bench = Bench(Backend(1.0), manager=manager, **GIVEN)
    failed = bench.queue.submit_failed("a", BackendError("the kernel was killed"))
    assert manager.told == []  # nothing is to be made yet
    bench.submit("b")
    assert manager.told == [LIMITS]
    await bench.finish()
    bench.queue.retry(failed)
    assert manager.told == [LIMITS, LIMITS]
    await bench.queue.drain()
    assert bench.statuses == ["succeeded", "succeeded"]


@on_loop
async def test_limits_are_told_again_to_a_manager_that_had_let_go_of_the_message():
    bench = Bench(Backend(10.0), max_concurrency=4)
    bench.submit("a")
    await bench.finish()
    bench.manager.clear(42)
    bench.submit("b", "c", "d", "e")
    bench.submit("f", "g", "h", "i")
    bench.queue.start()
    await asyncio.sleep(10.5)
    # Four at a time, though no more than these have been seen: ten seconds less a half.
    assert bench.state.eta == pytest.approx(9.5)
    await bench.queue.drain()


@on_loop
async def test_a_task_that_had_failed_before_and_fails_again_names_its_prompt():
    bench = Bench(Backend(0, {"a red fox": [ConnectionError("gone")]}), retries=0)
    error = BackendError("the kernel was killed")
    task = bench.queue.submit_failed("a red fox", error)
    assert bench.task(task).error is error
    assert bench.queue.retry(task)
    await bench.finish()
    assert bench.task(task).status == "failed"
    assert bench.task(task).error.prompt == "a red fox"
    assert "a red fox" in str(bench.task(task).error)
    assert bench.results == [("a red fox", "failed")]


def spoils(bench, act, error):
    """Make an attempt that fails in the very step in which somebody else acts."""

    async def attempt(request, on_preview):
        await asyncio.sleep(1.0)
        act(bench[0])
        raise error

    return attempt


ENDS = {
    "clear": lambda bench: bench.manager.clear(42),
    "fail": lambda bench: bench.manager.fail_task(42),
    "cancel": lambda bench: bench.manager.cancel_task(42),
    "complete": lambda bench: bench.manager.complete_task(42),
}


@pytest.mark.parametrize("how", ENDS)
def test_a_task_that_is_ended_while_its_attempt_fails_is_not_tried_again(how, caplog):
    @on_loop
    async def main():
        bench = []
        backend = Backend(1.0, {"a": [spoils(bench, ENDS[how], ConnectionError("gone"))]})
        bench.append(Bench(backend))
        queue = bench[0].queue
        (task,) = bench[0].submit("a")
        await bench[0].finish()
        ends = {"fail": "failed", "cancel": "cancelled", "complete": "succeeded"}
        assert bench[0].results == ([] if how == "clear" else [("a", ends[how])])
        assert backend.order == ["a"]
        assert bench[0].time < 1.5  # nobody slept before another attempt
        assert queue.request_of(task) is None
        assert not queue._jobs
        assert not queue._running

    main()
    assert caplog.messages == []


@on_loop
async def test_a_message_that_is_cleared_between_two_attempts_is_let_go_of_at_the_next():
    backend = Backend(1.0, {"a": [ConnectionError("gone"), hang]})
    bench = Bench(backend, max_concurrency=1)
    bench.submit("a", "b")
    bench.queue.start()
    await settle()
    assert bench.statuses[0] == "retrying"
    bench.manager.clear(42)
    await bench.queue.drain()
    assert bench.results == []
    assert not bench.queue._jobs
