"""Sources that are opened by entering them, and left and hung up afterwards."""

from __future__ import annotations

import pathlib
import socket
import threading
import types

import pytest
from unit.sources_kit import DELTAS, async_generator, collect, generator

from nbkit._monitor.hangup import hang_up
from nbkit._monitor.sources import open_source
from nbkit.errors import StreamError
from nbkit.testing import until


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
