"""AUTOMATIC1111's API: txt2img, polled progress with a preview, interrupt.

Sources: ``modules/api/api.py``, ``modules/api/models.py`` and ``modules/shared_state.py`` of
stable-diffusion-webui. As there, one job runs at a time, the others wait, and an interrupted job
answers with what there is. Unlike there, a job whose client leaves is stopped.
"""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import time
import uuid
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nbkit._serve import bodies
from nbkit._serve.encoding import Json
from nbkit._serve.forms import Refusal
from nbkit._serve.pictures import convert, convert_now, paint
from nbkit._serve.state import State
from nbkit.errors import BackendError
from nbkit.models import EncodedImage, ImageRequest, Preview

CHECKPOINT = "sketch.safetensors"
"""The one model that there is."""

_DEFAULTS: Mapping[str, Any] = {
    "prompt": "",
    "negative_prompt": "",
    "seed": -1,
    "steps": 20,
    "width": 512,
    "height": 512,
    "batch_size": 1,
    "n_iter": 1,
    "cfg_scale": 7.0,
    "sampler_name": "Euler",
    "send_images": True,
}


def routes(state: State) -> list[Route]:
    """Make the routes."""
    studio = Studio(state.settings.image_seconds)

    async def txt2img(request: Request) -> Response:
        body = await bodies.read(request)
        order = _Order(body)
        bodies.entry_of(request).describe(CHECKPOINT, order.prompt)
        return Json(await studio.run(order))

    async def progress(request: Request) -> Response:
        skip = request.query_params.get("skip_current_image", "false").lower()
        return Json(studio.progress(with_image=skip not in ("true", "1", "yes", "on")))

    async def interrupt(_: Request) -> Response:
        studio.interrupt()
        return Json({})

    async def options(_: Request) -> Response:
        return Json({"sd_model_checkpoint": CHECKPOINT, "live_previews_enable": True})

    async def models(_: Request) -> Response:
        model = {
            "title": CHECKPOINT,
            "model_name": CHECKPOINT.partition(".")[0],
            "hash": None,
            "sha256": None,
            "filename": CHECKPOINT,
            "config": None,
        }
        return Json([model])

    return [
        Route("/sdapi/v1/txt2img", txt2img, methods=["POST"]),
        Route("/sdapi/v1/progress", progress, methods=["GET"]),
        Route("/sdapi/v1/interrupt", interrupt, methods=["POST"]),
        Route("/sdapi/v1/options", options, methods=["GET"]),
        Route("/sdapi/v1/sd-models", models, methods=["GET"]),
    ]


class _Order:
    """What one request asks for; pictures after the first have seeds counted up."""

    def __init__(self, body: bodies.Body) -> None:
        self.parameters = {**_DEFAULTS, **body}
        self.prompt = bodies.string(body, "prompt", "")
        self.negative = bodies.string(body, "negative_prompt", "")
        self.steps = bodies.integer(body, "steps", 20, 1, 150)
        self.width = bodies.integer(body, "width", 512, 32, 2048)
        self.height = bodies.integer(body, "height", 512, 32, 2048)
        self.batches = bodies.integer(body, "n_iter", 1, 1, 16)
        self.batch = bodies.integer(body, "batch_size", 1, 1, 8)
        seed = bodies.integer(body, "seed", -1, -1, 2**64)
        self.seed = secrets.randbelow(2**32) if seed < 0 else seed
        self.task = bodies.string(body, "force_task_id", f"task(txt2img-{uuid.uuid4().hex[:15]})")

    def request(self, index: int) -> ImageRequest:
        return ImageRequest(self.prompt, self.seed + index, self.width, self.height, self.negative)

    def info(self, made: int, began: str) -> str:
        seeds = [self.seed + index for index in range(made)]
        text = (
            f"{self.prompt}\nNegative prompt: {self.negative}\nSteps: {self.steps}, "
            f"Sampler: {self.parameters['sampler_name']}, CFG scale: "
            f"{self.parameters['cfg_scale']}, Seed: {{}}, Size: {self.width}x{self.height}, "
            f"Model: sketch"
        )
        told = {
            "prompt": self.prompt,
            "all_prompts": [self.prompt] * made,
            "negative_prompt": self.negative,
            "all_negative_prompts": [self.negative] * made,
            "seed": self.seed,
            "all_seeds": seeds,
            "subseed": -1,
            "width": self.width,
            "height": self.height,
            "sampler_name": self.parameters["sampler_name"],
            "cfg_scale": self.parameters["cfg_scale"],
            "steps": self.steps,
            "batch_size": self.batch,
            "sd_model_name": "sketch",
            "infotexts": [text.replace("{}", str(seed)) for seed in seeds],
            "job_timestamp": began,
        }
        return json.dumps(told)


class Studio:
    """The one job that runs, those that wait for it, and how far it is."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = asyncio.Lock()
        self._order: _Order | None = None
        self._painting: asyncio.Task[EncodedImage] | None = None
        self._preview: EncodedImage | None = None
        self._step = 0
        self._number = 0
        self._began = 0.0
        self._stamp = "0"
        self._interrupted = False

    async def run(self, order: _Order) -> dict[str, Any]:
        """Do one job when it is its turn."""
        async with self._lock:
            self._order = order
            self._interrupted = False
            self._began = time.monotonic()
            self._stamp = time.strftime("%Y%m%d%H%M%S")
            images: list[bytes] = []
            try:
                for self._number in range(order.batches):
                    for _ in range(order.batch):
                        if not self._interrupted:
                            images.append(await self._one(order, len(images)))
            finally:
                self._order = None
                self._preview = None
        sent = images if order.parameters["send_images"] else []
        return {
            "images": [base64.b64encode(each).decode() for each in sent],
            "parameters": order.parameters,
            "info": order.info(len(images), self._stamp),
        }

    def interrupt(self) -> None:
        """End the job that runs; it answers with what there is."""
        self._interrupted = True
        if self._painting is not None:
            self._painting.cancel()

    def progress(self, *, with_image: bool) -> dict[str, Any]:
        """Tell how far the job is."""
        order = self._order
        if order is None:
            fraction, eta = 0.0, 0.0
        else:
            done = (self._number + self._step / order.steps) / order.batches
            fraction = min(0.01 + done, 1.0)
            spent = time.monotonic() - self._began
            eta = spent / fraction - spent
        image = None
        if with_image and self._preview is not None:
            image = base64.b64encode(convert_now(self._preview, "png")).decode()
        return {
            "progress": fraction,
            "eta_relative": eta,
            "state": {
                "skipped": False,
                "interrupted": self._interrupted,
                "stopping_generation": False,
                "job": "scripts_txt2img" if order else "",
                "job_count": order.batches if order else 0,
                "job_timestamp": self._stamp,
                "job_no": self._number,
                "sampling_step": self._step,
                "sampling_steps": order.steps if order else 0,
            },
            "current_image": image,
            "textinfo": None,
            "current_task": order.task if order else None,
        }

    async def _one(self, order: _Order, index: int) -> bytes:
        """Paint one picture, or as much of it as an interrupt lets."""
        self._step = 0
        self._preview = None

        def on_preview(preview: Preview) -> None:
            self._preview = preview.image
            self._step = int(preview.fraction * order.steps)

        painting = self._painting = asyncio.ensure_future(
            paint(
                order.request(index),
                seconds=self._seconds,
                previews=order.steps,
                on_preview=on_preview,
            )
        )
        try:
            await asyncio.wait({painting})
        finally:
            painting.cancel()
            self._painting = None
        try:
            if not painting.cancelled():
                return await convert(painting.result(), "png")
        except BackendError as error:
            raise Refusal(str(error), 422) from error
        return await self._so_far((order.width, order.height))

    async def _so_far(self, size: tuple[int, int]) -> bytes:
        if self._preview is not None:
            return await convert(self._preview, "png", size)
        return await asyncio.to_thread(_blank, size)


def _blank(size: tuple[int, int]) -> bytes:
    """Give what there is before the first preview: grey."""
    from PIL import Image

    from nbkit import pixels

    return pixels.encode_png(Image.new("RGB", size, (127, 127, 127))).data
