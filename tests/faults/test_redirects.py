"""Redirects, and addresses that a server names: a key goes to its own server and to no other."""

from __future__ import annotations

import re

import pytest
from faults.one_image import made
from faults.runs import KEY, chat, outcome, session
from faults.stories import COMPLETIONS, FORMS, TEXT
from faults.wire import Peer, answer, redirect

from nbkit.errors import ServerAnswerError, ServerRefusedError

# To another server


def elsewhere(other: Peer) -> dict[str, str]:
    return {
        "another port": other.url,
        "another name": other.url.replace("127.0.0.1", "localhost"),
        "another scheme": other.url.replace("http:", "https:"),
        "without a scheme": other.url.removeprefix("http:"),
        "with a user": other.url.replace("//", "//user:password@"),
    }


@pytest.mark.parametrize(
    "where", ["another port", "another name", "another scheme", "without a scheme", "with a user"]
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_to_another_server_is_told_and_not_followed(
    where, status, serve, connected
):
    other = await serve((answer(COMPLETIONS.story(), "text/event-stream"),))
    location = elsewhere(other)[where] + "/v1?api-key=secret#there"
    peer = await serve((redirect(location, status),))
    error = await outcome(session(chat(COMPLETIONS, peer.url)))
    assert type(error.__cause__) is ServerRefusedError
    assert error.__cause__.status == status
    assert "redirects to" in str(error)
    assert "another server" in str(error)
    assert "secret" not in str(error)
    assert "password" not in str(error)
    result = await made(peer.url)
    assert type(result.error.__cause__) is ServerRefusedError
    assert "another server" in str(result.error)
    assert len(peer.requests) == 2
    assert other.requests == []
    assert {port for _, port in connected} == {peer.port}


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("status", [307, 308])
async def test_a_redirect_within_the_server_takes_body_and_key_along(form, status, serve):
    peer = await serve((redirect("/moved", status),), (answer(form.story(), form.media_type),))
    one = session(chat(form, peer.url))
    assert await outcome(one) is None
    assert one.text == TEXT
    first, second = peer.requests
    assert (second.method, second.path, second.body) == ("POST", "/moved", first.body)
    assert KEY in second.head.decode()


@pytest.mark.parametrize("status", [301, 302, 303])
async def test_a_redirect_that_means_look_there_is_looked_at_without_the_body(status, serve):
    peer = await serve(
        (redirect("moved", status),), (answer(COMPLETIONS.story(), "text/event-stream"),)
    )
    one = session(chat(COMPLETIONS, peer.url + "/v1"))
    assert await outcome(one) is None
    second = peer.requests[1]
    assert (second.method, second.path, second.body) == ("GET", "/v1/chat/moved", b"")
    assert "content-type" not in second.headers


async def test_a_redirect_in_a_circle_ends(serve):
    peer = await serve((redirect("/again"),))
    error = await outcome(session(chat(COMPLETIONS, peer.url)))
    assert type(error.__cause__) is ServerRefusedError
    assert "redirects more than 3 times" in str(error)
    assert len(peer.requests) == 4
    result = await made(peer.url)
    assert "redirects more than 3 times" in str(result.error)


@pytest.mark.parametrize(
    "location",
    [
        "http://[::1",
        "http://127.0.0.1:99999999/",
        "http://127.0.0.1:port/",
        "http://",
        "//",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "http://\xff\xfe/",
        "http://xn--a/",
        "http://" + "a" * 70 + ".example/",
        "/" + "a" * 70_000,
    ],
)
async def test_a_redirect_to_what_is_no_address_is_an_error_of_the_server(location, serve):
    peer = await serve((redirect(location),))
    error = await outcome(session(chat(COMPLETIONS, peer.url)))
    assert type(error.__cause__) in (ServerRefusedError, ServerAnswerError), repr(error.__cause__)
    assert re.search("redirects|another address", str(error))
    assert len(str(error)) < 1_000
    result = await made(peer.url)
    assert type(result.error.__cause__) in (ServerRefusedError, ServerAnswerError)


async def test_a_redirect_without_an_address_is_no_reply(serve):
    peer = await serve((answer(b"", "text/plain", status="302 Found"),))
    error = await outcome(session(chat(COMPLETIONS, peer.url)))
    assert type(error.__cause__) is ServerAnswerError
