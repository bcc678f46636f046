"""What a row of the tables of text faults is, and how it is held."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from faults.runs import PATIENT, chat, outcome, session
from faults.stories import DELTAS, FORMS, TEXT, Form
from faults.wire import Script, Serve, head

from nbkit.errors import ServerError
from nbkit.models import Deadlines

TWO = "".join(DELTAS[:2])
HTML = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Portal</body></html>"
QUICK = Deadlines(between=0.3, total=5.0)


def begun(form: Form, *fields: str) -> bytes:
    """Return an answer's head and two deltas."""
    return head(form.media_type, *fields) + form.deltas(DELTAS[:2])


@dataclass(frozen=True)
class Fault:
    """A row: what the server does, and what has to come of it."""

    what: str
    script: Callable[[Form], Script]
    error: type[ServerError]
    says: str
    kept: str = ""
    requests: int = 1
    forms: Sequence[Form] = FORMS
    timeout: Deadlines = PATIENT


def rows(faults: list[Fault]) -> list[Any]:
    return [
        pytest.param(form, fault, id=f"{fault.what} ({form})")
        for fault in faults
        for form in fault.forms
    ]


async def hold(form: Form, fault: Fault, serve: Serve, waits: list[float]) -> None:
    """Hold a row to what it says, and all that holds of every end."""
    peer = await serve(fault.script(form))
    one = session(chat(form, peer.url, timeout=fault.timeout))
    error = await outcome(one)
    assert error is not None
    assert type(error.__cause__) is fault.error, error
    assert re.search(fault.says, str(error)), error
    assert len(str(error)) < 700
    assert one.text == fault.kept
    assert [each.status for each in one.images] == ["succeeded"] * TEXT.count(
        "-->", 0, len(one.text)
    )
    assert len(peer.requests) == fault.requests == len(waits) + 1
