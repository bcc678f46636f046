"""The names that users rely on."""

import importlib.metadata
import inspect
import os
import subprocess
import sys

import pytest

import nbkit

NAMES = {
    "BackendError",
    "ChatStream",
    "ChunkTypeError",
    "DEFAULT_PATTERNS",
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
    "Session",
    "ServerAnswerError",
    "ServerDisconnectedError",
    "ServerError",
    "ServerRefusedError",
    "ServerTimeoutError",
    "ServerUnreachableError",
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
}


def test_exactly_these_names_are_exported():
    assert set(nbkit.__all__) == NAMES
    for name in NAMES:
        assert hasattr(nbkit, name), name


def test_what_is_imported_later_is_there_all_the_same():
    code = """if True:
        import nbkit
        missing = set(nbkit.__all__) - set(dir(nbkit))
        assert not missing, missing
        from nbkit import *
        assert nbkit.PromptDetector is PromptDetector
        assert issubclass(StreamingPreviewWidget, nbkit.widgets.page.PageWidget)
    """
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_name_that_is_none_is_an_attribute_error_that_names_it():
    with pytest.raises(AttributeError, match="module 'nbkit' has no attribute 'ilustrate'"):
        _ = nbkit.ilustrate


def test_each_is_documented():
    for name in NAMES - {"DEFAULT_PATTERNS", "__version__"}:
        assert inspect.getdoc(getattr(nbkit, name)), name


def test_illustrate_takes_what_the_design_names():
    parameters = list(inspect.signature(nbkit.illustrate).parameters)
    assert parameters == [
        "source", "images", "message_id", "patterns", "seed", "width", "height", "max_concurrency",
        "min_interval", "max_rate", "retries", "timeout", "max_images", "style", "style_position",
        "poll_interval", "preview", "progress", "store", "reuse", "freeze",
    ]  # fmt: skip


def test_the_version_is_the_distributions():
    assert importlib.metadata.version("nbkit") == nbkit.__version__


def test_importing_it_draws_in_nothing_heavy():
    heavy = ["PIL", "latex2mathml", "nest_asyncio2", "nbformat", "nbclient", "rich", "httpx"]
    heavy += ["sqlite3", "websockets", "starlette", "uvicorn", "torch", "diffusers"]
    heavy += ["anywidget", "ipywidgets", "IPython", "regex", "pygments"]
    code = f"import sys, nbkit; print([m for m in {heavy} if m in sys.modules])"
    # Measuring coverage draws in modules of its own.
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env=env,
    )
    assert done.stdout.strip() == "[]"
