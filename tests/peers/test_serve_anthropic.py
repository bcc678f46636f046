"""``nbkit serve`` as the anthropic package sees it."""

from __future__ import annotations

import anthropic
import pytest

from nbkit.llm.replay import replay

LIGHTHOUSE = "".join(text for _, text in replay("lighthouse").deltas)
HELLO = [{"role": "user", "content": "Hello, you there"}]
THINK = {"type": "enabled", "budget_tokens": 1024}


@pytest.fixture
def client(server):
    with anthropic.Anthropic(base_url=server.url, api_key="any", max_retries=0) as client:
        yield client


def test_a_message_streams_the_recording_that_the_model_names(client):
    with client.messages.stream(model="lighthouse", max_tokens=4096, messages=HELLO) as stream:
        assert "".join(stream.text_stream) == LIGHTHOUSE
        message = stream.get_final_message()
    assert message.stop_reason == "end_turn"
    assert message.usage.input_tokens == 4
    assert message.usage.output_tokens == len(replay("lighthouse").deltas)


def test_the_events_come_in_the_order_that_the_vendor_has_them(client):
    with client.messages.create(
        model="echo", max_tokens=4096, messages=HELLO, stream=True
    ) as stream:
        kinds = [event.type for event in stream]
    assert kinds == [
        "message_start",
        "content_block_start",
        *["content_block_delta"] * 3,
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]  # and a ping, which the package keeps to itself


def test_a_message_comes_whole_too_and_heeds_its_limit(client):
    whole = client.messages.create(model="echo", max_tokens=100, messages=HELLO)
    assert (whole.content[0].text, whole.stop_reason) == ("Hello, you there", "end_turn")
    short = client.messages.create(model="echo", max_tokens=1, messages=HELLO)
    assert (short.content[0].text, short.stop_reason) == ("Hello,", "max_tokens")


def test_the_system_text_counts_and_is_not_echoed(client):
    message = client.messages.create(
        model="echo", max_tokens=100, messages=HELLO, system="Be brief, please"
    )
    assert message.content[0].text == "Hello, you there"
    assert message.usage.input_tokens == 8  # six words at 1.3, rounded up


def test_thinking_is_a_block_of_its_own_before_the_text(client):
    with client.messages.stream(
        model="echo", max_tokens=4096, messages=HELLO, thinking=THINK
    ) as stream:
        kinds = [event.type for event in stream]
        message = stream.get_final_message()
    assert [block.type for block in message.content] == ["thinking", "text"]
    assert message.content[0].thinking.startswith("The question is clear")
    assert message.content[0].signature
    assert message.content[1].text == "Hello, you there"
    assert kinds.index("thinking") < kinds.index("text")
    whole = client.messages.create(model="echo", max_tokens=4096, messages=HELLO, thinking=THINK)
    assert [block.type for block in whole.content] == ["thinking", "text"]


def test_a_ping_is_sent_before_the_first_delta(admin):
    answer = admin.post(
        "/v1/messages",
        json={"model": "echo", "max_tokens": 9, "messages": HELLO, "stream": True},
        headers={"anthropic-version": "2023-06-01"},
    )
    assert "event: ping\n" in answer.text.partition("content_block_delta")[0]


def test_the_models_are_listed_in_the_vendors_form(client):
    assert "lighthouse" in [model.id for model in client.models.list()]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"messages": [{"role": "system", "content": "x"}]}, "a role is user or assistant"),
        ({"max_tokens": 0}, "max_tokens is from 1"),
        ({"model": None}, "model: Field required"),
    ],
)
def test_what_is_no_request_is_a_bad_one_that_says_so(client, asked, words):
    request = {"model": "echo", "max_tokens": 9, "messages": HELLO, **asked}
    with pytest.raises(anthropic.BadRequestError, match=words) as refused:
        client.messages.create(**request)
    assert refused.value.body["error"]["type"] == "invalid_request_error"


def test_a_request_without_the_version_header_is_refused(admin):
    answer = admin.post("/v1/messages", json={"model": "echo", "max_tokens": 9, "messages": HELLO})
    assert answer.status_code == 400
    assert "anthropic-version" in answer.json()["error"]["message"]
