"""Ollama's own chat API. Source: its ``docs/api.md``, "Generate a chat completion"."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from nbkit.llm.wire import Conversation, Framing, Piece, mapping, merged, text_in, usage, word

_TOP = {"format", "keep_alive", "logprobs", "options", "stream", "think", "tools", "top_logprobs"}
_NAMES = {"max_tokens": "num_predict"}
_PORT = 11434
_PORTS = {"http": 80, "https": 443}


class OllamaChat:
    """The wire format of ``/api/chat``."""

    path = "/api/chat"
    framing: Framing = "lines"

    def body(
        self, model: str, conversation: Conversation, params: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Ask for a stream; sampling parameters stand in ``options``, where this API has them."""
        options = {_NAMES.get(k, k): v for k, v in params.items() if k not in _TOP}
        options = merged({**mapping(params.get("options")), **options}, {})
        ours = {"model": model, "messages": conversation.with_system, "stream": True}
        top = {name: value for name, value in params.items() if name in _TOP}
        return merged(ours, {**top, "options": options or None})

    def read(self, data: Mapping[str, Any]) -> Piece:
        """Read a line of the stream."""
        if data.get("error"):
            return Piece(error=data)
        message = mapping(data.get("message"))
        ended = data.get("done") is True
        return Piece(
            text=text_in(message.get("content")),
            reasoning=text_in(message.get("thinking")),
            model=word(data.get("model")),
            usage=usage(
                input_tokens=data.get("prompt_eval_count"), output_tokens=data.get("eval_count")
            ),
            finish_reason=(word(data.get("done_reason")) or "stop") if ended else None,
            ended=ended,
        )

    def read_whole(self, data: Mapping[str, Any]) -> Piece:
        """Read a reply: a stream of one line."""
        return self.read(data)


def host() -> str | None:
    """Return the address that ``OLLAMA_HOST`` means, as Ollama's own client reads it."""
    value = os.environ.get("OLLAMA_HOST", "").strip()
    if not value:
        return None
    scheme, mark, rest = value.partition("://")
    if not mark:
        scheme, rest = "http", value
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        port = parts.port or (_PORTS.get(scheme, _PORT) if mark else _PORT)
    except ValueError:  # whoever asks for it tells
        return f"{scheme}://{rest}"
    user, at, _ = parts.netloc.rpartition("@")
    # A server listens on all of a machine's addresses by this one; a client means this machine.
    name = parts.hostname if parts.hostname not in (None, "0.0.0.0") else "127.0.0.1"  # noqa: S104 - compared, not bound
    name = f"[{name}]" if ":" in str(name) else name
    return f"{scheme}://{user}{at}{name}:{port}{parts.path}".rstrip("/")
