"""Ending the connection below a stream that another thread waits on."""

from __future__ import annotations

import contextlib
import socket
from typing import Any


def hang_up(stream: Any) -> None:
    """End the connection that a synchronous stream reads from, if it shows which that is.

    Closing a socket wakes nobody who waits on it in another thread, and a model may think for
    minutes before its next event; shutting it down does. The streams of openai and anthropic show
    their response, as httpx and its fork have it; over HTTP/1 no other request shares its
    connection. Whatever shows none ends with its next event.
    """
    response = getattr(stream, "response", None) or getattr(stream, "_response", None)
    extensions = getattr(response, "extensions", None)
    if getattr(response, "is_closed", True) or not isinstance(extensions, dict):
        return  # once it is closed, its connection may serve another request
    if extensions.get("http_version") == b"HTTP/2":
        return
    network = extensions.get("network_stream")
    ask = getattr(network, "get_extra_info", None)
    connection = ask("socket") if ask is not None else None
    if isinstance(connection, socket.socket):
        with contextlib.suppress(OSError):  # it has ended by itself
            # Not by the method of a TLS socket, which takes the session from under its reader.
            socket.socket.shutdown(connection, socket.SHUT_RDWR)
