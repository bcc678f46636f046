"""What becomes of a text's deltas: kept as they come, searched for prompts, handed on in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from nbkit._monitor.pairs import Pairs
from nbkit.errors import PatternError
from nbkit.growing import GrowingText
from nbkit.models import ImagePrompt


class Detector(Protocol):
    """What tells text and prompts apart: see :class:`nbkit.detector.PromptDetector`."""

    def feed(self, delta: str, /) -> list[str | ImagePrompt]: ...
    def flush(self) -> list[str | ImagePrompt]: ...


class Scan:
    """Takes a text's deltas, and hands on its visible text and its prompts as they are decided.

    ``text`` is the raw text so far; ``refused`` tells whether a callback has raised, after which
    nothing more is handed on; ``error`` is that of a pattern that took too long.
    """

    def __init__(
        self,
        detector: Detector,
        on_text: Callable[[str], object],
        on_prompt: Callable[[ImagePrompt], object],
    ) -> None:
        self.text = GrowingText()
        self.refused = False
        self.error: PatternError | None = None
        self._detector = detector
        self._on_text = on_text
        self._on_prompt = on_prompt
        self._pairs = Pairs()
        self._decided: deque[str | ImagePrompt] = deque()

    def feed(self, delta: str) -> None:
        """Take the next delta, and hand on what it decides."""
        if self._pairs.half or not delta.isascii():
            delta = self._pairs.feed(delta)
        self._take(delta)

    def flush(self) -> None:
        """Take note of the end, and hand on what was held back."""
        if half := self._pairs.flush():
            self._take(half)
        self._decided.extend(self._detector.flush())
        self.hand_on()

    def hand_on(self) -> None:
        """Hand on what is decided, in the order of the text."""
        # A callback may call it too, for what is left of a delta: hence a queue, and no list.
        try:
            while self._decided:
                piece = self._decided.popleft()
                if isinstance(piece, str):
                    self._on_text(piece)
                else:
                    self._on_prompt(piece)
        except BaseException:
            self.refused = True
            self._decided.clear()
            raise

    def _take(self, delta: str) -> None:
        self.text.append(delta)
        try:
            self._decided += self._detector.feed(delta)
        except PatternError as error:
            # The text goes on, as text: a reply costs more than the images in it.
            self.error = self.error or error
        if self._decided:
            self.hand_on()
