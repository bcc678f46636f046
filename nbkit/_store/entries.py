"""What a store's writer is handed to write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nbkit.models import EncodedImage


@dataclass(frozen=True, slots=True)
class Row:
    """A statement for a session and its values; ``begins`` for the one that makes the session."""

    session: str
    sql: str
    values: tuple[Any, ...]
    begins: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of a session's text, which begins at a character."""

    session: str
    start: int
    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """An image of a task, and whom to tell that it is safe, or will not be."""

    task: tuple[str, int, int]
    image: EncodedImage
    display: EncodedImage | None
    seconds: float | None
    key: str | None
    done: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Mark:
    """Nothing to write: somebody waits until all before it has been."""

    done: Callable[[], None]


Entry = Row | Text | Image | Mark


def joined(batch: list[Entry]) -> list[Entry]:
    """Make one of the pieces of text that follow one another in a session."""
    joined: list[Entry] = []
    run: list[Text] = []
    for entry in [*batch, None]:
        if isinstance(entry, Text) and (not run or run[-1].session == entry.session):
            run.append(entry)
            continue
        if run:
            text = "".join(each.text for each in run)
            joined.append(Text(run[0].session, run[0].start, text))
            run = []
        if isinstance(entry, Text):
            run = [entry]
        elif entry is not None:
            joined.append(entry)
    return joined


def tell(entry: Entry) -> None:
    """Tell who waits for an entry that it is safe, or will not be."""
    if isinstance(entry, Image | Mark):
        entry.done()
