"""What the tests of other packages' streams have in common."""

from __future__ import annotations

import anthropic.types as claude
import openai.types.chat as gpt
from openai.types import responses as gpt_responses
from pydantic import TypeAdapter

from nbkit._monitor.shapes import Reader


def read(*chunks):
    """The text of one stream of chunks."""
    reader = Reader()
    return "".join(reader.text(chunk) for chunk in chunks)


# The chat completions of openai


def chat(*choices, **fields):
    return gpt.ChatCompletionChunk.model_validate(
        {"id": "c", "created": 1, "model": "m", "object": "chat.completion.chunk"}
        | {"choices": list(choices)}
        | fields
    )


def choice(index=0, finish_reason=None, **delta):
    return {"index": index, "finish_reason": finish_reason, "delta": delta}


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
