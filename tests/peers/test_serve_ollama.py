"""``nbkit serve`` as the ollama package sees it."""

from __future__ import annotations

import ollama
import pytest

from nbkit.llm.replay import replay

LIGHTHOUSE = "".join(text for _, text in replay("lighthouse").deltas)
HELLO = [{"role": "user", "content": "Hello, you there"}]


@pytest.fixture
def client(server):
    client = ollama.Client(host=server.url)
    yield client
    client.close()


def test_a_chat_streams_the_recording_that_the_model_names(client):
    parts = list(client.chat("lighthouse", HELLO, stream=True))
    assert "".join(part.message.content for part in parts) == LIGHTHOUSE
    assert [part.done for part in parts] == [False] * (len(parts) - 1) + [True]
    last = parts[-1]
    assert (last.done_reason, last.prompt_eval_count) == ("stop", 4)
    assert last.eval_count == len(parts) - 1 == len(replay("lighthouse").deltas)


def test_a_chat_comes_whole_too_and_heeds_its_limit(client):
    whole = client.chat("echo", HELLO)
    assert (whole.message.content, whole.done_reason) == ("Hello, you there", "stop")
    short = client.chat("echo", HELLO, options={"num_predict": 1})
    assert (short.message.content, short.done_reason) == ("Hello,", "length")


def test_it_streams_unless_it_is_told_not_to(admin):
    answer = admin.post("/api/chat", json={"model": "echo", "messages": HELLO})
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    assert len(answer.text.splitlines()) == 4


def test_thinking_is_apart_from_the_text(client):
    parts = list(client.chat("echo", HELLO, stream=True, think=True))
    thought = "".join(part.message.thinking or "" for part in parts)
    assert thought.startswith("The question is clear")
    assert "".join(part.message.content for part in parts) == "Hello, you there"
    assert client.chat("echo", HELLO, think=True).message.thinking == thought


def test_generate_streams_and_comes_whole(client):
    parts = client.generate("echo", "Hello there", stream=True)
    assert "".join(part.response for part in parts) == "Hello there"
    assert client.generate("echo", "Hello there", system="Be brief").response == "Hello there"


def test_the_models_are_listed_and_may_be_named_as_listed(client):
    names = [model.model for model in client.list().models]
    assert "echo:latest" in names
    assert client.chat("echo:latest", HELLO).message.content == "Hello, you there"


def test_an_error_is_told_in_the_vendors_form(client):
    with pytest.raises(ollama.ResponseError, match="num_predict is from"):
        client.chat("echo", HELLO, options={"num_predict": 2**40})


def test_a_model_is_loaded_without_a_word(client):
    assert client.chat("echo", []).done_reason == "load"
