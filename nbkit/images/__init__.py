"""Image backends: what makes the pictures."""

from nbkit.images.callable import CallableBackend
from nbkit.images.resolve import resolve_backend
from nbkit.images.sketch import SketchBackend

__all__ = ["CallableBackend", "SketchBackend", "resolve_backend"]
