"""Anthropic's messages API. Source: its API reference, "Messages", "Streaming messages"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbkit.llm.wire import Conversation, Framing, Piece, mapping, merged, text_in, usage, word

HEADERS = {"anthropic-version": "2023-06-01"}
"""What each request carries."""

_MAX_TOKENS = 4_096  # the API wants a number, and the oldest models in service take no higher one

_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


class Messages:
    """The wire format of ``/v1/messages``."""

    path = "/v1/messages"
    framing: Framing = "events"

    def body(
        self, model: str, conversation: Conversation, params: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Ask for a stream; system messages go where this API has them."""
        system = [conversation.system]
        messages = []
        for message in conversation.messages:
            if message.get("role") in ("system", "developer"):
                system.append(text_in(message.get("content")))
            else:
                messages.append(message)
        ours = {
            "model": model,
            "max_tokens": _MAX_TOKENS,
            "system": "\n\n".join(filter(None, system)) or None,
            "messages": messages,
            "stream": True,
        }
        return merged(ours, params)

    def read(self, data: Mapping[str, Any]) -> Piece:
        """Read an event."""
        kind, delta = data.get("type"), mapping(data.get("delta"))
        if kind == "content_block_delta":
            return Piece(text=text_in(delta.get("text")), reasoning=text_in(delta.get("thinking")))
        if kind == "content_block_start":
            block = mapping(data.get("content_block"))
            return Piece(text=text_in(block.get("text")), reasoning=text_in(block.get("thinking")))
        if kind == "message_start":
            message = mapping(data.get("message"))
            return Piece(model=word(message.get("model")), usage=_usage(message))
        if kind == "message_delta":
            return Piece(usage=_usage(data), finish_reason=_reason(delta))
        return Piece(ended=kind == "message_stop", error=data if data.get("error") else None)

    def read_whole(self, data: Mapping[str, Any]) -> Piece:
        """Read a message."""
        if data.get("error"):
            return Piece(error=data)
        blocks = data.get("content")
        thinking = [mapping(b).get("thinking") for b in blocks] if isinstance(blocks, list) else []
        return Piece(
            text=text_in(blocks),
            reasoning="".join(text_in(each) for each in thinking),
            model=word(data.get("model")),
            usage=_usage(data),
            finish_reason=_reason(data),
        )


def _usage(data: Mapping[str, Any]) -> Mapping[str, int] | None:
    counts = mapping(data.get("usage"))
    return usage(input_tokens=counts.get("input_tokens"), output_tokens=counts.get("output_tokens"))


def _reason(data: Mapping[str, Any]) -> str | None:
    reason = word(data.get("stop_reason"))
    return _REASONS.get(reason, reason) if reason else None
