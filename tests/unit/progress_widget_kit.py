"""A page for the progress widget, which keeps what it is sent."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

from nbkit.models import EncodedImage
from nbkit.progress import ProgressManager
from nbkit.widgets import ProgressWidget


def picture(colour: str = "red", side: int = 300) -> EncodedImage:
    out = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(out, "PNG")
    return EncodedImage(out.getvalue(), "image/png", side, side)


class Wire:
    """What a widget has sent, and the rows as a page that heard it all would have them."""

    def __init__(self, widget: ProgressWidget) -> None:
        self.messages: list[dict[str, Any]] = []
        self.others: list[dict[str, Any]] = []
        self.buffers: list[list[bytes]] = []
        self.rows: dict[str, dict[str, Any]] = {}
        widget.send = self.take

    def take(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        if content["kind"] != "rows":  # as a page does
            self.others.append(content)
            return
        self.messages.append(content)
        self.buffers.append(list(buffers or []))
        if content["view"] is None:
            self.rows.update({row["row"]: row for row in content["rows"]})
            for key in content["gone"]:
                self.rows.pop(key, None)

    def frames(self) -> list[dict[str, Any]]:
        return [each for each in self.messages if each["view"] is None]

    def thumbnails(self) -> list[tuple[str, str]]:
        return [(t["row"], t["task"]) for each in self.frames() for t in each["thumbnails"]]


def shown(manager: ProgressManager, **more: Any) -> tuple[ProgressWidget, Wire]:
    widget = ProgressWidget(manager, **more)
    return widget, Wire(widget)


def say(widget: ProgressWidget, kind: str, row: str | None = None, view: str = "v") -> None:
    widget._handle_custom_msg({"kind": kind, "view": view, "row": row}, [])
