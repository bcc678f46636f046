"""A model and image server on this machine, for teaching and for tests without a network.

It speaks OpenAI's, Anthropic's and Ollama's interfaces for text, and OpenAI's, AUTOMATIC1111's
and ComfyUI's for pictures, as those vendors' own clients expect. No model answers: texts are the
packaged recordings, pictures come from the painter built into nbkit.

==========================  =====================================================================
``model`` of a request      what answers
==========================  =====================================================================
a recording's name          that recording
``"echo"``                  the last message of the user, again
``"prompts"``               image prompts for passages numbered ``[1] ``, ``[2] ``, as a JSON list
anything else               the server's own recording
==========================  =====================================================================

``POST /admin/replies {"text": ...}`` queues what the next reply says, whatever the model.
``GET /admin/requests`` lists the last 200 requests, and whether a client left before the end.

Something goes wrong on request, for one request by its header ``x-nbkit-fault``, for later ones
by ``POST /admin/faults {"fault": ..., "path": "/v1/", "count": 1}``:

=================================  ==============================================================
``status=503, retry-after=2``      that status, told as the form tells it; the header as written
``delay=SECONDS``                  a pause before the head
``stall=FRACTION``                 that much of the body, then nothing; the connection stays open
``cut=FRACTION``                   that much of the body, then the connection is closed
``error=FRACTION``                 that much of a stream's events, then an error as an event
``drip=SECONDS``                   a byte at a time
``garbage``                        a body that is no such format, under its content type
``html``                           200 with an HTML page
``redirect=URL``                   307 to there
=================================  ==============================================================

Several are divided by commas. A fraction is one of the body's bytes; on a websocket, of the
first twenty messages.
"""

from __future__ import annotations

import importlib.util
from types import TracebackType
from typing import TYPE_CHECKING, Self

from nbkit.errors import MissingExtraError

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from nbkit._serve.running import Running

__all__ = ["Server", "app"]


def app(
    *,
    rate: float | None = 40.0,
    transcript: str = "lighthouse",
    image_seconds: float = 1.0,
    key: str | None = None,
) -> Starlette:
    """Make the app alone, for an ASGI server of one's own.

    Parameters
    ----------
    rate
        Tokens a second of a reply; ``None`` replays a recording in its own time.
    transcript
        The recording for models that have none of their own.
    image_seconds
        About how long a picture takes; 0 gives pictures at once, without previews.
    key
        What a request must bring as ``Authorization: Bearer`` or ``x-api-key``; ``None`` asks for
        nothing.

    Raises
    ------
    ValueError
        For a value out of its range, or a recording that there is not.
    MissingExtraError
        If Starlette is not installed.
    """
    _require("starlette")
    from nbkit._serve.application import build
    from nbkit._serve.state import Settings

    return build(Settings(rate=rate, transcript=transcript, image_seconds=image_seconds, key=key))


class Server:
    """A server in a thread of its own, for a notebook, a script or a test.

    It can be started again after it was stopped; what it was asked and what was queued is then
    forgotten. The parameters are those of :func:`app`, and besides:

    Parameters
    ----------
    host
        The address to listen on; only this machine reaches the default one.
    port
        0 takes one that is free.
    access_log
        Whether each request is logged, by the logger ``uvicorn.access``. Without it Uvicorn's
        loggers are silent but for what is critical, in the whole process.

    Raises
    ------
    ValueError, MissingExtraError
        As :func:`app`.

    Examples
    --------
    >>> with Server() as server:  # doctest: +SKIP
    ...     client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="any")
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        rate: float | None = 40.0,
        transcript: str = "lighthouse",
        image_seconds: float = 1.0,
        key: str | None = None,
        access_log: bool = False,
    ) -> None:
        _require("starlette")
        _require("uvicorn")
        from nbkit._serve.state import Settings

        self._settings = Settings(
            rate=rate, transcript=transcript, image_seconds=image_seconds, key=key
        )
        if not 0 <= port <= 65_535:
            raise ValueError(f"port is from 0 to 65535, not {port}")
        self._host = host
        self._port = port
        self._access_log = access_log
        self._running: Running | None = None
        self._url: str | None = None

    def __repr__(self) -> str:
        where = self._url if self._running else "stopped"
        return f"<Server {where}>"

    @property
    def url(self) -> str:
        """Where it listens, such as ``"http://127.0.0.1:8765"``.

        Raises
        ------
        RuntimeError
            If it has never been started.
        """
        if self._url is None:
            raise RuntimeError("the server has not been started")
        return self._url

    def start(self) -> Self:
        """Listen; returns when it does. Does nothing if it does already.

        Raises
        ------
        OSError
            If the address cannot be listened on.
        """
        if self._running is None:
            from nbkit._serve.application import build
            from nbkit._serve.running import Running

            running = Running(
                build(self._settings), self._host, self._port, access_log=self._access_log
            )
            running.start()
            self._running = running
            self._url = running.url
        return self

    def stop(self) -> None:
        """Close all connections, also those in the middle of a reply, and end the thread."""
        running, self._running = self._running, None
        if running is not None:
            running.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _require(package: str) -> None:
    if importlib.util.find_spec(package) is None:
        raise MissingExtraError(package, extra="serve")
