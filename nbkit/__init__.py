"""Streamed LLM replies in a notebook cell, with their images arriving in place."""

from importlib import import_module
from typing import TYPE_CHECKING

from nbkit.display import illustrate, open_store
from nbkit.errors import (
    BackendError,
    ChunkTypeError,
    LoopError,
    MissingExtraError,
    MissingKeyError,
    NbkitError,
    PatternError,
    ServerAnswerError,
    ServerDisconnectedError,
    ServerError,
    ServerRefusedError,
    ServerTimeoutError,
    ServerUnreachableError,
    StoreError,
    StreamError,
    TaskError,
    TaskTimeout,
)
from nbkit.images import SketchBackend
from nbkit.llm.chat import ChatStream, chat
from nbkit.llm.instructions import illustrate_instructions
from nbkit.llm.replay import ReplayStream, replay, transcripts
from nbkit.llm.suggest import suggest_prompts
from nbkit.models import (
    Deadlines,
    EncodedImage,
    ImageBackend,
    ImagePrompt,
    ImageRequest,
    ImageResult,
    MessageState,
    Preview,
    ProgressEvent,
    Task,
)
from nbkit.monitor import StreamingMonitor
from nbkit.progress import ProgressManager, progress_manager
from nbkit.queue import QueueProcessor
from nbkit.session import Session
from nbkit.session_manager import SessionManager, sessions
from nbkit.session_store import SessionStore, StoredSession
from nbkit.slots import Slot
from nbkit.story import Story

if TYPE_CHECKING:
    from nbkit.detector import DEFAULT_PATTERNS, PromptDetector
    from nbkit.widgets import ProgressWidget, StreamingPreviewWidget
else:
    # What draws in regex or anywidget is imported when somebody asks for it.
    _LATER = {
        "DEFAULT_PATTERNS": "nbkit.detector",
        "ProgressWidget": "nbkit.widgets",
        "PromptDetector": "nbkit.detector",
        "StreamingPreviewWidget": "nbkit.widgets",
    }

    def __getattr__(name: str) -> object:
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(_LATER[name]), name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *_LATER})


__version__ = "0.1.0"

__all__ = [
    "DEFAULT_PATTERNS",
    "BackendError",
    "ChatStream",
    "ChunkTypeError",
    "Deadlines",
    "EncodedImage",
    "ImageBackend",
    "ImagePrompt",
    "ImageRequest",
    "ImageResult",
    "LoopError",
    "MessageState",
    "MissingExtraError",
    "MissingKeyError",
    "NbkitError",
    "PatternError",
    "Preview",
    "ProgressEvent",
    "ProgressManager",
    "ProgressWidget",
    "PromptDetector",
    "QueueProcessor",
    "ReplayStream",
    "ServerAnswerError",
    "ServerDisconnectedError",
    "ServerError",
    "ServerRefusedError",
    "ServerTimeoutError",
    "ServerUnreachableError",
    "Session",
    "SessionManager",
    "SessionStore",
    "SketchBackend",
    "Slot",
    "StoreError",
    "StoredSession",
    "Story",
    "StreamError",
    "StreamingMonitor",
    "StreamingPreviewWidget",
    "Task",
    "TaskError",
    "TaskTimeout",
    "__version__",
    "chat",
    "illustrate",
    "illustrate_instructions",
    "open_store",
    "progress_manager",
    "replay",
    "sessions",
    "suggest_prompts",
    "transcripts",
]
