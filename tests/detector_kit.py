"""What tests of the detector share: the reference that it must equal, and ways to cut a text."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence

import regex

from nbkit.detector import PromptDetector
from nbkit.models import ImagePrompt

Item = str | ImagePrompt


def reference(text: str, patterns: Sequence[str], max_length: int = 8000) -> list[Item]:
    """The leftmost matches over a whole text, each of at most ``max_length`` characters.

    A place is judged on that many characters before it and one more after it. Nothing here knows
    of growing texts: at each place each pattern is asked in turn.
    """
    compiled = [regex.compile(pattern, regex.MULTILINE) for pattern in patterns]
    found: list[Item] = []
    shown = at = index = 0
    while at < len(text):
        before = max(0, at - max_length)
        seen = text[before : at + max_length + 1]
        tries = (pattern.match(seen, at - before) for pattern in compiled)
        longest = at - before + max_length
        match = next((m for m in tries if m and at - before < m.end() <= longest), None)
        if match is None:
            at += 1
            continue
        groups = [group for group in match.groups() if group is not None] or [""]
        prompt = (groups[0] if match.re.groups else match[0]).strip()
        found.append(text[shown:at])
        if prompt:
            found.append(ImagePrompt(prompt, match[0], at, at + len(match[0]), index))
            index += 1
        shown = at = at + len(match[0])
    return merged([*found, text[shown:]])


def merged(items: Iterable[Item]) -> list[Item]:
    """The same with neighbouring texts put together, and no empty ones."""
    out: list[Item] = []
    for item in items:
        if isinstance(item, str) and out and isinstance(out[-1], str):
            out[-1] += item
        elif item:
            out.append(item)
    return out


def detected(
    deltas: Iterable[str], patterns: Sequence[str] | None = None, *, max_length: int = 8000
) -> list[Item]:
    """All that a detector gives for deltas, with neighbouring texts put together."""
    given = {} if patterns is None else {"patterns": patterns}
    detector = PromptDetector(**given, max_length=max_length)
    return merged([item for delta in deltas for item in detector.feed(delta)] + detector.flush())


def pieces(text: str, size: int) -> list[str]:
    """A text cut into deltas of a size."""
    return [text[at : at + size] for at in range(0, len(text), size)]


def prompts(items: Iterable[Item]) -> list[str]:
    """The words of the prompts among what a detector gave."""
    return [item.text for item in items if isinstance(item, ImagePrompt)]


def visible(items: Iterable[Item]) -> str:
    """The text among what a detector gave."""
    return "".join(item for item in items if isinstance(item, str))


def seconds(make: Callable[[], Callable[[str], object]], deltas: Sequence[str]) -> list[float]:
    """Processor time that a new function takes for each sixteenth of the deltas.

    The least of several turns, so that a busy machine counts for little, however long the text.
    """
    size = len(deltas) // 16
    parts = [deltas[at : at + size] for at in range(0, size * 16, size)]
    least = [math.inf] * len(parts)
    for _ in range(5):
        call = make()
        for index, part in enumerate(parts):
            began = time.thread_time()
            for delta in part:
                call(delta)
            least[index] = min(least[index], time.thread_time() - began)
    return least


def nothing(delta: str) -> None:
    """An empty function."""
