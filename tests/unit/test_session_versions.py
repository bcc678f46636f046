"""Images made again: retries, versions, replacements, and which one is shown."""

import asyncio

import pytest
from unit.session_kit import PNG, THREE, Backend, deltas, never, png, tag

from nbkit.errors import BackendError
from nbkit.testing import run


def test_failed_images_do_not_raise_and_can_be_retried(session_manager):
    async def main():
        backend = Backend(answers={"b": [BackendError("no"), PNG]})
        session = await session_manager.start(THREE, images=backend)
        failed = session.images[1]
        assert failed.status == "failed"
        assert "no" in str(failed.error)
        with pytest.raises(ValueError, match="nothing"):
            session.retry("nothing")
        session.retry()
        assert session.status == "running"
        await session
        assert [image.status for image in session.images] == ["succeeded"] * 3
        assert session.images[1].attempts == 2
        assert session.images[1].error is None

    run(main)


def test_regenerate_appends_a_version_and_a_failure_destroys_nothing(session_manager):
    async def main():
        green, blue = png("green"), png("blue")
        backend = Backend(answers={"a": [PNG, green, BackendError("no"), blue]})
        session = await session_manager.start(f"x {tag('a')}", images=backend)
        session.regenerate(session.images[0].task_id)
        await session
        assert [v.data for v in session.images[0].versions] == [PNG.data, green.data]
        session.regenerate(session.images[0].task_id, mode="replace")
        await session
        assert session.images[0].status == "failed"
        assert session.images[0].image.data == green.data
        session.regenerate(session.images[0].task_id, mode="replace")
        await session
        assert [v.data for v in session.images[0].versions] == [blue.data]
        assert session.progress.total == 4
        assert len(session.images) == 1

    run(main)


def test_a_task_may_be_regenerated_twice_without_waiting_and_both_become_versions(session_manager):
    async def main():
        green, blue = png("green"), png("blue")
        backend = Backend(answers={"a": [PNG, green, blue]})
        session = await session_manager.start(f"x {tag('a')}", images=backend, max_concurrency=1)
        first = session.images[0].task_id
        session.regenerate(first)
        session.regenerate(first)
        await session
        made = [version.data for version in session.images[0].versions]
        assert made == [PNG.data, green.data, blue.data]
        session.regenerate(first)
        await session
        assert session.progress.succeeded == session.progress.total == 4
        assert len({request.seed for request in backend.requests}) == 4

    run(main)


def test_regenerate_with_another_prompt_changes_the_prompt_of_the_slot(session_manager):
    async def main():
        backend = Backend()
        session = await session_manager.start(f"x {tag('a')}", images=backend)
        session.regenerate(session.images[0].task_id, "another")
        await session
        assert session.images[0].prompt == "another"
        assert backend.done == ["a", "another"]
        with pytest.raises(ValueError, match="nothing"):
            session.regenerate("nothing")
        with pytest.raises(ValueError, match="mode"):
            session.regenerate(session.images[0].task_id, mode="both")

    run(main)


def made(session, number=0):
    return [version.data for version in session.images[number].versions]


def test_the_version_that_is_chosen_is_the_one_that_is_shown_and_saved(session_manager, tmp_path):
    async def main():
        green, blue = png("green"), png("blue")
        backend = Backend(answers={"a": [PNG, green], "b": blue})
        session = await session_manager.start(f"x {tag('a')}", images=backend)
        seen = []
        session.subscribe(lambda: seen.append(session.images[0].image))
        first = session.images[0].task_id
        session.regenerate(first)
        await session
        session.regenerate(first, "b")
        await session
        assert made(session) == [PNG.data, green.data, blue.data]
        assert (session.images[0].image.data, session.images[0].prompt) == (blue.data, "b")
        for version, image, prompt in ((0, PNG, "a"), (-1, blue, "b"), (1, green, "a")):
            session.choose(first, version)
            assert seen[-1].data == image.data
            assert (session.images[0].image.data, session.images[0].prompt) == (image.data, prompt)
            assert f'alt="{prompt}"' in session.to_html()
            session.save(tmp_path / "it.md")
            assert (tmp_path / "it_images" / "image-1.png").read_bytes() == image.data
        assert session.status == "completed"
        assert made(session) == [PNG.data, green.data, blue.data]
        for version in (3, -4):
            with pytest.raises(IndexError, match="3 versions"):
                session.choose(first, version)
        with pytest.raises(ValueError, match="nothing"):
            session.choose("nothing", 0)
        # The next one is made from what is shown, and is shown itself.
        session.regenerate(session.images[0].task_id)
        await session
        assert backend.done == ["a", "a", "b", "a"]
        assert session.story.slots["image-1"].chosen == 3
        return session

    session = run(main)
    session.choose(session.images[0].task_id, 2)  # the loop is closed: it can be read all the same
    assert session.images[0].prompt == "b"


def test_the_former_image_is_shown_while_another_is_made_and_after_that_has_failed(session_manager):
    async def main():
        backend = Backend(answers={"a": PNG, "b": BackendError("no b")}, seconds={"b": 5})
        session = await session_manager.start(f"x {tag('a')}", images=backend)
        session.regenerate(session.images[0].task_id, "b", mode="replace")
        await asyncio.sleep(1)
        slot = session.story.slots["image-1"]
        assert (slot.status, slot.image.data, slot.prompt) == ("running", PNG.data, "a")
        assert slot.task_prompt == "b"
        with pytest.raises(ValueError, match="still running"):
            session.regenerate(slot.task_id)
        await session
        slot = session.story.slots["image-1"]
        assert (slot.status, slot.error, slot.image.data) == ("failed", "no b", PNG.data)
        assert made(session) == [PNG.data]
        assert 'alt="a"' in session.to_html()
        backend.answers["b"] = png("blue")
        session.retry(slot.task_id)
        await session
        assert made(session) == [png("blue").data]
        assert session.images[0].prompt == "b"
        assert (session.progress.total, session.progress.succeeded) == (2, 2)

    run(main)


def test_a_replacement_drops_what_was_there_before_it_and_nothing_later(session_manager):
    async def main():
        green, blue = png("green"), png("blue")
        backend = Backend(answers={"a": PNG, "b": blue, "c": green}, seconds={"b": 5, "c": 1})
        session = await session_manager.start(f"x {tag('a')}", images=backend)
        first = session.images[0].task_id
        session.regenerate(first, "b", mode="replace")
        session.regenerate(first, "c")
        await session
        assert made(session) == [green.data, blue.data]
        assert session.images[0].image.data == blue.data

    run(main)


def test_a_failure_that_a_newer_task_has_followed_can_be_retried_and_is_seen_again(session_manager):
    async def main():
        backend = Backend(answers={"b": BackendError("no b")}, seconds={"b": 1})
        session = await session_manager.start(f"x {tag('a')}", images=backend)
        first = session.images[0].task_id
        session.regenerate(first, "b")
        await session
        failed = session.images[0].task_id
        session.regenerate(first, "c")
        await session
        assert [image.status for image in session.images] == ["succeeded"]
        session.retry(failed)
        assert session.images[0].status == "queued"
        await session
        assert session.images[0].status == "failed"
        assert (session.images[0].prompt, len(session.images[0].versions)) == ("c", 2)

    run(main)


def test_a_session_cancelled_while_another_version_is_made_keeps_the_former_one(session_manager):
    async def main():
        session = await session_manager.start(f"x {tag('a')}", images=Backend(seconds={"b": 9}))
        session.regenerate(session.images[0].task_id, "b", mode="replace")
        await asyncio.sleep(1)
        session.cancel()
        await session
        assert (session.status, session.images[0].status) == ("cancelled", "cancelled")
        assert made(session) == [PNG.data]
        session.regenerate(session.images[0].task_id, "c")
        await session
        assert session.status == "completed"
        assert len(made(session)) == 2

    run(main)


def test_a_failed_image_is_retried_long_after_its_message_was_let_go(
    session_manager, progress, caplog
):
    async def main():
        backend = Backend(answers={"b": [BackendError("no"), PNG]})
        session = await session_manager.start(THREE, images=backend, message_id="old")
        for _ in range(210):
            await session_manager.start(tag("a"), images=Backend())
        assert not progress.is_tracking("old")
        assert session.progress.failed == 1
        versions = [image.versions for image in session.images]
        session.retry()
        await session
        assert [image.status for image in session.images] == ["succeeded"] * 3
        assert session.images[0].versions == versions[0]
        assert session.progress.succeeded == session.progress.total == 3

    run(main)
    assert "not tracked" not in caplog.text


def test_what_was_stopped_is_not_completed_by_a_retry(session_manager):
    async def main():
        backend = Backend(answers={"a": [BackendError("no"), PNG], "b": never})
        session = session_manager.start(deltas(THREE), images=backend, max_concurrency=1)
        await asyncio.sleep(5)
        session.cancel()
        session.retry()
        assert session.status == "running"
        await session
        assert [i.status for i in session.images] == ["succeeded", "cancelled", "cancelled"]
        assert session.status == "cancelled"

    run(main)
