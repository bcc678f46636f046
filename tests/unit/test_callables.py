"""What a user's callable is called with, where, and what becomes of its result and its end."""

from __future__ import annotations

import asyncio
import functools
import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from nbkit.errors import BackendError
from nbkit.images import CallableBackend, resolve_backend
from nbkit.models import EncodedImage, ImageRequest, Preview
from nbkit.testing import run, until


def png(colour: str = "red", size: tuple[int, int] = (4, 3)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def no_preview(_: Preview) -> None:
    raise AssertionError("a callable has no previews")


def make(function: Any, request: ImageRequest | None = None) -> EncodedImage:
    async def main() -> EncodedImage:
        backend = resolve_backend(function)
        return await backend.generate(request or ImageRequest("a fox"), on_preview=no_preview)

    return run(main)


# --- what is called, where, and with what ------------------------------------


def test_a_sync_callable_runs_in_a_thread_and_an_async_one_on_the_loop() -> None:
    threads: dict[str, threading.Thread] = {}

    def blocking(prompt: str) -> bytes:
        threads["sync"] = threading.current_thread()
        return png()

    async def cooperative(prompt: str) -> bytes:
        threads["async"] = threading.current_thread()
        return png()

    make(blocking)
    make(cooperative)

    assert threads["sync"] is not threading.main_thread()
    assert threads["async"] is threading.main_thread()


class Painter:
    """Callable in every way there is."""

    async def __call__(self, prompt: str, *, seed: int) -> bytes:
        return png(size=(seed, 1))

    def draw(self, prompt: str, seed: int) -> bytes:
        return png(size=(seed, 2))


async def coloured(colour: str, prompt: str, seed: int = 1) -> bytes:
    return png(colour, size=(seed, 3))


@pytest.mark.parametrize(
    ("function", "height"),
    [
        (Painter(), 1),
        (Painter().draw, 2),
        (functools.partial(coloured, "blue"), 3),
        (lambda prompt, seed: coloured("red", prompt, seed), 3),
    ],
)
def test_objects_methods_partials_and_lambdas_are_callables_too(function: Any, height: int) -> None:
    image = make(function, ImageRequest("a fox", seed=5))

    assert (image.width, image.height) == (5, height)


def test_a_callable_gets_the_options_that_its_signature_names_and_no_others() -> None:
    seen: dict[str, Any] = {}

    def full(text: str, seed: int, *, height: int, width: int, negative_prompt: str) -> bytes:
        seen.update(text=text, seed=seed, width=width, height=height, avoid=negative_prompt)
        return png()

    def bare(prompt: str) -> bytes:
        seen["bare"] = prompt
        return png()

    request = ImageRequest("a fox", seed=3, width=8, height=9, negative_prompt="snow")
    make(full, request)
    make(bare, request)

    assert seen == {
        "text": "a fox", "seed": 3, "width": 8, "height": 9, "avoid": "snow", "bare": "a fox",
    }  # fmt: skip


def test_an_option_that_was_not_asked_for_leaves_the_callables_default() -> None:
    seen: list[Any] = []

    def defaults(prompt: str, seed: int = 42, width: int | None = None) -> bytes:
        seen.append((seed, width))
        return png()

    def needs(prompt: str, seed: int | None) -> bytes:
        seen.append(seed)
        return png()

    make(defaults)
    make(needs)
    make(defaults, ImageRequest("a fox", seed=0))

    assert seen == [(42, None), None, (0, None)]


def test_the_callers_context_reaches_a_thread() -> None:
    import contextvars

    name: contextvars.ContextVar[str] = contextvars.ContextVar("name", default="nobody")
    seen: list[str] = []

    async def main() -> None:
        name.set("somebody")
        backend = CallableBackend(lambda prompt: seen.append(name.get()) or png())
        await backend.generate(ImageRequest("a fox"), on_preview=no_preview)

    run(main)
    assert seen == ["somebody"]


# --- what it gives back ------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "fox.png"
    path.write_bytes(png())
    return path


def test_bytes_paths_pillow_images_and_encoded_images_are_results(file: Path) -> None:
    results: list[Any] = [
        png(), bytearray(png()), memoryview(png()), file, str(file), Image.new("RGB", (4, 3)),
        EncodedImage(png(), "image/png"), EncodedImage(png(), "image/gif", 999, 999),
    ]  # fmt: skip
    for result in results:
        image = make(lambda prompt, result=result: result)
        assert (image.media_type, image.width, image.height) == ("image/png", 4, 3)


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (None, "returned None"),
        (7, "returned an object of type int"),
        (b"<html>", "HTML"),
        ("no/such/file.png", "not that of a file: 'no/such/file.png'"),
        (Path("/"), "not that of a file"),
        ("x" * 5000, "path"),
        ("a\0b", "not that of a file"),
        (png()[:40], "truncated or broken"),
        (EncodedImage(b"junk", "image/png"), "not a PNG"),
    ],
)
def test_what_is_no_image_is_a_backend_error_with_the_reason_and_the_prompt(
    result: Any, reason: str
) -> None:
    with pytest.raises(BackendError, match=reason) as caught:
        make(lambda prompt: result)

    assert caught.value.prompt == "a fox"
    assert not caught.value.retryable
    assert len(str(caught.value)) < 600


def test_a_huge_file_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    with path.open("wb") as stream:
        stream.write(png())
        stream.truncate(10**12)

    with pytest.raises(BackendError, match="too large"):
        make(lambda prompt: path)


def test_what_a_callable_raises_comes_through_as_it_is() -> None:
    class OddError(Exception):
        pass

    for error in (OddError("odd"), TimeoutError("slow"), BackendError("busy", retryable=True)):

        def fail(prompt: str, error: Exception = error) -> bytes:
            raise error

        with pytest.raises(type(error)) as caught:
            make(fail)
        assert (type(caught.value), str(caught.value)) == (type(error), str(error))


def test_what_no_future_can_hold_or_would_end_the_loop_becomes_an_ordinary_error() -> None:
    def leave(prompt: str) -> bytes:
        raise SystemExit(3)

    def cancelled(prompt: str) -> bytes:
        raise asyncio.CancelledError

    empty: Iterator[bytes] = iter(())
    for function, name in (
        (lambda prompt: next(empty), "StopIteration"),
        (leave, "SystemExit"),
        (cancelled, "CancelledError"),
    ):
        with pytest.raises(RuntimeError, match=name):
            make(function)


# --- cancelling --------------------------------------------------------------


async def test_cancelling_abandons_a_blocking_callable_at_once() -> None:
    begun, release = threading.Event(), threading.Event()

    def hang(prompt: str) -> bytes:
        begun.set()
        release.wait(30)
        raise ValueError("nobody hears this")

    backend = resolve_backend(hang)
    task = asyncio.create_task(backend.generate(ImageRequest("a fox"), on_preview=no_preview))
    await until(begun.is_set)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert not release.is_set()
    release.set()
    await until(lambda: not any(t.name == "nbkit-work" for t in threading.enumerate()))


async def test_many_callables_that_hang_do_not_hold_up_another() -> None:
    release = threading.Event()

    def hang(prompt: str) -> bytes:
        release.wait(120)
        return png()

    slow, quick = resolve_backend(hang), resolve_backend(lambda prompt: png())
    request = ImageRequest("a fox")
    hung = [asyncio.create_task(slow.generate(request, on_preview=no_preview)) for _ in range(60)]
    image = await asyncio.wait_for(quick.generate(request, on_preview=no_preview), 60)

    assert image.width == 4
    release.set()
    assert len(await asyncio.gather(*hung)) == 60


async def test_cancelling_reaches_an_async_callable() -> None:
    cancelled = asyncio.Event()
    begun = asyncio.Event()

    async def patient(prompt: str) -> bytes:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return png()

    backend = resolve_backend(patient)
    task = asyncio.create_task(backend.generate(ImageRequest("a fox"), on_preview=no_preview))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert cancelled.is_set()


async def test_closing_holds_nothing() -> None:
    backend = CallableBackend(lambda prompt: png())

    await backend.aclose()
    await backend.aclose()
    assert "lambda" in repr(backend)
