"""JSON, alone and in server-sent events, as the wire formats have it."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import JSONResponse


def encode(data: object) -> bytes:
    """Encode as compact JSON; half of a surrogate pair becomes a question mark."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def event(data: dict[str, Any], name: str | None = None) -> bytes:
    """Write one server-sent event."""
    head = b"" if name is None else f"event: {name}\n".encode()
    return head + b"data: " + encode(data) + b"\n\n"


class Json(JSONResponse):
    """A JSON response that takes any text that JSON can bring in."""

    def render(self, content: object) -> bytes:
        """Encode it."""
        return encode(content)
