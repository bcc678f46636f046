"""A key that is easy to find, and all the places where it is looked for."""

from __future__ import annotations

import base64
import pickle
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any
from urllib.parse import quote

from IPython.core.ultratb import VerboseTB

from nbkit.errors import StreamError
from nbkit.session import Session
from nbkit.widgets.preview import StreamingPreviewWidget

CANARY = "cAnArY/9+x=77qZ"
USER = "someone"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


NEEDLES = [
    CANARY,
    quote(CANARY, safe=""),
    quote(CANARY),
    encoded(CANARY),
    encoded(f"{USER}:{CANARY}"),
]
ECHO = " | ".join([*NEEDLES[:-1], f"Bearer {CANARY}", f"{USER}:{CANARY}"])
LONG = "no " * 130 + CANARY * 3  # cut where an error is cut, a piece of it would stay
MARK = CANARY[:8]  # so a piece of it is found as well


def found(text: str) -> bool:
    low = text.lower()
    return any(each.lower() in low for each in (*NEEDLES, MARK, encoded(CANARY)[:10]))


def chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            waiting += [one.__cause__, one.__context__]
            yield one


def frames(tb: TracebackType | None) -> Iterator[dict[str, Any]]:
    while tb is not None:
        if "/nbkit/" in tb.tb_frame.f_code.co_filename:
            yield tb.tb_frame.f_locals
        tb = tb.tb_next


def of_error(error: BaseException) -> Iterator[tuple[str, str]]:
    for one in chain(error):
        module = type(one).__module__
        assert not module.startswith(("httpx", "httpcore", "h11", "anyio")), module
        yield "str", str(one)
        yield "repr", repr(one)
        yield "attributes", repr(vars(one))
        if isinstance(one, StreamError):
            yield "pickle", pickle.dumps(one).decode("latin-1")
        for variables in frames(one.__traceback__):
            for name, value in variables.items():
                yield f"the variable {name}", repr(value)
    yield "traceback", "".join(traceback.format_exception(error))
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    yield "traceback with variables", "".join(told.format())
    verbose = VerboseTB(theme_name="nocolor")
    yield "IPython's traceback", verbose.text(type(error), error, error.__traceback__)


def of_session(one: Session, folder: Any) -> Iterator[tuple[str, str]]:
    yield "session", repr(one) + str(vars(one))
    yield "results", repr(one.images) + repr(one.progress) + repr(one.prompts)
    yield "html", one.to_html()
    yield "markdown", one.to_markdown()
    for name in ("a.html", "a.md", "a.ipynb"):
        yield name, one.save(folder / name).read_text("utf-8")
    widget = StreamingPreviewWidget(one)
    try:
        yield "widget", repr(widget.get_state())
    finally:
        widget.close()
    for error in (one.error, *(each.error for each in one.images)):
        if isinstance(error, BaseException):
            yield from of_error(error)
