"""The stand-in for a model that is asked which pictures would suit a text."""

from __future__ import annotations

import json
import re

# A passage goes on to the next number, an empty line or the end.
_PASSAGE = re.compile(
    r"^[ \t]*\[(\d+)\] (.*?)(?=^[ \t]*\[\d+\] |^[ \t]*$|\Z)", re.MULTILINE | re.DOTALL
)
_COUNT = re.compile(
    r"\b(\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten)\b"
    r"(?:[ \t]+[\w-]+){0,2}?[ \t]+(?:prompts?|images?|pictures?|illustrations?)\b",
    re.IGNORECASE,
)
_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_MARKS = re.compile(r"[#*_`>|\[\]]+|<[^<>]*>|\$[^$]*\$")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s")
_WORDS = 14
_USUAL = 3


def suggest(asked: str, conversation: str) -> str:
    """Answer with a JSON list of ``{"passage": number, "prompt": text}``.

    Parameters
    ----------
    asked
        What holds the passages: lines that begin with ``[1] ``, ``[2] `` and so on.
    conversation
        Where the count may stand, as in "at most 2 prompts"; 3 if it does not.
    """
    passages = [(int(number), _prompt(text)) for number, text in _PASSAGE.findall(asked)]
    passages = [each for each in passages if each[1]]
    count = min(_count(conversation), len(passages))
    # Spread over the text, as an illustrator would.
    chosen = [passages[index * len(passages) // count] for index in range(count)]
    return json.dumps(
        [{"passage": number, "prompt": prompt} for number, prompt in chosen], ensure_ascii=False
    )


def _count(text: str) -> int:
    instructions = _PASSAGE.sub("", text)
    found = _COUNT.search(instructions)
    if found is None:
        return _USUAL
    word = found[1].lower()
    return int(word) if word.isdigit() else _NUMBERS.index(word) + 1


def _prompt(passage: str) -> str:
    """Make a prompt of a passage's own words: its longest of the first sentences, shortened."""
    plain = " ".join(_MARKS.sub(" ", passage).split())
    sentences = _SENTENCE_END.split(plain)[:3]
    words = max(sentences, key=len, default="").split()[:_WORDS]
    return " ".join(words).strip(" .,;:!?-")
