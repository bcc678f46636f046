"""A session and a page for the preview widget, which do as told and keep what they hear."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field, replace
from typing import Any

from nbkit.models import EncodedImage, MessageState
from nbkit.progress import ProgressManager
from nbkit.slots import Slot, Version
from nbkit.story import StoryChanges
from nbkit.widgets import StreamingPreviewWidget

PICTURE = EncodedImage(b"picture", "image/png", 512, 256)
OTHER = EncodedImage(b"other", "image/webp", 512, 512)
ORIGINAL = EncodedImage(b"the original", "image/png", 1024, 512)
TWO = (Version(ORIGINAL, PICTURE, "a fox"), Version(OTHER, OTHER, "a fox at night"))


class Story:
    """Each block is its own op; each change of anything is a revision."""

    def __init__(self) -> None:
        self.ended = False
        self.revision = 0
        self.blocks: list[tuple[int, str]] = []
        self.slots: dict[str, Slot] = {}
        self.slot_revisions: dict[str, int] = {}
        self.pending_highlights = 0

    def add(self, html: str) -> None:
        self.revision += 1
        self.blocks.append((self.revision, html))

    def set(self, slot_id: str, **changes: Any) -> None:
        self.revision += 1
        self.slots[slot_id] = replace(
            self.slots.get(slot_id) or Slot(slot_id, "a fox", task_id="t1"), **changes
        )
        self.slot_revisions[slot_id] = self.revision

    def changes(self, since: int) -> StoryChanges:
        ops = [
            {"op": "put", "key": key, "html": html}
            for key, (revision, html) in enumerate(self.blocks)
            if revision > since
        ]
        slots = [slot for name, slot in self.slots.items() if self.slot_revisions[name] > since]
        return StoryChanges(self.revision, ops, slots)

    def highlight(self, budget: float) -> bool:
        assert budget <= 0.01
        if self.pending_highlights:
            self.pending_highlights -= 1
            self.add("<pre>highlighted</pre>")
        return self.pending_highlights > 0


@dataclass
class Session:
    story: Story = field(default_factory=Story)
    status: str = "running"
    error: BaseException | None = None
    progress: MessageState = field(default_factory=lambda: MessageState(1))
    paused: bool = False
    elapsed: float = 0.0
    size: tuple[int | None, int | None] = (None, None)
    progress_manager: ProgressManager = field(default_factory=ProgressManager)
    handlers: list[Any] = field(default_factory=list)
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)

    def subscribe(self, handler: Any) -> Any:
        self.handlers.append(handler)
        return lambda: self.handlers.remove(handler)

    def changed(self) -> None:
        for handler in tuple(self.handlers):
            handler()

    def write(self, html: str) -> None:
        self.story.add(html)
        self.changed()

    def _called(self, *call: Any) -> None:
        self.threads.add(threading.get_ident())
        self.calls.append(call)

    def cancel(self) -> None:
        self._called("cancel")

    def pause(self) -> None:
        self._called("pause")

    def resume(self) -> None:
        self._called("resume")

    def retry(self, task_id: str | None = None) -> None:
        self._called("retry", task_id)

    def generate(self, slot_id: str) -> None:
        self._called("generate", slot_id)

    def regenerate(self, task_id: str, prompt: str | None = None, mode: str = "append") -> None:
        self._called("regenerate", task_id, prompt, mode)

    def choose(self, task_id: str, version: int) -> None:
        self._called("choose", task_id, version)


class Wire:
    """What a widget has sent, with the loop's time of each message."""

    def __init__(self, widget: StreamingPreviewWidget) -> None:
        self.messages: list[dict[str, Any]] = []
        self.buffers: list[list[bytes]] = []
        self.times: list[float] = []
        widget.send = self.take

    def take(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        self.messages.append(content)
        self.buffers.append(list(buffers or []))
        try:
            self.times.append(asyncio.get_running_loop().time())
        except RuntimeError:
            self.times.append(0.0)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [each for each in self.messages if each["kind"] == kind]


def shown(session: Session) -> tuple[StreamingPreviewWidget, Wire]:
    widget = StreamingPreviewWidget(session)
    return widget, Wire(widget)


def say(widget: StreamingPreviewWidget, **content: Any) -> None:
    """Let a page say something, as a comm would bring it."""
    widget._handle_custom_msg({"view": "v", **content}, [])


def command(
    widget: StreamingPreviewWidget, name: str, slot: str | None = None, **more: Any
) -> None:
    say(widget, kind="command", id=1, name=name, slot=slot, **more)
