"""The limits of a run: their bounds, how they are set while it runs, and the backoff of retries."""

from __future__ import annotations

import math
import numbers
import random
from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

from nbkit.gate import RETRY_AFTER_MAX, StartGate, gate_for

__all__ = ["Limited", "StartGate", "backoff", "check_limits", "gate_for", "is_whole"]

T = TypeVar("T")

_WAIT_INITIAL = 0.5
_WAIT_MAX = 8.0

_Check = tuple[str, Callable[[Any], bool]]


def is_whole(value: Any) -> bool:
    """Say whether a value is a whole number, also one of numpy's; ``True`` and ``1.0`` are none."""
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    try:
        return real and math.isfinite(value)
    except OverflowError:  # a whole number beyond all that a loop can wait
        return False


_PIXELS: _Check = (
    "a whole number of pixels from 1 to 8192, or None",
    lambda v: v is None or (is_whole(v) and 1 <= v <= 8192),
)
_LIMITS: dict[str, _Check] = {
    "max_concurrency": (
        "a whole number from 1 to 1000",
        lambda v: is_whole(v) and 1 <= v <= 1000,
    ),
    "min_interval": ("a number of seconds, 0 or more", lambda v: _is_number(v) and v >= 0),
    "max_rate": (
        "a number of starts a minute above 0, or None",
        lambda v: v is None or (_is_number(v) and v > 0),
    ),
    "retries": ("a whole number from 0 to 100", lambda v: is_whole(v) and 0 <= v <= 100),
    "timeout": ("a number of seconds above 0", lambda v: _is_number(v) and v > 0),
    "max_images": (
        "a whole number, 0 or more, or None",
        lambda v: v is None or (is_whole(v) and v >= 0),
    ),
    "poll_interval": ("a number of seconds above 0", lambda v: _is_number(v) and v > 0),
    "width": _PIXELS,
    "height": _PIXELS,
}


def check_limits(**limits: Any) -> None:
    """Check limits by their names.

    Raises
    ------
    ValueError
        For one that is out of range or no number, naming its bounds.
    TypeError
        For a limit that does not exist.
    """
    for name, value in limits.items():
        if name not in _LIMITS:
            raise TypeError(f"there is no limit {name!r}; there are {', '.join(_LIMITS)}")
        bounds, holds = _LIMITS[name]
        if not holds(value):
            raise ValueError(f"{name} must be {bounds}, not {value!r}")


def backoff(attempt: int, *, retry_after: float | None = None, rng: random.Random) -> float:
    """Return the seconds to wait before another attempt.

    ``attempt`` counts the retries from 0: 0.5 s, doubled each time up to 8 s, less up to a quarter
    by ``rng``. A backend's own ``retry_after`` is obeyed instead, up to 120 s.
    """
    if retry_after is not None and retry_after > 0:
        return min(float(retry_after), RETRY_AFTER_MAX)
    wait = _WAIT_INITIAL * 2.0 ** min(attempt, 10)
    return min(wait, _WAIT_MAX) * (1.0 - 0.25 * rng.random())


class Limit(Generic[T]):
    """A limit that can be set at any time: checked, then the object is told."""

    def __init__(self, doc: str) -> None:
        self.__doc__ = doc

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name
        self._slot = f"_{name}"

    @overload
    def __get__(self, owner: None, kind: type) -> Self: ...
    @overload
    def __get__(self, owner: object, kind: type) -> T: ...
    def __get__(self, owner: object | None, kind: type) -> T | Self:
        if owner is None:
            return self
        value: T = getattr(owner, self._slot)
        return value

    def __set__(self, owner: Limited, value: T) -> None:
        check_limits(**{self._name: value})
        setattr(owner, self._slot, value)
        owner._limits_changed()  # noqa: SLF001 - no caller's business, only these two classes'


class Limited:
    """Has the limits of a queue, which may be set from any thread and act at once.

    Raises
    ------
    ValueError
        For one that is out of range, naming its bounds.
    """

    max_concurrency = Limit[int]("How many run at a time; raising it starts more at once.")
    min_interval = Limit[float]("Seconds between two starts.")
    max_rate = Limit[float | None]("Starts in any 60 seconds, or ``None`` for any number.")
    retries = Limit[int]("How many attempts may follow a failed first one.")
    timeout = Limit[float]("Seconds for one attempt from its start, also for those that run.")

    def __init__(
        self,
        *,
        max_concurrency: int,
        min_interval: float,
        max_rate: float | None,
        retries: int,
        timeout: float,
    ) -> None:
        check_limits(
            max_concurrency=max_concurrency,
            min_interval=min_interval,
            max_rate=max_rate,
            retries=retries,
            timeout=timeout,
        )
        self._max_concurrency = max_concurrency
        self._min_interval = min_interval
        self._max_rate = max_rate
        self._retries = retries
        self._timeout = timeout

    def _limits_changed(self) -> None:
        """Put what was set into force."""
        raise NotImplementedError
