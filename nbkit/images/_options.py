"""The options of spec strings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def read_options(
    backend: str, options: Mapping[str, str], known: Mapping[str, Callable[[str], Any]]
) -> dict[str, Any]:
    """Read the options of a backend's spec string, each by its kind.

    Raises
    ------
    ValueError
        For one that the backend does not have, or that is not of its kind.
    """
    read: dict[str, Any] = {}
    for name, value in options.items():
        if name not in known:
            raise ValueError(f"{backend!r} has no parameter {name!r}; it has {', '.join(known)}")
        try:
            read[name] = known[name](value)
        except ValueError:
            kind = known[name].__name__
            raise ValueError(f"{backend!r}: {name}={value!r} is no {kind}") from None
    return read
