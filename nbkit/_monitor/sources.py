"""What may stand where a reply's text is expected: told apart by kind, refused early."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterable, Awaitable, Callable, Coroutine, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from nbkit._monitor.deltas import Given, Pulled, Pushed, Source
from nbkit._monitor.managed import Entered, Managed
from nbkit._monitor.shapes import Reader
from nbkit._monitor.threaded import Polled, Threaded, is_async
from nbkit.errors import ChunkTypeError, StreamError

_PIECE = 4_096  # characters of a whole text that are handed on between two looks at the clock

_LEGAL = (
    "a str, an iterator or async iterator of str deltas, a stream or a whole reply of openai,"
    " anthropic, langchain-core, litellm or ollama, or a callable without arguments that returns"
    " the text so far"
)


def open_source(source: object, *, poll_interval: float = 0.3) -> Source:
    """Make a source of any legal kind an async iterator of text deltas.

    ``None`` is text that will be pushed. What can be both called and iterated is iterated, and
    an async iterator is preferred to a synchronous one. Nothing is read yet.

    A delta is a ``str``, or ``None`` for no text, or a chunk of the openai, anthropic,
    langchain-core, litellm or ollama packages, as an object or as a dict of the same shape. What
    thinks, calls a tool or refuses in it is no text, and of several choices the first is taken.
    Any other is a :class:`nbkit.errors.ChunkTypeError` once it is read, and a chunk that reports
    an error a :class:`nbkit.errors.StreamError`.

    Parameters
    ----------
    source
        A ``str``; an iterable, iterator, generator or async iterator of deltas; what gives one
        when it is entered, as the vendors' ``client.….stream(...)`` does (it is left again); a
        whole reply of one of those packages, or its JSON as a dict; a callable without arguments
        that returns the text so far, or awaits it; or ``None``.
    poll_interval
        Seconds from the end of one poll of a callable to the next.

    Raises
    ------
    TypeError
        If it is anything else.
    """
    if source is None:
        return Pushed()
    if isinstance(source, str):
        cuts = range(0, len(source), _PIECE)
        return Given((source[cut : cut + _PIECE] for cut in cuts), len(cuts))
    if _is_record(source):
        return _reply(source)
    _refuse_lookalikes(source)
    if isinstance(source, AsyncIterable | Iterable):
        return _iterated(source)
    if callable(source):
        _refuse_uncallable(source)
        return Polled(source, poll_interval)
    return _managed(source)


def _iterated(source: AsyncIterable[object] | Iterable[object]) -> Source:
    if isinstance(source, list | tuple):
        return Given(source, len(source))
    if isinstance(source, AsyncIterable) and not (isinstance(source, Iterable) and _blocks(source)):
        return Pulled(source)
    return Threaded(source)


def _is_record(source: object) -> bool:
    """Whether it is a dict or a pydantic model, which iterates over its fields' names."""
    kind = type(source)
    return isinstance(source, dict) or (
        hasattr(kind, "__iter__") and (hasattr(kind, "model_fields") or hasattr(kind, "__fields__"))
    )


def _reply(source: object) -> Source:
    """Take a whole reply, or a single chunk, as the text that there is."""
    try:
        return open_source(Reader().text(source))
    except ChunkTypeError:
        raise _wrong(type(source).__name__, "that is no model's reply") from None
    except StreamError:
        return Given([source], 1)  # it says what failed, and so will the session


def _blocks(source: Any) -> bool:
    """Whether what iterates both ways reads a synchronous stream, and would hold up the loop.

    litellm wraps both kinds of streams in the same classes; what tells them apart is innermost.
    """
    while isinstance(source, AsyncIterable) and isinstance(source, Iterable):
        inner = getattr(source, "completion_stream", None) or getattr(
            source, "streaming_response", None
        )
        if inner is None:  # not asked for yet
            make = getattr(source, "make_call", None)
            return make is not None and not is_async(getattr(make, "func", make))
        source = inner
    return not isinstance(source, AsyncIterable)


def _managed(source: Any) -> Source:
    """Take what has to be entered; and refuse all the rest."""
    kind = type(source)
    if hasattr(kind, "__fspath__"):
        raise _wrong(kind.__name__, "open it, or read its text")
    if hasattr(kind, "__aenter__"):
        return Managed(source)
    if hasattr(kind, "__enter__"):
        return Threaded(Entered(source))
    raise _wrong(kind.__name__)


def _refuse_lookalikes(source: object) -> None:
    """Refuse what can be iterated or called, and yet is no text."""
    if isinstance(source, type):
        raise _wrong(f"the class {source.__name__}")
    if isinstance(source, bytes | bytearray | memoryview):
        raise _wrong(type(source).__name__, "decode it first")
    if isinstance(source, Mapping | AbstractSet):
        raise _wrong(type(source).__name__, "that is no sequence of text deltas")
    if isinstance(source, Awaitable) and not isinstance(source, AsyncIterable):
        if isinstance(source, Coroutine):
            source.close()  # or Python would warn, later and elsewhere, that nobody awaited it
        raise _wrong(type(source).__name__, "await it, or pass its function without calling it")


def _refuse_uncallable(source: Callable[..., object]) -> None:
    """Refuse a callable that cannot be polled."""
    if inspect.isgeneratorfunction(source) or inspect.isasyncgenfunction(source):
        raise _wrong("a generator function", "call it, and pass what it gives")
    try:
        inspect.signature(source).bind()
    except TypeError:
        raise _wrong("a callable that needs arguments") from None
    except ValueError:  # a builtin that does not tell its signature: calling it will show
        return


def _wrong(kind: str, advice: str = "") -> TypeError:
    return TypeError(f"a source is {_LEGAL}; not {kind}" + (f": {advice}" if advice else ""))
