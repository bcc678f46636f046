"""What holds of every queue, whatever its backend does."""

from __future__ import annotations

import asyncio
import logging
import random

from hypothesis import given, settings
from hypothesis import strategies as st
from queue_kit import IMAGE, Backend, Bench, hang, on_loop, swallow

from nbkit.errors import BackendError
from nbkit.models import FINAL
from nbkit.progress import ProgressManager
from nbkit.queue import QueueProcessor
from nbkit.testing import run

BEHAVIOURS = st.sampled_from(["ok", "busy", "asked", "bad", "hang", "swallow", "odd", "quick"])
STEPS = st.one_of(
    st.tuples(st.just("submit"), st.lists(BEHAVIOURS, max_size=3)),
    st.tuples(st.just("sleep"), st.sampled_from([0.0, 0.2, 1.0, 7.0])),
    st.tuples(st.just("cancel"), st.integers(0, 5)),
    st.tuples(st.just("retry"), st.integers(0, 5)),
    st.tuples(st.just("concurrency"), st.integers(1, 4)),
    st.tuples(st.just("interval"), st.sampled_from([0.0, 0.5, 3.0])),
    st.tuples(st.just("rate"), st.sampled_from([None, 0.5, 4.0, 30.0])),
    st.sampled_from([("pause", None), ("resume", None), ("cancel all", None), ("start", None)]),
)


def action_for(name):
    async def odd(request, on_preview):
        return None

    return {
        "ok": 1.0,
        "quick": 0,
        "busy": BackendError("503", retryable=True),
        "asked": BackendError("429", retryable=True, retry_after=3.0),
        "bad": ValueError("bad"),
        "hang": hang,
        "swallow": swallow,
        "odd": odd,
    }[name]


@settings(max_examples=150, deadline=None)
@given(started=st.booleans(), steps=st.lists(STEPS, max_size=25))
def test_each_prompt_ends_in_exactly_one_final_state_whatever_happens(started, steps):
    async def main():
        backend = Backend(1.0)
        bench = Bench(backend, timeout=4.0, retries=1)
        queue, ids, retried = bench.queue, [], 0
        if started:
            queue.start()
        for what, detail in steps:
            chosen = ids[detail % len(ids)] if ids and what in ("cancel", "retry") else None
            if what == "submit":
                prompt = f"p{len(ids)}"
                backend.script[prompt] = [action_for(name) for name in detail]
                ids.append(queue.submit(prompt))
            elif what == "sleep":
                await asyncio.sleep(detail)
            elif what == "cancel" and chosen:
                queue.cancel(chosen)
                assert bench.task(chosen).status in FINAL
            elif what == "retry" and chosen:
                retried += queue.retry(chosen)
            elif what == "concurrency":
                queue.max_concurrency = detail
            elif what == "interval":
                queue.min_interval = detail
            elif what == "rate":
                queue.max_rate = detail
            elif what in ("pause", "resume", "start"):
                getattr(queue, what)()
            elif what == "cancel all":
                queue.cancel()
                assert all(status in FINAL for status in bench.statuses)
            bench.check()
            assert bench.statuses.count("waiting") <= 1
            assert bench.statuses.count("running") <= 4
        queue.resume()
        queue.max_rate = None
        await bench.finish()
        assert all(status in FINAL for status in bench.statuses)
        assert len(bench.results) == len(ids) + retried
        told = list(bench.history)
        await asyncio.sleep(200)
        assert bench.history == told
        assert backend.active == 0

    on_loop(main)()


def test_one_thousand_messages_of_three_prompts_lose_nothing_and_know_their_message(caplog):
    async def main():
        manager = ProgressManager()
        backend = Backend(0)
        queues, succeeded, complete = [], [], []

        def on_result(task):
            assert task.image is IMAGE
            succeeded.append((task.message_id, task.prompt))

        manager.on("progress-complete", lambda event: complete.append(event.message_id))
        for message_id in range(1000):
            manager.register_tasks(message_id, 0)
            queue = QueueProcessor(
                backend,
                progress_manager=manager,
                message_id=message_id,
                max_concurrency=10,
                on_result=on_result,
            )
            queue.start()
            queues.append(queue)
            for n in range(3):
                queue.submit(f"prompt {n}")
        await asyncio.gather(*(queue.drain() for queue in queues))
        assert sorted(succeeded) == [(m, f"prompt {n}") for m in range(1000) for n in range(3)]
        assert sorted(complete) == list(range(1000))
        assert len(backend.starts) == 3000

    with caplog.at_level(logging.WARNING):
        on_loop(main)()
    assert caplog.records == []


def test_the_same_random_numbers_give_the_same_schedule():
    def schedule():
        async def main():
            errors = [BackendError("busy", retryable=True) for _ in range(2)]
            bench = Bench(Backend(1.0, {"a": errors}), rng=random.Random(1))
            bench.submit("a", "b", "c")
            await bench.finish()
            return bench.backend.times

        return run(main)

    assert schedule() == schedule()
