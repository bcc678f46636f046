"""A backend that looks first whether an image has been made before."""

from __future__ import annotations

from collections.abc import Callable

from nbkit.models import EncodedImage, ImageBackend, ImageRequest, Preview
from nbkit.threads import in_thread


class ReusingBackend:
    """Takes an image from a store where there is one for the very same request.

    ``found(request)`` returns it, or ``None``, and may block.
    """

    def __init__(
        self, backend: ImageBackend, found: Callable[[ImageRequest], EncodedImage | None]
    ) -> None:
        self._backend = backend
        self._found = found
        self.checks_images = bool(getattr(backend, "checks_images", False))
        self.max_concurrency = getattr(backend, "max_concurrency", None)

    async def generate(
        self, request: ImageRequest, *, on_preview: Callable[[Preview], None]
    ) -> EncodedImage:
        """Give the image that was made for the request, or make it."""
        found = await in_thread(self._found, request)
        if found is not None:
            return found
        return await self._backend.generate(request, on_preview=on_preview)

    async def aclose(self) -> None:
        """Close the backend behind it."""
        await self._backend.aclose()
