"""One picture by a pipeline: how it is called, followed step by step, and stopped."""

from __future__ import annotations

import functools
import importlib
import inspect
import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from nbkit import pixels
from nbkit.errors import BackendError, explain
from nbkit.images._diffusers import latents
from nbkit.images._diffusers.models import is_out_of_memory
from nbkit.models import EncodedImage, ImageRequest, Preview

_OWN = frozenset(
    {"prompt", "generator", "output_type", "return_dict", "callback", "callback_steps",
     "callback_on_step_end", "callback_on_step_end_tensor_inputs"}
)  # fmt: skip

_log = logging.getLogger(__name__)


class Cancelled(Exception):  # noqa: N818 - it is no error, and nobody sees it
    """Leaves a pipeline from within, and with it the device's thread."""


class Generation:
    """Makes one picture; everything but :meth:`cancel` happens in the device's thread.

    Parameters
    ----------
    request
        What is asked for.
    settings
        The backend's own arguments of the call, used where the pipeline names them.
    show
        Takes the previews.
    preview_every
        Steps from one preview with a picture to the next; 0 makes none with pictures.
    """

    def __init__(
        self,
        request: ImageRequest,
        settings: Mapping[str, Any],
        show: Callable[[Preview], None],
        preview_every: int,
    ) -> None:
        self._request = request
        self._settings = settings
        self._show = show
        self._preview_every = preview_every
        self._fraction = 0.0
        self._ratio = 1.0
        self._lock = threading.Lock()
        self._cancelled = False
        self._interruptible: Any = None

    def cancel(self) -> None:
        """Let it end at the next step, from any thread."""
        with self._lock:
            self._cancelled = True
            if self._interruptible is not None:
                self._interruptible._interrupt = True  # noqa: SLF001 - what diffusers documents

    def begin(self) -> None:
        """Show that it is this one's turn; a model may have to be loaded first."""
        self._show(Preview(0.0))

    def check(self) -> None:
        """Raise :class:`Cancelled` if nobody wants the picture any more."""
        if self._cancelled:
            raise Cancelled

    def run(self, pipeline: Any, device: str) -> EncodedImage:
        """Call the pipeline and encode its picture.

        Raises
        ------
        BackendError
            If the pipeline cannot be called like that, fails, or gives back no picture.
        Cancelled
            If nobody wants it any more.
        """
        arguments = self._arguments(pipeline, device)
        width, height = arguments.get("width"), arguments.get("height")
        self._ratio = width / height if width and height else 1.0
        try:
            result = self._call(pipeline, arguments)
            self.check()
            return pixels.encode_png(_picture(result))
        except BackendError:
            raise
        except Cancelled:
            _clean_up(pipeline)
            raise
        except Exception as error:
            _clean_up(pipeline)
            if is_out_of_memory(error):
                raise BackendError(
                    f"ran out of memory on {device}; ask for a smaller size: {explain(error)}"
                ) from error
            raise BackendError(
                f"the pipeline {type(pipeline).__name__} failed: {explain(error)}"
            ) from error

    def _call(self, pipeline: Any, arguments: dict[str, Any]) -> Any:
        followed = "callback_on_step_end" in arguments or "callback" in arguments
        with self._lock:
            # Interrupted from outside, a pipeline still decodes what it has: a step's callback
            # is sooner out of it.
            if not followed and hasattr(pipeline, "_interrupt"):
                self._interruptible = pipeline
        try:
            self.check()
            return pipeline(**arguments)
        finally:
            with self._lock:
                self._interruptible = None

    def _arguments(self, pipeline: Any, device: str) -> dict[str, Any]:
        """Choose the arguments of the call by the names in the pipeline's signature."""
        request, names = self._request, _names(pipeline)
        kind = type(pipeline).__name__
        if "prompt" not in names:
            raise BackendError(f"the pipeline {kind} makes no pictures from a prompt")
        if own := sorted(_OWN & request.params.keys()):
            raise BackendError(f"params cannot set {', '.join(own)}: nbkit does")
        if unknown := [name for name in request.params if name not in names]:
            raise BackendError(f"the pipeline {kind} does not take {', '.join(unknown)}")
        wanted = {
            "prompt": request.prompt,
            "negative_prompt": request.negative_prompt or None,
            "width": request.width,
            "height": request.height,
            "output_type": "pil",
            "callback_on_step_end": self._on_step_end,
            **self._settings,
            **request.params,
        }
        if "callback_on_step_end" not in names and "callback" in names:
            wanted |= {"callback": functools.partial(self._on_step, pipeline), "callback_steps": 1}
        if request.seed is not None and "generator" in names:
            torch: Any = importlib.import_module("torch")
            generator = torch.Generator(device=device)
            # The seed as torch's 64 bits, whatever its size and sign.
            wanted["generator"] = generator.manual_seed(request.seed & 0xFFFF_FFFF_FFFF_FFFF)
        return {
            name: value for name, value in wanted.items() if name in names and value is not None
        }

    def _on_step_end(
        self, pipeline: Any, index: int, _timestep: object, tensors: dict[str, Any]
    ) -> dict[str, Any]:
        self._on_step(pipeline, index, _timestep, tensors.get("latents"))
        return tensors

    def _on_step(self, pipeline: Any, index: int, _timestep: object, tensor: Any) -> None:
        self.check()
        step, steps = index + 1, _steps(pipeline)
        if steps is not None and step <= steps:
            # The last part is the decoder's; a second stage that counts anew does not go back.
            self._fraction = max(self._fraction, step / (steps + 1))
        image = None
        if tensor is not None and self._preview_every and index % self._preview_every == 0:
            image = self._drawn(pipeline, tensor)
        self._show(Preview(self._fraction, image, step, steps))

    def _drawn(self, pipeline: Any, tensor: Any) -> EncodedImage | None:
        try:
            small = latents.picture(tensor, latents.space_of(pipeline), self._ratio)
            return pixels.encode(small, quality=60, method=0)
        except Exception:  # noqa: BLE001 - the picture itself may still be made
            _log.debug("No preview can be drawn of these latents", exc_info=True)
            return None


def _names(pipeline: Any) -> frozenset[str]:
    """Name what the pipeline's call takes; what it merely swallows is not among it."""
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = inspect.signature(pipeline).parameters.values()
    return frozenset(each.name for each in parameters if each.kind in kinds)


def _steps(pipeline: Any) -> int | None:
    """Count the steps that the pipeline has set out to do."""
    steps = getattr(pipeline, "num_timesteps", None)
    if steps is None:
        timesteps = getattr(getattr(pipeline, "scheduler", None), "timesteps", None)
        steps = None if timesteps is None else len(timesteps)
    return steps if isinstance(steps, int) else None


def _picture(result: Any) -> Any:
    """Take the picture out of what a pipeline gave back."""
    from PIL import Image

    if any(getattr(result, "nsfw_content_detected", None) or ()):
        raise BackendError(
            "the model's safety checker found the picture unfit to be shown and blacked it out "
            "(nsfw_content_detected)"
        )
    images = result[0] if isinstance(result, tuple) else getattr(result, "images", None)
    first = images[0] if isinstance(images, (list, tuple)) and images else images
    if not isinstance(first, Image.Image):
        raise BackendError(
            f"the pipeline gave back {type(result).__qualname__} without a Pillow image in it"
        )
    return first


def _clean_up(pipeline: Any) -> None:
    """Do what a call that was left half-way would have done at its end."""
    free = getattr(pipeline, "maybe_free_model_hooks", None)
    if callable(free):
        try:
            free()
        except Exception:  # noqa: BLE001 - what went wrong before is what is told
            _log.warning("Cleaning up after a pipeline failed", exc_info=True)
