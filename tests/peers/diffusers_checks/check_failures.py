"""What goes wrong is told as what it is, and the next request works."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
import torch
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from tiny import pipeline
from transformers import CLIPConfig, CLIPImageProcessor

from nbkit.errors import BackendError
from nbkit.images._diffusers.devices import best_device, device_named
from nbkit.images.diffusers import DiffusersBackend
from nbkit.models import EncodedImage, ImageRequest

REQUEST = ImageRequest("a red fox", seed=1)


async def make(backend: DiffusersBackend, request: ImageRequest = REQUEST) -> EncodedImage:
    return await backend.generate(request, on_preview=lambda preview: None)


def checker(weight: float) -> StableDiffusionSafetyChecker:
    """Diffusers' own safety checker, whose threshold everything or nothing passes."""
    small = {
        "hidden_size": 32,
        "intermediate_size": 37,
        "num_hidden_layers": 1,
        "num_attention_heads": 4,
    }
    vision = {**small, "image_size": 32, "patch_size": 16}
    config = CLIPConfig(text_config=small, vision_config=vision, projection_dim=16)
    found = StableDiffusionSafetyChecker(config)
    found.concept_embeds_weights.data.fill_(weight)
    return found


@pytest.mark.parametrize("weight", [-9.0, 9.0])
async def test_a_picture_that_the_safety_checker_blacked_out_is_an_error(tmp_path, weight):
    given = pipeline(tmp_path)
    given.register_modules(
        safety_checker=checker(weight),
        feature_extractor=CLIPImageProcessor(
            size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}
        ),
    )
    backend = DiffusersBackend(given, steps=1)
    if weight > 0:
        assert (await make(backend)).width == 64
        return
    with pytest.raises(BackendError, match=r"safety checker .*nsfw_content_detected") as caught:
        await make(backend)
    assert not caught.value.retryable
    assert caught.value.prompt == "a red fox"


def without_memory(kind: str) -> None:
    if kind == "cuda":
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 7.00 GiB")
    if kind == "mps":
        raise RuntimeError("MPS backend out of memory (MPS allocated: 9.0 GB)")
    torch.empty(1 << 60, dtype=torch.uint8)  # the processor's own


@pytest.mark.parametrize("kind", ["cuda", "mps", "cpu"])
async def test_too_little_memory_is_told_with_its_device_and_the_next_request_works(
    folder, steps, kind
):
    freed: list[Any] = []
    backend = DiffusersBackend(folder, steps=3)

    def fail(count: int) -> None:
        if count == 2:
            # What the pipeline holds at that time must go.
            latents = torch.zeros(9)
            freed.append(weakref.ref(latents))
            without_memory(kind)

    steps.before = fail
    with pytest.raises(BackendError, match=r"ran out of memory on \w+; .*smaller size") as caught:
        await make(backend)

    assert not caught.value.retryable
    assert "memory" in str(caught.value.__cause__)
    assert freed[0]() is None
    assert (await make(backend)).width == 64


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
async def test_a_picture_larger_than_the_device_is_told_and_the_next_request_works(folder):
    backend = DiffusersBackend(folder, steps=1)
    with pytest.raises(BackendError, match=r"ran out of memory on cuda"):
        await make(backend, ImageRequest("a fox", seed=1, width=65536, height=65536))
    assert (await make(backend)).width == 64


async def test_what_a_pipeline_raises_is_told_in_its_words_and_not_retried(folder, steps):
    def fail(count: int) -> None:
        raise ZeroDivisionError("the sky fell")

    backend = DiffusersBackend(folder, steps=3)
    steps.before = fail
    with pytest.raises(BackendError, match="StableDiffusionPipeline failed: the sky fell") as told:
        await make(backend)

    assert isinstance(told.value.__cause__, ZeroDivisionError)
    assert not told.value.retryable
    steps.before = lambda count: None
    assert (await make(backend)).width == 64


async def test_an_error_that_is_kept_keeps_no_pipeline(folder, steps):
    alive: list[Any] = []

    def fail(count: int) -> None:
        alive.append(weakref.ref(next(iter(device.models.values())).pipeline.unet))
        raise ZeroDivisionError("the sky fell")

    device = device_named(best_device())
    steps.before = fail
    backend = DiffusersBackend(folder, steps=1)
    with pytest.raises(BackendError, match="the sky fell") as caught:
        await make(backend)
    await backend.aclose()
    device.submit(gc.collect).result(60)

    assert alive[0]() is None
    assert caught.value.__cause__.__traceback__ is not None


async def test_a_pipeline_left_half_way_is_cleaned_up(tmp_path, steps):
    given = pipeline(tmp_path)
    cleaned: list[int] = []
    given.maybe_free_model_hooks = lambda: cleaned.append(1)

    def fail(count: int) -> None:
        raise ZeroDivisionError

    steps.before = fail
    with pytest.raises(BackendError, match="ZeroDivisionError"):
        await make(DiffusersBackend(given, steps=1))
    assert cleaned == [1]
