"""Servers of models that answer with something else: a typed error says with what."""

from __future__ import annotations

import zlib

import pytest
from faults.stories import COMPLETIONS, DELTAS, EVENTS, OLLAMA
from faults.text_table import HTML, TWO, Fault, begun, hold, rows
from faults.wire import again, answer, head

from nbkit.errors import ServerAnswerError, ServerDisconnectedError, ServerRefusedError


def flushed(data: bytes) -> bytes:
    """Return the begin of a gzip file from which its content so far can be had."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH)


FAULTS = [
    # What is no reply
    Fault(
        "a page comes instead",
        lambda f: (answer(HTML + b"\n", "text/html"),),
        ServerAnswerError,
        "text/html.*an HTML page: Sign in",
    ),
    Fault(
        "a page without an end of line comes as a stream",
        lambda f: (answer(HTML, f.media_type),),
        ServerAnswerError,
        "an HTML page: Sign in",
    ),
    Fault(
        "a page comes as JSON",
        lambda f: (answer(HTML, "application/json"),),
        ServerAnswerError,
        "application/json.*an HTML page: Sign in",
    ),
    Fault(
        "an empty answer comes",
        lambda f: (answer(b"", f.media_type),),
        ServerAnswerError,
        "cannot be used: it is empty",
    ),
    Fault(
        "JSON comes that is no reply",
        lambda f: (answer(b'{"status": "ok"}', "application/json"),),
        ServerAnswerError,
        "it is JSON, but no reply",
        forms=EVENTS,
    ),
    Fault(
        "an error comes as a whole",
        lambda f: (answer(b'{"error": {"message": "no such model"}}', "application/json"),),
        ServerRefusedError,
        "no such model",
    ),
    Fault(
        "a list comes as a whole",
        lambda f: (answer(b"[1, 2]", "application/json"),),
        ServerAnswerError,
        "it is JSON, but no reply|no JSON object",
    ),
    Fault(
        "an event is a list",
        lambda f: (begun(f) + (b"" if f is OLLAMA else b"data: ") + b"[1]\n\n",),
        ServerAnswerError,
        "an event of it is no JSON object",
        kept=TWO,
    ),
    Fault(
        "the last line is a number and has no end",
        lambda f: (begun(f) + b"7",),
        ServerAnswerError,
        "an event of it is no JSON object",
        kept=TWO,
        forms=[OLLAMA],
    ),
    Fault(
        "an event is nested too deeply",
        lambda f: (begun(f) + (b"" if f is OLLAMA else b"data: ") + b"[" * 99_999 + b"\n\n",),
        ServerAnswerError,
        "an event of it is no JSON object",
        kept=TWO,
    ),
    Fault(
        "the last line is nested too deeply and has no end",
        lambda f: (begun(f) + b'{"a":' + b"[" * 99_999,),
        ServerDisconnectedError,
        "in the middle of a line",
        kept=TWO,
        forms=[OLLAMA],
    ),
    Fault(
        "an event holds NUL bytes",
        lambda f: (begun(f) + (b"" if f is OLLAMA else b"data: ") + b"\0\0\0\0\n\n",),
        ServerAnswerError,
        "an event of it is no JSON object",
        kept=TWO,
    ),
    Fault(
        "a line never ends",
        lambda f: (begun(f) + b"data: ", again(b"x" * 65_536)),
        ServerAnswerError,
        "more than 1000000 ",
        kept=TWO,
    ),
    Fault(
        "an event of empty lines never ends",
        lambda f: (begun(f), again(b"data:\n" * 10_000)),
        ServerAnswerError,
        "an event of more than 1000000 characters",
        kept=TWO,
        forms=[COMPLETIONS],
    ),
    # Codings
    Fault(
        "it says gzip and is none",
        lambda f: (begun(f, "Content-Encoding: gzip"),),
        ServerAnswerError,
        "compression is broken",
    ),
    Fault(
        "its coding was not asked for",
        lambda f: (begun(f, "Content-Encoding: br"),),
        ServerAnswerError,
        "coded as 'br'",
    ),
    Fault(
        "its compressed body is cut",
        lambda f: (head(f.media_type, "Content-Encoding: gzip") + flushed(f.deltas(DELTAS[:2])),),
        ServerDisconnectedError,
        "compressed content ends before its end",
        kept=TWO,
    ),
]


@pytest.mark.parametrize(("form", "fault"), rows(FAULTS))
async def test_a_reply_that_goes_wrong_says_how_and_keeps_its_text(form, fault, serve, waits):
    await hold(form, fault, serve, waits)
