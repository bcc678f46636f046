"""Talking to servers: deadlines, bounds, keys, and errors that say what happened.

The only module that imports httpx. A client is made for one conversation (a reply, an image) and
closed with it, so that nothing is bound to an event loop and no socket stays behind.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Generator, Mapping
from typing import Any, Self, TypeVar

import httpx

from nbkit._http import addresses, credentials, redirects
from nbkit._http.addresses import origin
from nbkit._http.answer import MAX_ANSWER, Answer
from nbkit._http.credentials import AuthStyle
from nbkit._http.failures import disconnected, lost, no_address, unreachable, without_frames
from nbkit._http.objects import EventReader, LineReader
from nbkit._http.watch import Watch
from nbkit.errors import ServerError
from nbkit.keys import Key
from nbkit.models import Deadlines
from nbkit.threads import in_thread

__all__ = [
    "MAX_ANSWER",
    "Answer",
    "AuthStyle",
    "Client",
    "EventReader",
    "LineReader",
    "fetch",
    "origin",
    "without_frames",
]

T = TypeVar("T")

_HEADERS = {"User-Agent": "nbkit", "Accept-Encoding": "identity"}


class Client:
    """Asks one server.

    Parameters
    ----------
    base_url
        Its address; a user and password in it are sent as basic authentication, if there is no
        ``key``, and shown nowhere.
    key, auth
        The key, and the header that it is sent in. It goes to this server alone.
    headers
        Others to send, none of them secret.
    deadlines
        For each request.
    what
        What an error calls ``base_url``.

    ``ValueError`` is raised if ``base_url`` is no address.
    """

    def __init__(
        self,
        base_url: str,
        *,
        key: Key | None = None,
        auth: AuthStyle = "bearer",
        headers: Mapping[str, str] | None = None,
        deadlines: Deadlines | None = None,
        what: str = "base_url",
    ) -> None:
        self.base_url, user = addresses.parse(base_url, what=what)
        try:
            httpx.URL(self.base_url)
        except (httpx.InvalidURL, UnicodeError) as error:
            raise ValueError(f"{what} is no address: {error}") from None
        if key is None and user is not None:
            key, auth = Key(user, origin="the address"), "basic"
        self.deadlines = deadlines or Deadlines()
        self.key, self.auth = key, auth
        self._auth = None if key is None else _KeyAuth(key, auth)
        self._headers = {**_HEADERS, **(headers or {})}
        self._http: httpx.AsyncClient | None = None

    def __repr__(self) -> str:
        return f"Client({self.base_url!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections; another request opens new ones."""
        http, self._http = self._http, None
        if http is not None:
            await http.aclose()

    async def json(
        self, method: str, path: str, *, body: Any = None, params: Mapping[str, str] | None = None
    ) -> Any:
        """Send a request and return the JSON of its answer."""
        async with await self.send(method, path, body=body, params=params) as answer:
            return await answer.json()

    async def send(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        params: Mapping[str, str] | None = None,
        accept: str = "application/json",
    ) -> Answer:
        """Send a request, and return the answer with its body still to come.

        A redirect is followed within this server only.

        Raises
        ------
        ServerError
            Of one of its kinds; a refusal is a :class:`ServerRefusedError`.
        """
        url = self.base_url + path
        for _ in range(redirects.MOST + 1):
            answer = await self._send_once(method, url, body, params, accept)
            if not answer.location:
                return answer
            await answer.aclose()
            url, params = redirects.target_of(answer, url, self.key), None
            if redirects.becomes_get(answer.status, method):
                method, body = "GET", None
        raise lost(redirects.shown(url, self.key), redirects.MOST)

    async def _send_once(
        self,
        method: str,
        url: str,
        body: Any,
        params: Mapping[str, str] | None,
        accept: str,
    ) -> Answer:
        if self._http is None:
            self._http = await _http_client(self.base_url, self.deadlines)
        headers = {**self._headers, "Accept": accept}
        content = None
        if body is not None:
            content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
            headers["Content-Type"] = "application/json"
        request = _request(self._http, method, url, content=content, params=params, headers=headers)
        sending = self._http.send(request, auth=self._auth, stream=True)
        watch = Watch(self.deadlines, redirects.shown(url, self.key))
        return await _answer(sending, watch, self.key)


async def fetch(
    address: str, *, trusted: str, deadlines: Deadlines | None = None, limit: int = MAX_ANSWER
) -> bytes:
    """Fetch what stands at an address that a server has named, without any key.

    On the server that named it (``trusted``, its address) anything will do, elsewhere only https
    and only hosts on the public network, also after a redirect. ``limit`` is in bytes.

    Raises
    ------
    ServerError
        Of one of its kinds.
    """
    deadlines = deadlines or Deadlines()
    url = addresses.joined(trusted, address)
    for _ in range(redirects.MOST + 1):
        at, headers, extensions = url, dict(_HEADERS), dict[str, Any]()
        if origin(url) != origin(trusted):
            at, headers["Host"], extensions["sni_hostname"] = await addresses.pinned(url)
        async with await _http_client(at, deadlines) as http:
            request = _request(http, "GET", at, headers=headers, extensions=extensions)
            watch = Watch(deadlines, addresses.shown(url))
            async with await _answer(http.send(request, stream=True), watch, None) as answer:
                if not answer.location:
                    return await answer.read(limit)
                url = addresses.joined(url, answer.location)
    raise lost(addresses.shown(url), redirects.MOST)


def _request(http: httpx.AsyncClient, method: str, url: str, **rest: Any) -> httpx.Request:
    try:
        return http.build_request(method, url, **rest)
    except (httpx.InvalidURL, UnicodeError):
        failure = no_address(addresses.shown(url), "")
    raise failure


class _KeyAuth(httpx.Auth):
    """Puts the key into the request as it leaves, and nowhere before."""

    def __init__(self, key: Key, style: AuthStyle) -> None:
        self._key = key
        self._style = style

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        name, value = credentials.header(self._key, self._style)
        request.headers[name] = value
        yield request


async def _answer(sending: Awaitable[httpx.Response], watch: Watch, key: Key | None) -> Answer:
    """Wait for an answer's head; an error answer is raised."""
    response = await _guarded(sending, watch, key)
    answer = Answer(
        response.status_code,
        response.headers,
        body=_body(response, watch, key),
        close=response.aclose,
        watch=watch,
        key=key,
    )
    if answer.status >= 400:
        raise await answer.refusal()
    return answer


async def _body(response: httpx.Response, watch: Watch, key: Key | None) -> AsyncIterator[bytes]:
    raw = response.aiter_raw()
    received = 0
    while True:
        try:
            data = await _guarded(anext(raw), watch, key, received=received)
        except StopAsyncIteration:
            return
        received += len(data)
        yield data


async def _guarded(
    work: Awaitable[T], watch: Watch, key: Key | None, *, received: int | None = None
) -> T:
    """Await a step of httpx within the deadlines; what it raises becomes ours.

    httpx's own errors are not kept as causes: their tracebacks hold the frames in which the
    request's headers are variables, and a key with them.
    """
    try:
        async with asyncio.timeout_at(watch.due):
            return await work
    except TimeoutError:
        failure: ServerError = watch.passed()
    except httpx.ConnectTimeout:
        failure = watch.timeout("did not accept the connection in time")
    except httpx.TimeoutException:
        failure = watch.timeout("did not go on in time")
    except (httpx.ConnectError, httpx.ProxyError) as error:
        failure = unreachable(error, watch.url)
    except (httpx.InvalidURL, UnicodeError):
        failure = no_address(watch.url, "")
    except (httpx.TransportError, httpx.StreamError) as error:
        failure = disconnected(error, watch.url, received, key)
    if key is not None:
        failure.args = (key.redact(str(failure)),)
    raise failure


_prepared: list[ssl.SSLContext] = []


async def _http_client(url: str, deadlines: Deadlines) -> httpx.AsyncClient:
    if not _prepared:
        _prepared.append(await in_thread(_prepare))
    return httpx.AsyncClient(
        verify=_prepared[0],
        timeout=httpx.Timeout(None, connect=deadlines.connect),
        follow_redirects=False,
        # A proxy of the environment knows nothing of this machine's own servers.
        trust_env=not addresses.is_loopback(url),
    )


def _prepare() -> ssl.SSLContext:
    """Do what takes time, and once: httpx loads half of itself with its first client."""
    httpx.AsyncClient(verify=False, trust_env=False)  # noqa: S501 - it connects to nothing
    return httpx.create_ssl_context()
