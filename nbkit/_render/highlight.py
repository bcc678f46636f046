"""Code into chunks of a bounded size, and chunks into highlighted HTML, a little at a time."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nbkit.threads import DaemonThreads

if TYPE_CHECKING:
    from pygments.lexer import Lexer

CHUNK_LINES = 16
CHUNK_LENGTH = 1_024
"""A chunk ends with the line that makes it this long; what comes after it never changes it."""

MAX_LENGTH = 400_000
MAX_LINE = 4_000
"""Longer code, or a longer line, in characters, stays plain: some lexers are slow on such."""

_LANGUAGE = re.compile(r"[\w.+#\-]{1,40}")
_PLAIN_NAMES = {"", "text", "txt", "plain", "plaintext", "output", "console-output", "none"}

Token = tuple[Any, str]

_threads = DaemonThreads("nbkit-lexer")


def language_of(info: str) -> str:
    """Tell the language that a fence's info string names, empty for none."""
    match = _LANGUAGE.search(info.strip().removeprefix("{").lstrip("."))
    name = match.group().lower() if match else ""
    return "" if name in _PLAIN_NAMES else name


def chunks(code: str, start: int = 0) -> Iterator[str]:
    """Cut code into chunks, from the start of one of them on.

    Where the cuts fall depends on the code before them alone, so that code which grows only
    ever changes its last chunk.
    """
    at, lines, begin = start, 0, start
    while at < len(code):
        newline = code.find("\n", at)
        stop = len(code) if newline < 0 else newline + 1
        at = min(stop, begin + 2 * CHUNK_LENGTH)
        lines += at == stop
        if at - begin >= 2 * CHUNK_LENGTH or (
            newline >= 0 and at == stop and (lines >= CHUNK_LINES or at - begin >= CHUNK_LENGTH)
        ):
            yield code[begin:at]
            begin, lines = at, 0
    if begin < len(code):
        yield code[begin:]


def expect(language: str) -> None:
    """Begin to load what highlights a language: at the end of the code it is there."""
    if language:
        _loading(language)


def _lexer(language: str) -> Lexer | None:
    return _loading(language).result()


@lru_cache(maxsize=64)
def _loading(language: str) -> Future[Lexer | None]:
    # A thread, for a loop has better to do: an import and a hundred expressions take 50 ms.
    return _threads.submit(_load, language)


def _load(language: str) -> Lexer | None:
    # Imported for the first code alone: few replies have any.
    from pygments.lexers import get_lexer_by_name

    try:
        return get_lexer_by_name(language, stripnl=False)
    except Exception:  # noqa: BLE001 - a plugin that is installed beside it may fail in any way
        return None


class Highlighting:
    """The highlighting of one piece of code, done step by step.

    ``chunks`` holds the tokens of the chunks that are done, in order; ``done`` tells whether
    they are all.
    """

    def __init__(self, language: str, code: str) -> None:
        self.chunks: list[list[Token]] = []
        self.done = False
        self._plain = list(chunks(code))
        self._tokens = self._lex(language, code)
        self._line: list[Token] = []
        self._missing = len(self._plain[0]) if self._plain else 0

    @staticmethod
    def _lex(language: str, code: str) -> Iterator[Token]:
        lexer = _lexer(language)
        if lexer is None:
            return
        at = 0
        for start, kind, value in lexer.get_tokens_unprocessed(code):
            # A lexer that drops or repeats text would garble the code.
            if not value or start != at:
                if start != at:
                    return
                continue
            at += len(value)
            yield kind, value

    def step(self, tokens: int = 200) -> None:
        """Go on for a number of tokens."""
        for _ in range(tokens):
            try:
                kind, value = next(self._tokens)
            except StopIteration:
                self._finish()
                return
            except Exception:  # noqa: BLE001 - lexers are many; what one chokes on stays plain
                self._finish()
                return
            while value and self.chunks_left:
                part, value = value[: self._missing], value[self._missing :]
                self._line.append((kind, part))
                self._missing -= len(part)
                if not self._missing:
                    self._next(self._line)

    @property
    def chunks_left(self) -> int:
        """How many chunks are still to be done."""
        return len(self._plain) - len(self.chunks)

    def run(self) -> list[list[Token]]:
        """Do what is left, and give all chunks."""
        while not self.done:
            self.step()
        return self.chunks

    def _next(self, tokens: list[Token]) -> None:
        self.chunks.append(tokens)
        self._line = []
        self._missing = len(self._plain[len(self.chunks)]) if self.chunks_left else 0

    def _finish(self) -> None:
        if self._line and self._missing:
            rest = self._plain[len(self.chunks)][-self._missing :]
            self._next([*self._line, (None, rest)])
        while self.chunks_left:
            self._next([(None, self._plain[len(self.chunks)])])
        self.done = True


class Highlighter:
    """Keeps what has been highlighted of one document."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Highlighting] = {}

    def get(self, language: str, code: str) -> Highlighting | None:
        """Give the highlighting of a piece of code as far as it has come; ``None`` for none."""
        if not language or len(code) > MAX_LENGTH or not code.strip():
            return None
        known = self._known.get((language, code))
        if known is None:
            if _lexer(language) is None or max(map(len, code.split("\n"))) > MAX_LINE:
                return None
            known = self._known[language, code] = Highlighting(language, code)
        return known


def write_tokens(tokens: list[Token], attribute: Callable[[str], str]) -> str:
    """Write tokens as HTML; ``attribute`` gives a short Pygments class its attribute."""
    out: list[str] = []
    for kind, text in tokens:
        escaped = html.escape(text, quote=False)
        given = attribute(short_class(kind)) if kind is not None else ""
        out.append(f"<span{given}>{escaped}</span>" if given else escaped)
    return "".join(out)


@lru_cache(maxsize=512)
def short_class(kind: Any) -> str:
    """Give the short class of a kind of token, that of its nearest known parent."""
    from pygments.token import STANDARD_TYPES

    while kind not in STANDARD_TYPES:
        kind = kind.parent
    return STANDARD_TYPES[kind]


@dataclass(slots=True)
class Job:
    """Code to be highlighted, and what to do with each chunk, or with the whole.

    A snapshot may have it highlighted in the meantime: how far it is shown is counted apart.
    """

    code: Highlighting
    show: Callable[[int], None] | None = None
    done: Callable[[], None] | None = None
    shown: int = 0

    def step(self) -> bool:
        """Go on a little; true when all is done and shown."""
        if self.shown == len(self.code.chunks) and not self.code.done:
            self.code.step()
        if self.shown < len(self.code.chunks):
            if self.show is not None:
                self.show(self.shown)
            self.shown += 1
        if self.shown < len(self.code.chunks) or not self.code.done:
            return False
        if self.done is not None:
            self.done()
        return True
