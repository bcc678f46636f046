"""Sources of every legal kind, and what is refused."""

from __future__ import annotations

import asyncio
import collections
import io
import pathlib
import threading

import pytest
from unit.sources_kit import DELTAS, async_generator, collect, generator

import nbkit
from nbkit._monitor.sources import open_source
from nbkit.errors import ChunkTypeError
from nbkit.testing import until


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
        held.wait(60)

    reader = open_source(reply())
    assert await anext(reader) == "a"
    await until(lambda: reader.ahead == 5)
    assert reader.stop() == ["b", "", "c"]
    held.set()
