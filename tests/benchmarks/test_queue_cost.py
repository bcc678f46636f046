"""What a task costs in the queue: flat in their number, and beside a bare semaphore and gather.

The queue does more than its peer: order, attempts, deadlines, previews, and the progress manager's
record of each task, whose own share is printed beside it. CPU time, best of several rounds that
alternate, so that a busy machine disturbs all alike.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from queue_kit import IMAGE

from nbkit.progress import ProgressManager
from nbkit.queue import QueueProcessor

pytestmark = pytest.mark.benchmark

AT_A_TIME = 10
PEER = 3.0
FLAT = 1.2


class Instant:
    async def generate(self, request: Any, *, on_preview: Any) -> Any:
        await asyncio.sleep(0)
        return IMAGE


async def queue(count: int) -> None:
    manager = ProgressManager()
    manager.register_tasks(1, 0)
    processor = QueueProcessor(
        Instant(), progress_manager=manager, message_id=1, max_concurrency=AT_A_TIME
    )
    for n in range(count):
        processor.submit(f"prompt {n}")
    processor.start()
    await processor.drain()
    state = manager.get_state(1)
    assert state is not None
    assert state.succeeded == count


async def manager_alone(count: int) -> None:
    manager = ProgressManager()
    ids = [manager.register_task(1, prompt=f"prompt {n}", max_attempts=3).id for n in range(count)]
    for each in ids:
        manager.start_task(1, each)
        manager.complete_task(1, each, image=IMAGE)


async def semaphore_and_gather(count: int) -> None:
    backend, semaphore = Instant(), asyncio.Semaphore(AT_A_TIME)

    async def one(n: int) -> Any:
        async with semaphore:
            return await backend.generate(f"prompt {n}", on_preview=None)

    assert len(await asyncio.gather(*map(one, range(count)))) == count


def cost(work: Callable[[int], Coroutine[Any, Any, None]], count: int) -> float:
    """CPU seconds for each task."""
    gc.collect()
    began = time.process_time()
    asyncio.run(work(count))
    return (time.process_time() - began) / count


def test_ten_thousand_tasks_cost_at_most_three_times_a_semaphore_with_gather(figures):
    cost(queue, 500)
    works = (queue, manager_alone, semaphore_and_gather)
    rounds = [[cost(work, 10_000) for work in works] for _ in range(5)]
    ours, manager, peer = (min(costs) for costs in zip(*rounds, strict=True))
    figures.add("progress manager's share of a task in the queue", 1e6 * manager, "µs")
    figures.check(
        f"a task of 10,000 through the queue, {AT_A_TIME} at a time",
        1e6 * ours,
        "µs",
        bound=PEER,
        peer=1e6 * peer,
        beside="Semaphore and gather",
    )


def test_a_task_costs_the_same_among_ten_thousand_as_among_one_thousand(figures):
    cost(queue, 500)
    rounds = [(cost(queue, 1_000), cost(queue, 10_000)) for _ in range(5)]
    few, many = (min(costs) for costs in zip(*rounds, strict=True))
    figures.check(
        "a task through the queue, among 10,000",
        1e6 * many,
        "µs",
        bound=FLAT,
        peer=1e6 * few,
        beside="among 1,000",
    )
