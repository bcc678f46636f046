"""``illustrate``: where a session and its screen meet."""

from __future__ import annotations

import os
import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from nbkit.models import MessageId
from nbkit.screen import Screen
from nbkit.session import Session
from nbkit.session_manager import session_manager
from nbkit.session_store import SessionStore

if TYPE_CHECKING:
    from nbkit.notebook import Execution

_started_by: dict[str, tuple[str, weakref.WeakSet[Session]]] = {}
"""The latest execution of each cell that started sessions without naming them, and these.

Held weakly: what has been let go elsewhere has ended, and there is nothing to cancel.
"""


def illustrate(
    source: Any,
    *,
    images: Any = "sketch",
    message_id: MessageId | None = None,
    patterns: Sequence[str] | None = None,
    seed: int | None = None,
    width: int | None = None,
    height: int | None = None,
    max_concurrency: int = 2,
    min_interval: float = 0.0,
    max_rate: float | None = None,
    retries: int = 2,
    timeout: float = 300.0,
    max_images: int | None = None,
    style: str = "",
    style_position: Literal["prefix", "suffix"] = "prefix",
    poll_interval: float = 0.3,
    preview: bool = True,
    progress: bool = True,
    store: str | os.PathLike[str] | SessionStore | None = None,
    reuse: bool = False,
    freeze: bool | Literal["auto"] = "auto",
) -> Session:
    """Show a reply as it streams, and each image in its place as it arrives.

    Returns at once; the work goes on in the background, on the notebook's own event loop.
    ``await session`` or ``session.wait()`` waits for its end.

    Parameters
    ----------
    source
        A ``str``; an iterator, generator or async iterator of text deltas;
        :func:`nbkit.replay` or :func:`nbkit.chat`; a stream or a whole reply of the openai,
        anthropic, langchain-core, litellm or ollama packages, as it is (a ``….stream(...)``
        manager need not be entered), or a streamer of transformers; or a callable without
        arguments that returns the text so far, polled every ``poll_interval`` seconds until it
        returns ``None``, raises ``StopIteration``, or ``session.finish()`` is called. What is
        synchronous is read in a thread of its own. A chunk of any other type ends the text with a
        :class:`nbkit.ChunkTypeError`, raised by ``await session``.
    images
        The backend: a spec string such as ``"sketch"``, an object with the
        :class:`nbkit.ImageBackend` protocol, or a callable that takes the prompt (and ``seed=``,
        if it has one) and returns PNG, JPEG or WebP bytes, a path or a PIL image.
    message_id
        Names the message; ``None`` makes a new id. If it still runs, its session is returned, and
        shown here too; ``source`` is left alone then.
    patterns
        Regular expressions of the image tags, instead of :data:`nbkit.DEFAULT_PATTERNS`; the
        first group that takes part is the prompt.
    seed, width, height
        Passed to the backend; sizes in pixels.
    max_concurrency
        How many images are made at a time.
    min_interval
        Seconds between two starts, also across sessions on the same backend.
    max_rate
        Starts a minute, also across sessions on the same backend; ``None`` for no limit.
    retries
        How often a failed attempt is made again, where that may help.
    timeout
        Seconds that one attempt may take.
    max_images
        A prompt past this number is not generated until its button is pressed.
    style, style_position
        Joined to each prompt for the backend alone, as ``"prefix"`` or ``"suffix"``.
    preview, progress
        Whether to show the story, and the progress below it.
    store
        A folder on a local disk, or what :func:`nbkit.open_store` gave, that keeps the session as
        it goes: its text within 100 ms, each image before it is announced. After a killed kernel
        ``nbkit.open_store(PATH).resume(id)`` finishes it. If it does not work,
        ``session.store_error`` says why, and the session goes on without it.
    reuse
        Whether an image that ``store`` has from before is taken instead of making one: for the
        same prompt with its style, seed, size and backend. It takes its turn within the limits.
    freeze
        Whether the finished view becomes static HTML: ``"auto"`` when every image is in place and
        nobody is using it, ``True`` at the end, ``False`` never.

    Raises
    ------
    TypeError
        For a source or a backend of the wrong kind.
    ValueError
        For a limit out of range, for an unknown backend, and for ``reuse`` without a store or with
        a backend that no spec string names.
    PatternError
        For an invalid pattern.
    """
    from nbkit import notebook  # which draws the widgets in

    execution = notebook.execution()
    if message_id is None:
        _cancel_former(execution)
    screen = notebook.screen(preview=preview, progress=progress, freeze=freeze)
    session = session_manager.start(
        source,
        images=images,
        message_id=message_id,
        patterns=patterns,
        seed=seed,
        width=width,
        height=height,
        max_concurrency=max_concurrency,
        min_interval=min_interval,
        max_rate=max_rate,
        retries=retries,
        timeout=timeout,
        max_images=max_images,
        style=style,
        style_position=style_position,
        poll_interval=poll_interval,
        screen=screen,
        store=store,
        reuse=reuse,
    )
    if message_id is None and execution is not None and execution.cell is not None:
        fresh = execution.request, weakref.WeakSet[Session]()
        _started_by.setdefault(execution.cell, fresh)[1].add(session)
    if preview or progress:
        session.show()
    return session


def open_store(path: str | os.PathLike[str]) -> SessionStore:
    """Open a folder that keeps sessions; one that is not there, or empty, becomes a store.

    It has to be on a local disk: SQLite's write-ahead log does not work over a network. Any number
    of kernels may use it at once.

    Raises
    ------
    StoreError
        If it cannot be read and written, or was written by a later version of nbkit.
    """
    store = SessionStore(path, screen=_screen)
    store.make()
    return store


def _screen() -> Screen | None:
    from nbkit import notebook

    return notebook.screen(preview=True, progress=True, freeze="auto")


def _cancel_former(execution: Execution | None) -> None:
    """Cancel what the cell's former execution started and left running."""
    if execution is None or execution.cell is None:
        return
    former = _started_by.get(execution.cell)
    if former is not None and former[0] != execution.request:
        del _started_by[execution.cell]
        for session in list(former[1]):
            session.cancel(reason="its cell was executed again")
