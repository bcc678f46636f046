"""What may stand where a reply's text is expected: told apart by kind, refused early."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterable, Awaitable, Callable, Coroutine, Iterable, Mapping
from collections.abc import Set as AbstractSet

from nbkit._monitor.deltas import Given, Pulled, Pushed, Source
from nbkit._monitor.threaded import Polled, Threaded

_PIECE = 4_096  # characters of a whole text that are handed on between two looks at the clock

_LEGAL = (
    "a str, an iterator or async iterator of str deltas, or a callable without arguments that"
    " returns the text so far"
)


def open_source(source: object, *, poll_interval: float = 0.3) -> Source:
    """Make a source of any legal kind an async iterator of text deltas.

    ``None`` is text that will be pushed. What can be both called and iterated is iterated, and
    an async iterator is preferred to a synchronous one. Nothing is read yet.

    Parameters
    ----------
    source
        A ``str``; an iterable, iterator, generator or async iterator of ``str``; a callable without
        arguments that returns the text so far, or awaits it; or ``None``.
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
    _refuse_lookalikes(source)
    if isinstance(source, AsyncIterable):
        return Pulled(source)
    if isinstance(source, list | tuple):
        return Given(source, len(source))
    if isinstance(source, Iterable):
        return Threaded(source)
    if callable(source):
        _refuse_uncallable(source)
        return Polled(source, poll_interval)
    raise _wrong(type(source).__name__)


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
