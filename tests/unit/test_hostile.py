"""Text that a model may write to do harm, through all that nbkit makes of it."""

from __future__ import annotations

import html.parser
import json
import random
import re
from pathlib import Path

import pyromark
import pytest
from injections import corpus, replies
from story_page import Page, add, letters, pieces, whole

from nbkit import export
from nbkit._render.marks import CLOSE, LESS, OPEN, RUN, RUN_END
from nbkit._render.sanitizer import clean_live, clean_static
from nbkit.models import EncodedImage
from nbkit.story import Story

CORPUS = corpus()

FORGED = "&#x2E28;1&#x2E29;"
FORGERIES = [
    f"{FORGED} and §p§",
    "&#11816;1&#11817; and §p§",
    "&#X0002e28;1&#0011817; and §p§",
    "&#x2E28;999&#x2E29; and §p§",
    f"[a](http://x.org/{FORGED} 't {FORGED}') and §p§",
    f"![a {FORGED}](http://x.org/{FORGED}) and §p§",
    f"[a]: http://x.org/{FORGED}\n\n[a] and §p§",
    f"§p§\n\n[a]\n\n[a]: http://x.org/ '{FORGED}'",
    f"```py {FORGED}\nx\n```\n\n§p§",
    f"~~~{FORGED}\nx§p§\n~~~",
    f"| a | b |\n|---|---|\n| {FORGED} | §p§ |",
    f"- {FORGED} §p§\n- b\n\n- c",
    f"# {FORGED} §p§",
    f"&#x2E28;§p§1&#x2E29; **{FORGED}**",
    "- &#xFDD0; §p§ &#xfdd1;\n\n- &#64976;b",
    "&#x2E26;script>§p§",
]


def streamed(text: str) -> Page:
    """What a reader sees who looks at every letter."""
    page = Page(Story())
    for piece in letters(text):
        add(page.story, piece)
        page.update()
    page.story.end()
    page.update()
    return page


@pytest.mark.parametrize("text", FORGERIES)
def test_no_slot_can_be_forged_with_character_references(text):
    page = streamed(text)
    assert page.slots == [1]
    assert "<script" not in page.html
    assert not {OPEN, CLOSE, LESS, RUN, RUN_END} & set(page.html)
    story = page.story
    assert story.to_html().count("[Image not finished: p]") == 1
    assert story.to_text().count("[Image not finished: p]") == 1
    assert story.to_markdown().count("Image not finished: p") == 1


def test_code_shows_a_character_reference_as_it_is_written():
    assert "&amp;#x2E28;1" in streamed("`&#x2E28;1`").html


@pytest.mark.parametrize(
    "text",
    [
        "[a]: http://x.org/§p§\n\n[a] and [a] and [b][a]",
        "[a] and [a]\n\n[a]: http://x.org/§p§",
        "[a] and [a]\n\n[a]: http://x.org/ 't§p§t'\n",
        "[a]: http://x.org/§p§\n\nno link to it",
        "[a]: http://x.org/§p§",
        "- [a]\n- [a]\n\n[a]: http://x.org/§p§\n\nEnd",
    ],
)
def test_a_slot_in_the_definition_of_a_link_is_shown_once(text):
    assert streamed(text).slots == [1]
    story = whole(text)
    assert story.to_html().count("[Image not finished: p]") == 1
    assert story.to_text().count("[Image not finished: p]") == 1
    markdown = story.to_markdown()
    assert markdown.count("*Image not finished: p*") == 1
    assert "x.org/*" not in markdown


def test_text_and_prompts_that_are_no_text_can_be_shown_sent_and_saved(tmp_path):
    story = Story()
    story.append("# \ud83d title \0")
    name = story.add_slot("half \udd8a a \0 fox")
    assert story.slots[name].prompt == "half \ufffd a \ufffd fox"
    story.set_slot(name, prompt="\ud83d", status="failed", error="\0 \udd8a")
    story.end()
    changes = story.changes(0)
    json.dumps([changes.ops, changes.slots[0].prompt], ensure_ascii=False).encode()
    for ending in ("html", "md", "ipynb"):
        assert "\ufffd" in export.save(story, tmp_path / f"a.{ending}").read_text("utf-8")


# Whatever is put together from these, a browser finds nothing in it but what is allowed here.

FRAGMENTS = [
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</span>", "</p></div>"),
    "<svg><style><img src=x onerror=alert(1)>",
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1&gt;">',
    *("[x](javascript:alert(1))", "[x](java\tscript:alert(1))", "[x](java&Tab;script:alert(1))"),
    *("[x](&#x6A;avascript&colon;alert(1))", "[x](vbscript:x)", "[x](data:text/html,x)"),
    *('[x](https://a.org/"onclick="x )', "![i](data:image/svg+xml,<svg>)"),
    *("![i](https://e.org/p.png 'a\" onload=\"x')", "<javascript:alert(1)>", "<a@b.org>"),
    *('<https://a.org/?"onmouseover=alert(1)>', "[r]: javascript:alert(1)\n", "[r]", "[r][]"),
    *("[r]: https://ok.example '<b>'\n", "```<script>\n", "```html {onclick=x}\n", "```"),
    *('~~~ "x\n', "$\\text{</mtext><script>}$", "$\\href{javascript:1}{x}$"),
    *('$\\color{"onclick=1}{x}$', "$$\\unicode{x<b>}$$", "$\\mathrm{a<b onclick=1>}$"),
    *("$\\class{nbkit-slot}{x}\\style{position:fixed}{y}\\data{x}{y}$", "§p§", '§"><script>§'),
    *("§](javascript:1)§", f"{OPEN}1{CLOSE}", FORGED, f"{LESS}br>", "&lt;script&gt;"),
    *("&#60;script&#62;", "<br onclick=1>", "<br/>", "<!--", "-->", "<![CDATA[", "<?php"),
    *("</math>", '<annotation-xml encoding="text/html">', "# h {#id onclick=x}\n", "[^1]: x\n"),
    *("<details open ontoggle=1>", "<b data-commandlinker-command=x>", "\0", "\ud800", "\u202e"),
    *(RUN, "\u2028", "\ufeff", "\r", "\r\n", "\n", "\n\n", "    ", "\t", "- ", "1. ", "> ", "# "),
    *("| a | b |\n|---|---|\n", "| ", "|", "- [x] ", "**", "*", "_", "`", "``", "~~", "\\"),
    *("(", ")", "[", "]", "<", ">", '"', "'", "=", "&", " ", "a", "javascript:", "onerror="),
    *("\u05d0", "\u0634", "\u200f"),
]
OURS = {
    *("p", "div", "span", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "a"),
    *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "pre", "code", "input"),
    *("em", "strong", "del", "semantics", "annotation-xml"),
}
OWN = {
    "a": {"href", "title", "target", "rel"},
    "ol": {"start"},
    "input": {"type", "disabled", "checked"},
    "annotation-xml": {"encoding"},
    "span": {"data-nbkit-slot"},
    "table": {"rules", "cellpadding"},
}
RUNNING = {
    *("p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol"),
    *("td", "th", "pre", "code"),
}
SIDES = {"dir": (RUNNING, {"ltr", "rtl"}), "align": ({"div"}, {"left", "center", "right"})}


class Findings(html.parser.HTMLParser):
    """What a page holds that it may not."""

    def __init__(self, text: str, dress: str) -> None:
        super().__init__()
        self.found: list[object] = []
        self._dress = dress
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in OURS and not re.fullmatch("m[a-z]+", tag):
            self.found.append(tag)
        for name, value in attrs:
            if not self._is_allowed(tag, name, value or ""):
                self.found.append((tag, name, value))

    def _is_allowed(self, tag: str, name: str, value: str) -> bool:
        if name == "href":
            return tag == "a" and re.match("https?://|mailto:", value, re.IGNORECASE) is not None
        if name in SIDES:
            tags, sides = SIDES[name]
            return tag in tags and value in sides
        if name == "class":
            ours = all(each.startswith("nbkit-") for each in value.split())
            return self._dress == "class" and ours and tag in OURS
        if name == "style":
            safe = not re.search(r"url|position|expression|[@\\<]", value)
            return self._dress == "style" and safe and (tag in OURS or value == "font-size:1rem")
        if tag in OURS:
            return name in OWN.get(tag, set())
        return not name.startswith(("on", "data-")) and name not in {"id", "src", "xlink:href"}

    def _other(self, data: str) -> None:
        self.found.append(data)

    handle_comment = handle_decl = handle_pi = unknown_decl = _other


@pytest.mark.parametrize("seed", range(4))
def test_nothing_but_what_is_allowed_ever_reaches_a_page(seed):
    rng = random.Random(seed)
    for _ in range(120):
        text = "".join(rng.choices(FRAGMENTS, k=rng.randint(1, 14)))
        page = Page(Story())
        for piece in pieces(text, [rng.randrange(100) for _ in range(rng.randrange(5))]):
            add(page.story, piece)
            page.update()
            assert not Findings(page.html, "class").found, text
        page.story.end()
        while page.story.highlight(1.0):
            pass
        page.update()
        still = page.story.to_html()
        assert not Findings(page.html, "class").found, text
        assert not Findings(still.partition(">")[2], "style").found, text
        assert sorted(page.slots) == list(range(1, len(page.story.slots) + 1)), text
        kept = page.html + still + page.story.to_markdown() + page.story.to_text()
        assert not {OPEN, CLOSE, RUN, RUN_END, LESS, "\0"} & set(kept), text
        kept.encode()


@pytest.mark.parametrize("turn", range(4))
def test_no_injection_of_the_public_collections_gets_through(turn):
    rng = random.Random(turn)
    for reply in replies(CORPUS[turn::4], 20, turn):
        page = Page(Story())
        for piece in pieces(reply, [rng.randrange(len(reply)) for _ in range(8)]):
            page.story.append(piece)
            page.update()
            assert not Findings(page.html, "class").found
        page.story.end()
        page.update()
        still = page.story.to_html()
        assert not Findings(page.html, "class").found
        assert not Findings(still.partition(">")[2], "style").found
        assert "The end." in page.visible
        assert not page.slots


@pytest.mark.parametrize("clean", [clean_live, clean_static])
def test_the_last_cleaning_holds_without_what_comes_before_it(clean):
    for encoding in ("application/xhtml+xml", "image/svg+xml", "text/html;x"):
        found = clean(f'<math><annotation-xml encoding="{encoding}">x</annotation-xml></math>')
        assert found == "<math><annotation-xml>x</annotation-xml></math>"
    for text in [each.replace("\ud800", "") for each in CORPUS]:
        found = Findings(clean(text), "style" if clean is clean_static else "class").found
        # Classes and styles are those of whoever writes, and places of images are those of a page.
        own = ("class", "style", "data-nbkit-slot")
        assert [each for each in found if each[1] not in own] == [], text


class Head(html.parser.HTMLParser):
    """The elements of a page before its body."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.feed(text.partition("<body>")[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)


def test_the_title_of_a_saved_page_is_words():
    usual = ["html", "head", "meta", "meta", "meta", "title", "style"]
    for text in CORPUS:
        story = whole(text.replace("§", ""))
        for shown in (story, Story()):  # without any words, it is the file's name
            page = export.writer_for(Path("a.html"))(shown, Path(text.replace("\0", "")))
            assert Head(page).tags == usual


class Images(html.parser.HTMLParser):
    """The images of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.alts: list[str | None] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "img":
            assert set(given) == {"src", "alt", "width", "height", "style"}
            assert (given["src"] or "").startswith("data:image/png;base64,")
            self.alts.append(given["alt"])
        else:
            assert (tag, *given) in {("p",), ("div",), ("figure", "style"), ("em", "style")}

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_hostile_prompts_and_errors_are_words_in_a_snapshot():
    image = EncodedImage(b"x", "image/png", 1, 1)
    for at in range(0, len(CORPUS), 500):
        story = Story()
        # As a parser of HTML reads them: the one that cleans is one, too.
        texts = [re.sub("\r\n?", "\n", text) for text in CORPUS[at : at + 500]]
        texts = [re.sub("[\0\ud800]", "\ufffd", text) for text in texts]
        for text in texts:
            for changes in ({"image": image, "status": "succeeded"}, {"status": "failed"}):
                story.append("\n\n")
                story.set_slot(story.add_slot(text), error=text, **changes)
        found = Images(story.to_html().partition(">")[2].rpartition("</div>")[0])
        assert found.alts == texts
        for text in texts:
            assert f"[Image failed: {text} ({text})]" in found.text


def shape(markdown: str) -> list[object]:
    """What a reader of Markdown makes of it, but for its words and its image."""
    options = pyromark.Options.ENABLE_TABLES | pyromark.Options.ENABLE_STRIKETHROUGH
    options |= pyromark.Options.ENABLE_MATH | pyromark.Options.ENABLE_FOOTNOTES
    found: list[object] = []
    for event in pyromark.Markdown(options=options).events(markdown):
        if isinstance(event, dict) and "Text" not in event and "images/p.png" not in str(event):
            found.append(event)
    return [each for each in found if each != {"End": "Image"}]


@pytest.mark.parametrize(
    "around", ["a {} b", "{}", "- {}", "# {}", "> {}", "| a |\n|---|\n| {} |", "<b>{}</b>"]
)
def test_a_prompt_is_words_and_nothing_else_in_markdown(around):
    rng = random.Random(around)
    image = EncodedImage(b"x", "image/png", 1, 1)
    story = whole(around.format("§p§"))
    before: dict[str, list[object]] = {}
    for _ in range(150):
        prompt = "".join(rng.choices(FRAGMENTS, k=rng.randint(1, 5)))
        for status, shown in (("succeeded", image), ("failed", None)):
            story.set_slot("image-1", prompt=prompt, status=status, error=prompt, image=shown)
            found = shape(story.to_markdown(lambda _: "images/p.png"))
            assert found == before.setdefault(status, found), prompt


# What takes long


@pytest.mark.parametrize("endless", ["*a ", "[", "<a ", "`a", "$a ", "**", "![", "| a ", "> _b "])
def test_a_look_at_an_endless_block_costs_one_parse_of_it(endless):
    story = Story()
    story.append(endless * (40_000 // len(endless)))
    page = Page(story)
    page.update()
    before = story._blocks.parser.characters
    story.append(endless)
    page.update()
    assert story._blocks.parser.characters - before <= 1.1 * len(story.text)
    assert page.html


def test_marks_without_end_are_held_back_as_far_as_somebody_may_be_typing_them():
    story = Story()
    story.append("x <" + "<" * 5_000)
    page = Page(story)
    page.update()
    assert 4_700 < len(page.visible) < 5_000
