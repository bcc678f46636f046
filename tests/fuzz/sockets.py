"""Targets: whatever bytes a server writes to a socket, over HTTP and in a websocket."""

from __future__ import annotations

import asyncio
import contextlib

from fuzz import samples
from fuzz.material import brief, cut
from fuzz.target import target
from websockets.utils import accept_key

from nbkit.errors import ServerError
from nbkit.http import Client, fetch
from nbkit.models import Deadlines
from nbkit.websocket import open_websocket

PATIENCE = Deadlines(connect=5.0, between=5.0, total=5.0)
MOST = 50  # messages that are read


@contextlib.asynccontextmanager
async def _peer(*written: bytes, shakes: bool = False):
    """A server that reads a request, writes these bytes and closes; first it may shake hands."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            request = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            if shakes:
                key = request.partition("Sec-WebSocket-Key: ")[2].partition("\r\n")[0]
                writer.write(
                    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                    b"Connection: Upgrade\r\n"
                    b"Sec-WebSocket-Accept: " + accept_key(key).encode() + b"\r\n\r\n"
                )
            for piece in written:
                writer.write(piece)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def _answers() -> list[bytes]:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    gzipped = samples.compressed()[0]
    return [
        head + b'Content-Length: 8\r\n\r\n{"a": 1}',
        head + b'Transfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\n4\r\n: 1}\r\n0\r\n\r\n',
        head + b"Content-Encoding: gzip\r\n\r\n" + gzipped,
        b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n\r\n",
        b"HTTP/1.1 307 Gone\r\nLocation: http://u:x@[::1]:99999/\xff\r\nContent-Length: 0\r\n\r\n",
        b'HTTP/1.1 429 Slow down\r\nRetry-After: 7\r\n\r\n{"error": {"message": "slow"}}',
        b"HTTP/1.0 200 \xff\r\nContent-Type: \xe9\xff; charset=\r\n\r\n[]",
        b"HTTP/1.1 999 \r\nContent-Length: -1\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n\r\n",
    ]


@target(seeds=_answers, examples=60)
def http_answer(data: bytes) -> None:
    """JSON, or an error of a server, in so many words; also where a picture is fetched."""

    async def main() -> None:
        async with _peer(*cut(data, 300)) as url:
            try:
                async with Client(url, deadlines=PATIENCE) as client:
                    await client.json("GET", "/v1")
            except ServerError as error:
                brief(error)
            try:
                assert isinstance(await fetch("/a", trusted=url, deadlines=PATIENCE), bytes)
            except ServerError as error:
                brief(error)

    asyncio.run(main())


def _frames() -> list[bytes]:
    shake = b"\0HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
    return [
        b"\1\x81\x05hello\x82\x03abc",
        b"\1\x01\x02he\x80\x03llo\x89\x00\x8a\x00",
        b"\1\x88\x02\x03\xe8",
        b"\1\x88\x05\x03\xf3no!",
        b"\1\x81\x7e\x00\x7f" + b"x" * 127,
        b"\1\x82\x7f" + (1 << 62).to_bytes(8, "big"),
        b"\1\x81\x02\xff\xfe\xc1\x01x",
        b"\0HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno",
        b"\0HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n",
        b"\0SSH-2.0-OpenSSH\r\n\r\n",
        shake,
    ]


@target(seeds=_frames, examples=60)
def websocket(data: bytes) -> None:
    """Messages, or an error of a server: after a handshake (first byte odd), or in its place."""
    shakes = bool(data[:1] and data[0] & 1)

    async def main() -> None:
        async with _peer(*cut(data[1:], 60), shakes=shakes) as url:
            try:
                async with asyncio.timeout(10), open_websocket(url, "/ws") as socket:
                    for _ in range(MOST):
                        assert isinstance(await socket.receive(), str | bytes)
            except ServerError as error:
                brief(error)

    asyncio.run(main())
