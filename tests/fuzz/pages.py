"""Target: what a page sends to a live view and to the rows of all messages."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

from fuzz import samples
from fuzz.material import Choices, json_text
from fuzz.target import target
from jupyter_client.session import json_packer

from nbkit.progress import ProgressManager
from nbkit.session import Session
from nbkit.testing import run
from nbkit.widgets import ProgressWidget, StreamingPreviewWidget
from nbkit.widgets.row_state import row_key

TEXT = 'One <!--img-prompt="a fox"--> two <!--img-prompt="a hen"--> three.'
NAMES = ("cancel", "pause", "resume", "retry", "retry_failed", "generate", "regenerate", "choose")
SAID: tuple[Any, ...] = (
    {"kind": "ready", "view": "v"},
    {"kind": "idle", "view": "v"},
    {"kind": "gone", "view": "v"},
    *({"kind": "command", "view": "v", "id": 1, "name": n, "slot": "image-1"} for n in NAMES[:6]),
    {"kind": "command", "view": "v", "id": 2, "name": "choose", "slot": "image-1", "version": 0},
    {"kind": "command", "view": "v", "id": 3, "name": "original", "slot": "image-1", "version": 0},
    {
        "kind": "command", "view": "v", "id": 4, "name": "regenerate", "slot": "image-1",
        "mode": "replace", "prompt": "a cat",
    },
    *({"kind": kind, "view": "v", "row": row_key("m")} for kind in ("open", "fold", "close")),
)  # fmt: skip
WORDS = (
    *("kind", "view", "id", "name", "slot", "version", "mode", "prompt", "row", "image-2"),
    *NAMES,
)


class _Painter(samples.Painter):
    checks_images = True


class _Complaints(logging.Handler):
    """Keeps what a widget could not do, but for clicks, which are answered."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and "click" not in record.getMessage():
            self.found.append(self.format(record))


def _said() -> list[bytes]:
    return [*samples.as_json(*SAID), b"\n".join(samples.as_json(*SAID))]


@target(seeds=_said, examples=40)
def page_message(data: bytes) -> None:
    """A page is answered, whatever it says; the session goes on, and nothing fails unheard."""
    if data[:1] == b"{":
        said = [_loaded(line) for line in data.split(b"\n")]
    else:
        choices, said = Choices(data), []
        while choices.left and len(said) < 6:
            text = json_text(choices.rest(12), WORDS, SAID)
            said.append(_loaded(text.encode("utf-8", "replace")))
    complaints = _Complaints()
    logger = logging.getLogger("nbkit.widgets")
    logger.addHandler(complaints)
    disabled, logger.manager.disable = logger.manager.disable, 0
    propagate, logger.propagate = logger.propagate, False
    try:
        run(lambda: _heard(said))
    finally:
        logger.removeHandler(complaints)
        logger.manager.disable, logger.propagate = disabled, propagate
    assert not complaints.found, complaints.found[0]


async def _heard(said: list[Any]) -> None:
    manager = ProgressManager()
    session = Session(TEXT, images=_Painter(), message_id="m", progress_manager=manager, retries=0)
    session.start()
    view, rows = StreamingPreviewWidget(session), ProgressWidget(manager)
    sent: list[dict[str, Any]] = []
    for widget in (view, rows):
        widget.send = lambda content, _buffers=None: sent.append(content)
    await session
    for content in said:
        for widget in (view, rows):
            widget._handle_custom_msg(content, [])
        await asyncio.sleep(0.2)
    session.resume()
    await session
    await asyncio.sleep(1)
    for content in sent:
        json.loads(json_packer(content))
    answers = sum(content["kind"] == "answer" for content in sent)
    assert answers == sum(map(_is_command, said))
    state = session.progress
    assert state.pending == 0
    assert len(session.story.slots) == 2
    session.story.to_html()
    for widget in (view, rows):
        widget.close()


def _is_command(content: Any) -> bool:
    return (
        isinstance(content, dict)
        and content.get("kind") == "command"
        and isinstance(content.get("view"), str)
        and len(content["view"]) <= 200
        and content["view"].isprintable()
        and isinstance(content.get("id"), int)
    )


def _loaded(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
