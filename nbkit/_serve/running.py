"""Uvicorn in a thread of its own, with a loop of its own."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

_PATIENCE = 5  # seconds that work may take to notice that the server stops


class _Uvicorn(uvicorn.Server):
    """A server that says when it listens, and does not wait for open streams when it stops."""

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            transport = connection.transport
            if isinstance(transport, asyncio.Transport):
                transport.abort()
        await super().shutdown(sockets)


class Running:
    """One run of a server, from its socket to the end of its thread."""

    def __init__(self, app: ASGIApp, host: str, port: int, *, access_log: bool) -> None:
        self._socket = _listen(host, port)
        config = uvicorn.Config(
            app,
            http="h11",
            ws="websockets-sansio",
            lifespan="on",
            log_config=None,
            # What a fault cuts short is no error of the server.
            log_level="info" if access_log else "critical",
            access_log=access_log,
            server_header=False,
            timeout_keep_alive=60,
            timeout_graceful_shutdown=_PATIENCE,
        )
        self._started = threading.Event()
        self._server = _Uvicorn(config, self._started.set)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="nbkit-serve", daemon=True)
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._socket.getsockname()[1]}"

    def start(self) -> None:
        """Start the thread; returns once it listens."""
        self._thread.start()
        self._started.wait()
        if self._error is not None:
            self.stop()
            raise self._error

    def stop(self) -> None:
        """Stop, and wait for the thread."""
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        try:
            with asyncio.Runner() as runner:
                runner.run(self._server.serve(sockets=[self._socket]))
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever starts the server
            self._error = error
        finally:
            self._started.set()


def _listen(host: str, port: int) -> socket.socket:
    # With its protocol named: asyncio turns Nagle's delay off for such sockets alone, and with it
    # each answer on a kept connection would take 40 ms.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise OSError(error.errno, f"{error.strerror}: {host}, port {port}") from error
    return listening
