"""A session's progress in a terminal."""

from __future__ import annotations

import time
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.progress import TimeElapsedColumn as Elapsed

from nbkit.session import Session

_PERIOD = 0.1  # seconds between two looks at the counts


def console() -> Console:
    """Return the console for what is not a command's result: standard error."""
    return Console(stderr=True, highlight=False)


def printable(text: str) -> str:
    """Keep what a model or a server wrote from steering the terminal; lines and tabs stay."""
    return "".join(c if c.isprintable() or c in "\n\t" else " " for c in text)


class ImagesBar:
    """One line with a bar: images done of images found."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            Elapsed(),
            console=console(),
            transient=False,
        )
        self._line: TaskID = self._progress.add_task("reading", total=None, note="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._progress.stop()

    def show(self, what: str, *, completed: int, total: int, note: str = "") -> None:
        """Say what is going on and how many images are done, of how many found so far."""
        self._progress.update(
            self._line, description=what, completed=completed, total=total or None, note=note
        )


def watch(session: Session) -> None:
    """Wait for a session, showing its progress meanwhile.

    Raises
    ------
    StreamError
        If the source failed.
    """
    with ImagesBar() as bar:
        shown_at = 0.0

        def show() -> None:
            nonlocal shown_at
            if session.status == "running" and time.monotonic() - shown_at < _PERIOD:
                return
            shown_at = time.monotonic()
            state = session.progress
            note = f"{state.failed} failed" if state.failed else ""
            bar.show("illustrating", completed=state.completed, total=state.total, note=note)

        unsubscribe = session.subscribe(show)
        try:
            session.wait()
        finally:
            unsubscribe()
