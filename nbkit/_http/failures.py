"""Connections that fail, as errors of ours."""

from __future__ import annotations

import ssl

from nbkit.errors import ServerDisconnectedError, ServerUnreachableError


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


def disconnected(error: Exception, url: str, received: int | None) -> ServerDisconnectedError:
    """Return the error of a connection that broke; ``received`` counts the bytes of its answer."""
    when = "before it answered" if received is None else f"after {received} bytes of its answer"
    why = f": {error}" if str(error) else ""
    text = f"{url} closed the connection {when}{why}"
    return ServerDisconnectedError(text, url=url, retryable=True)
