"""Connections that cannot be made, over real sockets: what is said of them, and tried again."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import pytest

from nbkit import Deadlines
from nbkit.errors import ServerTimeoutError, ServerUnreachableError
from nbkit.http import Client
from nbkit.websocket import open_websocket


@contextlib.asynccontextmanager
async def speaks_plainly():
    """A server that answers whatever comes in plain text, at an address that says https."""

    async def answer(reader, writer):
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@contextlib.contextmanager
def takes_no_more():
    """A server whose queue of connections is full: a further one is not answered at all."""
    with socket.socket() as listening, contextlib.ExitStack() as waiting:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(4):
            other = waiting.enter_context(socket.socket())
            other.setblocking(False)
            other.connect_ex(listening.getsockname())
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


async def test_a_server_without_tls_at_an_https_address_is_named_as_such_and_not_asked_again():
    async with speaks_plainly() as url, Client(url) as client:
        with pytest.raises(ServerUnreachableError, match="offers no secure connection") as caught:
            await client.json("GET", "/v1")
    assert not caught.value.retryable


async def test_nor_is_a_websocket_opened_there():
    async with speaks_plainly() as url:
        with pytest.raises(ServerUnreachableError, match="offers no secure connection") as caught:
            async with open_websocket(url, "/ws"):
                pytest.fail("it has opened")
    assert not caught.value.retryable


async def test_a_server_that_takes_no_connection_is_given_up_after_the_time_for_that():
    with takes_no_more() as url:
        async with Client(url, deadlines=Deadlines(connect=0.1)) as client:
            with pytest.raises(ServerTimeoutError, match="did not accept the connection") as caught:
                await client.json("GET", "/v1")
    assert caught.value.retryable


async def test_a_websocket_that_does_not_open_is_given_up(monkeypatch):
    monkeypatch.setattr("nbkit.websocket._CONNECT", 0.1)
    with (
        takes_no_more() as url,
        pytest.raises(ServerTimeoutError, match="did not open in time") as caught,
    ):
        async with open_websocket(url, "/ws"):
            pytest.fail("it has opened")
    assert caught.value.retryable
