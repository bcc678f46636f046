"""The websocket against a real peer: bounds, errors by kind, and a key that shows nowhere."""

from __future__ import annotations

import asyncio
import contextlib
import http
import logging
import socket
import traceback

import pytest
from faults.idle_clock import keep_idle_time
from websockets.asyncio.server import serve
from websockets.utils import accept_key

from nbkit.errors import (
    ServerAnswerError,
    ServerDisconnectedError,
    ServerError,
    ServerRefusedError,
    ServerUnreachableError,
)
from nbkit.keys import Key
from nbkit.websocket import MAX_MESSAGE, _silent, open_websocket

CANARY = "sk-canary-5113"


@contextlib.asynccontextmanager
async def peer(handler, **options):
    async with serve(handler, "127.0.0.1", 0, max_size=None, **options) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def echo(connection):
    async for message in connection:
        await connection.send(message)


async def test_text_and_bytes_go_both_ways():
    async with peer(echo) as url, open_websocket(url, "/ws", params={"clientId": "a b"}) as ws:
        await ws.send("hello")
        assert await ws.receive() == "hello"


async def test_the_path_and_the_query_are_what_was_asked_for():
    async def tell(connection):
        await connection.send(connection.request.path)

    async with peer(tell) as url, open_websocket(url, "/ws", params={"clientId": "a&b"}) as ws:
        assert await ws.receive() == "/ws?clientId=a%26b"


@pytest.mark.parametrize(("auth", "value"), [("bearer", f"Bearer {CANARY}"), ("basic", "Basic ")])
async def test_the_key_goes_into_the_handshake(auth, value):
    async def tell(connection):
        await connection.send(connection.request.headers["Authorization"])

    async with (
        peer(tell) as url,
        open_websocket(url, "/ws", key=Key(CANARY), auth=auth) as ws,
    ):
        assert (await ws.receive()).startswith(value)


async def test_a_message_that_is_too_long_ends_the_connection():
    async def flood(connection):
        await connection.send(b"x" * (MAX_MESSAGE + 1))
        await connection.wait_closed()

    async with peer(flood) as url, open_websocket(url, "/ws") as ws:
        with pytest.raises(ServerDisconnectedError, match="closed") as caught:
            await ws.receive()
    assert caught.value.retryable
    assert caught.value.url == f"{url}/ws"


async def test_the_longest_message_comes_whole():
    async def send(connection):
        await connection.send(b"x" * MAX_MESSAGE)

    async with peer(send) as url, open_websocket(url, "/ws") as ws:
        assert len(await ws.receive()) == MAX_MESSAGE


async def test_a_connection_that_breaks_is_told_as_such():
    async def drop(connection):
        connection.transport.abort()

    async with peer(drop) as url, open_websocket(url, "/ws") as ws:
        with pytest.raises(ServerDisconnectedError):
            await ws.receive()
        with pytest.raises(ServerDisconnectedError):
            await ws.send("hello")


async def test_a_wait_that_is_cancelled_loses_no_message():
    said = asyncio.Event()

    async def wait(connection):
        await said.wait()
        await connection.send("late")

    async with peer(wait) as url, open_websocket(url, "/ws") as ws:
        waiting = asyncio.create_task(ws.receive())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        said.set()
        assert await ws.receive() == "late"


async def test_a_refusal_has_its_status_and_the_servers_words():
    def refuse(connection, request):
        return connection.respond(http.HTTPStatus.FORBIDDEN, "not for you")

    async with peer(echo, process_request=refuse) as url:
        with pytest.raises(ServerRefusedError, match="403 Forbidden: not for you") as caught:
            async with open_websocket(url, "/ws"):
                pass
    assert (caught.value.status, caught.value.retryable) == (403, False)


async def test_a_redirect_is_not_followed():
    def redirect(connection, request):
        answer = connection.respond(http.HTTPStatus.FOUND, "")
        answer.headers["Location"] = "/elsewhere"
        return None if request.path == "/elsewhere" else answer

    async with peer(echo, process_request=redirect) as url:
        with pytest.raises(ServerRefusedError, match="302 Found"):
            async with open_websocket(url, "/ws"):
                pass


async def test_a_server_that_is_not_there_cannot_be_reached():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(ServerUnreachableError, match="cannot be reached") as caught:
            async with open_websocket(url, "/ws"):
                pass
    assert caught.value.retryable


async def test_a_server_that_speaks_no_websocket_is_told_as_such():
    async def babble(reader, writer):
        await reader.read(100)
        writer.write(b"SSH-2.0-OpenSSH\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        with pytest.raises(ServerAnswerError, match="opens no websocket"):
            async with open_websocket(url, "/ws"):
                pass


async def test_no_error_traceback_or_log_shows_the_key(caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("websockets").setLevel(logging.DEBUG)

    def refuse(connection, request):
        return connection.respond(http.HTTPStatus.FORBIDDEN, f"{CANARY} is wrong")

    async def drop(connection):
        connection.transport.abort()

    found: list[ServerError] = []
    for handler, options in ((echo, {"process_request": refuse}), (drop, {})):
        async with peer(handler, logger=_silent, **options) as url:
            with pytest.raises(ServerError) as caught:
                async with open_websocket(url, "/ws", key=Key(CANARY)) as ws:
                    await ws.receive()
        found.append(caught.value)
    for error in found:
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
        assert CANARY not in "".join(told.format(chain=True))
        assert error.__cause__ is None
        assert error.__context__ is None
    assert CANARY not in caplog.text


@contextlib.asynccontextmanager
async def mute_peer():
    """A peer that opens, and then says nothing, not even goodbye."""
    heard, gone = asyncio.Event(), asyncio.Event()

    async def accept(reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        key = head.partition("Sec-WebSocket-Key: ")[2].partition("\r\n")[0]
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + f"Sec-WebSocket-Accept: {accept_key(key)}\r\n\r\n".encode()
        )
        with contextlib.suppress(ConnectionError):
            while await reader.read(1000):
                heard.set()
        writer.close()
        gone.set()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    keep_idle_time(asyncio.get_running_loop())
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heard, gone


async def test_leaving_does_not_wait_for_a_peer_that_says_no_goodbye():
    async with mute_peer() as (url, _, gone), asyncio.timeout(5):
        async with open_websocket(url, "/ws"):
            pass
        await gone.wait()


async def test_a_cancel_in_the_goodbye_leaves_no_socket_open(monkeypatch):
    monkeypatch.setattr("nbkit.websocket._CLOSE", 600)

    async def leave(url):
        async with open_websocket(url, "/ws"):
            pass

    async with mute_peer() as (url, heard, gone), asyncio.timeout(5):
        leaving = asyncio.create_task(leave(url))
        await heard.wait()
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        await gone.wait()
