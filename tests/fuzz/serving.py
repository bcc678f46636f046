"""Targets: what a client asks `nbkit serve`, over HTTP and in ComfyUI's websocket."""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from fuzz import samples
from fuzz.backends import GRAPH
from fuzz.material import Choices, spoiled
from fuzz.target import target

from nbkit.models import EncodedImage, Preview
from nbkit.serve import app
from nbkit.testing import run, until

IMAGE = {"prompt": "a fox", "seed": 7}
PROMPT = {"prompt": GRAPH, "client_id": "c", "prompt_id": "p", "extra_data": {}, "number": 1}
FLAGS = {"type": "feature_flags", "data": {"supports_preview_metadata": True}}
REQUESTS: tuple[tuple[str, Any], ...] = (
    *((path, {**body, "stream": False}) for path, body in samples.ASKED.values()),
    *((path, {**body, "stream": True}) for path, body in samples.ASKED.values()),
    ("/api/generate", {"model": "m", "prompt": "x", "options": {"num_predict": 3}}),
    ("/v1/images/generations", {**IMAGE, "n": 1, "size": "64x64", "response_format": "url"}),
    ("/v1/images/generations", {**IMAGE, "stream": True, "partial_images": 1}),
    ("/sdapi/v1/txt2img", {**IMAGE, "steps": 2, "width": 64, "height": 64, "batch_size": 1}),
    ("/sdapi/v1/interrupt", {}),
    ("/prompt", PROMPT),
    ("/queue", {"clear": True, "delete": ["p"]}),
    ("/interrupt", {"prompt_id": "p"}),
    ("/history", {"clear": True, "delete": ["p"]}),
    ("/admin/replies", {"text": "x"}),
    ("/admin/faults", {"fault": "status=503, retry-after=2", "path": "/v1/", "count": 1}),
)
WORDS = (
    *(
        "model",
        "messages",
        "role",
        "content",
        "user",
        "system",
        "text",
        "echo",
        "prompts",
        "stream",
    ),
    *("stream_options", "include_usage", "max_tokens", "thinking", "type", "reasoning", "effort"),
    *("options", "num_predict", "prompt", "n", "size", "64x64", "b64_json", "client_id", "inputs"),
    *("class_type", "KSampler", "_meta", "title", "extra_data", "delete", "cut=0.5, drip=1", "c"),
)
HEADERS = [(b"content-type", b"application/json"), (b"anthropic-version", b"2023-06-01")]


async def _paint(request: Any, *, on_preview: Any, **_: Any) -> EncodedImage:
    """Paints no picture, which would take its time, but tells of one."""
    image = EncodedImage(samples.picture(), "image/png", 6, 4)
    on_preview(Preview(0.5, image))
    return image


async def _asked(served: Any, method: str, path: str, body: bytes) -> tuple[int, bytes]:
    """Send a request, and return status and body of the answer; an exception is raised."""
    pending = [{"type": "http.request", "body": body, "more_body": False}]
    answered: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not pending:
            await asyncio.Event().wait()
        return pending.pop()

    async def send(message: dict[str, Any]) -> None:
        answered.append(message)

    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode()}
    scope |= {"query_string": b"", "headers": HEADERS, "server": ("served", 80), "scheme": "http"}
    await served(scope | {"http_version": "1.1", "root_path": ""}, receive, send)
    assert answered[0]["type"] == "http.response.start"
    assert not answered[-1].get("more_body")
    return answered[0]["status"], b"".join(each.get("body", b"") for each in answered)


async def _ended(served: Any, prompt_id: str) -> str:
    """Wait for the end of a workflow, and say how it ended."""
    history: dict[str, Any] = {}

    async def is_there() -> bool:
        _, answer = await _asked(served, "GET", "/history", b"")
        history.update(json.loads(answer))
        return prompt_id in history

    await until(is_there)
    return history[prompt_id]["status"]["status_str"]


async def _listened(served: Any, messages: list[str], told: list[dict[str, Any]]) -> None:
    """Hold a websocket open as client ``c``, having said something."""
    pending = [{"type": "websocket.connect"}]
    pending += [{"type": "websocket.receive", "text": text} for text in messages]

    async def receive() -> dict[str, Any]:
        if not pending:
            await asyncio.Event().wait()
        return pending.pop(0)

    async def send(message: dict[str, Any]) -> None:
        told.append(message)

    scope = {"type": "websocket", "path": "/ws", "raw_path": b"/ws", "query_string": b"clientId=c"}
    scope |= {"headers": [], "server": ("served", 80), "scheme": "ws", "root_path": ""}
    await served(scope | {"subprotocols": []}, receive, send)


def _requests() -> list[bytes]:
    good = samples.as_json(*(body for _, body in REQUESTS))
    return [bytes([number, 0]) + body for number, body in enumerate(good)]


def _body(choices: Choices, good: Any) -> bytes:
    """The bytes that are left, or what they choose to put into a good request."""
    rest = choices.rest()
    if rest[:1] in (b"{", b""):
        return rest or json.dumps(good).encode()
    return spoiled(Choices(rest), good, WORDS).encode("utf-8", "replace")


def _painted() -> ExitStack:
    stack = ExitStack()
    for module in ("a1111", "image_generations", "comfy_run"):
        stack.enter_context(patch(f"nbkit._serve.{module}.paint", _paint))
    return stack


@target(seeds=_requests, examples=80)
def served(data: bytes) -> None:
    """A request is answered, or refused as the form does: the fault is never the server's."""
    choices = Choices(data)
    path, good = choices.pick(REQUESTS)
    choices.byte()
    body = _body(choices, good)

    async def main() -> None:
        server = app(rate=1e9, image_seconds=0)
        status, answer = await _asked(server, "POST", path, body)
        assert 200 <= status < 500, answer[:300]
        if status >= 400:
            assert isinstance(json.loads(answer), dict)
            assert len(answer) < 20_000
        if path == "/prompt" and status == 200:
            waiting = json.loads(answer)["prompt_id"]
            assert await _ended(server, waiting) == "success"
        if path == "/admin/faults":
            status, _ = await _asked(server, "GET", "/v1/models", b"")
        told = json.loads((await _asked(server, "GET", "/admin/requests", b""))[1])
        assert all(each["outcome"] != "running" for each in told["requests"])

    with _painted():
        run(main)


@target(seeds=lambda: samples.as_json(FLAGS, {"type": "x"}, [], 1), examples=40)
def served_socket(data: bytes) -> None:
    """Whatever a client says in its websocket, its workflow runs, and its previews come."""
    messages = [_body(Choices(data), FLAGS).decode("utf-8", "replace")]

    async def main() -> None:
        server = app(rate=1e9, image_seconds=0)
        told: list[dict[str, Any]] = []
        listening = asyncio.ensure_future(_listened(server, messages, told))
        await asyncio.sleep(0.01)
        body = json.dumps(PROMPT).encode()
        assert (await _asked(server, "POST", "/prompt", body))[0] == 200
        assert await _ended(server, "p") == "success"
        await asyncio.sleep(0.01)
        assert any(each.get("bytes") for each in told)
        assert not listening.done()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)

    with _painted():
        run(main)
