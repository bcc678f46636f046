"""API keys: found where the vendors' own clients find them, and never shown."""

from __future__ import annotations

import base64
import os
import re
from typing import Any, NoReturn, Self
from urllib.parse import quote, quote_plus

from nbkit.errors import MissingKeyError

_HIDDEN = "[key]"


class Key:
    """Holds a secret, and does not show it.

    Its ``repr`` and ``str`` say where it comes from. It cannot be pickled, so that it ends up in
    no file by way of an object that holds it.

    Parameters
    ----------
    value
        The secret, without blanks around it.
    origin
        Where it comes from: a variable's name, or ``"an argument"``.

    Raises
    ------
    TypeError
        If the value is no ``str``.
    ValueError
        If it is empty or cannot stand in a header. The message does not show it.
    """

    __slots__ = ("_value", "origin")

    def __init__(self, value: str, *, origin: str = "an argument") -> None:
        if not isinstance(value, str):
            raise TypeError(f"a key is a str, not {type(value).__name__}")
        value = value.strip()
        if not value or not value.isascii() or not value.isprintable():
            what = "is empty" if not value else "holds characters that no header may carry"
            raise ValueError(f"the key from {origin} {what}")
        self._value = value
        self.origin = origin

    @property
    def bearer(self) -> str:
        """The value of an ``Authorization`` header."""
        return f"Bearer {self._value}"

    @property
    def basic(self) -> str:
        """The value of an ``Authorization`` header for a key of the form ``user:password``."""
        return f"Basic {self._encoded()}"

    @property
    def plain(self) -> str:
        """The secret itself, for a header and nothing else."""
        return self._value

    def redact(self, text: str) -> str:
        """Return a text without the secret in it, as it is, in base64 or quoted for an address."""
        for secret in self._forms():
            if len(secret) > 3:
                text = re.sub(re.escape(secret), _HIDDEN, text, flags=re.IGNORECASE)
        return text

    def _forms(self) -> list[str]:
        """Give all that it may look like, the longest first."""
        password = self._value.partition(":")[2]
        forms: set[str] = set()
        for each in (self._value, password):
            coded = _base64(each)
            forms |= {each, quote(each, safe=""), quote(each), quote_plus(each)}
            forms |= {coded, coded.rstrip("=")}
        return sorted(forms, key=len, reverse=True)

    def _encoded(self) -> str:
        return _base64(self._value)

    def __repr__(self) -> str:
        return f"<key from {self.origin}>"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _: Any) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is not pickled: whoever reads it back finds it anew")


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("ascii")).decode("ascii")


def find_key(given: str | Key | None, variable: str) -> Key | None:
    """Return the key that was given, or else that of an environment variable, or ``None``."""
    if isinstance(given, Key):
        return given
    if given is not None:
        return Key(given)
    value = os.environ.get(variable, "")
    return Key(value, origin=variable) if value.strip() else None


def missing_key(whose: str, variable: str) -> MissingKeyError:
    """Return the error for a key that is not there."""
    return MissingKeyError(
        f"{whose} needs an API key: set {variable} before the notebook's kernel starts "
        f"(or os.environ[{variable!r}] in it), or give api_key=",
        variable=variable,
    )
