"""Targets: replies of models, refusals, addresses, whatever a socket may bring."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from functools import cache
from typing import Any, Self

from fuzz import samples
from fuzz.material import Choices, brief, cut, json_text, parsed
from fuzz.target import target

from nbkit._http import addresses, refusals
from nbkit._http.answer import Answer
from nbkit._http.watch import Watch
from nbkit._monitor.deltas import Given
from nbkit.errors import ServerAnswerError, ServerError, ServerRefusedError, StreamError
from nbkit.http import Client
from nbkit.keys import Key
from nbkit.llm.completions import Completions
from nbkit.llm.messages import Messages
from nbkit.llm.ollama import OllamaChat
from nbkit.llm.reply import Reply
from nbkit.llm.responses import Responses
from nbkit.llm.wire import Facts, Piece
from nbkit.models import Deadlines
from nbkit.testing import run

FORMATS = {
    "completions": Completions,
    "responses": Responses,
    "messages": Messages,
    "ollama": OllamaChat,
}
KINDS = ("text/event-stream", "application/json", "application/x-ndjson", "text/html", "")
URL = "http://peer/v1"

WORDS = (
    *("error", "type", "choices", "delta", "message", "content", "text", "usage", "model"),
    *("finish_reason", "refusal", "reasoning", "reasoning_content", "prompt_tokens", "stop"),
    *("completion_tokens", "completion_tokens_details", "reasoning_tokens", "response"),
    *("response.output_text.delta", "response.completed", "response.failed", "output", "summary"),
    *("response.reasoning_text.delta", "incomplete_details", "reason", "input_tokens"),
    *("output_tokens", "content_block_delta", "content_block_start", "content_block", "thinking"),
    *("message_start", "message_delta", "message_stop", "stop_reason", "end_turn", "done"),
    *("done_reason", "eval_count", "prompt_eval_count", "code", "detail", "details", "errors"),
    *("node_errors", "class_type", "output_text", "event", "index", "data", "run_id", "chunk"),
    *("on_chat_model_stream", "on_chat_model_end", "generations", "role", "assistant", "object"),
)


def answer(
    body: list[bytes], *, status: int = 200, key: Key | None = None, **headers: str
) -> Answer:
    """An answer whose body comes in these pieces; to be made on a loop."""

    async def pieces() -> AsyncIterator[bytes]:
        for piece in body:
            yield piece

    async def close() -> None:
        pass

    named = {name.replace("_", "-"): value for name, value in headers.items()}
    watch = Watch(Deadlines(), URL)
    return Answer(status, named, body=pieces(), close=close, watch=watch, key=key)


class Peer:
    """Stands for a client: each request gets the same answer."""

    def __init__(self, body: list[bytes], media_type: str) -> None:
        self._body = body
        self._type = media_type

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def send(self, *_: Any, **__: Any) -> Answer:
        return answer(self._body, content_type=self._type)


def _read(form: str, body: list[bytes], media_type: str) -> tuple[str, Facts, str]:
    """Give a reply's text, its facts, and how it ended."""
    facts = Facts(f"{form}:m")

    async def main() -> tuple[str, Facts, str]:
        reply = Reply(FORMATS[form](), lambda: Peer(body, media_type), {}, facts)
        text = ""
        try:
            async for delta in reply:
                assert isinstance(delta, str)
                text += delta
        except StreamError as error:
            cause = error.__cause__
            if not isinstance(cause, ServerError):
                raise
            brief(error)
            return text, facts, type(cause).__name__
        return text, facts, "ended"

    return run(main)


def _replies() -> list[bytes]:
    found = []
    for number, form in enumerate(FORMATS):
        stream, whole = samples.answers(form)
        found += [bytes([number, 0]) + stream, bytes([number, 1]) + whole]
    odd = [b"\0\0data: 5\n\n", b'\1\0data: ["x"]\n\ndata: [DONE]\n\n', b"\3\2[]\n5\n"]
    return [*found, *odd, b"\0\1" + found[0][2:], b"\0\4<html><title>502 Bad Gateway</title>"]


@target(seeds=_replies, examples=40)
def reply(data: bytes) -> None:
    """The same text, facts and end however it is cut; what goes wrong is one kind of error."""
    choices = Choices(data)
    form, media_type = choices.pick(list(FORMATS)), choices.pick(KINDS)
    body = choices.rest()
    whole = _read(form, [body], media_type)
    assert _read(form, cut(body, 40), media_type) == whole
    assert isinstance(whole[1].finish_reason, str | None)


@cache
def _objects(form: str) -> list[Any]:
    """The objects of a form's answers, each kind once."""
    stream, whole = samples.answers(form)
    lines = [line.removeprefix(b"data: ") for line in stream.split(b"\n")]
    found = [json.loads(line) for line in [*lines, whole] if line.startswith(b"{")]
    if form == "responses":
        error = {"message": "no", "code": "server_error"}
        found.append({"type": "response.failed", "response": {"error": error}})
    return list({str(each.get("type", sorted(each))): each for each in found}.values())


def _events() -> list[bytes]:
    forms = enumerate(FORMATS)
    return [bytes([n]) + each for n, form in forms for each in samples.as_json(*_objects(form))]


@target(seeds=_events, examples=300)
def wire_event(data: bytes) -> None:
    """Any object is a piece of the declared types, in a stream and as a whole reply."""
    name = Choices(data).pick(list(FORMATS))
    form = FORMATS[name]()
    value = parsed(data[1:], WORDS, _objects(name))
    if not isinstance(value, Mapping):
        return
    for piece in (form.read(value), form.read_whole(value)):
        assert isinstance(piece, Piece)
        assert isinstance(piece.text, str)
        assert isinstance(piece.reasoning, str)
        assert all(isinstance(each, str | None) for each in (piece.model, piece.finish_reason))
        assert all(type(count) is int for count in (piece.usage or {}).values())
        assert type(piece.ended) is bool


def _chunks() -> list[Any]:
    message = {"role": "assistant", "content": [{"type": "text", "text": "x"}]}
    return [
        *(each for form in FORMATS for each in _objects(form)),
        {"event": "on_chat_model_stream", "run_id": "r", "data": {"chunk": message}},
        {"event": "on_chat_model_end", "data": {"output": {"generations": [[{"text": "x"}]]}}},
        {"event": "content-block-delta", "delta": {"type": "text-delta", "text": "x"}},
        {"type": "chunk", "chunk": {"choices": [{"index": 0, "delta": message}]}},
        {"error": {"message": "no" * 2_000, "code": "x" * 4_000}},
        message,
    ]


@target(seeds=lambda: samples.as_json(*_chunks()), examples=100)
def chunk(data: bytes) -> None:
    """A chunk of somebody's stream is text, or one kind of error in so many words."""
    value = parsed(data, WORDS, _chunks())

    async def main() -> None:
        source = Given([value], 1)
        try:
            assert all([isinstance(delta, str) async for delta in source])
        except StreamError as error:
            brief(error)

    run(main)


NODE = {"class_type": "KSampler", "errors": [{"message": "Value not in list", "details": "x"}]}
REFUSED = (
    {"error": {"message": f"no {samples.KEY}", "type": "t", "code": "rate_limit"}},
    {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
    {"error": "model 'x' not found " * 300},
    {"detail": [{"loc": ["body", "steps"], "msg": "not an integer"}]},
    {"error": "OutOfMemoryError", "detail": "", "errors": "CUDA out of memory"},
    {"error": {"type": "invalid_prompt"}, "node_errors": {"4": NODE, "5": NODE}},
)


def _refusals() -> list[bytes]:
    return [
        *samples.as_json(*REFUSED),
        b"\xef\xbb\xbf<html><TITLE>502 Bad\n Gateway</title>",
        b"upstream connect error " * 200,
        b"Fri, 27 Nov 2026 06:33:20 GMT",
    ]


@target(seeds=_refusals, examples=200)
def refusal(data: bytes) -> None:
    """What a server says is told in few words, on one line, and without the key."""
    key = Key(samples.KEY)
    body = data
    if data[:1] == b"\0":
        body = json_text(data[1:], WORDS, REFUSED).encode("utf-8", "replace")
    text, code = refusals.words(body)
    assert max(len(text), len(code)) <= 420
    assert not {"\n", "\r", "\t"} & set(text + code)

    async def main() -> list[ServerRefusedError]:
        waits = body[:60].decode("latin-1")
        answers = [
            answer(cut(body), status=status, key=key, retry_after=waits) for status in (429, 503)
        ]
        return [*[await each.refusal() for each in answers], answers[0].reported(_loaded(body))]

    for error in run(main):
        brief(error)
        assert samples.KEY not in str(error) + error.code
        assert error.retry_after is None or 0 < error.retry_after <= 3_600
    waits = refusals.retry_after(data.decode("utf-8", "replace"), now=1.8e9)
    assert waits is None or 0 < waits <= 3_600


def _loaded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _addresses() -> list[bytes]:
    return [
        b"http://127.0.0.1:8000/v1/",
        b"https://user:p%40ss@api.example.org:8443/v1?key=1#x",
        b"https://[::ffff:127.0.0.1]/a",
        b"https://93.184.216.34/a.png?size=1",
        b"//10.0.0.1/../x",
        "https://\u2488example\uff0ecom\\@evil/ \t".encode(),
        b"http://127.0.0.1/" + b"a" * 500,
        b"data:image/png;base64,AAAA",
    ]


@target(seeds=_addresses, examples=200)
def address(data: bytes) -> None:
    """An address is taken apart or refused; none shows its user, none leads to a private host."""
    text = data.decode("utf-8", "replace")
    assert len(addresses.shown(text)) <= 300
    with contextlib.suppress(ValueError):
        at, _ = addresses.parse(text)
        assert addresses.origin(at)[1]
        assert "@" not in at.partition("//")[2].partition("/")[0]
        addresses.is_loopback(at)
        assert Client(text).base_url == at == Client(at).base_url

    async def main() -> None:
        asyncio.get_running_loop().getaddrinfo = _numbers_only
        target_of = addresses.joined("https://93.184.216.34/v1/", text)
        assert addresses.joined(target_of, target_of)
        at, _, name = await addresses.pinned(target_of)
        host = addresses.origin(at)[1]
        assert name
        assert not addresses.is_loopback(at)
        assert not host.startswith(("10.", "127.", "192.168.", "169.254."))

    with contextlib.suppress(ServerAnswerError):
        asyncio.run(main())


async def _numbers_only(host: str, port: int | None, **options: Any) -> Any:
    import socket

    options["flags"] = socket.AI_NUMERICHOST
    return await asyncio.to_thread(socket.getaddrinfo, host, port, **options)
