"""Ollama's own interface: a line of JSON for each piece of a reply.

Source: ``_types.py`` and ``_client.py`` of the ``ollama`` package, and ``docs/api.md`` of Ollama.
Durations are in nanoseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nbkit._serve import bodies
from nbkit._serve.chat_completions import MODELS
from nbkit._serve.encoding import Json, encode
from nbkit._serve.paced import Frame, Paced
from nbkit._serve.replies import Reply, reply_to
from nbkit._serve.state import State

VERSION = "0.12.0"
"""The version whose interface this is."""

_BORN = "2023-11-14T22:13:20Z"

Put = Callable[[str, str], dict[str, Any]]
"""Puts text and thinking where the route has them."""


def routes(state: State) -> list[Route]:
    """Make the routes."""

    async def chat(request: Request) -> Response:
        body = await bodies.read(request)
        conversation = bodies.messages({"messages": [], **body})
        return await answer(request, body, conversation, _message, empty=not conversation)

    async def generate(request: Request) -> Response:
        body = await bodies.read(request)
        prompt = bodies.string(body, "prompt", "")
        system = bodies.string(body, "system", "")
        conversation = [("system", system)] if system else []
        conversation.append(("user", prompt))
        return await answer(request, body, conversation, _response, empty=not prompt)

    async def answer(
        request: Request,
        body: bodies.Body,
        conversation: Sequence[tuple[str, str]],
        put: Put,
        *,
        empty: bool,
    ) -> Response:
        model = bodies.string(body, "model")
        bodies.entry_of(request).describe(model, bodies.last_user(conversation))
        if empty:  # loads the model, and says so
            return Json({**_head(model), **put("", ""), **_done("load")})
        limit = bodies.integer(bodies.mapping(body, "options"), "num_predict", -1, -2, 1 << 30)
        reply = reply_to(
            state,
            model,
            conversation,
            limit=limit if limit >= 0 else None,
            think=bool(body.get("think")),
        )
        if body.get("stream", True):
            return Paced(_frames(model, reply, put), "application/x-ndjson")
        await reply.pass_time()
        whole = put(reply.text, reply.thought)
        return Json({**_head(model), **whole, **_end(reply)})

    async def tags(_: Request) -> Response:
        details = {"family": "nbkit", "format": "json", "parameter_size": "0"}
        models = [
            {
                "name": f"{name}:latest",
                "model": f"{name}:latest",
                "modified_at": _BORN,
                "size": 0,
                "digest": "0" * 64,
                "details": details,
            }
            for name in MODELS
        ]
        return Json({"models": models})

    async def version(_: Request) -> Response:
        return Json({"version": VERSION})

    return [
        Route("/api/chat", chat, methods=["POST"]),
        Route("/api/generate", generate, methods=["POST"]),
        Route("/api/tags", tags, methods=["GET"]),
        Route("/api/version", version, methods=["GET"]),
    ]


def _frames(model: str, reply: Reply, put: Put) -> Iterator[Frame]:
    def line(data: dict[str, Any], end: dict[str, Any]) -> bytes:
        return encode({**_head(model), **data, **end}) + b"\n"

    for pause, text in reply.reasoning:
        yield pause, line(put("", text), {"done": False})
    for pause, text in reply.deltas:
        yield pause, line(put(text, ""), {"done": False})
    yield 0.0, line(put("", ""), _end(reply))


def _head(model: str) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return {"model": model, "created_at": now}


def _message(text: str, thinking: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {"message": {**message, "thinking": thinking} if thinking else message}


def _response(text: str, thinking: str) -> dict[str, Any]:
    return {"response": text, "thinking": thinking} if thinking else {"response": text}


def _end(reply: Reply) -> dict[str, Any]:
    spent = round(reply.seconds * 1e9)
    return {
        **_done("stop" if reply.whole else "length"),
        "total_duration": spent,
        "load_duration": 0,
        "prompt_eval_count": reply.prompt_tokens,
        "prompt_eval_duration": 0,
        "eval_count": reply.tokens,
        "eval_duration": spent,
    }


def _done(reason: str) -> dict[str, Any]:
    return {"done": True, "done_reason": reason}
