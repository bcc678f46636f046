"""A widget's script and style as a page loads them: one text, which has no others beside it."""

from __future__ import annotations

import re
from pathlib import Path

STATIC = Path(__file__).parent / "static"
"""Where the scripts and styles lie, shipped as written."""


_COMMENTS = re.compile(r"^[ \t]*(?://.*|/\*(?:(?!\*/)[\s\S])*\*/)[ \t]*\n", re.MULTILINE)
_INDENTS = re.compile(r"^[ \t]+", re.MULTILINE)


def read(name: str) -> str:
    """Read a script or style as it goes to a page: without the lines of comments, and indents.

    Each widget sends it anew. As a path, anywidget would follow it for changes, and keep each
    widget, with the images of its session, as long as the class.
    """
    return _INDENTS.sub("", _COMMENTS.sub("", (STATIC / name).read_text("utf-8")))


_IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+\.js)";\n', re.MULTILINE)


def script(name: str) -> str:
    """Read a script, with each one that it imports by name from beside it put in that place.

    They share one scope then: no two may have a name of their own in common.
    """
    taken = {name}

    def put_in(found: re.Match[str]) -> str:
        if found[1] in taken:
            return ""
        taken.add(found[1])
        return _IMPORT.sub(put_in, read(found[1]))

    return _IMPORT.sub(put_in, read(name))


_STYLE = re.compile(r'^@import "\./(\w+\.css)";\n', re.MULTILINE)


def style(name: str) -> str:
    """Read a style sheet, with each one that it imports from beside it put in that place."""
    return _STYLE.sub(lambda found: style(found[1]), read(name))
