"""The text of what openai's and anthropic's streams give, built by their own classes."""

from __future__ import annotations

import typing

import anthropic
import anthropic.lib.streaming as anthropic_helper
import anthropic.types as claude
import openai.lib.streaming.chat as openai_helper
import pytest
from openai.types import Completion
from openai.types import responses as gpt_responses
from unit.shapes_kit import RESPONSE, chat, choice, event, messages, read

from nbkit.errors import ChunkTypeError, StreamError


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
