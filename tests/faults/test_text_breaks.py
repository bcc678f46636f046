"""Servers of models whose connection goes wrong: a typed error says how, and the text stays."""

from __future__ import annotations

import pytest
from faults.runs import chat, outcome, session
from faults.stories import COMPLETIONS, DELTAS, EVENTS, FELL, FORMS, OLLAMA, TEXT, event
from faults.text_table import QUICK, TWO, Fault, begun, hold, rows
from faults.wire import again, chunked, drip, gate, head, reset, stall, unused_port

from nbkit.errors import (
    ServerAnswerError,
    ServerDisconnectedError,
    ServerRefusedError,
    ServerTimeoutError,
    ServerUnreachableError,
)
from nbkit.models import Deadlines
from nbkit.testing import until

FAULTS = [
    # Before the answer
    Fault(
        "it closes before it answers",
        lambda f: (),
        ServerDisconnectedError,
        "closed the connection before it answered",
        requests=3,
    ),
    Fault(
        "it resets before it answers",
        lambda f: (reset,),
        ServerDisconnectedError,
        "closed the connection before it answered",
        requests=3,
    ),
    Fault(
        "it resets within the head",
        lambda f: (b"HTTP/1.1 200 OK\r\nContent-", reset),
        ServerDisconnectedError,
        "closed the connection before it answered",
        requests=3,
    ),
    Fault(
        "it speaks no HTTP",
        lambda f: (b"SSH-2.0-OpenSSH_9.6\r\n\r\n",),
        ServerAnswerError,
        "does not speak HTTP",
    ),
    Fault(
        "its head never ends",
        lambda f: (b"HTTP/1.1 200 OK\r\n", again(b"X-More: and more\r\n" * 100)),
        ServerAnswerError,
        "does not speak HTTP",
    ),
    Fault(
        "it says to go on and never answers",
        lambda f: (again(b"HTTP/1.1 100 Continue\r\n\r\n", every=0.01),),
        ServerTimeoutError,
        "within 0.4 s",
        forms=[COMPLETIONS],
        timeout=Deadlines(total=0.4),
    ),
    Fault(
        "it never answers",
        lambda f: (stall,),
        ServerTimeoutError,
        "sent nothing complete for 0.2 s",
        requests=3,
        timeout=Deadlines(between=0.2),
    ),
    Fault(
        "its head comes a byte every 0.1 s",
        lambda f: (drip(head(f.media_type)),),
        ServerTimeoutError,
        "sent nothing complete for 0.2 s",
        requests=3,
        timeout=Deadlines(between=0.2),
    ),
    # Within the answer
    Fault(
        "it stalls",
        lambda f: (begun(f), stall),
        ServerTimeoutError,
        "sent nothing complete for 0.3 s",
        kept=TWO,
        timeout=QUICK,
    ),
    Fault(
        "a byte comes every 0.1 s",
        lambda f: (begun(f), drip(f.deltas())),
        ServerTimeoutError,
        "sent nothing complete for 0.3 s",
        kept=TWO,
        timeout=QUICK,
    ),
    Fault(
        "a byte comes every 0.1 s from the start",
        lambda f: (head(f.media_type), drip(f.deltas())),
        ServerTimeoutError,
        "sent nothing complete for 0.2 s",
        requests=3,
        timeout=Deadlines(between=0.2),
    ),
    Fault(
        "it only keeps the connection alive",
        lambda f: (begun(f), again(b": alive\n\n", every=0.05)),
        ServerTimeoutError,
        "did not finish its answer within 0.6 s",
        kept=TWO,
        forms=EVENTS,
        timeout=Deadlines(between=0.3, total=0.6),
    ),
    Fault(
        "it sends blank lines for ever",
        lambda f: (begun(f), again(b"\n", every=0.05)),
        ServerTimeoutError,
        "sent nothing complete for 0.3 s",
        kept=TWO,
        forms=[OLLAMA],
        timeout=QUICK,
    ),
    Fault(
        "it ends in half an event",
        lambda f: (begun(f) + f.delta(DELTAS[2])[:-9],),
        ServerDisconnectedError,
        "ended before its end: in the middle of",
        kept=TWO,
    ),
    Fault(
        "it ends in half of the first event",
        lambda f: (head(f.media_type) + f.delta(DELTAS[0])[:-9],),
        ServerDisconnectedError,
        "ended before its end: in the middle of",
        requests=3,
    ),
    Fault(
        "it ends in half a character",
        lambda f: (begun(f) + f.delta("🦊").partition("🦊".encode())[0] + b"\xf0\x9f",),
        ServerDisconnectedError,
        "ended before its end: in the middle of",
        kept=TWO,
    ),
    Fault(
        "its body is shorter than its length",
        lambda f: (head(f.media_type, length=9_999) + f.deltas(DELTAS[:2]),),
        ServerDisconnectedError,
        r"closed the connection after \d+ bytes of its answer",
        kept=TWO,
    ),
    Fault(
        "it ends between two chunks",
        lambda f: (
            head(f.media_type, "Transfer-Encoding: chunked") + chunked(f.deltas(DELTAS[:2])),
        ),
        ServerDisconnectedError,
        r"closed the connection after \d+ bytes of its answer",
        kept=TWO,
    ),
    Fault(
        "its chunks are none",
        lambda f: (
            head(f.media_type, "Transfer-Encoding: chunked")
            + chunked(f.deltas(DELTAS[:2]))
            + b"<html>\r\n",
        ),
        ServerAnswerError,
        r"does not speak HTTP as it should, after \d+ bytes",
        kept=TWO,
    ),
    Fault(
        "it ends without saying that it is complete",
        lambda f: (head(f.media_type) + f.deltas(),),
        ServerDisconnectedError,
        "ended before its end: it was not said to be complete",
        kept=TEXT,
    ),
    Fault(
        "an error comes in mid-stream",
        lambda f: (begun(f) + f.error + f.finish + f.done,),
        ServerRefusedError,
        FELL,
        kept=TWO,
    ),
    Fault(
        "an error that may pass comes first",
        lambda f: (head(f.media_type) + f.error,),
        ServerRefusedError,
        FELL,
        requests=3,
        forms=EVENTS,
    ),
    Fault(
        "an error that says a passing status comes first",
        lambda f: (head(f.media_type) + event({"error": {"message": FELL, "code": 502}}),),
        ServerRefusedError,
        FELL,
        requests=3,
        forms=[COMPLETIONS],
    ),
    Fault(
        "an error that will not pass comes first",
        lambda f: (head(f.media_type) + event({"error": {"message": "no", "code": 400}}),),
        ServerRefusedError,
        "reported an error: no",
        forms=[COMPLETIONS],
    ),
    Fault(
        "an error comes first",
        lambda f: (head(f.media_type) + f.error,),
        ServerRefusedError,
        FELL,
        forms=[OLLAMA],
    ),
]


@pytest.mark.parametrize(("form", "fault"), rows(FAULTS))
async def test_a_reply_that_goes_wrong_says_how_and_keeps_its_text(form, fault, serve, waits):
    await hold(form, fault, serve, waits)


async def test_a_server_that_is_not_there_is_asked_three_times(waits):
    url = f"http://127.0.0.1:{unused_port()}"
    error = await outcome(session(chat(COMPLETIONS, url)))
    assert error is not None
    assert type(error.__cause__) is ServerUnreachableError
    assert "cannot be reached" in str(error)
    assert len(waits) == 2


# Cut at each tenth


@pytest.mark.parametrize("tenth", range(10))
@pytest.mark.parametrize("form", FORMS, ids=str)
async def test_a_reply_reset_at_a_tenth_of_its_body_keeps_what_had_come(form, tenth, serve):
    body = form.story()
    cut = body[: len(body) * tenth // 10]
    came = [n for n in range(len(DELTAS) + 1) if cut.startswith(form.deltas(DELTAS[:n]))][-1]
    text = "".join(DELTAS[:came])
    complete = cut.startswith(form.deltas() + form.finish)
    peer = await serve((head(form.media_type, length=len(body)) + cut, gate, reset))
    one = session(chat(form, peer.url))
    one.start()
    await until(lambda: one.text == text and len(peer.requests) == 1)
    peer.go_on.set()
    error = await outcome(one)
    assert one.text == text
    assert one.progress.succeeded == text.count("-->")
    if complete:
        assert error is None
    else:
        assert error is not None
        assert type(error.__cause__) is ServerDisconnectedError
    assert len(peer.requests) == (1 if text else 3)
