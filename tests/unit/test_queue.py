"""What a queue does with its tasks: order, attempts, results, cancelling."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import itertools
import logging
import random
import threading
import weakref
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from queue_kit import IMAGE, Backend, Bench, hang, on_loop, others, settle, swallow

from nbkit._queue.attempt import Job, _given_up
from nbkit._queue.requests import RequestMaker
from nbkit.errors import BackendError, TaskTimeout
from nbkit.models import FINAL, ImagePrompt, ImageRequest, Preview
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


# Attempts


@on_loop
async def test_a_retryable_error_is_tried_again_and_its_delays_double():
    busy = BackendError("503: busy", retryable=True)
    bench = Bench(Backend(0, {"a": [busy, busy, busy]}), retries=3)
    (task_id,) = bench.submit("a")
    await bench.finish()
    task = bench.task(task_id)
    assert (task.status, task.attempt, task.max_attempts) == ("succeeded", 4, 4)
    times = bench.backend.times
    gaps = [after - before for before, after in itertools.pairwise(times)]
    for gap, most in zip(gaps, (0.5, 1.0, 2.0), strict=True):
        assert 0.75 * most <= gap <= most
    assert bench.results == [("a", "succeeded")]


@on_loop
async def test_a_retrying_task_says_why_and_until_when_and_its_slot_is_free():
    busy = BackendError("503: busy", retryable=True)
    bench = Bench(Backend(1.0, {"a": [busy]}), max_concurrency=1)
    a, b = bench.submit("a", "b")
    bench.queue.start()
    await settle()
    task = bench.task(a)
    assert (task.status, task.attempt, task.reason) == ("retrying", 1, "503: busy")
    assert 0.375 <= task.until - bench.loop.time() <= 0.5
    assert bench.task(b).status == "running"
    await bench.queue.drain()
    assert bench.backend.order == ["a", "b", "a"]


@on_loop
async def test_a_task_keeps_its_place_before_younger_ones_when_its_delay_is_over():
    busy = BackendError("busy", retryable=True)
    bench = Bench(Backend(1.0, {"a": [busy]}), max_concurrency=1)
    bench.submit("a", "b", "c", "d")
    await bench.finish()
    assert bench.backend.order == ["a", "b", "a", "c", "d"]


@on_loop
async def test_what_fails_each_time_fails_with_its_last_error_after_so_many_attempts():
    errors = [BackendError(f"busy {n}", retryable=True) for n in range(3)]
    bench = Bench(Backend(0, {"a": list(errors)}), retries=2)
    (task_id,) = bench.submit("a")
    await bench.finish()
    task = bench.task(task_id)
    assert (task.status, task.attempt) == ("failed", 3)
    assert task.error is errors[2]
    assert task.error.prompt == "a"


@pytest.mark.parametrize("error", [TimeoutError("slow"), ConnectionResetError("gone")])
def test_time_outs_and_connection_errors_are_retried_and_wrapped_in_the_end(error):
    async def main():
        bench = Bench(Backend(0, {"a fox": [error, error]}), retries=1)
        (task_id,) = bench.submit("a fox")
        await bench.finish()
        failure = bench.task(task_id).error
        assert len(bench.backend.starts) == 2
        assert type(failure) is BackendError
        assert failure.retryable
        assert failure.__cause__ is error
        assert "a fox" in str(failure)
        assert str(error) in str(failure)

    run(main)


@pytest.mark.parametrize("error", [BackendError("400: no"), ValueError("no"), KeyError("no")])
def test_other_errors_are_not_retried(error):
    async def main():
        bench = Bench(Backend(0, {"a": [error]}))
        (task_id,) = bench.submit("a")
        await bench.finish()
        assert len(bench.backend.starts) == 1
        assert bench.task(task_id).status == "failed"
        assert isinstance(bench.task(task_id).error, BackendError)
        assert "no" in str(bench.task(task_id).error)

    run(main)


@on_loop
async def test_retry_after_is_obeyed_to_the_second_up_to_two_minutes():
    asked = [BackendError("429", retryable=True, retry_after=s) for s in (7.0, 1000.0)]
    bench = Bench(Backend(0, {"a": asked}))
    bench.submit("a")
    await bench.finish()
    assert bench.backend.times == [0, 7, 127]


@on_loop
async def test_an_attempt_past_its_timeout_is_retried_and_the_last_one_fails_the_task():
    bench = Bench(Backend(0, {"a fox": [hang, hang]}), retries=1, timeout=5.0)
    (task_id,) = bench.submit("a fox")
    await bench.finish()
    task = bench.task(task_id)
    assert (task.status, task.attempt) == ("failed", 2)
    assert type(task.error) is TaskTimeout
    assert str(task.error) == "the image for 'a fox' was not made within 5 s"
    assert task.error.prompt == "a fox"
    assert bench.backend.active == 0
    assert bench.time == pytest.approx(10.5, abs=0.2)


@on_loop
async def test_a_backend_that_swallows_its_time_out_is_left_behind_and_the_rest_goes_on():
    bench = Bench(Backend(1.0, {"a": [swallow]}), max_concurrency=1, retries=0, timeout=5.0)
    a, b = bench.submit("a", "b")
    await bench.finish()
    assert isinstance(bench.task(a).error, TaskTimeout)
    assert bench.task(b).status == "succeeded"
    assert bench.time < 8
    before = list(bench.history), list(bench.previews)
    await asyncio.sleep(60)
    assert (list(bench.history), list(bench.previews)) == before == (bench.history, [])


@on_loop
async def test_a_result_that_is_no_image_fails_with_a_backend_error():
    async def odd(request, on_preview):
        return "picture.png"

    bench = Bench(Backend(0, {"a fox": [odd]}))
    (task_id,) = bench.submit("a fox")
    await bench.finish()
    error = bench.task(task_id).error
    assert type(error) is BackendError
    assert "str, not an image" in str(error)
    assert "a fox" in str(error)


@on_loop
async def test_an_error_that_ends_a_task_says_for_which_prompt_and_once():
    broken = BackendError("the file is truncated", retryable=True)
    named = BackendError("no paint for 'a hen'")
    script = {"a fox": [broken] * 3, "a cow": [broken] * 3, "a hen": [named]}
    bench = Bench(Backend(0, script))
    fox, cow, hen = bench.submit("a fox", "a cow", "a hen")
    bench.queue.start()
    await settle()
    assert bench.task(fox).reason == "the file is truncated"
    await bench.finish()
    errors = [bench.task(each).error for each in (fox, cow, hen)]
    assert [str(each) for each in errors] == [
        "no image for 'a fox': the file is truncated",
        "no image for 'a cow': the file is truncated",
        "no paint for 'a hen'",
    ]
    assert [each.prompt for each in errors] == ["a fox", "a cow", "a hen"]
    bench.queue.retry(hen)
    bench.backend.script["a hen"] = [named]
    await bench.queue.drain()
    assert str(bench.task(hen).error) == "no paint for 'a hen'"


@on_loop
async def test_an_image_that_is_not_accepted_says_so_with_its_prompt():
    async def accept(task_id, image):
        raise BackendError("the file is truncated")

    bench = Bench(accept=accept)
    (task_id,) = bench.submit("f" * 100)
    await bench.finish()
    assert str(bench.task(task_id).error) == f"no image for '{'f' * 79}…': the file is truncated"


@on_loop
async def test_a_backend_that_cancels_its_own_work_fails_the_task():
    async def odd(request, on_preview):
        raise asyncio.CancelledError

    bench = Bench(Backend(0, {"a": [odd]}))
    a, b = bench.submit("a", "b")
    await bench.finish()
    assert type(bench.task(a).error) is BackendError
    assert str(bench.task(a).error) == "no image for 'a': the backend cancelled its own work"
    assert bench.task(b).status == "succeeded"


@on_loop
async def test_an_error_that_ends_several_tasks_keeps_its_cause_and_without_words_its_type_speaks():
    cause, error = OSError("disk"), BackendError("")
    error.__cause__ = cause
    bench = Bench(Backend(0, {each: [error] for each in "ab"}))
    tasks = bench.submit("a", "b")
    await bench.finish()
    errors = [bench.task(each).error for each in tasks]
    assert [each.__cause__ for each in errors] == [cause, cause]
    assert [str(each) for each in errors] == [f"no image for '{p}': BackendError" for p in "ab"]


@on_loop
async def test_retry_gives_a_failed_task_all_its_attempts_again_in_its_old_place():
    busy = BackendError("busy", retryable=True)
    bench = Bench(Backend(1.0, {"a": [busy, busy, busy]}), max_concurrency=1, retries=1)
    (a,) = bench.submit("a")
    await bench.finish()
    assert bench.task(a).status == "failed"
    _, c = bench.submit("b", "c")
    assert bench.queue.retry(a) is True
    assert bench.task(a).status == "queued"
    assert bench.queue.retry(a) is False
    assert bench.queue.retry(c) is False
    assert bench.queue.retry("unknown") is False
    await bench.queue.drain()
    assert bench.backend.order == ["a", "a", "a", "b", "a", "c"]
    assert bench.task(a).status == "succeeded"
    assert bench.queue.retry(a) is False


@on_loop
async def test_of_several_that_failed_the_one_that_is_meant_is_tried_again():
    bench = Bench(Backend(0, {each: [ValueError("no")] for each in "abc"}))
    a, b, c = bench.submit("a", "b", "c")
    await bench.finish()
    assert bench.queue.retry(b)
    assert [bench.task(each).status for each in (a, b, c)] == ["failed", "queued", "failed"]
    await bench.queue.drain()
    assert bench.statuses == ["failed", "succeeded", "failed"]


@on_loop
async def test_what_had_failed_before_is_a_failed_task_and_may_be_tried_after_all():
    error = BackendError("the kernel was killed")
    bench = Bench(Backend(1.0), max_concurrency=1)
    bench.submit("a")
    first = bench.queue.submit_failed("b", error, seed=7)
    second = bench.queue.submit_failed("c", error)
    bench.submit("d")
    assert bench.statuses == ["queued", "failed", "failed", "queued"]
    assert (bench.task(first).prompt, bench.task(first).error) == ("b", error)
    assert bench.queue.request_of(first) is None
    assert bench.queue.retry(second)
    assert bench.queue.retry(first)
    assert bench.queue.request_of(first) == ImageRequest("b", seed=7)
    await bench.finish()
    assert bench.backend.order == ["a", "b", "c", "d"]
    assert bench.backend.requests[1].seed == 7
    assert [prompt for prompt, _ in bench.results] == ["a", "b", "c", "d"]
    assert bench.statuses == ["succeeded"] * 4


@on_loop
async def test_more_retries_set_in_mid_run_help_a_task_that_runs():
    async def late(request, on_preview):
        await asyncio.sleep(1)
        raise ConnectionError("gone")

    bench = Bench(Backend(1.0, {"a": [late, late]}), retries=0)
    (a,) = bench.submit("a")
    bench.queue.start()
    await asyncio.sleep(0.5)
    bench.queue.retries = 2
    await bench.queue.drain()
    assert bench.task(a).status == "succeeded"


@on_loop
async def test_a_deadline_holds_also_once_another_attempt_has_ended_and_none_is_left_at_the_end():
    bench = Bench(Backend(1.0, {"b": [hang]}), retries=0, timeout=5.0)
    _, b = bench.submit("a", "b")
    await bench.finish()
    assert isinstance(bench.task(b).error, TaskTimeout)
    bench.submit("c")
    await bench.queue.drain()
    assert not [timer for timer in bench.loop._scheduled if not timer.cancelled()]


def test_a_call_that_does_not_stop_is_kept_until_it_does():
    hidden = []

    async def stubborn(request, on_preview):
        future = asyncio.get_running_loop().create_future()
        hidden.append(weakref.ref(future))
        while not future.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.shield(future)
        return IMAGE

    async def main():
        bench = Bench(Backend(0, {"a": [stubborn]}))
        bench.submit("a")
        bench.queue.start()
        await settle()
        bench.queue.cancel()
        await asyncio.sleep(10)
        gc.collect()
        assert len(others()) == 1
        assert len(_given_up) == 1
        hidden[0]().set_result(None)
        await settle()
        assert not _given_up

    on_loop(main)()


@on_loop
async def test_a_job_is_at_nothing_once_it_was_stopped():
    loop, attempts = asyncio.get_running_loop(), []
    job = Job("1", "a", ImageRequest("a"), 1)
    job.sleep = loop.call_later(1, attempts.append, job)
    job.stop()
    assert job.sleep is None
    job.stop()
    await asyncio.sleep(2)
    assert attempts == []


# Accepting, previews, results


@on_loop
async def test_what_accepting_gives_back_is_the_image_of_the_task():
    small = replace(IMAGE, data=b"small")

    async def accept(task_id, image):
        return small

    bench = Bench(accept=accept)
    (task_id,) = bench.submit("a")
    await bench.finish()
    assert bench.task(task_id).image is small


@on_loop
async def test_an_image_is_accepted_before_its_task_is_announced():
    seen = []

    async def accept(task_id, image):
        seen.append((bench.task(task_id).status, image))
        await asyncio.sleep(2)

    bench = Bench(accept=accept)
    (task_id,) = bench.submit("a")
    await bench.finish()
    assert seen == [("running", IMAGE)]
    assert bench.time == 3
    assert bench.task(task_id).status == "succeeded"


@on_loop
async def test_an_error_in_accepting_fails_the_task_with_it_and_is_not_retried():
    error = ConnectionError("disk gone")

    async def accept(task_id, image):
        raise error

    bench = Bench(accept=accept)
    (task_id,) = bench.submit("a")
    await bench.finish()
    assert bench.task(task_id).error is error
    assert len(bench.backend.starts) == 1


@on_loop
async def test_accepting_has_a_timeout_of_its_own_and_is_not_tried_twice():
    async def accept(task_id, image):
        await hang(None, None)

    bench = Bench(Backend(4.0), accept=accept, timeout=5.0)
    (task_id,) = bench.submit("a")
    await bench.finish()
    assert isinstance(bench.task(task_id).error, TaskTimeout)
    assert str(bench.task(task_id).error) == "the image for 'a' was not stored within 5 s"
    assert len(bench.backend.starts) == 1
    assert bench.time == pytest.approx(9, abs=0.1)


@on_loop
async def test_previews_are_handed_on_while_a_task_runs_and_late_ones_dropped():
    kept = []

    async def previewing(request, on_preview):
        kept.append(on_preview)
        on_preview(Preview(0.25))
        await asyncio.sleep(1)
        on_preview(Preview(0.75))
        return IMAGE

    bench = Bench(Backend(0, {"a": [previewing]}))
    (task_id,) = bench.submit("a")
    await bench.finish()
    kept[0](Preview(1.0))
    assert bench.previews == [(task_id, 0.25), (task_id, 0.75)]


@on_loop
async def test_a_preview_of_an_attempt_that_failed_comes_too_late():
    async def previewing(request, on_preview):
        on_preview(Preview(0.25))
        bench.loop.call_later(0.1, on_preview, Preview(0.5))
        raise ConnectionError

    bench = Bench(Backend(1.0, {"a": [previewing]}))
    (task_id,) = bench.submit("a")
    await bench.finish()
    assert bench.previews == [(task_id, 0.25)]


def test_a_preview_from_a_thread_is_handed_on_by_the_loop():
    handlers, kept = [], []

    async def previewing(request, on_preview):
        kept.append(on_preview)
        await asyncio.to_thread(on_preview, Preview(0.5))
        await settle()
        return IMAGE

    async def main():
        def on_preview(task_id, preview):
            handlers.append((threading.get_ident(), task_id, preview))

        bench = Bench(Backend(0, {"a": [previewing]}), on_preview=on_preview)
        (task_id,) = bench.submit("a")
        await bench.finish()
        assert handlers == [(threading.get_ident(), task_id, Preview(0.5))]

    on_loop(main)()
    kept[0](Preview(1.0))  # the loop is closed
    assert len(handlers) == 1


def test_previews_are_for_nobody_where_nobody_asks(caplog):
    async def previewing(request, on_preview):
        on_preview(Preview(0.25))
        await asyncio.to_thread(on_preview, Preview(0.5))
        await settle()
        return IMAGE

    async def main():
        bench = Bench(Backend(0, {"a": [previewing]}), on_preview=None)
        bench.submit("a")
        await bench.finish()
        assert bench.statuses == ["succeeded"]

    on_loop(main)()
    assert caplog.records == []


def test_a_handler_that_raises_is_logged_and_harms_no_task(caplog):
    def odd(*args):
        raise RuntimeError("view gone")

    async def previewing(request, on_preview):
        on_preview(Preview(0.25))
        return IMAGE

    async def main():
        bench = Bench(Backend(0, {"a": [previewing]}), on_result=odd, on_preview=odd)
        bench.submit("a", "b")
        await bench.finish()
        assert bench.statuses == ["succeeded", "succeeded"]

    on_loop(main)()
    assert [str(record.exc_info[1]) for record in caplog.records] == ["view gone"] * 3


@on_loop
async def test_a_handler_may_submit_and_retry_and_the_wait_covers_it():
    def on_result(task):
        if task.status == "failed":
            assert bench.queue.retry(task.id)
        elif task.prompt == "a":
            bench.queue.submit("b")

    bench = Bench(Backend(1.0, {"a": [ValueError("no")]}), on_result=on_result)
    bench.submit("a")
    await bench.finish()
    assert bench.backend.order == ["a", "a", "b"]
    assert bench.statuses == ["succeeded", "succeeded"]


# Cancelling

PHASES = [
    "unstarted",
    "queued",
    "waiting",
    "running",
    "retrying",
    "hanging",
    "swallowing",
    "storing",
]


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("one", [True, False], ids=["one", "all"])
def test_cancel_settles_at_once_in_each_phase_and_nothing_changes_afterwards(phase, one, caplog):
    async def accept(task_id, image):
        if phase == "storing":
            await hang(None, None)

    async def main():
        actions = {
            "retrying": BackendError("busy", retryable=True),
            "hanging": hang,
            "swallowing": swallow,
            "storing": 0,
        }
        backend = Backend(5.0, {"b": [actions[phase]] if phase in actions else []})
        interval = 60.0 if phase == "waiting" else 0.0
        bench = Bench(backend, max_concurrency=2, min_interval=interval, accept=accept)
        if phase == "storing":
            backend.script["a"] = [hang]
        first = bench.submit("a", "x") if phase == "queued" else bench.submit("a")
        (b,) = bench.submit("b")
        if phase != "unstarted":
            bench.queue.start()
        await asyncio.sleep(0.1)
        before = {"unstarted": "queued", "hanging": "running"}
        before |= {"swallowing": "running", "storing": "running"}
        assert bench.task(b).status == before.get(phase, phase)
        cancelled_at = bench.time
        assert bench.queue.cancel(b if one else None) is True
        assert bench.task(b).status == "cancelled"
        if one:
            assert bench.task(first[0]).status not in FINAL
            bench.queue.cancel()
        assert bench.queue.cancel() is False
        assert set(bench.statuses) == {"cancelled"}
        await bench.queue.drain()
        assert bench.time - cancelled_at <= 0.1
        starts, told = len(backend.starts), (list(bench.history), list(bench.results))
        await asyncio.sleep(100)
        assert len(backend.starts) == starts
        assert (bench.history, bench.results) == told
        assert bench.previews == []
        assert len(bench.results) == len(bench.statuses)
        assert bench.queue.retry(b) is False
        assert backend.active == 0

    on_loop(main)()
    assert all("does not stop" in record.message for record in caplog.records)


def test_cancel_settles_while_a_backend_hangs_in_a_thread():
    release = threading.Event()

    async def in_thread(request, on_preview):
        await asyncio.to_thread(release.wait)
        return IMAGE

    async def main():
        bench = Bench(Backend(0, {"a": [in_thread]}))
        bench.submit("a", "b")
        bench.queue.start()
        await settle()
        began = bench.loop.time()
        bench.queue.cancel()
        await bench.queue.drain()
        assert bench.loop.time() - began <= 0.1
        assert bench.statuses == ["cancelled", "succeeded"]
        release.set()

    try:
        on_loop(main)()
    finally:
        release.set()


@on_loop
async def test_an_image_there_already_stays_and_one_that_just_comes_is_not_told_of():
    bench = Bench(Backend(1.0), max_concurrency=1)
    a, b = bench.submit("a", "b")
    bench.queue.start()
    await asyncio.sleep(1.5)
    bench.queue.cancel()
    assert (bench.task(a).status, bench.task(a).image) == ("succeeded", IMAGE)
    assert bench.task(b).status == "cancelled"
    await bench.queue.drain()


@on_loop
async def test_cancelling_one_leaves_the_others_alone_and_its_slot_is_free():
    bench = Bench(Backend(1.0, {"a": [hang]}), max_concurrency=1)
    a, _, c, _ = bench.submit("a", "b", "c", "d")
    bench.queue.start()
    await asyncio.sleep(0.5)
    assert bench.queue.cancel("unknown") is False
    bench.queue.cancel(a)
    bench.queue.cancel(c)
    await bench.queue.drain()
    assert bench.backend.order == ["a", "b", "d"]
    assert bench.backend.peak == 1


@on_loop
async def test_a_cancelled_backend_that_cleans_up_keeps_its_slot_until_it_is_done():
    async def careful(request, on_preview):
        try:
            return await hang(request, on_preview)
        finally:
            await asyncio.sleep(0.3)

    bench = Bench(Backend(1.0, {"a": [careful]}), max_concurrency=1)
    a, _ = bench.submit("a", "b")
    bench.queue.start()
    await settle()
    bench.queue.cancel(a)
    await bench.queue.drain()
    assert bench.backend.peak == 1
    assert bench.backend.times == [0, 0.3]


@on_loop
async def test_cancelling_the_wait_for_the_end_leaves_the_work_alone():
    bench = Bench()
    bench.submit("a", "b", "c")
    bench.queue.start()
    waiting = asyncio.create_task(bench.queue.drain())
    await asyncio.sleep(0.5)
    waiting.cancel()
    await asyncio.wait({waiting})
    assert waiting.cancelled()
    await bench.queue.drain()
    assert bench.statuses == ["succeeded"] * 3


def test_a_loop_that_closes_in_mid_run_ends_every_task_in_order():
    told = []

    async def main():
        bench = Bench(Backend(5.0, {"b": [BackendError("busy", retryable=True)]}))
        told.append(bench)
        bench.submit("a", "b", "c", "d")
        bench.queue.start()
        await asyncio.sleep(0.1)

    run(main)
    assert told[0].statuses == ["cancelled"] * 4


def test_a_dispatcher_that_breaks_off_says_so_ends_its_tasks_and_leaves_room_for_another(caplog):
    async def main():
        bench = Bench()
        ask, bench.queue._admission.ask = bench.queue._admission.ask, None
        bench.submit("a", "b")
        bench.queue.start()
        await settle()
        assert bench.statuses == ["cancelled", "cancelled"]
        bench.queue._admission.ask = ask
        bench.submit("c")
        await bench.queue.drain()
        assert bench.statuses[-1] == "succeeded"

    on_loop(main)()
    assert [record.message for record in caplog.records] == ["a queue's dispatcher broke off"]


@on_loop
async def test_a_task_that_somebody_ended_at_the_manager_is_let_go():
    bench = Bench(Backend(1.0, {"c": [hang]}), max_concurrency=1)
    _, b, c, _ = bench.submit("a", "b", "c", "d")
    bench.queue.start()
    await settle()
    bench.manager.cancel_task(42, b)
    await asyncio.sleep(1.5)
    bench.manager.fail_task(42, c, error="by hand")
    bench.queue.cancel(c)
    await bench.queue.drain()
    assert bench.backend.order == ["a", "c", "d"]
    assert bench.statuses == ["succeeded", "cancelled", "failed", "succeeded"]


@on_loop
async def test_a_message_cleared_in_mid_run_does_not_hold_up_the_end():
    bench = Bench(max_concurrency=1)
    bench.submit("a", "b", "c")
    bench.queue.start()
    await settle()
    bench.manager.clear(42)
    await bench.queue.drain()


# Laws

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
