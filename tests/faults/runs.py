"""Sessions against servers that misbehave, and what holds of each however it ends."""

from __future__ import annotations

from typing import Any

from faults.stories import Form

import nbkit
from nbkit.errors import StreamError
from nbkit.models import FINAL, Deadlines
from nbkit.progress import ProgressManager
from nbkit.session import Session

KEY = "sk-not-a-real-key"
PATIENT = Deadlines(connect=5.0, between=10.0, total=20.0)


def chat(form: Form, url: str, *, timeout: Any = PATIENT, **options: Any) -> nbkit.ChatStream:
    """Ask a model of a format's server."""
    options = {"api_key": KEY, "illustrate": False, **options}
    return nbkit.chat(
        "Tell me of a fox", model=form.model, api=form.api, base_url=url, timeout=timeout, **options
    )


def session(source: Any, images: Any = "sketch?duration=0", **options: Any) -> Session:
    """Make a session of its own, at a progress manager of its own."""
    return Session(
        source, images=images, message_id="faulty", progress_manager=ProgressManager(), **options
    )


async def outcome(one: Session) -> StreamError | None:
    """Wait for a session's end, hold what holds of every end, and return how the text failed."""
    error = None
    try:
        await one
    except StreamError as failed:
        error = failed
    assert error is one.error
    assert one.status == ("completed" if error is None else "failed")
    state = one.progress
    counts = (state.queued, state.waiting, state.running, state.retrying)
    assert counts == (0, 0, 0, 0)
    assert state.total == state.succeeded + state.failed + state.cancelled
    assert len(one.prompts) == len(one.images) == state.total
    assert all(each.status in FINAL for each in one.images)
    assert all((each.image is None) == (each.status != "succeeded") for each in one.images)
    return error
