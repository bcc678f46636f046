"""A key that is easy to find is looked for in all that a person, a file or a log could get."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from faults.canary import CANARY, ECHO, LONG, NEEDLES, USER, encoded, found, of_error, of_session
from faults.runs import chat, session
from faults.stories import COMPLETIONS, DELTAS, MESSAGES, OLLAMA, Form, event, typed
from faults.wire import Peer, Request, Script, answer, head, redirect, reset, stall, unused_port

from nbkit.errors import StreamError
from nbkit.images.a1111 import A1111Backend
from nbkit.images.comfyui import ComfyUIBackend
from nbkit.images.openai import OpenAIImageBackend
from nbkit.session import Session
from nbkit.testing import until

ONE = 'A <!--img-prompt="a fox"--> sat.'
JSON = "application/json"

# What the server does


def refused(text: str, **more: Any) -> Script:
    body = json.dumps({"error": {"message": text, "type": "invalid_api_key", **more}}).encode()
    return (answer(body, JSON, status="401 X"),)


FAULTS: dict[str, Callable[[Form], Script]] = {
    "a refusal repeats it": lambda f: refused(ECHO),
    "a refusal repeats it at the cut": lambda f: refused(LONG),
    "a refusal has it for its code": lambda f: refused("no", code=CANARY),
    "a refusal in plain text": lambda f: (answer(LONG.encode(), "text/plain", status="403 X"),),
    "a refusal that is a page": lambda f: (
        answer(f"<html><title>{ECHO}</title>".encode(), "text/html", status="500 X"),
    ),
    "no HTTP": lambda f: (f"HTP/1.1 {ECHO}\r\n\r\n".encode(),),
    "no HTTP, at length": lambda f: (f"HTP/1.1 {LONG}\r\n\r\n".encode(),),
    "a type of content": lambda f: (answer(b"x", CANARY),),
    "a coding": lambda f: (answer(b"x", JSON, f"Content-Encoding: {CANARY}"),),
    "a redirect to its own path": lambda f: (redirect(f"/{quote(CANARY)}/{CANARY}"),),
    "a redirect to another server": lambda f: (
        redirect(f"http://{USER}:{quote(CANARY, safe='')}@127.0.0.1:1/{CANARY}?key={CANARY}"),
    ),
    "a reset": lambda f: (head(f.media_type) + f.deltas(DELTAS[:2]), reset),
    "bad JSON": lambda f: (answer(f'{{"a": {ECHO}'.encode(), JSON),),
    "a bad event": lambda f: (
        head(f.media_type) + (b"" if f is OLLAMA else b"data: ") + ECHO.encode() + b"\n\n",
    ),
    "a page": lambda f: (answer(f"<title>{LONG}</title>".encode(), "text/html"),),
    "an error in mid-stream": lambda f: (
        head("text/event-stream")
        + event({"error": {"message": ECHO + LONG, "code": CANARY, "type": CANARY}}),
    ),
    "an error in mid-stream, by its type": lambda f: (
        head("text/event-stream") + typed("error", message=LONG, code=CANARY, error={"a": LONG}),
    ),
    "an error with 200": lambda f: (answer(json.dumps({"error": ECHO}).encode(), JSON),),
    "nobody waits": lambda f: (head(f.media_type) + f.deltas(DELTAS[:2]), stall),
}


HEADER = f"{USER}:{CANARY} as Basic {NEEDLES[-1]}"
FAULTS_OF_USERS: dict[str, Callable[[Form], Script]] = {
    **{name: fault for name, fault in FAULTS.items() if name != "nobody waits"},
    "a refusal repeats the header": lambda f: refused(HEADER),
    "an error with 200 repeats the header": lambda f: (
        answer(json.dumps({"error": HEADER, "detail": HEADER}).encode(), JSON),
    ),
}


async def ended(one: Session, peer: Peer | None, *, cancel: bool) -> BaseException | None:
    """Wait for the end; returns the error as a cell that awaits gets it."""
    one.start()
    if cancel:
        await until(lambda: bool(one.text))
        one.cancel()
    try:
        await one
    except StreamError as error:
        return error
    return None


@pytest.fixture
def nowhere(
    caplog: pytest.LogCaptureFixture, tmp_path: Any
) -> Iterator[Callable[[Session, Any], None]]:
    """Look for the key in everything, logs of all loggers at DEBUG among them."""
    caplog.set_level(logging.DEBUG)

    def look(one: Session, *others: Any, headers: bool = True) -> None:
        for where, text in of_session(one, tmp_path):
            assert not found(text), f"{where}: {text}"
        for other in others:
            assert not found(repr(other) + str(other)), other
        for record in caplog.records:
            text = caplog.handler.format(record) + repr(record.args)
            # httpcore logs the head of an answer, in which this server repeats the key.
            if headers or "receive_response_headers" not in text:
                assert not found(text), text

    with warnings.catch_warnings(record=True) as warned:
        yield look
    assert not any(found(str(each.message)) for each in warned)


def gives(form: Form, how: str, url: str, patch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Give the key in one of the three ways; returns chat's arguments."""
    variable = {"anthropic": "ANTHROPIC_API_KEY", "ollama": "OLLAMA_API_KEY"}
    if how == "variable":
        patch.setenv(variable.get(form.model.partition(":")[0], "OPENAI_API_KEY"), CANARY)
        return {"url": url, "api_key": None}
    if how == "address":
        user = f"//{USER}:{quote(CANARY, safe='')}@"
        return {"url": url.replace("//", user), "api_key": None}
    return {"url": url, "api_key": CANARY}


WAYS = ["variable", "argument", "address"]
SENT_IN_HEAD = ("a redirect", "a type", "a coding", "no HTTP")


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("form", [COMPLETIONS, MESSAGES, OLLAMA], ids=str)
@pytest.mark.parametrize("fault", FAULTS)
async def test_the_key_of_a_model_is_nowhere_to_be_found(  # noqa: PLR0917 - fixtures and rows
    fault, form, how, serve, nowhere, monkeypatch
):
    peer = await serve(FAULTS[fault](form))
    stream = chat(form, **gives(form, how, peer.url, monkeypatch))
    one = session(stream)
    error = await ended(one, peer, cancel=fault == "nobody waits")
    assert one.status == ("cancelled" if error is None else "failed")
    sent = peer.requests[0].head.decode()
    assert CANARY in sent or encoded(f"{USER}:{CANARY}") in sent
    nowhere(one, stream, headers=not fault.startswith(SENT_IN_HEAD))


def openai(url: str, **options: Any) -> OpenAIImageBackend:
    return OpenAIImageBackend("m", base_url=url, partial_images=1, **options)


def pictured(fault: str) -> Script:
    if fault == "nobody waits":
        return (head("text/event-stream"), stall)
    return {**FAULTS, **FAULTS_OF_USERS}[fault](COMPLETIONS)


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("fault", FAULTS)
async def test_the_key_of_an_image_server_is_nowhere_to_be_found(
    fault, how, serve, nowhere, monkeypatch
):
    peer = await serve(pictured(fault))
    given = gives(COMPLETIONS, how, peer.url, monkeypatch)
    backend = openai(given["url"], api_key=given["api_key"])
    one = session(ONE, backend, retries=0)
    await look_at_images(one, peer, nowhere, backend, fault)


OTHERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "a1111": (lambda url: A1111Backend(url, poll_interval=60.0), "/sdapi/v1/txt2img"),
    "comfyui": (ComfyUIBackend, "/object_info"),
}


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("fault", FAULTS_OF_USERS)
async def test_the_user_of_another_image_server_is_nowhere_to_be_found(
    fault, other, serve, nowhere, monkeypatch
):
    make, path = OTHERS[other]

    def choose(request: Request) -> Script:
        broken = request.path.startswith(path) or "redirect" in fault
        return pictured(fault) if broken else (answer(b"{}", JSON),)

    peer = await serve(choose)
    backend = make(gives(COMPLETIONS, "address", peer.url, monkeypatch)["url"])
    one = session(ONE, backend, retries=0)
    await look_at_images(one, peer, nowhere, backend, fault)


async def look_at_images(one: Session, peer: Peer, nowhere: Any, backend: Any, fault: str) -> None:
    one.start()
    await until(lambda: len(peer.requests) > 0)
    if fault == "nobody waits":
        one.cancel()
    await one
    (result,) = one.images
    assert result.status == ("cancelled" if fault == "nobody waits" else "failed")
    sent = peer.requests[0].head.decode()
    assert CANARY in sent or encoded(f"{USER}:{CANARY}") in sent
    nowhere(one, backend, headers=not fault.startswith(SENT_IN_HEAD))


async def test_the_key_for_a_server_that_is_not_there_is_nowhere_to_be_found(nowhere):
    url = f"http://{USER}:{quote(CANARY, safe='')}@127.0.0.1:{unused_port()}"
    stream = chat(COMPLETIONS, url, api_key=None)
    one = session(stream, openai(url), retries=0)
    assert await ended(one, None, cancel=False) is not None
    nowhere(one, stream)


def test_the_key_is_found_where_it_is():
    """The search itself can find it, in each of its forms and in a piece."""
    for needle in (*NEEDLES, CANARY[:9], CANARY.lower(), repr(CANARY.encode())):
        assert found(f"so {needle} it")

    def fail() -> None:
        secret = CANARY
        raise ValueError(len(secret))

    with pytest.raises(ValueError, match="15") as caught:
        fail()
    assert any(found(text) for _, text in of_error(caught.value))
