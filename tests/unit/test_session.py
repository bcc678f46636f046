"""Sessions as their users know them, on a loop whose time is virtual."""

import asyncio
import contextlib
import io
import logging
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from nbkit.errors import BackendError, PatternError, StreamError
from nbkit.models import EncodedImage, ImageRequest, Preview
from nbkit.progress import ProgressManager
from nbkit.session import Session
from nbkit.session_manager import SessionManager
from nbkit.testing import run


def png(colour="red", size=(8, 6)):
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return EncodedImage(out.getvalue(), "image/png", *size)


PNG = png()


def tag(prompt):
    return f'<!--img-prompt="{prompt}"-->'


THREE = f"One {tag('a')} two {tag('b')} three {tag('c')} end."


class Backend:
    """Answers after `seconds[prompt]` of the loop's time, or as `answers[prompt]` says."""

    def __init__(self, *, seconds=None, answers=None):
        self.seconds = seconds or {}
        self.answers = answers or {}
        self.requests = []
        self.done = []

    async def generate(self, request: ImageRequest, *, on_preview):
        self.requests.append(request)
        await asyncio.sleep(self.seconds.get(request.prompt, 0))
        on_preview(Preview(0.5))
        answer = self.answers.get(request.prompt, PNG)
        if callable(answer):
            answer = await answer()
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if isinstance(answer, BaseException):
            raise answer
        self.done.append(request.prompt)
        return answer

    async def aclose(self):
        pass


@pytest.fixture
def progress():
    return ProgressManager()


@pytest.fixture
def manager(progress):
    return SessionManager(progress)


async def deltas(text, seconds=0.01, size=4):
    for at in range(0, len(text), size):
        await asyncio.sleep(seconds)
        yield text[at : at + size]


def test_the_message_is_registered_before_the_loop_gets_a_turn(manager, progress):
    async def main():
        session = manager.start(deltas(THREE), images=Backend(), message_id=42)
        assert progress.is_tracking(42)
        assert session.progress.total == 0
        await session

    run(main)


def test_images_stand_in_text_order_though_they_finish_in_another(manager):
    async def main():
        backend = Backend(seconds={"a": 3, "b": 2, "c": 1})
        session = await manager.start(deltas(THREE), images=backend, max_concurrency=3)
        assert backend.done == ["c", "b", "a"]
        assert [image.prompt for image in session.images] == ["a", "b", "c"]
        assert {image.status for image in session.images} == {"succeeded"}
        assert session.text == THREE
        assert session.status == "completed"
        assert session.progress.succeeded == session.progress.total == 3

    run(main)


def test_two_starts_for_one_message_give_one_session_until_it_has_ended(manager, progress):
    async def main():
        first = manager.start(deltas(THREE), images=Backend(), message_id="m")
        assert manager.start(deltas("other"), images=Backend(), message_id="m") is first
        await first
        second = manager.start(deltas("other " + tag("x")), images=Backend(), message_id="m")
        assert second is not first
        await second
        assert progress.get_state("m").total == 1
        assert manager.get("m") is second

    run(main)


def test_a_second_message_does_not_disturb_the_first(manager):
    async def main():
        backend = Backend(seconds={"a": 5})
        first = manager.start(deltas(THREE), images=backend, message_id=1)
        second = manager.start(deltas(THREE), images=backend, message_id=2)
        second.cancel()
        await first
        assert first.status == "completed"
        assert second.status == "cancelled"
        assert manager.status == {2: "cancelled", 1: "completed"}

    run(main)


async def _never():
    await asyncio.Event().wait()


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
        ("generation", {"b": _never}, 5),
        ("a hanging backend", {"b": _stubborn}, 5),
        ("retry sleep", {"b": BackendError("busy", retryable=True, retry_after=60)}, 5),
    ],
)
def test_cancel_settles_at_once_and_nothing_changes_afterwards(manager, phase, answers, after):
    async def main():
        loop = asyncio.get_running_loop()
        session = manager.start(deltas(THREE), images=Backend(answers=answers), message_id=7)
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


def test_a_source_that_breaks_keeps_the_text_and_finishes_its_images(manager):
    async def broken():
        yield f"Before {tag('a')} middle"
        raise OSError("the line was cut")

    async def main():
        session = manager.start(broken(), images=Backend(seconds={"a": 2}), message_id=1)
        with pytest.raises(StreamError, match="the line was cut"):
            await session
        assert session.status == "failed"
        assert session.text == f"Before {tag('a')} middle"
        assert session.images[0].status == "succeeded"
        assert isinstance(session.error, StreamError)

    run(main)


def test_failed_images_do_not_raise_and_can_be_retried(manager):
    async def main():
        backend = Backend(answers={"b": [BackendError("no"), PNG]})
        session = await manager.start(THREE, images=backend)
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


def test_regenerate_appends_a_version_and_a_failure_destroys_nothing(manager):
    async def main():
        green, blue = png("green"), png("blue")
        backend = Backend(answers={"a": [PNG, green, BackendError("no"), blue]})
        session = await manager.start(f"x {tag('a')}", images=backend)
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


def test_a_task_may_be_regenerated_twice_without_waiting_and_both_become_versions(manager):
    async def main():
        green, blue = png("green"), png("blue")
        backend = Backend(answers={"a": [PNG, green, blue]})
        session = await manager.start(f"x {tag('a')}", images=backend, max_concurrency=1)
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


def test_regenerate_with_another_prompt_changes_the_prompt_of_the_slot(manager):
    async def main():
        backend = Backend()
        session = await manager.start(f"x {tag('a')}", images=backend)
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


def test_the_version_that_is_chosen_is_the_one_that_is_shown_and_saved(manager, tmp_path):
    async def main():
        green, blue = png("green"), png("blue")
        backend = Backend(answers={"a": [PNG, green], "b": blue})
        session = await manager.start(f"x {tag('a')}", images=backend)
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


def test_the_former_image_is_shown_while_another_is_made_and_after_that_has_failed(manager):
    async def main():
        backend = Backend(answers={"a": PNG, "b": BackendError("no b")}, seconds={"b": 5})
        session = await manager.start(f"x {tag('a')}", images=backend)
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


def test_a_replacement_drops_what_was_there_before_it_and_nothing_later(manager):
    async def main():
        green, blue = png("green"), png("blue")
        backend = Backend(answers={"a": PNG, "b": blue, "c": green}, seconds={"b": 5, "c": 1})
        session = await manager.start(f"x {tag('a')}", images=backend)
        first = session.images[0].task_id
        session.regenerate(first, "b", mode="replace")
        session.regenerate(first, "c")
        await session
        assert made(session) == [green.data, blue.data]
        assert session.images[0].image.data == blue.data

    run(main)


def test_a_failure_that_a_newer_task_has_followed_can_be_retried_and_is_seen_again(manager):
    async def main():
        backend = Backend(answers={"b": BackendError("no b")}, seconds={"b": 1})
        session = await manager.start(f"x {tag('a')}", images=backend)
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


def test_a_session_cancelled_while_another_version_is_made_keeps_the_former_one(manager):
    async def main():
        session = await manager.start(f"x {tag('a')}", images=Backend(seconds={"b": 9}))
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


def test_a_prompt_past_max_images_is_no_task_until_it_is_asked_for(manager):
    async def main():
        session = await manager.start(THREE, images=Backend(), max_images=1)
        assert [image.status for image in session.images] == ["succeeded", "skipped", "skipped"]
        assert session.progress.total == 1
        slot = list(session.story.slots)[2]
        session.generate(slot)
        await session
        assert [image.status for image in session.images] == ["succeeded", "skipped", "succeeded"]

    run(main)


def test_style_seed_and_size_reach_the_backend_alone(manager):
    async def main():
        backend = Backend()
        session = await manager.start(
            f"x {tag('a cat')}", images=backend, style="in ink", seed=3, width=64, height=32
        )
        (request,) = backend.requests
        assert "in ink" in request.prompt
        assert request.prompt.endswith("a cat")
        assert (request.seed, request.width, request.height) == (3, 64, 32)
        assert session.images[0].prompt == "a cat"
        assert "in ink" not in session.to_html()

    run(main)


def test_pause_holds_back_new_images_but_not_the_text(manager):
    async def main():
        backend = Backend()
        session = manager.start(deltas(THREE), images=backend)
        session.pause()
        await asyncio.sleep(60)
        assert session.paused
        assert session.text == THREE
        assert backend.requests == []
        session.resume()
        await session
        assert session.progress.succeeded == 3

    run(main)


def test_a_paused_session_promises_no_time():
    async def main():
        manager = SessionManager(ProgressManager(clock=asyncio.get_running_loop().time))
        text = " ".join(tag(i) for i in range(6))
        backend = Backend(seconds={str(i): 1 for i in range(6)})
        session = manager.start(text, images=backend, max_concurrency=1)
        await asyncio.sleep(3.5)
        assert session.progress.eta == pytest.approx(2.5, rel=0.1)
        session.pause()
        assert session.progress.eta is None
        await asyncio.sleep(10)
        session.resume()
        assert session.progress.eta == pytest.approx(2, rel=0.1)
        await session

    run(main)


def test_limits_set_in_mid_run_act_at_once(manager):
    async def main():
        backend = Backend(seconds={str(i): 10 for i in range(6)})
        text = " ".join(tag(i) for i in range(6))
        session = manager.start(text, images=backend, max_concurrency=1)
        await asyncio.sleep(1)
        assert len(backend.requests) == 1
        session.max_concurrency = 6
        await asyncio.sleep(0.1)
        assert len(backend.requests) == 6
        with pytest.raises(ValueError, match="max_concurrency"):
            session.max_concurrency = 0
        await session

    run(main)


def test_cancelling_the_await_cancels_the_session(manager):
    async def main():
        session = manager.start(deltas(THREE), images=Backend(answers={"a": _never}))

        async def waits():
            await session

        waiting = asyncio.create_task(waits())
        await asyncio.sleep(5)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert session.status == "cancelled"
        assert session.text == THREE

    run(main)


def test_a_polled_text_is_followed_until_it_says_that_it_is_complete(manager):
    async def main():
        text = "Once "

        async def so_far():
            return text

        session = manager.start(so_far, images=Backend())
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
    manager, progress, options, error, words
):
    with pytest.raises(error, match=words):
        manager.start("text", message_id=1, **{"images": Backend(), **options})
    assert not progress.is_tracking(1)
    assert manager.sessions == []


@pytest.mark.parametrize("source", [b"bytes", 7, None, object()])
def test_a_source_of_the_wrong_kind_is_a_type_error(manager, progress, source):
    with pytest.raises(TypeError):
        manager.start(source, images=Backend(), message_id=1)
    assert not progress.is_tracking(1)


def test_a_script_without_a_loop_gets_the_same_by_wait(manager):
    session = manager.start(iter([THREE[:9], THREE[9:]]), images=Backend())
    assert session.wait() is session
    assert session.text == THREE
    assert [image.status for image in session.images] == ["succeeded"] * 3
    session.regenerate(session.images[0].task_id)
    session.wait()
    assert len(session.images[0].versions) == 2


def test_wait_past_its_time_raises_and_the_session_goes_on(manager):
    release = threading.Event()

    def backend(prompt):
        release.wait(10)
        return PNG

    session = manager.start(f"x {tag('a')}", images=backend)
    with pytest.raises(TimeoutError, match="goes on"):
        session.wait(timeout=0.05)
    assert session.status == "running"
    release.set()
    session.wait(timeout=10)
    assert session.status == "completed"


def test_a_session_can_be_waited_for_from_another_thread(manager):
    async def main():
        session = manager.start(deltas(THREE), images=Backend())
        assert await asyncio.to_thread(session.wait) is session
        assert session.status == "completed"

    asyncio.run(main())


def test_who_waits_in_the_loops_own_threads_holds_up_no_image(manager):
    async def main():
        # Its only thread waits for the image, which is looked at and made smaller in another.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        session = manager.start(tag("a"), images=Backend(answers={"a": png(size=(1000, 10))}))
        async with asyncio.timeout(10):
            await asyncio.to_thread(session.wait)
        assert session.progress.succeeded == 1

    asyncio.run(main())


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (PNG.data[:-20], "truncated"),
        (b"<html>busy</html>" * 9, "looks like an HTML"),
        (PNG.data + b"x" * 26_000_000, "MB"),
    ],
)
def test_what_a_backend_object_gives_back_is_checked(manager, data, reason):
    async def main():
        bad = EncodedImage(data, "image/png", 8, 6)
        session = await manager.start(THREE, images=Backend(answers={"b": bad}))
        assert [i.status for i in session.images] == ["succeeded", "failed", "succeeded"]
        assert isinstance(session.images[1].error, BackendError)
        assert re.search(reason, str(session.images[1].error))
        assert session.images[1].image is None
        assert session.images[1].attempts == 1

    run(main)


def test_a_broken_view_disturbs_nobody(manager, caplog):
    async def main():
        session = manager.start(THREE, images=Backend())

        def broken():
            raise RuntimeError("a view")

        session.subscribe(broken)
        await session
        assert session.status == "completed"

    run(main)
    assert "a view" in caplog.text


def test_a_restart_that_is_refused_leaves_what_there_was(manager, progress):
    async def main():
        backend = Backend(answers={"b": [BackendError("no"), PNG]})
        first = await manager.start(THREE, images=backend, message_id=1)
        for wrong in ({"source": 123}, {"source": "x", "max_concurrency": 0}):
            with pytest.raises((TypeError, ValueError)):
                manager.start(message_id=1, images=backend, **wrong)
        assert manager.get(1) is first
        assert first.progress.total == progress.get_state(1).total == 3
        first.retry()
        await first
        assert first.progress.succeeded == 3

    run(main)


def test_a_session_whose_message_was_started_anew_is_its_past(manager):
    async def main():
        backend = Backend(answers={"b": BackendError("no")})
        first = await manager.start(THREE, images=backend, message_id="k")
        second = await manager.start(f"x {tag('a')}", images=backend, message_id="k")
        assert first.progress.total == 3
        for act in (first.retry, lambda: first.regenerate(first.images[0].task_id)):
            with pytest.raises(RuntimeError, match="started anew"):
                act()
        assert second.progress.total == 1

    run(main)


def test_more_sessions_at_once_than_finished_messages_are_kept_lose_no_count(manager, caplog):
    async def slowly():
        for prompt in "abc":
            yield tag(prompt)
            await asyncio.sleep(2)

    async def main():
        backend = Backend()
        sessions = [manager.start(slowly(), images=backend) for _ in range(400)]
        for session in sessions:
            await session
        assert {(s.progress.total, s.progress.succeeded) for s in sessions} == {(3, 3)}

    run(main)
    assert "not tracked" not in caplog.text


def test_a_failed_image_is_retried_long_after_its_message_was_let_go(manager, progress, caplog):
    async def main():
        backend = Backend(answers={"b": [BackendError("no"), PNG]})
        session = await manager.start(THREE, images=backend, message_id="old")
        for _ in range(210):
            await manager.start(tag("a"), images=Backend())
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


def test_what_was_stopped_is_not_completed_by_a_retry(manager):
    async def main():
        backend = Backend(answers={"a": [BackendError("no"), PNG], "b": _never})
        session = manager.start(deltas(THREE), images=backend, max_concurrency=1)
        await asyncio.sleep(5)
        session.cancel()
        session.retry()
        assert session.status == "running"
        await session
        assert [i.status for i in session.images] == ["succeeded", "cancelled", "cancelled"]
        assert session.status == "cancelled"

    run(main)


def test_a_thousand_messages_of_three_prompts_lose_nothing_without_any_widget(
    manager, progress, caplog
):
    async def main():
        backend = Backend()
        gate = asyncio.Semaphore(10)

        async def one(number):
            async with gate:
                session = await manager.start(
                    THREE, images=backend, message_id=number, max_concurrency=10
                )
                assert [image.status for image in session.images] == ["succeeded"] * 3
                assert session.progress.succeeded == session.progress.total == 3

        await asyncio.gather(*(one(number) for number in range(1000)))
        assert len(backend.done) == 3000

    with caplog.at_level(logging.WARNING):
        run(main)
    assert "not tracked" not in caplog.text


def test_a_saved_page_notebook_and_markdown_hold_text_and_images(manager, tmp_path):
    session = manager.start(f"# Title\n\nSea: {tag('the <sea>')}\n", images=Backend())
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


def test_a_session_that_ended_leaves_no_task_behind(manager):
    async def main():
        backend = Backend(answers={"b": BackendError("no")})
        await manager.start(deltas(THREE), images=backend)
        await asyncio.sleep(1)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(main)


def test_a_session_whose_loop_closes_ends_in_order(manager):
    async def main():
        return manager.start(deltas(THREE), images=Backend(answers={"a": _never}))

    session = asyncio.run(main())
    assert session.status == "cancelled"
    assert Session.__name__ in repr(session)
    with pytest.raises(RuntimeError, match="closed"):
        session.retry()
