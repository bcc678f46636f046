"""Chat completions: OpenAI's format, which most servers of models speak.

Source: the API reference of OpenAI, "Chat", "Streaming". Reasoning comes as ``reasoning_content``
(DeepSeek, vLLM, llama.cpp) or ``reasoning`` (OpenRouter, Ollama, newer vLLM).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbkit.llm.wire import (
    Conversation,
    Framing,
    Piece,
    first,
    mapping,
    merged,
    text_in,
    usage,
    word,
)


class Completions:
    """The wire format of ``/chat/completions``."""

    path = "/chat/completions"
    framing: Framing = "events"

    def body(
        self, model: str, conversation: Conversation, params: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Ask for a stream with its usage at the end."""
        ours = {
            "model": model,
            "messages": conversation.with_system,
            "stream": True,
            "stream_options": {"include_usage": True} if params.get("stream", True) else None,
        }
        return merged(ours, params)

    def read(self, data: Mapping[str, Any]) -> Piece:
        """Read a chunk: what the first choice adds."""
        if data.get("error"):
            return Piece(error=data)
        choice = first(data.get("choices"))
        return _piece(data, choice, mapping(choice.get("delta")))

    def read_whole(self, data: Mapping[str, Any]) -> Piece:
        """Read a completion: the first choice's message."""
        if data.get("error"):
            return Piece(error=data)
        choice = first(data.get("choices"))
        return _piece(data, choice, mapping(choice.get("message")))


def _piece(data: Mapping[str, Any], choice: Mapping[str, Any], said: Mapping[str, Any]) -> Piece:
    counts = mapping(data.get("usage"))
    text = text_in(said.get("content")) or text_in(said.get("refusal"))
    return Piece(
        text=text or text_in(choice.get("text")),
        reasoning=text_in(said.get("reasoning_content")) or text_in(said.get("reasoning")),
        model=word(data.get("model")),
        usage=usage(
            input_tokens=counts.get("prompt_tokens"),
            output_tokens=counts.get("completion_tokens"),
            reasoning_tokens=mapping(counts.get("completion_tokens_details")).get(
                "reasoning_tokens"
            ),
        ),
        finish_reason=word(choice.get("finish_reason")),
    )
