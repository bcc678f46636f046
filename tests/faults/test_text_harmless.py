"""Servers of models with odd manners: the story is the same."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Sequence

import pytest
from faults.runs import chat, outcome, session
from faults.stories import DELTAS, EVENTS, FORMS, TEXT, Form
from faults.wire import Script, answer, chunked, head, pieces, reset, stall


def kept(body: bytes, media_type: str) -> bytes:
    """Return an answer after which the connection may be used again."""
    return answer(body, media_type).replace(b"Connection: close", b"Connection: keep-alive")


def converted(form: Form, end: bytes) -> bytes:
    return form.story().replace(b"\n", end)


HARMLESS: list[tuple[str, Callable[[Form], Script], Sequence[Form]]] = [
    ("in one piece", lambda f: (answer(f.whole, "application/json"),), FORMS),
    ("in one piece, as text", lambda f: (answer(f.whole, "text/plain"),), FORMS),
    ("in one piece, as a stream", lambda f: (answer(f.whole, f.media_type),), FORMS),
    ("in one piece, without a type", lambda f: (answer(f.whole, ""),), FORMS),
    (
        "in one piece, after blanks and in many packets",
        lambda f: (head("application/json"), pieces(b"\r\n  \n" + f.whole, 3)),
        FORMS,
    ),
    (
        "in one piece, after a byte-order mark",
        lambda f: (answer(b"\xef\xbb\xbf" + f.whole, ""),),
        FORMS,
    ),
    ("in packets of a byte", lambda f: (head(f.media_type), pieces(f.story(), 1)), FORMS),
    ("in packets of seven bytes", lambda f: (head(f.media_type), pieces(f.story(), 7)), FORMS),
    ("as plain text", lambda f: (answer(f.story(), "text/plain; charset=utf-8"),), FORMS),
    ("as JSON, which it is not", lambda f: (answer(f.story(), "application/json"),), FORMS),
    (
        "as JSON, which it is not, in packets of a byte",
        lambda f: (head("application/json"), pieces(f.story(), 1)),
        FORMS,
    ),
    ("without a type", lambda f: (b"HTTP/1.1 200 OK\r\n\r\n" + f.story(),), FORMS),
    ("by HTTP/1.0", lambda f: (b"HTTP/1.0 200 OK\r\n\r\n" + f.story(),), FORMS),
    (
        "after a byte-order mark",
        lambda f: (answer(b"\xef\xbb\xbf" + f.story(), f.media_type),),
        FORMS,
    ),
    ("with CRLF", lambda f: (answer(converted(f, b"\r\n"), f.media_type),), FORMS),
    ("with CR", lambda f: (answer(converted(f, b"\r"), f.media_type),), EVENTS),
    (
        "with CRLF in packets of a byte",
        lambda f: (head(f.media_type), pieces(converted(f, b"\r\n"), 1)),
        FORMS,
    ),
    (
        "compressed",
        lambda f: (answer(gzip.compress(f.story()), f.media_type, "Content-Encoding: gzip"),),
        FORMS,
    ),
    (
        "in chunks",
        lambda f: (
            head(f.media_type, "Transfer-Encoding: chunked"),
            *(chunked(bytes([each])) for each in f.story()),
            b"0\r\n\r\n",
        ),
        FORMS,
    ),
    (
        "between signs of life",
        lambda f: (
            head(f.media_type)
            + b"".join(b": alive\n\n" + f.delta(each) + b"\n\nretry: 3\n\n" for each in DELTAS)
            + f.finish
            + f.done,
        ),
        EVENTS,
    ),
    ("without its last word", lambda f: (answer(f.deltas() + f.finish, f.media_type),), FORMS),
    ("reset once it is complete", lambda f: (answer(f.story(), f.media_type), reset), FORMS),
    (
        "cut short once it is complete",
        lambda f: (head(f.media_type, length=99_999) + f.deltas() + f.finish,),
        FORMS,
    ),
    (
        "followed by an error once it is complete",
        lambda f: (answer(f.deltas() + f.finish + f.error, f.media_type),),
        FORMS,
    ),
    (
        "followed by garbage once it is complete",
        lambda f: (answer(f.deltas() + f.finish + b"data: {{{\n\n{{\n", f.media_type),),
        FORMS,
    ),
    (
        "complete twice",
        lambda f: (answer(f.deltas() + f.finish + f.finish + f.done, f.media_type),),
        FORMS,
    ),
    (
        "followed by more after its last word",
        lambda f: (answer(f.story() + f.story(), f.media_type),),
        FORMS,
    ),
    (
        "on a connection that is kept for more",
        lambda f: (kept(f.story(), f.media_type), stall),
        FORMS,
    ),
    (
        "left open after its last word",
        lambda f: (head(f.media_type) + f.story(), stall),
        FORMS,
    ),
]


@pytest.mark.parametrize(
    ("form", "script"),
    [
        pytest.param(form, script, id=f"{what} ({form})")
        for what, script, forms in HARMLESS
        for form in forms
    ],
)
async def test_a_reply_in_an_odd_manner_is_the_same_story(form, script, serve):
    peer = await serve(script(form))
    stream = chat(form, peer.url)
    one = session(stream)
    assert await outcome(one) is None
    assert one.text == TEXT
    assert stream.finish_reason == "stop"
    assert one.progress.succeeded == 1
    assert len(peer.requests) == 1


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("size", [1, 2, 1_000])
async def test_what_is_no_utf_8_becomes_a_mark_and_the_rest_stays(form, size, serve):
    body = form.story().replace("🦊".encode(), b"\xf0\x9f\xa6 \xff")
    peer = await serve((head(form.media_type), pieces(body, size)))
    one = session(chat(form, peer.url))
    assert await outcome(one) is None
    assert one.text == TEXT.replace("🦊", "\ufffd \ufffd")


@pytest.mark.parametrize("form", FORMS, ids=str)
async def test_a_nul_in_the_text_is_text(form, serve):
    peer = await serve((answer(form.story(["a\0b"]), form.media_type),))
    one = session(chat(form, peer.url))
    assert await outcome(one) is None
    assert one.text == "a\0b"


@pytest.mark.parametrize("form", FORMS, ids=str)
async def test_a_server_that_fails_once_is_asked_again(form, serve, waits):
    failed = answer(b"", "text/plain", status="503 X")
    peer = await serve((failed,), (reset,), (answer(form.story(), form.media_type),))
    one = session(chat(form, peer.url))
    assert await outcome(one) is None
    assert one.text == TEXT
    assert len(peer.requests) == 3
    assert len({request.body for request in peer.requests}) == 1
