"""A server on a real socket that does exactly what a test tells it to, and counts what it sees.

A script is what it does on one connection once a request has come: bytes are sent as they are, and
a step, an async function of the connection, does the rest. After its last step the connection's
end is sent, and the client's is waited for.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from faults.idle_clock import soon

Step = Callable[["Connection"], Awaitable[None]]
Script = Sequence[bytes | Step]


Choice = Callable[["Request"], Script]


@dataclass
class Request:
    """What a client has sent: the head as bytes, and its parts; header names in lower case."""

    head: bytes
    body: bytes
    method: str = field(init=False)
    path: str = field(init=False)
    headers: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        first, *lines = self.head.decode("latin-1").split("\r\n")
        self.method, self.path, _ = first.split(" ")
        pairs = [line.partition(": ") for line in lines if line]
        self.headers = {name.lower(): value for name, _, value in pairs}


class Connection:
    """One connection of a client."""

    def __init__(
        self, peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.peer = peer
        self.reader = reader
        self.writer = writer
        self.over = False  # the client's end of it has been seen

    async def send(self, data: bytes) -> None:
        """Send bytes, waiting until they have left."""
        self.writer.write(data)
        await self.writer.drain()

    async def request(self) -> Request | None:
        """Read a request, ``None`` if the client goes instead."""
        try:
            request = Request(await self.reader.readuntil(b"\r\n\r\n"), b"")
            length = int(request.headers.get("content-length", 0))
            request.body = await self.reader.readexactly(length)
        except asyncio.IncompleteReadError:
            return None
        return request

    async def gone(self) -> None:
        """Wait until the client has closed the connection."""
        with contextlib.suppress(ConnectionError):
            while await self.reader.read(65_536):
                pass
        self.over = True


class Peer:
    """The server; the first request gets the first script, and those past the last one that.

    A function instead of scripts is asked for one, with the request that has come.

    Attributes
    ----------
    url
        Its address.
    requests
        All that have come.
    go_on
        What the step :func:`gate` waits for.
    """

    def __init__(self, *scripts: Script | Choice) -> None:
        self.scripts = scripts
        self.url = ""
        self.requests: list[Request] = []
        self.connections: list[Connection] = []
        self.go_on = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closed = False

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def open(self) -> int:
        """How many connections the clients have not closed."""
        return sum(not each.over for each in self.connections)

    async def start(self) -> Peer:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def let_go(self) -> None:
        """Wait until the clients have closed all connections, as they are to do at once."""
        await soon(lambda: self.open == 0, within=2)

    async def aclose(self) -> None:
        if self._server is not None:
            self._server.close()
        self._closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._closed:
            # Nobody of this test's: a front end that looks for its dead kernel on this port.
            writer.transport.abort()
            return
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._play(Connection(self, reader, writer))
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
            self._tasks.discard(task)

    async def _play(self, connection: Connection) -> None:
        try:
            # Whoever knocks and asks for nothing is nobody of this test's, and gets no script.
            request = await connection.request()
            if request is None:
                return
            script = self.scripts[min(len(self.connections), len(self.scripts) - 1)]
            self.connections.append(connection)
            self.requests.append(request)
            for step in script(request) if callable(script) else script:
                if isinstance(step, bytes):
                    await connection.send(step)
                else:
                    await step(connection)
            connection.writer.write_eof()
        except (ConnectionError, OSError):
            pass  # the client has gone, or the script has cut it off
        await connection.gone()


Serve = Callable[..., Awaitable[Peer]]

# Steps


async def gate(connection: Connection) -> None:
    """Wait until the test says to go on, or the client is gone."""
    going = asyncio.create_task(connection.peer.go_on.wait())
    gone = asyncio.create_task(connection.gone())
    try:
        await asyncio.wait({going, gone}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        going.cancel()
        gone.cancel()
        await asyncio.gather(going, gone, return_exceptions=True)


async def stall(connection: Connection) -> None:
    """Do nothing any more."""
    await connection.gone()


async def reset(connection: Connection) -> None:
    """Break the connection off, as a crashed server's machine does."""
    raw: socket.socket = connection.writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.writer.transport.abort()


def drip(data: bytes, *, every: float = 0.1) -> Step:
    """Send a byte at a time, with pauses, until the client is gone."""

    async def step(connection: Connection) -> None:
        for at in range(len(data)):
            await connection.send(data[at : at + 1])
            await asyncio.sleep(every)

    return step


def again(data: bytes, *, every: float = 0.0) -> Step:
    """Send the same bytes again and again until the client is gone."""

    async def step(connection: Connection) -> None:
        while not connection.writer.transport.is_closing():
            await connection.send(data)
            await asyncio.sleep(every)

    return step


def pieces(data: bytes, size: int) -> Step:
    """Send bytes in pieces of a size, each in a packet of its own."""

    async def step(connection: Connection) -> None:
        raw: socket.socket = connection.writer.get_extra_info("socket")
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(data), size):
            await connection.send(data[at : at + size])
            await asyncio.sleep(0)

    return step


# Answers


def head(media_type: str, *fields: str, status: str = "200 OK", length: int | None = None) -> bytes:
    """Return an answer's head; without a length its body ends with the connection."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {media_type}", "Connection: close", *fields]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def answer(body: bytes, media_type: str, *fields: str, status: str = "200 OK") -> bytes:
    """Return a whole answer."""
    return head(media_type, *fields, status=status, length=len(body)) + body


def redirect(location: str, status: int = 307) -> bytes:
    """Return an answer that sends elsewhere."""
    return answer(b"", "text/plain", f"Location: {location}", status=f"{status} Elsewhere")


def chunked(data: bytes) -> bytes:
    """Return bytes as one chunk of a chunked body."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def unused_port() -> int:
    """Return a port that nothing listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
