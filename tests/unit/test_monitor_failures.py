"""Sources, callbacks and detectors that fail, and how sources are closed."""

from __future__ import annotations

import asyncio
import gc
import logging

import pytest
from unit.monitor_kit import Brackets, Log, watch

from nbkit.errors import ChunkTypeError, PatternError, StreamError
from nbkit.testing import run, until


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
    await asyncio.wait_for(closed.wait(), 60)


async def test_a_source_is_closed_when_the_monitor_is_stopped_before_its_start():
    closed = asyncio.Event()

    class Stream:
        def __aiter__(self):
            raise AssertionError("nothing is read")

        async def aclose(self):
            closed.set()

    monitor = watch(Stream())
    monitor.stop()
    await asyncio.wait_for(closed.wait(), 60)
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
