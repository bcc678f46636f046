"""A user's own function as an image backend."""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from nbkit import pixels
from nbkit.errors import BackendError
from nbkit.models import EncodedImage, ImageRequest, Preview
from nbkit.threads import in_thread

_OPTIONS = ("seed", "width", "height", "negative_prompt")
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class CallableBackend:
    """Makes images by calling a function with the prompt.

    A synchronous function runs in a thread of its own, never on the loop; when the generation is
    cancelled the thread is abandoned, not stopped. An ``async`` one runs on the loop and is
    cancelled. ``seed``, ``width``, ``height`` and ``negative_prompt`` are passed by keyword to a
    function whose signature names them; one that was not asked for leaves the function's own
    default alone.

    Parameters
    ----------
    function
        Takes the prompt, and returns the bytes of a PNG, JPEG, WebP or GIF file, the path of one
        (a ``str`` is a path), a Pillow image, or an ``EncodedImage``.

    Raises
    ------
    TypeError
        If it cannot be called with a prompt alone and those keywords.
    """

    checks_images = True
    """What it gives back has been checked already."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._name = getattr(function, "__qualname__", None) or type(function).__qualname__
        self._is_async = inspect.iscoroutinefunction(function)
        self._defaults = _options(function, self._name)

    def __repr__(self) -> str:
        return f"CallableBackend({self._name})"

    async def generate(
        self,
        request: ImageRequest,
        *,
        on_preview: Callable[[Preview], None],  # noqa: ARG002 - a plain function has no previews
    ) -> EncodedImage:
        """Call the function, and check in a thread what it gives back.

        Raises
        ------
        BackendError
            If the result is no usable image. What the function raises comes through as it is.
        """
        call = functools.partial(self._function, request.prompt, **self._keywords(request))
        result: Any = await call() if self._is_async else await in_thread(call)
        # Also from an object with an async __call__, or a lambda around an async function.
        if isinstance(result, Awaitable):
            result = await result
        try:
            return await in_thread(self._read, result)
        except BackendError as error:
            error.prompt = error.prompt or request.prompt
            raise

    async def aclose(self) -> None:
        """Nothing is held."""

    def _keywords(self, request: ImageRequest) -> dict[str, Any]:
        keywords: dict[str, Any] = {}
        for name, has_default in self._defaults.items():
            value = getattr(request, name)
            if not has_default or (value is not None and value != ""):
                keywords[name] = value
        return keywords

    def _read(self, result: object) -> EncodedImage:
        """Turn what the function returned into a checked image; blocking."""
        if isinstance(result, EncodedImage):
            return pixels.check_image(result.data)
        if isinstance(result, bytes):
            return pixels.check_image(result)
        if isinstance(result, (bytearray, memoryview)):
            return pixels.check_image(bytes(result))
        if isinstance(result, (str, os.PathLike)):
            return pixels.check_image(_read_file(result))
        # Whoever returns a Pillow image has imported it.
        pillow = sys.modules.get("PIL.Image")
        if pillow is not None and isinstance(result, pillow.Image):
            return pixels.encode_png(result)
        raise BackendError(
            f"{self._name} returned {_kind(result)}, and not the bytes of an image, a path, "
            "a Pillow image or an EncodedImage"
        )


def _options(function: Callable[..., Any], name: str) -> dict[str, bool]:
    """Find which of the options the signature names, and whether each has a default."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return {}  # some builtins have none
    parameters = list(signature.parameters.values())
    # The first place is the prompt's, whatever it is called.
    if parameters and parameters[0].kind in _POSITIONAL:
        del parameters[0]
    found = {
        parameter.name: parameter.default is not inspect.Parameter.empty
        for parameter in parameters
        if parameter.name in _OPTIONS
        and parameter.kind
        in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    }
    try:
        signature.bind("a prompt", **dict.fromkeys(found))
    except TypeError as error:
        raise TypeError(
            f"an image backend is called with the prompt alone and, where it names them, "
            f"{', '.join(_OPTIONS)}; {name}{signature} cannot be: {error}"
        ) from None
    return found


def _read_file(path: str | os.PathLike[Any]) -> bytes:
    try:
        file = Path(os.fsdecode(path)).expanduser()
        if not file.is_file():
            raise BackendError(f"the image's path is not that of a file: {_short(file)}")
        with file.open("rb") as stream:
            # One byte more than is allowed tells that there is too much.
            return stream.read(pixels.MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise BackendError(f"the image's path cannot be read: {_short(path)}: {why}") from error


def _short(path: str | os.PathLike[Any]) -> str:
    text = os.fsdecode(path)
    return repr(text if len(text) <= 200 else text[:200] + "…")


def _kind(value: object) -> str:
    return "None" if value is None else f"an object of type {type(value).__qualname__}"
