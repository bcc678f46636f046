"""What a prompt may be, as a conversation, and where Ollama is."""

from __future__ import annotations

import pytest

from nbkit.llm import ollama
from nbkit.llm.conversation import conversation
from nbkit.llm.wire import Conversation

HELLO = {"role": "user", "content": "Hello"}


def test_a_text_is_a_message_of_the_user():
    assert conversation("Hello") == Conversation("", (HELLO,))


def test_system_texts_are_one_and_come_first():
    messages = [{"role": "system", "content": "Second."}, {"role": "system", "content": "Third."}]
    asked = conversation([*messages, HELLO], "First.", "Fourth.")
    assert asked == Conversation("First.\n\nSecond.\n\nThird.\n\nFourth.", (HELLO,))
    assert asked.with_system[0]["role"] == "system"
    assert conversation("Hello", None, None).with_system == [HELLO]


def test_a_system_message_of_blocks_or_further_down_stays_where_it_is():
    blocks = {"role": "system", "content": [{"type": "text", "text": "x"}]}
    later = {"role": "system", "content": "x"}
    assert conversation([blocks, HELLO]).messages == (blocks, HELLO)
    assert conversation([HELLO, later]).messages == (HELLO, later)


@pytest.mark.parametrize(
    ("prompt", "error", "says"),
    [
        ("", ValueError, "prompt is empty"),
        ("  \n", ValueError, "prompt is empty"),
        ([], ValueError, "conversation is empty"),
        ([{"role": "system", "content": "x"}], ValueError, "not system messages alone"),
        (5, TypeError, "not int"),
        (b"Hello", TypeError, "not bytes"),
        (["Hello"], TypeError, "mapping with role and content, not str"),
        ([{"content": "Hello"}], TypeError, "has a role"),
        ([{"role": 5}], TypeError, "not 5"),
    ],
)
def test_what_is_no_conversation_is_refused(prompt, error, says):
    with pytest.raises(error, match=says):
        conversation(prompt)


# OLLAMA_HOST


@pytest.mark.parametrize(
    "value",
    ["1.2.3.4", ":56789", "1.2.3.4:56789", "http://1.2.3.4", "https://1.2.3.4", "example.com",
     "https://example.com:56789", "example.com:56789/", "example.com/path", "[::1]", "[::1]:56789",
     "http://[::1]", "https://[::1]:56789/path/", "localhost"],
)  # fmt: skip
def test_ollamas_address_is_read_as_its_own_client_reads_it(monkeypatch, value):
    from ollama._client import _parse_host

    monkeypatch.setenv("OLLAMA_HOST", value)
    assert ollama.host() == _parse_host(value)


def test_an_address_to_listen_on_is_one_of_this_machine(monkeypatch):
    monkeypatch.setenv("OLLAMA_HOST", "0.0.0.0:11500")
    assert ollama.host() == "http://127.0.0.1:11500"
    monkeypatch.setenv("OLLAMA_HOST", "")
    assert ollama.host() is None
