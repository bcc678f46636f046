"""Text made ready for the parser: a reply's own characters kept apart from ours.

Slots travel through the parser as markers, and a ``<`` that would open raw HTML as a stand-in.
Both are written with rare punctuation, so that emphasis beside them works as it does beside any
bracket (private-use characters break ``**bold.**``); where a reply itself uses these characters
they are replaced by look-alikes first.
"""

from __future__ import annotations

import re

OPEN, CLOSE = "\u2e28", "\u2e29"
"""Around the number of a slot."""

LESS = "\u2e26"
"""Stands for a ``<`` that must not open raw HTML."""

RUN, RUN_END = "\ufdd0", "\ufdd1"
"""Around the text of a list item that is a paragraph only if its list is loose."""

MARKER = re.compile(f"{OPEN}([0-9]+){CLOSE}")
_REPLACED = str.maketrans(
    {
        OPEN: "\u2985",
        CLOSE: "\u2986",
        LESS: "\u2282",
        RUN: "\ufffd",
        RUN_END: "\ufffd",
        "\0": "\ufffd",
    }
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_OURS = (OPEN, CLOSE, LESS, RUN, RUN_END)
_FORGED = re.compile(
    "|".join(f"&#(?:0*{ord(ours)}|x0*{ord(ours):x});" for ours in _OURS), re.IGNORECASE
)

# What CommonMark takes for an autolink or for the angle-bracketed target of a link stays.
_KEPT = re.compile(
    r"<(?:[A-Za-z][A-Za-z0-9+.\-]{1,31}:[^\s<>]*|[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\-]+@[A-Za-z0-9.\-]+)>"
)
_TARGET = re.compile(r"\](?:\(|:)[ \t]*\Z")
_TAG_START = re.compile(r"<(?=[A-Za-z/!?])")


def marker(number: int) -> str:
    """Write the marker of a slot."""
    return f"{OPEN}{number}{CLOSE}"


def markers(text: str) -> list[int]:
    """Tell the numbers of the slots in a text, in order."""
    return [int(number) for number in MARKER.findall(text)] if OPEN in text else []


def without_markers(text: str) -> str:
    """Take the markers out of a text, and put its ``<`` back."""
    if OPEN in text:
        text = MARKER.sub("", text)
    return text.replace(LESS, "<")


def replace_reserved(text: str) -> str:
    """Replace the characters that are ours, and those that are no text at all."""
    return replace_halves(text.translate(_REPLACED))


def replace_halves(text: str) -> str:
    """Replace the halves of surrogate pairs, which can be neither stored nor sent."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def is_forged(text: str) -> bool:
    """Tell whether a text spells one of our characters as a reference, which the parser reads."""
    return "&#" in text and _FORGED.search(text) is not None


def neutralise(line: str) -> str:
    """Put a stand-in for each ``<`` of a line that would open raw HTML.

    The line is one line or part of one; what a line becomes depends on nothing around it.
    """
    if "<" not in line:
        return line
    out: list[str] = []
    done = 0
    for match in _TAG_START.finditer(line):
        at = match.start()
        if _KEPT.match(line, at) or _escaped(line, at) or _TARGET.search(line, max(0, at - 8), at):
            continue
        out += (line[done:at], LESS)
        done = at + 1
    out.append(line[done:])
    return "".join(out)


def neutralise_lines(text: str) -> str:
    """Neutralise a text line by line."""
    if "<" not in text:
        return text
    return "\n".join(neutralise(line) for line in text.split("\n"))


def _escaped(line: str, at: int) -> bool:
    before = at
    while before and line[before - 1] == "\\":
        before -= 1
    return (at - before) % 2 == 1


class LineEndings:
    r"""Makes every line end ``\n``, wherever the text is cut into pieces."""

    def __init__(self) -> None:
        self._after_return = False

    def feed(self, text: str) -> str:
        """Take the next piece of text and give it back with its line ends made one."""
        if self._after_return and text:
            text = text.removeprefix("\n")
            self._after_return = False
            if not text:
                return text
        if "\r" in text:
            self._after_return = text.endswith("\r")
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        return text
