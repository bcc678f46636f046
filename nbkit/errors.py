"""What can go wrong, as types: decide on them, never on their words.

::

    NbkitError
    ├── PatternError        a prompt pattern is invalid, or ran out of time (also a ValueError)
    ├── StreamError         the source of the text failed; the text so far is kept
    │   └── ChunkTypeError  it gave what is no text delta (also a TypeError)
    ├── TaskError           one image was not made
    │   ├── BackendError    the backend refused, failed, or gave back what is no image
    │   └── TaskTimeout     an attempt, or a task, took longer than it may (also a TimeoutError)
    ├── ServerError         what a server did instead of answering: the cause of one of the above
    │   ├── ServerUnreachableError   no connection could be made
    │   ├── ServerDisconnectedError  the connection broke, or the answer ended before its end
    │   ├── ServerTimeoutError       a deadline passed (also a TimeoutError)
    │   ├── ServerRefusedError       it answered with an error
    │   └── ServerAnswerError        its answer is not of the form that was asked for
    ├── StoreError          a store cannot be opened, read or written, or a session not resumed
    ├── MissingKeyError     an API key is needed, and there is none (also a ValueError)
    ├── LoopError           this event loop cannot be waited on from ordinary code
    └── MissingExtraError   an optional dependency is not installed (also an ImportError)

A caller's own mistake is a built-in exception: ``TypeError`` or ``ValueError``.
"""

from __future__ import annotations

import re
from os import PathLike, fspath
from typing import Any

_QUOTED = 80  # characters of a prompt in a message
_SURROGATE = re.compile("[\ud800-\udfff]")


class NbkitError(Exception):
    """The base of every error that nbkit raises about the world around it."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Called with its arguments alone, as pickle does it, a subclass would miss its keywords.
        return _restored, (type(self), self.args), self.__dict__


def _restored(kind: type[NbkitError], args: tuple[Any, ...]) -> NbkitError:
    error = kind.__new__(kind)
    error.args = args
    return error


class PatternError(NbkitError, ValueError):
    """A prompt pattern is invalid or takes too long to match.

    Attributes
    ----------
    pattern
        The pattern at fault, as it was given.
    """

    def __init__(self, message: str, *, pattern: str) -> None:
        super().__init__(message)
        self.pattern = pattern


class StreamError(NbkitError):
    """The source of a message's text failed; what had arrived is kept.

    Attributes
    ----------
    message_id
        The message whose source failed, or ``None`` where it is not known yet.
    """

    def __init__(self, message: str, *, message_id: int | str | None = None) -> None:
        super().__init__(message)
        self.message_id = message_id


class ChunkTypeError(StreamError, TypeError):
    """The source of a message's text gave something that is no text delta.

    Attributes
    ----------
    type_name
        The type of what it gave, with its module.
    """

    def __init__(
        self, message: str, *, type_name: str, message_id: int | str | None = None
    ) -> None:
        super().__init__(message, message_id=message_id)
        self.type_name = type_name


class TaskError(NbkitError):
    """One image was not made.

    Attributes
    ----------
    prompt
        The prompt of the image, empty where it is not known.
    """

    def __init__(self, message: str, *, prompt: str = "") -> None:
        super().__init__(message)
        self.prompt = prompt


class BackendError(TaskError):
    """A backend refused, failed, or gave back something that is no usable image.

    Attributes
    ----------
    retryable
        Whether another attempt may succeed.
    retry_after
        Seconds that the backend asks to wait before one, or ``None``.
    """

    def __init__(
        self,
        message: str,
        *,
        prompt: str = "",
        retryable: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, prompt=prompt)
        self.retryable = retryable
        self.retry_after = retry_after


class TaskTimeout(TaskError, TimeoutError):  # noqa: N818 - the public name is fixed
    """A task, or one attempt at it, took longer than its timeout."""


class ServerError(NbkitError):
    """What a server did instead of answering.

    Attributes
    ----------
    url
        Whom it was about: origin and path, without query, user and key.
    retryable
        Whether asking again may succeed.
    retry_after
        Seconds that the server asks to wait before that, or ``None``.
    """

    def __init__(
        self,
        message: str,
        *,
        url: str = "",
        retryable: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.url = url
        self.retryable = retryable
        self.retry_after = retry_after


class ServerUnreachableError(ServerError):
    """No connection could be made."""


class ServerDisconnectedError(ServerError):
    """The connection broke, or the answer ended before its end."""


class ServerTimeoutError(ServerError, TimeoutError):
    """The server did not connect, go on or come to an end in time."""


class ServerRefusedError(ServerError):
    """The server answered with an error, at once or in mid-stream.

    Attributes
    ----------
    status
        The HTTP status, or ``None`` for an error within a stream.
    code
        The server's own word for the error, ``""`` where it has none.
    """

    def __init__(
        self,
        message: str,
        *,
        url: str = "",
        retryable: bool = False,
        retry_after: float | None = None,
        status: int | None = None,
        code: str = "",
    ) -> None:
        super().__init__(message, url=url, retryable=retryable, retry_after=retry_after)
        self.status = status
        self.code = code


class ServerAnswerError(ServerError):
    """The answer is not of the form that was asked for."""


class StoreError(NbkitError):
    """A store cannot be opened, read or written, or a session in it cannot be resumed.

    Attributes
    ----------
    path
        The folder of the store.
    """

    def __init__(self, message: str, *, path: str | PathLike[str]) -> None:
        super().__init__(message)
        self.path = fspath(path)


class MissingKeyError(NbkitError, ValueError):
    """An API key is needed, and there is none.

    Attributes
    ----------
    variable
        The environment variable that it is read from.
    """

    def __init__(self, message: str, *, variable: str) -> None:
        super().__init__(message)
        self.variable = variable


class LoopError(NbkitError, RuntimeError):
    """An event loop cannot be waited on from ordinary code; ``await`` instead."""


class MissingExtraError(NbkitError, ImportError):
    """An optional dependency is not installed.

    Attributes
    ----------
    extra
        The extra of nbkit that brings it.
    """

    def __init__(self, package: str, *, extra: str) -> None:
        super().__init__(f'{package} is not installed: pip install "nbkit[{extra}]"')
        self.extra = extra


def explain(error: BaseException) -> str:
    """Say an error and its causes in one line, without tracebacks.

    It never fails: an error that cannot say itself is called by its type, one of its own causes
    is said once, and what is no text (half of a surrogate pair) is replaced.
    """
    parts: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        text = _said(current)
        if not any(text in part for part in parts):
            parts.append(text)
        current = current.__cause__
    return _SURROGATE.sub("\ufffd", ": ".join(parts))


def stream_error(error: BaseException, message_id: int | str) -> StreamError:
    """Return whatever ended a message's text as the error of its source."""
    if isinstance(error, StreamError):
        return error
    wrapped = StreamError(explain(error), message_id=message_id)
    wrapped.__cause__ = error
    return wrapped


def quoted(prompt: str) -> str:
    """Quote a prompt for a message, cut where it is long."""
    return repr(prompt if len(prompt) <= _QUOTED else prompt[: _QUOTED - 1] + "…")


def no_image(prompt: str, why: str) -> str:
    """Say that a prompt's image was not made."""
    return f"no image for {quoted(prompt)}: {why}"


def reason(error: BaseException | str | None, prompt: str) -> str | None:
    """Explain a task's error where its prompt is in sight already."""
    text = explain(error) if isinstance(error, BaseException) else error
    return text if text is None else text.removeprefix(no_image(prompt, ""))


def _said(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - an error of whoever wrote the error
        text = ""
    return text or type(error).__name__
