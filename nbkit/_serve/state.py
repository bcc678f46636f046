"""What one server knows: its settings, what is queued for it, and what it was asked."""

from __future__ import annotations

import itertools
import math
import time
from collections import OrderedDict, deque
from dataclasses import asdict, dataclass, field
from typing import Any

from nbkit.llm.replay import transcripts

KEPT_REQUESTS = 200
"""How many requests are remembered."""

KEPT_FILES, KEPT_BYTES = 200, 200_000_000
"""How many pictures are kept to be fetched, and how many bytes of them."""

_KEPT_PROMPT = 2_000  # characters


@dataclass(frozen=True, slots=True)
class Settings:
    """What a server was started with; see :class:`nbkit.serve.Server`."""

    rate: float | None = 40.0
    transcript: str = "lighthouse"
    image_seconds: float = 1.0
    key: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        rate, seconds = self.rate, self.image_seconds
        if rate is not None and (not _is_number(rate) or not rate > 0):
            raise ValueError(f"rate is a number of tokens a second above 0, or None, not {rate!r}")
        if not _is_number(seconds) or not (math.isfinite(seconds) and seconds >= 0):
            raise ValueError(f"image_seconds is 0 seconds or more, not {seconds!r}")
        if self.transcript not in transcripts():
            raise ValueError(
                f"there is no recording {self.transcript!r}; there are: {', '.join(transcripts())}"
            )
        if self.key is not None and not self.key:
            raise ValueError("an empty key is no key: leave it out")


@dataclass(slots=True)
class Entry:
    """One request, as ``GET /admin/requests`` tells it.

    ``outcome`` is ``"running"``, ``"finished"``, ``"cancelled"`` (the client left before the
    end) or ``"cut"`` (a fault ended it). No header's value is ever in it.
    """

    id: int
    method: str
    path: str
    model: str | None = None
    prompt: str = ""
    status: int | None = None
    outcome: str = "running"
    fault: str | None = None
    seconds: float | None = None
    _begun: float = field(default_factory=time.monotonic, repr=False)

    def end(self, outcome: str) -> None:
        """Note how it ended, if it had not."""
        if self.outcome == "running":
            self.outcome = outcome
            self.seconds = round(time.monotonic() - self._begun, 6)

    def told(self) -> dict[str, Any]:
        """Say it as the admin route does."""
        return {key: value for key, value in asdict(self).items() if key != "_begun"}

    def describe(self, model: object, prompt: str) -> None:
        """Note what it asks for."""
        self.model = model if isinstance(model, str) else None
        self.prompt = prompt[:_KEPT_PROMPT]


@dataclass(slots=True)
class State:
    """All that the routes of one server share; only its loop touches it."""

    settings: Settings
    replies: deque[str] = field(default_factory=deque)
    requests: deque[Entry] = field(default_factory=lambda: deque(maxlen=KEPT_REQUESTS))
    files: OrderedDict[str, tuple[bytes, str]] = field(default_factory=OrderedDict)
    saved: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def enter(self, method: str, path: str) -> Entry:
        """Remember a request that has come in."""
        entry = Entry(next(self._numbers), method, path)
        self.requests.append(entry)
        return entry

    def told(self, prefix: str = "") -> list[dict[str, Any]]:
        """List the requests whose path begins so, oldest first."""
        return [each.told() for each in self.requests if each.path.startswith(prefix)]

    def keep(self, name: str, data: bytes, media_type: str) -> None:
        """Keep a file to be fetched; the oldest go."""
        self.files[name] = data, media_type
        while len(self.files) > 1 and (
            len(self.files) > KEPT_FILES
            or sum(len(each) for each, _ in self.files.values()) > KEPT_BYTES
        ):
            self.files.popitem(last=False)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
