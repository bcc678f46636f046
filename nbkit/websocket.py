"""A websocket of a server: bounded, with deadlines, and with the key in the handshake alone.

The only module that imports websockets.
"""

from __future__ import annotations

import contextlib
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Mapping
from typing import Literal, TypeVar
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidStatus,
    WebSocketException,
)

from nbkit._http import addresses, refusals
from nbkit.errors import (
    ServerAnswerError,
    ServerDisconnectedError,
    ServerError,
    ServerRefusedError,
    ServerTimeoutError,
    ServerUnreachableError,
)
from nbkit.keys import Key
from nbkit.threads import in_thread

T = TypeVar("T")

MAX_MESSAGE = 6_000_000
"""The longest message that is taken, in bytes; a longer one ends the connection."""

_CONNECT = 10.0  # seconds, the handshake and what goes before it
_PING = 20.0  # seconds of silence after which a sign of life is asked for, and waited for
_CLOSE = 0.5  # seconds that a goodbye may take

# websockets logs the handshake's headers at DEBUG. This logger is no part of the tree, so that
# nobody's settings can make it do that; what goes wrong is raised anyway.
_silent = logging.Logger("nbkit.websocket", logging.CRITICAL)  # noqa: LOG001
_silent.addHandler(logging.NullHandler())


class WebSocket:
    """An open websocket; made by :func:`open_websocket`."""

    def __init__(self, connection: ClientConnection, url: str, key: Key | None) -> None:
        self.url = url
        self._connection = connection
        self._key = key

    def __repr__(self) -> str:
        return f"<WebSocket to {self.url}>"

    async def send(self, text: str) -> None:
        """Send a text message.

        Raises
        ------
        ServerDisconnectedError
            If the connection broke.
        """
        await _guarded(self._connection.send(text), self.url, self._key)

    async def receive(self) -> str | bytes:
        """Wait for the next message; cancelling the wait loses none.

        Raises
        ------
        ServerDisconnectedError
            If the connection was closed or broke, or a message was too long.
        """
        return await _guarded(self._connection.recv(), self.url, self._key)

    async def aclose(self) -> None:
        """Say goodbye, and close the connection whether that is answered or not."""
        try:
            await _guarded(self._connection.close(), self.url, self._key)
        except ServerError:
            pass
        finally:
            # Cancelled in the goodbye, or done with it: no socket stays.
            self._connection.transport.abort()


@contextlib.asynccontextmanager
async def open_websocket(
    base_url: str,
    path: str,
    *,
    params: Mapping[str, str] | None = None,
    key: Key | None = None,
    auth: Literal["bearer", "basic"] = "bearer",
) -> AsyncIterator[WebSocket]:
    """Open a websocket of a server for as long as the block runs.

    ``base_url`` is an http or https address without a user, as ``Client.base_url`` is. A redirect
    is not followed.

    Raises
    ------
    ServerError
        Of one of its kinds, where none can be had.
    """
    url = base_url + path
    query = f"?{urlencode(params)}" if params else ""
    secure = url.startswith("https:")
    connecting = _Connect(
        f"ws{url.removeprefix('http')}{query}",
        ssl=await in_thread(ssl.create_default_context) if secure else None,
        additional_headers=_headers(key, auth),
        user_agent_header="nbkit",
        # A proxy of the environment knows nothing of this machine's own servers.
        proxy=None if addresses.is_loopback(url) else True,
        compression=None,  # previews are compressed already
        open_timeout=_CONNECT,
        ping_interval=_PING,
        ping_timeout=_PING,
        close_timeout=_CLOSE,
        max_size=MAX_MESSAGE,
        logger=_silent,
    )
    shown = addresses.shown(url)
    socket = WebSocket(await _guarded(_connected(connecting), shown, key), shown, key)
    try:
        yield socket
    finally:
        await socket.aclose()


class _Connect(connect):
    """Follows no redirect."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


def _headers(key: Key | None, auth: Literal["bearer", "basic"]) -> dict[str, str]:
    if key is None:
        return {}
    return {"Authorization": key.basic if auth == "basic" else key.bearer}


async def _connected(connecting: connect) -> ClientConnection:
    return await connecting


async def _guarded(work: Awaitable[T], url: str, key: Key | None) -> T:
    """Await a step of websockets; what it raises becomes ours, without it as the cause.

    The tracebacks of its own errors hold the frames in which the headers are variables.
    """
    try:
        return await work
    except InvalidStatus as error:
        failure = _refusal(error, url)
    except TimeoutError:
        failure = ServerTimeoutError(f"{url} did not open in time", url=url, retryable=True)
    except ConnectionClosed as error:
        failure = ServerDisconnectedError(f"{url} closed: {error}", url=url, retryable=True)
    except ssl.SSLError as error:
        text = f"{url} offers no secure connection: {error.reason or error}"
        failure = ServerUnreachableError(text, url=url)
    except (InvalidHandshake, EOFError, ConnectionResetError) as error:
        failure = ServerAnswerError(f"{url} opens no websocket: {error}", url=url)
    except (OSError, ImportError) as error:  # a SOCKS proxy needs another package
        text = f"{url} cannot be reached: {error}"
        failure = ServerUnreachableError(text, url=url, retryable=True)
    except WebSocketException as error:
        failure = ServerDisconnectedError(f"{url} broke: {error}", url=url, retryable=True)
    if key is not None:
        failure.args = (key.redact(str(failure)),)
    raise failure


def _refusal(error: InvalidStatus, url: str) -> ServerError:
    status = error.response.status_code
    text, code = refusals.words(bytes(error.response.body or b""))
    said = f": {text}" if text else ""
    return ServerRefusedError(
        f"{url} opens no websocket, it answered {refusals.status_line(status)}{said}",
        url=url,
        status=status,
        code=code,
        retryable=refusals.is_retryable(status),
    )
