"""A monitor from its start to the end of its text, whatever the source."""

from __future__ import annotations

import asyncio
import math

import pytest
from unit.monitor_kit import DELTAS, Registry, in_a_thread, watch

from nbkit.detector import PromptDetector
from nbkit.errors import PatternError, StreamError
from nbkit.llm.replay import replay, transcripts
from nbkit.monitor import StreamingMonitor
from nbkit.progress import ProgressManager
from nbkit.testing import run, until

SEEN = ["a ", "[fox]", " b ", "[sea]", " c"]
RAW = "".join(DELTAS)


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


async def stops_half_way(go_on):
    yield "a"
    await go_on.wait()
    yield "b"


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
    monitor = watch(stops_half_way(go_on))
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
    monitor = watch(stops_half_way(go_on))
    await monitor.start()
    finishing = asyncio.create_task(monitor.finish())
    await until(lambda: monitor.text == "a")
    finishing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await finishing
    go_on.set()
    await monitor.finish()
    assert monitor.text == "ab"


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
