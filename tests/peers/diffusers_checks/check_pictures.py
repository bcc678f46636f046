"""What is asked for is what the pipeline is called with, and its picture is what comes back."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from nbkit import pixels
from nbkit.errors import BackendError
from nbkit.images.diffusers import DiffusersBackend
from nbkit.models import EncodedImage, ImageRequest, Preview


async def make(backend: DiffusersBackend, prompt: str = "a red fox", **asked: Any) -> EncodedImage:
    asked.setdefault("seed", 3)
    return await backend.generate(ImageRequest(prompt, **asked), on_preview=lambda preview: None)


async def test_the_same_prompt_and_seed_give_the_same_bytes_and_others_do_not(folder):
    backend = DiffusersBackend.from_spec(str(folder), {"steps": "3"})
    first = await make(backend)

    assert first == pixels.check_image(first.data)
    assert (first.media_type, first.width, first.height) == ("image/png", 64, 64)
    assert (await make(backend)).data == first.data
    assert (await make(DiffusersBackend(folder, steps=3))).data == first.data
    others = [
        await make(backend, seed=4),
        await make(backend, "a blue house"),
        await make(backend, negative_prompt="snow"),
        await make(DiffusersBackend(folder, steps=3, guidance_scale=2.0)),
        await make(DiffusersBackend(folder, steps=4)),
    ]
    assert len({first.data, *(each.data for each in others)}) == 6


@pytest.mark.parametrize("seed", [0, -1, 2**64 + 1, -(2**70)])
async def test_any_whole_number_is_a_seed(folder, seed):
    backend = DiffusersBackend(folder, steps=1)

    assert (await make(backend, seed=seed)).data == (await make(backend, seed=seed)).data


async def test_without_a_seed_each_picture_is_another(folder):
    backend = DiffusersBackend(folder, steps=1)

    assert (await make(backend, seed=None)).data != (await make(backend, seed=None)).data


async def test_a_size_goes_through_and_one_that_the_pipeline_refuses_is_its_error(folder, steps):
    backend = DiffusersBackend(folder, steps=1)
    image = await make(backend, width=96, height=48)

    assert (image.width, image.height) == (96, 48)
    assert steps.count == 1
    with pytest.raises(BackendError, match="divisible by 8") as caught:
        await make(backend, width=97, height=48)
    assert steps.count == 1
    assert caught.value.prompt == "a red fox"
    assert not caught.value.retryable


async def test_params_are_passed_by_their_names(folder, steps):
    backend = DiffusersBackend(folder, steps=7)
    await make(backend, params={"num_inference_steps": 2, "guidance_scale": 1.0})

    assert steps.count == 2


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"colour": "red", "num_inference_steps": 1, "size": 3}, "does not take colour, size"),
        ({"callback_on_step_end": print}, "params cannot set callback_on_step_end"),
        ({"prompt": "another"}, "params cannot set prompt"),
    ],
)
async def test_params_that_the_pipeline_does_not_take_are_named(folder, steps, params, said):
    with pytest.raises(BackendError, match=said):
        await make(DiffusersBackend(folder, steps=1), params=params)
    assert steps.count == 0


async def test_previews_come_in_order_and_are_small_pictures(folder):
    previews: list[Preview] = []
    backend = DiffusersBackend(folder, steps=3)
    request = ImageRequest("a red fox", seed=1, width=400, height=200)
    await backend.generate(request, on_preview=previews.append)

    assert previews[0] == Preview(0.0)
    pictured = [each for each in previews if each.image is not None]
    assert len(pictured) > 1
    fractions = [each.fraction for each in previews]
    assert fractions == sorted(set(fractions))
    assert fractions[-1] < 1
    for each in pictured:
        assert each.steps == 3
        assert each.fraction == pytest.approx(each.step / 4)
        assert each.image == pixels.check_image(each.image.data)
        assert (each.image.width, each.image.height) == (192, 96)
        assert len({*Image.open(io.BytesIO(each.image.data)).getdata()}) > 8


@pytest.mark.parametrize(("every", "pictured"), [(0, set()), (2, {1, 3, 5})])
async def test_only_every_so_many_steps_have_a_picture(folder, steps, every, pictured):
    seen: list[Preview] = []
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    backend = DiffusersBackend(folder, steps=5, preview_every=every)

    def wait_for_the_page(count: int) -> None:
        # So that none is overtaken.
        asyncio.run_coroutine_threadsafe(told.wait(), loop).result(60)
        loop.call_soon_threadsafe(told.clear)

    def show(preview: Preview) -> None:
        seen.append(preview)
        told.set()

    steps.before = wait_for_the_page
    await backend.generate(ImageRequest("a fox", seed=1), on_preview=show)

    assert {each.step for each in seen if each.image is not None} == pictured
    assert [each.step for each in seen] == [None, 1, 2, 3, 4, 5]


class Own:
    """A pipeline of somebody's own: it takes a prompt, and nothing else that nbkit knows."""

    def __init__(self, result: Any) -> None:
        self._result = result

    def __call__(self, prompt: str, colour: str = "red", **ignored: Any) -> Any:
        assert not ignored
        return self._result(colour)


class Output:
    def __init__(self, images: Any) -> None:
        self.images = images


def coloured(colour: str) -> Image.Image:
    return Image.new("RGB", (5, 4), colour)


async def test_a_pipeline_is_given_only_what_its_call_names():
    for own in (Own(lambda colour: Output([coloured(colour)])), Own(lambda c: ([coloured(c)],))):
        backend = DiffusersBackend(own, steps=3, guidance_scale=2.0)
        image = await make(backend, width=640, negative_prompt="snow", params={"colour": "blue"})
        assert Image.open(io.BytesIO(image.data)).getpixel((0, 0)) == (0, 0, 255)


@pytest.mark.parametrize("result", [None, Output([]), Output(None), Output([b"png"]), ([[1]],)])
async def test_a_result_without_a_picture_is_an_error_that_names_its_type(result):
    with pytest.raises(BackendError, match=f"gave back {type(result).__qualname__} without"):
        await make(DiffusersBackend(Own(lambda colour: result)))


async def test_a_pipeline_that_takes_no_prompt_is_an_error():
    with pytest.raises(BackendError, match="makes no pictures from a prompt"):
        await make(DiffusersBackend(lambda image: image))


async def test_a_folder_may_be_named_from_the_home_folder(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(Path(folder).parent))

    assert await make(DiffusersBackend.from_spec("~/model", {"steps": "1"}))
