"""A session of one image, which a server of images is to make."""

from __future__ import annotations

from typing import Any

from faults.runs import KEY, outcome, session
from faults.stories import picture

from nbkit.images.openai import OpenAIImageBackend
from nbkit.models import ImageResult

ONE = 'A <!--img-prompt="a fox"--> sat.'
JSON = "application/json"
PNG = picture()
HTML = b"<!DOCTYPE html><html><head><title>Sign in</title></head></html>"


async def made(url: str, **options: Any) -> ImageResult:
    """Run the session against a server, and return what has become of its image."""
    backend = OpenAIImageBackend("m", base_url=url, api_key=KEY)
    one = session(ONE, backend, **{"retries": 0, **options})
    assert await outcome(one) is None
    return one.images[0]
