"""What the models say: recordings, echoes, suggested prompts, and replies that were queued.

A token here is a delta: a piece of a word in a recording, a word in everything else.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from nbkit._serve.state import State
from nbkit._serve.suggest import suggest
from nbkit.llm.replay import replay, transcripts

SPECIAL = ("echo", "prompts")
"""Models that are no recordings."""

REASONING = "The question is clear. A short scene will answer it, with a picture where it helps."
"""What a model thinks before it answers, if it is asked to think."""

_PIECES = re.compile(r"\s*\S+|\s+")
_OWN_RATE = 40.0  # tokens a second, of what was never recorded

Delta = tuple[float, str]
"""A pause in seconds, and the text after it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply before it is put into a format.

    ``whole`` is false where the request's limit of tokens cut it short.
    """

    deltas: Sequence[Delta]
    reasoning: Sequence[Delta]
    prompt_tokens: int
    whole: bool

    @property
    def text(self) -> str:
        """All of its text."""
        return "".join(text for _, text in self.deltas)

    @property
    def thought(self) -> str:
        """All of its reasoning."""
        return "".join(text for _, text in self.reasoning)

    @property
    def tokens(self) -> int:
        """How many tokens it took, reasoning included."""
        return len(self.deltas) + len(self.reasoning)

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return math.fsum(pause for pause, _ in (*self.reasoning, *self.deltas))

    async def pass_time(self) -> None:
        """Wait for as long as it takes, for an answer that comes whole."""
        await asyncio.sleep(self.seconds)


def reply_to(
    state: State,
    model: str,
    conversation: Sequence[tuple[str, str]],
    *,
    limit: int | None = None,
    think: bool = False,
) -> Reply:
    """Choose the reply to a conversation.

    A queued reply comes first, whatever the model; then ``"echo"`` and ``"prompts"``, then the
    recording of that name, and the server's own for any other.
    """
    rate = state.settings.rate
    model = model.removesuffix(":latest")  # as Ollama's clients may name it
    asked = next((text for role, text in reversed(conversation) if role == "user"), "")
    if state.replies:
        deltas = _spoken(state.replies.popleft(), rate)
    elif model == "echo":
        deltas = _spoken(asked, rate)
    elif model == "prompts":
        deltas = _spoken(suggest(asked, "\n".join(text for _, text in conversation)), rate)
    else:
        deltas = _recorded(model if model in transcripts() else state.settings.transcript, rate)
    whole = limit is None or len(deltas) <= limit
    return Reply(
        deltas if whole else deltas[:limit],
        _spoken(REASONING, rate) if think else (),
        tokens_of("\n".join(text for _, text in conversation)),
        whole,
    )


def tokens_of(text: str) -> int:
    """Estimate the tokens of a text: 1.3 a word, rounded up."""
    return math.ceil(len(text.split()) * 1.3)


def _recorded(name: str, rate: float | None) -> list[Delta]:
    return [(pause if rate is None else 1 / rate, text) for pause, text in replay(name).deltas]


def _spoken(text: str, rate: float | None) -> list[Delta]:
    pause = 1 / (_OWN_RATE if rate is None else rate)
    return [(pause, piece) for piece in _PIECES.findall(text)]
