"""Every kind of source becomes the same deltas, fails the same way and is closed."""

from __future__ import annotations

import asyncio
import collections
import functools
import io
import pathlib
import socket
import subprocess
import sys
import textwrap
import threading
import time
import types

import pytest

import nbkit
from nbkit._monitor.hangup import hang_up
from nbkit._monitor.sources import open_source
from nbkit._monitor.threaded import AHEAD
from nbkit.errors import ChunkTypeError, StreamError
from nbkit.testing import run, until

DELTAS = ["Once ", "upon", "", " a time"]


async def collect(source):
    reader = open_source(source)
    try:
        return [delta async for delta in reader]
    finally:
        await reader.aclose()


def generator():
    yield from DELTAS


async def async_generator():
    for delta in DELTAS:
        await asyncio.sleep(0)
        yield delta


class AsyncStream:
    """An async iterable with a synchronous close, as some clients have."""

    def __init__(self):
        self.closed = 0

    def __aiter__(self):
        return async_generator()

    def close(self):
        self.closed += 1


class Both:
    """Can be called and iterated."""

    def __iter__(self):
        return iter(DELTAS)

    def __call__(self):
        raise AssertionError("a source that can be iterated is not polled")


@pytest.mark.parametrize(
    "make",
    [
        lambda: DELTAS,
        lambda: tuple(DELTAS),
        generator,
        lambda: iter(DELTAS),
        lambda: collections.deque(DELTAS),
        lambda: map(str, DELTAS),
        async_generator,
        AsyncStream,
        Both,
    ],
)
async def test_every_iterable_kind_gives_its_deltas_in_order(make):
    assert await collect(make()) == DELTAS


async def test_a_whole_text_comes_in_pieces_that_join_to_it():
    text = "".join(chr(0x21 + i % 5000) for i in range(10_000))
    pieces = await collect(text)
    assert len(pieces) == open_source(text).initial == 3
    assert "".join(pieces) == text
    assert await collect("") == []


async def test_an_open_file_is_read_by_lines_and_closed():
    file = io.StringIO("one\ntwo")
    assert await collect(file) == ["one\n", "two"]
    await until(lambda: file.closed)


class Prompt:
    async def __call__(self):
        return "text"


async def coroutine():
    return "text"


def needs_an_argument(text):
    return text


@pytest.mark.parametrize(
    ("source", "names"),
    [
        (b"text", "bytes"),
        (bytearray(b"text"), "bytearray"),
        (memoryview(b"text"), "memoryview"),
        (5, "int"),
        (2.5, "float"),
        ({"text": 1}, "dict"),
        ({"text"}, "set"),
        (object(), "object"),
        (str, "class str"),
        (Prompt, "class Prompt"),
        (pathlib.PurePath("story.md"), "Path"),
        (generator, "generator function"),
        (async_generator, "generator function"),
        (needs_an_argument, "arguments"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_source_of_the_wrong_kind_is_refused_by_name(source, names):
    with pytest.raises(TypeError, match=names):
        open_source(source)


async def test_what_wants_awaiting_is_refused_without_a_warning_later():
    with pytest.raises(TypeError, match=r"coroutine.*await it"):
        open_source(coroutine())
    future = asyncio.get_running_loop().create_future()
    with pytest.raises(TypeError, match="Future"):
        open_source(future)


@pytest.mark.parametrize("source", [["a", b"b"], iter(["a", b"b"]), collections.deque(["a", b"b"])])
async def test_a_chunk_that_is_no_text_fails_where_it_stands(source):
    reader = open_source(source)
    assert await anext(reader) == "a"
    with pytest.raises(ChunkTypeError, match="type bytes,"):
        await anext(reader)
    await reader.aclose()


async def test_an_async_chunk_that_is_no_text_fails_too():
    async def numbers():
        yield 7

    with pytest.raises(ChunkTypeError, match="type int,"):
        await collect(numbers())


async def test_a_session_raises_the_chunks_type_error_and_keeps_its_text():
    session = nbkit.illustrate(iter(["a", object(), "b"]), preview=False, progress=False)
    with pytest.raises(nbkit.ChunkTypeError, match="type object,") as caught:
        await session
    assert isinstance(caught.value, TypeError)
    assert caught.value.message_id == session.message_id
    assert (session.text, session.status) == ("a", "failed")


async def test_what_was_read_ahead_is_handed_out_as_text_up_to_the_first_that_is_none():
    chunk = {"choices": [{"index": 0, "delta": {"content": "b"}}]}
    held = threading.Event()

    def reply():
        yield from ["a", chunk, None, "c", b"d", "e"]
        held.wait(10)

    reader = open_source(reply())
    assert await anext(reader) == "a"
    await until(lambda: reader.ahead == 5)
    assert reader.stop() == ["b", "", "c"]
    held.set()


# What is opened by entering it


class Manager:
    """Gives a stream when it is entered, in a thread or on the loop, as vendors' managers do."""

    def __init__(self, stream):
        self.stream = stream
        self.log = []

    def note(self, what):
        self.log.append((what, threading.current_thread() is threading.main_thread()))


class SyncManager(Manager):
    def __enter__(self):
        self.note("enter")
        return self.stream

    def __exit__(self, *exc_info):
        self.note("exit")


class AsyncManager(Manager):
    async def __aenter__(self):
        self.note("enter")
        return self.stream

    async def __aexit__(self, *exc_info):
        self.note("exit")


async def test_a_manager_is_entered_read_and_left_in_one_thread():
    manager = SyncManager(generator())
    assert await collect(manager) == DELTAS
    assert manager.log == [("enter", False), ("exit", False)]


async def test_an_async_manager_is_entered_read_and_left_on_the_loop():
    manager = AsyncManager(async_generator())
    assert await collect(manager) == DELTAS
    assert manager.log == [("enter", True), ("exit", True)]


@pytest.mark.parametrize("make", [SyncManager, AsyncManager])
async def test_a_manager_is_left_where_reading_stops_in_the_middle(make):
    manager = make(generator() if make is SyncManager else async_generator())
    reader = open_source(manager)
    assert await anext(reader) == "Once "
    reader.stop()
    await reader.aclose()
    await until(lambda: [what for what, _ in manager.log] == ["enter", "exit"])


@pytest.mark.parametrize("make", [SyncManager, AsyncManager])
async def test_a_manager_is_left_where_its_stream_breaks(make):
    def breaks():
        yield "a"
        raise OSError("no route")

    async def breaks_on_the_loop():
        for delta in breaks():
            yield delta

    manager = make(breaks() if make is SyncManager else breaks_on_the_loop())
    with pytest.raises(StreamError, match="no route"):
        await collect(manager)
    await until(lambda: [what for what, _ in manager.log] == ["enter", "exit"])


@pytest.mark.parametrize("make", [SyncManager, AsyncManager])
async def test_a_manager_that_was_never_entered_is_not_left(make):
    manager = make(iter(()))
    await open_source(manager).aclose()
    assert manager.log == []


@pytest.mark.parametrize("make", [SyncManager, AsyncManager])
async def test_a_manager_of_what_is_no_stream_is_a_stream_error(make):
    with pytest.raises(StreamError, match="int"):
        await collect(make(5))


@pytest.mark.parametrize(
    ("changes", "ends"),
    [({}, True), ({"is_closed": True}, False), ({"version": b"HTTP/2"}, False)],
)
def test_only_a_connection_that_no_other_request_may_use_is_hung_up(changes, ends):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        extensions = {
            "http_version": changes.get("version", b"HTTP/1.1"),
            "network_stream": types.SimpleNamespace(get_extra_info={"socket": theirs}.get),
        }
        closed = changes.get("is_closed", False)
        response = types.SimpleNamespace(is_closed=closed, extensions=extensions)
        hang_up(types.SimpleNamespace(response=response))
        if ends:
            assert ours.recv(1) == b""
            hang_up(types.SimpleNamespace(response=response))  # once more does no harm
        else:
            with pytest.raises(BlockingIOError):
                ours.recv(1)


@pytest.mark.parametrize("stream", [None, iter("a"), types.SimpleNamespace(response="text")])
def test_what_shows_no_connection_is_left_as_it_is(stream):
    hang_up(stream)


def test_a_path_is_refused_though_it_can_be_entered():
    with pytest.raises(TypeError, match="open it"):
        open_source(pathlib.Path("story.md"))


@pytest.mark.parametrize(
    "error", [ValueError("boom"), KeyboardInterrupt("boom"), SystemExit("boom")]
)
async def test_an_error_in_the_thread_is_raised_on_the_loop_as_a_stream_error(error):
    def breaks():
        yield "a"
        raise error

    reader = open_source(breaks())
    assert await anext(reader) == "a"
    with pytest.raises(StreamError, match="boom") as caught:
        await anext(reader)
    assert caught.value.__cause__ is error


async def test_a_source_that_was_cancelled_inside_is_an_error_and_no_cancelling():
    async def inner_cancelled():
        yield "a"
        raise asyncio.CancelledError

    reader = open_source(inner_cancelled())
    assert await anext(reader) == "a"
    with pytest.raises(StreamError, match="cancelled"):
        await anext(reader)


async def test_an_iterable_that_cannot_be_iterated_is_a_stream_error():
    class Broken:
        def __iter__(self):
            raise OSError("no route")

    with pytest.raises(StreamError, match="no route"):
        await collect(Broken())


async def test_iterator_and_iterable_are_both_closed():
    closed = []

    class Stream:
        async def __aiter__(self):
            try:
                yield "a"
                yield "b"
            finally:
                closed.append("iterator")

        async def aclose(self):
            closed.append("stream")

    reader = open_source(Stream())
    assert await anext(reader) == "a"
    await reader.aclose()
    assert closed == ["iterator", "stream"]


async def test_a_generator_is_read_and_closed_in_one_thread_of_its_own():
    threads = []

    def generator():
        threads.append(threading.current_thread())
        try:
            while True:
                yield "x"
        finally:
            threads.append(threading.current_thread())

    reader = open_source(generator())
    await anext(reader)
    await reader.aclose()
    await until(lambda: len(threads) == 2)
    assert threads[0] is threads[1]
    assert threads[0] is not threading.main_thread()
    assert threads[0].daemon


async def test_a_generator_that_was_never_begun_is_closed_too():
    generator = (delta for delta in DELTAS)
    await open_source(generator).aclose()
    await until(lambda: generator.gi_frame is None)


async def test_a_close_that_fails_is_logged_and_harms_nothing(caplog):
    class Stream:
        def __iter__(self):
            return iter(DELTAS)

        def close(self):
            raise OSError("already gone")

    assert await collect(Stream()) == DELTAS
    assert "already gone" in caplog.text


def keep_busy(seconds, condition=lambda: True):
    """Hold up the loop."""
    limit = time.monotonic() + seconds
    while condition() and time.monotonic() < limit:
        pass


async def test_the_thread_is_never_more_than_a_thousand_deltas_ahead_of_a_busy_loop():
    begun = 0

    def fast():
        nonlocal begun
        while True:
            begun += 1
            yield "x"

    reader = open_source(fast())
    taken, furthest = 0, 0
    while taken < 3 * AHEAD:
        await anext(reader)
        if taken % AHEAD == 0:
            keep_busy(10, lambda taken=taken: begun - taken < AHEAD)
            keep_busy(0.02)  # time enough to run on, if nothing held the thread
        furthest = max(furthest, begun - taken)
        taken += 1
    assert furthest == AHEAD == 1_000
    await reader.aclose()


async def test_what_the_thread_has_read_is_handed_out_on_stop():
    asked = threading.Event()
    hold = threading.Event()
    closed = threading.Event()

    def hangs():
        try:
            yield "a"
            yield "b"
            yield "c"
            asked.set()
            hold.wait(10)
            while True:
                yield "d"
        finally:
            closed.set()

    reader = open_source(hangs())
    assert await anext(reader) == "a"
    assert asked.wait(10)
    assert reader.ahead == 2
    assert reader.stop() == ["b", "c"]
    hold.set()
    assert closed.wait(10)


async def test_a_thread_whose_loop_is_gone_closes_its_source():
    closed = threading.Event()
    go_on = threading.Event()

    def patient():
        try:
            yield "a"
            go_on.wait(10)
            while True:
                yield "b"
        finally:
            closed.set()

    async def read_one():
        assert await anext(open_source(patient())) == "a"

    await asyncio.to_thread(asyncio.run, read_one())
    go_on.set()
    assert closed.wait(10)


def test_a_hanging_source_does_not_hold_up_the_exit_of_the_interpreter():
    script = """
        import asyncio, threading
        from nbkit._monitor.sources import open_source

        def hangs():
            yield "a"
            threading.Event().wait()

        async def main():
            reader = open_source(hangs())
            print(await anext(reader))
            poll = asyncio.create_task(anext(open_source(threading.Event().wait)))
            await asyncio.sleep(0.05)
            poll.cancel()

        asyncio.run(main())
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "a\n", "")


# Polled text


def versions(*texts):
    """A callable that returns one text after another, and then ``None``."""
    left = iter(texts)
    return lambda: next(left, None)


def test_a_callable_is_polled_for_what_is_new_until_it_returns_none():
    async def main():
        loop = asyncio.get_running_loop()
        begun = loop.time()
        reader = open_source(versions("", "a", "a", "abc"), poll_interval=0.5)
        deltas = [(delta, loop.time() - begun) async for delta in reader]
        assert [delta for delta, _ in deltas] == ["", "a", "bc"]
        assert [at for _, at in deltas] == pytest.approx([0.0, 0.5, 1.5])

    run(main)


def test_a_callable_ends_with_stop_iteration_whether_sync_or_async():
    async def main():
        assert await collect(iter(["a", "ab"]).__next__) == ["a", "b"]
        left = iter(["a", "ab"])

        async def poll():
            return next(left)

        assert await collect(poll) == ["a", "b"]

    run(main)


def test_async_callables_of_every_shape_are_awaited_on_the_loop():
    async def main():
        threads = []

        class Poll:
            def __init__(self):
                self.left = iter(["a", None])

            async def __call__(self):
                threads.append(threading.current_thread())
                return next(self.left)

        poll = Poll()
        assert await collect(poll) == ["a"]
        assert set(threads) == {threading.current_thread()}
        assert await collect(functools.partial(Poll())) == ["a"]
        assert await collect(Poll().__call__) == ["a"]

        poll = Poll()

        def late():
            return poll()

        assert await collect(late) == ["a"]

    run(main)


def test_a_sync_callable_is_called_in_a_daemon_thread():
    async def main():
        threads = []

        def poll():
            threads.append(threading.current_thread())

        assert await collect(poll) == []
        assert threads[0] is not threading.main_thread()
        assert threads[0].daemon

    run(main)


def test_a_polled_text_that_changes_what_was_read_is_an_error():
    async def main():
        reader = open_source(versions("Once upon", "Twice upon"))
        assert await anext(reader) == "Once upon"
        with pytest.raises(StreamError, match="no longer begins with the 9 characters"):
            await anext(reader)

    run(main)


@pytest.mark.parametrize("wrong", [b"text", 5, ["text"]])
def test_a_poll_that_returns_no_text_is_an_error_naming_its_type(wrong):
    async def main():
        with pytest.raises(StreamError, match=type(wrong).__name__):
            await collect(lambda: wrong)

    run(main)


def test_an_error_of_the_callable_is_a_stream_error():
    async def fails():
        raise RuntimeError("boom")

    async def main():
        with pytest.raises(StreamError, match="integer division"):
            await collect(lambda: 1 // 0)
        with pytest.raises(StreamError, match="boom"):
            await collect(fails)

    run(main)


def test_the_end_of_polled_text_is_one_last_poll_at_once():
    async def main():
        loop = asyncio.get_running_loop()
        text = "a"
        reader = open_source(lambda: text, poll_interval=60)
        assert await anext(reader) == "a"
        waiting = asyncio.create_task(anext(reader))
        await asyncio.sleep(1)
        text = "ab"
        begun = loop.time()
        reader.end()
        assert await waiting == "b"
        assert loop.time() == begun
        with pytest.raises(StopAsyncIteration):
            await anext(reader)

    run(main)


# Pushed text


async def test_pushed_text_comes_in_order_from_any_thread_until_the_end():
    reader = open_source(None)
    reader.push("0")
    assert reader.initial == reader.ahead == 1

    def push():
        for number in range(1, 5_000):
            reader.push(str(number))
        reader.end()

    thread = threading.Thread(target=push)
    thread.start()
    assert [delta async for delta in reader] == [str(number) for number in range(5_000)]
    thread.join()
    with pytest.raises(RuntimeError, match="ended"):
        reader.push("late")


def test_only_text_can_be_pushed():
    reader = open_source(None)
    with pytest.raises(TypeError, match="bytes"):
        reader.push(b"text")
    assert reader.ahead == 0


async def test_a_reader_that_waits_for_pushed_text_sleeps():
    reader = open_source(None)
    reading = asyncio.create_task(anext(reader))
    for delta in ("a", "b"):
        await asyncio.sleep(0)
        reader.push(delta)
        assert await reading == delta
        reading = asyncio.create_task(anext(reader))
    turns = 0
    wait = reader._woken.wait

    async def counted():
        nonlocal turns
        turns += 1
        return await wait()

    reader._woken.wait = counted
    await asyncio.sleep(0.01)
    assert turns <= 1
    reader.end()
    with pytest.raises(StopAsyncIteration):
        await reading


async def test_what_is_pushed_while_the_reader_goes_to_sleep_is_not_overlooked():
    reader = open_source(None)
    reading = asyncio.create_task(anext(reader))
    await asyncio.sleep(0)
    reader.push("a")
    assert await reading == "a"
    fall_asleep = reader._woken.clear

    def pushed_meanwhile():
        fall_asleep()
        reader._woken.clear = fall_asleep
        reader.push("b")  # the reader passes for awake still, so nobody wakes it

    reader._woken.clear = pushed_meanwhile
    assert await asyncio.wait_for(anext(reader), 10) == "b"
