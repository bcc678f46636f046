"""The widgets: a session's story as it grows, and the progress of its images."""

from __future__ import annotations

from nbkit.widgets.preview import StreamingPreviewWidget
from nbkit.widgets.progress import ProgressWidget

__all__ = ["ProgressWidget", "StreamingPreviewWidget"]
