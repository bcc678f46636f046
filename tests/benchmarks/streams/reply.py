"""The reply that every contestant shows: Markdown as models write it, in their tokens."""

from __future__ import annotations

import itertools
import random
import re

WORDS = """
    the of light and a to in wave from water with stone that it keeper at wind for tower on its
    by morning every lamp sea was lens over glass turns boat evening rope lantern harbour slow
    measure between which carries distance brightness because rises falls whole quiet number
""".split()  # noqa: SIM905 - words read as words

MARKS = {"**{}**": 0.03, "*{}*": 0.01, "`{}`": 0.02}
"""How often a word is marked so."""

CODE = (
    "def flash(period, seconds):\n"
    "    # one turn of the lens\n"
    "    count = int(seconds / period)\n"
    "    return [turn * period for turn in range(count)]\n"
)

# What a page does not show: the language of a fence.
HIDDEN = re.compile(r"(?m)^```\w*$")
SHOWN = re.compile(r"[A-Za-z0-9]")


def markdown(seed: int = 7) -> itertools.chain[str]:
    """Write parts of a reply without end: headings, prose, lists, code and tables in turns."""
    chance = random.Random(seed)

    def words(count: int) -> str:
        said = [chance.choice(WORDS) for _ in range(count)]
        for mark, often in MARKS.items():
            if chance.random() < often * count:
                place = chance.randrange(count)
                said[place] = mark.format(said[place].strip("*`"))
        return " ".join(said)

    def sentence() -> str:
        text = words(chance.randint(8, 18))
        return text[0].upper() + text[1:] + chance.choice("....!?:;")

    def parts():
        while True:
            yield f"## {words(4).title()}\n\n"
            for _ in range(chance.randint(2, 3)):
                yield " ".join(sentence() for _ in range(chance.randint(3, 5))) + "\n\n"
            yield "".join(f"- {words(8)}\n" for _ in range(4)) + "\n"
            yield " ".join(sentence() for _ in range(4)) + "\n\n"
            kind = chance.choice(("code", "table", "quote"))
            if kind == "code":
                yield f"```python\n{CODE}```\n\n"
            elif kind == "table":
                rows = "".join(f"| {words(3)} | {words(3)} |\n" for _ in range(4))
                yield f"| place | what |\n|---|---|\n{rows}\n"
            else:
                yield f"> {sentence()}\n\n"

    return itertools.chain.from_iterable(map(tokens, parts()))


def tokens(text: str) -> list[str]:
    """Cut text as models do, a word or a piece of punctuation with the blank before it."""
    return re.findall(r"\s*(?:\w{1,10}|[^\w\s]+)|\s+", text)


def reply(count: int) -> list[str]:
    """Return the first so many tokens of the reply."""
    return list(itertools.islice(markdown(), count))


def shown(parts: list[str]) -> list[int]:
    """Count the letters and digits that a page shows once it has each token and all before it.

    Markdown's marks are neither, so that the count is the same for whoever renders them or not,
    but for the language of a fence.
    """
    text = "".join(parts)
    hidden = bytearray(len(text))
    for match in HIDDEN.finditer(text):
        hidden[match.start() : match.end()] = b"\1" * (match.end() - match.start())
    counts, total, at = [], 0, 0
    for part in parts:
        for char in part:
            total += not hidden[at] and SHOWN.match(char) is not None
            at += 1
        counts.append(total)
    return counts


def letters(size: int) -> list[str]:
    """Return the first tokens of the reply that make so many characters."""
    parts: list[str] = []
    total = 0
    for token in markdown():
        if total >= size:
            break
        parts.append(token)
        total += len(token)
    return parts


def fence(size: int) -> list[str]:
    """Return one fenced block of so many characters, in tokens."""
    return tokens(f"```python\n{CODE * (size // len(CODE))}```\n")


def table(rows: int) -> list[str]:
    """Return one table of so many rows, in tokens."""
    row = "| a place by the sea | what is **there** | `{}` |\n"
    return tokens("| a | b | c |\n|---|---|---|\n" + "".join(row.format(n) for n in range(rows)))
