"""Requests to ``nbkit serve`` that are JSON and make no sense: told so, in the form's own words."""

from __future__ import annotations

import httpx
import pytest

from nbkit._serve.comfy_nodes import check
from nbkit.images._comfyui.workflow import Workflow
from nbkit.models import ImageRequest
from nbkit.serve import app

HELLO = [{"role": "user", "content": "Hello"}]
CHAT = {"model": "echo", "messages": HELLO}
GRAPH = Workflow.text_to_image().fill(ImageRequest("a fox"), seed=7, checkpoint="any")
DEEP = "[" * 970 + "]" * 970

ODD = [
    ("/v1/chat/completions", {**CHAT, "stream": True, "stream_options": ["include_usage"]}),
    ("/v1/messages", {**CHAT, "max_tokens": 9, "thinking": "enabled"}),
    ("/v1/responses", {"model": "echo", "input": HELLO, "reasoning": 5}),
    ("/api/chat", {**CHAT, "options": [1]}),
    ("/prompt", {"prompt": {"1": {"class_type": ["KSampler"]}}}),
    ("/prompt", {"prompt": {"1": {"class_type": "SaveImage", "inputs": 5}}}),
    ("/prompt", {"prompt": {"1": {"class_type": "Unknown", "_meta": "x"}}}),
    ("/prompt", {"prompt": {"1": {"class_type": "SaveImage", "inputs": {"images": [[], 0]}}}}),
    ("/prompt", {"prompt": GRAPH, "extra_data": [1]}),
    ("/prompt", {"prompt": GRAPH, "client_id": {}}),
    ("/prompt", {"prompt": GRAPH, "extra_data": {"client_id": 5}}),
]


@pytest.fixture
async def served():
    transport = httpx.ASGITransport(app(rate=1e9, image_seconds=0))
    headers = {"anthropic-version": "2023-06-01"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://served", headers=headers
    ) as http:
        yield http


@pytest.mark.parametrize(("path", "body"), ODD)
async def test_what_is_of_another_kind_is_refused(served, path, body):
    answer = await served.post(path, json=body)
    assert answer.status_code == 400
    assert "error" in answer.json()


async def test_null_stands_for_what_is_not_given(served):
    given = {"stream_options": None, "thinking": None, "reasoning": None, "options": None}
    for path in ("/v1/chat/completions", "/api/chat"):
        assert (await served.post(path, json={**CHAT, **given})).status_code == 200


async def test_what_can_be_read_but_not_written_is_refused(served):
    body = f'{{"model": "echo", "input": "x", "metadata": {{"a": {DEEP}}}}}'
    statuses = set()
    for levels in range(700, 1_000):
        sent = body.replace(DEEP, "[" * levels + "]" * levels)
        statuses.add((await served.post("/v1/responses", content=sent)).status_code)
    assert statuses == {200, 400}


def test_a_number_beyond_all_is_no_whole_number_of_a_node():
    latent = {"class_type": "EmptyLatentImage", "inputs": {"width": 1e999, "height": 64}}
    saved = {"class_type": "SaveImage", "inputs": {"images": ["4", 0], "filename_prefix": "a"}}
    decode = {"class_type": "VAEDecode", "inputs": {"samples": ["1", 0], "vae": ["1", 0]}}
    verdict = check({"1": latent, "4": decode, "7": saved})
    assert "Failed to convert" in str(verdict.node_errors)
