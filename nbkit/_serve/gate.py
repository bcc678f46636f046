"""The key of a server: who has it may come in."""

from __future__ import annotations

import base64
import hmac
import json

from starlette.types import ASGIApp, Receive, Scope, Send

from nbkit._serve.forms import Form, error_body, form_of

_REFUSALS: dict[Form, str] = {
    "openai": "Incorrect API key provided.",
    "anthropic": "invalid x-api-key",
    "ollama": "unauthorized",
    "a1111": "Incorrect username or password",
    "comfyui": "unauthorized",
}


class Gate:
    """Wraps an app; without a key it is open.

    A key comes as ``Authorization: Bearer``, as ``x-api-key``, or as the password of
    ``Authorization: Basic`` (A1111's ``--api-auth``). Pictures under ``/files/`` need none, as
    those that a vendor gives addresses of.
    """

    def __init__(self, app: ASGIApp, key: str | None) -> None:
        self._app = app
        self._key = key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it as its form does."""
        free = scope["type"] == "lifespan" or scope["path"].startswith("/files/")
        if self._key is None or free or self._has_key(scope):
            await self._app(scope, receive, send)
            return
        form = form_of(scope["path"])
        body = json.dumps(error_body(form, 401, _REFUSALS[form])).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ]
        if form == "a1111":
            headers.append((b"www-authenticate", b"Basic"))
        prefix = "websocket." if scope["type"] == "websocket" else ""
        await send({"type": f"{prefix}http.response.start", "status": 401, "headers": headers})
        await send({"type": f"{prefix}http.response.body", "body": body})

    def _has_key(self, scope: Scope) -> bool:
        key = (self._key or "").encode()
        return any(
            hmac.compare_digest(given, key)
            for name, value in scope["headers"]
            for given in _given(name, value)
        )


def _given(name: bytes, value: bytes) -> list[bytes]:
    if name == b"x-api-key":
        return [value]
    if name != b"authorization":
        return []
    scheme, _, rest = value.partition(b" ")
    if scheme.lower() == b"bearer":
        return [rest.strip()]
    if scheme.lower() == b"basic":
        try:
            return [base64.b64decode(rest).partition(b":")[2]]
        except ValueError:
            return []
    return []
