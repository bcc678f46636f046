"""Faults on request, as clients over real sockets meet them."""

from __future__ import annotations

import asyncio
import json
from collections import deque

import anthropic
import httpx
import ollama
import openai
import pytest
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect

from nbkit.testing import until

HELLO = [{"role": "user", "content": "Hello, you there"}]
CHAT = {"model": "echo", "messages": HELLO}
STREAM = {"model": "lighthouse", "messages": HELLO, "stream": True}
PICTURE = {"prompt": "a robot", "size": "64x64", "width": 64, "height": 64, "seed": 1}
ROUTES = [
    ("/v1/chat/completions", CHAT),
    ("/v1/chat/completions", STREAM),
    ("/v1/responses", {"model": "lighthouse", "input": "Hello", "stream": True}),
    ("/v1/messages", {**STREAM, "max_tokens": 4096}),
    ("/api/chat", STREAM),
    ("/v1/images/generations", PICTURE),
    ("/v1/images/generations", {**PICTURE, "stream": True, "partial_images": 1}),
    ("/sdapi/v1/txt2img", PICTURE),
]
IDS = [f"{path}{' streamed' if body.get('stream') else ''}" for path, body in ROUTES]
every_route = pytest.mark.parametrize(("path", "body"), ROUTES, ids=IDS)


def headers(fault):
    return {"x-nbkit-fault": fault, "anthropic-version": "2023-06-01"}


def whole_length(admin, path, body):
    return len(admin.post(path, json=body, headers={"anthropic-version": "2023-06-01"}).content)


def test_a_status_is_told_in_the_words_of_each_form(server, admin):
    fault = {"x-nbkit-fault": "status=529, retry-after=2"}
    url = f"{server.url}/v1"
    with openai.OpenAI(base_url=url, api_key="any", max_retries=0) as client:
        with pytest.raises(openai.InternalServerError, match="asked for") as refused:
            client.chat.completions.create(**CHAT, extra_headers=fault)
        assert refused.value.response.headers["retry-after"] == "2"
        with pytest.raises(openai.RateLimitError) as refused:
            client.images.generate(prompt="x", extra_headers={"x-nbkit-fault": "status=429"})
        assert refused.value.code == "rate_limit_exceeded"
    with anthropic.Anthropic(base_url=server.url, api_key="any", max_retries=0) as client:
        with pytest.raises(anthropic.InternalServerError) as refused:
            client.messages.create(**CHAT, max_tokens=9, extra_headers=fault)
        assert refused.value.body["error"]["type"] == "overloaded_error"
    client = ollama.Client(host=server.url, headers=fault)
    with pytest.raises(ollama.ResponseError, match="asked for") as refused:
        client.chat(**CHAT)
    assert refused.value.status_code == 529
    client.close()
    assert "asked for" in admin.get("/sdapi/v1/options", headers=fault).json()["detail"]
    assert "asked for" in admin.get("/queue", headers=fault).json()["error"]["message"]


@pytest.mark.parametrize("value", ["7", "Wed, 21 Oct 2026 07:28:00 GMT", "soon, maybe"])
def test_a_retry_after_is_sent_word_for_word(admin, value):
    answer = admin.post(
        "/v1/chat/completions", json=CHAT, headers=headers(f"status=503, retry-after={value}")
    )
    assert (answer.status_code, answer.headers["retry-after"]) == (503, value)


@every_route
@pytest.mark.parametrize("fraction", [0.0, 0.3, 0.9])
def test_a_cut_body_ends_without_its_end_at_its_fraction(admin, path, body, fraction):
    length = whole_length(admin, path, body)
    parts = deque()
    with admin.stream("POST", path, json=body, headers=headers(f"cut={fraction}")) as answer:
        assert answer.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError, match=r"without sending complete|chunked"):
            parts.extend(answer.iter_raw())
    # Ids, and times of day, may differ by a few bytes from call to call.
    assert sum(map(len, parts)) == pytest.approx(fraction * length, abs=8)
    (entry,) = [each for each in told(admin, path) if each["fault"]]
    assert (entry["outcome"], entry["fault"]) == ("cut", f"cut={fraction}")


def told(admin, path=""):
    return admin.get("/admin/requests", params={"path": path}).json()["requests"]


@every_route
async def test_a_stalled_body_stops_and_keeps_the_connection_until_the_client_leaves(
    admin, server, path, body
):
    length = whole_length(admin, path, body)
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
        fault = headers("stall=0.5")
        async with client.stream("POST", path, json=body, headers=fault) as answer:
            assert answer.status_code == 200
            parts = answer.aiter_raw()
            got = 0
            while got < 0.5 * length - 8:
                got += len(await anext(parts))
            assert got == pytest.approx(0.5 * length, abs=8)
            # That nothing comes can only be seen by looking for a while.
            more = asyncio.ensure_future(anext(parts))
            assert await asyncio.wait({more}, timeout=0.2) == (set(), {more})
            assert told(admin, path)[-1]["outcome"] == "running"
            more.cancel()
            await asyncio.gather(more, return_exceptions=True)
    await until(lambda: told(admin, path)[-1]["outcome"] == "cancelled")


def test_an_error_comes_in_the_middle_of_a_stream_in_the_words_of_its_form(server):
    fault = {"x-nbkit-fault": "error=0.5"}
    text = deque()
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="any", max_retries=0) as client:
        stream = client.chat.completions.create(**STREAM, extra_headers=fault)
        with stream, pytest.raises(openai.APIError, match="asked for"):
            text.extend(chunk.choices[0].delta.content for chunk in stream)
        assert len(text) > 100
        response = client.responses.create(
            model="lighthouse", input="Hello", stream=True, extra_headers=fault
        )
        with response:
            *_, before, last = response
        assert before.type == "response.output_text.delta"
        assert last.type == "error"  # which this package does not raise
        assert "asked for" in last.message
        assert last.sequence_number == before.sequence_number + 1
    with anthropic.Anthropic(base_url=server.url, api_key="any", max_retries=0) as client:
        stream = client.messages.create(**STREAM, max_tokens=4096, extra_headers=fault)
        kinds = deque()
        with stream, pytest.raises(anthropic.APIStatusError, match="asked for"):
            kinds.extend(event.type for event in stream)
        assert kinds[-1] == "content_block_delta"
    client = ollama.Client(host=server.url, headers=fault)
    parts = deque()
    with pytest.raises(ollama.ResponseError, match="asked for"):
        parts.extend(client.chat(**STREAM))
    assert len(parts) > 100
    client.close()


def test_an_error_takes_the_place_of_an_answer_that_is_no_stream(admin):
    answer = admin.post("/v1/images/generations", json=PICTURE, headers=headers("error=0.5"))
    assert answer.status_code == 200
    assert "asked for" in answer.json()["error"]["message"]
    streamed = {**PICTURE, "stream": True, "partial_images": 2}
    answer = admin.post("/v1/images/generations", json=streamed, headers=headers("error=0.9"))
    *events, last = answer.text.split("\n\n")[:-1]
    assert all(each.startswith("event: image_generation.partial_image") for each in events)
    assert last.startswith('data: {"error"')


def test_a_dripping_body_comes_a_byte_at_a_time_and_whole(admin):
    with admin.stream(
        "POST", "/v1/chat/completions", json=CHAT, headers=headers("drip=0.0001")
    ) as answer:
        parts = list(answer.iter_raw())
    assert json.loads(b"".join(parts))["choices"][0]["message"]["content"] == "Hello, you there"
    assert len(parts) > 20


@every_route
def test_garbage_keeps_the_content_type(admin, path, body):
    good = admin.post(path, json=body, headers={"anthropic-version": "2023-06-01"})
    bad = admin.post(path, json=body, headers=headers("garbage"))
    assert bad.status_code == 200
    assert bad.headers["content-type"] == good.headers["content-type"]
    with pytest.raises(UnicodeDecodeError):
        bad.content.decode("utf-8")


def test_a_page_comes_instead_of_an_answer(admin):
    answer = admin.post("/v1/images/generations", json=PICTURE, headers=headers("html"))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.startswith("<!doctype html>")


def test_a_redirect_goes_where_it_was_told(admin):
    to = "http://elsewhere.example/a,b?status=1"
    answer = admin.post("/api/chat", json=CHAT, headers=headers(f"redirect={to}"))
    assert (answer.status_code, answer.headers["location"]) == (307, to)


async def test_a_delay_holds_back_the_head(admin, server):
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
        delayed = asyncio.ensure_future(
            client.post("/v1/chat/completions", json=CHAT, headers=headers("delay=3000"))
        )
        await until(lambda: len(told(admin)) == 1)
        assert told(admin)[0]["status"] is None
        assert not delayed.done()
        delayed.cancel()
        await until(lambda: told(admin)[0]["outcome"] == "cancelled")
    answer = admin.post("/v1/chat/completions", json=CHAT, headers=headers("delay=0.01"))
    assert answer.json()["choices"][0]["message"]["content"] == "Hello, you there"


def test_a_queued_fault_meets_the_next_requests_of_its_path_and_no_others(admin):
    fault = {"path": "/v1/chat", "fault": "status=500", "count": 2}
    assert admin.post("/admin/faults", json=fault).json() == {"faults": [fault]}

    def status(path, body):
        return admin.post(path, json=body).status_code

    assert status("/api/chat", CHAT) == 200
    assert [status("/v1/chat/completions", CHAT) for _ in range(3)] == [500, 500, 200]
    assert admin.get("/admin/faults").json() == {"faults": []}


def test_a_header_comes_before_the_queue_and_leaves_it_alone(admin):
    admin.post("/admin/faults", json={"fault": "status=500"})
    answer = admin.get("/v1/models", headers=headers("status=418"))
    assert answer.status_code == 418
    assert len(admin.get("/admin/faults").json()["faults"]) == 1
    assert admin.delete("/admin/faults").json() == {"faults": []}
    assert admin.get("/v1/models").status_code == 200


@pytest.mark.parametrize(
    "fault",
    [
        "nonsense",
        "status",
        "status=abc",
        "cut=2",
        "html=1",
        "delay=-1",
        "",
        "retry-after=2",
        "cut=0, error=0",
    ],
)
def test_a_fault_that_there_is_not_is_refused_with_those_that_there_are(admin, fault):
    answers = [admin.post("/admin/faults", json={"fault": fault})]
    if fault:
        answers.append(admin.get("/v1/models", headers=headers(fault)))
    for answer in answers:
        assert answer.status_code == 400
        assert "stall=FRACTION" in answer.json()["error"]["message"]
    assert admin.get("/admin/faults").json() == {"faults": []}


def test_a_websocket_is_denied_with_a_status(server):
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(socket_of(server), additional_headers=headers("status=503")),
    ):
        pass
    assert refused.value.response.status_code == 503


def test_a_websocket_is_cut_after_its_fraction_of_twenty_messages(server):
    with connect(socket_of(server), additional_headers=headers("cut=0.05")) as opened:
        assert json.loads(opened.recv(timeout=20))["type"] == "status"
        opened.send(json.dumps({"type": "feature_flags", "data": {}}))
        with pytest.raises(ConnectionClosedError):
            opened.recv(timeout=20)


def test_a_websocket_sends_garbage(server):
    with connect(socket_of(server), additional_headers=headers("garbage")) as opened:
        message = opened.recv(timeout=20)
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(message)


def test_a_websocket_stalls_and_stays_open(server, admin):
    with connect(socket_of(server), additional_headers=headers("stall=0.05")) as opened:
        opened.recv(timeout=20)
        opened.send(json.dumps({"type": "feature_flags", "data": {}}))
        with pytest.raises(TimeoutError):
            opened.recv(timeout=0.2)
        assert told(admin, "/ws")[-1]["outcome"] == "running"


def socket_of(server):
    return server.url.replace("http", "ws") + "/ws?clientId=faulty"
