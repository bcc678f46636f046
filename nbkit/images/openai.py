"""Pictures from OpenAI's images API, or any server that speaks it.

Source: the API reference of OpenAI, "Images", "Create image" and "Image streaming events".
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from typing import Any, Self

from nbkit.errors import BackendError
from nbkit.http import MAX_ANSWER, Answer, AuthStyle, Client, EventReader, fetch, origin
from nbkit.images import _server
from nbkit.images._options import read_options
from nbkit.keys import Key, find_key, missing_key
from nbkit.models import Deadlines, EncodedImage, ImageRequest, Preview

_VENDOR = "https://api.openai.com/v1"
_BASE, _KEY = "OPENAI_BASE_URL", "OPENAI_API_KEY"
_FETCHING = Deadlines(between=60.0)

_OPTIONS: dict[str, Callable[[str], Any]] = {
    "base_url": str,
    "partial_images": int,
    "quality": str,
    "background": str,
    "moderation": str,
    "output_format": str,
    "output_compression": int,
    "response_format": str,
    "style": str,
}


class OpenAIImageBackend:
    """Makes pictures by ``POST /images/generations``.

    Sizes go through as they are; the server says which it takes. Seeds and negative prompts, which
    OpenAI's own server does not know, are sent to any other. A picture that comes as an address is
    fetched: from that very server, or else by https from a public one, without the key.

    Parameters
    ----------
    model
        The model's name.
    base_url
        The server's address; by default that of ``OPENAI_BASE_URL``, or else OpenAI's.
    api_key
        By default that of ``OPENAI_API_KEY``. OpenAI's own server needs one.
    partial_images
        How many unfinished pictures to ask for on the way, 0 to 3; OpenAI charges for them, and
        only its GPT image models know them.
    **params
        Sent with each request: ``quality``, ``output_format`` and the like.

    Raises
    ------
    MissingKeyError
        If OpenAI's own server is asked without a key.
    ValueError
        For an address that is none, or a number out of range.
    """

    checks_images = True
    """What it gives back has been checked already."""

    def __init__(
        self,
        model: str = "gpt-image-1",
        *,
        base_url: str | None = None,
        api_key: str | Key | None = None,
        partial_images: int = 0,
        **params: Any,
    ) -> None:
        api_key = Key(api_key) if isinstance(api_key, str) else api_key
        if not 0 <= partial_images <= 3:
            raise ValueError(f"partial_images is from 0 to 3, not {partial_images}")
        self.model = model
        found = "" if base_url else os.environ.get(_BASE, "").strip()
        self.base_url = base_url or found or _VENDOR
        Client(self.base_url, what=_BASE if found else "base_url")  # what is no address is told now
        self.partial_images = partial_images
        self.params = params
        self._key = find_key(api_key, _KEY)
        self._auth: AuthStyle = "bearer"
        self._at_vendor = origin(self.base_url) == origin(_VENDOR)
        if self._key is None and self._at_vendor:
            raise missing_key("openai", _KEY)
        given = self._client()
        # The address is kept without its user, who is a key like any other.
        self.base_url, self._key, self._auth = given.base_url, given.key, given.auth

    @classmethod
    def from_spec(cls, target: str, options: Mapping[str, str]) -> Self:
        """Make the backend of a spec string, ``"openai:MODEL?quality=low"``."""
        keywords = read_options("openai", options, _OPTIONS)
        return cls(target, **keywords) if target else cls(**keywords)

    def __repr__(self) -> str:
        return f"OpenAIImageBackend({self.model!r}, base_url={self.base_url!r})"

    async def generate(
        self, request: ImageRequest, *, on_preview: Callable[[Preview], None]
    ) -> EncodedImage:
        """Make one picture.

        Raises
        ------
        BackendError
            If the server refuses or fails, or what it gives back is no usable image.
        """
        return await _server.asked(request, self._made(request, on_preview), key=self._key)

    async def aclose(self) -> None:
        """Nothing is held."""

    async def _made(
        self, request: ImageRequest, on_preview: Callable[[Preview], None]
    ) -> EncodedImage:
        body = self._body(request)
        accept = "text/event-stream" if body.get("stream") else "application/json"
        async with (
            self._client() as client,
            await client.send("POST", "/images/generations", body=body, accept=accept) as answer,
        ):
            if answer.media_type == "text/event-stream":
                found = await self._follow(answer, on_preview)
            else:
                found = await answer.json()
            return await self._picture(answer, found)

    def _client(self) -> Client:
        # How long a picture may take is the queue's business.
        return Client(
            self.base_url, key=self._key, auth=self._auth, deadlines=Deadlines(between=None)
        )

    def _body(self, request: ImageRequest) -> dict[str, Any]:
        body: dict[str, Any] = {"model": self.model, "prompt": request.prompt, "n": 1}
        width, height = request.width or request.height, request.height or request.width
        if width and height:
            body["size"] = f"{width}x{height}"
        if not self._at_vendor:
            body["seed"] = request.seed
            body["negative_prompt"] = request.negative_prompt or None
        if self.partial_images:
            body.update(stream=True, partial_images=self.partial_images)
        body.update(self.params)
        body.update(request.params)
        return {name: value for name, value in body.items() if value is not None}

    async def _follow(self, answer: Answer, on_preview: Callable[[Preview], None]) -> Any:
        """Show the unfinished pictures of a stream; returns the event with the finished one."""
        reader = EventReader(answer, limit=MAX_ANSWER)
        async with contextlib.aclosing(answer.chunks()) as chunks:
            async for chunk in chunks:
                for event in reader.feed(chunk):
                    if event is None:
                        continue
                    kind = event.get("type")
                    kind = kind if isinstance(kind, str) else ""
                    if kind.endswith(".completed"):
                        return {"data": [event]}
                    if kind.endswith(".partial_image"):
                        on_preview(await self._preview(event))
                    elif kind == "error" or event.get("error"):
                        raise answer.reported(event if event.get("error") else {"error": event})
        reader.finish()
        raise answer.cut("its picture did not come")

    async def _preview(self, event: Mapping[str, Any]) -> Preview:
        index = event.get("partial_image_index")
        most = self.partial_images + 1
        done = min(max(index + 1, 1), most) if isinstance(index, int) else 1
        fraction = min(done / most, 1.0)
        return Preview(fraction, await _server.preview(event.get("b64_json")))

    async def _picture(self, answer: Answer, found: Any) -> EncodedImage:
        if isinstance(found, Mapping) and found.get("error"):
            raise answer.reported(found)
        data = found.get("data") if isinstance(found, Mapping) else None
        first = data[0] if isinstance(data, list) and data else None
        if not isinstance(first, Mapping):
            raise BackendError(f"{answer.url} answered without a picture")
        if first.get("b64_json"):
            return await _server.decoded(first["b64_json"])
        if isinstance(address := first.get("url"), str):
            if address.startswith("data:"):
                return await _server.decoded(address)
            return await _server.checked(
                await fetch(address, trusted=self.base_url, deadlines=_FETCHING)
            )
        raise BackendError(f"{answer.url} answered with neither b64_json nor url for a picture")
