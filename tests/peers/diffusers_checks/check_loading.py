"""A model is loaded once, when it is first needed, and let go with its last user."""

from __future__ import annotations

import asyncio
import gc
import shutil
import threading
import weakref
from typing import Any

import pytest
import torch
from diffusers import DiffusionPipeline
from tiny import pipeline

from nbkit.errors import BackendError
from nbkit.images._diffusers.devices import best_device, device_named
from nbkit.images.diffusers import DiffusersBackend
from nbkit.models import EncodedImage, ImageRequest, Preview


async def make(backend: DiffusersBackend, previews: list[Preview] | None = None) -> EncodedImage:
    on_preview = (lambda preview: None) if previews is None else previews.append
    return await backend.generate(ImageRequest("a red fox", seed=1), on_preview=on_preview)


@pytest.fixture
def loads(monkeypatch) -> list[dict[str, Any]]:
    """Each loading of a pipeline."""
    seen: list[dict[str, Any]] = []
    real = DiffusionPipeline.from_pretrained

    def load(name: str, **options: Any) -> Any:
        seen.append({"thread": threading.current_thread(), "name": name, **options})
        return real(name, **options)

    monkeypatch.setattr(DiffusionPipeline, "from_pretrained", load)
    return seen


def loaded() -> list[Any]:
    """The pipelines that lie on the device."""
    device = device_named(best_device())
    models = device.submit(lambda: list(device.models.values())).result(60)
    return [each.pipeline for each in models]


async def test_backends_that_name_a_model_in_the_same_way_share_it(folder, loads):
    backends = [
        DiffusersBackend(folder, steps=1),
        DiffusersBackend.from_spec(str(folder), {"steps": "2", "preview_every": "0"}),
        DiffusersBackend(str(folder), guidance_scale=2.0, steps=1),
    ]
    assert loads == []
    previews: list[Preview] = []
    await asyncio.gather(make(backends[0], previews), *map(make, backends[1:]))

    assert len(loads) == 1
    assert loads[0]["thread"] is not threading.main_thread()
    assert previews[0] == Preview(0.0)
    assert len(loaded()) == 1

    await make(DiffusersBackend(folder, steps=1, dtype="bfloat16"))
    assert len(loads) == 2
    assert {each.unet.dtype for each in loaded()} >= {torch.bfloat16}


async def test_options_that_cannot_be_compared_are_loaded_with_for_themselves(folder, loads):
    one, other = (DiffusersBackend(folder, steps=1, max_memory={0: 1}) for _ in range(2))
    assert one._spec != other._spec
    assert hash(one._spec) != hash(other._spec)


async def test_a_model_is_let_go_with_the_last_backend_that_is_closed(folder, loads):
    one, other = DiffusersBackend(folder, steps=1), DiffusersBackend(folder, steps=1)
    await asyncio.gather(make(one), make(other))
    alive = weakref.ref(loaded()[0].unet)

    await one.aclose()
    await one.aclose()
    assert len(loaded()) == 1
    await other.aclose()
    assert loaded() == []
    gc.collect()
    assert alive() is None

    assert (await make(one)).width == 64
    assert len(loads) == 2


async def test_a_backend_that_is_forgotten_leaves_its_model_to_the_next(folder, loads):
    await make(DiffusersBackend(folder, steps=1))
    gc.collect()
    await make(DiffusersBackend(folder, steps=1))

    assert len(loads) == 1


async def test_a_pipeline_that_was_given_stays(tmp_path):
    given = pipeline(tmp_path)
    backend = DiffusersBackend(given, steps=1)
    await make(backend)
    await backend.aclose()

    assert (await make(backend)).width == 64
    assert loaded() == []
    assert repr(backend) == "DiffusersBackend('StableDiffusionPipeline', steps=1)"


async def test_a_given_pipeline_is_moved_once_where_a_device_is_named(tmp_path, monkeypatch):
    given = pipeline(tmp_path)
    moves: list[Any] = []
    to = given.to
    monkeypatch.setattr(given, "to", lambda *where: moves.append(where) or to(*where), False)
    where = best_device()
    backend = DiffusersBackend(given, steps=1, device=torch.device(where))
    await make(backend)
    await make(backend)

    assert moves == [(where,)]
    assert given.device.type == where


async def test_a_model_that_is_not_there_is_told_and_looked_for_again(folder, tmp_path):
    backend = DiffusersBackend(tmp_path / "later", steps=1)
    with pytest.raises(BackendError, match=r"the model '.*later' cannot be loaded: .+") as caught:
        await make(backend)
    assert not caught.value.retryable
    assert caught.value.__cause__ is not None

    (tmp_path / "later").mkdir()
    with pytest.raises(BackendError, match=r"model_index\.json"):
        await make(backend)

    shutil.copytree(folder, tmp_path / "later", dirs_exist_ok=True)
    assert (await make(backend)).width == 64


async def test_a_connection_that_fails_while_loading_is_worth_another_attempt(folder, monkeypatch):
    def load(name: str, **options: Any) -> Any:
        raise ConnectionResetError("the hub hung up")

    with monkeypatch.context() as patched:
        patched.setattr(DiffusionPipeline, "from_pretrained", load)
        backend = DiffusersBackend(folder, steps=1)
        with pytest.raises(BackendError, match="the hub hung up") as caught:
            await make(backend)
    assert caught.value.retryable
    assert (await make(backend)).width == 64


async def test_where_the_memory_does_not_suffice_the_other_models_make_room(
    folder, tmp_path, monkeypatch
):
    shutil.copytree(folder, tmp_path / "other")
    await make(DiffusersBackend(folder, steps=1))
    real, tries = DiffusionPipeline.from_pretrained, []

    def load(name: str, **options: Any) -> Any:
        tries.append(len(device_named(best_device()).models))
        if tries[-1]:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return real(name, **options)

    monkeypatch.setattr(DiffusionPipeline, "from_pretrained", load)
    assert (await make(DiffusersBackend(tmp_path / "other", steps=1))).width == 64
    assert tries == [1, 0]
    assert len(loaded()) == 1


async def test_a_device_that_is_not_there_is_told(folder):
    backend = DiffusersBackend(folder, steps=1, device="cuda:77")
    with pytest.raises(BackendError, match=r"cannot be loaded: .*(CUDA|NVIDIA|device)"):
        await make(backend)


@pytest.mark.parametrize("options", [{"variant": "fp16"}, {"dtype": "float32"}])
def test_what_is_for_loading_is_refused_for_a_pipeline_that_is_loaded(tmp_path, options):
    with pytest.raises(TypeError, match=f"{next(iter(options))}: for a model"):
        DiffusersBackend(lambda prompt: None, **options)


def test_a_dtype_of_torch_is_as_good_as_its_name(folder):
    given = DiffusersBackend(folder, dtype=torch.bfloat16)

    assert given._spec == DiffusersBackend(folder, dtype="bfloat16")._spec
