"""Connections that fail, as errors of ours."""

from __future__ import annotations

import ssl
from typing import TypeVar

from nbkit._http.refusals import shortened
from nbkit.errors import (
    ServerAnswerError,
    ServerDisconnectedError,
    ServerError,
    ServerRefusedError,
    ServerUnreachableError,
)
from nbkit.keys import Key

E = TypeVar("E", bound=BaseException)


def unreachable(error: Exception, url: str) -> ServerUnreachableError:
    """Return the error of a connection that could not be made; a bad certificate stays bad."""
    seen: BaseException | None = error
    while seen is not None and not isinstance(seen, ssl.SSLError):
        seen = seen.__cause__ or seen.__context__
    if isinstance(seen, ssl.SSLError):
        why = getattr(seen, "verify_message", "") or seen.reason or str(seen)
        return ServerUnreachableError(f"{url} offers no secure connection: {why}", url=url)
    return ServerUnreachableError(
        f"{url} cannot be reached: {error}: is it running, and is the address right?",
        url=url,
        retryable=True,
    )


def disconnected(error: Exception, url: str, received: int | None, key: Key | None) -> ServerError:
    """Return the error of a connection that broke, or on which something else than HTTP came.

    ``received`` counts the bytes of its answer, ``None`` before its head; ``key`` is not shown.
    """
    when = "before it answered" if received is None else f"after {received} bytes of its answer"
    # It may quote what has come, at any length.
    why = shortened(str(error) if key is None else key.redact(str(error)))
    why = f": {why}" if why else ""
    if "in location header" in str(error):  # httpx reads it even where it does not follow
        return no_address(url, why)
    if _is_malformed(error):
        return ServerAnswerError(f"{url} does not speak HTTP as it should, {when}{why}", url=url)
    text = f"{url} closed the connection {when}{why}"
    return ServerDisconnectedError(text, url=url, retryable=True)


def without_frames(error: E) -> E:
    """Take the tracebacks off an error and its causes, and return it.

    The variables of their frames hold what a server has sent, and it may have repeated a key.
    """
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            one.__traceback__ = None
            waiting += [one.__cause__, one.__context__]
    return error


def lost(url: str, redirects: int) -> ServerRefusedError:
    """Return the error of a server that redirects again and again."""
    return ServerRefusedError(f"{url} redirects more than {redirects} times", url=url)


def no_address(url: str, why: str) -> ServerAnswerError:
    """Return the error of a server that redirects to what cannot be asked."""
    return ServerAnswerError(f"{url} names as another address what is none{why}", url=url)


def _is_malformed(error: BaseException | None) -> bool:
    """Say whether h11 could not read what came; a body's early end is of the same type there."""
    while error is not None and not type(error).__module__.startswith("h11"):
        error = error.__cause__ or error.__context__
    return error is not None and not str(error).startswith("peer closed connection")
