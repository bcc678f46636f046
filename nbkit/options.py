"""What a session is asked for: one record that can be written down, and limits to set meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypeVar, overload

from nbkit.limits import check_limits

if TYPE_CHECKING:
    from nbkit.detector import PromptDetector

T = TypeVar("T")

_FOR_THE_QUEUE = (
    "max_concurrency", "min_interval", "max_rate", "retries", "timeout",
    "seed", "width", "height", "style", "style_position",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """The options of :func:`nbkit.illustrate` that say how the images are made.

    Those of a queue are checked by the queue that is made with them.

    Raises
    ------
    ValueError
        For ``max_images`` or ``poll_interval`` out of range.
    TypeError
        For an option that does not exist.
    """

    patterns: Sequence[str] | None = None
    seed: int | None = None
    width: int | None = None
    height: int | None = None
    max_concurrency: int = 2
    min_interval: float = 0.0
    max_rate: float | None = None
    retries: int = 2
    timeout: float = 300.0
    max_images: int | None = None
    style: str = ""
    style_position: Literal["prefix", "suffix"] = "prefix"
    poll_interval: float = 0.3

    def __post_init__(self) -> None:
        check_limits(max_images=self.max_images, poll_interval=self.poll_interval)

    @property
    def for_the_queue(self) -> dict[str, Any]:
        """The options of a :class:`nbkit.QueueProcessor`, by their names."""
        return {name: getattr(self, name) for name in _FOR_THE_QUEUE}

    def detector(self) -> PromptDetector:
        """Make a detector of its patterns.

        Raises
        ------
        PatternError
            If one is invalid.
        """
        from nbkit.detector import DEFAULT_PATTERNS, PromptDetector  # which draw regex in

        return PromptDetector(DEFAULT_PATTERNS if self.patterns is None else self.patterns)

    def record(self) -> dict[str, Any]:
        """Return all of them as what JSON knows."""
        found = asdict(self)
        return {k: list(v) if k == "patterns" and v is not None else v for k, v in found.items()}

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Self:
        """Make the options of a record; what this version does not know is passed over."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in record.items() if name in known})


class QueueLimit(Generic[T]):
    """A limit of the queue behind a session, checked and put into force there."""

    def __init__(self, doc: str) -> None:
        self.__doc__ = doc

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._name = name

    @overload
    def __get__(self, session: None, owner: type[Any]) -> Self: ...
    @overload
    def __get__(self, session: Any, owner: type[Any]) -> T: ...
    def __get__(self, session: Any, owner: type[Any]) -> T | Self:
        if session is None:
            return self
        value: T = getattr(session._run.images.queue, self._name)  # noqa: SLF001 - for sessions
        return value

    def __set__(self, session: Any, value: T) -> None:
        setattr(session._run.images.queue, self._name, value)  # noqa: SLF001 - for sessions
