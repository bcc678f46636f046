"""Which wire format a path belongs to, and how that format says that something is wrong.

Sources: the error types of the vendors' own Python packages (openai, anthropic, ollama), the
exception handler of AUTOMATIC1111's ``modules/api/api.py``, and ComfyUI's ``server.py``.
"""

from __future__ import annotations

import json
import uuid
from typing import Any, Literal

Form = Literal["openai", "anthropic", "ollama", "a1111", "comfyui"]

_ANTHROPIC_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_OPENAI_CODES = {
    401: ("invalid_request_error", "invalid_api_key"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("requests", "rate_limit_exceeded"),
}
_COMFYUI_PATHS = ("prompt", "ws", "history", "view", "queue", "interrupt", "object_info")
_OLLAMA_PATHS = ("chat", "generate", "tags", "version", "show", "ps")


class Refusal(Exception):  # noqa: N818 - it is an answer, not a failure of the server
    """A request that is answered by an error, in whichever form it came."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


def form_of(path: str) -> Form:
    """Tell which format a path belongs to; what is of none is told of as OpenAI would."""
    parts = path.strip("/").split("/")
    if parts[:2] == ["v1", "messages"]:
        return "anthropic"
    if parts[0] == "sdapi":
        return "a1111"
    if parts[0] == "api":
        return "ollama" if parts[1:2] and parts[1] in _OLLAMA_PATHS else "comfyui"
    if parts[0] in _COMFYUI_PATHS or parts[0] == "system_stats":
        return "comfyui"
    return "openai"


def error_body(form: Form, status: int, message: str) -> dict[str, Any]:
    """Say an error as the format says it."""
    if form == "anthropic":
        kind = _ANTHROPIC_TYPES.get(status) or (
            "api_error" if status >= 500 else "invalid_request_error"
        )
        return {
            "type": "error",
            "error": {"type": kind, "message": message},
            "request_id": f"req_{uuid.uuid4().hex[:24]}",
        }
    if form == "ollama":
        return {"error": message}
    if form == "a1111":
        return {"error": "HTTPException", "detail": message, "body": "", "errors": message}
    if form == "comfyui":
        error = {"type": f"http_{status}", "message": message, "details": "", "extra_info": {}}
        return {"error": error, "node_errors": {}}
    kind, code = _OPENAI_CODES.get(
        status, ("server_error" if status >= 500 else "invalid_request_error", None)
    )
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def error_frame(path: str, media_type: str, message: str, number: int) -> bytes:
    """Say an error in the middle of a stream, as the format of the path says it.

    ``number`` is that of the event, where events have numbers. What is no stream gets the
    error's object alone.
    """
    form = form_of(path)
    body = error_body(form, 500, message)
    name = ""
    if path == "/v1/responses":
        name = "error"
        told = {"code": "server_error", "message": message, "param": None}
        body = {"type": "error", **told, "sequence_number": number}
    elif form == "anthropic":
        name = "error"
    text = json.dumps(body)
    if media_type == "application/x-ndjson":
        return f"{text}\n".encode()
    if media_type != "text/event-stream":
        return text.encode()
    return f"event: {name}\ndata: {text}\n\n".encode() if name else f"data: {text}\n\n".encode()
