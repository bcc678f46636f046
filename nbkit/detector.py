"""Finds image prompts in a text that arrives in pieces; pure text in, text and prompts out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import thread_time
from typing import Final

from nbkit._detector.bodies import CLOSING, INSIDE, NO_TAG
from nbkit._detector.patterns import (
    DEFAULT_PATTERNS,
    NO,
    OPEN,
    TIMEOUT,
    Found,
    PromptPattern,
    Verdict,
    compiled,
    sources_of,
)
from nbkit._detector.starts import Starts
from nbkit.errors import PatternError
from nbkit.models import ImagePrompt

__all__ = ["DEFAULT_PATTERNS", "PromptDetector"]

_PLENTY: Final = 65_536
"""How many characters of ordinary text may pile up before they are let go of."""

_SLACK: Final = 1_024
"""How many characters may be kept without need, lest the text be copied at each delta."""

_SECONDS_PER_TRY: Final = 4e-5
_SECONDS_PER_CHARACTER: Final = 2e-6
"""What trying a pattern may take for long; one that takes linear time needs a tenth of it."""

_UNKNOWN: Final = -1
_LEFT: Final = -2


class PromptDetector:
    """Separates the visible text of a growing reply from the image prompts in it.

    A tag is the leftmost match of a pattern, the earlier pattern's where two begin together, of
    one to ``max_length`` characters. What comes out never depends on how the text was cut: the
    prompts are the same, and so is the text between each two. Text is held back only while it may
    be the beginning of a tag, and a tag comes out of the ``feed`` that completes it. A tag whose
    prompt is blank is dropped: it is neither shown nor reported.

    The prompt is the first group of the pattern that took part in the match, without the blanks
    around it; the whole match, if the pattern has no group. Backreferences count within their own
    pattern, ``^`` and ``$`` match at each line. A place is decided on the ``max_length + 1``
    characters from it on; look-behinds see ``max_length`` characters before it.

    Parameters
    ----------
    patterns
        Regular expressions in the syntax of the ``regex`` module.
    max_length
        The longest tag, in characters. A longer candidate is none: the patterns after it have
        their turn, then the next character.

    Raises
    ------
    PatternError
        If a pattern is invalid, or cannot be followed in a growing text.
    """

    def __init__(
        self, patterns: Iterable[str] = DEFAULT_PATTERNS, *, max_length: int = 8000
    ) -> None:
        sources = sources_of(patterns)
        if not isinstance(max_length, int) or max_length < 1:
            raise ValueError(f"max_length is at least 1 character, not {max_length!r}")
        self._patterns = [compiled(source) for source in sources]
        self._window = max_length
        self._starts = Starts([pattern.opening for pattern in self._patterns])
        self._context = max_length if any(p.looks_behind for p in self._patterns) else 1

        # Places are counted from the beginning of the whole text, but in `text` from _offset on.
        self._text = ""
        self._offset = 0
        self._pieces: list[str] = []  # what came after _text
        self._seen = 0
        self._count = 0
        self._debt = 0.0  # seconds
        self._owed: list[str | ImagePrompt] = []

        self._holding = False
        self._at = 0  # where the held text begins
        self._candidate = 0  # the first pattern that may still match there
        self._rest = ""  # what of the candidate's literal is still to come
        self._mark = _UNKNOWN  # up to where the candidate's body has been followed
        self._quiet: Callable[[str], bool] = self._starts.none_in  # a delta that changes nothing
        self._limit = _PLENTY  # where the text is to be looked at in any case

    def feed(self, delta: str) -> list[str | ImagePrompt]:
        """Take the next piece of the text; give what is certain now, in text order.

        Raises
        ------
        PatternError
            If a pattern takes too long. Nothing is lost: the next call gives what this one had
            found and the rest as text, and all that follows is text.
        TypeError
            If it is no string; nothing of it is kept.
        """
        if type(delta) is not str and not isinstance(delta, str):  # the former is the faster
            raise TypeError(f"a piece of text is a str, not {type(delta).__name__}")
        self._pieces.append(delta)
        self._seen = seen = self._seen + len(delta)
        if seen < self._limit:
            if self._quiet(delta):
                return [] if self._holding or not delta else [delta]
            if not self._holding:
                at = self._starts.search(delta, 0)
                if at == len(delta):
                    return [delta]
                if begun := self._starts.begun.get(delta[at:]):
                    self._candidate, self._rest = begun
                    self._hold(seen - len(delta) + at, self._spells_on)
                    return [delta[:at]] if at else []
        return self._scan(len(delta), final=False)

    def flush(self) -> list[str | ImagePrompt]:
        """Take the text for ended; give what was held back, as what it turns out to be.

        Raises
        ------
        PatternError
            As :meth:`feed` does.
        """
        return self._scan(0, final=True)

    def _scan(self, new: int, *, final: bool) -> list[str | ImagePrompt]:
        """Look for tags from the held place on, or else in the last ``new`` characters."""
        text = self._text = self._text + "".join(self._pieces)
        self._pieces.clear()
        held = self._holding
        at = shown = self._at - self._offset if held else len(text) - new
        verdict: Found | Verdict | None = None
        if self._mark >= 0 and not final and self._seen < self._limit:
            verdict = self._follow(text, at)
            if verdict is OPEN:
                return []
            if verdict is NO:
                self._candidate, self._mark, verdict = self._candidate + 1, _UNKNOWN, None
        out, self._owed = self._owed, []
        try:
            while at < len(text):
                if not held:
                    at = self._starts.search(text, at)
                    self._candidate, self._mark = 0, _UNKNOWN
                    if at == len(text):
                        break
                verdict = verdict or self._judge(text, at, final=final)
                if verdict is OPEN:
                    break
                if verdict is NO:
                    at += 1
                else:
                    _show(out, text[shown:at])
                    shown, prompt = verdict
                    self._report(out, prompt, text[at:shown], at + self._offset)
                    at = shown
                held, verdict = False, None
        except PatternError:
            _show(out, text[shown:])
            self._give_up(out)
            raise
        _show(out, text[shown:at])
        self._settle(text, at)
        return out

    def _judge(self, text: str, at: int, *, final: bool) -> Found | Verdict:
        """Ask the patterns about a place, from the one on that was still open."""
        self._quiet = _never
        decisive = final or len(text) - at > self._window
        for index in range(self._candidate, len(self._patterns)):
            if index > self._candidate:
                self._candidate, self._mark = index, _UNKNOWN
            pattern = self._patterns[index]
            literal, conditional = pattern.opening.literal, pattern.opening.conditional
            begun = text.startswith(literal, at)
            if not begun and (decisive or not literal.startswith(text[at : at + len(literal)])):
                continue
            if not begun and not conditional:
                self._rest, self._quiet = literal[len(text) - at :], self._spells_on
                return OPEN
            in_body = (
                not decisive
                and self._mark == _UNKNOWN
                and pattern.opening.body is not None
                and len(text) - at >= pattern.opening.body_at
            )
            certain = pattern.opening.certain
            verdict = self._enter(text, at) if in_body and begun and certain else None
            if verdict is None:
                verdict = self._ask(pattern, text, at, final=final)
                if verdict is OPEN and in_body and not certain:
                    self._enter(text, at)
            if verdict is not NO:
                return verdict
        return NO

    def _ask(self, pattern: PromptPattern, text: str, at: int, *, final: bool) -> Found | Verdict:
        """Try a pattern, and keep account of time that the length of the text does not explain."""
        began = thread_time()
        verdict = pattern.match(text, at, self._window, final=final)
        explained = _SECONDS_PER_TRY + min(len(text) - at, self._window) * _SECONDS_PER_CHARACTER
        self._debt = max(0.0, self._debt + thread_time() - began - explained)
        if self._debt > TIMEOUT:
            raise pattern.too_slow()
        return verdict

    def _enter(self, text: str, at: int) -> Found | Verdict | None:
        """Follow the candidate's body from its beginning."""
        self._mark = at + self._patterns[self._candidate].opening.body_at + self._offset
        return self._follow(text, at)

    def _follow(self, text: str, at: int) -> Found | Verdict | None:
        """Go along the candidate's body; ``None`` if that does not tell how its tag stands."""
        pattern = self._patterns[self._candidate]
        body = pattern.opening.body
        if body is None:
            return None
        begin = at + pattern.opening.body_at
        stop, end = body.follow(text, begin, self._mark - self._offset)
        if end > 0:
            return end, pattern.prompt_in(text, at, end, begin, stop)
        if end < CLOSING:
            self._mark = _LEFT
            return NO if end == NO_TAG else None
        self._mark = stop + self._offset
        self._quiet = body.stops.isdisjoint if end == INSIDE else _never
        return OPEN

    def _spells_on(self, delta: str) -> bool:
        """Whether a delta goes on with the candidate's literal, and perhaps into its body."""
        rest = self._rest
        if len(delta) < len(rest):
            self._rest = rest[len(delta) :]
            return rest.startswith(delta)
        opening = self._patterns[self._candidate].opening
        if opening.body is None or not opening.certain or not delta.startswith(rest):
            return False
        self._mark = self._at + opening.body_at
        self._quiet = opening.body.stops.isdisjoint
        return self._quiet(delta[len(rest) :])

    def _hold(self, at: int, quiet: Callable[[str], bool]) -> None:
        """Hold the text back from a place on."""
        self._holding = True
        self._at = at
        self._quiet = quiet
        self._limit = at + self._window + 1

    def _settle(self, text: str, at: int) -> None:
        """Wait for what comes after a text that has come out up to a place."""
        if at < len(text):
            self._hold(at + self._offset, self._quiet)
        else:
            self._holding, self._mark = False, _UNKNOWN
            self._quiet, self._limit = self._starts.none_in, self._seen + _PLENTY
        cut = at - self._context
        if cut > _SLACK:
            self._text = text[cut:]
            self._offset += cut

    def _report(self, out: list[str | ImagePrompt], prompt: str, tag: str, start: int) -> None:
        if prompt:
            out.append(ImagePrompt(prompt, tag, start, start + len(tag), self._count))
            self._count += 1

    def _give_up(self, out: list[str | ImagePrompt]) -> None:
        """Take everything for text from now on, and keep what could not be given."""
        self._starts = Starts([])
        self._settle(self._text, len(self._text))
        self._owed = out
        self._limit = 0


def _never(_: str) -> bool:
    return False


def _show(out: list[str | ImagePrompt], text: str) -> None:
    if not text:
        return
    if out and isinstance(last := out[-1], str):
        out[-1] = last + text
    else:
        out.append(text)
