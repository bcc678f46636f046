"""OpenAI's image generations: base64 or an address, and partial images in a stream.

Source: ``image_generate_params``, ``images_response`` and ``image_gen_*_event`` of the ``openai``
package. ``seed`` and ``negative_prompt`` are taken besides, as servers of this form do.
"""

from __future__ import annotations

import asyncio
import base64
import re
import time
import uuid
from collections.abc import AsyncIterator
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from nbkit._serve import bodies
from nbkit._serve.encoding import Json, event
from nbkit._serve.forms import Refusal
from nbkit._serve.handover import taken
from nbkit._serve.pictures import Format, convert, paint
from nbkit._serve.replies import tokens_of
from nbkit._serve.state import State
from nbkit.errors import BackendError
from nbkit.models import EncodedImage, ImageRequest, Preview

MODEL = "sketch"
"""The painter's name; any other is taken for it."""

_SIDE = 512  # pixels, where the size is "auto"
_FORMATS = ("png", "jpeg", "webp")
_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})")


def routes(state: State) -> list[Route]:
    """Make the routes."""

    async def generate(request: Request) -> Response:
        body = await bodies.read(request)
        order = _Order(body, state.settings.image_seconds)
        bodies.entry_of(request).describe(body.get("model"), order.prompt)
        if body.get("stream"):
            if order.count != 1:
                raise Refusal("n is 1 in a stream")
            return StreamingResponse(order.events(), media_type="text/event-stream")
        pictures = [await order.picture(index) for index in range(order.count)]
        if body.get("response_format") == "url":
            data = [{"url": str(request.base_url) + _keep(state, each, order)} for each in pictures]
        else:
            data = [{"b64_json": base64.b64encode(each).decode()} for each in pictures]
        return Json({"created": int(time.time()), "data": data, **order.about()})

    async def file(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in state.files:
            raise Refusal(f"there is no file {name!r}", 404)
        data, media_type = state.files[name]
        return Response(data, media_type=media_type)

    return [
        Route("/v1/images/generations", generate, methods=["POST"]),
        Route("/files/{name}", file, methods=["GET"]),
    ]


class _Order:
    """What one request asks for."""

    def __init__(self, body: bodies.Body, seconds: float) -> None:
        self.prompt = bodies.string(body, "prompt")
        if not self.prompt.strip():
            raise Refusal("prompt is empty")
        self.count = bodies.integer(body, "n", 1, 1, 10)
        self.format = cast("Format", bodies.string(body, "output_format", "png"))
        if self.format not in _FORMATS:
            raise Refusal(f"output_format is one of {', '.join(_FORMATS)}, not {self.format!r}")
        self._partial = bodies.integer(body, "partial_images", 0, 0, 3)
        self._negative = bodies.string(body, "negative_prompt", "")
        self._seed = bodies.integer(body, "seed", -1, -1, 2**64)
        self._width, self._height = _size(bodies.string(body, "size", "auto"))
        self._seconds = seconds

    def about(self) -> dict[str, Any]:
        """Tell what the pictures are, and what they took."""
        text, image = tokens_of(self.prompt), self._width * self._height // 256
        return {
            "background": "opaque",
            "output_format": self.format,
            "quality": "high",
            "size": f"{self._width}x{self._height}",
            "usage": {
                "input_tokens": text,
                "input_tokens_details": {"image_tokens": 0, "text_tokens": text},
                "output_tokens": image * self.count,
                "total_tokens": text + image * self.count,
            },
        }

    async def picture(self, index: int) -> bytes:
        """Paint one and encode it."""
        return await convert(await self._paint(index), self.format)

    async def events(self) -> AsyncIterator[bytes]:
        """Paint one as a stream of events."""
        previews: asyncio.Queue[Preview] = asyncio.Queue()
        about = self.about()
        usage = about.pop("usage")
        about["created_at"] = int(time.time())
        painting = asyncio.ensure_future(self._paint(0, previews))
        try:
            for number in range(self._partial):
                preview = await taken(previews, painting)
                if preview is None:
                    break
                if preview.image is not None:
                    data = await convert(preview.image, self.format, (self._width, self._height))
                    yield _event("partial_image", data, about, partial_image_index=number)
            data = await convert(await painting, self.format)
            yield _event("completed", data, about, usage=usage)
        finally:
            painting.cancel()
            await asyncio.gather(painting, return_exceptions=True)

    async def _paint(
        self, index: int, previews: asyncio.Queue[Preview] | None = None
    ) -> EncodedImage:
        seed = None if self._seed < 0 and not index else max(self._seed, 0) + index
        request = ImageRequest(self.prompt, seed, self._width, self._height, self._negative)
        try:
            return await paint(
                request,
                seconds=self._seconds,
                previews=0 if previews is None else self._partial,
                on_preview=_nothing if previews is None else previews.put_nowait,
            )
        except BackendError as error:
            raise Refusal(str(error)) from error


def _event(kind: str, data: bytes, about: dict[str, Any], **more: Any) -> bytes:
    name = f"image_generation.{kind}"
    image = base64.b64encode(data).decode()
    return event({"type": name, "b64_json": image, **about, **more}, name)


def _size(size: str) -> tuple[int, int]:
    if size == "auto":
        return _SIDE, _SIDE
    found = _SIZE.fullmatch(size)
    if found is None:
        raise Refusal(f"size is WIDTHxHEIGHT or auto, not {size!r}")
    width, height = int(found[1]), int(found[2])
    if not (32 <= width <= 2048 and 32 <= height <= 2048):
        raise Refusal(f"size is from 32 to 2048 pixels a side, not {size!r}")
    return width, height


def _keep(state: State, data: bytes, order: _Order) -> str:
    name = f"{uuid.uuid4().hex}.{order.format}"
    state.keep(name, data, f"image/{order.format}")
    return f"files/{name}"


def _nothing(_: Preview) -> None:
    pass
