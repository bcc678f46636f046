"""What a server says when it refuses: its words, whether to ask again, and when."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

_SHOWN = 400  # characters of a server's own words
_NODES = 20  # errors of a workflow's nodes that are looked at; more are not shown anyway
_TITLE_WITHIN = 4_000  # characters of a page; looking takes their square where they are hostile
_RETRYABLE = {408, 409, 425, 429}
_FOLLOWED = 3_600.0  # seconds; nobody waits longer for a picture

_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_BLANKS = re.compile(r"\s+")


def is_retryable(status: int) -> bool:
    """Say whether the same request may succeed later, by the status."""
    return status in _RETRYABLE or status >= 500


def retry_after(value: str | None, *, now: float | None = None) -> float | None:
    """Read a ``Retry-After`` header (RFC 9110, 10.2.3): seconds, or a date.

    ``None`` where it is missing, of no such form, past, or further than an hour away: nothing
    that could be followed. ``now`` is in Unix seconds.
    """
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            date = parsedate_to_datetime(value)
            seconds = date.timestamp() - (time.time() if now is None else now)
        except (ValueError, TypeError, OverflowError, IndexError):
            return None
    return seconds if math.isfinite(seconds) and 0 < seconds <= _FOLLOWED else None


def status_line(status: int) -> str:
    """Name a status, as ``"503 Service Unavailable"``."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return {529: "529 Overloaded"}.get(status, str(status))


def words(body: bytes) -> tuple[str, str]:
    """Find in an error's body what it says, and its code; both may be ``""``."""
    text = body.decode("utf-8-sig", "replace").strip()
    if text.startswith("<"):
        title = _TITLE.search(text, 0, _TITLE_WITHIN)
        return (f"an HTML page: {shortened(title.group(1))}" if title else "an HTML page"), ""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return shortened(text), ""
    return said(data)


def said(data: Any) -> tuple[str, str]:
    """Find in an error object what it says, and its code.

    Takes the forms of OpenAI and Anthropic (``error.message``, ``error.type``), Ollama (``error``
    is the text), FastAPI (``detail``), A1111 (``error``, ``errors``) and ComfyUI (``node_errors``).
    """
    if not isinstance(data, Mapping):
        return _plain(data if isinstance(data, list) else str(data)), ""
    error = data.get("error")
    if isinstance(error, Mapping):
        parts = [error.get("message"), error.get("details"), *_node_errors(data.get("node_errors"))]
        return _joined(parts), _plain(error.get("code") or error.get("type") or "")
    if isinstance(error, str):
        more = [data.get("message"), data.get("detail"), data.get("errors")]
        return _joined([error, *more]), ""
    return _joined([data.get("message"), data.get("detail")]), _plain(data.get("code") or "")


def _node_errors(nodes: Any) -> list[str]:
    found: list[str] = []
    for number, node in nodes.items() if isinstance(nodes, Mapping) else ():
        errors = node.get("errors") if isinstance(node, Mapping) else None
        for each in errors if isinstance(errors, list) else ():
            parts = [each.get("message"), each.get("details")] if isinstance(each, Mapping) else []
            kind = _plain(node.get("class_type", "node"))
            found.append(f"{kind} {shortened(number)}: {_joined(parts or [each])}")
            if len(found) == _NODES:
                return found
    return found


def _joined(parts: list[Any]) -> str:
    told: list[str] = []
    for part in parts:
        text = _plain(part) if part else ""
        if text and not any(text in other for other in told):
            told.append(text)
    return shortened("; ".join(told))


def _plain(part: Any) -> str:
    try:
        return shortened(part if isinstance(part, str) else json.dumps(part, ensure_ascii=False))
    except RecursionError:  # it was read with less of the stack in use
        return "something nested too deeply"


def shortened(text: str) -> str:
    """Return a server's words on one line, cut where they are long."""
    text = _BLANKS.sub(" ", text).strip()
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
