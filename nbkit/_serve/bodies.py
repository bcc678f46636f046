"""Reading what a request asks for: JSON that may be anything, told in one sentence if wrong."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from starlette.requests import Request

from nbkit._serve.forms import Refusal
from nbkit._serve.state import Entry

Body = dict[str, Any]


async def read(request: Request) -> Body:
    """Read the body as a JSON object.

    Raises
    ------
    Refusal
        If it is none.
    """
    try:
        body = json.loads(await request.body(), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Refusal(f"the body is no JSON: {error}") from error
    if not isinstance(body, dict):
        raise Refusal(f"the body is a JSON object, not {type(body).__name__}")
    return body


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON's")


def entry_of(request: Request) -> Entry:
    """Give the entry that the request is remembered by."""
    entry: Entry = request.scope["nbkit.entry"]
    return entry


def integer(body: Mapping[str, Any], name: str, default: int, low: int, high: int) -> int:
    """Take a whole number between two bounds; a missing one or ``null`` is the default."""
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refusal(f"{name} is a whole number, not {value!r}")
    if not low <= value <= high:
        raise Refusal(f"{name} is from {low} to {high}, not {value}")
    return value


def string(body: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """Take a string; without a default it must be there."""
    value = body.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        there = "it is missing" if value is None else f"not {type(value).__name__}"
        raise Refusal(f"{name} is a string: {there}")
    return value


def mapping(body: Mapping[str, Any], name: str) -> Body:
    """Take an object; a missing one or ``null`` is empty."""
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refusal(f"{name} is an object, not {type(value).__name__}")
    return value


def messages(body: Mapping[str, Any], name: str = "messages") -> list[tuple[str, str]]:
    """Take a conversation as pairs of role and text; pictures and tools in it are passed over."""
    value = body.get(name)
    if isinstance(value, str):
        return [("user", value)]
    if not isinstance(value, list):
        raise Refusal(f"{name} is a list of messages")
    pairs = []
    for each in value:
        if not isinstance(each, dict):
            raise Refusal(f"each of {name} is an object with role and content")
        if "role" in each:
            pairs.append((str(each["role"]), text_of(each.get("content"))))
    return pairs


def text_of(content: object) -> str:
    """Join the text of a message's content: a string, or a list of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, Iterable):
        parts = (each.get("text") for each in content if isinstance(each, dict))
        return "".join(part for part in parts if isinstance(part, str))
    return ""


def last_user(pairs: Iterable[tuple[str, str]]) -> str:
    """Give the text of the last message that a user wrote."""
    texts = [text for role, text in pairs if role == "user"]
    return texts[-1] if texts else ""
