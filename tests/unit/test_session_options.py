"""What a session is asked to keep to: limits, sizes, style, pauses, restarts."""

import asyncio

import pytest
from unit.session_kit import PNG, THREE, Backend, deltas, tag

from nbkit.errors import BackendError
from nbkit.progress import ProgressManager
from nbkit.session_manager import SessionManager
from nbkit.testing import run


def test_a_prompt_past_max_images_is_no_task_until_it_is_asked_for(session_manager):
    async def main():
        session = await session_manager.start(THREE, images=Backend(), max_images=1)
        assert [image.status for image in session.images] == ["succeeded", "skipped", "skipped"]
        assert session.progress.total == 1
        slot = list(session.story.slots)[2]
        session.generate(slot)
        await session
        assert [image.status for image in session.images] == ["succeeded", "skipped", "succeeded"]

    run(main)


def test_style_seed_and_size_reach_the_backend_alone(session_manager):
    async def main():
        backend = Backend()
        session = await session_manager.start(
            f"x {tag('a cat')}", images=backend, style="in ink", seed=3, width=64, height=32
        )
        (request,) = backend.requests
        assert "in ink" in request.prompt
        assert request.prompt.endswith("a cat")
        assert (request.seed, request.width, request.height) == (3, 64, 32)
        assert session.images[0].prompt == "a cat"
        assert "in ink" not in session.to_html()

    run(main)


def test_pause_holds_back_new_images_but_not_the_text(session_manager):
    async def main():
        backend = Backend()
        session = session_manager.start(deltas(THREE), images=backend)
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
        session_manager = SessionManager(ProgressManager(clock=asyncio.get_running_loop().time))
        text = " ".join(tag(i) for i in range(6))
        backend = Backend(seconds={str(i): 1 for i in range(6)})
        session = session_manager.start(text, images=backend, max_concurrency=1)
        await asyncio.sleep(3.5)
        assert session.progress.eta == pytest.approx(2.5, rel=0.1)
        session.pause()
        assert session.progress.eta is None
        await asyncio.sleep(10)
        session.resume()
        assert session.progress.eta == pytest.approx(2, rel=0.1)
        await session

    run(main)


def test_limits_set_in_mid_run_act_at_once(session_manager):
    async def main():
        backend = Backend(seconds={str(i): 10 for i in range(6)})
        text = " ".join(tag(i) for i in range(6))
        session = session_manager.start(text, images=backend, max_concurrency=1)
        await asyncio.sleep(1)
        assert len(backend.requests) == 1
        session.max_concurrency = 6
        await asyncio.sleep(0.1)
        assert len(backend.requests) == 6
        with pytest.raises(ValueError, match="max_concurrency"):
            session.max_concurrency = 0
        await session

    run(main)


def test_a_restart_that_is_refused_leaves_what_there_was(session_manager, progress):
    async def main():
        backend = Backend(answers={"b": [BackendError("no"), PNG]})
        first = await session_manager.start(THREE, images=backend, message_id=1)
        for wrong in ({"source": 123}, {"source": "x", "max_concurrency": 0}):
            with pytest.raises((TypeError, ValueError)):
                session_manager.start(message_id=1, images=backend, **wrong)
        assert session_manager.get(1) is first
        assert first.progress.total == progress.get_state(1).total == 3
        first.retry()
        await first
        assert first.progress.succeeded == 3

    run(main)


def test_a_session_whose_message_was_started_anew_is_its_past(session_manager):
    async def main():
        backend = Backend(answers={"b": BackendError("no")})
        first = await session_manager.start(THREE, images=backend, message_id="k")
        second = await session_manager.start(f"x {tag('a')}", images=backend, message_id="k")
        assert first.progress.total == 3
        for act in (first.retry, lambda: first.regenerate(first.images[0].task_id)):
            with pytest.raises(RuntimeError, match="started anew"):
                act()
        assert second.progress.total == 1

    run(main)


def test_more_sessions_at_once_than_finished_messages_are_kept_lose_no_count(
    session_manager, caplog
):
    async def slowly():
        for prompt in "abc":
            yield tag(prompt)
            await asyncio.sleep(2)

    async def main():
        backend = Backend()
        sessions = [session_manager.start(slowly(), images=backend) for _ in range(400)]
        for session in sessions:
            await session
        assert {(s.progress.total, s.progress.succeeded) for s in sessions} == {(3, 3)}

    run(main)
    assert "not tracked" not in caplog.text
