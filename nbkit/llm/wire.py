"""What a wire format is: from a conversation to a request's body, from its events to pieces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Framing = Literal["events", "lines"]
"""Server-sent events, or newline-delimited JSON."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is asked: the system text, ``""`` for none, and the messages after it."""

    system: str
    messages: tuple[Mapping[str, Any], ...]

    @property
    def with_system(self) -> list[Mapping[str, Any]]:
        """All of it as messages, the system text first."""
        first = [{"role": "system", "content": self.system}] if self.system else []
        return [*first, *self.messages]


@dataclass(frozen=True, slots=True)
class Piece:
    """What one event says; most say one thing.

    ``usage`` has the counts of :func:`usage`. ``finish_reason`` is ``"stop"``, ``"length"``,
    ``"tool_calls"``, ``"content_filter"``, or the provider's own word. ``ended`` is the last word
    of a reply. ``error`` is an error object in mid-stream.
    """

    text: str = ""
    reasoning: str = ""
    model: str | None = None
    usage: Mapping[str, int] | None = None
    finish_reason: str | None = None
    ended: bool = False
    error: Any = None


@dataclass(slots=True)
class Facts:
    """What is known of a reply beside its text."""

    model: str
    usage: Mapping[str, int] | None = None
    finish_reason: str | None = None
    reasoning: list[str] = field(default_factory=list)


class WireFormat(Protocol):
    """One provider's way to ask and to answer; pure, without I/O."""

    path: str
    framing: Framing

    def body(
        self, model: str, conversation: Conversation, params: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the body of a request for a stream."""
        ...

    def read(self, data: Mapping[str, Any]) -> Piece:
        """Read an event of the stream."""
        ...

    def read_whole(self, data: Mapping[str, Any]) -> Piece:
        """Read a reply that came in one piece."""
        ...


def merged(ours: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """Join a request's parameters; the caller's win, and ``None`` takes one away."""
    return {name: value for name, value in {**ours, **params}.items() if value is not None}


def usage(**counts: Any) -> Mapping[str, int] | None:
    """Keep the counts of tokens that are numbers; ``None`` where there are none."""
    kept = {name: n for name, n in counts.items() if isinstance(n, int) and not isinstance(n, bool)}
    return kept or None


def text_in(value: Any) -> str:
    """Return a text, or the text of content blocks; ``""`` for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, Iterable) and not isinstance(value, Mapping | bytes):
        return "".join(
            text
            for block in value
            if isinstance(block, Mapping)
            and block.get("type") in ("text", "output_text")
            and isinstance(text := block.get("text"), str)
        )
    return ""


def mapping(value: Any) -> Mapping[str, Any]:
    """Return an object, and an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def first(value: Any) -> Mapping[str, Any]:
    """Return the first object of a list, and an empty one where there is none."""
    return mapping(value[0]) if isinstance(value, list) and value else {}


def word(value: Any) -> str | None:
    """Return a text that is not empty, or ``None``."""
    return value if isinstance(value, str) and value else None
