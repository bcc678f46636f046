"""From what a user passes as ``images`` to the backend that makes them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import parse_qsl

from nbkit.images.callable import CallableBackend
from nbkit.images.sketch import SketchBackend
from nbkit.models import ImageBackend

_SPECS: dict[str, tuple[type[Any], dict[str, Callable[[str], Any]]]] = {
    "sketch": (SketchBackend, {"duration": float, "steps": int, "width": int, "height": int}),
}


def resolve_backend(spec: str | ImageBackend | Callable[..., Any]) -> ImageBackend:
    """Find the image backend that a spec string, an object or a callable stands for.

    Parameters
    ----------
    spec
        ``"sketch"``, with parameters as in ``"sketch?duration=0.5&steps=4"``; an object with
        the :class:`~nbkit.models.ImageBackend` protocol, which comes back as it is; or a sync or
        async callable, which becomes a :class:`CallableBackend`.

    Raises
    ------
    ValueError
        For a spec string that names no backend, or a parameter that it does not have.
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
    name, _, query = spec.strip().partition("?")
    if name not in _SPECS:
        known = ", ".join(repr(each) for each in sorted(_SPECS))
        raise ValueError(f"there is no image backend {name!r}; there is {known}")
    backend, parameters = _SPECS[name]
    keywords: dict[str, Any] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key not in parameters:
            raise ValueError(f"{name!r} has no parameter {key!r}; it has {', '.join(parameters)}")
        try:
            keywords[key] = parameters[key](value)
        except ValueError:
            kind = parameters[key].__name__
            raise ValueError(f"{name!r}: {key}={value!r} is no {kind}") from None
    return cast("ImageBackend", backend(**keywords))
