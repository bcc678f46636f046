"""Chance that always falls the same way for the same words."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Random numbers from a key of any values that print the same everywhere.

    Only ``random()`` of the standard generator is used, whose sequence Python promises to keep.
    """

    def __init__(self, *key: object) -> None:
        self.key = key
        digest = hashlib.blake2b("\x1f".join(map(str, key)).encode(), digest_size=8).digest()
        self._random = random.Random(int.from_bytes(digest, "big"))  # noqa: S311 - no secret

    def fork(self, *key: object) -> Dice:
        """Make dice of their own for one part, so that no part shifts another."""
        return Dice(*self.key, *key)

    def roll(self) -> float:
        """Throw a number from 0.0 up to 1.0."""
        return self._random.random()

    def between(self, low: float, high: float) -> float:
        """Throw a number between two."""
        return low + (high - low) * self._random.random()

    def whole(self, low: int, high: int) -> int:
        """Throw a whole number, both ends included."""
        return low + int((high - low + 1) * self._random.random())

    def chance(self, probability: float) -> bool:
        """Throw a yes or a no."""
        return self._random.random() < probability

    def pick(self, choices: Sequence[T]) -> T:
        """Draw one of several."""
        return choices[int(len(choices) * self._random.random())]
