"""Servers of models that refuse: their status, their words, and when they are asked again."""

from __future__ import annotations

import re

import pytest
from faults.runs import chat, outcome, session
from faults.stories import COMPLETIONS, FORMS, TEXT, bomb
from faults.text_table import HTML
from faults.wire import again, answer, head, reset, stall

from nbkit.errors import ServerRefusedError

STATUSES = [
    (400, "Bad Request", 1),
    (401, "Unauthorized", 1),
    (404, "Not Found", 1),
    (408, "Request Timeout", 3),
    (429, "Too Many Requests", 3),
    (500, "Internal Server Error", 3),
    (502, "Bad Gateway", 3),
    (503, "Service Unavailable", 3),
    (529, "Overloaded", 3),
]


@pytest.mark.parametrize(("status", "name", "requests"), STATUSES)
@pytest.mark.parametrize("form", FORMS, ids=str)
async def test_a_refusal_says_its_status_and_the_servers_words(form, status, name, requests, serve):
    body = b'{"error": {"message": "because of that", "type": "a_reason"}}'
    peer = await serve((answer(body, "application/json", status=f"{status} X"),))
    error = await outcome(session(chat(form, peer.url)))
    assert error is not None
    cause = error.__cause__
    assert type(cause) is ServerRefusedError
    assert (cause.status, cause.code) == (status, "a_reason")
    assert f"answered {status} {name}: because of that" in str(error)
    assert cause.url == peer.url + peer.requests[0].path
    assert len(peer.requests) == requests


@pytest.mark.parametrize(
    ("script", "says"),
    [
        pytest.param((answer(HTML, "text/html", status="502 X"),), "HTML page: Sign in", id="page"),
        pytest.param((answer(b"", "text/plain", status="502 X"),), "502 Bad Gateway$", id="empty"),
        pytest.param(
            (head("text/plain", status="502 X", length=99) + b"half of", reset),
            "502 Bad Gateway",
            id="cut",
        ),
        pytest.param(
            (head("text/plain", status="502 X"), again(b"more " * 9_999)),
            "502 Bad Gateway: more more",
            id="endless",
        ),
        pytest.param(
            (head("text/plain", "Content-Encoding: gzip", status="502 X") + b"no gzip",),
            "502 Bad Gateway$",
            id="broken compression",
        ),
        pytest.param(
            (
                answer(
                    bomb(b"", b"bang ", 200), "text/plain", "Content-Encoding: gzip", status="502 X"
                ),
            ),
            "502 Bad Gateway: bang bang",
            id="bomb",
        ),
        pytest.param(
            (answer(b"\xff\xfe\0\0 [" * 999, "application/json", status="502 X"),),
            "502 Bad Gateway",
            id="garbage",
        ),
    ],
)
async def test_a_refusal_is_told_whatever_its_body_is(script, says, serve):
    peer = await serve(script)
    error = await outcome(session(chat(COMPLETIONS, peer.url)))
    assert error is not None
    assert type(error.__cause__) is ServerRefusedError
    assert re.search(says, str(error))
    assert len(str(error)) < 700
    assert len(peer.requests) == 3


async def test_a_refusal_whose_body_stalls_is_told_all_the_same(serve, monkeypatch):
    monkeypatch.setattr("nbkit._http.answer._REFUSAL_WITHIN", 0.2)
    peer = await serve((head("text/plain", status="400 X", length=99) + b"why", stall))
    error = await outcome(session(chat(COMPLETIONS, peer.url)))
    assert error is not None
    assert "answered 400 Bad Request: why" in str(error)


@pytest.mark.parametrize(
    ("value", "bounds"),
    [
        pytest.param(None, (0.3, 0.5), id="none"),
        pytest.param("7", (7.0, 7.0), id="an integer"),
        pytest.param("1.5", (1.5, 1.5), id="a fraction"),
        pytest.param("DATE", (1.0, 60.0), id="a date"),
        pytest.param("Thu, 01 Jan 1970 00:00:00 GMT", (0.3, 0.5), id="a date of the past"),
        pytest.param("600", (120.0, 120.0), id="more than is waited"),
        pytest.param("999999999999", (0.3, 0.5), id="an absurd integer"),
        pytest.param("9" * 5_000, (0.3, 0.5), id="an integer that is no number any more"),
        pytest.param("-3", (0.3, 0.5), id="a negative one"),
        pytest.param("nan", (0.3, 0.5), id="no number"),
        pytest.param("soon", (0.3, 0.5), id="a word"),
        pytest.param("Fri, 99 Foo 99999 99:99:99 GMT", (0.3, 0.5), id="an absurd date"),
    ],
)
async def test_what_a_busy_server_asks_to_wait_is_waited_where_it_makes_sense(
    value, bounds, serve, waits, caplog
):
    caplog.set_level("INFO", "nbkit")
    if value == "DATE":
        import datetime as dt
        from email.utils import format_datetime

        soon = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=60)
        value = format_datetime(soon, usegmt=True)
    fields = [] if value is None else [f"Retry-After: {value}"]
    busy = answer(b"{}", "application/json", *fields, status="429 X")
    peer = await serve((busy,), (answer(COMPLETIONS.story(), "text/event-stream"),))
    one = session(chat(COMPLETIONS, peer.url))
    assert await outcome(one) is None
    assert one.text == TEXT
    assert len(peer.requests) == 2
    (waited,) = waits
    assert bounds[0] <= waited <= bounds[1]
    assert "Asking openai:m again" in caplog.text


async def test_a_quota_that_is_used_up_is_not_asked_for_again(serve):
    body = b'{"error": {"message": "no more", "code": "insufficient_quota"}}'
    peer = await serve((answer(body, "application/json", status="429 X"),))
    error = await outcome(session(chat(COMPLETIONS, peer.url)))
    assert "no more" in str(error)
    assert len(peer.requests) == 1
