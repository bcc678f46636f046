"""The notebook as a screen: where a session's displays go, and how they become static HTML."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, field
from typing import Any, Literal

from nbkit.screen import Screen
from nbkit.session import Session
from nbkit.widgets import ProgressWidget, StreamingPreviewWidget

Freeze = bool | Literal["auto"]

GRACE = 3.0
"""Seconds that a page has to answer before a session that nobody awaits is taken for headless."""


_VIEW = "application/vnd.jupyter.widget-view+json"
_QUIET = "opacity: 0.65; font-size: 0.85em; margin: 0.4em 0"


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


@dataclass(slots=True)
class _Shown:
    """The displays of a session that are live now, with the widgets in them."""

    preview_ids: list[str] = field(default_factory=list)
    progress_ids: list[str] = field(default_factory=list)
    preview: StreamingPreviewWidget | None = None
    progress: ProgressWidget | None = None


class NotebookScreen:
    """Shows a session in the output of the cell that runs, as two displays of an id each.

    With ``freeze="auto"`` a session that ended with every image in place is replaced by static
    HTML: at once where no page has answered, else when the page says that nobody has touched the
    view for a while, or that it is being hidden.
    """

    def __init__(self, *, preview: bool, progress: bool, freeze: Freeze) -> None:
        self._wants_preview = preview
        self._wants_progress = progress
        self._freeze = freeze
        self._shown = _Shown()
        self._shown_by: Execution | None = None
        self._frozen: list[tuple[str, dict[str, Any]]] = []
        self._grace: asyncio.TimerHandle | None = None

    def show(self, session: Session) -> None:
        """Display the session in the cell that runs: the preview above, the progress below."""
        from IPython.display import display

        shown = self._shown
        self._shown_by = execution()
        if self._wants_preview or not self._wants_progress:
            if shown.preview is None:
                shown.preview = StreamingPreviewWidget(session)
                shown.preview.on_page(lambda kind: self._on_page(session, kind))
            shown.preview_ids.append(_display_id())
            display(shown.preview, display_id=shown.preview_ids[-1])
        if self._wants_progress:
            if shown.progress is None:
                shown.progress = ProgressWidget(
                    session.progress_manager, message_id=session.message_id
                )
            shown.progress_ids.append(_display_id())
            display(shown.progress, display_id=shown.progress_ids[-1])

    def update(self, session: Session, *, awaited: bool) -> None:
        """Send what has not been sent yet, and freeze where the rule says at once.

        A headless client drops what comes from a cell that is done: to whoever ``awaited`` the
        session everything is said again, in the context of the cell that did.
        """
        for widget in (self._shown.preview, self._shown.progress):
            if widget is not None:
                widget.flush()
        if awaited:
            for display_id, bundle in self._frozen:
                _update_display(display_id, bundle)
        if session.status == "running" or not self._has_displays():
            return
        if self._freeze is True:
            self.freeze(session)
        elif not self._answered():
            if not awaited:
                self._freeze_after_grace(session)
            elif self._may_freeze(session):
                self.freeze(session)
            else:
                self._accompany(session)

    def freeze(self, session: Session) -> None:
        """Replace every live display of the session by static HTML, and let the widgets go."""
        if not self._has_displays():
            return
        shown, self._shown = self._shown, _Shown()
        if self._grace is not None:
            self._grace.cancel()
        preview, progress = _preview_bundle(session), _progress_bundle(session)
        self._frozen = [(each, preview) for each in shown.preview_ids]
        self._frozen += [(each, progress) for each in shown.progress_ids]
        for display_id, bundle in self._frozen:
            _update_display(display_id, bundle)
        for widget in (shown.preview, shown.progress):
            if widget is not None:
                widget.close()

    def _accompany(self, session: Session) -> None:
        """Put static HTML beside the live views, for those who will read this without a kernel."""
        shown = self._shown
        static = _preview_bundle(session), _progress_bundle(session)
        lives = (shown.preview, shown.preview_ids), (shown.progress, shown.progress_ids)
        for (widget, display_ids), bundle in zip(lives, static, strict=True):
            if widget is not None:
                view = {
                    _VIEW: {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
                }
                for display_id in display_ids:
                    _update_display(display_id, view | bundle)

    def _has_displays(self) -> bool:
        return bool(self._shown.preview_ids or self._shown.progress_ids)

    def present(self, session: Session) -> bool:
        """Show the session as a cell's result, unless that cell has shown it already."""
        if self._shown_by != execution():
            if self._shown_by is None:
                return False  # it was started without any display
            self.show(session)
        return True

    def _on_page(self, session: Session, kind: str) -> None:
        if kind in ("idle", "hidden") and self._may_freeze(session):
            self.freeze(session)

    def _may_freeze(self, session: Session) -> bool:
        """Tell whether the session ended with every image in place."""
        return (
            self._freeze == "auto"
            and session.status == "completed"
            and all(each.status == "succeeded" for each in session.images)
        )

    def _answered(self) -> bool:
        widgets = (self._shown.preview, self._shown.progress)
        return any(widget is not None and widget.answered for widget in widgets)

    def _freeze_after_grace(self, session: Session) -> None:
        def freeze_unanswered() -> None:
            if self._may_freeze(session) and not self._answered():
                self.freeze(session)

        self._grace = asyncio.get_running_loop().call_later(GRACE, freeze_unanswered)


def summary(session: Session) -> str:
    """Say in a line how a session's images ended."""
    state = session.progress
    parts = [f"{state.succeeded} of {state.total} {'image' if state.total == 1 else 'images'}"]
    if state.failed:
        parts.append(f"{state.failed} failed")
    if state.cancelled:
        parts.append(f"{state.cancelled} cancelled")
    parts.append(f"{session.elapsed:.1f} s")
    return " · ".join(parts)


def _preview_bundle(session: Session) -> dict[str, Any]:
    note = "A static copy. For buttons and full size, run <code>session.show()</code>."
    html = f'{session.to_html()}<p style="{_QUIET}">{note}</p>'
    return {"text/html": html, "text/plain": session.story.to_text()}


def _progress_bundle(session: Session) -> dict[str, Any]:
    line = summary(session)
    return {"text/html": f'<p style="{_QUIET}">{line}</p>', "text/plain": line}


def _display_id() -> str:
    return f"nbkit-{uuid.uuid4().hex}"


def _update_display(display_id: str, bundle: dict[str, Any]) -> None:
    from IPython.display import update_display

    update_display(bundle, raw=True, display_id=display_id)
