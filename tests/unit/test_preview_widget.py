"""StreamingPreviewWidget: what it sends to its pages and when, and what it does for them."""

from __future__ import annotations

import asyncio
import contextvars
import json
import logging
import threading
import zlib
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from nbkit.models import EncodedImage, MessageState, Preview
from nbkit.progress import ProgressManager
from nbkit.slots import Version
from nbkit.testing import run, until
from nbkit.widgets import StreamingPreviewWidget
from nbkit.widgets.preview import CHECK_AFTER

PICTURE = EncodedImage(b"picture", "image/png", 512, 256)
OTHER = EncodedImage(b"other", "image/webp", 512, 512)
ORIGINAL = EncodedImage(b"the original", "image/png", 1024, 512)
TWO = (Version(ORIGINAL, PICTURE, "a fox"), Version(OTHER, OTHER, "a fox at night"))


@dataclass
class Slot:
    id: str
    prompt: str = "a fox"
    status: str = "queued"
    task_id: str | None = "t1"
    reason: str = ""
    until: float | None = None
    attempt: int = 0
    max_attempts: int | None = None
    image: EncodedImage | None = None
    display: EncodedImage | None = None
    preview: Preview | None = None
    error: str | None = None
    task_prompt: str = ""
    versions: tuple[Version, ...] = ()
    chosen: int = 0


@dataclass
class Changes:
    revision: int
    ops: list[Any]
    slots: list[Slot]


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
        self.slots[slot_id] = replace(self.slots.get(slot_id, Slot(slot_id)), **changes)
        self.slot_revisions[slot_id] = self.revision

    def changes(self, since: int) -> Changes:
        ops = [
            {"op": "put", "key": key, "html": html}
            for key, (revision, html) in enumerate(self.blocks)
            if revision > since
        ]
        slots = [slot for name, slot in self.slots.items() if self.slot_revisions[name] > since]
        return Changes(self.revision, ops, slots)

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


def test_a_picture_is_sent_once_in_frames_and_always_in_snapshots():
    async def main() -> None:
        session = Session()
        widget, wire = shown(session)
        session.story.set("image-1", status="succeeded", image=OTHER, display=PICTURE)
        session.changed()
        await asyncio.sleep(1)
        assert wire.buffers[-1] == [b"picture"]
        first = wire.of("frame")[-1]["slots"][0]["image"]
        assert first == {
            "version": 1,
            "type": "image/png",
            "width": 512,
            "height": 256,
            "buffer": 0,
        }
        session.story.set("image-1", reason="seen again")
        session.changed()
        await asyncio.sleep(1)
        assert wire.buffers[-1] == []
        assert wire.of("frame")[-1]["slots"][0]["image"] == {**first, "buffer": None}
        say(widget, kind="ready", view="one")
        await asyncio.sleep(1)
        assert wire.buffers[-1] == [b"picture"]
        session.story.set("image-1", display=OTHER)
        session.changed()
        await asyncio.sleep(1)
        assert wire.buffers[-1] == [b"other"]
        assert wire.of("frame")[-1]["slots"][0]["image"]["version"] == 2

    run(main)


def test_a_version_is_sent_when_it_is_first_chosen_and_then_only_its_number():
    async def main() -> None:
        session = Session()
        widget, wire = shown(session)

        async def show(chosen: int, versions: tuple[Version, ...] = TWO) -> dict[str, Any]:
            version = versions[chosen]
            session.story.set(
                "image-1",
                status="succeeded",
                versions=versions,
                chosen=chosen,
                image=version.image,
                display=version.display,
                prompt=version.prompt,
            )
            session.changed()
            await asyncio.sleep(1)
            slot = wire.of("frame")[-1]["slots"][0]
            assert (slot["versions"], slot["chosen"]) == (len(versions), chosen)
            return {**slot["image"], "sent": wire.buffers[-1]}

        first = await show(0)
        assert (first["version"], first["sent"]) == (1, [b"picture"])
        second = await show(1)
        assert (second["version"], second["sent"]) == (2, [b"other"])
        assert (await show(0))["version"] == 1
        assert (await show(1))["sent"] == []
        # A view that mounts now gets what is shown alone, and then the other when it is chosen.
        say(widget, kind="ready")
        await asyncio.sleep(1)
        assert wire.buffers[-1] == [b"other"]
        assert (await show(0))["sent"] == [b"picture"]
        assert (await show(1))["sent"] == []
        # A replacement has a number of its own, and nothing is kept of what it has replaced.
        new = Version(ORIGINAL, EncodedImage(b"new", "image/png"), "a fox")
        third = await show(0, (new,))
        assert (third["version"], third["sent"]) == (3, [b"new"])
        await show(0, (new, TWO[0]))
        again = await show(1, (new, TWO[0]))
        assert (again["version"], again["sent"]) == (4, [b"picture"])
        assert b"the original" not in b"".join(map(b"".join, wire.buffers))

    run(main)


def test_a_frame_is_the_same_however_many_versions_there_are():
    async def main() -> None:
        session = Session()
        _, wire = shown(session)
        sizes = set()
        for count in (2, 99):
            images = [EncodedImage(b"x" * 50, "image/png") for _ in range(count)]
            versions = tuple(Version(image, image, "a fox") for image in images)
            session.story.set("image-1", status="succeeded", versions=versions)
            session.story.set("image-1", image=images[-1], display=images[-1], chosen=10)
            session.changed()
            await asyncio.sleep(1)
            frame = wire.of("frame")[-1]
            sizes.add(
                (len(str(frame["slots"]).replace("99", "2")), len(b"".join(wire.buffers[-1])))
            )
        assert len(sizes) == 1

    run(main)


def test_the_original_comes_with_the_answer_to_whoever_asks_for_it():
    async def main() -> None:
        session = Session()
        session.story.set("image-1", status="succeeded", versions=TWO, chosen=1)
        widget, wire = shown(session)
        await asyncio.sleep(1)
        command(widget, "original", "image-1", version=0)
        await asyncio.sleep(1)
        (answer,) = wire.of("answer")
        assert answer["error"] is None
        assert answer["picture"]["type"] == "image/png"
        assert (answer["picture"]["width"], answer["picture"]["height"]) == (1024, 512)
        assert wire.buffers[-1][answer["picture"]["buffer"]] == b"the original"
        assert session.calls == []

    run(main)


def test_the_prompt_of_a_task_is_said_where_it_is_not_that_of_the_picture():
    async def main() -> None:
        session = Session()
        _, wire = shown(session)
        for prompt, said in (("a fox", None), ("an owl", "an owl")):
            session.story.set("image-1", status="running", image=PICTURE, task_prompt=prompt)
            session.changed()
            await asyncio.sleep(1)
            assert wire.of("frame")[-1]["slots"][0]["task_prompt"] == said

    run(main)


def test_what_else_a_reader_should_know_is_said_in_the_header():
    async def main() -> None:
        session = Session()
        _, wire = shown(session)

        async def remark() -> str | None:
            session.changed()
            await asyncio.sleep(1)
            return wire.of("frame")[-1]["header"]["remark"]

        assert await remark() is None
        session.store_error = OSError("the disk is full")
        assert await remark() == "Not kept: the disk is full"
        session.text_cut, session.reason = True, "its cell was executed again"
        cut = "The text ends where its kernel was killed"
        assert await remark() == f"{cut} · Not kept: the disk is full"
        session.status, session.store_error = "cancelled", None
        assert await remark() == f"Stopped: its cell was executed again · {cut}"

    run(main)


def test_a_preview_goes_with_its_slot_while_it_runs_and_not_afterwards():
    async def main() -> None:
        session = Session()
        _, wire = shown(session)
        step = Preview(0.4, image=PICTURE, step=2, steps=5)
        session.story.set("image-1", status="running", preview=step)
        session.changed()
        await asyncio.sleep(1)
        slot = wire.of("frame")[-1]["slots"][0]
        assert (slot["fraction"], slot["step"], slot["steps"]) == (0.4, 2, 5)
        assert wire.buffers[-1] == [b"picture"]
        session.story.set("image-1", status="failed", error="no")
        session.changed()
        await asyncio.sleep(1)
        slot = wire.of("frame")[-1]["slots"][0]
        assert slot["preview"] is None
        assert slot["error"] == "no"
        # The same picture, in another attempt, is another version: the page has let it go.
        session.story.set("image-1", status="running", error=None)
        session.changed()
        await asyncio.sleep(1)
        assert wire.of("frame")[-1]["slots"][0]["preview"]["version"] == 2

    run(main)


def test_the_size_that_was_asked_for_is_known_before_the_picture_comes():
    async def main() -> None:
        session = Session(size=(768, None))
        _, wire = shown(session)
        session.story.set("image-1")
        session.changed()
        await asyncio.sleep(1)
        (slot,) = wire.of("frame")[-1]["slots"]
        assert (slot["width"], slot["height"]) == (768, 0)

    run(main)


def test_a_countdown_is_sent_as_the_seconds_that_remain_by_the_clock_of_the_manager():
    async def main() -> None:
        session = Session(progress_manager=ProgressManager(clock=lambda: 500.0))
        _, wire = shown(session)
        session.story.set("image-1", status="waiting", until=530.0)
        session.story.set("image-2", status="waiting", until=470.0)
        session.changed()
        await asyncio.sleep(1)
        first, second = wire.of("frame")[-1]["slots"]
        assert first["remaining"] == 30
        assert second["remaining"] == 0

    run(main)


def test_highlighting_goes_on_in_frames_of_its_own_until_nothing_is_left():
    async def main() -> None:
        session = Session()
        _, wire = shown(session)
        session.story.pending_highlights = 5
        session.changed()
        await asyncio.sleep(2)
        assert session.story.pending_highlights == 0
        assert len(wire.of("frame")) == 5
        gaps = [b - a for a, b in zip(wire.times, wire.times[1:], strict=False)]
        assert min(gaps) >= 0.0799

    run(main)


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
