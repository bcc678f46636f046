"""From what a user passes as ``images`` to the backend that makes them."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import parse_qsl

from nbkit.images.callable import CallableBackend
from nbkit.models import ImageBackend

_SPECS = {
    "a1111": ("nbkit.images.a1111", "A1111Backend"),
    "comfyui": ("nbkit.images.comfyui", "ComfyUIBackend"),
    "diffusers": ("nbkit.images.diffusers", "DiffusersBackend"),
    "openai": ("nbkit.images.openai", "OpenAIImageBackend"),
    "sketch": ("nbkit.images.sketch", "SketchBackend"),
}
"""Where each backend is; imported when it is asked for, since some of them take a while."""


def resolve_backend(spec: str | ImageBackend | Callable[..., Any]) -> ImageBackend:
    """Find the image backend that a spec string, an object or a callable stands for.

    Parameters
    ----------
    spec
        ``"NAME:TARGET?OPTIONS"``: ``"sketch"``, ``"openai:MODEL"``, ``"a1111:ADDRESS"``,
        ``"comfyui:ADDRESS"`` or ``"diffusers:MODEL"``, with options as in ``"sketch?steps=4"``;
        an object with the :class:`~nbkit.models.ImageBackend` protocol, which comes back as it
        is; or a sync or async callable, which becomes a :class:`CallableBackend`.

    Raises
    ------
    ValueError
        For a spec string that names no backend, or a parameter that it does not have.
    MissingKeyError, MissingExtraError
        If the backend needs an API key or a package that is not there.
    TypeError
        For anything else.
    """
    if isinstance(spec, str):
        return _from_string(spec)
    if inspect.isclass(spec) and hasattr(spec, "generate"):
        raise TypeError(f"images takes a backend, not its class: {spec.__name__}(...)")
    if callable(getattr(spec, "generate", None)):
        return cast("ImageBackend", spec)
    if callable(spec):
        return CallableBackend(spec)
    raise TypeError(
        "images is a spec string, an object with generate(), or a callable that takes a prompt, "
        f"not an object of type {type(spec).__qualname__}"
    )


def _from_string(spec: str) -> ImageBackend:
    head, _, query = spec.strip().partition("?")
    name, _, target = head.partition(":")
    if name not in _SPECS:
        known = ", ".join(repr(each) for each in _SPECS)
        raise ValueError(f"there is no image backend {name!r}; there is {known}")
    module, kind = _SPECS[name]
    backend: Any = getattr(importlib.import_module(module), kind)
    options = dict(parse_qsl(query, keep_blank_values=True))
    return cast("ImageBackend", backend.from_spec(target, options))
