"""Anthropic's messages: one object, or the events of its making.

Source: ``types`` and the stream accumulator of the ``anthropic`` package.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nbkit._serve import bodies
from nbkit._serve.encoding import Json, event
from nbkit._serve.forms import Refusal
from nbkit._serve.paced import Frame, Paced
from nbkit._serve.replies import Reply, reply_to
from nbkit._serve.state import State

_SIGNATURE = "bm9ib2R5IHRob3VnaHQgdGhpcw=="  # opaque to clients; here it says that nobody did


def routes(state: State) -> list[Route]:
    """Make the routes."""

    async def create(request: Request) -> Response:
        body = await bodies.read(request)
        if "anthropic-version" not in request.headers:
            raise Refusal("anthropic-version: header is required")
        for name in ("model", "messages", "max_tokens"):
            if body.get(name) is None:
                raise Refusal(f"{name}: Field required")
        model = bodies.string(body, "model")
        conversation = bodies.messages(body)
        if any(role not in ("user", "assistant") for role, _ in conversation):
            raise Refusal("messages: a role is user or assistant; the system text is apart")
        bodies.entry_of(request).describe(model, bodies.last_user(conversation))
        system = bodies.text_of(body.get("system"))
        reply = reply_to(
            state,
            model,
            [("system", system), *conversation] if system else conversation,
            limit=bodies.integer(body, "max_tokens", 1, 1, 1 << 30),
            think=bodies.mapping(body, "thinking").get("type") in ("enabled", "adaptive"),
        )
        head = {
            "id": f"msg_{uuid.uuid4().hex[:24]}",
            "type": "message",
            "role": "assistant",
            "model": model,
        }
        if body.get("stream"):
            return Paced(_frames(head, reply))
        await reply.pass_time()
        return Json(_whole(head, reply))

    return [Route("/v1/messages", create, methods=["POST"])]


def _whole(head: dict[str, Any], reply: Reply) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "text", "text": reply.text}]
    if reply.reasoning:
        thinking = {"type": "thinking", "thinking": reply.thought, "signature": _SIGNATURE}
        content.insert(0, thinking)
    stop = {"stop_reason": _reason(reply), "stop_sequence": None}
    return {**head, "content": content, **stop, "usage": _usage(reply, reply.tokens)}


def _frames(head: dict[str, Any], reply: Reply) -> Iterator[Frame]:
    stop = {"stop_reason": None, "stop_sequence": None}
    message = {**head, "content": [], **stop, "usage": _usage(reply, 1)}
    yield 0.0, _event("message_start", message=message)
    index = 0
    if reply.reasoning:
        block = {"type": "thinking", "thinking": "", "signature": ""}
        yield 0.0, _event("content_block_start", index=index, content_block=block)
        for pause, text in reply.reasoning:
            yield pause, _delta(index, type="thinking_delta", thinking=text)
        yield 0.0, _delta(index, type="signature_delta", signature=_SIGNATURE)
        yield 0.0, _event("content_block_stop", index=index)
        index += 1
    block = {"type": "text", "text": ""}
    yield 0.0, _event("content_block_start", index=index, content_block=block)
    yield 0.0, _event("ping")
    for pause, text in reply.deltas:
        yield pause, _delta(index, type="text_delta", text=text)
    yield 0.0, _event("content_block_stop", index=index)
    yield (
        0.0,
        _event(
            "message_delta",
            delta={"stop_reason": _reason(reply), "stop_sequence": None},
            usage={"output_tokens": reply.tokens},
        ),
    )
    yield 0.0, _event("message_stop")


def _event(kind: str, **data: Any) -> bytes:
    return event({"type": kind, **data}, kind)


def _delta(index: int, **delta: str) -> bytes:
    return _event("content_block_delta", index=index, delta=delta)


def _reason(reply: Reply) -> str:
    return "end_turn" if reply.whole else "max_tokens"


def _usage(reply: Reply, output: int) -> dict[str, Any]:
    return {
        "input_tokens": reply.prompt_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": output,
    }
