"""The text of what langchain, LangGraph and ollama give, built by their own classes."""

from __future__ import annotations

import ollama
import pytest
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    HumanMessage,
    ToolMessage,
    ToolMessageChunk,
)
from langchain_core.outputs import ChatGenerationChunk, GenerationChunk
from unit.shapes_kit import read

from nbkit.errors import ChunkTypeError, StreamError

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
