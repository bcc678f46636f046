"""The two ways the same HTML is dressed: classes for the live view, inline styles for a snapshot.

A snapshot has to hold where a sanitiser leaves neither ``<style>`` nor ``<math>``, and on light
and dark pages alike: of text it colours code alone, and that in what can be read on both.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from nbkit._render.formula import to_mathml
from nbkit._render.highlight import Highlighting, Token, write_tokens


@dataclass(frozen=True, slots=True)
class Look:
    """How the writer dresses what it writes; attributes come with a blank before them.

    ``attributes`` is by element, with ``td:left`` and the like for aligned cells and ``td:rtl`` for
    what runs from right to left; ``in_cell`` are those of an element in each cell, if there is to
    be one. ``slot`` writes the place of a slot from its number, the second argument telling whether
    it stands alone. ``code`` writes the inside of a code block from its info string and its text.
    """

    attributes: dict[str, str]
    slot: Callable[[int, bool], str]
    formula: Callable[[str, bool], str]
    code: Callable[[str, str], str]
    task: Callable[[bool], str]

    def __call__(self, name: str, side: str = "") -> str:
        """Give the attributes of an element, empty for none."""
        own = self.attributes.get(f"{name}:{side}") if side else None
        return self.attributes.get(name, "") if own is None else own


def _classes(**names: str) -> dict[str, str]:
    return {name: f' class="{value}"' for name, value in names.items()}


_ALIGNMENTS = ("left", "center", "right")
_LIVE = _classes(
    pre="nbkit-code",
    table="nbkit-table",
    figure="nbkit-figure",
    link="nbkit-link",
    image="nbkit-image-link",
)
for _side in _ALIGNMENTS:
    _LIVE |= {f"{cell}:{_side}": f' class="nbkit-{_side}"' for cell in ("td", "th")}


Finder = Callable[[str, str], Highlighting | None]
"""Gives the highlighting of code from its info string and its text, ``None`` for none."""


def live_look(slot: Callable[[int, bool], str], find: Finder) -> Look:
    """Make the look of the live view; code is highlighted if that has been done already."""

    def code(info: str, text: str) -> str:
        known = find(info, text)
        if known is None or not known.done:
            return html.escape(text, quote=False)
        return "".join(live_tokens(tokens) for tokens in known.chunks)

    return Look(_LIVE, slot, _live_formula, code, _live_task)


def live_tokens(tokens: list[Token]) -> str:
    """Write highlighted code for the live view."""
    return write_tokens(tokens, _live_token)


@lru_cache(maxsize=512)
def _live_token(short: str) -> str:
    return f' class="nbkit-{short}"' if short and short != "w" else ""


def _live_formula(tex: str, block: bool) -> str:
    inner = to_mathml(tex, block=block)
    if inner is None:
        return f'<code class="nbkit-tex">{html.escape(tex, quote=False)}</code>'
    if block:
        math = f'<math display="block">{inner}</math>'
        return f'<span class="nbkit-math nbkit-math-block">{math}</span>'
    return f'<span class="nbkit-math"><math>{inner}</math></span>'


def _live_task(done: bool) -> str:
    checked = " checked" if done else ""
    return f'<input type="checkbox" class="nbkit-task" disabled{checked}> '


def _styles(**values: str) -> dict[str, str]:
    return {name: f' style="{value}"' for name, value in values.items()}


# Grey that lets through what is behind it, in as few characters as can be: each stands in a saved
# notebook again and again. JupyterLab's sanitiser knows all of these values.
_STATIC = _styles(
    pre="overflow:auto;padding:.7em .9em;border-radius:6px;background:#8881;"
    "white-space:pre;line-height:1.45",
    block_code="background:none;padding:0;font-size:.9em",
    code="background:#8882;padding:.1em .3em;border-radius:4px;font-size:.9em",
    table="overflow:auto;margin:1em 0",
    table_itself="border-collapse:collapse;margin:0",
    blockquote="margin:1em 0;padding:0 0 0 1em;border-left:3px solid #8887",
    hr="border:0;border-top:1px solid #8887;margin:1.5em 0",
)


def _sides(name: str, attribute: str) -> dict[str, str]:
    wear = {side: attribute.format(side) for side in _ALIGNMENTS}
    wear |= {"": wear["left"], "rtl": wear["right"]}
    return {f"{name}:{side}".rstrip(":"): value for side, value in wear.items()}


# The side in any case: JupyterLab would put what is in an output's table at the right.
_CELL = ' style="border:1px solid #8886;padding:.3em .6em;vertical-align:top;text-align:{}"'
_STATIC |= _sides("td", _CELL) | _sides("th", _CELL)
# Sides by their names: JupyterLab's sanitiser knows no "inline-start".
_STATIC |= {
    "p:rtl": ' style="text-align:right"',  # a host may have paragraphs at the left
    "blockquote:rtl": ' style="margin:1em 0;padding:0 1em 0 0;border:0;'
    'border-right:3px solid #8887"',
}
# Of a long table: a style takes a front end that sanitises it several times as long as an element,
# and what a cell says without one, JupyterLab's style sheet overrules.
_LONG = {name: wear for name, wear in _STATIC.items() if name[:2] not in {"td", "th"}}
_LONG |= _sides("in_cell", ' align="{}"') | {"code": ""}
_LONG["table_itself"] = f' rules="rows" cellpadding="5"{_STATIC["table_itself"]}'

# Half as bright as a page may be, so that they are read on white as on black: four times as bright,
# or as dark, as the block of code on either (nothing has more on both). Plain, as JupyterLab's
# sanitiser takes away a colour that is mixed. What has none is paler than the text around.
_COLOURS = {
    "k": "#a4e",
    "n": "#07e",
    "s": "#483",
    "m": "#c50",
    "g": "#07e",
}
_PLAIN_TOKENS = {"", "w", "n", "p", "err", "nn", "nv", "nx"}


def static_look(slot: Callable[[int, bool], str], find: Finder) -> tuple[Look, Look]:
    """Make the look of a snapshot, and that of its long tables; code is highlighted to the end."""

    def code(info: str, text: str) -> str:
        known = find(info, text)
        if known is None:
            return html.escape(text, quote=False)
        return "".join(write_tokens(tokens, _static_token) for tokens in known.run())

    look = Look(_STATIC, slot, _static_formula, code, _static_task)
    return look, replace(look, attributes=_LONG)


@lru_cache(maxsize=512)
def _static_token(short: str) -> str:
    if short in _PLAIN_TOKENS:
        return ""
    colour = _COLOURS.get(short[0])
    style = f"color:{colour}" if colour else "opacity:.7"
    if short[0] == "k":
        style += ";font-weight:bold"
    if short[0] == "c":
        style += ";font-style:italic"
    return f' style="{style}"'


def _static_formula(tex: str, block: bool) -> str:
    # Where <math> is stripped its text would be left behind: at no size at all. The source in
    # the annotation, which a browser that knows <math> does not show, then stands alone.
    source = html.escape(tex, quote=False)
    inner = to_mathml(tex, block=block)
    if inner is None:
        return f"<code{_STATIC['code']}>{source}</code>"
    display = ' display="block"' if block else ""
    code = f'<code style="font-size:0.9rem;font-family:monospace">{source}</code>'
    return (
        f'<span style="font-size:0"><math{display} style="font-size:1rem"><semantics>'
        f'<mrow>{inner}</mrow><annotation-xml encoding="text/html">{code}</annotation-xml>'
        "</semantics></math></span>"
    )


def _static_task(done: bool) -> str:
    return "☑ " if done else "☐ "
