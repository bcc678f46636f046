"""Frames and snapshots of the preview: when they go, what is in them, and who is sent what."""

from __future__ import annotations

import asyncio
import json
import zlib
from typing import Any

from unit.preview_widget_kit import PICTURE, Session, say, shown

from nbkit.models import MessageState
from nbkit.testing import run
from nbkit.widgets.page import CHECK_AFTER, PageWidget


def test_changes_within_80_ms_go_as_one_frame_and_each_block_once():
    async def main() -> None:
        session = Session()
        _, wire = shown(session)
        await asyncio.sleep(1)
        for n in range(100):
            session.write(f"<p>{n}</p>")
            await asyncio.sleep(0.004)
        await asyncio.sleep(1)
        frames = wire.of("frame")
        assert 5 <= len(frames) <= 8
        gaps = [b - a for a, b in zip(wire.times, wire.times[1:], strict=False)]
        assert min(gaps) >= 0.0799
        sent = [op["key"] for frame in frames for op in frame["ops"]]
        assert sent == list(range(100))
        assert [frame["seq"] for frame in frames] == list(range(1, len(frames) + 1))

    run(main)


def test_the_first_change_after_a_quiet_time_goes_at_once():
    async def main() -> None:
        session = Session()
        _, wire = shown(session)
        await asyncio.sleep(1)
        at = asyncio.get_running_loop().time()
        session.write("<p>late</p>")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert wire.of("frame")[-1]["ops"][0]["html"] == "<p>late</p>"
        assert wire.times[-1] == at

    run(main)


def test_nothing_is_sent_while_nothing_changes_though_time_passes():
    async def main() -> None:
        session = Session()
        _, wire = shown(session)
        await asyncio.sleep(1)
        before = len(wire.messages)
        for _ in range(20):
            session.elapsed += 1
            session.changed()
            await asyncio.sleep(1)
        assert len(wire.messages) == before

    run(main)


def test_a_change_of_the_header_alone_is_a_frame():
    async def main() -> None:
        session = Session()
        _, wire = shown(session)
        await asyncio.sleep(1)
        session.paused = True
        session.progress = MessageState(1, succeeded=2, failed=1, queued=3)
        session.changed()
        await asyncio.sleep(1)
        header = wire.of("frame")[-1]["header"]
        assert header["paused"]
        assert header["counts"]["total"] == 6
        assert header["counts"]["succeeded"] == 2

    run(main)


def test_the_last_state_always_arrives_and_its_number_is_said_once_more():
    async def main() -> None:
        session = Session()
        _, wire = shown(session)
        session.write("<p>a</p>")
        await asyncio.sleep(0.01)
        session.write("<p>b</p>")
        session.story.ended = True
        session.status = "completed"
        session.changed()
        await asyncio.sleep(CHECK_AFTER + 1)
        last = wire.of("frame")[-1]
        assert last["header"]["status"] == "completed"
        assert not last["header"]["writing"]
        assert wire.messages[-1] == {"kind": "check", "seq": last["seq"]}
        count = len(wire.messages)
        await asyncio.sleep(100)
        assert len(wire.messages) == count

    run(main)


def test_a_mounting_view_gets_the_whole_and_frames_go_on_after_its_number():
    async def main() -> None:
        session = Session()
        widget, wire = shown(session)
        session.write("<p>a</p>")
        await asyncio.sleep(1)
        session.write("<p>b</p>")
        await asyncio.sleep(1)
        assert not widget.answered
        say(widget, kind="ready", view="one")
        await asyncio.sleep(0.01)
        assert widget.answered
        (snapshot,) = wire.of("snapshot")
        assert snapshot["view"] == "one"
        assert [op["html"] for op in snapshot["ops"]] == ["<p>a</p>", "<p>b</p>"]
        assert snapshot["seq"] == wire.of("frame")[-1]["seq"]
        session.write("<p>c</p>")
        await asyncio.sleep(1)
        assert wire.of("frame")[-1]["seq"] == snapshot["seq"] + 1

    run(main)


def test_a_page_that_is_expected_is_sent_the_text_once_when_it_asks():
    async def main() -> None:
        session = Session()
        widget, wire = shown(session)
        order: list[str] = []
        widget.expect(1.0, lambda: order.append(f"over, {len(wire.messages)} sent"))
        session.write("<p>a</p>")
        widget.flush()
        await asyncio.sleep(0.5)
        assert widget.expecting
        assert not wire.messages
        say(widget, kind="ready", view="one", seq=0)
        await asyncio.sleep(0.01)
        assert not widget.expecting
        assert order == ["over, 0 sent"]
        snapshot, frame = wire.messages
        assert (snapshot["kind"], snapshot["seq"], snapshot["ops"]) == ("snapshot", 0, None)
        assert (frame["kind"], frame["seq"], len(frame["ops"])) == ("frame", 1, 1)
        await asyncio.sleep(2)
        assert len(order) == 1

    run(main)


def test_frames_go_without_a_page_that_did_not_come_in_its_time():
    async def main() -> None:
        session = Session()
        widget, wire = shown(session)
        over: list[int] = []
        widget.expect(1.0, lambda: over.append(len(wire.messages)))
        session.write("<p>a</p>")
        await asyncio.sleep(0.9)
        assert not wire.messages
        await asyncio.sleep(0.2)
        assert over == [0]
        assert len(wire.of("frame")) == 1
        say(widget, kind="ready", view="late", seq=0)
        await asyncio.sleep(0.01)
        assert len(wire.of("snapshot")[0]["ops"]) == 1

    run(main)


def test_a_widget_that_is_closed_expects_no_page_any_more_and_says_so_once():
    async def main() -> None:
        session = Session()
        widget, wire = shown(session)
        over: list[bool] = []
        widget.expect(1.0, lambda: over.append(widget.expecting))
        widget.close()
        assert not widget.expecting
        await asyncio.sleep(2)
        assert over == [False]
        assert not wire.of("frame")
        widget.expect(1.0, lambda: over.append(True))
        assert not widget.expecting

    run(main)


def test_an_expected_page_that_has_all_or_is_held_back_is_answered_in_full():
    async def main() -> None:
        session = Session()
        widget, wire = shown(session)
        session.write("<p>a</p>")
        widget.expect(1.0, lambda: None)
        widget.hold(held=True)
        say(widget, kind="ready", view="one", seq=0)
        await asyncio.sleep(0.01)
        assert len(wire.of("snapshot")[0]["ops"]) == 1
        widget.expect(1.0, lambda: None)
        assert not widget.expecting  # one has come

    run(main)


def test_a_widget_that_is_held_back_looks_once_an_interval_and_goes_on_at_once(monkeypatch):
    looks: list[None] = []
    due = PageWidget._send_due
    monkeypatch.setattr(PageWidget, "_send_due", lambda self: (looks.append(None), due(self)))

    async def main() -> None:
        session = Session()
        widget, wire = shown(session)
        widget.hold(held=True)
        for _ in range(100):
            session.write("<p>a</p>")
            await asyncio.sleep(0.01)
        assert len(looks) < 10
        before = len(wire.of("frame"))
        widget.hold(held=False)
        await asyncio.sleep(0.01)
        assert len(wire.of("frame")) == before + 1

    run(main)


def test_a_question_asked_many_times_while_the_kernel_was_busy_is_answered_once():
    async def main() -> None:
        session = Session()
        widget, wire = shown(session)
        for _ in range(5):
            say(widget, kind="ready", view="one")
        say(widget, kind="ready", view="two")
        await asyncio.sleep(1)
        assert [each["view"] for each in wire.of("snapshot")] == ["one", "two"]

    run(main)


def test_a_view_that_shows_every_frame_is_told_how_the_session_stands_and_no_more():
    async def main() -> None:
        session = Session()
        widget, wire = shown(session)
        for html in ("<p>a</p>", "<p>b</p>"):
            session.write(html)
            await asyncio.sleep(1)
        last = wire.of("frame")[-1]["seq"]
        say(widget, kind="ready", view="all", seq=last)
        say(widget, kind="ready", view="some", seq=last - 1)
        say(widget, kind="ready", view="none", seq=0)
        await asyncio.sleep(1)
        told = {each["view"]: each for each in wire.of("snapshot")}
        assert told["all"]["ops"] is None
        assert told["all"]["header"]["status"] == "running"
        assert [len(told[view]["ops"]) for view in ("some", "none")] == [2, 2]

    run(main)


def test_what_is_long_is_packed_beside_its_pictures_and_what_is_short_is_not():
    def unpacked(message: dict[str, Any], buffers: list[bytes]) -> dict[str, Any]:
        data = zlib.decompress(buffers[-1], wbits=-zlib.MAX_WBITS)
        assert len(data) == message.pop("packed")
        return {**message, **json.loads(data)}

    async def main() -> None:
        session = Session()
        widget, wire = shown(session)
        session.write("<p>short</p>")
        await asyncio.sleep(1)
        assert not any(wire.buffers)
        assert len(wire.of("frame")[-1]["ops"]) == 1
        long = "".join(f"<p>{n} \U0001f98a</p>" for n in range(1_000))
        session.write(long)
        session.story.set("image-1", status="succeeded", image=PICTURE)
        session.changed()
        await asyncio.sleep(1)
        say(widget, kind="ready", view="one", seq=0)
        await asyncio.sleep(1)
        frame, snapshot = (wire.messages[n] for n in (-2, -1))
        assert frame.keys() == {"kind", "seq", "packed"}
        assert snapshot.keys() == {"kind", "view", "seq", "packed"}
        for number in (-2, -1):
            picture, packed = wire.buffers[number]
            assert picture == PICTURE.data
            assert len(packed) < len(long) / 3
            whole = unpacked(wire.messages[number], wire.buffers[number])
            assert whole["ops"][-1]["html"] == long
            assert whole["slots"][0]["image"]["buffer"] == 0

    run(main)


def test_a_header_that_has_not_changed_is_not_sent_again():
    async def main() -> None:
        session = Session()
        _, wire = shown(session)
        await asyncio.sleep(1)
        for html in ("<p>a</p>", "<p>b</p>"):
            session.write(html)
            await asyncio.sleep(1)
        assert [frame["header"] for frame in wire.of("frame")[-2:]] == [None, None]

    run(main)
