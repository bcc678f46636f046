"""``chat``: a model's reply as a stream of text deltas, whichever provider it comes from."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Mapping
from typing import Any

from nbkit.keys import Key
from nbkit.llm.conversation import Messages, conversation
from nbkit.llm.instructions import illustrate_instructions
from nbkit.llm.replay import replay
from nbkit.llm.wire import Facts
from nbkit.models import Deadlines


class ChatStream:
    """A reply as an async iterator of text deltas.

    It ends when the reply is complete; a reply that breaks off raises :class:`StreamError`, and
    what had come of it stays in ``text``.
    """

    def __init__(
        self, deltas: AsyncIterator[str], *, model: str, facts: Facts | None = None
    ) -> None:
        self._facts = facts or Facts(model)
        self._deltas = deltas
        self._parts: list[str] = []
        self._closed = False

    def __repr__(self) -> str:
        return f"<ChatStream {self.model!r}>"

    @property
    def model(self) -> str:
        """What answers: as it was asked for, then as the provider names it."""
        return self._facts.model

    @property
    def usage(self) -> Mapping[str, int] | None:
        """Tokens by the provider's count, ``None`` where it has not told.

        ``input_tokens`` and ``output_tokens``, and ``reasoning_tokens`` where it counts them.
        """
        return self._facts.usage

    @property
    def finish_reason(self) -> str | None:
        """Why the reply ended, ``None`` until it has.

        ``"stop"`` where it was complete, ``"length"`` where it was as long as it might be,
        ``"tool_calls"``, ``"content_filter"``, or the provider's own word.
        """
        return self._facts.finish_reason

    @property
    def text(self) -> str:
        """What has been read of the reply."""
        if len(self._parts) > 1:
            self._parts = ["".join(self._parts)]
        return self._parts[0] if self._parts else ""

    @property
    def reasoning(self) -> str:
        """What the model has thought aloud, where it tells: no part of the text."""
        return "".join(self._facts.reasoning)

    def __aiter__(self) -> ChatStream:
        return self

    async def __anext__(self) -> str:
        try:
            delta = await anext(self._deltas)
        except StopAsyncIteration:
            if not self._closed:
                self._facts.finish_reason = self._facts.finish_reason or "stop"
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
    illustrate: bool | str = True,
    base_url: str | None = None,
    api_key: str | Key | None = None,
    api: str | None = None,
    timeout: float | Deadlines | None = None,
    **params: Any,
) -> ChatStream:
    """Ask a model; the request is made when the reply is first read.

    A request that fails before anything has come is made again twice, where that may help, with
    growing delays or when the server says. A ``"replay:NAME"`` is a packaged recording: no model
    is asked, and what concerns one is of no account; its ``speed`` may be given.

    Parameters
    ----------
    prompt
        What to ask: a text, or a conversation as messages with ``role`` and ``content``.
    model
        The provider and its model: ``"openai:NAME"``, also for every other server that speaks
        chat completions, with its ``base_url``; ``"anthropic:NAME"``; ``"ollama:NAME"``.
    system
        A system text.
    illustrate
        Whether the model is told how to write image prompts, by :func:`illustrate_instructions`
        as it is, or by a text of yours.
    base_url
        The server's address; by default that of ``OPENAI_BASE_URL``, ``ANTHROPIC_BASE_URL`` or
        ``OLLAMA_HOST``, or else the vendor's.
    api_key
        By default that of ``OPENAI_API_KEY``, ``ANTHROPIC_API_KEY`` or ``OLLAMA_API_KEY``. The
        vendors' own servers need one, others may not.
    api
        ``"responses"`` for OpenAI's responses API; by default its chat completions.
    timeout
        Seconds for the whole reply, or :class:`Deadlines`. Unless these say otherwise, connecting
        may take 10 s, and the next event 120 s.
    **params
        Handed to the provider as they are: ``temperature``, ``max_tokens`` and the like. ``None``
        takes one away that nbkit would send.

    Raises
    ------
    MissingKeyError
        If the provider's own server needs a key, and there is none.
    ValueError
        If there is no such provider, recording or ``api``, or the prompt is empty.
    TypeError
        If an argument is of the wrong kind.
    """
    # First of all, so that no traceback from here on holds the key as a plain variable.
    api_key = Key(api_key) if isinstance(api_key, str) else api_key
    if not isinstance(model, str):
        raise TypeError(f"model is a str such as 'openai:gpt-5', not {type(model).__name__}")
    name, colon, rest = model.partition(":")
    if name == "replay" and colon:
        return ChatStream(replay(rest, params.get("speed", 1.0)), model=model)
    # What talks to servers takes a while to import, and a recording needs none of it.
    from nbkit.llm.providers import ask

    facts = Facts(model)
    instructions = illustrate_instructions() if illustrate is True else illustrate or None
    reply = ask(
        lambda: conversation(prompt, system, instructions),
        facts,
        base_url=base_url,
        api_key=api_key,
        api=api,
        timeout=timeout,
        params=params,
    )
    return ChatStream(reply, model=model, facts=facts)
