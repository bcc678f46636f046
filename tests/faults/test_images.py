"""Image servers that misbehave: each image ends in a typed error that says how, or is made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from faults.image_table import HTML, JPEG, JSON, ONE, PNG, STREAM, WEBP, cut, made
from faults.runs import KEY, chat, outcome, session
from faults.stories import (
    COMPLETIONS,
    DELTAS,
    bomb,
    completed,
    event,
    in_json,
    partial,
    typed,
    wide_png,
    wide_webp,
)
from faults.wire import Peer, Script, again, answer, drip, head, reset, stall

from nbkit.errors import (
    BackendError,
    ServerAnswerError,
    ServerDisconnectedError,
    ServerRefusedError,
    TaskTimeout,
)
from nbkit.images.openai import OpenAIImageBackend
from nbkit.testing import until


def openai(peer: Peer, **options: Any) -> OpenAIImageBackend:
    return OpenAIImageBackend("m", base_url=peer.url, api_key=KEY, **options)


@dataclass(frozen=True)
class Fault:
    """A row: what the server does, and what has to come of it; ``None``: no server is the cause."""

    what: str
    script: Script
    cause: type[Exception] | None
    says: str
    requests: int = 1
    partial_images: int = 0
    timeout: float = 20.0


def pictured(data: bytes) -> Script:
    return (answer(in_json(data), JSON),)


def streamed(body: bytes) -> Script:
    return (head(STREAM) + partial(PNG, 0) + body,)


REFUSALS = [
    Fault(f"it answers {n}", (answer(b'{"detail": "why"}', JSON, status=f"{n} X"),), *rest)
    for n, *rest in [
        (400, ServerRefusedError, "answered 400 Bad Request: why", 1),
        (401, ServerRefusedError, "answered 401 Unauthorized: why", 1),
        (429, ServerRefusedError, "answered 429 Too Many Requests: why", 2),
        (500, ServerRefusedError, "answered 500 Internal Server Error: why", 2),
        (502, ServerRefusedError, "answered 502 Bad Gateway: why", 2),
        (503, ServerRefusedError, "answered 503 Service Unavailable: why", 2),
        (529, ServerRefusedError, "answered 529 Overloaded: why", 2),
    ]
]

FAULTS = [
    *REFUSALS,
    Fault("it closes before it answers", (), ServerDisconnectedError, "before it answered", 2),
    Fault("it resets before it answers", (reset,), ServerDisconnectedError, "before it answ", 2),
    Fault("it speaks no HTTP", (b"220 ftp\r\n\r\n",), ServerAnswerError, "does not speak HTTP"),
    Fault("it never answers", (stall,), None, "was not made within 0.3 s", 2, timeout=0.3),
    Fault(
        "a byte comes every 0.1 s",
        (head(JSON), drip(in_json(PNG))),
        None,
        "was not made within 0.3 s",
        2,
        timeout=0.3,
    ),
    Fault(
        "it stalls in its stream",
        (head(STREAM) + partial(PNG, 0), stall),
        None,
        "was not made within 0.4 s",
        2,
        1,
        timeout=0.4,
    ),
    Fault(
        "its body is shorter than its length",
        (head(JSON, length=9_999) + in_json(PNG)[:999],),
        ServerDisconnectedError,
        "after 999 bytes of its answer",
        2,
    ),
    # What is no picture
    Fault("a page comes", (answer(HTML, "text/html"),), ServerAnswerError, "HTML page: Sign in"),
    Fault("an empty answer comes", (answer(b"", JSON),), ServerAnswerError, "it is no JSON"),
    Fault(
        "half of its JSON comes", (answer(in_json(PNG)[:99], JSON),), ServerAnswerError, "no JSON"
    ),
    Fault("too deep JSON", (answer(b"[" * 99_999, JSON),), ServerAnswerError, "it is no JSON"),
    Fault("a list comes", (answer(b"[1]", JSON),), None, "answered without a picture"),
    Fault("no picture comes", (answer(b'{"data": []}', JSON),), None, "answered without a picture"),
    Fault(
        "odd data comes", (answer(b'{"data": [{"b64_json": 7}]}', JSON),), None, "sent int for an"
    ),
    Fault(
        "neither data nor an address comes",
        (answer(b'{"data": [{"url": null}]}', JSON),),
        None,
        "neither b64_json nor url",
    ),
    Fault(
        "an error comes with 200",
        (answer(b'{"error": {"message": "no paint"}}', JSON),),
        ServerRefusedError,
        "reported an error: no paint",
    ),
    Fault(
        "what comes is no base64",
        (answer(b'{"data": [{"b64_json": "%%%%"}]}', JSON),),
        None,
        "an image that is not base64",
    ),
    Fault("a page comes for a picture", pictured(HTML), None, "looks like an HTML, XML or SVG"),
    Fault("an SVG comes", pictured(b"<svg xmlns='x'/>"), None, "looks like an HTML, XML or SVG"),
    Fault("half a PNG comes", pictured(cut(PNG)), None, "PNG image is truncated or broken"),
    Fault("half a JPEG comes", pictured(cut(JPEG)), None, "JPEG image is truncated or broken"),
    Fault("half a WebP comes", pictured(cut(WEBP)), None, "WebP image is truncated or broken"),
    Fault("a PNG is too large", pictured(wide_png(20_000, 20_000)), None, "400 megapixels"),
    Fault("a WebP is too large", pictured(wide_webp()), None, "268 megapixels"),
    # Too much
    Fault(
        "a compressed answer becomes too long",
        (answer(bomb(b'{"data": "', b"A", 1_000), JSON, "Content-Encoding: gzip"),),
        ServerAnswerError,
        "longer than 40.0 MB",
    ),
    Fault(
        "an answer never ends",
        (head(JSON) + b'{"data": "', again(b"A" * 1_000_000)),
        ServerAnswerError,
        "longer than 40.0 MB",
    ),
    Fault(
        "an event never ends",
        (head(STREAM) + b"data: ", again(b"A" * 1_000_000)),
        ServerAnswerError,
        "an event of more than 40000000",
        1,
        1,
    ),
    # Streams
    Fault(
        "it ends too early", streamed(b""), ServerDisconnectedError, "picture did not come", 2, 1
    ),
    Fault(
        "it ends in half an event",
        streamed(completed(PNG)[:-99]),
        ServerDisconnectedError,
        "in the middle of an event",
        2,
        1,
    ),
    Fault(
        "it reports an error",
        streamed(typed("error", error={"message": "out of paint", "code": "x"})),
        ServerRefusedError,
        "reported an error: out of paint",
        1,
        1,
    ),
    Fault(
        "it reports an error that may pass",
        streamed(event({"error": {"message": "busy", "type": "server_error"}})),
        ServerRefusedError,
        "reported an error: busy",
        2,
        1,
    ),
    Fault(
        "an event is a number",
        streamed(b"data: 7\n\n"),
        ServerAnswerError,
        "an event of it is no JSON object",
        1,
        1,
    ),
    Fault(
        "half a PNG is the last", streamed(completed(cut(PNG))), None, "PNG image is trunc", 1, 1
    ),
    Fault("a page comes as a stream", (answer(HTML, STREAM),), ServerAnswerError, "Sign in", 1, 1),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what)
async def test_an_image_that_goes_wrong_says_how(fault, serve):
    peer = await serve(fault.script)
    backend = openai(peer, partial_images=fault.partial_images)
    result = await made(backend, timeout=fault.timeout)
    error = result.error
    assert result.status == "failed"
    assert type(error) is (TaskTimeout if fault.timeout < 1 else BackendError), error
    assert re.search(fault.says, str(error)), error
    assert "'a fox'" in str(error)
    assert len(str(error)) < 900
    cause = error.__cause__
    assert isinstance(cause, fault.cause) if fault.cause else "Server" not in type(cause).__name__
    assert len(peer.requests) == result.attempts == fault.requests


@pytest.mark.parametrize("tenth", range(10))
async def test_an_image_reset_at_a_tenth_of_its_answer_is_asked_for_again(tenth, serve):
    body = in_json(PNG)
    broken = (head(JSON, length=len(body)) + body[: len(body) * tenth // 10], reset)
    peer = await serve(broken)
    result = await made(openai(peer))
    assert type(result.error.__cause__) is ServerDisconnectedError
    assert len(peer.requests) == result.attempts == 2
    recovering = await serve(broken, pictured(PNG))
    result = await made(openai(recovering))
    assert (result.status, result.attempts) == ("succeeded", 2)
    assert result.image.data == PNG


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(pictured(JPEG), id="in one piece"),
        pytest.param((answer(in_json(JPEG), "text/plain"),), id="as text"),
        pytest.param(
            (answer(in_json(JPEG), JSON).replace(b": close", b": keep-alive"), stall),
            id="kept alive",
        ),
        pytest.param(streamed(completed(JPEG)), id="streamed"),
        pytest.param((*streamed(completed(JPEG)), reset), id="reset once it is complete"),
        pytest.param((*streamed(completed(JPEG)), stall), id="left open once it is complete"),
        pytest.param(streamed(partial(cut(PNG), 1) + completed(JPEG)), id="after half a preview"),
        pytest.param(
            streamed(typed("image_generation.partial_image", b64_json=7) + completed(JPEG)),
            id="after an odd preview",
        ),
        pytest.param(streamed(b": alive\n\n" * 9 + completed(JPEG)), id="between signs of life"),
        pytest.param((answer(in_json(JPEG), JSON, "X: y"), reset), id="reset at the end"),
    ],
)
async def test_a_picture_that_comes_in_an_odd_manner_is_taken(script, serve):
    peer = await serve(script)
    result = await made(openai(peer, partial_images=1))
    assert result.status == "succeeded", result.error
    assert result.image.data == JPEG
    assert len(peer.requests) == 1


async def test_a_busy_server_is_left_alone_for_as_long_as_it_asks(serve, waits):
    busy = answer(b"{}", JSON, "Retry-After: 0.05", status="429 X")
    peer = await serve((busy,), pictured(PNG))
    result = await made(openai(peer))
    assert (result.status, result.attempts, waits) == ("succeeded", 2, [0.05])


@pytest.mark.parametrize("value", ["soon", "-1", "1e999", "9" * 400, "Fri, 99 Foo 2026"])
async def test_a_wait_that_makes_no_sense_is_not_waited(value, serve, waits):
    busy = answer(b"{}", JSON, f"Retry-After: {value}", status="503 X")
    peer = await serve((busy,), pictured(PNG))
    result = await made(openai(peer))
    assert (result.status, result.attempts) == ("succeeded", 2)
    assert all(0.3 < wait <= 0.5 for wait in waits)


async def test_an_image_that_is_cancelled_lets_go_of_its_server_at_once(serve):
    peer = await serve((head(STREAM) + partial(PNG, 0), stall))
    one = session(ONE, openai(peer, partial_images=1))
    one.start()
    await until(lambda: any(slot.preview for slot in one.story.slots.values()))
    one.cancel()
    await peer.let_go()
    await one
    assert [each.status for each in one.images] == ["cancelled"]


async def test_text_and_images_that_fail_are_told_apart(serve):
    """The text breaks off, one image fails and the other is made; each says its own."""
    text = await serve((head(STREAM) + COMPLETIONS.deltas(DELTAS[:3]) * 2, reset))
    images = await serve((answer(b"{}", JSON, status="400 X"),), pictured(PNG))
    one = session(chat(COMPLETIONS, text.url), openai(images), max_concurrency=1)
    error = await outcome(one)
    assert type(error.__cause__) is ServerDisconnectedError
    assert [each.status for each in one.images] == ["failed", "succeeded"]
    assert one.text == "".join(DELTAS[:3]) * 2
