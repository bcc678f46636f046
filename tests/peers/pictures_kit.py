"""What the tests of image servers ask for, and how they look at what they got."""

from __future__ import annotations

import io
from typing import Any

import httpx
from PIL import Image, ImageChops

from nbkit.images.sketch import SketchBackend
from nbkit.models import EncodedImage, ImageRequest

FOX = ImageRequest("a red fox in the snow", seed=7, width=320, height=256)


async def asked(client: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    """Return the requests that a server has had at a path."""
    answer = await client.get("/admin/requests", params={"path": path})
    return answer.json()["requests"]


def pixels(image: EncodedImage) -> Image.Image:
    return Image.open(io.BytesIO(image.data)).convert("RGB")


async def painted(request: ImageRequest) -> Image.Image:
    """Return what the server has to make of a request."""
    return pixels(await SketchBackend(duration=0).generate(request, on_preview=print))


def same(one: Image.Image, other: Image.Image) -> bool:
    return one.size == other.size and ImageChops.difference(one, other).getbbox() is None
