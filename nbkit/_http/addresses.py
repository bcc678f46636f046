"""Addresses of servers: checked, shown without secrets, and told apart by whom they may reach."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import Any
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from nbkit.errors import ServerAnswerError

_PORTS = {"http": 80, "https": 443}
_SHOWN = 300  # characters of an address


def parse(address: str, *, what: str = "base_url") -> tuple[str, str | None]:
    """Check a server's address; returns it without its user, and ``user:password`` or ``None``.

    Raises
    ------
    ValueError
        If it is no http or https address with a host. The message does not show a password.
    """
    if not isinstance(address, str):
        raise TypeError(f"{what} is a str, not {type(address).__name__}")
    try:
        parts = urlsplit(address.strip())
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{what} is no address: {error}") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError(
            f"{what} is an address such as 'http://127.0.0.1:8000', not {shown(address)!r}"
        )
    if parts.query:
        raise ValueError(
            f"{what} has a query, which it may not: {shown(address)!r}; a key is api_key"
        )
    user = None
    if parts.username is not None:
        user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    host = _bracketed(parts.hostname) + (f":{port}" if port is not None else "")
    return parts._replace(netloc=host, fragment="").geturl().rstrip("/"), user


def shown(address: str) -> str:
    """Return an address as an error may show it: no user, no query, no fragment."""
    try:
        parts = urlsplit(str(address).strip())
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "an address that cannot be read"
    text = parts._replace(netloc=host, query="", fragment="").geturl()
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def joined(base: str, address: str) -> str:
    """Return the whole address of one that a server has named.

    Raises
    ------
    ServerAnswerError
        If it is none.
    """
    try:
        url = urljoin(base, address)
        origin(url)  # which fails for a port that is none
    except ValueError:
        at = shown(base)
    else:
        return url
    raise ServerAnswerError(f"{at} names as another address what is none", url=at)


def origin(address: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port: what two addresses share that belong to one server."""
    parts = urlsplit(address)
    return parts.scheme, parts.hostname or "", _port(parts)


def is_loopback(address: str) -> bool:
    """Say whether an address is one of this very machine, by its name alone."""
    host = urlsplit(address).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def pinned(address: str) -> tuple[str, str, str]:
    """Look a foreign address up once, and return how to reach just what was found.

    Returns the address with a number for its host, the ``Host`` header, and the name that its
    certificate has to bear: to connect to the name again would leave time to change the answer.

    Raises
    ------
    ServerAnswerError
        If it is not https, has no number, or any of them is of a private, local or special kind.
    """
    try:
        number, port = await _public_number(address)
        parts = urlsplit(address)
    except ValueError as error:
        why = str(error)
    else:
        name = parts.hostname or ""
        at = parts._replace(netloc=_bracketed(number) + port, fragment="").geturl()
        return at, _bracketed(name) + port, name
    url = shown(address)
    raise ServerAnswerError(f"the address {url} is not fetched: {why}", url=url)


async def _public_number(address: str) -> tuple[str, str]:
    """Return one of a host's numbers, all of which are public, and its port as ``":N"``."""
    parts = urlsplit(address)
    host = parts.hostname
    if parts.scheme != "https" or not host:
        raise ValueError("only https addresses are")
    loop = asyncio.get_running_loop()
    try:
        found: list[Any] = await loop.getaddrinfo(host, _port(parts), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ValueError(f"its host is not known: {error}") from None
    numbers = [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]
    if not numbers or not all(_is_public(number) for number in numbers):
        raise ValueError("its host is not on the public network")
    return str(numbers[0]), f":{parts.port}" if parts.port is not None else ""


def _is_public(number: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(number, ipaddress.IPv6Address):
        inner = number.ipv4_mapped or number.sixtofour or (number.teredo or (None, None))[1]
        if inner is not None:
            number = inner
    return number.is_global and not number.is_multicast


def _port(parts: SplitResult) -> int | None:
    return parts.port if parts.port is not None else _PORTS.get(parts.scheme)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
