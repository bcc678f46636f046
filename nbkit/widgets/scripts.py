"""A widget's script as a page loads it: one text, which has no others beside it."""

from __future__ import annotations

import re

from nbkit.widgets.page import read

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
