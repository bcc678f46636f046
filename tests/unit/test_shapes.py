"""The text of every chunk that other packages' streams give, built by those packages' classes."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import types
import typing

import anthropic
import anthropic.lib.streaming as anthropic_helper
import anthropic.types as claude
import ollama
import openai.lib.streaming.chat as openai_helper
import openai.types.chat as gpt
import pytest
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    HumanMessage,
    ToolMessage,
    ToolMessageChunk,
)
from langchain_core.outputs import ChatGenerationChunk, GenerationChunk
from openai.types import Completion
from openai.types import responses as gpt_responses
from pydantic import BaseModel, TypeAdapter

from nbkit._monitor.shapes import Reader
from nbkit._monitor.sources import open_source
from nbkit.errors import ChunkTypeError, StreamError


def read(*chunks):
    """The text of one stream of chunks."""
    reader = Reader()
    return "".join(reader.text(chunk) for chunk in chunks)


async def collect(source):
    reader = open_source(source)
    try:
        return "".join([delta async for delta in reader])
    finally:
        await reader.aclose()


# The chat completions of openai


def chat(*choices, **fields):
    return gpt.ChatCompletionChunk.model_validate(
        {"id": "c", "created": 1, "model": "m", "object": "chat.completion.chunk"}
        | {"choices": list(choices)}
        | fields
    )


def choice(index=0, finish_reason=None, **delta):
    return {"index": index, "finish_reason": finish_reason, "delta": delta}


def test_the_content_of_a_chat_chunk_is_text():
    assert (
        read(chat(choice(role="assistant", content="")), chat(choice(content="a fox"))) == "a fox"
    )


@pytest.mark.parametrize(
    "silent",
    [
        chat(),
        chat(usage={"completion_tokens": 1, "prompt_tokens": 1, "total_tokens": 2}),
        chat(choice(role="assistant")),
        chat(choice(content=None, finish_reason="stop")),
        chat(choice(tool_calls=[{"index": 0, "function": {"name": "draw", "arguments": "{"}}])),
        chat(choice(reasoning_content="hmm", content=None)),
        chat(choice(index=1, content="another")),
    ],
    ids=["no choices", "usage", "role", "finish", "tool", "reasoning", "second choice"],
)
def test_a_chat_chunk_without_content_of_the_first_choice_is_no_text(silent):
    assert read(chat(choice(content="a")), silent, chat(choice(content="b"))) == "ab"
    assert read(silent.model_dump()) == ""


def test_only_the_first_of_several_choices_in_a_chunk_is_text():
    both = chat(choice(index=1, content="other"), choice(index=0, content="first"))
    assert read(both) == read(both.model_dump()) == "first"


def test_a_content_of_parts_is_the_text_in_them():
    parts = [{"type": "thinking", "text": "hmm"}, {"type": "text", "text": "a "}, {"text": "fox"}]
    assert read({"choices": [{"index": 0, "delta": {"content": parts}}]}) == "a fox"


def test_a_legacy_completions_text_is_text():
    fields = {"id": "c", "created": 1, "model": "m", "object": "text_completion"}
    first = {"index": 0, "finish_reason": "stop", "text": "a fox"}
    chunk = Completion.model_validate(fields | {"choices": [first]})
    assert read(chunk, chunk.model_dump()) == "a foxa fox"


def helped(*chunks):
    """The events of the vendor's helper for these chunks."""
    state = openai_helper.ChatCompletionStreamState()
    return [event for chunk in chunks for event in state.handle_chunk(chunk)]


def test_the_chat_helpers_text_is_counted_once():
    events = helped(
        chat(choice(role="assistant", content="a ")),
        chat(choice(content="fox")),
        chat(choice(content=None, finish_reason="stop")),
    )
    assert [event.type for event in events].count("content.delta") == 2
    assert events[-1].type == "content.done"
    assert read(*events) == "a fox"


def test_a_filtered_helper_stream_is_text_too():
    events = helped(chat(choice(content="a ")), chat(choice(content="fox")))
    assert read(*(event for event in events if event.type == "content.delta")) == "a fox"


# The responses API of openai

RESPONSE = {
    "id": "r",
    "created_at": 1,
    "model": "m",
    "object": "response",
    "output": [],
    "parallel_tool_calls": False,
    "tool_choice": "auto",
    "tools": [],
}
EVENTS = TypeAdapter(gpt_responses.ResponseStreamEvent)


def event(kind, **fields):
    common = {"sequence_number": 1, "output_index": 0, "content_index": 0, "item_id": "i"}
    return EVENTS.validate_python(common | {"type": kind, "logprobs": []} | fields)


def test_of_the_responses_events_the_text_deltas_alone_are_text():
    part = {"type": "output_text", "text": "", "annotations": []}
    events = [
        event("response.created", response=RESPONSE),
        event("response.content_part.added", part=part),
        event("response.reasoning_summary_text.delta", delta="hmm", summary_index=0),
        event("response.reasoning_text.delta", delta="hmm"),
        event("response.output_text.delta", delta="a "),
        event("response.refusal.delta", delta="no"),
        event("response.output_text.delta", delta="fox"),
        event("response.output_text.done", text="a fox"),
        event("response.function_call_arguments.delta", delta="{"),
        event("response.completed", response=RESPONSE),
    ]
    assert read(*events) == "a fox"
    assert read(*(event.model_dump() for event in events)) == "a fox"


def kinds_of(union):
    """The types that an event of a vendor's union can have."""
    for part in typing.get_args(union):
        if hasattr(part, "model_fields"):
            yield from typing.get_args(part.model_fields["type"].annotation)
        else:
            yield from kinds_of(part)


@pytest.mark.parametrize(
    ("union", "least"),
    [
        (gpt_responses.ResponseStreamEvent, 50),
        (claude.RawMessageStreamEvent, 6),
        (anthropic_helper.MessageStreamEvent, 11),
        (anthropic_helper.BetaMessageStreamEvent, 12),
        (openai_helper.ChatCompletionStreamEvent, 11),
    ],
)
def test_every_event_that_a_vendor_declares_is_known(union, least):
    kinds = list(kinds_of(union))
    assert len(kinds) >= least
    for kind in kinds:
        try:
            assert read({"type": kind}) == ""
        except ChunkTypeError:
            pytest.fail(f"{kind} is unknown")
        except StreamError:
            assert kind in {"error", "response.failed"}


# anthropic

MESSAGE = {
    "id": "m",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [],
    "stop_reason": None,
    "stop_sequence": None,
    "usage": {"input_tokens": 1, "output_tokens": 1},
}
RAW = TypeAdapter(claude.RawMessageStreamEvent)


def messages(*deltas):
    """A message of one block for each delta, as raw events."""
    yield RAW.validate_python({"type": "message_start", "message": MESSAGE})
    for index, delta in enumerate(deltas):
        block = {
            "text_delta": {"type": "text", "text": ""},
            "thinking_delta": {"type": "thinking", "thinking": "", "signature": ""},
            "input_json_delta": {"type": "tool_use", "id": "t", "name": "n", "input": {}},
        }[delta["type"]]
        for event in (
            {"type": "content_block_start", "index": index, "content_block": block},
            {"type": "content_block_delta", "index": index, "delta": delta},
            {"type": "content_block_stop", "index": index},
        ):
            yield RAW.validate_python(event)
    yield RAW.validate_python(
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": 1},
        }
    )
    yield RAW.validate_python({"type": "message_stop"})


DELTAS = (
    {"type": "thinking_delta", "thinking": "hmm"},
    {"type": "text_delta", "text": "a "},
    {"type": "input_json_delta", "partial_json": "{}"},
    {"type": "text_delta", "text": "fox"},
)


def test_of_a_messages_raw_events_the_text_deltas_alone_are_text():
    assert read(*messages(*DELTAS)) == "a fox"
    assert read({"type": "ping"}, *(event.model_dump() for event in messages(*DELTAS))) == "a fox"


def test_the_messages_helpers_text_is_counted_once_and_a_filtered_one_too():
    events = list(anthropic_helper.MessageStream(list(messages(*DELTAS)), anthropic.NOT_GIVEN))
    derived = [event for event in events if event.type == "text"]
    assert len(derived) == 2
    assert read(*events) == "a fox"
    assert read(*derived) == "a fox"


def test_an_event_that_a_vendor_adds_is_no_text_in_a_stream_of_known_ones():
    added = {"type": "message_mood", "mood": "gay"}
    assert read(*messages({"type": "text_delta", "text": "a"}), added) == "a"
    with pytest.raises(ChunkTypeError, match="message_mood"):
        read(added)


# langchain-core, LangGraph


def test_a_langchain_message_is_its_text():
    blocks = [
        {"type": "reasoning", "reasoning": "hmm"},
        {"type": "text", "text": "fox", "index": 0},
        {"type": "tool_call_chunk", "name": "draw", "args": "{"},
        "!",
    ]
    assert read(AIMessageChunk(content="a "), AIMessageChunk(content=blocks)) == "a fox!"
    assert read(AIMessage(content="a fox")) == "a fox"


def test_what_no_model_wrote_is_no_text():
    tool = {"content": "42", "tool_call_id": "t"}
    assert read(HumanMessage("why?"), ToolMessage(**tool), ToolMessageChunk(**tool)) == ""


def test_a_langchain_generation_is_its_text():
    chat = ChatGenerationChunk(message=AIMessageChunk(content="fox"))
    assert read(GenerationChunk(text="a "), chat) == "a fox"


def test_of_langchains_events_the_models_own_are_text():
    def event(name, **data):
        return {"event": name, "data": data, "run_id": "r", "name": "n", "parent_ids": []}

    chunk = AIMessageChunk(content="a fox")
    events = [
        event("on_chain_start", input="x"),
        event("on_chat_model_start", input="x"),
        event("on_chat_model_stream", chunk=chunk),
        event("on_parser_stream", chunk="a fox"),
        event("on_chain_stream", chunk="a fox"),
        event("on_chat_model_end", output=AIMessage(content="a fox")),
        event("on_chain_end", output="a fox"),
    ]
    assert read(*events) == "a fox"


def test_a_langchain_run_that_streams_nothing_is_read_at_its_end():
    generations = {"generations": [[{"text": "a fox", "type": "Generation"}]], "llm_output": None}
    ends = [("on_chat_model_end", AIMessage(content="a fox")), ("on_llm_end", generations)]
    for name, output in ends:
        end = {"event": name, "data": {"output": output}, "run_id": "r"}
        assert read(end) == "a fox"
        assert read({"event": "on_llm_stream", "data": {"chunk": "a"}, "run_id": "r"}, end) == "a"


def test_langchains_protocol_events_are_read():
    text = {"type": "text", "text": "a fox"}
    events = [
        {"event": "message-start", "role": "ai"},
        {"event": "content-block-start", "index": 0, "content": {"type": "text", "text": ""}},
        {"event": "content-block-delta", "delta": {"type": "reasoning-delta", "reasoning": "hmm"}},
        {"event": "content-block-delta", "delta": {"type": "text-delta", "text": "a fox"}},
        {"event": "content-block-finish", "index": 0, "content": text},
        {"event": "message-finish"},
    ]
    assert read(*events) == "a fox"
    with pytest.raises(StreamError, match="too busy"):
        read({"event": "error", "message": "too busy"})


def test_langgraphs_messages_are_read_with_mode_and_namespace():
    part = AIMessageChunk(content="a"), {"langgraph_node": "writer"}
    tool = ToolMessage(content="42", tool_call_id="t"), {"langgraph_node": "tools"}
    modes = ("messages", part), ("updates", {"writer": {}}), ("custom", 5)
    namespaced = (("graph:1",), part), (("graph:1",), "messages", part)
    assert read(part, tool, *modes, *namespaced) == "aaaa"


@pytest.mark.parametrize(
    "pair", [("id", "c"), ("choices", []), ("usage", {}), (1, 2), (1,), ("a", "b", "c")]
)
def test_other_tuples_are_no_text(pair):
    with pytest.raises(ChunkTypeError, match="tuple"):
        read(pair)


# ollama


def test_ollamas_parts_are_read():
    def part(done=False, **message):
        return ollama.ChatResponse(model="m", done=done, message={"role": "assistant"} | message)

    parts = [
        part(thinking="hmm", content=""),
        part(content="a "),
        part(content="fox"),
        part(tool_calls=[{"function": {"name": "draw", "arguments": {}}}]),
        part(done=True, content=""),
    ]
    assert read(*parts) == read(*(part.model_dump() for part in parts)) == "a fox"
    parts = [
        ollama.GenerateResponse(model="m", done=False, response="", thinking="hmm"),
        ollama.GenerateResponse(model="m", done=False, response="a fox"),
        ollama.GenerateResponse(model="m", done=False, completed=1, total=4),
        ollama.GenerateResponse(model="m", done=True, response=""),
    ]
    assert read(*parts) == read(*(part.model_dump() for part in parts)) == "a fox"


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
