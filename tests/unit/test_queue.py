"""A queue from its start to its end: what is submitted, asked for and waited for."""

from __future__ import annotations

import asyncio
import contextvars

import pytest
from queue_kit import IMAGE, Backend, Bench, hang, on_loop, others, settle

from nbkit._queue.requests import RequestMaker
from nbkit.models import ImagePrompt, ImageRequest
from nbkit.progress import ProgressManager
from nbkit.queue import QueueProcessor
from nbkit.testing import run


@on_loop
async def test_prompts_run_first_come_first_served_at_most_so_many_at_a_time():
    bench = Bench(max_concurrency=3)
    bench.submit(*"abcdefgh")
    await bench.finish()
    assert bench.backend.order == list("abcdefgh")
    assert bench.backend.peak == 3
    assert bench.backend.times == [0, 0, 0, 1, 1, 1, 2, 2]
    assert bench.statuses == ["succeeded"] * 8


@on_loop
async def test_a_prompt_is_a_task_at_once_also_before_the_start():
    bench = Bench()
    (task_id,) = bench.submit("a sea")
    assert bench.task(task_id).prompt == "a sea"
    assert bench.task(task_id).status == "queued"
    assert bench.task(task_id).max_attempts == 3
    await settle()
    assert bench.backend.starts == []
    await bench.finish()
    assert bench.task(task_id).image is IMAGE


@on_loop
async def test_an_image_prompt_is_submitted_by_its_text_and_overrides_are_for_one_task():
    bench = Bench(seed=1, width=64, height=32)
    bench.queue.submit(ImagePrompt("a fox", "<tag>", 0, 5, 0))
    bench.queue.submit("a hen", seed=9, negative_prompt="dogs")
    await bench.finish()
    first, second = bench.backend.requests
    assert (first.prompt, first.seed, first.width, first.height) == ("a fox", 1, 64, 32)
    assert (second.seed, second.negative_prompt, second.width) == (9, "dogs", 64)
    with pytest.raises(TypeError):
        bench.queue.submit(3)
    with pytest.raises(TypeError):
        bench.queue.submit("a hen", sed=9)
    with pytest.raises(TypeError, match="seed must be a whole number or None, not 'a'"):
        bench.queue.submit("a hen", seed="a")
    with pytest.raises(ValueError, match=r"width must be .* from 1 to 8192"):
        bench.queue.submit("a hen", width=0)
    assert len(bench.statuses) == 2


@pytest.mark.parametrize(
    ("style", "position", "asked"),
    [
        ("oil painting", "prefix", "oil painting, a fox"),
        ("oil painting", "suffix", "a fox, oil painting"),
        ("Oil painting.", "prefix", "Oil painting. a fox"),
        ("  ", "suffix", "a fox"),
    ],
)
def test_style_goes_to_the_backend_only(style, position, asked):
    async def main():
        bench = Bench(style=style, style_position=position)
        (task_id,) = bench.submit("a fox")
        await bench.finish()
        assert bench.backend.order == [asked]
        assert bench.task(task_id).prompt == "a fox"
        assert bench.results == [("a fox", "succeeded")]

    run(main)


def test_without_options_a_queue_has_the_limits_of_the_documentation_and_no_style():
    async def main():
        queue = QueueProcessor(Backend(), progress_manager=ProgressManager(), message_id=1)
        limits = (queue.max_concurrency, queue.min_interval, queue.max_rate)
        assert limits == (2, 0.0, None)
        assert (queue.retries, queue.timeout) == (2, 300.0)
        request = queue.request_of(queue.submit("a"))
        assert request == ImageRequest("a", None, None, None)
        assert RequestMaker().make("a") == request
        suffixed = RequestMaker(style="in oil", style_position="suffix")
        assert suffixed.make("a").prompt == "a, in oil"
        assert RequestMaker(style="in oil").make("a").prompt == "in oil, a"

    run(main)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"width": 0}, ValueError, "width must be"),
        ({"height": 8193}, ValueError, "height must be"),
        ({"seed": 1.5}, TypeError, "seed must be"),
        ({"style": 3}, TypeError, "style must be"),
    ],
)
def test_a_size_seed_or_style_that_is_none_is_refused_at_once_and_for_one_task(
    options, error, words
):
    with pytest.raises(error, match=words):
        RequestMaker(**options)
    if "style" not in options:
        with pytest.raises(error, match=words):
            RequestMaker().make("a", **options)


def test_another_style_position_and_limits_out_of_range_are_refused_with_their_bounds():
    manager = ProgressManager()

    def make(**options):
        QueueProcessor(Backend(), progress_manager=manager, message_id=1, **options)

    with pytest.raises(ValueError, match="'prefix' or 'suffix'"):
        make(style_position="middle")
    with pytest.raises(ValueError, match=r"max_concurrency must be .* 1 to 1000, not 0"):
        make(max_concurrency=0)
    with pytest.raises(ValueError, match=r"timeout must be .* above 0"):
        make(timeout=-1)


@pytest.mark.parametrize(
    ("backend", "kind"),
    [
        ("sketch", "str"),
        (None, "NoneType"),
        (3, "int"),
        (lambda prompt: b"", "function"),
        (Backend, "Backend"),
    ],
)
def test_what_is_no_backend_is_refused_with_where_it_belongs(backend, kind):
    manager = ProgressManager()
    belongs = rf"an object with generate\(\), not {kind}; .*nbkit\.illustrate"
    with pytest.raises(TypeError, match=belongs):
        QueueProcessor(backend, progress_manager=manager, message_id=1)
    assert not manager.is_tracking(1)


def test_a_queue_is_at_work_on_one_loop_only_until_that_is_closed():
    queue = QueueProcessor(Backend(), progress_manager=ProgressManager(), message_id=1)
    first = asyncio.new_event_loop()

    async def work():
        queue.submit("a")
        queue.start()

    async def start_elsewhere():
        with pytest.raises(RuntimeError, match="at work on another event loop"):
            queue.start()

    async def go_on():
        queue.start()
        await queue.drain()

    first.run_until_complete(work())
    run(start_elsewhere)
    first.run_until_complete(queue.drain())
    run(go_on)  # it is at rest there
    first.run_until_complete(go_on())
    first.run_until_complete(work())
    for task in asyncio.all_tasks(first):
        task.cancel()
    first.run_until_complete(asyncio.sleep(0))
    first.close()
    run(go_on)


def test_starting_needs_a_running_loop():
    queue = QueueProcessor(Backend(), progress_manager=ProgressManager(), message_id=1)
    with pytest.raises(RuntimeError):
        queue.start()


@on_loop
async def test_a_second_start_changes_nothing():
    bench = Bench()
    bench.submit("a", "b", "c")
    bench.queue.start()
    bench.queue.start()
    await settle()
    bench.queue.start()
    await bench.queue.drain()
    assert bench.backend.order == ["a", "b", "c"]


@on_loop
async def test_what_is_submitted_later_runs_too_also_after_everything_had_ended():
    bench = Bench()
    bench.submit("a")
    await bench.finish()
    assert not others()
    bench.submit("b")
    await bench.queue.drain()
    assert bench.results == [("a", "succeeded"), ("b", "succeeded")]


@on_loop
async def test_drain_returns_at_once_where_there_is_nothing():
    bench = Bench()
    await bench.queue.drain()
    bench.queue.start()
    await bench.queue.drain()
    assert not others()


@on_loop
async def test_the_wait_covers_what_is_submitted_while_a_cancelled_backend_cleans_up():
    async def careful(request, on_preview):
        try:
            return await hang(request, on_preview)
        finally:
            await asyncio.sleep(0.01)
            bench.submit("b")

    bench = Bench(Backend(1.0, {"a": [careful]}))
    bench.submit("a")
    bench.queue.start()
    await settle()
    bench.queue.cancel()
    await bench.queue.drain()
    assert bench.statuses == ["cancelled", "succeeded"]


CELL = contextvars.ContextVar("CELL", default="none")


@on_loop
async def test_what_a_click_starts_runs_in_the_context_of_the_start():
    seen = []

    async def look(request, on_preview):
        seen.append(CELL.get())
        raise ValueError

    bench = Bench(Backend(0, {"a": [look, look]}), on_result=lambda task: seen.append(CELL.get()))
    CELL.set("first cell")
    (a,) = bench.submit("a")
    await bench.finish()
    CELL.set("another cell")
    bench.queue.retry(a)
    await bench.queue.drain()
    assert seen == ["first cell"] * 4
