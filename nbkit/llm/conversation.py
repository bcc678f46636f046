"""From what a user asks to a conversation: messages that are whole, and one system text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nbkit.llm.wire import Conversation

Messages = Sequence[Mapping[str, Any]]
"""A conversation, in the form that chat interfaces share: ``role`` and ``content`` in each."""


def conversation(prompt: str | Messages, *system: str | None) -> Conversation:
    """Join a prompt and system texts; a leading system message of the prompt's counts as one.

    Many servers take one system message at most, and at the beginning only.

    Raises
    ------
    TypeError
        If the prompt is neither a text nor messages, a message has no role, or a system text is
        no ``str``.
    ValueError
        If there is nothing to answer.
    """
    for text in system:
        if text is not None and not isinstance(text, str):
            raise TypeError(f"a system text is a str, not {type(text).__name__}")
    messages = [_message(each) for each in _listed(prompt)]
    texts = [text.strip() for text in system[:1] if text]
    while messages and messages[0].get("role") == "system":
        content = messages[0].get("content")
        if not isinstance(content, str):
            break
        texts.append(content.strip())
        del messages[0]
    texts += [text.strip() for text in system[1:] if text]
    if not messages:
        raise ValueError("a conversation holds a message to answer, not system messages alone")
    return Conversation("\n\n".join(filter(None, texts)), tuple(messages))


def _listed(prompt: object) -> Sequence[object]:
    if isinstance(prompt, str):
        if not prompt.strip():
            raise ValueError("the prompt is empty")
        return [{"role": "user", "content": prompt}]
    if isinstance(prompt, Sequence) and not isinstance(prompt, bytes | bytearray):
        if not prompt:
            raise ValueError("the conversation is empty")
        return prompt
    raise TypeError(
        "a prompt is a str, or messages such as [{'role': 'user', 'content': 'Hello'}], "
        f"not {type(prompt).__name__}"
    )


def _message(message: object) -> Mapping[str, Any]:
    if not isinstance(message, Mapping):
        raise TypeError(
            f"a message is a mapping with role and content, not {type(message).__name__}"
        )
    if not isinstance(message.get("role"), str):
        raise TypeError(f"a message has a role, which is a str, not {message.get('role')!r}")
    return message
