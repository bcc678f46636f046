"""The static copies of a session: what its outputs hold, for whoever reads without a kernel."""

from __future__ import annotations

from typing import Any

from nbkit._notebook.fit import Fit
from nbkit.models import EncodedImage
from nbkit.session import Session

VIEW = "application/vnd.jupyter.widget-view+json"

_QUIET = "opacity:.65;font-size:.85em;margin:.4em 0"
_NOTES = {
    "running": "Not finished when this copy was made. While its kernel runs, "
    "<code>nbkit.sessions()[0].show()</code> shows how it stands.",
    "completed": "A static copy. For buttons and full size, run <code>session.show()</code>.",
}


def view_of(model_id: str) -> dict[str, Any]:
    """Return the bundle of a widget's view."""
    return {VIEW: {"version_major": 2, "version_minor": 0, "model_id": model_id}}


def summary(session: Session) -> str:
    """Say in a line how a session's images stand."""
    state = session.progress
    parts = [f"{state.succeeded} of {state.total} {'image' if state.total == 1 else 'images'}"]
    if state.failed:
        parts.append(f"{state.failed} failed")
    if state.cancelled:
        parts.append(f"{state.cancelled} cancelled")
    parts.append(f"{session.elapsed:.1f} s")
    return " · ".join(parts)


def progress_copy(session: Session) -> dict[str, Any]:
    """Return the copy of the progress: a line of counts."""
    line = summary(session)
    return {"text/html": f'<p style="{_QUIET}">{line}</p>', "text/plain": line}


class StoryCopy:
    """Makes copies of a session's story that stay within a bound."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._fit = Fit()

    def make(self, *, max_bytes: int) -> dict[str, Any]:
        """Return a copy of at most ``max_bytes``, unless the text alone is longer.

        Pictures become smaller until they fit, the largest first.
        """
        session = self._session
        shown = [slot.display or slot.image for slot in session.story.slots.values()]
        images = [image for image in shown if image is not None]
        note = _NOTES.get(session.status, _NOTES["completed"])
        tail = f'<p style="{_QUIET}">{note}</p>'
        html = session.story.to_html(so_far=True)
        if len(html) + len(tail) > max_bytes:
            room = max_bytes - len(tail) - (len(html) - sum(_base64(each) for each in images))
            fitted = self._fit.within(images, room)
            html = session.story.to_html(
                fit=lambda image: fitted.get(id(image), image), so_far=True
            )
        return {"text/html": html + tail, "text/plain": session.story.to_text(so_far=True)}


def _base64(image: EncodedImage) -> int:
    return (len(image.data) + 2) // 3 * 4
