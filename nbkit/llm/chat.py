"""``chat``: a model's reply as a stream of text deltas, whichever provider it comes from."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from nbkit.llm.replay import replay, transcripts

Messages = Sequence[Mapping[str, Any]]
"""A conversation, in the form that chat interfaces share: ``role`` and ``content`` in each."""


class ChatStream:
    """A reply as an async iterator of text deltas.

    Attributes
    ----------
    model
        What answers, as it was asked for.
    usage
        Tokens as the provider counts them, or ``None`` where it has not told.
    finish_reason
        Why the reply ended (``"stop"`` where it was complete), ``None`` until it has.
    """

    def __init__(self, deltas: AsyncIterator[str], *, model: str) -> None:
        self.model = model
        self.usage: Mapping[str, int] | None = None
        self.finish_reason: str | None = None
        self._deltas = deltas
        self._parts: list[str] = []
        self._closed = False

    def __repr__(self) -> str:
        return f"<ChatStream {self.model!r}>"

    @property
    def text(self) -> str:
        """What has been read of the reply."""
        if len(self._parts) > 1:
            self._parts = ["".join(self._parts)]
        return self._parts[0] if self._parts else ""

    def __aiter__(self) -> ChatStream:
        return self

    async def __anext__(self) -> str:
        try:
            delta = await anext(self._deltas)
        except StopAsyncIteration:
            if not self._closed:
                self.finish_reason = self.finish_reason or "stop"
            raise
        self._parts.append(delta)
        return delta

    async def aclose(self) -> None:
        """Let go of the reply where it is; safe to repeat."""
        self._closed = True
        close = getattr(self._deltas, "aclose", None)
        if close is not None and inspect.isawaitable(closing := close()):
            await closing


def chat(
    prompt: str | Messages,
    *,
    model: str,
    system: str | None = None,
    illustrate: bool = True,
    base_url: str | None = None,
    api_key: str | None = None,
    api: str | None = None,
    timeout: float | None = None,
    **params: Any,
) -> ChatStream:
    """Ask a model; the reply is read as it is iterated.

    A ``"replay:NAME"`` is a packaged recording: no model is asked, and what concerns one (the
    prompt, the system message, keys, sampling) is of no account. Its ``speed`` may be given.

    Parameters
    ----------
    prompt
        What to ask: a text, or a conversation as messages.
    model
        The provider and its model, as ``"PROVIDER:NAME"``.
    system
        A system message.
    illustrate
        Whether the model is told how to write image prompts.
    base_url, api_key, api, timeout
        Where and how to reach the provider; by default as its own client finds them.
    **params
        Handed to the provider as they are.

    Raises
    ------
    ValueError
        If there is no such provider or recording; the message says what there is.
    TypeError
        If ``model`` is no ``str``.
    """
    del prompt, system, illustrate, base_url, api_key, api, timeout  # a recording asks for none
    if not isinstance(model, str):
        raise TypeError(f"model is a str such as 'replay:lighthouse', not {type(model).__name__}")
    provider, colon, name = model.partition(":")
    if provider == "replay" and colon:
        return ChatStream(replay(name, params.get("speed", 1.0)), model=model)
    there_is = ", ".join(f"replay:{transcript}" for transcript in transcripts())
    raise ValueError(f"there is no model {model!r}; there are: {there_is}")
