"""Hostile text: what comes of it, and that it takes no longer than other text."""

from __future__ import annotations

import re

import pytest
from story_page import Page
from unit.render_kit import Tags, live

from nbkit._render.marks import CLOSE, LESS, OPEN, RUN, RUN_END
from nbkit.story import Story

HOSTILE = [
    "<script>alert(1)</script>",
    "<SCRIPT/x>alert(1)</SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<style>*{display:none}</style>",
    "<iframe src=javascript:alert(1)>",
    "<button data-commandlinker-command=x data-commandlinker-args={}>go</button>",
    '<span class="nbkit-slot" data-nbkit-slot="image-1"></span>',
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#10;script:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x) [y](file:///etc/passwd) [z](//evil.example)",
    "[x](<script>alert(1)</script>",
    "[x]: <script>alert(1)</script>",
    "[x]:\n<script>alert(1)</script>",
    "<javascript:alert(1)> <data:text/html,x>",
    "[x]: javascript:alert(1)\n\n[x]",
    '[x](http://a.org "t\\" onclick=\\"alert(1)")',
    '![x" onerror="alert(1)](http://a.org/"onerror="alert(1))',
    "`<script>` ``` <img onerror=x>",
    "```<script>\n</code></pre><script>alert(1)</script>\n```",
    '```" onload="alert(1)\nx\n```',
    "    </code><script>alert(1)</script>",
    "| <script>alert(1)</script> |\n|---|\n| </td><img src=x onerror=alert(1)> |",
    "- <details open ontoggle=alert(1)>\n- </li></ul><script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;img src=x onerror=alert(1)&#62;",
    "<!--<script>--><script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml x?><script>",
    "<br onclick=alert(1)>",
    r"$\text{<script>alert(1)</script><img src=x onerror=alert(1)>}$",
    r'$\text{<span data-nbkit-slot="image-1" class="nbkit-slot">}$',
    r'$\text{<span/data-nbkit-slot="image-1"/class="nbkit-slot">}$',
    r'$\color{red" data-nbkit-slot="image-1" onclick="alert(1)}{x}$',
    r"$\href{javascript:alert(1)}{x}$ $\style{position:fixed}{x}$ $\class{nbkit-slot}{x}$",
    r"$\text{</math><script>alert(1)</script>}$",
    "$$\n\\mathrm{</mtext></math><img src=x onerror=alert(1)>}\n$$",
    f"{OPEN}1{CLOSE} {OPEN}999{CLOSE} {LESS}script>alert(1){LESS}/script> {RUN}x",
    f"[a](http://x.org/{OPEN}1{CLOSE}) `{OPEN}1{CLOSE}` ${OPEN}1{CLOSE}$",
    f"{LESS}br onclick=alert(1)>",
    "\0\x01\x1b[31m\x7f \ud800 \udfff x",
    "[a](http://x.org/\0\ud800)",
    '<p style="position:fixed" class="nbkit-slot" id=x>',
    "<math><mtext><script>alert(1)</script></mtext></math>",
    "<a@b.c onclick=x> <http://x.org/onclick='x'>",
]

HARMLESS = {
    *[
        "p",
        "div",
        "span",
        "br",
        "hr",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
        "ul",
        "ol",
        "li",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    ],
    *["pre", "code", "em", "strong", "del", "a", "input", "math"],
}
ATTRIBUTES = {"class", "href", "title", "target", "rel", "start", "type", "disabled", "checked"}


@pytest.mark.parametrize("source", HOSTILE)
@pytest.mark.parametrize("before", ["", "- ", "> ", "text **bold "])
def test_nothing_of_a_hostile_text_gets_through(source, before):
    text = before + source
    page = Page(Story())
    for character in text:
        page.story.append(character)
        page.update()
        check_harmless(page.html, ATTRIBUTES)
    page.story.end()
    page.update()
    while page.story.highlight(1.0):
        pass
    page.update()
    check_harmless(page.html, ATTRIBUTES)
    check_harmless(page.story.to_html(), ATTRIBUTES | {"style"})
    assert page.slots == []


def check_harmless(found: str, attributes: set[str]) -> None:
    tags = Tags(found)
    mathml = {"semantics", "annotation-xml", "none"}
    assert {tag for tag in tags.tags if not tag.startswith("m")} <= HARMLESS | mathml
    for tag, name, value in tags.attributes:
        if tag.startswith("m") or tag == "annotation-xml":
            assert name not in {"href", "class", "id", "src"}
            assert not name.startswith(("on", "data-"))
            assert name != "style" or tag == "math"
            continue
        assert name in attributes, (tag, name)
        if name == "href":
            assert re.match(r"(https?://|mailto:)", value or ""), value
        if name == "class":
            assert "slot" not in (value or "")
    assert not {"\0", RUN, RUN_END, LESS, OPEN, CLOSE} & set(found)
    found.encode()


def test_the_characters_of_the_markers_are_shown_as_their_look_alikes():
    assert live(f"a {OPEN}1{CLOSE} {LESS}b") == "<p>a \u29851\u2986 \u2282b</p>"


@pytest.mark.parametrize(
    "source",
    [
        ">" * 10_000,
        "[" * 10_000,
        "> " * 5_000,
        "- " * 3_000,
        "*a " * 3_000,
        "**a" * 3_000,
        "`" * 9_999 + "x",
        "![" * 5_000,
        "[a](" * 3_000,
        "$" * 5_000,
        "<a " * 3_000,
        "&a" * 3_000,
        "|" * 5_000,
        "1. " * 3_000,
        "_a*" * 3_000,
        "\\" * 5_001,
        "((" * 5_000,
        "a\n" * 3_000,
        "- a\n" + "  - b\n" * 500,
        "[a]: x\n" * 500,
        "#" * 5_000,
    ],
    ids=lambda source: f"{source[:4]!r}",
)
def test_deep_and_long_nesting_neither_crashes_nor_hangs(source):
    page = Page(Story())
    for at in range(0, len(source), max(1, len(source) // 4)):
        page.story.append(source[at : at + max(1, len(source) // 4)])
        page.update()
    page.story.end()
    page.update()
    page.story.to_html()
    page.story.to_text()
