"""The story of a session, live on a page."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from nbkit.errors import explain
from nbkit.models import EncodedImage
from nbkit.widgets.commands import follow
from nbkit.widgets.messages import Answer, Frame, Header, SlotState, Snapshot, count
from nbkit.widgets.packing import pack
from nbkit.widgets.page import PageWidget
from nbkit.widgets.preview_session import PreviewSession
from nbkit.widgets.scripts import script, style
from nbkit.widgets.slots import PictureBook, slot_state

if TYPE_CHECKING:
    from nbkit.story import Op, Slot

logger = logging.getLogger(__name__)

HIGHLIGHT_BUDGET = 0.004
"""Seconds of highlighting code before each frame."""


class StreamingPreviewWidget(PageWidget):
    """Shows a session's text with its images in their places, and takes clicks back to it.

    Frames go at most every 180 ms, on the session's loop, and none while nothing changes; without a
    loop only :meth:`flush` sends. The widget may be displayed any number of times; each view asks
    for the whole when it mounts.

    Parameters
    ----------
    session
        The session to show.
    borrows
        Whether the page gets the script once for all widgets. That takes a front end that shows
        them in one page with all of its kernel's models, as Jupyter's own do.

    Raises
    ------
    TypeError
        If it is no session.
    """

    _esm = script("preview.js")
    _css = style("preview.css")

    _name = "preview"

    def __init__(self, session: PreviewSession, *, borrows: bool = False) -> None:
        if not (callable(getattr(session, "subscribe", None)) and hasattr(session, "story")):
            given = type(session).__name__
            raise TypeError(f"a preview takes a session, as nbkit.illustrate gives it, not {given}")
        super().__init__(borrows=borrows)
        self._session = session
        self._book = PictureBook()
        self._revision = 0
        self._header: Header | None = None
        self._page_handlers: list[Callable[[Literal["idle", "hidden"]], None]] = []
        self._unsubscribe = session.subscribe(self._cadence.wake)
        self._cadence.wake()

    def on_page(self, handler: Callable[[Literal["idle", "hidden"]], None]) -> Callable[[], None]:
        """Call ``handler("idle")`` or ``handler("hidden")``, on the loop, when a page says so.

        A page says the former once nobody has touched the view of an ended session for 20 seconds,
        the latter when it ended and the page is out of sight. Returns its end.
        """
        self._page_handlers.append(handler)

        def unsubscribe() -> None:
            if handler in self._page_handlers:
                self._page_handlers.remove(handler)

        return unsubscribe

    # To the page

    def _send_frame(self) -> None:
        if self._closed:
            return
        story = self._session.story
        more = story.highlight(HIGHLIGHT_BUDGET)
        changes = story.changes(self._revision)
        header = self._describe()
        changed = _changed(self._header, header)
        if changes.ops or changes.slots or changed:
            self._revision = changes.revision
            self._header = header
            self._seq += 1
            buffers: list[bytes] = []
            slots = [self._slot(slot, buffers, whole=False) for slot in changes.slots]
            frame = Frame(
                kind="frame",
                seq=self._seq,
                header=header if changed else None,
                ops=list(changes.ops),
                slots=slots,
            )
            self.send(pack(frame, buffers, size=_size(changes.ops)), buffers)
            self._check_later(last=self._session.status != "running")
        self._cadence.sent()
        if more:
            self._cadence.wake()

    def _send_snapshot(self, view: str, *, knows_all: bool) -> None:
        ops: list[Op] | None = None
        slots: list[SlotState] = []
        buffers: list[bytes] = []
        if not knows_all:
            changes = self._session.story.changes(0)
            ops = list(changes.ops)
            slots = [self._slot(slot, buffers, whole=True) for slot in changes.slots]
        snapshot = Snapshot(
            kind="snapshot",
            view=view,
            seq=self._seq,
            header=self._describe(),
            ops=ops,
            slots=slots,
        )
        self.send(pack(snapshot, buffers, size=_size(ops or ())), buffers)

    def _slot(self, slot: Slot, buffers: list[bytes], *, whole: bool) -> SlotState:
        width, height = self._session.size
        size = (width or 0, height or 0)
        clock = self._session.progress_manager.clock
        return slot_state(slot, buffers, self._book, whole=whole, clock=clock, size=size)

    def _describe(self) -> Header:
        session = self._session
        return Header(
            status=session.status,
            writing=not session.story.ended,
            paused=session.paused,
            elapsed=session.elapsed,
            error=None if session.error is None else explain(session.error),
            remark=_remark(session),
            counts=count(session.progress),
        )

    # From the page

    def _on_message(self, content: Mapping[str, Any]) -> None:
        kind = content.get("kind")
        if kind == "command":
            self._on_command(content)
        elif kind in ("idle", "hidden"):
            for handler in tuple(self._page_handlers):
                handler(kind)
        elif kind != "gone":
            logger.warning("a page sent what the preview does not know: %r", kind)

    def _on_command(self, content: Mapping[str, Any]) -> None:
        image: EncodedImage | None = None
        error: str | None = None
        try:
            image = follow(content, self._session)
        except Exception as failure:
            logger.exception("a click could not be followed")
            error = explain(failure)
        view, number = content.get("view"), content.get("id")
        if self._closed or not isinstance(view, str) or not isinstance(number, int):
            return
        answer = Answer(kind="answer", view=view, id=number, error=error)
        buffers: list[bytes] = []
        picture = PictureBook().picture("original", image, buffers, whole=True)
        if picture is not None:
            answer["picture"] = picture
        self.send(answer, buffers)

    def _stop(self) -> None:
        self._unsubscribe()


def _remark(session: PreviewSession) -> str | None:
    """Say what neither the state nor an error tells, ``None`` where there is nothing."""
    parts = []
    if session.status == "cancelled" and (reason := getattr(session, "reason", "")):
        parts.append(f"Stopped: {reason}")
    if getattr(session, "text_cut", False):
        parts.append("The text ends where its kernel was killed")
    not_kept: BaseException | None = getattr(session, "store_error", None)
    if not_kept is not None:
        parts.append(f"Not kept: {explain(not_kept)}")
    return " · ".join(parts) or None


def _size(ops: Iterable[Op]) -> int:
    """Tell about how many characters steps have."""
    return sum(len(op.get("html", "")) for op in ops)


def _changed(before: Header | None, after: Header) -> bool:
    """Tell whether a page would show another header; the time it tells by itself."""
    return before is None or {**before, "elapsed": 0} != {**after, "elapsed": 0}
