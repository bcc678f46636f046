"""A session from its start to its end: text, images, failures, and what it leaves."""

import asyncio
import contextlib
import logging
import re

import pytest
from unit.session_kit import PNG, THREE, Backend, deltas, never, tag

from nbkit.errors import BackendError, PatternError, StreamError
from nbkit.models import EncodedImage
from nbkit.testing import run


def test_the_message_is_registered_before_the_loop_gets_a_turn(session_manager, progress):
    async def main():
        session = session_manager.start(deltas(THREE), images=Backend(), message_id=42)
        assert progress.is_tracking(42)
        assert session.progress.total == 0
        await session

    run(main)


def test_images_stand_in_text_order_though_they_finish_in_another(session_manager):
    async def main():
        backend = Backend(seconds={"a": 3, "b": 2, "c": 1})
        session = await session_manager.start(deltas(THREE), images=backend, max_concurrency=3)
        assert backend.done == ["c", "b", "a"]
        assert [image.prompt for image in session.images] == ["a", "b", "c"]
        assert {image.status for image in session.images} == {"succeeded"}
        assert session.text == THREE
        assert session.status == "completed"
        assert session.progress.succeeded == session.progress.total == 3

    run(main)


def test_two_starts_for_one_message_give_one_session_until_it_has_ended(session_manager, progress):
    async def main():
        first = session_manager.start(deltas(THREE), images=Backend(), message_id="m")
        assert session_manager.start(deltas("other"), images=Backend(), message_id="m") is first
        await first
        second = session_manager.start(
            deltas("other " + tag("x")), images=Backend(), message_id="m"
        )
        assert second is not first
        await second
        assert progress.get_state("m").total == 1
        assert session_manager.get("m") is second

    run(main)


def test_a_second_message_does_not_disturb_the_first(session_manager):
    async def main():
        backend = Backend(seconds={"a": 5})
        first = session_manager.start(deltas(THREE), images=backend, message_id=1)
        second = session_manager.start(deltas(THREE), images=backend, message_id=2)
        second.cancel()
        await first
        assert first.status == "completed"
        assert second.status == "cancelled"
        assert session_manager.status == {2: "cancelled", 1: "completed"}

    run(main)


async def _stubborn():
    """Takes no notice of being cancelled, for an hour."""
    until = asyncio.get_running_loop().time() + 3600
    while (left := until - asyncio.get_running_loop().time()) > 0:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(left)
    return PNG


@pytest.mark.parametrize(
    ("phase", "answers", "after"),
    [
        ("detection", {}, 0.02),
        ("generation", {"b": never}, 5),
        ("a hanging backend", {"b": _stubborn}, 5),
        ("retry sleep", {"b": BackendError("busy", retryable=True, retry_after=60)}, 5),
    ],
)
def test_cancel_settles_at_once_and_nothing_changes_afterwards(
    session_manager, phase, answers, after
):
    async def main():
        loop = asyncio.get_running_loop()
        session = session_manager.start(
            deltas(THREE), images=Backend(answers=answers), message_id=7
        )
        await asyncio.sleep(after)
        if phase != "detection":
            assert session.images[0].status == "succeeded"
        before = loop.time()
        session.cancel()
        await session
        assert loop.time() - before <= 0.1
        assert session.status == "cancelled"
        seen = (session.text, session.images, session.progress, session.story.to_html())
        changes = []
        session.subscribe(lambda: changes.append(1))
        await asyncio.sleep(7200)
        assert (session.text, session.images, session.progress, session.story.to_html()) == seen
        assert changes == []
        assert session.progress.pending == 0
        if phase != "detection":
            assert session.images[0].image is not None
            assert session.images[1].status == "cancelled"

    run(main)


def test_a_source_that_breaks_keeps_the_text_and_finishes_its_images(session_manager):
    async def broken():
        yield f"Before {tag('a')} middle"
        raise OSError("the line was cut")

    async def main():
        session = session_manager.start(broken(), images=Backend(seconds={"a": 2}), message_id=1)
        with pytest.raises(StreamError, match="the line was cut"):
            await session
        assert session.status == "failed"
        assert session.text == f"Before {tag('a')} middle"
        assert session.images[0].status == "succeeded"
        assert isinstance(session.error, StreamError)

    run(main)


def test_a_polled_text_is_followed_until_it_says_that_it_is_complete(session_manager):
    async def main():
        text = "Once "

        async def so_far():
            return text

        session = session_manager.start(so_far, images=Backend())
        await asyncio.sleep(1)
        text += f"upon {tag('a')}"
        await asyncio.sleep(1)
        assert session.status == "running"
        assert session.images[0].status == "succeeded"
        text += " a time"
        session.finish()
        await session
        assert session.text == text

    run(main)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"max_concurrency": 0}, ValueError, "max_concurrency"),
        ({"min_interval": -1}, ValueError, "min_interval"),
        ({"max_rate": 0}, ValueError, "max_rate"),
        ({"retries": -1}, ValueError, "retries"),
        ({"timeout": 0}, ValueError, "timeout"),
        ({"max_images": -1}, ValueError, "max_images"),
        ({"poll_interval": 0}, ValueError, "poll_interval"),
        ({"patterns": ["(open"]}, PatternError, r"\(open"),
        ({"images": "nowhere"}, ValueError, "sketch"),
        ({"images": 7}, TypeError, "int"),
        ({"style_position": "middle"}, ValueError, "style_position"),
        ({"style": 3}, TypeError, "style must be a str, not 3"),
        ({"seed": "a"}, TypeError, "seed must be a whole number or None, not 'a'"),
        ({"seed": True}, TypeError, "seed"),
        ({"width": -5}, ValueError, "width must be .* from 1 to 8192, or None, not -5"),
        ({"width": 0}, ValueError, "width"),
        ({"height": "9"}, ValueError, "height must be .* from 1 to 8192, or None, not '9'"),
    ],
)
def test_bad_input_is_one_clear_error_and_leaves_nothing_behind(
    session_manager, progress, options, error, words
):
    with pytest.raises(error, match=words):
        session_manager.start("text", message_id=1, **{"images": Backend(), **options})
    assert not progress.is_tracking(1)
    assert session_manager.sessions == []


@pytest.mark.parametrize("source", [b"bytes", 7, None, object()])
def test_a_source_of_the_wrong_kind_is_a_type_error(session_manager, progress, source):
    with pytest.raises(TypeError):
        session_manager.start(source, images=Backend(), message_id=1)
    assert not progress.is_tracking(1)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (PNG.data[:-20], "truncated"),
        (b"<html>busy</html>" * 9, "looks like an HTML"),
        (PNG.data + b"x" * 26_000_000, "MB"),
    ],
)
def test_what_a_backend_object_gives_back_is_checked(session_manager, data, reason):
    async def main():
        bad = EncodedImage(data, "image/png", 8, 6)
        session = await session_manager.start(THREE, images=Backend(answers={"b": bad}))
        assert [i.status for i in session.images] == ["succeeded", "failed", "succeeded"]
        assert isinstance(session.images[1].error, BackendError)
        assert re.search(reason, str(session.images[1].error))
        assert session.images[1].image is None
        assert session.images[1].attempts == 1

    run(main)


def test_a_broken_view_disturbs_nobody(session_manager, caplog):
    async def main():
        session = session_manager.start(THREE, images=Backend())

        def broken():
            raise RuntimeError("a view")

        session.subscribe(broken)
        await session
        assert session.status == "completed"

    run(main)
    assert "a view" in caplog.text


def test_a_thousand_messages_of_three_prompts_lose_nothing_without_any_widget(
    session_manager, progress, caplog
):
    async def main():
        backend = Backend()
        gate = asyncio.Semaphore(10)

        async def one(number):
            async with gate:
                session = await session_manager.start(
                    THREE, images=backend, message_id=number, max_concurrency=10
                )
                assert [image.status for image in session.images] == ["succeeded"] * 3
                assert session.progress.succeeded == session.progress.total == 3

        await asyncio.gather(*(one(number) for number in range(1000)))
        assert len(backend.done) == 3000

    with caplog.at_level(logging.WARNING):
        run(main)
    assert "not tracked" not in caplog.text


def test_a_saved_page_notebook_and_markdown_hold_text_and_images(session_manager, tmp_path):
    session = session_manager.start(f"# Title\n\nSea: {tag('the <sea>')}\n", images=Backend())
    session.wait()
    page = session.save(tmp_path / "story.html").read_text()
    assert "<title>Title</title>" in page
    assert "data:image/png;base64," in page
    assert 'alt="the &lt;sea&gt;"' in page
    markdown = session.save(tmp_path / "story.md").read_text()
    assert "# Title" in markdown
    assert (tmp_path / "story_images" / "image-1.png").read_bytes() == PNG.data
    assert "story_images/image-1.png" in markdown
    import nbformat

    notebook = nbformat.read(session.save(tmp_path / "story.ipynb"), as_version=4)
    nbformat.validate(notebook)
    output = notebook.cells[0].outputs[0]["data"]
    assert "data:image/png;base64," in output["text/html"]
    assert "Title" in output["text/plain"]
    with pytest.raises(ValueError, match=r"\.html"):
        session.save(tmp_path / "story.pdf")
    assert not list(tmp_path.glob(".*"))


def test_a_session_that_ended_leaves_no_task_behind(session_manager):
    async def main():
        backend = Backend(answers={"b": BackendError("no")})
        await session_manager.start(deltas(THREE), images=backend)
        await asyncio.sleep(1)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(main)


@pytest.mark.parametrize("end", ["cancel", "timeout"])
def test_an_image_that_was_stopped_while_it_was_being_stored_is_held_no_more(session_manager, end):
    async def main():
        session = session_manager.start(tag("a"), images=Backend(), retries=0)
        storing = asyncio.Event()

        async def image(*_):
            storing.set()
            await never()

        session._run.recording.image = image
        await storing.wait()
        if end == "cancel":
            session.cancel()
        await session
        assert session.images[0].status == ("cancelled" if end == "cancel" else "failed")
        assert not session._run.images._displays

    run(main)
