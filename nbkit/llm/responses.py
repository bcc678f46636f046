"""OpenAI's responses API. Source: its API reference, "Responses", "Streaming events"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbkit.llm.wire import Conversation, Framing, Piece, mapping, merged, text_in, usage, word

_REASONS = {"max_output_tokens": "length"}


class Responses:
    """The wire format of ``/responses``."""

    path = "/responses"
    framing: Framing = "events"

    def body(
        self, model: str, conversation: Conversation, params: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Ask for a stream; ``max_tokens`` goes by the name that it has here."""
        ours = {
            "model": model,
            "input": list(conversation.messages),
            "instructions": conversation.system or None,
            "stream": True,
        }
        named = {
            "max_output_tokens" if name == "max_tokens" else name: value
            for name, value in params.items()
        }
        return merged(ours, named)

    def read(self, data: Mapping[str, Any]) -> Piece:
        """Read an event."""
        kind, delta = data.get("type"), text_in(data.get("delta"))
        if kind in ("response.output_text.delta", "response.refusal.delta"):
            return Piece(text=delta)
        if kind in ("response.reasoning_summary_text.delta", "response.reasoning_text.delta"):
            return Piece(reasoning=delta)
        response = mapping(data.get("response"))
        if kind in ("response.completed", "response.incomplete"):
            return _end(response)
        if kind == "response.failed":
            return Piece(error=response)
        if kind == "error" or (kind is None and data.get("error")):
            return Piece(error=data if data.get("error") else {"error": data})
        return Piece(model=word(response.get("model")))

    def read_whole(self, data: Mapping[str, Any]) -> Piece:
        """Read a response: the text of its messages."""
        if data.get("error"):
            return Piece(error=data)
        items = [mapping(item) for item in _listed(data.get("output"))]
        end = _end(data)
        return Piece(
            text="".join(text_in(i.get("content")) for i in items if i.get("type") == "message"),
            reasoning="".join(
                text_in(mapping(part).get("text"))
                for item in items
                if item.get("type") == "reasoning"
                for part in _listed(item.get("summary"))
            ),
            model=end.model,
            usage=end.usage,
            finish_reason=end.finish_reason if items else None,
            ended=bool(items),
        )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _end(response: Mapping[str, Any]) -> Piece:
    counts = mapping(response.get("usage"))
    why = mapping(response.get("incomplete_details")).get("reason")
    return Piece(
        model=word(response.get("model")),
        usage=usage(
            input_tokens=counts.get("input_tokens"),
            output_tokens=counts.get("output_tokens"),
            reasoning_tokens=mapping(counts.get("output_tokens_details")).get("reasoning_tokens"),
        ),
        finish_reason=_REASONS.get(why, why) if isinstance(why, str) else "stop",
        ended=True,
    )
