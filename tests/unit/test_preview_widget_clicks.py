"""What a page says to the preview widget, and how long the widget lives."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading

import pytest
from unit.preview_widget_kit import PICTURE, TWO, Session, Story, command, say, shown

from nbkit.testing import run, until
from nbkit.widgets import StreamingPreviewWidget


@pytest.mark.parametrize(
    ("name", "more", "call"),
    [
        ("cancel", {}, ("cancel",)),
        ("pause", {}, ("pause",)),
        ("resume", {}, ("resume",)),
        ("retry_failed", {}, ("retry", None)),
        ("retry", {}, ("retry", "t1")),
        ("generate", {}, ("generate", "image-1")),
        ("regenerate", {"prompt": None, "mode": "append"}, ("regenerate", "t1", None, "append")),
        (
            "regenerate",
            {"prompt": " an owl\n", "mode": "replace"},
            ("regenerate", "t1", "an owl", "replace"),
        ),
        ("choose", {"version": 1}, ("choose", "t1", 1)),
    ],
)
def test_each_click_does_what_it_says_on_the_loop_and_is_answered(name, more, call):
    async def main() -> None:
        session = Session()
        session.story.set("image-1", status="failed", versions=TWO)
        widget, wire = shown(session)
        thread = threading.Thread(
            target=command, args=(widget, name, "image-1" if call[1:] else None), kwargs=more
        )
        thread.start()
        thread.join()
        assert session.calls == []
        await until(lambda: session.calls)
        assert session.calls == [call]
        assert session.threads == {threading.get_ident()}
        assert wire.of("answer") == [{"kind": "answer", "view": "v", "id": 1, "error": None}]

    run(main)


@pytest.mark.parametrize(
    ("name", "slot", "more"),
    [
        ("fly", None, {}),
        ("retry", "image-9", {}),
        ("retry", None, {}),
        ("retry", [], {}),
        ("regenerate", "image-0", {}),
        ("regenerate", "image-1", {"prompt": " \n"}),
        ("regenerate", "image-1", {"prompt": 3}),
        ("choose", "image-1", {}),
        ("choose", "image-1", {"version": 2}),
        ("choose", "image-1", {"version": -1}),
        ("original", "image-1", {"version": "0"}),
    ],
)
def test_a_command_that_cannot_be_followed_is_logged_and_says_why(name, slot, more, caplog):
    async def main() -> None:
        session = Session()
        session.story.set("image-0", status="skipped", task_id=None)
        session.story.set("image-1", status="succeeded", versions=TWO)
        widget, wire = shown(session)
        command(widget, name, slot, **more)
        await asyncio.sleep(1)
        assert wire.of("answer")[0]["error"]
        assert session.calls == []

    with caplog.at_level(logging.ERROR, "nbkit"):
        run(main)
    assert "could not be followed" in caplog.text


@pytest.mark.parametrize("content", [None, 3, "x", [], {}, {"kind": []}, {"kind": "command"}])
def test_nonsense_from_a_page_harms_nothing(content):
    async def main() -> None:
        session = Session()
        widget, wire = shown(session)
        widget._handle_custom_msg(content, [])
        await asyncio.sleep(1)
        session.write("<p>on</p>")
        await asyncio.sleep(1)
        assert wire.of("frame")[-1]["ops"]

    run(main)


def test_a_page_that_is_idle_or_hidden_is_reported_until_nobody_asks():
    async def main() -> None:
        widget, _ = shown(Session())
        heard: list[str] = []
        unsubscribe = widget.on_page(heard.append)
        say(widget, kind="idle")
        say(widget, kind="hidden")
        await asyncio.sleep(1)
        assert heard == ["idle", "hidden"]
        unsubscribe()
        say(widget, kind="idle")
        await asyncio.sleep(1)
        assert len(heard) == 2

    run(main)


def test_a_closed_widget_lets_its_session_go_and_sends_nothing():
    async def main() -> None:
        session = Session()
        widget, wire = shown(session)
        session.write("<p>a</p>")
        say(widget, kind="ready")
        widget.close()
        widget.close()
        count = len(wire.messages)
        assert session.handlers == []
        session.write("<p>b</p>")
        widget.flush()
        say(widget, kind="ready")
        await asyncio.sleep(10)
        assert len(wire.messages) == count

    run(main)


def test_a_widget_may_be_closed_by_the_page_handler_that_freezes_it():
    async def main() -> None:
        widget, wire = shown(Session())
        widget.on_page(lambda _: widget.close())
        say(widget, kind="hidden")
        command(widget, "cancel")
        await asyncio.sleep(10)
        assert wire.of("answer") == []

    run(main)


def test_flush_sends_at_once_and_only_what_is_new():
    async def main() -> None:
        session = Session()
        widget, wire = shown(session)
        session.write("<p>a</p>")
        widget.flush()
        widget.flush()
        assert len(wire.of("frame")) == 1
        session.write("<p>b</p>")
        widget.flush()
        assert [op["html"] for op in wire.messages[-1]["ops"]] == ["<p>b</p>"]

    run(main)


def test_without_a_loop_only_flush_sends():
    session = Session()
    widget, wire = shown(session)
    session.write("<p>a</p>")
    say(widget, kind="ready")
    assert wire.messages == []
    widget.flush()
    assert len(wire.of("frame")) == 1
    widget.close()


def test_a_widget_made_before_the_loop_uses_the_loop_that_changes_come_on():
    session = Session()
    _, wire = shown(session)

    async def main() -> None:
        session.write("<p>a</p>")
        await asyncio.sleep(1)

    run(main)
    assert len(wire.of("frame")) == 1
    run(main)
    assert len(wire.of("frame")) == 2


def test_what_a_page_asks_for_is_done_in_the_context_of_the_cell_that_made_the_widget():
    cell: contextvars.ContextVar[str] = contextvars.ContextVar("cell", default="none")
    seen: list[str] = []

    async def main() -> None:
        cell.set("the widget's")
        session = Session()
        widget, _ = shown(session)
        session.pause = lambda: seen.append(cell.get())
        cell.set("another")
        command(widget, "pause")
        await asyncio.sleep(1)

    run(main)
    assert seen == ["the widget's"]


def test_an_error_of_the_session_is_said_with_its_cause():
    async def main() -> None:
        session = Session(status="failed")
        session.error = RuntimeError("the source failed")
        session.error.__cause__ = OSError("reset")
        _, wire = shown(session)
        await asyncio.sleep(1)
        assert wire.of("frame")[-1]["header"]["error"] == "the source failed: reset"

    run(main)


def test_no_trait_of_the_widget_changes_however_long_it_runs():
    async def main() -> None:
        session = Session()
        widget, _ = shown(session)
        state = widget.get_state()
        for n in range(20):
            session.story.set("image-1", status="succeeded", image=PICTURE, display=PICTURE)
            session.write(f"<p>{n}</p>")
            await asyncio.sleep(0.1)
        assert widget.get_state() == state

    run(main)


@pytest.mark.parametrize("given", [3, None, "text", Story()])
def test_what_is_no_session_is_refused_with_what_it_takes(given):
    with pytest.raises(TypeError, match=rf"takes a session, .*not {type(given).__name__}"):
        StreamingPreviewWidget(given)
