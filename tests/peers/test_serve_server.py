"""The server itself: its start and end, its key, and what it remembers."""

from __future__ import annotations

import asyncio
import gc
import os
import re
import signal
import socket
import subprocess
import sys
import threading

import anthropic
import httpx
import ollama
import openai
import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from nbkit._serve.running import Running
from nbkit.serve import Server, app
from nbkit.testing import until

HELLO = [{"role": "user", "content": "Hello, you there"}]
STREAM = {"model": "lighthouse", "messages": HELLO, "stream": True}
KEY = "sk-canary-4711"


def threads():
    return [each.name for each in threading.enumerate() if each.name == "nbkit-serve"]


def test_it_stops_in_the_middle_of_streams_and_leaves_nothing(monkeypatch):
    # It does not wait for open streams, however patient it is: this test would time out.
    monkeypatch.setattr("nbkit._serve.running._PATIENCE", 3_000)
    before = len(threads())
    server = Server(rate=0.5)
    with pytest.raises(RuntimeError, match="not been started"):
        server.url  # noqa: B018 - asking is the test
    server.start()
    assert server.start() is server
    assert len(threads()) == before + 1
    with (
        httpx.Client(base_url=server.url, timeout=30) as client,
        client.stream("POST", "/v1/chat/completions", json=STREAM) as talking,
        client.stream(
            "POST", "/api/chat", json=STREAM, headers={"x-nbkit-fault": "stall=0"}
        ) as silent,
        connect(server.url.replace("http", "ws") + "/ws") as opened,
    ):
        opened.recv(timeout=20)
        lines = talking.iter_lines()
        assert "assistant" in next(lines)
        assert silent.status_code == 200
        server.stop()
        server.stop()
        assert len(threads()) == before
        with pytest.raises(httpx.HTTPError):
            list(lines)
        with pytest.raises(httpx.HTTPError):
            silent.read()
        with pytest.raises(ConnectionClosedError):
            opened.recv(timeout=20)
    host, port = re.search(r"//(.*):(\d+)", server.url).groups()
    with pytest.raises(ConnectionRefusedError), socket.create_connection((host, int(port))):
        pass
    gc.collect()  # an open socket would be a ResourceWarning, and so an error


def test_it_starts_again_after_its_end_and_has_forgotten():
    server = Server(rate=2_000)
    urls = []
    for _ in range(2):
        with server:
            urls.append(server.url)
            assert httpx.get(f"{server.url}/admin/requests").json() == {"requests": []}
            httpx.get(f"{server.url}/v1/models").raise_for_status()
    assert urls[0] != urls[1]
    assert repr(server) == "<Server stopped>"


def test_two_serve_side_by_side(server):
    with Server() as other:
        assert other.url != server.url
        for each in (other, server):
            assert httpx.get(f"{each.url}/api/version").status_code == 200


def test_a_port_that_is_taken_is_an_error_at_once(server):
    port = int(server.url.rpartition(":")[2])
    with pytest.raises(OSError, match=f"in use: 127.0.0.1, port {port}"):
        Server(port=port).start()


def test_no_answer_waits_for_nagle():
    """A test of its cause: its effect, 40 ms, could only be seen by the clock."""
    listening = Running(app(), "127.0.0.1", 0, access_log=False)
    with listening._socket as one:
        assert one.proto == socket.IPPROTO_TCP


async def test_a_reply_whose_client_leaves_is_stopped_and_told_of():
    with Server(rate=0.5) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:

            async def outcome():
                return (await client.get("/admin/requests")).json()["requests"][-1]

            async with client.stream("POST", "/v1/chat/completions", json=STREAM) as answer:
                await anext(answer.aiter_raw())
                running = await outcome()
            assert (running["outcome"], running["status"]) == ("running", 200)
            assert (running["model"], running["prompt"]) == ("lighthouse", "Hello, you there")

            async def stopped():
                return (await outcome())["outcome"] == "cancelled"

            await until(stopped)
            plain = asyncio.ensure_future(
                client.post("/v1/chat/completions", json={**STREAM, "stream": False})
            )

            async def began():
                return (await outcome())["id"] == running["id"] + 1

            await until(began)
            plain.cancel()
            await until(stopped)
            assert (await outcome())["id"] == running["id"] + 1


def test_what_was_asked_is_remembered_without_headers(server, admin):
    secret = {"authorization": "Bearer hush", "x-api-key": "hush", "cookie": "hush"}
    admin.post("/v1/chat/completions", json={**STREAM, "stream": False}, headers=secret)
    admin.post("/v1/images/generations", json={"prompt": "a robot", "size": "64x64"})
    answer = admin.get("/admin/requests")
    chat, picture = answer.json()["requests"]
    assert (chat["method"], chat["path"]) == ("POST", "/v1/chat/completions")
    assert (chat["outcome"], chat["status"]) == ("finished", 200)
    assert chat["seconds"] > 0
    assert picture["prompt"] == "a robot"
    assert "hush" not in answer.text
    only = admin.get("/admin/requests", params={"path": "/v1/images"}).json()["requests"]
    assert only == [picture]


def test_the_last_200_requests_are_remembered(server, admin):
    for _ in range(201):
        admin.get("/api/version")
    requests = admin.get("/admin/requests").json()["requests"]
    assert len(requests) == 200
    assert requests[-1]["id"] - requests[0]["id"] == 199


@pytest.fixture(scope="module")
def locked():
    with Server(rate=2_000, key=KEY) as server:
        yield server


def test_with_a_key_a_request_without_it_gets_the_refusal_of_its_form(locked):
    url = f"{locked.url}/v1"
    with (
        openai.OpenAI(base_url=url, api_key="other", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError) as refused,
    ):
        client.chat.completions.create(model="echo", messages=HELLO)
    assert refused.value.code == "invalid_api_key"
    with (
        anthropic.Anthropic(base_url=locked.url, api_key="other", max_retries=0) as client,
        pytest.raises(anthropic.AuthenticationError) as refused,
    ):
        client.messages.create(model="echo", max_tokens=9, messages=HELLO)
    assert refused.value.body["error"]["type"] == "authentication_error"
    client = ollama.Client(host=locked.url)
    with pytest.raises(ollama.ResponseError, match="unauthorized"):
        client.chat("echo", HELLO)
    client.close()
    assert httpx.get(f"{locked.url}/sdapi/v1/options").headers["www-authenticate"] == "Basic"
    assert httpx.get(f"{locked.url}/queue").status_code == 401
    assert httpx.get(f"{locked.url}/admin/requests").status_code == 401


def test_with_a_key_those_that_bring_it_are_let_in(locked):
    url = f"{locked.url}/v1"
    with openai.OpenAI(base_url=url, api_key=KEY, max_retries=0) as client:
        reply = client.chat.completions.create(model="echo", messages=HELLO)
        assert reply.choices[0].message.content == "Hello, you there"
        picture = client.images.generate(prompt="x", size="64x64", response_format="url")
    # An address of a picture holds without the key.
    assert httpx.get(picture.data[0].url).status_code == 200
    with anthropic.Anthropic(base_url=locked.url, api_key=KEY, max_retries=0) as client:
        client.messages.create(model="echo", max_tokens=9, messages=HELLO)
    assert httpx.get(f"{locked.url}/sdapi/v1/options", auth=("user", KEY)).status_code == 200


def test_the_key_is_in_no_list_repr_or_log(locked, caplog):
    answer = httpx.get(f"{locked.url}/admin/requests", headers={"x-api-key": KEY})
    assert answer.status_code == 200
    assert KEY not in answer.text
    assert KEY not in repr(locked) + repr(vars(locked))
    assert KEY not in caplog.text


def test_a_look_with_a_browser_says_what_it_is(server):
    assert httpx.get(server.url).text.startswith("nbkit is serving")


def test_what_is_no_json_is_a_bad_request(admin):
    for path in ("/v1/chat/completions", "/v1/messages", "/api/chat", "/sdapi/v1/txt2img"):
        for content in (b"{", b"[]", b"\xff"):
            answer = admin.post(path, content=content)
            assert answer.status_code == 400, (path, content)
            assert "JSON" in answer.text


def test_half_of_a_surrogate_pair_does_not_break_a_reply(admin):
    body = b'{"model": "echo", "messages": [{"role": "user", "content": "a \\ud800 b"}]}'
    answer = admin.post("/v1/chat/completions", content=body)
    assert answer.json()["choices"][0]["message"]["content"] == "a ? b"


async def test_the_app_runs_on_another_server():
    transport = httpx.ASGITransport(app(rate=float("inf")))
    async with httpx.AsyncClient(transport=transport, base_url="http://any") as client:
        answer = await client.post(
            "/v1/chat/completions", json={"model": "echo", "messages": HELLO}
        )
    assert answer.json()["choices"][0]["message"]["content"] == "Hello, you there"


@pytest.mark.skipif(os.name != "posix", reason="sends an interrupt")
def test_the_command_says_what_to_set_serves_and_ends_with_an_interrupt():
    command = [sys.executable, "-m", "nbkit", "serve", "--port", "0", "--rate", "recorded"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        try:
            url = re.search(r"http://127\.0\.0\.1:\d+", running.stdout.readline())[0]
            lines = "".join(running.stdout.readline() for _ in range(4))
            for each in (f"OPENAI_BASE_URL={url}/v1", f"ANTHROPIC_BASE_URL={url}", f"a1111:{url}"):
                assert each in lines
            assert httpx.get(f"{url}/v1/models").status_code == 200
            running.send_signal(signal.SIGINT)
            _, error = running.communicate(timeout=30)
        finally:
            running.kill()
    assert running.returncode == 130
    assert "Traceback" not in error
