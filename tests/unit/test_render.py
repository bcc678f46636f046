"""What Markdown becomes: the HTML of the live view, hostile text, slots, and the half-written."""

from __future__ import annotations

import html.parser
import re
from collections.abc import Callable

import pytest
from pygments.token import Token
from story_page import Page, page_of, whole

from nbkit._render.changes import Clock, View
from nbkit._render.formula import MAX_LENGTH, to_mathml
from nbkit._render.highlight import CHUNK_LENGTH, Highlighter, chunks, short_class
from nbkit._render.marks import CLOSE, LESS, OPEN, RUN, RUN_END, LineEndings, neutralise
from nbkit.story import Story


def live(text: str, *, end: bool = True) -> str:
    """The live HTML of a text in which ``§prompt§`` stands for a slot."""
    page = Page(whole(text, end=end))
    page.update()
    return page.html


def static(text: str) -> str:
    return whole(text).to_html()


def slot(number: int) -> str:
    return f'<span class="nbkit-slot" data-nbkit-slot="image-{number}"></span>'


class Tags(html.parser.HTMLParser):
    """All tags and attributes of a piece of HTML, as a browser would find them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]


# Markdown


LINK = '<a class="nbkit-link" href="{}" target="_blank" rel="noopener noreferrer nofollow">{}</a>'
UL = '<ul class="nbkit-parts"></ul>'
PRE = '<pre class="nbkit-code"><code class="nbkit-parts"></code></pre>'
BOX = '<input type="checkbox" class="nbkit-task" disabled="" checked="">'
TABLE = (
    '<div class="nbkit-table"><table><thead><tr><th class="nbkit-center">a</th>'
    '<th class="nbkit-right">b</th></tr></thead><tbody class="nbkit-parts"></tbody></table></div>'
)
ROW = '<tr><td class="nbkit-center">1</td><td class="nbkit-right"><code>2</code></td></tr>'
LESS_THAN = "<math><mrow><mi>x</mi><mo>&lt;</mo><mi>y</mi></mrow></math>"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a **b** *c*", "<p>a <strong>b</strong> <em>c</em></p>"),
        ("~~d~~ `e<f`", "<p><del>d</del> <code>e&lt;f</code></p>"),
        ("Title\n===", "<h1>Title</h1>"),
        ("a  \nb\nc", "<p>a<br>\nb\nc</p>"),
        ("> q\n> - r", "<blockquote><p>q</p><ul><li>r</li></ul></blockquote>"),
        ("---", "<hr>"),
        ("3. a\n4. b", '<ol class="nbkit-parts" start="3"></ol><li>a</li><li>b</li>'),
        ("- a\n\n- b", f"{UL}<li><p>a</p></li><li><p>b</p></li>"),
        ("- [x] done", f"{UL}<li>{BOX} done</li>"),
        ("| a | b |\n|:-:|--:|\n| 1 | `2` |", TABLE + ROW),
        ("```\n<b>\n```", f'{PRE}<span class="nbkit-lines">&lt;b&gt;\n</span>'),
        ("$x<y$", f'<p><span class="nbkit-math">{LESS_THAN}</span></p>'),
        ("[a]: http://x.org\n\n[a]", f"<p>{LINK.format('http://x.org', 'a')}</p>"),
    ],
)
def test_markdown_becomes_the_html_that_one_expects(source, expected):
    assert live(source) == expected


def test_links_open_elsewhere_and_say_nothing_of_where_they_came_from():
    wanted = ' target="_blank" rel="noopener noreferrer nofollow">'
    for source in ("[a](https://x.org/?a=1&b=2)", "<https://x.org>", "<me@x.org>"):
        assert wanted in live(source)
        assert wanted in static(source)
    assert 'href="mailto:me@x.org"' in live("<me@x.org>")


def test_an_image_in_the_text_becomes_a_link_and_is_never_fetched():
    for shown in (live, static):
        found = shown("![the alt](https://evil.example/p.png)")
        assert "<img" not in found
        assert 'href="https://evil.example/p.png"' in found
        assert ">the alt</a>" in found
    assert live("![gone](data:image/png;base64,AAAA)") == "<p>gone</p>"
    linked = live("[![alt](https://a.org/p.png)](https://b.org)")
    assert linked.count("<a ") == 1
    assert "https://b.org" in linked


def test_a_reply_that_thinks_in_tags_stays_readable_with_its_markdown():
    found = live(
        "<think>\nhmm **so**\n</think>\n\n<div>\n*yes*\n</div>\n\n<!-- never closed\n\n# End"
    )
    assert "&lt;think&gt;" in found
    assert "<strong>so</strong>" in found
    assert "<em>yes</em>" in found
    assert "&lt;!-- never closed" in found
    assert "<h1>End</h1>" in found


def test_a_br_is_a_line_break_but_not_in_code():
    assert live("a<br>b<BR/>c<br />d") == "<p>a<br>b<br>c<br>d</p>"
    assert live("`a<br>b`") == "<p><code>a&lt;br&gt;b</code></p>"
    assert "a<br>b" in live("| x |\n|---|\n| a<br>b |")
    assert live("&lt;br&gt;") == "<p>&lt;br&gt;</p>"
    assert live(r"\<br>") == "<p>&lt;br&gt;</p>"


def test_what_only_looks_like_html_is_text():
    assert live("a < b and c > d, 1<2, x<y") == "<p>a &lt; b and c &gt; d, 1&lt;2, x&lt;y</p>"
    assert neutralise("<http://x.org> <a@b.org> [a](<b c>) \\<b>") == (
        "<http://x.org> <a@b.org> [a](<b c>) \\<b>"
    )
    assert neutralise("<b> `<i>`") == f"{LESS}b> `{LESS}i>`"


def test_code_is_highlighted_only_when_asked_and_in_small_frames():
    page = Page(Story())
    page.story.append(
        "```python\n" + "x = 'text'  # note\n" * 200 + "```\n\n- ```python\n  y = 1\n  ```\n\nEnd\n"
    )
    page.update()
    assert "nbkit-c1" not in page.html
    longest = 0
    while page.story.highlight(0.0001):
        longest = max(longest, sum(len(op["html"]) for op in page.update()))
    page.update()
    assert '<span class="nbkit-c1"># note</span>' in page.html
    assert '<span class="nbkit-n">y</span>' in page.html
    assert longest < 60_000
    assert not page.story.highlight(1.0)
    before = page.blocks
    page.story.end()
    assert page.update() == []
    assert page.blocks == before


def test_code_in_an_unknown_or_hostile_language_stays_plain():
    for fence in ("no-such-language", "<script>", "", "text", "{=html}"):
        story = whole(f"```{fence}\nx = 1\n```\n")
        assert not story.highlight(1.0)
        assert "x = 1" in Page(story).story.to_text()


def test_highlighting_keeps_every_character():
    code = "def f():\n\treturn '''a\n\n b'''  \n\n\n\x0c# é\n$$ ??? \"unclosed\n"
    for language in ("python", "js", "json", "bash", "html", "sql", "yaml", "c++", "rust", "diff"):
        found = Highlighter().get(language, code)
        assert found is not None
        assert "".join(text for tokens in found.run() for _, text in tokens) == code


class Chokes:
    """A lexer that goes wrong after the first word, as some of Pygments' hundreds may."""

    def __init__(self, then: str) -> None:
        self.then = then

    def get_tokens_unprocessed(self, code: str):
        yield 0, Token.Name, code[:4]
        yield 4, Token.Text, ""
        if self.then == "raises":
            raise RecursionError(self.then)
        yield {"drops": 9, "repeats": 0}[self.then], Token.Name.Variable.Unheard, code[9:]


@pytest.mark.parametrize("then", ["raises", "drops", "repeats"])
def test_what_a_lexer_chokes_on_stays_plain_and_whole(then, monkeypatch):
    monkeypatch.setattr("nbkit._render.highlight._lexer", lambda language: Chokes(then))
    code = "word and more\n" * 500
    found = Highlighter().get("choking", code).run()
    assert "".join(text for tokens in found for _, text in tokens) == code
    assert found[0][0] == (Token.Name, "word")
    assert {kind for tokens in found for kind, _ in tokens[1:]} == {None}
    assert found[1] == [(None, list(chunks(code))[1])]


def test_a_kind_of_token_without_a_class_has_that_of_its_parent():
    assert short_class(Token.Name.Variable) == "nv"
    assert short_class(Token.Name.Variable.Unheard.Of) == "nv"
    assert short_class(Token.Unheard) == ""


def test_chunks_of_growing_code_change_at_the_end_only():
    code = ("short\n" * 40) + ("x" * 9_000) + "\n" + ("y = 1\n" * 100)
    last: list[str] = []
    for length in range(0, len(code), 37):
        now = list(chunks(code[:length]))
        assert now[: len(last) - 1] == last[:-1]
        assert all(len(chunk) <= 2 * CHUNK_LENGTH for chunk in now)
        last = now
    assert "".join(chunks(code)) == code


@pytest.mark.parametrize("shown", [live, static])
def test_a_sum_on_a_line_of_its_own_has_its_limits_above_and_below(shown: Callable[[str], str]):
    limits = r"\sum_{n=1}^{9} n"
    assert "<munderover>" in shown(f"$$\n{limits}\n$$")
    assert "<munderover>" not in shown(f"A line with ${limits}$ in it")


def test_a_formula_that_cannot_be_converted_is_its_source():
    for source in ("{" * 500, "\\frac{", "^", "x" * (MAX_LENGTH + 1), "\\frac" * 400):
        assert to_mathml(source) is None
    assert live("$a_b_c$") == '<p><code class="nbkit-tex">a_b_c</code></p>'
    assert "nbkit-math-block" in live("$$\n\\begin{aligned} a &= b \\\\ c &= d \\end{aligned}\n$$")


# Hostile text

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


# Slots


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("one §p§ two", f"<p>one {slot(1)} two</p>"),
        ("one§p§two", f"<p>one{slot(1)}two</p>"),
        ("**bold.**§p§", f"<p><strong>bold.</strong>{slot(1)}</p>"),
        ("§p§**bold.**", f"<p>{slot(1)}<strong>bold.</strong></p>"),
        ("**bold §p§ on**", f"<p><strong>bold {slot(1)} on</strong></p>"),
        ("§p§", f'<div class="nbkit-figure">{slot(1)}</div>'),
        ("§p§ §q§", f'<div class="nbkit-figure">{slot(1)} {slot(2)}</div>'),
        ("# Title §p§", f"<h1>Title {slot(1)}</h1>"),
        ("> §p§ said", f"<blockquote><p>{slot(1)} said</p></blockquote>"),
        ("- a §p§\n- b", f'<ul class="nbkit-parts"></ul><li>a {slot(1)}</li><li>b</li>'),
        (
            "- §p§",
            f'<ul class="nbkit-parts"></ul><li><div class="nbkit-figure">{slot(1)}</div></li>',
        ),
        (
            "a `code §p§ here` b\n\nc",
            f'<p>a <code>code  here</code> b</p><div class="nbkit-figure">{slot(1)}</div><p>c</p>',
        ),
        (
            "- a `§p§x`\n  - b",
            (
                f'{UL}<li>a <code>x</code><div class="nbkit-figure">{slot(1)}</div>'
                "<ul><li>b</li></ul></li>"
            ),
        ),
        ("[a §p§ b](http://x.org) c", f">a  b</a>{slot(1)} c</p>"),
        ("[a](http://x.org/§p§y)", f'>a</a></p><div class="nbkit-figure">{slot(1)}</div>'),
        ("![alt §p§](http://x.org)", f'>alt </a></p><div class="nbkit-figure">{slot(1)}</div>'),
        ("$x^{§p§2}$ b", f'b</p><div class="nbkit-figure">{slot(1)}</div>'),
        ("[a]: http://x.org/§p§\n\nb", f'<div class="nbkit-figure">{slot(1)}</div><p>b</p>'),
        (
            "> [a]: http://x.org/§p§\n> b\n\nc §q§",
            f'</blockquote><div class="nbkit-figure">{slot(1)}</div><p>c {slot(2)}</p>',
        ),
        (
            "- [a]: http://x.org/§p§\n- b",
            f'<li><div class="nbkit-figure">{slot(1)}</div></li><li>b</li>',
        ),
        ("    code §p§\n\nb", f'</pre><div class="nbkit-figure">{slot(1)}</div><p>b</p>'),
    ],
)
def test_a_slot_stands_where_its_prompt_stood(source, expected):
    assert live(source).endswith(expected)


def test_slots_in_a_table_stay_in_their_cells():
    found = live("| a | b §p§ |\n|---|---|\n| §q§ | x §r§§s§ |\n| `c§t§` | d | §u§ |\n")
    assert f"<th>b {slot(1)}</th>" in found
    assert f"<td>{slot(2)}</td><td>x {slot(3)}{slot(4)}</td>" in found
    assert f"<td><code>c</code>{slot(5)}</td><td>d{slot(6)}</td>" in found


def test_slots_in_a_fence_stand_after_it_while_it_is_written_and_then():
    page = Page(Story())
    for part in ("```\na", "@", "\nb\n", "@", "\n```\n", "after\n\nmore"):
        if part == "@":
            page.story.add_slot("p")
        else:
            page.story.append(part)
        page.update()
    assert [shell for shell, _ in page.blocks] == [
        '<pre class="nbkit-code"><code class="nbkit-parts"></code></pre>',
        '<div class="nbkit-figure nbkit-parts"></div>',
        "<p>after</p>",
        "<p>more</p>",
    ]
    assert page.blocks[1][1] == [slot(1), slot(2)]
    page.story.end()
    assert page.update() == []


def test_the_id_of_a_slot_cannot_break_out():
    story = Story()
    story.add_slot("p", slot_id='"><script>alert(1)</script>')
    assert Tags(page_of(story)[0][0]).tags == {"div", "span"}


# Half-written


@pytest.mark.parametrize(
    ("source", "visible"),
    [
        ("**bo", "bo"),
        ("**bold*", "bold"),
        ("***a b", "a b"),
        ("**a *b", "a b"),
        ("_a", "a"),
        ("a **", "a"),
        ("a *", "a"),
        ("2 * 3", "2 * 3"),
        ("snake_ca", "snake_ca"),
        ("x_", "x"),
        ("~~a", "a"),
        ("~~a~", "a"),
        ("~5 km", "~5 km"),
        ("`co", "co"),
        ("``a `", "a"),
        ("`a` b `c", "a b c"),
        ("a `", "a"),
        ("[te", "te"),
        ("[text]", "text"),
        ("[text](htt", "text"),
        ('[text](http://x "ti', "text"),
        ("![al", "al"),
        ("see ![", "see"),
        ("see !", "see"),
        ("wow!", "wow!"),
        ("[1] is", "[1] is"),
        ("**[a](htt", "a"),
        ("[a **b](htt", "a b"),
        ("[a][re", "a"),
        ("[a]: htt", ""),
        ("[a](b c", "[a](b c"),
        ("is $x^2 +", "is"),
        ("costs $5 and", "costs $5 and"),
        ("$PATH is a thing", "$PATH is a thing"),
        ("$$\n\\frac", ""),
        ("AT&am", "AT"),
        ("a & b", "a & b"),
        ("x <thi", "x"),
        ("x <think>", "x <think>"),
        ("x <http://a.b_c", "x http://a.b_c"),
        ("a<br", "a"),
        ("a\\", "a"),
        ("a\\\n", "a"),
        ("#", ""),
        ("## ", ""),
        ("# He", "He"),
        ("-", ""),
        ("- ", ""),
        ("- [", ""),
        ("- [x]", ""),
        ("12", ""),
        ("12 m", "12 m"),
        ("1.", ""),
        ("para\n-", "para"),
        ("para\n=", "para"),
        ("para\n--", "para"),
        ("- - ", ""),
        ("***", ""),
        ("> ", ""),
        ("> **a", "a"),
        ("```", ""),
        ("```py", ""),
        ("``", ""),
        ("~~~", ""),
        ("a\n```", "a"),
        ("- a\n  ```p", "a"),
        ("| a | **b", "ab"),
        ("| a | b |\n|--", "ab"),
        ("| a | b |\n|---|---|\n| c | `d", "abcd"),
        ("| a |\n|---|\n|", "a"),
        ("```\nx\n``", "x\n"),
        ("```\nx\n`", "x\n"),
        ("- ```\n  x\n  ``", "x\n"),
        ("**a\n\n", "**a"),
        ("- a `b\n- c", "a `bc"),
        ("**a\n# b", "**ab"),
    ],
)
def test_what_is_half_written_looks_as_it_will_read(source, visible):
    page = Page(whole(source, end=False))
    page.update()
    assert page.visible == visible


def test_a_half_written_address_is_shown_without_its_bracket():
    story = Story()
    story.append("write to <me@exam")
    assert page_of(story) == [("<p>write to me@exam</p>", None)]


@pytest.mark.parametrize(
    "source",
    [
        "**bo",
        "a *b",
        "`co",
        "[te",
        "[text](htt",
        "$x^2",
        "<thi",
        "AT&am",
        "a\\",
        "wow ![",
        "1",
        "a ~~b",
    ],
)
def test_at_the_end_everything_stands_as_it_was_written(source):
    page = Page(whole(source))
    page.update()
    assert page.visible == source


# Pieces


def test_line_ends_become_one_wherever_they_are_cut():
    for cuts in (
        ["a\r\nb\rc\n"],
        ["a\r", "\nb", "\r", "c\n"],
        list("a\r\nb\rc\n"),
        ["a\r", "", "\nb\rc\n"],
    ):
        ends = LineEndings()
        assert "".join(map(ends.feed, cuts)) == "a\nb\nc\n"


def test_a_view_tells_each_reader_the_least_that_is_new():
    view = View(clock := Clock())
    view.put(0, "<p>a</p>")
    view.open(1, "<ul></ul>")
    for index in range(3):
        view.part(1, index, f"<li>{index}</li>")
    seen = clock.revision
    assert view.changes(seen) == []
    view.put(0, "<p>a</p>")
    view.part(1, 2, "<li>2</li>")
    assert clock.revision == seen
    view.cut(1, 1)
    view.put(2, "<p>b</p>")
    view.drop(2)
    assert view.changes(seen) == [{"op": "cut", "key": 1, "count": 1}, {"op": "drop", "key": 2}]
    view.part(1, 1, "<li>new</li>")
    view.open(0, "<ol></ol>")
    assert view.changes(seen) == [
        {"op": "open", "key": 0, "html": "<ol></ol>"},
        {"op": "part", "key": 1, "index": 1, "html": "<li>new</li>"},
        {"op": "cut", "key": 1, "count": 2},
        {"op": "drop", "key": 2},
    ]
    view.put(2, "<p>c</p>")
    with pytest.raises(TypeError, match="no parts"):
        view.part(2, 0, "<li></li>")
