"""What is over is let go: its text, its images, and whatever showed them."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import Any

from nbkit import display, notebook, session_manager
from nbkit.images import SketchBackend
from nbkit.progress import ProgressManager
from nbkit.session_manager import SessionManager
from nbkit.testing import run
from nbkit.widgets import ProgressWidget, StreamingPreviewWidget

TEXT = 'See <!--img-prompt="a fox"--> here.'
BACKEND = SketchBackend(duration=0, steps=1, width=32, height=32)


def alive(references: list[weakref.ref[Any]]) -> int:
    gc.collect()
    return sum(each() is not None for each in references)


def test_the_newest_finished_sessions_are_kept_and_older_ones_let_go(monkeypatch):
    monkeypatch.setattr(session_manager, "KEPT", 5)

    async def main() -> None:
        manager = SessionManager(ProgressManager())
        known: list[weakref.ref[Any]] = []
        for _ in range(12):
            one = await manager.start(TEXT, images=BACKEND)
            known += [weakref.ref(one), weakref.ref(one.story)]
        del one
        await asyncio.sleep(1)
        assert len(manager.sessions) == 5
        assert alive(known) == 10

    run(main)


def test_a_closed_widget_and_its_session_are_let_go():
    async def main() -> None:
        progress = ProgressManager()
        manager = SessionManager(progress)
        one = manager.start(TEXT, images=BACKEND, message_id=1)
        widgets = [StreamingPreviewWidget(one), ProgressWidget(progress, message_id=1)]
        await one
        known: list[weakref.ref[Any]] = [weakref.ref(one), *map(weakref.ref, widgets)]
        for widget in widgets:
            widget.close()
        del one, widget
        widgets.clear()
        manager.start("", images=BACKEND, message_id=1)
        await asyncio.sleep(5)
        assert alive(known) == 0

    run(main)


def test_a_cell_does_not_hold_on_to_the_sessions_that_it_started(monkeypatch):
    monkeypatch.setattr(notebook, "execution", lambda: notebook.Execution("cell", "1"))
    monkeypatch.setattr(display, "_started_by", {})
    monkeypatch.setattr(display, "session_manager", SessionManager(ProgressManager()))
    monkeypatch.setattr(session_manager, "KEPT", 2)

    async def main() -> None:
        known: list[weakref.ref[Any]] = []
        for _ in range(6):
            known.append(weakref.ref(await display.illustrate(TEXT, images=BACKEND)))
        await asyncio.sleep(1)
        assert alive(known) == 2

    run(main)
