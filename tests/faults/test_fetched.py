"""Addresses of pictures that a server names: fetched without a key, and from no private place."""

from __future__ import annotations

import asyncio
import base64
import re
import socket
from typing import Any

import pytest
from faults.one_image import HTML, JSON, ONE, PNG, made
from faults.runs import KEY, outcome, session
from faults.stories import at_address, bomb
from faults.wire import again, answer, head, redirect, reset, stall

from nbkit.errors import (
    BackendError,
    ServerAnswerError,
    ServerDisconnectedError,
    ServerRefusedError,
    TaskTimeout,
)
from nbkit.images.openai import OpenAIImageBackend


async def test_a_picture_at_its_own_server_is_fetched_without_the_key(serve):
    peer = await serve(
        (answer(at_address("/files/1.png?sig=abc"), JSON),), (answer(PNG, "image/png"),)
    )
    result = await made(peer.url + "/v1")
    assert result.image.data == PNG
    asked, fetched = peer.requests
    assert KEY in asked.head.decode()
    assert KEY not in fetched.head.decode()
    assert "authorization" not in fetched.headers
    assert fetched.path == "/files/1.png?sig=abc"


async def test_a_picture_is_fetched_without_the_user_of_the_address(serve):
    peer = await serve((answer(at_address("/1.png"), JSON),), (answer(PNG, "image/png"),))
    backend = OpenAIImageBackend("m", base_url=peer.url.replace("//", "//user:password@"))
    one = session(ONE, backend)
    assert await outcome(one) is None
    assert one.images[0].image.data == PNG
    asked, fetched = peer.requests
    assert asked.headers["authorization"].startswith("Basic ")
    assert "authorization" not in fetched.headers


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data/",
        "https://169.254.169.254/",
        "https://localhost/",
        "https://localhost:PORT/1.png",
        "http://localhost:PORT/1.png",
        "https://10.0.0.1/1.png",
        "https://192.168.1.1/",
        "https://172.16.0.9/",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://private.example/",
        "https://user:password@private.example/",
        "https://half-private.example/",
        "https://unknown.example/",
        "https://metadata.example:PORT/",
        "http://public.example/1.png",
        "ftp://public.example/1.png",
        "file:///etc/passwd",
        "https://",
        "https://[::1",
        "https://public.example:99999999/",
        "http://127.0.0.1:PORT0/",
    ],
)
async def test_an_address_that_is_not_public_is_not_connected_to(
    address, serve, connected, monkeypatch
):
    names = {
        "private.example": ["10.1.2.3"],
        "half-private.example": ["93.184.216.34", "192.168.0.1"],
        "metadata.example": ["169.254.169.254"],
        "public.example": ["93.184.216.34"],
    }
    real = asyncio.BaseEventLoop.getaddrinfo

    async def look_up(self: Any, host: str, port: Any, **rest: Any) -> Any:
        if not host.endswith(".example"):
            return await real(self, host, port, **rest)
        if host not in names:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, (number, port)) for number in names[host]]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", look_up)
    peer = await serve((answer(b"{}", JSON),))
    address = address.replace("PORT", str(peer.port))
    peer.scripts = ((answer(at_address(address), JSON),),)
    result = await made(peer.url)
    assert type(result.error) is BackendError
    assert type(result.error.__cause__) is ServerAnswerError, result.error
    assert re.search("not fetched|another address what is none", str(result.error))
    assert "password" not in str(result.error)
    assert len(peer.requests) == 1
    assert connected == [("127.0.0.1", peer.port)]


@pytest.mark.parametrize(
    "location",
    [
        "http://OTHER/1.png",
        "https://OTHER/1.png",
        "https://localhost/",
        "http://169.254.169.254/",
        "https://10.0.0.1/",
        "file:///etc/passwd",
    ],
)
async def test_a_trusted_address_that_redirects_to_a_private_one_is_left(
    location, serve, connected
):
    other = await serve((answer(PNG, "image/png"),))
    location = location.replace("OTHER", f"127.0.0.1:{other.port}")
    peer = await serve((answer(at_address("/1.png"), JSON),), (redirect(location),))
    result = await made(peer.url)
    assert type(result.error.__cause__) is ServerAnswerError
    assert "not fetched" in str(result.error)
    assert other.requests == []
    assert {port for _, port in connected} == {peer.port}


async def test_a_picture_that_moved_within_its_server_is_found(serve):
    peer = await serve(
        (answer(at_address("/1.png"), JSON),),
        (redirect("/2.png", 302),),
        (answer(PNG, "image/png"),),
    )
    assert (await made(peer.url)).image.data == PNG
    assert [request.path for request in peer.requests[1:]] == ["/1.png", "/2.png"]


FETCHED = [
    ("circle", (redirect("/1.png"),), ServerRefusedError, "redirects more than 3 times"),
    ("404", (answer(b"", "", status="404 X"),), ServerRefusedError, "404 Not Found"),
    ("page", (answer(HTML, "text/html"),), type(None), "looks like an HTML"),
    ("half", (answer(PNG[:-99], "image/png"),), type(None), "truncated or broken"),
    ("empty", (answer(b"", "image/png"),), type(None), "it is empty"),
    ("reset", (head("image/png") + PNG[:99], reset), ServerDisconnectedError, "after 99 bytes"),
    (
        "bomb",
        (answer(bomb(PNG, b"A", 1_000), "image/png", "Content-Encoding: gzip"),),
        ServerAnswerError,
        "longer than 40.0 MB",
    ),
    ("endless", (head("image/png"), again(b"A" * 1_000_000)), ServerAnswerError, "40.0 MB"),
    ("stall", (head("image/png"), stall), type(None), "not made within 0.3 s"),
]


@pytest.mark.parametrize("row", FETCHED, ids=lambda row: row[0])
async def test_a_picture_that_cannot_be_fetched_says_how(row, serve):
    what, script, cause, says = row
    peer = await serve((answer(at_address("/1.png"), JSON),), script)
    result = await made(peer.url, timeout=0.3 if what == "stall" else 20.0)
    assert type(result.error) is (TaskTimeout if what == "stall" else BackendError)
    assert type(result.error.__cause__) is cause or cause is type(None)
    assert says in str(result.error)


async def test_a_data_address_is_fetched_from_nowhere(serve):
    address = "data:image/png;base64," + base64.b64encode(PNG).decode()
    peer = await serve((answer(at_address(address), JSON),))
    assert (await made(peer.url)).image.data == PNG
    assert len(peer.requests) == 1
