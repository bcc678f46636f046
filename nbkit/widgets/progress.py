"""The progress of all messages, live on a page."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from nbkit.models import MessageId, Task
from nbkit.progress import ProgressManager
from nbkit.progress import progress_manager as own_manager
from nbkit.widgets.messages import RowsMessage, RowState, Thumbnail, count
from nbkit.widgets.page import PageWidget
from nbkit.widgets.row_state import elapsed, label, listed, task_state
from nbkit.widgets.rows import Row, Rows
from nbkit.widgets.scripts import script, style
from nbkit.widgets.thumbnails import Thumb, Thumbnails

logger = logging.getLogger(__name__)


class ProgressWidget(PageWidget):
    """Shows a row for each message: its counts, a bar, an ETA, and its tasks when it is opened.

    It observes a progress manager and nothing else. A message without tasks has no row. Rows, and
    the widget as a whole, can be closed; a message that starts afterwards brings the widget back.

    Parameters
    ----------
    progress_manager
        The manager to observe; the kernel's own by default.
    message_id
        Show this message alone.
    borrows
        As for :class:`~nbkit.widgets.StreamingPreviewWidget`.

    Raises
    ------
    TypeError
        If it is given another object than a progress manager.
    """

    _esm = script("progress.js")
    _css = style("progress.css")
    _name = "progress"

    def __init__(
        self,
        progress_manager: ProgressManager | None = None,
        *,
        message_id: MessageId | None = None,
        borrows: bool = False,
    ) -> None:
        given: object = progress_manager
        if not isinstance(given, ProgressManager | None):
            raise TypeError(
                "a progress widget takes a ProgressManager, or None for the kernel's own, "
                f"not {type(given).__name__}; one message is shown by message_id="
            )
        super().__init__(borrows=borrows)
        self._manager = own_manager if progress_manager is None else progress_manager
        self._tracked = Rows(self._manager, only=message_id, wake=self._cadence.wake_threadsafe)
        self._thumbnails = Thumbnails(self._cadence.wake)
        self._opened: dict[str, set[str]] = {}
        self._dismissed: list[str] = []
        self._cadence.wake()

    def flush(self) -> None:
        """Send now what has not been sent yet, in the context of whoever calls."""
        self._manager.flush()
        super().flush()

    # To the page

    def _send_frame(self) -> None:
        if self._closed:
            return
        changed, gone = self._tracked.update()
        for key in gone:
            self._forget(key)
        gone += self._dismissed
        self._dismissed = []
        states = [self._describe(row) for row in changed]
        buffers: list[bytes] = []
        thumbnails = [
            _thumbnail(key, thumb, buffers) for key, thumb in self._thumbnails.take_fresh()
        ]
        if states or gone or thumbnails:
            self._seq += 1
            message = RowsMessage(
                kind="rows",
                view=None,
                whole=False,
                seq=self._seq,
                rows=states,
                gone=gone,
                thumbnails=thumbnails,
            )
            self.send(message, buffers)
            self._check_later(last=not any(row.state.pending for row in self._tracked))
        self._cadence.sent()

    def _send_snapshot(self, view: str, *, knows_all: bool) -> None:  # noqa: ARG002 - never so
        self._opened.setdefault(view, set())
        self._send_whole(view, self._tracked, whole=True)

    def _send_whole(self, view: str, rows: Iterable[Row], *, whole: bool) -> None:
        """Send all that there is to know of some rows to one view."""
        buffers: list[bytes] = []
        states: list[RowState] = []
        thumbnails: list[Thumbnail] = []
        for row in rows:
            states.append(self._describe(row, view=view))
            for task in {task.id for task in row.strip} | row.listed.keys():
                key = (row.key, task)
                thumb = self._thumbnails.get(key)
                if thumb is not None:
                    thumbnails.append(_thumbnail(key, thumb, buffers))
        message = RowsMessage(
            kind="rows",
            view=view,
            whole=whole,
            seq=self._seq,
            rows=states,
            gone=[],
            thumbnails=thumbnails,
        )
        self.send(message, buffers)

    def _describe(self, row: Row, *, view: str | None = None) -> RowState:
        """Describe a row as it differs from the last frame, or in full for one view."""
        clock = self._manager.clock()
        self._want(row, row.strip)
        state = RowState(
            row=row.key,
            place=row.place,
            label=label(row.message_id),
            about=row.about,
            counts=count(row.state),
            eta=row.state.eta,
            elapsed=elapsed(row.state, clock),
            strip=[task.id for task in row.strip],
            order=None,
            tasks=None,
            more=None,
        )
        if self._tracked.watches(row.key) if view is None else row.key in self._opened[view]:
            tasks = listed(self._manager.get_tasks(row.message_id))
            self._want(row, tasks)
            known = row.listed if view is None else {}
            state["order"] = [task.id for task in tasks]
            state["tasks"] = [task_state(t, clock) for t in tasks if known.get(t.id) is not t]
            state["more"] = max(0, row.state.total - len(tasks))
            if view is None or not row.listed:
                row.listed = {task.id: task for task in tasks}
        return state

    def _want(self, row: Row, tasks: Iterable[Task]) -> None:
        for task in tasks:
            if task.image is not None:
                self._thumbnails.want((row.key, task.id), task.image, task.prompt)

    # From the page

    def _on_message(self, content: Mapping[str, Any]) -> None:
        kind, view = content.get("kind"), content["view"]
        row = self._tracked.get(content.get("row"))
        if kind == "gone":
            self._opened.pop(view, None)
        elif kind == "close":
            for each in list(self._tracked) if content.get("row") is None else [row]:
                if each is not None:
                    each.dismissed = True
                    self._dismissed.append(each.key)
            self._cadence.wake()
        elif kind == "open" and row is not None:
            self._open(view, row)
        elif kind == "fold" and row is not None:
            self._opened.setdefault(view, set()).discard(row.key)
        elif kind not in ("open", "fold"):
            logger.warning("a page sent what the progress widget does not know: %r", kind)
        self._watch()

    def _open(self, view: str, row: Row) -> None:
        self._opened.setdefault(view, set()).add(row.key)
        self._watch()
        self._send_whole(view, [row], whole=False)

    def _watch(self) -> None:
        """Reckon which rows are open anywhere; of others no page keeps the tasks up to date."""
        self._tracked.watch(set[str]().union(*self._opened.values()))

    def _forget(self, key: str) -> None:
        self._thumbnails.forget(key)
        for rows in self._opened.values():
            rows.discard(key)

    def _stop(self) -> None:
        self._tracked.stop()
        self._thumbnails.stop()


def _thumbnail(key: tuple[str, str], thumb: Thumb, buffers: list[bytes]) -> Thumbnail:
    """Describe a thumbnail, and put its bytes among the buffers."""
    buffers.append(thumb.image.data)
    return Thumbnail(
        row=key[0],
        task=key[1],
        prompt=thumb.prompt,
        type=thumb.image.media_type,
        buffer=len(buffers) - 1,
    )
