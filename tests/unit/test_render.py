"""Markdown as the HTML that one expects: code, formulas, links, what only looks like HTML."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

import pytest
from pygments.lexers import get_lexer_by_name
from pygments.token import Token
from story_page import Page, whole
from unit.render_kit import UL, live

from nbkit._render import highlight
from nbkit._render.formula import MAX_LENGTH, to_mathml
from nbkit._render.highlight import CHUNK_LENGTH, Highlighter, chunks, short_class
from nbkit._render.marks import LESS, neutralise
from nbkit.story import Story


def static(text: str) -> str:
    return whole(text).to_html()


# Markdown


LINK = '<a class="nbkit-link" href="{}" target="_blank" rel="noopener noreferrer nofollow">{}</a>'
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


def contrast(colour: str, ground: int) -> float:
    """That of a colour (three digits) in a block of code, on a page that is so bright: WCAG 2."""

    def light(share: float) -> float:
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    behind = light((ground * 14 + 0x88) / 15 / 255)
    parts = (light(int(digit, 16) / 15) for digit in colour)
    seen = sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))
    darker, brighter = sorted((behind, seen))
    return (brighter + 0.05) / (darker + 0.05)


def test_the_colours_of_code_that_stays_are_plain_and_read_on_light_pages_as_on_dark():
    code = "import x\nclass A:\n    def f(self): return 'text', 12, True  # note\n"
    found = static(f"```python\n{code}```\n")
    colours = set(re.findall(r"(?<![-\w])color:([^;\"]*)", found))
    assert len(colours) == 4
    assert "background:#8881" in found
    for colour in colours:
        assert re.fullmatch("#[0-9a-f]{3}", colour)
        assert contrast(colour[1:], 0xFF) > 3.8
        assert contrast(colour[1:], 0x11) > 3.8


def test_code_in_an_unknown_or_hostile_language_stays_plain():
    for fence in ("no-such-language", "<script>", "", "text", "{=html}"):
        story = whole(f"```{fence}\nx = 1\n```\n")
        assert not story.highlight(1.0)
        assert "x = 1" in Page(story).story.to_text()


def test_a_broken_plugin_of_the_highlighter_leaves_code_plain(monkeypatch, tmp_path):
    folder = tmp_path / "broken-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("[pygments.lexers]\nbroken = not_there:X\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    highlight._loading.cache_clear()
    page = Page(Story())
    page.story.append("```a-language-of-nobody\nlet it be\n```\n\nAnd on.")
    page.update()
    assert "let it be" in page.html
    page.story.end()
    page.update()
    assert "And on." in page.html
    assert "let it be" in page.story.to_html()


def test_what_highlights_code_is_loaded_while_the_code_is_written_and_holds_nothing_up(monkeypatch):
    asked, loaded = threading.Event(), threading.Event()
    threads = []

    def load(language):
        threads.append((language, threading.current_thread()))
        asked.set()
        assert loaded.wait(30)
        return get_lexer_by_name("python")

    monkeypatch.setattr(highlight, "_load", load)
    highlight._loading.cache_clear()
    page = Page(Story())
    page.story.append("```slow to load\nx = 1\n")
    page.update()
    assert asked.wait(30)
    page.story.append("y = 2\n")
    page.update()
    assert "y = 2" in page.html
    loaded.set()
    page.story.append("```\n\nEnd\n")
    assert not page.story.highlight(30.0)
    page.update()
    assert '<span class="nbkit-n">y</span>' in page.html
    assert [(name, thread is threading.main_thread()) for name, thread in threads] == [
        ("slow", False)
    ]
    highlight._loading.cache_clear()


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
