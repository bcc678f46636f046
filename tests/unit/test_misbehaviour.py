"""Sources and backends that do what they should not: no session hangs, and nothing is lost."""

from __future__ import annotations

import asyncio
import gc
import io
import math
from collections.abc import AsyncIterator
from typing import Any

import pytest
from PIL import Image

from nbkit.errors import BackendError, LoopError, StreamError, explain
from nbkit.models import EncodedImage, Preview
from nbkit.progress import ProgressManager
from nbkit.session import Session
from nbkit.session_manager import SessionManager
from nbkit.testing import VirtualLoop, run


def png() -> EncodedImage:
    out = io.BytesIO()
    Image.new("RGB", (8, 6), "red").save(out, "PNG")
    return EncodedImage(out.getvalue(), "image/png", 8, 6)


PNG = png()
TAG = '<!--img-prompt="a fox"-->'


class Backend:
    """Generates by an async function of the request and ``on_preview``."""

    def __init__(self, make: Any) -> None:
        self._make = make

    async def generate(self, request: Any, *, on_preview: Any) -> Any:
        return await self._make(request, on_preview)

    async def aclose(self) -> None:
        pass


def session(source: Any = f"See {TAG} here.", make: Any = None, **options: Any) -> Session:
    async def good(_request: Any, _on_preview: Any) -> EncodedImage:
        return PNG

    manager = SessionManager(ProgressManager())
    return manager.start(source, images=Backend(make or good), **options)


# Errors


class MuteError(Exception):
    """An error that fails to say itself."""

    def __str__(self) -> str:
        raise ValueError("no words")


def test_an_error_that_cannot_say_itself_is_called_by_its_type():
    assert explain(MuteError()) == "MuteError"

    async def make(_request: Any, _on_preview: Any) -> EncodedImage:
        raise MuteError

    async def main() -> None:
        async with asyncio.timeout(5):
            done = await session(make=make)
        assert [str(each.error) for each in done.images] == ["no image for 'a fox': MuteError"]

    run(main)


def test_errors_that_cause_one_another_are_each_said_once():
    first, second = ValueError("hen"), ValueError("egg")
    first.__cause__, second.__cause__ = second, first
    assert explain(first) == "hen: egg"


def test_an_error_is_text_that_can_be_sent():
    assert explain(BackendError("half a \ud83d")) == "half a \ufffd"


def test_a_backend_that_calls_for_the_exit_fails_its_image_and_ends_no_loop():
    async def make(_request: Any, _on_preview: Any) -> EncodedImage:
        raise SystemExit(2)

    async def main() -> None:
        done = await session(make=make)
        assert done.status == "completed"
        (image,) = done.images
        assert image.status == "failed"
        assert "SystemExit" in str(image.error)

    run(main)


# Previews


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (Preview(math.nan), Preview(0.0)),
        (Preview(math.inf, step=1, steps=4), Preview(0.25, step=1, steps=4)),
        (Preview(7), Preview(1.0)),
        (Preview(-1), Preview(0.0)),
        (Preview("half"), Preview(0.0)),  # type: ignore[arg-type]
        (Preview(0.5, image="a.png"), Preview(0.5)),  # type: ignore[arg-type]
        (Preview(0.5, image=EncodedImage(b"<svg>", "image/svg+xml")), Preview(0.5)),
        (Preview(0.5, image=EncodedImage(b"", "image/png")), Preview(0.5)),
        (Preview(0.5, step="a", steps=[]), Preview(0.5)),  # type: ignore[arg-type]
        (Preview(0.5, step=3, steps=0), Preview(0.5)),
        (Preview(0.5, image=PNG, step=1, steps=2), Preview(0.5, image=PNG, step=1, steps=2)),
        ("half", None),
        (None, None),
    ],
)
def test_a_preview_is_shown_as_far_as_it_makes_sense(given, shown):
    async def main() -> None:
        told = asyncio.Event()

        async def make(_request: Any, on_preview: Any) -> EncodedImage:
            on_preview(given)
            told.set()
            await asyncio.sleep(1)
            return PNG

        one = session(make=make)
        await told.wait()
        assert one.story.slots["image-1"].preview == shown
        await one
        assert one.images[0].status == "succeeded"

    run(main)


def test_a_preview_from_another_thread_is_shown_on_the_loop():
    async def main() -> None:
        threads = []

        async def make(_request: Any, on_preview: Any) -> EncodedImage:
            await asyncio.to_thread(on_preview, Preview(0.25))
            await asyncio.sleep(1)
            await asyncio.to_thread(on_preview, Preview(0.75))
            return PNG

        one = session(make=make)

        def look() -> None:
            preview = one.story.slots["image-1"].preview if one.story.slots else None
            if preview is not None:
                threads.append((preview.fraction, asyncio.get_running_loop()))

        one.subscribe(look)
        await one
        assert (0.25, asyncio.get_running_loop()) in threads
        assert one.story.slots["image-1"].preview is None

    run(main)


# Sources


class StopEverythingError(BaseException):
    """No ``Exception``, as an interrupt is none."""


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (SystemExit(3), "SystemExit: 3"),
        (GeneratorExit(), "GeneratorExit"),
        (StopEverythingError("stop"), "stop"),
    ],
)
def test_a_source_that_raises_what_is_no_exception_fails_and_keeps_its_images(error, said, caplog):
    async def source() -> AsyncIterator[str]:
        yield f"See {TAG} here."
        raise error

    async def main() -> None:
        one = session(source())
        with pytest.raises(StreamError, match=said):
            await one
        assert one.status == "failed"
        assert one.story.ended
        assert [each.status for each in one.images] == ["succeeded"]

    run(main)
    gc.collect()
    assert caplog.records == []


def test_an_interrupt_that_strikes_in_a_source_is_raised_once(caplog):
    async def source() -> AsyncIterator[str]:
        yield "text"
        raise KeyboardInterrupt

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        loop = runner.get_loop()

        async def start() -> Session:
            return session(source())

        one = loop.run_until_complete(start())
        with pytest.raises(KeyboardInterrupt):
            loop.run_until_complete(asyncio.sleep(1))
        loop.run_until_complete(asyncio.sleep(1))
        assert one.status == "failed"
    gc.collect()
    assert caplog.records == []


def test_what_nobody_has_foreseen_ends_the_session_and_all_that_it_does(monkeypatch):
    async def make(_request: Any, _on_preview: Any) -> EncodedImage:
        await asyncio.Event().wait()
        raise AssertionError

    async def main() -> None:
        one = session(make=make)
        end = one.story.end

        def broken() -> None:
            end()
            raise LookupError("a defect of the renderer")

        monkeypatch.setattr(one.story, "end", broken)
        with pytest.raises(LookupError):
            await one
        assert one.status == "failed"
        assert [each.status for each in one.images] == ["cancelled"]

    run(main)


def test_a_session_that_has_ended_can_be_waited_for_after_its_loop():
    async def start() -> Session:
        return await session()

    async def again() -> Session:
        return await one

    one = run(start)
    assert one.wait(1) is one
    assert run(again) is one
    assert one.wait() is one


def test_a_session_whose_loop_closed_under_it_cannot_be_waited_for():
    async def never() -> AsyncIterator[str]:
        await asyncio.Event().wait()
        yield ""

    async def start() -> Session:
        return session(never())

    loop = VirtualLoop()
    one = loop.run_until_complete(start())
    tasks = asyncio.all_tasks(loop)
    loop.close()
    with pytest.raises(LoopError, match="closed"):
        one.wait(1)
    for task in tasks:
        task.get_coro().close()


@pytest.mark.parametrize(
    ("deltas", "text"),
    [
        (["a \ud83e", "\udd8a b"], "a 🦊 b"),
        (["a \ud83e", "", "\udd8a", "\ud83e", "\udd8a"], "a 🦊🦊"),
        (["\ud83e", "x", "\udd8a"], "\ufffdx\ufffd"),
        (["\ud83e\ud83e", "\udd8a"], "\ufffd🦊"),
        (["a", "\ud83e"], "a\ufffd"),
        (["\udd8a\ud83e\udd8a é"], "\ufffd🦊 é"),
    ],
)
def test_half_a_character_waits_for_its_other_half(deltas, text):
    async def main() -> None:
        one = await session(deltas)
        assert one.text == one.story.text == text

    run(main)


def test_half_a_character_in_a_prompt_does_not_keep_the_image_from_being_shown():
    async def main() -> None:
        one = await session([TAG.replace("fox", "\ud83e")])
        assert [(each.prompt, each.status) for each in one.images] == [("a \ufffd", "succeeded")]
        assert 'alt="a \ufffd"' in one.to_html()

    run(main)
