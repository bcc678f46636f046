"""Whole replies of other packages, errors in a stream, and what is no text at all."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import types

import anthropic.types as claude
import ollama
import openai.types.chat as gpt
import pytest
from langchain_core.messages import (
    AIMessage,
    HumanMessage,
)
from openai.types import responses as gpt_responses
from pydantic import BaseModel
from unit.shapes_kit import MESSAGE, RESPONSE, chat, choice, event, read

from nbkit._monitor.sources import open_source
from nbkit.errors import ChunkTypeError, StreamError


async def collect(source):
    reader = open_source(source)
    try:
        return "".join([delta async for delta in reader])
    finally:
        await reader.aclose()


# Whole replies


def whole_chat(content="a fox"):
    return gpt.ChatCompletion.model_validate(
        {
            "id": "c",
            "created": 1,
            "model": "m",
            "object": "chat.completion",
            "choices": [
                {
                    "index": 0,
                    "finish_reason": "stop",
                    "message": {"role": "assistant", "content": content},
                }
            ],
        }
    )


def whole_response(**fields):
    text = {"type": "output_text", "text": "a fox", "annotations": []}
    message = {"id": "i", "type": "message", "role": "assistant", "status": "completed"}
    thought = {"id": "t", "type": "reasoning", "summary": []}
    output = [thought, message | {"content": [text]}]
    return gpt_responses.Response.model_validate(RESPONSE | {"output": output} | fields)


REPLIES = [
    whole_chat(),
    whole_chat().choices[0].message,
    whole_response(),
    claude.Message.model_validate(
        MESSAGE
        | {
            "content": [
                {"type": "thinking", "thinking": "hmm", "signature": "s"},
                {"type": "text", "text": "a "},
                {"type": "text", "text": "fox"},
            ]
        }
    ),
    AIMessage(content="a fox"),
    ollama.ChatResponse(model="m", done=True, message={"role": "assistant", "content": "a fox"}),
    ollama.GenerateResponse(model="m", done=True, response="a fox"),
]


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: type(reply).__name__)
async def test_a_whole_reply_is_its_text(reply):
    assert await collect(reply) == "a fox"
    assert await collect(json.loads(reply.model_dump_json())) == "a fox"


async def test_a_long_whole_reply_comes_in_pieces_like_a_str():
    assert open_source(whole_chat("x" * 10_000)).initial == 3


async def test_a_whole_reply_that_failed_is_a_stream_error():
    failed = whole_response(status="failed", error={"code": "server_error", "message": "too busy"})
    with pytest.raises(StreamError, match="too busy"):
        await collect(failed)


class Point(BaseModel):
    x: int = 1


@pytest.mark.parametrize("source", [Point(), {}, {"text": "a fox"}, HumanMessage])
def test_a_model_or_dict_that_is_no_reply_is_refused_by_name(source):
    with pytest.raises(TypeError, match=r"Point|dict|HumanMessage") as caught:
        open_source(source)
    assert not isinstance(caught.value, StreamError)


# Errors


@pytest.mark.parametrize(
    ("chunk", "said"),
    [
        ({"error": {"message": "too busy", "code": 503}}, r"error: too busy \(503\)$"),
        ({"error": "model 'x' not found"}, "error: model 'x' not found$"),
        ({"error": {"reason": "odd"}}, "'reason': 'odd'"),
        (chat(choice(content="a"), error={"message": "too busy"}), "error: too busy$"),
        (
            {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
            r"error: Overloaded \(overloaded_error\)$",
        ),
        (event("error", code="server_error", message="too busy", param=None), "too busy"),
        (
            event(
                "response.failed",
                response=RESPONSE | {"error": {"code": "server_error", "message": "too busy"}},
            ),
            r"too busy \(server_error\)$",
        ),
        ({"type": "response.failed", "response": {"error": None}}, "no reason"),
    ],
)
def test_an_error_in_a_chunk_is_raised_with_what_it_says(chunk, said):
    with pytest.raises(StreamError, match=said) as caught:
        read(chunk)
    assert not isinstance(caught.value, TypeError)


def test_what_a_server_says_of_its_error_is_bounded():
    with pytest.raises(StreamError) as caught:
        read({"error": {"message": "x" * 100_000, "code": "y" * 100_000}})
    assert len(str(caught.value)) < 700


# Anything else


@pytest.mark.parametrize(
    ("chunk", "name"),
    [
        (b"text", "bytes"),
        (5, "int"),
        (["a"], "list"),
        ({"text": "a"}, "dict"),
        ({}, "dict"),
        (object(), "object"),
        (Point(), f"{__name__}.Point"),
        (types.SimpleNamespace(delta="a"), "types.SimpleNamespace"),
    ],
)
def test_an_unknown_chunk_is_a_type_error_that_names_its_type(chunk, name):
    with pytest.raises(ChunkTypeError, match="which is no text delta") as caught:
        read("a", chunk)
    assert f"type {name}," in str(caught.value)
    assert caught.value.type_name == name
    assert isinstance(caught.value, TypeError)
    assert isinstance(caught.value, StreamError)


def test_the_content_of_a_delta_that_has_none_is_no_text():
    assert read("a", None, "b") == "ab"


def test_no_vendors_package_is_imported():
    script = """
        import sys, nbkit
        from nbkit._monitor.shapes import Reader
        Reader().text({"choices": []})
        print({"openai", "anthropic", "langchain_core", "litellm", "ollama"} & set(sys.modules))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "set()\n"
