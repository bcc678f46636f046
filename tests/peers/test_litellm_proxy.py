"""LiteLLM's proxy, a server that others wrote: text it makes up, text and pictures it relays.

It runs in an environment of its own, since it pins versions of what the suite uses too. Behind it
stands a server of nbkit's own, for what it has no reply of its own to.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from peers.environments import TIME_LIMIT, environment
from same_story import TEXT

import nbkit
from nbkit.errors import ServerRefusedError, StreamError
from nbkit.progress import ProgressManager
from nbkit.session import Session

KEY = "sk-of-the-proxy"
PAINTED = {"images": "openai:painter", "seed": 7, "width": 256, "height": 192}

pytestmark = pytest.mark.timeout(2 * TIME_LIMIT)


def config(behind: str) -> str:
    def relayed(name: str, model: str) -> dict[str, object]:
        params = {"model": f"openai/{model}", "api_base": f"{behind}/v1", "api_key": "any"}
        return {"model_name": name, "litellm_params": params}

    made_up = {"model": "openai/any", "api_key": "none", "mock_response": TEXT}
    models = [{"model_name": "storyteller", "litellm_params": made_up}]
    models += [relayed("relay", "robot"), relayed("painter", "gpt-image-1")]
    # JSON is YAML.
    return json.dumps({"model_list": models, "general_settings": {"master_key": KEY}})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def proxy(server, tmp_path_factory) -> Iterator[str]:
    """The proxy's address."""
    python = environment("litellm", ["litellm[proxy]"])
    folder: Path = tmp_path_factory.mktemp("litellm")
    (folder / "config.yaml").write_text(config(server.url), "utf-8")
    port = free_port()
    command = [str(python.with_name("litellm")), "--config", "config.yaml", "--telemetry", "False"]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "PYTHONUNBUFFERED": "1"},
    )
    told: list[str] = []
    with process:
        try:
            for line in process.stdout:
                told.append(line)
                if "Uvicorn running on" in line:
                    break
            else:
                pytest.fail(f"the proxy ended:\n{''.join(told)}")
            # Whatever else it says is read, lest it wait for a reader.
            reader = threading.Thread(target=told.extend, args=(process.stdout,))
            reader.start()
            yield f"http://127.0.0.1:{port}"
            process.terminate()
            reader.join()
        finally:
            process.terminate()


@pytest.fixture(autouse=True)
def _at_the_proxy(proxy, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", f"{proxy}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", proxy)
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)


async def told(source, **options):
    options = {**PAINTED, **options}
    session = Session(source, message_id=1, progress_manager=ProgressManager(), **options)
    await session
    return session.text, [(each.prompt, each.status, each.image) for each in session.images]


ASKED = {
    "a reply of its own": {"model": "openai:storyteller"},
    "a relayed stream": {"model": "openai:relay"},
    "a whole reply": {"model": "openai:relay", "stream": False},
    "by responses": {"model": "openai:relay", "api": "responses"},
    "by messages": {"model": "anthropic:relay"},
}


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
async def test_the_same_story_comes_text_and_images(asked):
    stream = nbkit.chat("Tell me", **asked)
    text, images = await told(stream)
    assert text == stream.text == TEXT
    assert stream.finish_reason == "stop"
    assert stream.usage["output_tokens"] > 0
    assert {status for _, status, _ in images} == {"succeeded"}
    # Pictures of the same prompts, made by the very server behind, without the proxy between.
    assert [(image.width, image.height) for _, _, image in images] == [(256, 192)] * len(images)
    assert (text, images) == await told(TEXT)


async def test_what_it_paints_is_what_the_server_behind_it_paints(server, monkeypatch):
    _, relayed = await told(TEXT)
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
    _, direct = await told(TEXT)
    assert relayed == direct


async def test_a_model_that_it_does_not_have_is_a_refusal_in_its_words():
    with pytest.raises(StreamError, match="Invalid model name passed in model=nobody") as caught:
        await anext(nbkit.chat("Tell me", model="openai:nobody"))
    assert isinstance(caught.value.__cause__, ServerRefusedError)
    assert caught.value.__cause__.status == 400


async def test_a_key_that_it_does_not_know_is_a_refusal_that_does_not_show_it():
    stream = nbkit.chat("Tell me", model="openai:relay", api_key="sk-canary-of-nobody")
    with pytest.raises(StreamError, match="answered 4") as caught:
        await anext(stream)
    assert "canary" not in str(caught.value)


async def test_what_the_server_behind_it_refuses_comes_through(server, admin):
    admin.post("/admin/faults", json={"fault": "status=400", "count": 1}).raise_for_status()
    _, images = await told('A hill.\n\n<!--img-prompt="a hill"-->', retries=0)
    assert [status for _, status, _ in images] == ["failed"]
