"""Each provider's wire format: what is asked, and what its events say; no network."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbkit.llm.completions import Completions
from nbkit.llm.messages import Messages
from nbkit.llm.ollama import OllamaChat
from nbkit.llm.responses import Responses
from nbkit.llm.wire import Conversation, Piece

HELLO = {"role": "user", "content": "Hello"}
ASKED = Conversation("Be brief.", (HELLO,))
FORMATS = [Completions, Responses, Messages, OllamaChat]


# What is asked


def test_chat_completions_ask_for_a_stream_with_its_usage():
    body = Completions().body("m", ASKED, {"temperature": 0.2, "stop": None})
    assert body == {
        "model": "m",
        "messages": [{"role": "system", "content": "Be brief."}, HELLO],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.2,
    }


def test_a_parameter_of_none_takes_one_away():
    assert "stream_options" not in Completions().body("m", ASKED, {"stream_options": None})
    assert "stream_options" not in Completions().body("m", ASKED, {"stream": False})


def test_responses_have_their_own_names():
    body = Responses().body("m", ASKED, {"max_tokens": 9, "reasoning": {"effort": "low"}})
    assert body == {
        "model": "m",
        "input": [HELLO],
        "instructions": "Be brief.",
        "stream": True,
        "max_output_tokens": 9,
        "reasoning": {"effort": "low"},
    }


def test_messages_have_the_system_text_apart_and_a_bound():
    later = {"role": "system", "content": [{"type": "text", "text": "And kind."}]}
    body = Messages().body("m", Conversation("Be brief.", (HELLO, later)), {})
    assert body["system"] == "Be brief.\n\nAnd kind."
    assert body["messages"] == [HELLO]
    assert body["max_tokens"] == 4_096
    assert "system" not in Messages().body("m", Conversation("", (HELLO,)), {})
    assert Messages().body("m", ASKED, {"max_tokens": 9})["max_tokens"] == 9


def test_ollama_has_sampling_in_its_options():
    params = {"temperature": 0.2, "max_tokens": 9, "think": True, "options": {"seed": 1}}
    body = OllamaChat().body("m", ASKED, params)
    assert body["options"] == {"seed": 1, "temperature": 0.2, "num_predict": 9}
    assert body["think"] is True
    assert "options" not in OllamaChat().body("m", ASKED, {})


# What is answered


@pytest.mark.parametrize(
    ("data", "piece"),
    [
        ({"choices": [{"delta": {"content": "Hi"}}], "model": "m-1"}, Piece("Hi", model="m-1")),
        ({"choices": [{"delta": {"role": "assistant", "content": None}}]}, Piece()),
        ({"choices": [{"delta": {"reasoning_content": "Hm"}}]}, Piece(reasoning="Hm")),
        ({"choices": [{"delta": {"reasoning": "Hm"}}]}, Piece(reasoning="Hm")),
        ({"choices": [{"delta": {"refusal": "No."}}]}, Piece("No.")),
        ({"choices": [{"delta": {"content": [{"type": "text", "text": "Hi"}]}}]}, Piece("Hi")),
        ({"choices": [{"text": "old"}]}, Piece("old")),
        ({"choices": [{"delta": {}, "finish_reason": "length"}]}, Piece(finish_reason="length")),
        ({"choices": []}, Piece()),
        (
            {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 5, "x": "y"}},
            Piece(usage={"input_tokens": 3, "output_tokens": 5}),
        ),
    ],
)
def test_a_chunk_of_chat_completions_is_read(data, piece):
    assert Completions().read(data) == piece


@pytest.mark.parametrize(
    ("data", "piece"),
    [
        ({"type": "response.output_text.delta", "delta": "Hi"}, Piece("Hi")),
        ({"type": "response.refusal.delta", "delta": "No."}, Piece("No.")),
        ({"type": "response.reasoning_summary_text.delta", "delta": "Hm"}, Piece(reasoning="Hm")),
        ({"type": "response.output_text.done", "text": "Hi"}, Piece()),
        ({"type": "response.created", "response": {"model": "m-1"}}, Piece(model="m-1")),
        (
            {
                "type": "response.completed",
                "response": {"model": "m-1", "usage": {"input_tokens": 3, "output_tokens": 5}},
            },
            Piece(
                model="m-1",
                usage={"input_tokens": 3, "output_tokens": 5},
                finish_reason="stop",
                ended=True,
            ),
        ),
        (
            {
                "type": "response.incomplete",
                "response": {"incomplete_details": {"reason": "max_output_tokens"}},
            },
            Piece(finish_reason="length", ended=True),
        ),
    ],
)
def test_an_event_of_responses_is_read(data, piece):
    assert Responses().read(data) == piece


@pytest.mark.parametrize(
    ("data", "piece"),
    [
        (
            {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hi"}},
            Piece("Hi"),
        ),
        (
            {"type": "content_block_delta", "delta": {"type": "thinking_delta", "thinking": "Hm"}},
            Piece(reasoning="Hm"),
        ),
        (
            {"type": "content_block_delta", "delta": {"type": "signature_delta", "signature": "x"}},
            Piece(),
        ),
        ({"type": "content_block_start", "content_block": {"type": "text", "text": ""}}, Piece()),
        (
            {"type": "message_start", "message": {"model": "c", "usage": {"input_tokens": 3}}},
            Piece(model="c", usage={"input_tokens": 3}),
        ),
        (
            {
                "type": "message_delta",
                "delta": {"stop_reason": "max_tokens"},
                "usage": {"output_tokens": 5},
            },
            Piece(usage={"output_tokens": 5}, finish_reason="length"),
        ),
        ({"type": "message_stop"}, Piece(ended=True)),
        ({"type": "ping"}, Piece()),
    ],
)  # fmt: skip
def test_an_event_of_messages_is_read(data, piece):
    assert Messages().read(data) == piece


def test_a_line_of_ollama_is_read():
    read = OllamaChat().read
    message = {"content": "Hi", "thinking": "Hm"}
    assert read({"model": "l", "message": message, "done": False}) == Piece("Hi", "Hm", "l")
    done = {"message": {"content": ""}, "done": True, "prompt_eval_count": 3, "eval_count": 5}
    usage = {"input_tokens": 3, "output_tokens": 5}
    assert read(done) == Piece(usage=usage, finish_reason="stop", ended=True)
    assert read({**done, "done_reason": "length"}).finish_reason == "length"


@pytest.mark.parametrize(
    ("wire", "data", "piece"),
    [
        (
            Completions,
            {"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]},
            Piece("Hi", finish_reason="stop"),
        ),
        (
            Responses,
            {
                "model": "m",
                "output": [
                    {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm"}]},
                    {"type": "message", "content": [{"type": "output_text", "text": "Hi"}]},
                ],
            },
            Piece("Hi", "Hm", "m", finish_reason="stop", ended=True),
        ),
        (
            Messages,
            {
                "content": [{"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "Hi"}],
                "stop_reason": "end_turn",
            },
            Piece("Hi", "Hm", finish_reason="stop"),
        ),
    ],
)
def test_a_whole_reply_is_read(wire, data, piece):
    assert wire().read_whole(data) == piece


@pytest.mark.parametrize(
    ("wire", "data"),
    [
        (Completions, {"error": {"message": "no"}}),
        (Responses, {"type": "error", "code": "server_error", "message": "no"}),
        (Responses, {"type": "response.failed", "response": {"error": {"message": "no"}}}),
        (Messages, {"type": "error", "error": {"type": "overloaded_error", "message": "no"}}),
        (OllamaChat, {"error": "no"}),
    ],
)
def test_an_error_in_mid_stream_is_an_error(wire, data):
    assert wire().read(data).error
    assert not wire().read(data).text


WORDS = """choices delta content type message usage error response output text done stop_reason
summary content_block incomplete_details thinking finish_reason"""
NAMES = st.sampled_from(WORDS.split())
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=4)
JSON = st.recursive(
    LEAVES, lambda x: st.lists(x, max_size=3) | st.dictionaries(NAMES, x, max_size=4)
)


def test_a_summary_that_is_no_list_is_none():
    for summary in (5, True, "x", {"text": "x"}, [{"text": None}]):
        reply = {"output": [{"type": "reasoning", "summary": summary}]}
        assert Responses().read_whole(reply).reasoning == ""


@pytest.mark.parametrize("wire", FORMATS)
@given(data=st.dictionaries(NAMES, JSON))
def test_no_object_is_too_strange_to_be_read(wire, data):
    for piece in (wire().read(data), wire().read_whole(data)):
        assert isinstance(piece.text, str)
        assert isinstance(piece.reasoning, str)
