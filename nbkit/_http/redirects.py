"""Redirects: followed a few times, and by a client within its own server only."""

from __future__ import annotations

from nbkit._http import addresses
from nbkit._http.answer import Answer
from nbkit._http.failures import no_address
from nbkit.errors import ServerRefusedError
from nbkit.keys import Key

MOST = 3
"""How many are followed, one after the other."""


def target_of(answer: Answer, url: str, key: Key | None) -> str:
    """Return where an answer from ``url`` redirects to.

    Raises
    ------
    ServerRefusedError
        If that is another server.
    ServerAnswerError
        If it is no address, or has the key in it.
    """
    target = addresses.joined(url, answer.location)
    if addresses.origin(target) != addresses.origin(url):
        raise ServerRefusedError(
            f"{answer.url} redirects to {shown(target, key)}, another server, to "
            "which nothing is sent: if that is the right one, give its address",
            url=answer.url,
            status=answer.status,
        )
    if key is not None and key.redact(target) != target:
        raise no_address(answer.url, ": it holds the key")  # httpx would log it
    return target


def becomes_get(status: int, method: str) -> bool:
    """Say whether the request goes on as a GET, without its body."""
    return status == 303 or (status in (301, 302) and method == "POST")


def shown(url: str, key: Key | None) -> str:
    """Return an address as it may be shown, without the key."""
    address = addresses.shown(url)
    return address if key is None else key.redact(address)
