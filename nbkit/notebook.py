"""The notebook as a screen: where a session's displays go, and how they become static HTML."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from nbkit._notebook.fit import MAX_BYTES
from nbkit._notebook.outputs import Kind, Outputs
from nbkit.screen import Screen
from nbkit.session import Session
from nbkit.widgets import ProgressWidget, StreamingPreviewWidget
from nbkit.widgets.page import PageWidget

Freeze = bool | Literal["auto"]

ANSWER = 2.0
"""Seconds from its display in which a page is to ask for the story, before that is sent it."""

GRACE = 3.0
"""Seconds that a page has to answer before a session that nobody awaits is taken for headless."""

FIRST_THAT_HEARS = 7
"""The first ipykernel that hears a page while a cell awaits."""


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution of one cell: ``cell`` as the front end names it, ``request`` of its run."""

    cell: str | None
    request: str


def shell() -> Any | None:
    """Return the IPython shell of this kernel, ``None`` in a script or a terminal."""
    import sys

    # Whoever runs in a kernel has imported it; importing it for the question would cost a script.
    if "IPython" not in sys.modules:
        return None
    from IPython import get_ipython

    found = get_ipython()
    return found if found is not None and getattr(found, "kernel", None) is not None else None


def execution() -> Execution | None:
    """Tell which execution of which cell this code belongs to; ``None`` outside a kernel."""
    here = shell()
    if here is None:
        return None
    parent = here.kernel.get_parent("shell") or {}
    return Execution(
        cell=parent.get("metadata", {}).get("cellId"),
        request=parent.get("header", {}).get("msg_id", ""),
    )


def screen(*, preview: bool, progress: bool, freeze: Freeze) -> Screen | None:
    """Return a screen of this notebook, ``None`` where there is none."""
    if freeze not in (True, False, "auto"):
        raise ValueError(f"freeze is True, False or 'auto', not {freeze!r}")
    if shell() is None:
        return None
    return NotebookScreen(preview=preview, progress=progress, freeze=freeze)


def has_places(cell: str | None) -> bool:
    """Tell whether the front end of a cell keeps its outputs in one page, as Jupyter's own do.

    JupyterLab and Notebook name the cell that they run; VS Code does so with addresses, and other
    front ends and headless runs do not.
    """
    return cell is not None and not cell.startswith("vscode")


class NotebookScreen:
    """Shows a session in the output of the cell that runs, as two displays of an id each.

    What the outputs hold is plain HTML all along where the front end allows it, so that a notebook
    can be saved at any time. With ``freeze="auto"`` the live views of a session that ended with
    every image in place are let go, and the HTML alone stays: at once where no page has answered,
    else when the page says that nobody has touched the view for a while, or that it is being
    hidden.
    """

    def __init__(self, *, preview: bool, progress: bool, freeze: Freeze) -> None:
        self._wants_preview = preview
        self._wants_progress = progress
        self._freeze = freeze
        self._preview: StreamingPreviewWidget | None = None
        self._progress: ProgressWidget | None = None
        self._outputs: Outputs | None = None
        self._past: list[Outputs] = []
        self._shown_by: Execution | None = None
        self._grace: asyncio.TimerHandle | None = None
        self._reached: asyncio.Event | None = None

    def show(self, session: Session) -> None:
        """Display the session in the cell that runs: the preview above, the progress below."""
        self._shown_by = execution()
        placed = has_places(self._shown_by.cell if self._shown_by is not None else None)
        widgets: dict[Kind, PageWidget] = {}
        if self._wants_preview or not self._wants_progress:
            if self._preview is None or self._preview.closed:
                self._preview = StreamingPreviewWidget(session, borrows=placed)
                self._preview.on_page(lambda kind: self._on_page(session, kind))
            widgets["preview"] = self._preview
        if self._wants_progress:
            if self._progress is None or self._progress.closed:
                self._progress = ProgressWidget(
                    session.progress_manager, message_id=session.message_id, borrows=placed
                )
            widgets["progress"] = self._progress
        if self._outputs is None:
            self._outputs = Outputs(
                session,
                max_bytes=MAX_BYTES,
                on_away=self._on_away,
                hears=_hears_in_cells(),
                where=execution,
            )
        self._outputs.show(widgets, placed=placed)
        if placed and _hears_in_cells():
            for widget in widgets.values():
                widget.expect(ANSWER, partial(self._page_is_here, session))

    async def reach(self, _session: Session) -> None:
        """Wait until a page has asked for the story, or should have.

        It is there within a moment, and can then be sent the end of a short session packed, and
        once. A headless client, or a kernel that does not hear pages by now, waits for nothing.
        """
        if self._expecting():
            self._reached = self._reached or asyncio.Event()
            await self._reached.wait()

    def update(self, session: Session, *, awaited: bool) -> None:
        """Send what has not been sent yet, and freeze where the rule says at once.

        A headless client drops what comes from a cell that is done: to whoever ``awaited`` the
        session everything is said again, in the context of the cell that did.
        """
        ended = session.status != "running"
        if not awaited and self._expecting():
            return
        if ended and self._outputs is not None:
            # First: who saves once the page says that it has ended has all of it.
            self._outputs.copy(again=awaited and not self._answered())
        for widget in self._widgets():
            widget.flush()
        if awaited:
            for past in self._past[-1:]:
                past.say_again()
        if ended and self._outputs is not None:
            self._settle(session, self._outputs, awaited=awaited)

    def _settle(self, session: Session, outputs: Outputs, *, awaited: bool) -> None:
        """Freeze where the rule says at once."""
        if self._freeze is True:
            self.freeze(session)
        elif not self._answered():
            if not awaited:
                self._freeze_after_grace(session)
            elif self._may_freeze(session):
                self.freeze(session)
            else:
                outputs.accompany()

    def freeze(self, _session: Session, max_bytes: int | None = None) -> None:
        """Leave static HTML alone in every output of the session, and let the widgets go."""
        if max_bytes is not None:
            for past in self._past:  # what has been frozen by itself is bounded as well
                past.freeze(max_bytes)
        if self._outputs is None:
            return
        outputs, self._outputs = self._outputs, None
        widgets = self._widgets()
        self._preview = self._progress = None
        if self._grace is not None:
            self._grace.cancel()
        outputs.freeze(max_bytes)
        if self._reached is not None:
            self._reached.set()
        self._past.append(outputs)
        for widget in widgets:
            widget.close()

    def present(self, session: Session) -> bool:
        """Show the session as a cell's result, unless that cell has shown it already."""
        if self._shown_by != execution():
            if self._shown_by is None:
                return False  # it was started without any display
            self.show(session)
        return True

    def _widgets(self) -> list[PageWidget]:
        return [widget for widget in (self._preview, self._progress) if widget is not None]

    def _on_page(self, session: Session, kind: str) -> None:
        if kind in ("idle", "hidden") and self._may_freeze(session):
            self.freeze(session)

    def _expecting(self) -> bool:
        """Tell whether a page is about to ask for the story."""
        return not self._answered() and any(widget.expecting for widget in self._widgets())

    def _page_is_here(self, session: Session) -> None:
        if session.status != "running" and self._outputs is not None:
            self._outputs.copy()  # before the page is told that it has ended
        asyncio.get_running_loop().call_soon(self._go_on, session)

    def _go_on(self, session: Session) -> None:
        if self._reached is not None:
            self._reached.set()
        if session.status != "running":
            self.update(session, awaited=False)

    def _on_away(self, away: bool) -> None:
        for widget in self._widgets():
            widget.hold(held=away)

    def _may_freeze(self, session: Session) -> bool:
        """Tell whether the session ended with every image in place."""
        return (
            self._freeze == "auto"
            and session.status == "completed"
            and all(each.status == "succeeded" for each in session.images)
        )

    def _answered(self) -> bool:
        return any(widget.answered for widget in self._widgets())

    def _freeze_after_grace(self, session: Session) -> None:
        def freeze_unanswered() -> None:
            if self._may_freeze(session) and not self._answered():
                self.freeze(session)

        self._grace = asyncio.get_running_loop().call_later(GRACE, freeze_unanswered)


def _hears_in_cells() -> bool:
    """Tell whether this kernel hears pages while a cell awaits: ipykernel 7 and later do."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return int(version("ipykernel").partition(".")[0]) >= FIRST_THAT_HEARS
    except PackageNotFoundError:  # another kernel of Python
        return False
