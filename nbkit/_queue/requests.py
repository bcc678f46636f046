"""What a backend is asked for: a prompt with its style, seed and size."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nbkit.limits import check_limits, is_whole
from nbkit.models import ImagePrompt, ImageRequest

_ENDS = (".", ",", ";", ":", "!", "?")


class RequestMaker:
    """Makes the requests of one queue from its prompts.

    ``style`` is joined to the prompt that the backend gets, and goes nowhere else.

    Raises
    ------
    ValueError
        If ``style_position`` is neither ``"prefix"`` nor ``"suffix"``, or a size out of range.
    TypeError
        If ``seed`` is no whole number or ``style`` no string.
    """

    def __init__(
        self,
        *,
        seed: int | None = None,
        width: int | None = None,
        height: int | None = None,
        style: str = "",
        style_position: str = "prefix",
    ) -> None:
        if style_position not in ("prefix", "suffix"):
            raise ValueError(f"style_position must be 'prefix' or 'suffix', not {style_position!r}")
        if not isinstance(style, str):
            raise TypeError(f"style must be a str, not {style!r}")
        _check(seed=seed, width=width, height=height)
        self._seed, self._width, self._height = seed, width, height
        self._style = style.strip()
        self._style_first = style_position == "prefix"

    def make(self, prompt: str, **overrides: Any) -> ImageRequest:
        """Make a request; ``overrides`` are fields of it."""
        request = ImageRequest(self._styled(prompt), self._seed, self._width, self._height)
        if not overrides:
            return request
        made = replace(request, **overrides)
        _check(seed=made.seed, width=made.width, height=made.height)
        return made

    def _styled(self, prompt: str) -> str:
        if not self._style:
            return prompt
        first, then = (self._style, prompt) if self._style_first else (prompt, self._style)
        return f"{first} {then}" if first.endswith(_ENDS) else f"{first}, {then}"


def _check(*, seed: object, width: object, height: object) -> None:
    check_limits(width=width, height=height)
    if seed is not None and not is_whole(seed):
        raise TypeError(f"seed must be a whole number or None, not {seed!r}")


def text_of(prompt: str | ImagePrompt) -> str:
    """Return the words of a prompt.

    Raises
    ------
    TypeError
        If it is neither a string nor an :class:`ImagePrompt`.
    """
    text: object = prompt.text if isinstance(prompt, ImagePrompt) else prompt
    if not isinstance(text, str):
        raise TypeError(f"a prompt is a str or an ImagePrompt, not {type(prompt).__name__}")
    return text
