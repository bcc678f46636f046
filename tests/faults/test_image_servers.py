"""A1111 and ComfyUI servers that misbehave: each image ends in a typed error that says how."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from faults.image_table import HTML, JSON, PNG, cut, made
from faults.runs import KEY
from faults.stories import bomb, in_json
from faults.wire import Request, Script, answer, head, reset, unused_port

from nbkit.errors import (
    BackendError,
    ServerAnswerError,
    ServerDisconnectedError,
    ServerRefusedError,
    ServerUnreachableError,
)
from nbkit.images.a1111 import A1111Backend
from nbkit.images.comfyui import ComfyUIBackend
from nbkit.images.openai import OpenAIImageBackend


async def test_a_server_that_is_not_there_fails_the_image():
    url = f"http://127.0.0.1:{unused_port()}"
    for backend in (
        OpenAIImageBackend(base_url=url, api_key=KEY),
        A1111Backend(url),
        ComfyUIBackend(url),
    ):
        result = await made(backend)
        assert isinstance(result.error, BackendError)
        assert type(result.error.__cause__) is ServerUnreachableError
        assert "cannot be reached" in str(result.error)
        assert result.attempts == 2


def comfy(request: Request) -> Script:
    """Answer as a ComfyUI server does that has no websocket and works at once."""
    path = request.path.partition("?")[0]
    if path.startswith("/object_info"):
        names = [["m.safetensors"]]
        found: Any = {"CheckpointLoaderSimple": {"input": {"required": {"ckpt_name": names}}}}
    elif path == "/prompt":
        found = {"prompt_id": json.loads(request.body)["prompt_id"]}
    elif path == "/queue":
        found = {"queue_running": [], "queue_pending": []}
    elif path.startswith("/history/"):
        outputs = {"9": {"images": [{"filename": "a.png", "subfolder": "", "type": "output"}]}}
        found = {path.rpartition("/")[2]: {"outputs": outputs, "status": {"status_str": "success"}}}
    elif path == "/view":
        return (answer(PNG, "image/png"),)
    else:
        return (answer(b"", "text/plain", status="404 X"),)
    return (answer(json.dumps(found).encode(), JSON),)


def a1111(request: Request) -> Script:
    """Answer as an A1111 server does that works at once."""
    if request.path == "/sdapi/v1/txt2img":
        encoded = json.loads(in_json(PNG))["data"][0]["b64_json"]
        return (answer(json.dumps({"images": [encoded], "info": "{}"}).encode(), JSON),)
    return (answer(b'{"progress": 0, "state": {}}', JSON),)


Other = tuple[Callable[[str], Any], Callable[[Request], Script]]
COMFY: Other = (ComfyUIBackend, comfy)
A1111: Other = (lambda url: A1111Backend(url, poll_interval=60.0), a1111)


@pytest.mark.parametrize("other", [COMFY, A1111], ids=["comfyui", "a1111"])
async def test_the_other_servers_are_what_the_table_below_breaks(other, serve):
    peer = await serve(other[1])
    assert (await made(other[0](peer.url))).image.data == PNG


def images(*pictures: object) -> bytes:
    return json.dumps({"images": pictures, "info": "{}"}).encode()


SERVER_FAULTS: list[tuple[str, Other, str, Script, type[Exception] | None, str, int]] = [
    ("reset", A1111, "/sdapi/v1/txt2img", (reset,), ServerDisconnectedError, "before it answ", 2),
    ("500", A1111, "/sdapi/v1/txt2img", (answer(b'{"error": "OutOfMemoryError", "errors": "CUDA"}',
     JSON, status="500 X"),), ServerRefusedError, "OutOfMemoryError; CUDA", 2),
    ("404", A1111, "/sdapi/v1/txt2img", (answer(b'{"detail": "Not Found"}', JSON,
     status="404 X"),), ServerRefusedError, "404 Not Found", 1),
    ("cut", A1111, "/sdapi/v1/txt2img", (head(JSON, length=999) + b'{"images"',),
     ServerDisconnectedError, "after 9 bytes", 2),
    ("page", A1111, "/sdapi/v1/txt2img", (answer(HTML, "text/html"),), ServerAnswerError,
     "HTML page: Sign in", 1),
    ("list", A1111, "/sdapi/v1/txt2img", (answer(b"[]", JSON),), None, "answered with list", 1),
    ("none", A1111, "/sdapi/v1/txt2img", (answer(images(), JSON),), None, "sent no image", 1),
    ("odd", A1111, "/sdapi/v1/txt2img", (answer(images(7), JSON),), None, "int for an image", 1),
    ("garbage", A1111, "/sdapi/v1/txt2img", (answer(images("%%"), JSON),), None, "not base64", 1),
    ("half PNG", A1111, "/sdapi/v1/txt2img", (answer(images(
        json.loads(in_json(cut(PNG)))["data"][0]["b64_json"]), JSON),), None, "truncated or br", 1),
    ("bomb", A1111, "/sdapi/v1/txt2img", (answer(bomb(b'{"images": ["', b"A", 100), JSON,
     "Content-Encoding: gzip"),), ServerAnswerError, "longer than 40.0 MB", 1),
    ("reset", COMFY, "/object_info", (reset,), ServerDisconnectedError, "before it answered", 2),
    ("page", COMFY, "/object_info", (answer(HTML, "text/html"),), ServerAnswerError, "Sign in", 1),
    ("none", COMFY, "/object_info", (answer(b"{}", JSON),), None, "has no checkpoint", 1),
    ("reset", COMFY, "/prompt", (reset,), ServerDisconnectedError, "before it answered", 2),
    ("500", COMFY, "/prompt", (answer(b"oops", "text/plain", status="500 X"),),
     ServerRefusedError, "500 Internal Server Error: oops", 2),
    ("400", COMFY, "/prompt", (answer(json.dumps({"error": {"message": "invalid"}, "node_errors":
     {"3": {"class_type": "KSampler", "errors": ["odd", {"message": "no steps"}]}}}).encode(),
     JSON, status="400 X"),), ServerRefusedError, "invalid; KSampler 3: odd; KSampler 3: no st", 1),
    ("odd", COMFY, "/prompt", (answer(b"[]", JSON),), None, "did not say under which id", 1),
    ("page", COMFY, "/history", (answer(HTML, "text/html"),), ServerAnswerError, "Sign in", 1),
    ("page", COMFY, "/view", (answer(HTML, "text/html"),), None, "looks like an HTML", 1),
    ("cut", COMFY, "/view", (head("image/png", length=9_999) + PNG[:99],),
     ServerDisconnectedError, "after 99 bytes", 2),
    ("half PNG", COMFY, "/view", (answer(cut(PNG), "image/png"),), None, "truncated or broken", 1),
    ("bomb", COMFY, "/view", (answer(bomb(PNG, b"A", 100), "image/png", "Content-Encoding: gzip"),),
     ServerAnswerError, "longer than 40.0 MB", 1),
]  # fmt: skip


@pytest.mark.parametrize(
    "row", SERVER_FAULTS, ids=lambda row: f"{row[0]} at {row[2].rpartition('/')[2]}"
)
async def test_an_image_that_goes_wrong_at_another_server_says_how(row, serve):
    _, (backend, usual), path, script, cause, says, attempts = row
    peer = await serve(lambda request: script if request.path.startswith(path) else usual(request))
    result = await made(backend(peer.url))
    assert result.status == "failed"
    assert type(result.error) is BackendError
    assert re.search(says, str(result.error)), result.error
    assert cause is None or type(result.error.__cause__) is cause
    assert result.attempts == attempts
