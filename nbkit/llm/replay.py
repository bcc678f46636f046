"""Packaged replies with their timing: a stream of text that needs no model, key or network."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

_FOLDER = resources.files(__package__).joinpath("transcripts")


class ReplayStream:
    """A recorded reply as an async iterator of text deltas, in the time that it was recorded in.

    A recording is written by hand for nbkit: no model answers. The clock starts when the first
    delta is asked for; a reader that falls behind gets what it missed at once.

    Attributes
    ----------
    name
        What it is replayed by.
    title, about
        What it is, in a few words and in a sentence or two.
    model
        Says that there is none.
    seconds
        How long it takes at speed 1.
    """

    def __init__(self, name: str, speed: float = 1.0) -> None:
        if not isinstance(speed, int | float) or isinstance(speed, bool) or not speed > 0:
            raise ValueError(f"speed must be a number above 0 (inf: no waiting), not {speed!r}")
        recording = _read(name)
        self.name = name
        self.title: str = recording["title"]
        self.about: str = recording["about"]
        self.model: str = recording["model"]
        self._deltas: Sequence[tuple[float, str]] = recording["deltas"]
        self.seconds = math.fsum(pause for pause, _ in self._deltas)
        self._speed = float(speed)
        self._next = 0
        self._due: float | None = None

    def __repr__(self) -> str:
        return f"<ReplayStream {self.name!r}: {self.model}>"

    @property
    def deltas(self) -> Sequence[tuple[float, str]]:
        """All of the recording: each delta with the pause before it, in seconds."""
        return self._deltas

    def __aiter__(self) -> ReplayStream:
        return self

    async def __anext__(self) -> str:
        if self._next >= len(self._deltas):
            raise StopAsyncIteration
        pause, delta = self._deltas[self._next]
        loop = asyncio.get_running_loop()
        # Delays are counted from when the one before was due, or they would add up.
        due = (loop.time() if self._due is None else self._due) + pause / self._speed
        if (ahead := due - loop.time()) > 0:
            await asyncio.sleep(ahead)
        if self._next >= len(self._deltas):  # closed meanwhile
            raise StopAsyncIteration
        self._due = due
        self._next += 1
        return delta

    async def aclose(self) -> None:
        """End the stream where it is."""
        self._next = len(self._deltas)


def replay(name: str, speed: float = 1.0) -> ReplayStream:
    """Replay a packaged reply: see :func:`transcripts` for what there is.

    Parameters
    ----------
    name
        The recording's name, such as ``"lighthouse"``.
    speed
        2.0 is twice as fast; ``math.inf`` does not wait at all.

    Raises
    ------
    ValueError
        If there is no such recording (the message lists those there are), or for a speed that is
        not above 0.
    """
    return ReplayStream(name, speed)


@cache
def transcripts() -> tuple[str, ...]:
    """Return the names of the packaged replies, sorted."""
    files = (file.name for file in _FOLDER.iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in files if name.endswith(".json")))


@cache
def _read(name: str) -> dict[str, Any]:
    if name not in transcripts():
        raise ValueError(f"there is no recording {name!r}; there are: {', '.join(transcripts())}")
    recording: dict[str, Any] = json.loads(_FOLDER.joinpath(f"{name}.json").read_text("utf-8"))
    return recording
