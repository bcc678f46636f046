"""Pictures from a diffusion model in this process, by Hugging Face diffusers."""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import math
import os
from collections.abc import Callable, Mapping
from typing import Any

from nbkit.errors import BackendError, MissingExtraError
from nbkit.images._diffusers.devices import Device, best_device, device_named, free_memory
from nbkit.images._diffusers.generation import Cancelled, Generation
from nbkit.images._diffusers.models import (
    ModelSpec,
    forget_locals,
    is_out_of_memory,
    obtain,
    release,
)
from nbkit.images._diffusers.previews import Mailbox
from nbkit.images._options import read_options
from nbkit.models import EncodedImage, ImageRequest, Preview
from nbkit.threads import in_thread

_OPTIONS: dict[str, Callable[[str], Any]] = {
    "steps": int,
    "guidance_scale": float,
    "device": str,
    "dtype": str,
    "preview_every": int,
    "variant": str,
    "revision": str,
}


class DiffusersBackend:
    """Makes pictures with a pipeline of the diffusers package, in this process.

    Everything on one device happens in one thread, one picture at a time, whatever backends and
    sessions ask; never on the loop. torch is imported and the model loaded with the first
    picture, whose previews say 0.0 meanwhile. Backends that name the same model in the same way
    share it.

    Cancelling a generation returns at once, and its pipeline is left at the end of the step that
    it is at; where it tells nothing of its steps, at its own next look, or at its end. One that
    waits for the device never begins.

    The request's ``negative_prompt`` and sizes are passed to a pipeline whose call names them,
    ``params`` by their names in that call. Sizes go through as they are: the pipeline says which
    it takes. A seed gives the same bytes on the same device and versions.

    Parameters
    ----------
    pipeline_or_model
        A model's id on the hub or the path of its folder; or a pipeline that was loaded already,
        which stays where it is unless ``device`` says otherwise.
    steps, guidance_scale
        As in the pipeline's call, where it names them; ``None`` leaves its own defaults.
    device
        As torch names it (``"cuda:1"``); ``None`` for CUDA, else MPS, else the processor.
    dtype
        ``"float16"``, ``"bfloat16"`` or ``"float32"``, or torch's own; ``None`` for half
        precision, and full on the processor. For a model that is loaded here.
    preview_every
        Steps from one preview with a picture to the next; 0 for none with pictures.
    load_options
        For ``DiffusionPipeline.from_pretrained``: ``variant``, ``revision`` and others.

    Raises
    ------
    MissingExtraError
        If diffusers or torch is not installed.
    TypeError
        If it is neither a model's name nor a pipeline, or options are given that are for loading.
    ValueError
        For a parameter out of its range.
    """

    checks_images = True
    """What it gives back needs no checking."""

    max_concurrency = 1
    """A device does one thing at a time."""

    about = "a diffusion model in this process, by Hugging Face diffusers; no server"

    def __init__(
        self,
        pipeline_or_model: Any,
        *,
        steps: int | None = None,
        guidance_scale: float | None = None,
        device: Any = None,
        dtype: Any = None,
        preview_every: int = 1,
        **load_options: Any,
    ) -> None:
        if steps is not None and steps < 1:
            raise ValueError(f"steps is 1 or more, not {steps}")
        if guidance_scale is not None and not math.isfinite(guidance_scale):
            raise ValueError(f"guidance_scale is a finite number, not {guidance_scale}")
        if preview_every < 0:
            raise ValueError(f"preview_every is 0 or more, not {preview_every}")
        self.steps = steps
        self.guidance_scale = guidance_scale
        self.preview_every = preview_every
        self._device_name = None if device is None else str(device)
        self._device: Device | None = None
        self._pipeline: Any = None
        self._moves = False
        self._spec: ModelSpec | None = None
        if isinstance(pipeline_or_model, (str, os.PathLike)):
            for package in ("diffusers", "torch"):
                if importlib.util.find_spec(package) is None:
                    raise MissingExtraError(package, extra="diffusers")
            self._spec = ModelSpec.of(pipeline_or_model, dtype, load_options)
            self.model = self._spec.name
        else:
            _check_pipeline(pipeline_or_model)
            if refused := [*(["dtype"] if dtype is not None else []), *load_options]:
                raise TypeError(f"{', '.join(refused)}: for a model that is loaded here only")
            self._pipeline = pipeline_or_model
            self._moves = device is not None
            self.model = type(pipeline_or_model).__qualname__

    def __repr__(self) -> str:
        settings = {
            "steps": self.steps,
            "guidance_scale": self.guidance_scale,
            "device": self._device_name,
        }
        said = "".join(
            f", {name}={value!r}" for name, value in settings.items() if value is not None
        )
        return f"DiffusersBackend({self.model!r}{said})"

    @classmethod
    def from_spec(cls, target: str, options: Mapping[str, str]) -> DiffusersBackend:
        """Make one from the parts of ``"diffusers:TARGET?OPTIONS"``.

        Raises
        ------
        ValueError
            Without a target, or for an option that it does not have or that is no number.
        MissingExtraError
            As the class.
        """
        return cls(target, **read_options("diffusers", options, _OPTIONS))

    async def generate(
        self, request: ImageRequest, *, on_preview: Callable[[Preview], None]
    ) -> EncodedImage:
        """Make one picture, as PNG; it waits for its turn on the device.

        Raises
        ------
        BackendError
            If the model cannot be loaded, the pipeline cannot be called like that or fails, its
            safety checker refuses the picture, or the memory does not suffice.
        """
        mailbox = Mailbox(on_preview, asyncio.get_running_loop())
        settings = {"num_inference_steps": self.steps, "guidance_scale": self.guidance_scale}
        generation = Generation(request, settings, mailbox.put, self.preview_every)
        try:
            device = self._device = await self._find_device()
            return await device.run(self._work, device, generation)
        except BackendError as error:
            error.prompt = error.prompt or request.prompt
            raise
        finally:
            # Also when the await is cancelled, and only then does it change anything.
            generation.cancel()
            mailbox.close()

    async def aclose(self) -> None:
        """Let go of the model, unless another backend uses it or it was given loaded.

        The memory is free once the device has come to it. The next generation loads it again.
        """
        if self._device is not None and self._spec is not None:
            self._device.submit(release, self._device, self._spec, self)
            self._device = None

    async def _find_device(self) -> Device:
        if self._spec is None and not self._moves:
            # Wherever it has been moved to by now.
            where = getattr(self._pipeline, "_execution_device", None)
            return device_named(str(where or getattr(self._pipeline, "device", "cpu")))
        if self._device_name is None:
            self._device_name = await in_thread(best_device)
        return device_named(self._device_name)

    def _work(self, device: Device, generation: Generation) -> EncodedImage:
        """Make a picture, in the device's thread."""
        try:
            generation.begin()
            return generation.run(self._ready(device), device.name)
        except Cancelled as error:
            forget_locals(error)
            raise
        except Exception as error:
            forget_locals(error)
            if error.__cause__ is not None and is_out_of_memory(error.__cause__):
                free_memory()
            raise

    def _ready(self, device: Device) -> Any:
        if self._spec is not None:
            return obtain(device, self._spec, self)
        if self._moves:
            self._pipeline.to(device.name)
            self._moves = False
        return self._pipeline


def _check_pipeline(pipeline: object) -> None:
    if inspect.isclass(pipeline):
        raise TypeError(
            f"a pipeline is an object, not its class: {pipeline.__name__}.from_pretrained(...)"
        )
    if not callable(pipeline):
        raise TypeError(
            "a diffusion model is a hub id, the path of a folder or a pipeline of diffusers, "
            f"not an object of type {type(pipeline).__qualname__}"
        )
