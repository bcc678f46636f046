"""Texts that were written to do harm, and the places in a reply in which they may stand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

DATA = Path(__file__).parent / "data" / "injections"

RUNS = "window.nbkitHarmed = true"
ELSEWHERE = "https://elsewhere.example"
TAGS = [
    f"<script>{RUNS}</script>",
    f'<img src=x onerror="{RUNS}">',
    f'<svg onload="{RUNS}"><style><img src=x onerror="{RUNS}"></style></svg>',
    f'<iframe srcdoc="<script>parent.{RUNS}</script>"></iframe>',
    f'<details open ontoggle="{RUNS}">',
    f"<style>@import url({ELSEWHERE}/style.css); * {{ display: none }}</style>",
    f'<link rel="stylesheet" href="{ELSEWHERE}/style.css">',
    '<button data-commandlinker-command="notebook:delete-cell">go</button>',
    f'<div id="jp-main-dock-panel" class="nbkit-slot" data-nbkit-slot="image-1" onclick="{RUNS}">',
    "</div></div></div></section>",
]
"""What is written against nbkit and JupyterLab themselves, in HTML."""

MARKS = [
    f"![x]({ELSEWHERE}/pixel.png) ![y](javascript:{RUNS})",
    f"[a](javascript:{RUNS}) [b](java&#9;script:{RUNS}) <javascript:{RUNS}>",
    f"[c](data:text/html,<script>{RUNS}</script>) [d][e]",
    f'[f](https://x.org "\\" onmouseover=\\"{RUNS}")',
    f"$\\text{{</mtext></math><img src=x onerror='{RUNS}'>}}$ $\\href{{javascript:{RUNS}}}{{x}}$",
    f"$\\class{{nbkit-slot}}{{x}} \\style{{position:fixed;background:url({ELSEWHERE})}}{{y}}$",
    "&#x2E28;1&#x2E29; &#x2E28;99&#x2E29; \u202eright to left \0 \ud800",
    f"```<script>{RUNS}</script>\n</code></pre><script>{RUNS}</script>\n```",
    f"| <script>{RUNS}</script> |\n|---|\n| </td></table><img src=x onerror='{RUNS}'> |",
    f"[e]: javascript:{RUNS}",
]
"""The same in Markdown."""

PROMPT = f"\"'><img src=x onerror='{RUNS}'><script>{RUNS}</script>](javascript:{RUNS})\u202e"

PLACES = (
    "- §",
    "1. a\n\n2. §",
    "# §",
    "> §",
    "| § |\n|---|\n| § |",
    "**§**",
    "*a §",
    "[§](https://ok.example)",
    "[x](§)",
    "[x](<§>)",
    "[x](https://ok.example '§')",
    '[x](https://ok.example/"§")',
    '[x](<https://ok.example/"onclick="§>)',
    "[x](https://ok.example '\"onclick=\"§')",
    "[x](javascript:§)",
    "<§>",
    "<https://ok.example/§>",
    '<https://ok.example/"onclick="§>',
    "![§](https://ok.example/a.png)",
    "![x](§)",
    "![x](data:image/svg+xml,§)",
    "[r]: §\n\n[r]",
    "[r]: https://ok.example '§'\n\n[r] [R][]",
    "`§`",
    "```§\nx\n```",
    "```html\n§\n```",
    "~~~js §\n§\n~~~",
    "    §",
    "$§$",
    "$\\text{§}$",
    "$\\href{§}{x}$",
    "$\\class{§}{x}$",
    "$\\color{§}{x}$",
    "$$\n§\n$$",
    "a<br>§<br/>",
    "<think>§</think>",
    "&lt;§&gt;",
)
"""Where a text may stand in Markdown, at the ``§``; on its own it stands in every reply."""

_STEP = re.compile(r"[^<>\"'=/:`$&;()\[\]]*(?:.|\Z)", re.DOTALL)


def corpus() -> list[str]:
    """Give the public collections and our own, each text once."""
    found = [*TAGS, *MARKS, PROMPT]
    for path in sorted(DATA.glob("*.json")):
        found += json.loads(path.read_text("utf-8"))
    return list(dict.fromkeys(found))


def replies(texts: Sequence[str], size: int, turn: int = 0) -> Iterator[str]:
    """Put the texts into replies, ``size`` in each: on its own, and in a place of :data:`PLACES`.

    With each ``turn`` a text stands in another place.
    """
    for at in range(0, len(texts), size):
        blocks = []
        for number, text in enumerate(texts[at : at + size], at + turn):
            blocks += [text, PLACES[number % len(PLACES)].replace("§", text)]
        yield "\n\n".join(blocks) + "\n\nThe end.\n"


def steps(text: str) -> list[str]:
    """Cut a text behind each character that means something in a tag or in Markdown."""
    return [step for step in _STEP.findall(text) if step]
