"""The monitor reads any source to its end, in order, fairly, and lets go of it."""

from __future__ import annotations

import asyncio
import gc
import logging
import math
import threading
import time

import pytest

from nbkit._monitor.threaded import AHEAD
from nbkit.detector import PromptDetector
from nbkit.errors import ChunkTypeError, PatternError, StreamError
from nbkit.llm.replay import replay, transcripts
from nbkit.models import ImagePrompt
from nbkit.monitor import StreamingMonitor
from nbkit.progress import ProgressManager
from nbkit.testing import run, until


class Brackets:
    """A detector whose tags are ``{...}``: as little as tells that each piece went through it."""

    def __init__(self):
        self.held = ""
        self.count = 0

    def feed(self, delta):
        text, pieces = self.held + delta, []
        while "{" in text and "}" in text:
            before, _, text = text.partition("{")
            prompt, _, text = text.partition("}")
            if before:
                pieces.append(before)
            pieces.append(ImagePrompt(prompt, "{" + prompt + "}", 0, 0, self.count))
            self.count += 1
        before, opened, rest = text.partition("{")
        self.held = opened + rest
        return [*pieces, before] if before else pieces

    def flush(self):
        rest, self.held = self.held, ""
        return [rest] if rest else []


class Registry:
    def __init__(self):
        self.calls = []

    def register_tasks(self, message_id, count):
        self.calls.append((message_id, count))
        return ()


class Log(list):
    """What a monitor hands on: text as it is, prompts in brackets, neighbouring texts joined."""

    def text(self, text):
        if self and not self[-1].startswith("["):
            self[-1] += text
        else:
            self.append(text)

    def prompt(self, prompt):
        self.append(f"[{prompt.text}]")


def watch(source, log=None, **changes):
    log = Log() if log is None else log
    options = {
        "detector": Brackets(),
        "progress_manager": Registry(),
        "message_id": 42,
        "on_text": log.text,
        "on_prompt": log.prompt,
    } | changes
    monitor = StreamingMonitor(source, **options)
    monitor.log = log
    return monitor


DELTAS = ["a ", "{fo", "x", "}", " b", "", " {sea} c"]
SEEN = ["a ", "[fox]", " b ", "[sea]", " c"]
RAW = "".join(DELTAS)


def in_a_thread():
    yield from DELTAS


async def on_the_loop():
    for delta in DELTAS:
        await asyncio.sleep(0)
        yield delta


def polled():
    texts = iter([*("".join(DELTAS[:n]) for n in range(len(DELTAS) + 1)), None])
    return lambda: next(texts)


def polled_async():
    poll = polled()

    async def ask():
        return poll()

    return ask


@pytest.mark.parametrize(
    "make",
    [lambda: RAW, lambda: DELTAS, in_a_thread, on_the_loop, polled, polled_async],
    ids=["str", "list", "generator", "async generator", "callable", "async callable"],
)
def test_every_kind_of_source_gives_the_same_text_and_prompts_in_order(make):
    async def main():
        monitor = watch(make())
        await monitor.start()
        await monitor.wait()
        assert monitor.log == SEEN
        assert monitor.text == RAW
        assert monitor.deltas_ahead == 0

    run(main)


# Registering and the first scan


async def test_the_message_is_registered_with_nothing_before_the_first_await():
    registry = Registry()
    read = []

    async def source():
        read.append(True)
        yield "text"

    monitor = watch(source(), progress_manager=registry)
    assert registry.calls == []
    starting = monitor.start()
    starting.send(None)  # runs up to its first await, and no further
    assert registry.calls == [(42, 0)]
    assert read == []
    starting.close()
    await monitor.finish()


async def test_a_whole_text_has_been_scanned_when_start_returns():
    text = "word {a fox} " * 5_000
    monitor = watch(text)
    await monitor.start()
    assert monitor.text == text
    assert monitor.log.count("[a fox]") == 5_000
    await monitor.finish()


def test_one_poll_has_been_scanned_when_start_returns():
    async def main():
        monitor = watch(lambda: "a {fox} b", poll_interval=60)
        await monitor.start()
        assert monitor.log == ["a ", "[fox]", " b"]
        await monitor.finish()

    run(main)


async def test_what_was_pushed_before_the_start_has_been_scanned_when_it_returns():
    monitor = watch(None)
    monitor.push("a {fo")
    monitor.push("x}")
    assert monitor.deltas_ahead == 2
    assert monitor.text == ""
    await monitor.start()
    assert monitor.log == ["a ", "[fox]"]
    assert monitor.deltas_ahead == 0
    await monitor.finish()


async def test_start_does_not_wait_for_an_iterator():
    never = asyncio.Event()

    async def silent():
        await never.wait()
        yield "a"

    monitor = watch(silent())
    await monitor.start()
    assert monitor.text == ""
    monitor.stop()


async def test_a_monitor_starts_once():
    monitor = watch("a")
    await monitor.start()
    with pytest.raises(RuntimeError, match="42 has been started before"):
        await monitor.start()
    await monitor.finish()


async def test_a_monitor_that_was_not_started_cannot_be_awaited():
    with pytest.raises(RuntimeError, match="42 has not been started"):
        await watch("a").finish()


@pytest.mark.parametrize("source", [b"text", 5, {"a": 1}, StreamingMonitor])
def test_a_source_of_the_wrong_kind_is_refused_when_the_monitor_is_made(source):
    with pytest.raises(TypeError, match="a source is a str"):
        watch(source)


@pytest.mark.parametrize("interval", [0, -1, float("nan"), "soon"])
def test_a_poll_interval_out_of_range_is_refused(interval):
    with pytest.raises(ValueError, match="poll_interval"):
        watch("a", poll_interval=interval)


# The end


def test_finish_scans_once_more():
    async def main():
        text = "a"
        monitor = watch(lambda: text, poll_interval=60)
        await monitor.start()
        text = "a {fox} b"
        await monitor.finish()
        assert monitor.log == ["a ", "[fox]", " b"]

    run(main)


async def test_finish_ends_pushed_text_after_all_that_was_pushed():
    monitor = watch(None)
    await monitor.start()
    for delta in DELTAS:
        monitor.push(delta)
    await monitor.finish()
    assert monitor.log == SEEN
    with pytest.raises(RuntimeError, match="ended"):
        monitor.push("late")


async def test_what_was_held_back_is_shown_at_the_end():
    monitor = watch(None)
    await monitor.start()
    monitor.push("a {half a ta")
    await until(lambda: monitor.log == ["a "])
    await monitor.finish()
    assert monitor.log == ["a {half a ta"]


async def test_finish_waits_for_the_end_of_an_iterator():
    go_on = asyncio.Event()

    async def source():
        yield "a"
        await go_on.wait()
        yield "b"

    monitor = watch(source())
    await monitor.start()
    finishing = asyncio.create_task(monitor.finish())
    await until(lambda: monitor.text == "a")
    assert not finishing.done()
    go_on.set()
    await finishing
    assert monitor.text == "ab"


def test_wait_leaves_polled_text_to_its_own_end_and_close_declares_one():
    async def main():
        text = "a"
        monitor = watch(lambda: text, poll_interval=1)
        await monitor.start()
        waiting = asyncio.create_task(monitor.wait())
        await asyncio.sleep(10)
        assert not waiting.done()
        text = "ab"
        monitor.close()
        await waiting
        assert monitor.text == "ab"

    run(main)


async def test_cancelling_finish_loses_nothing():
    go_on = asyncio.Event()

    async def source():
        yield "a"
        await go_on.wait()
        yield "b"

    monitor = watch(source())
    await monitor.start()
    finishing = asyncio.create_task(monitor.finish())
    await until(lambda: monitor.text == "a")
    finishing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await finishing
    go_on.set()
    await monitor.finish()
    assert monitor.text == "ab"


# Failure


@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_a_source_that_breaks_keeps_its_text_and_shows_what_was_held_back(kind):
    error = OSError("the line is cut")

    def breaks():
        yield "a {fox} b"
        yield "c {sto"
        raise error

    async def breaks_async():
        for delta in breaks():
            yield delta

    monitor = watch(breaks() if kind == "sync" else breaks_async())
    await monitor.start()
    with pytest.raises(StreamError, match="the line is cut") as caught:
        await monitor.finish()
    assert caught.value.__cause__ is error
    assert caught.value.message_id == 42
    assert monitor.log == ["a ", "[fox]", " bc {sto"]
    with pytest.raises(StreamError):
        await monitor.wait()


def test_polled_text_that_changes_is_an_error_and_keeps_what_was_there():
    async def main():
        texts = iter(["a {fox} b", "another"])
        monitor = watch(lambda: next(texts))
        await monitor.start()
        with pytest.raises(StreamError, match="no longer begins"):
            await monitor.wait()
        assert monitor.log == ["a ", "[fox]", " b"]
        assert monitor.text == "a {fox} b"

    run(main)


async def test_a_chunk_that_is_no_text_is_an_error_naming_its_type():
    monitor = watch(["a", 5, "b"])
    await monitor.start()
    with pytest.raises(ChunkTypeError, match="type int,") as caught:
        await monitor.finish()
    assert caught.value.message_id is not None
    assert monitor.text == "a"


@pytest.mark.parametrize("callback", ["on_text", "on_prompt"])
async def test_an_error_of_a_callback_is_the_monitors_failure_and_closes_the_source(callback):
    closed = []

    async def source():
        try:
            yield "a {fox}"
            yield "b"
            await asyncio.Event().wait()
        finally:
            closed.append(True)

    def refuses(_):
        raise LookupError("no room")

    monitor = watch(source(), **{callback: refuses})
    await monitor.start()
    with pytest.raises(LookupError, match="no room"):
        await monitor.finish()
    assert closed == [True]
    assert monitor.text == "a {fox}"


async def test_nothing_is_handed_on_after_a_callback_has_failed():
    calls = []

    def refuses(text):
        calls.append(text)
        raise LookupError("no room")

    monitor = watch(["a {fox} b {half"], on_text=refuses)
    await monitor.start()
    with pytest.raises(LookupError):
        await monitor.finish()
    monitor.stop()
    assert calls == ["a "]
    assert monitor.log == []


async def test_a_pattern_that_fails_is_told_at_the_end_and_the_text_goes_on():
    detector = Brackets()
    monitor = watch(None, detector=detector)
    await monitor.start()
    monitor.push("a {half")
    await until(lambda: monitor.log == ["a "])

    def gives_up(delta):
        detector.held += delta
        detector.feed = lambda delta: [*detector.flush(), delta]
        raise PatternError("too slow", pattern="x")

    detector.feed = gives_up
    monitor.push(" a tag")
    monitor.push(" b")
    await until(lambda: monitor.text.endswith("b"))
    monitor.push(" c")
    with pytest.raises(PatternError):
        await monitor.finish()
    assert monitor.text == "a {half a tag b c"
    assert monitor.log == ["a {half a tag b c"]


async def test_a_detector_that_breaks_is_the_monitors_failure():
    class Broken(Brackets):
        def feed(self, delta):
            if delta == "b":
                raise ZeroDivisionError
            return super().feed(delta)

    monitor = watch(["a {half", "b", "c"], detector=Broken())
    await monitor.start()
    with pytest.raises(ZeroDivisionError):
        await monitor.finish()
    assert monitor.log == ["a {half"]


async def test_a_failure_nobody_asks_for_leaves_no_warning(caplog):
    def breaks():
        yield "a"
        raise OSError("cut")

    monitor = watch(breaks())
    await monitor.start()
    await until(monitor._ended.is_set)
    del monitor
    gc.collect()
    await asyncio.sleep(0)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


# Closing


async def test_an_async_source_is_closed_at_its_end_and_before_finish_returns():
    class Stream:
        closed = 0

        async def __aiter__(self):
            yield "a"

        async def aclose(self):
            await asyncio.sleep(0)
            self.closed += 1

    stream = Stream()
    monitor = watch(stream)
    await monitor.start()
    await monitor.finish()
    assert stream.closed == 1


async def test_an_async_source_is_closed_on_stop():
    closed = asyncio.Event()

    async def source():
        try:
            yield "a"
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            closed.set()

    monitor = watch(source())
    await monitor.start()
    await until(lambda: monitor.text == "a")
    monitor.stop()
    await asyncio.wait_for(closed.wait(), 10)


async def test_a_source_is_closed_when_the_monitor_is_stopped_before_its_start():
    closed = asyncio.Event()

    class Stream:
        def __aiter__(self):
            raise AssertionError("nothing is read")

        async def aclose(self):
            closed.set()

    monitor = watch(Stream())
    monitor.stop()
    await asyncio.wait_for(closed.wait(), 10)
    await monitor.start()
    await monitor.finish()
    assert monitor.text == ""


def test_a_source_that_does_not_close_holds_nobody_up_for_long(caplog):
    class Stream:
        async def __aiter__(self):
            yield "a"

        async def aclose(self):
            await asyncio.Event().wait()

    async def main():
        loop = asyncio.get_running_loop()
        monitor = watch(Stream())
        await monitor.start()
        begun = loop.time()
        await monitor.finish()
        assert loop.time() - begun == pytest.approx(5)
        assert "42" in caplog.text

    run(main)


def test_a_loop_that_closes_ends_the_reading_and_closes_the_source():
    closed = []
    log = Log()

    async def source():
        try:
            yield "a {half"
            await asyncio.Event().wait()
        finally:
            closed.append(True)

    async def main():
        monitor = watch(source(), log)
        await monitor.start()
        await until(lambda: monitor.text != "")

    asyncio.run(main())
    assert closed == [True]
    assert log == ["a {half"]


# Stopping


async def test_stop_hands_on_what_was_read_and_nothing_after_it():
    asked, hold, closed = threading.Event(), threading.Event(), threading.Event()

    def hangs():
        try:
            yield "a "
            yield "{fox} b"
            yield " {half"
            asked.set()
            hold.wait(10)
            yield "never"
        finally:
            closed.set()

    monitor = watch(hangs())
    await monitor.start()
    assert asked.wait(10)
    monitor.stop()
    assert monitor.log == ["a ", "[fox]", " b {half"]
    assert monitor.text == "a {fox} b {half"
    await monitor.finish()
    hold.set()
    assert closed.wait(10)
    await asyncio.sleep(0)
    assert monitor.text == "a {fox} b {half"
    assert monitor.log == ["a ", "[fox]", " b {half"]


async def test_stop_is_prompt_before_a_source_that_ignores_cancelling():
    let_go = asyncio.Event()
    closed = asyncio.Event()

    async def stubborn():
        try:
            yield "a"
            while not let_go.is_set():
                try:
                    await let_go.wait()
                except asyncio.CancelledError:
                    continue
            yield "b"
        finally:
            closed.set()

    monitor = watch(stubborn())
    await monitor.start()
    await until(lambda: monitor.text == "a")
    monitor.stop()
    await monitor.finish()
    monitor.stop()
    assert not closed.is_set()
    let_go.set()
    await asyncio.wait_for(closed.wait(), 10)
    assert monitor.text == "a"
    assert monitor.log == ["a"]


def test_stop_ends_a_start_that_waits_for_a_poll_that_hangs():
    hold = threading.Event()

    async def main():
        monitor = watch(lambda: hold.wait(10))
        starting = asyncio.create_task(monitor.start())
        await asyncio.sleep(0)
        monitor.stop()
        await starting
        await monitor.finish()
        hold.set()

    asyncio.run(main())


async def test_pushing_after_stop_is_dropped():
    monitor = watch(None)
    await monitor.start()
    monitor.push("a")
    monitor.stop()
    monitor.push("b")
    assert monitor.deltas_ahead == 0
    assert monitor.text == "a"
    assert monitor.log == ["a"]
    await monitor.finish()


@pytest.mark.parametrize("deltas", [["a {fox} b {sea} c"], ["a {fox", "} b {sea} c", "d"]])
async def test_stop_called_from_a_callback_still_hands_on_all_that_was_read_in_order(deltas):
    def stops(prompt):
        monitor.log.prompt(prompt)
        monitor.stop()

    monitor = watch(None, on_prompt=stops)
    await monitor.start()
    for delta in deltas:
        monitor.push(delta)
    await until(monitor._ended.is_set)
    seen = ["a ", "[fox]", " b ", "[sea]", " c" + "".join(deltas[2:])]
    assert monitor.log == seen
    await asyncio.sleep(0)
    assert monitor.log == seen


async def test_stop_called_from_a_callback_asks_the_source_no_more_and_closes_it():
    asked = []
    closed = asyncio.Event()

    class Stream:
        def __aiter__(self):
            return self

        async def __anext__(self):
            asked.append(True)
            return "a"

        async def aclose(self):
            await asyncio.sleep(0)
            closed.set()

    monitor = watch(Stream(), on_text=lambda _: monitor.stop())
    await monitor.start()
    await asyncio.wait_for(closed.wait(), 10)
    assert asked == [True]


async def test_stop_called_from_one_of_the_last_callbacks_hands_on_the_rest_before_it_returns():
    class HoldsAll(Brackets):
        def feed(self, delta):
            self.held += delta
            return []

        def flush(self):
            return super().feed("")

    def stops(text):
        monitor.log.text(text)
        monitor.stop()
        stopped.append(list(monitor.log))

    stopped = []
    monitor = watch(["a {fox} b"], detector=HoldsAll(), on_text=stops)
    await monitor.start()
    await monitor.finish()
    assert stopped[0] == monitor.log == ["a ", "[fox]", " b"]


async def test_an_error_while_stopping_is_told_by_finish():
    def refuses(_):
        raise LookupError("no room")

    monitor = watch(None, on_text=refuses)
    await monitor.start()
    monitor.push("a")
    monitor.stop()
    with pytest.raises(LookupError):
        await monitor.finish()


def test_stop_outside_a_loop_before_any_start_does_no_harm():
    monitor = watch("a")
    monitor.stop()
    monitor.stop()

    async def main():
        await monitor.start()
        await monitor.finish()
        assert monitor.text == ""

    run(main)


# The loop


@pytest.mark.parametrize("kind", ["async", "thread", "list", "pushed"])
async def test_a_source_that_never_suspends_does_not_starve_the_loop(kind, monkeypatch):
    clock = 0.0

    def ticking():
        nonlocal clock
        clock += 0.001
        return clock

    monkeypatch.setattr("nbkit.monitor.time.monotonic", ticking)
    count = 3_000

    async def never_suspends():
        for _ in range(count):
            yield "x"

    source = {
        "async": never_suspends,
        "thread": lambda: iter(["x"] * count),
        "list": lambda: ["x"] * count,
        "pushed": lambda: None,
    }[kind]()
    monitor = watch(source)
    if kind == "pushed":
        for _ in range(count):
            monitor.push("x")
    turns = 0
    starting = asyncio.create_task(monitor.start())
    finishing = None
    while finishing is None or not finishing.done():
        if starting.done() and finishing is None:
            finishing = asyncio.create_task(monitor.finish())
        await asyncio.sleep(0)
        turns += 1
    assert monitor.text == "x" * count
    # A millisecond a delta by this clock: a turn at least every five of them.
    assert turns >= count / 6


async def test_a_fast_thread_is_held_back_while_the_loop_is_busy_in_a_callback():
    begun = 0
    furthest = 0
    monitor = None

    def fast():
        nonlocal begun
        for _ in range(5 * AHEAD):
            begun += 1
            yield "x"

    def busy(_):
        nonlocal furthest
        if len(monitor.text) % AHEAD == 1:
            limit = time.monotonic() + 10
            most = min(5 * AHEAD, len(monitor.text) - 1 + AHEAD)
            while begun < most and time.monotonic() < limit:
                pass
            # The thread has come as far as it may; time enough to go on if nothing held it.
            time.sleep(0.01)
        furthest = max(furthest, begun - (len(monitor.text) - 1))

    monitor = watch(fast(), on_text=busy)
    await monitor.start()
    await monitor.finish()
    assert monitor.text == "x" * (5 * AHEAD)
    assert furthest == AHEAD


async def test_pushing_from_other_threads_loses_nothing():
    monitor = watch(None)
    await monitor.start()

    def push(mark):
        for _ in range(2_000):
            monitor.push(mark)

    threads = [threading.Thread(target=push, args=(mark,)) for mark in "abcd"]
    for thread in threads:
        thread.start()
    await asyncio.to_thread(lambda: [thread.join() for thread in threads])
    await monitor.finish()
    assert sorted(monitor.text) == sorted("abcd" * 2_000)


async def test_only_a_monitor_without_a_source_takes_pushed_text():
    with pytest.raises(RuntimeError, match="without a source"):
        watch("a").push("b")
    monitor = watch(None)
    with pytest.raises(TypeError, match="bytes"):
        monitor.push(b"b")


async def test_callbacks_are_called_on_the_loop():
    threads = set()

    def note(_):
        threads.add(threading.current_thread())

    monitor = watch(in_a_thread(), on_text=note, on_prompt=note)
    await monitor.start()
    await monitor.finish()
    assert threads == {threading.current_thread()}


# With the real parts

TALE = 'Once <!--img-prompt="a fox in the snow"-->upon <img_prompt="the sea">a time.'
TOLD = ["Once ", "[a fox in the snow]", "upon ", "[the sea]", "a time."]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
async def test_tags_are_found_however_the_text_is_cut_and_the_message_is_tracked(size):
    manager = ProgressManager()
    cuts = [TALE[at : at + size] for at in range(0, len(TALE), size)]
    monitor = watch(iter(cuts), detector=PromptDetector(), progress_manager=manager)
    starting = monitor.start()
    await starting
    assert manager.is_tracking(42)
    assert manager.get_state(42).total == 0
    await monitor.finish()
    assert monitor.log == TOLD
    assert monitor.text == TALE


@pytest.mark.parametrize("name", transcripts())
async def test_a_replay_comes_out_with_its_prompts_where_they_stand_in_the_text(name):
    prompts = []
    visible = []
    monitor = watch(
        replay(name, math.inf),
        detector=PromptDetector(),
        on_text=visible.append,
        on_prompt=prompts.append,
    )
    await monitor.start()
    await monitor.finish()
    assert len(prompts) >= 3
    for prompt in prompts:
        assert monitor.text[prompt.start : prompt.end] == prompt.tag
    assert [prompt.index for prompt in prompts] == list(range(len(prompts)))
    shown = monitor.text
    for prompt in prompts:
        shown = shown.replace(prompt.tag, "")
    assert "".join(visible) == shown


async def test_a_tag_that_never_ended_is_text_also_after_stop_and_after_a_failure():
    def breaks():
        yield 'a <img_prompt="half'
        raise OSError("cut")

    broken = watch(breaks(), detector=PromptDetector())
    await broken.start()
    with pytest.raises(StreamError):
        await broken.finish()
    stopped = watch(None, detector=PromptDetector())
    await stopped.start()
    stopped.push('a <img_prompt="half')
    stopped.stop()
    assert broken.log == stopped.log == ['a <img_prompt="half']


async def test_a_pattern_that_takes_too_long_fails_the_monitor_and_loses_no_text():
    evil = PromptDetector([r"<((?:\w|\w\w|\d)+)+>"])
    text = "a <" + "x" * 60 + "! b"
    monitor = watch([text, " c"], detector=evil)
    await monitor.start()
    with pytest.raises(PatternError):
        await monitor.finish()
    assert "".join(monitor.log) == monitor.text == text + " c"
