"""TeX into MathML, cached; ``None`` where that cannot be done."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from nbkit._render.marks import LESS

MAX_LENGTH = 4_000
"""A longer formula is shown as its source, in characters."""

_ROOT = re.compile(r"\A<math[^>]*>(.*)</math>\Z", re.DOTALL)
_ENVIRONMENT = re.compile(r"\\(begin|end)\{(?:align(?:ed|at)?|gather(?:ed)?|split|eqnarray)(\*?)\}")


@lru_cache(maxsize=1024)
def to_mathml(tex: str, *, block: bool = False) -> str | None:
    r"""Convert a formula to what stands inside a ``<math>`` element.

    In a ``block``, on a line of its own, a sum has its limits above and below it.

    No tag of the formula's own comes through, not even one inside ``\text{}``, where the
    converter leaves markup as it is; the result still has to be sanitised.
    """
    if len(tex) > MAX_LENGTH or not tex.strip():
        return None
    # Its tables take longer to load than all of nbkit, and most texts have no formula.
    from latex2mathml import converter

    try:
        display: Literal["block", "inline"] = "block" if block else "inline"
        converted = converter.convert(_rewritten(tex).replace("<", LESS), display=display)
    except Exception:  # noqa: BLE001 - a dozen types, RecursionError among them, all mean "no"
        return None
    match = _ROOT.match(converted)
    if match is None:
        return None
    inner = match.group(1).replace(f"<mi>{LESS}</mi>", "<mo>&lt;</mo>")
    return inner.replace(LESS, "&lt;")


def _rewritten(tex: str) -> str:
    # The converter knows ``align*`` alone of the environments that stand at an ampersand, and
    # shows the ampersands of the others.
    return _ENVIRONMENT.sub(r"\\\1{align*}", tex)
