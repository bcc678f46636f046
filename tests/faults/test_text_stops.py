"""Replies that nobody waits for any more: their servers see the connection closed at once."""

from __future__ import annotations

import asyncio

import pytest
from faults.runs import chat, outcome, session
from faults.stories import COMPLETIONS, DELTAS, FORMS, MESSAGES, TEXT
from faults.text_table import TWO, begun
from faults.wire import answer, head, stall

from nbkit.models import Deadlines
from nbkit.testing import until


@pytest.mark.parametrize("form", FORMS, ids=str)
async def test_a_session_that_is_cancelled_lets_go_of_its_server_at_once(form, serve):
    peer = await serve((begun(form), stall))
    one = session(chat(form, peer.url))
    one.start()
    await until(lambda: one.text == TWO)
    assert peer.open == 1
    one.cancel()
    await peer.let_go()
    await one
    assert (one.status, one.text) == ("cancelled", TWO)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param((stall,), id="before its head"),
        pytest.param((head("text/event-stream"), stall), id="after its head"),
        pytest.param((begun(COMPLETIONS), stall), id="in its body"),
        pytest.param((answer(b"", "", status="503 X"),), id="in the wait for another try"),
    ],
)
async def test_an_await_that_is_cancelled_lets_go_of_its_server_at_once(script, serve, monkeypatch):
    monkeypatch.setattr("nbkit.llm.reply.backoff", lambda *_, **__: 60.0)
    peer = await serve(script)
    one = session(chat(COMPLETIONS, peer.url))
    waiting = asyncio.ensure_future(one._wait())
    await until(lambda: len(peer.requests) == 1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await peer.let_go()
    assert one.status == "cancelled"


async def test_a_stream_that_is_let_go_of_closes_its_connection(serve):
    peer = await serve((begun(COMPLETIONS), stall))
    stream = chat(COMPLETIONS, peer.url)
    assert await anext(stream) == DELTAS[0]
    await stream.aclose()
    await peer.let_go()


@pytest.mark.parametrize("form", [COMPLETIONS, MESSAGES], ids=str)
async def test_the_last_word_of_a_complete_reply_is_not_waited_for_long(form, serve, monkeypatch):
    monkeypatch.setattr("nbkit.llm.reply._LAST_WORDS", 0.1)
    peer = await serve((head(form.media_type) + form.deltas() + form.finish, stall))
    one = session(chat(form, peer.url, timeout=Deadlines(between=None)))
    async with asyncio.timeout(10):
        assert await outcome(one) is None
    assert one.text == TEXT
