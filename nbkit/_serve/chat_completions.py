"""OpenAI's chat completions and the list of models.

Source: the types and the stream decoder of the ``openai`` package. Reasoning comes as
``reasoning_content``, the name that vLLM, DeepSeek and others gave it.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nbkit._serve import bodies
from nbkit._serve.encoding import Json, event
from nbkit._serve.image_generations import MODEL as IMAGE_MODEL
from nbkit._serve.paced import Frame, Paced
from nbkit._serve.replies import SPECIAL, Reply, reply_to
from nbkit._serve.state import State
from nbkit.llm.replay import transcripts

MODELS = (*transcripts(), *SPECIAL)
"""What a request's ``model`` may name; any other name gives the server's own recording."""

_BORN = 1_700_000_000
_BORN_TEXT = "2023-11-14T22:13:20Z"


def routes(state: State) -> list[Route]:
    """Make the routes."""

    async def complete(request: Request) -> Response:
        body = await bodies.read(request)
        conversation = bodies.messages(body)
        model = bodies.string(body, "model")
        bodies.entry_of(request).describe(model, bodies.last_user(conversation))
        name = "max_tokens" if body.get("max_tokens") is not None else "max_completion_tokens"
        reply = reply_to(
            state,
            model,
            conversation,
            limit=bodies.integer(body, name, 1 << 30, 1, 1 << 30),
            think=body.get("reasoning_effort") not in (None, "none"),
        )
        head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": model}
        if body.get("stream"):
            options = bodies.mapping(body, "stream_options")
            return Paced(_frames(head, reply, usage=bool(options.get("include_usage"))))
        await reply.pass_time()
        return Json(_whole(head, reply))

    async def models(request: Request) -> Response:
        if "anthropic-version" in request.headers:
            return Json(_anthropic_models())
        listed = [
            {"id": name, "object": "model", "created": _BORN, "owned_by": "nbkit"}
            for name in (*MODELS, IMAGE_MODEL)
        ]
        return Json({"object": "list", "data": listed})

    return [
        Route("/v1/chat/completions", complete, methods=["POST"]),
        Route("/v1/models", models, methods=["GET"]),
    ]


def _whole(head: dict[str, Any], reply: Reply) -> dict[str, Any]:
    message = {"role": "assistant", "content": reply.text, "refusal": None}
    if reply.reasoning:
        message["reasoning_content"] = reply.thought
    choice = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": _reason(reply),
    }
    return {**head, "object": "chat.completion", "choices": [choice], "usage": _usage(reply)}


def _frames(head: dict[str, Any], reply: Reply, *, usage: bool) -> Iterator[Frame]:
    start = {**head, "object": "chat.completion.chunk"}

    def chunk(delta: dict[str, Any], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        data = {**start, "choices": [choice]}
        return event({**data, "usage": None} if usage else data)

    yield 0.0, chunk({"role": "assistant", "content": ""})
    for pause, text in reply.reasoning:
        yield pause, chunk({"reasoning_content": text})
    for pause, text in reply.deltas:
        yield pause, chunk({"content": text})
    yield 0.0, chunk({}, _reason(reply))
    if usage:
        yield 0.0, event({**start, "choices": [], "usage": _usage(reply)})
    yield 0.0, b"data: [DONE]\n\n"


def _reason(reply: Reply) -> str:
    return "stop" if reply.whole else "length"


def _usage(reply: Reply) -> dict[str, Any]:
    return {
        "prompt_tokens": reply.prompt_tokens,
        "completion_tokens": reply.tokens,
        "total_tokens": reply.prompt_tokens + reply.tokens,
        "completion_tokens_details": {"reasoning_tokens": len(reply.reasoning)},
    }


def _anthropic_models() -> dict[str, Any]:
    listed = [
        {"type": "model", "id": name, "display_name": name, "created_at": _BORN_TEXT}
        for name in MODELS
    ]
    return {"data": listed, "has_more": False, "first_id": MODELS[0], "last_id": MODELS[-1]}
