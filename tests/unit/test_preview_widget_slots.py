"""What a page is told of images: pictures and versions, previews, words and countdowns."""

from __future__ import annotations

import asyncio
from typing import Any

from unit.preview_widget_kit import ORIGINAL, OTHER, PICTURE, TWO, Session, command, say, shown

from nbkit.models import EncodedImage, Preview
from nbkit.progress import ProgressManager
from nbkit.slots import Version
from nbkit.testing import run


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
