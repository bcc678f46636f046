"""The half of a widget that talks with its pages."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from nbkit import blocking
from nbkit.widgets.cadence import Cadence
from nbkit.widgets.library import LeanWidget, borrow
from nbkit.widgets.messages import Check

logger = logging.getLogger(__name__)

CHECK_AFTER = 3.5
"""Seconds after the last frame in which a Jupyter server may have dropped it."""

_LONGEST = 200  # characters of a view's name


class PageWidget(LeanWidget):
    """A widget of messages: it has no traits that change.

    A subclass sends frames in ``_send_frame``, answers mounting views in ``_send_snapshot`` and
    takes the other messages of its pages in ``_on_message``; all three run on the loop. One that
    ``borrows`` brings no script of its own: its page takes it from the library.
    """

    _name: ClassVar[str]
    """What the library has its script under."""

    _closed = True  # also of one whose making was refused: its finalizer closes it

    def __init__(self, *, borrows: bool) -> None:
        self._lean = borrows
        if borrows:
            self._esm, self._css = borrow(self._name), ""
        self._cadence = Cadence(self._send_due)
        self._held = False
        self._awaits: Callable[[], None] | None = None
        self._asking: dict[str, object] = {}
        self._checking: asyncio.Handle | None = None
        self._seq = 0
        self._answered = False
        self._closed = False
        super().__init__()
        self.on_msg(self._receive)

    @property
    def closed(self) -> bool:
        """Whether it has been taken off its pages, for good."""
        return self._closed

    @property
    def answered(self) -> bool:
        """Whether a page has ever shown this widget."""
        return self._answered

    @property
    def expecting(self) -> bool:
        """Whether a page is to ask before frames go; a kernel that waits in a cell hears none."""
        return self._awaits is not None and not blocking.nested()

    def expect(self, seconds: float, over: Callable[[], None]) -> None:
        """Send no frames before a page asks for the whole, for so many seconds at the most.

        What is sent to a page that is about to mount the view is sent twice. ``over()`` is called
        as soon as one asks, before it is answered, or when none has, or none can any more.
        """
        if not self._answered and self._awaits is None:
            self._awaits = over
            if self._cadence.later(seconds, self._expect_no_more) is None:
                self._awaits = None

    def flush(self) -> None:
        """Send now what has not been sent yet, in the context of whoever calls.

        While a page is expected, that is what it will be sent when it asks.
        """
        if not self._closed and not self.expecting:
            self._send_frame()

    def hold(self, *, held: bool) -> None:
        """Send no more frames while nobody is there to see them, or go on with what has changed.

        What is asked for is answered all the same, and :meth:`flush` sends.
        """
        self._held = held
        if not held:
            self._cadence.hurry()

    def close(self) -> None:
        """Take the widget off its pages; nothing is sent any more."""
        if not self._closed:
            self._closed = True
            over, self._awaits = self._awaits, None
            if over is not None:
                self._cadence.hop(over)
            self._cadence.stop()
            self._check_later(last=False)
            self._stop()
            # A page takes a message in, and what comes behind it, once it has loaded the widget:
            # one that is closed before that, anywidget reports as a failure two seconds later.
            self.send(Check(kind="check", seq=self._seq))
            super().close()

    def _receive(self, _widget: object, content: Any, _buffers: object) -> None:
        # A kernel may call this on a thread of its own: whatever is done, the loop does it.
        if isinstance(content, Mapping) and _is_name(content.get("view")):
            self._cadence.hop(self._handle, content)

    def _handle(self, content: Mapping[str, Any]) -> None:
        if self._closed:
            return
        if content.get("kind") == "ready":
            self._answered = True
            # A kernel that was busy may find the same question several times.
            self._asking[content["view"]] = content.get("seq")
            self._cadence.hop(self._answer_views)
        else:
            self._on_message(content)

    def _answer_views(self) -> None:
        views, self._asking = self._asking, {}
        # Then the first frame comes next, and has all that there is.
        least = 0 if self._awaits is not None and not self._held else 1
        self._expect_no_more()
        for view, seq in views.items():
            if not self._closed:
                knows_all = type(seq) is int and least <= seq == self._seq
                self._send_snapshot(view, knows_all=knows_all)

    def _expect_no_more(self) -> None:
        over, self._awaits = self._awaits, None
        if over is not None:
            over()
            self._cadence.hurry()

    def _send_due(self) -> None:
        if self._held or self.expecting:
            self._cadence.sent()  # or each change from now on would look again
        else:
            self._send_frame()

    def _check_later(self, *, last: bool) -> None:
        """After a frame: if it may be the last, say its number when no server drops it any more."""
        if self._checking is not None:
            self._checking.cancel()
        self._checking = self._cadence.later(CHECK_AFTER, self._check) if last else None

    def _check(self) -> None:
        self._checking = None
        self.send(Check(kind="check", seq=self._seq))

    def _send_frame(self) -> None:
        raise NotImplementedError

    def _send_snapshot(self, view: str, *, knows_all: bool) -> None:
        raise NotImplementedError

    def _on_message(self, content: Mapping[str, Any]) -> None:
        raise NotImplementedError

    def _stop(self) -> None:
        """Let go of what the widget listens to."""
        raise NotImplementedError


def _is_name(view: object) -> bool:
    """Tell whether a view has a name that can be sent back to it; half a pair cannot."""
    return isinstance(view, str) and len(view) <= _LONGEST and view.isprintable()
