"""The models in a device's memory: loaded once, shared by the backends that name them.

All of this happens in the device's own thread, so that nothing here needs a lock.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
import traceback
import weakref
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nbkit.errors import BackendError, explain
from nbkit.images._diffusers.devices import Device, free_memory

DTYPES = ("float16", "bfloat16", "float32")
"""The number formats that a model may be loaded in."""

_DTYPE_ARGUMENT = (0, 42)  # the release from which on it is not called torch_dtype

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """What a backend asks to be loaded: a hub id or a folder, and how.

    Those that are equal share a pipeline. ``options`` that cannot be compared have a ``key`` of
    their own.
    """

    name: str
    dtype: str | None
    options: Mapping[str, Any] = field(compare=False)
    key: Hashable

    @classmethod
    def of(cls, model: str | os.PathLike[Any], dtype: Any, options: Mapping[str, Any]) -> ModelSpec:
        """Check what can be checked without torch.

        Raises
        ------
        ValueError
            For no name, or a number format that is none of :data:`DTYPES`.
        """
        name = os.path.expanduser(os.fsdecode(model)).strip()  # noqa: PTH111 - or a hub id
        if not name:
            raise ValueError("a diffusion model is a hub id or the path of a folder, not ''")
        if dtype is not None and (dtype := str(dtype).removeprefix("torch.")) not in DTYPES:
            raise ValueError(f"dtype is one of {', '.join(DTYPES)}, not {dtype!r}")
        key: Hashable = tuple(sorted(options.items(), key=lambda each: each[0]))
        try:
            hash(key)
        except TypeError:
            key = object()
        return cls(name, dtype, dict(options), key)


@dataclass(slots=True)
class _Loaded:
    """A pipeline, and the backends that have used it and were not closed."""

    pipeline: Any
    holders: weakref.WeakSet[Any] = field(default_factory=weakref.WeakSet)


def obtain(device: Device, spec: ModelSpec, holder: object) -> Any:
    """Return the pipeline of a model, which is loaded if it is not there yet.

    Where the memory does not suffice, the other models that were loaded here make room.

    Raises
    ------
    BackendError
        If it cannot be loaded; the next call tries again.
    """
    loaded = device.models.get(spec)
    if loaded is None:
        try:
            pipeline = _load(spec, device.name)
        except Exception as error:
            forget_locals(error)
            if not (is_out_of_memory(error) and device.models):
                raise _not_loaded(spec, error) from error
        else:
            device.models[spec] = loaded = _Loaded(pipeline)
    if loaded is None:
        _log.info("Unloading %d models to make room for %r", len(device.models), spec.name)
        device.models.clear()
        free_memory()
        try:
            device.models[spec] = loaded = _Loaded(_load(spec, device.name))
        except Exception as error:
            forget_locals(error)
            raise _not_loaded(spec, error) from error
    loaded.holders.add(holder)
    return loaded.pipeline


def release(device: Device, spec: ModelSpec, holder: object) -> None:
    """Let go of a model for one backend; with the last one it is unloaded.

    One that was merely forgotten leaves the model where it is, for the next to find it there.
    """
    loaded = device.models.get(spec)
    if loaded is None or holder not in loaded.holders:
        return
    loaded.holders.discard(holder)
    if not loaded.holders:
        del device.models[spec], loaded
        free_memory()


def forget_locals(error: BaseException | None) -> None:
    """Empty the frames of an error's traceback, and of those that led to it.

    Their locals are pipelines and tensors, and a session keeps its errors. The lines stay.
    """
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


def is_out_of_memory(error: BaseException) -> bool:
    """Say whether a device's memory did not suffice."""
    torch: Any = sys.modules.get("torch")
    if isinstance(error, MemoryError):
        return True
    if torch is not None and isinstance(error, torch.cuda.OutOfMemoryError):
        return True
    # For MPS and the processor torch has no type of its own, and tells by these words alone.
    return type(error) is RuntimeError and any(
        words in str(error) for words in ("out of memory", "can't allocate memory")
    )


def _load(spec: ModelSpec, device: str) -> Any:
    torch: Any = importlib.import_module("torch")
    diffusers: Any = importlib.import_module("diffusers")
    options = dict(spec.options)
    release = tuple(int(part) for part in diffusers.__version__.split(".")[:2])
    dtype = spec.dtype or _dtype(torch, device, options.get("variant"))
    options["dtype" if release >= _DTYPE_ARGUMENT else "torch_dtype"] = getattr(torch, dtype)
    pipeline = diffusers.DiffusionPipeline.from_pretrained(spec.name, **options)
    if "device_map" not in options:
        pipeline = pipeline.to(device)
    # Its steps are shown by nbkit.
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _dtype(torch: Any, device: str, variant: object) -> str:
    """Choose a number format: half of one where the device reckons in it."""
    if not device.startswith(("cuda", "mps")):
        return "float32"
    if variant == "fp16" or device.startswith("mps"):
        return "float16"
    # Some newer models overflow in float16.
    return "bfloat16" if torch.cuda.is_bf16_supported(False) else "float16"


def _not_loaded(spec: ModelSpec, error: Exception) -> BackendError:
    return BackendError(
        f"the model {spec.name!r} cannot be loaded: {explain(error)}",
        retryable=isinstance(error, (ConnectionError, TimeoutError)),
    )
