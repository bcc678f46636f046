"""Targets: what a model writes, on its way to prompts and to a page."""

from __future__ import annotations

import json
from typing import Any

import detector_kit
from fuzz import samples
from fuzz.material import Choices, cut, parsed
from fuzz.target import target
from story_page import Page, page_of
from unit.test_hostile import FRAGMENTS, Findings

from nbkit.detector import DEFAULT_PATTERNS, PromptDetector
from nbkit.errors import PatternError
from nbkit.llm.suggest import _insert, _prompts
from nbkit.models import ImagePrompt
from nbkit.render import passages
from nbkit.story import Story

MARKS = (
    *("<!--img-prompt=", '"', "'", "-->", "<!--", "img-prompt", "=", "\\", "[img: ", "]", "a fox"),
    *("<", "!", "-", ">", " ", "\n", "é", "\ud83d", "x" * 40),
)


def _pieces(text: str) -> list[str]:
    """Cut a text, always the same."""
    sizes = [len(piece) for piece in cut(text.encode("utf-8", "surrogatepass"), 9)]
    pieces, at = [], 0
    for size in sizes:
        pieces.append(text[at : at + size])
        at += size
    return [*pieces, text[at:]]


def _text(data: bytes, fragments: tuple[str, ...]) -> str:
    """Take bytes as text, or, after a null, as choices of fragments."""
    if data[:1] != b"\0":
        return data.decode("utf-8", "replace")
    choices, text = Choices(data[1:]), ""
    while choices.left:
        text += choices.pick(fragments)
    return text


def _tagged() -> list[bytes]:
    return [
        samples.TEXT.encode(),
        b"<!--img-prompt='a'-->" * 3 + b'<!--img-prompt="never ends',
        b'<!--img-prompt="a \\" b"--> <!-- img-prompt = \'c\' --> <!--img-prompt=""-->',
        b"\0" + bytes(range(len(MARKS))) * 3,
    ]


@target(seeds=_tagged, examples=120)
def detected(data: bytes) -> None:
    """Prompts and text are those of a plain search, however the text was cut, and are all of it."""
    text = _text(data, MARKS)
    found = detector_kit.detected(_pieces(text), max_length=60)
    assert found == detector_kit.detected([text], max_length=60)
    plain = detector_kit.reference(text, DEFAULT_PATTERNS, max_length=60)
    assert list(map(_placed, found)) == list(map(_placed, plain))
    for item in found:
        if isinstance(item, ImagePrompt):
            assert text[item.start : item.end] == item.tag
            assert item.text == item.text.strip() != ""


def _placed(item: str | ImagePrompt) -> object:
    """All of a prompt but its words, in which quotation marks are no longer escaped."""
    return item if isinstance(item, str) else (item.tag, item.start, item.end, item.index)


def _patterns() -> list[bytes]:
    return [pattern.encode() for pattern in DEFAULT_PATTERNS] + [
        rb"\[img: (?P<p>[^\]]*)\]",
        rb"(?<=x)<([a-z]+)>(.*?)</\1>",
        rb"(a+)+$",
        rb"\p{L}{2,}(?i:IMG)|^#",
    ]


@target(seeds=_patterns, examples=60)
def pattern(data: bytes) -> None:
    """A pattern is followed or refused; followed, it finds the same however the text was cut."""
    source = data.decode("utf-8", "replace")
    text = f'x<b>{source}</b>\n# a [img: fox] <!--img-prompt="a"--> {source[::-1]}'
    try:
        detector = PromptDetector([source], max_length=40)
        whole = detector_kit.merged([*detector.feed(text), *detector.flush()])
        pieced = detector_kit.detected(_pieces(text), [source], max_length=40)
    except PatternError:
        return
    assert whole == pieced


def _replies() -> list[bytes]:
    return [
        samples.TEXT.encode(),
        b"# A\n\n- b\n  1. c\n\n> d\n\n| e | f |\n|---|:-:|\n| g | $x^2$ |\n\n```py\nx = 1\n```\n",
        b"[a]: http://x.org/ 't'\n\n[a] <script>alert(1)</script> **b** &amp; <http://y.org>\n",
        b"a\r\n\r\n- b\r\n- c\r\n\r\n> d\r\ne\r\n" * 3,
        b"[x](javascript:alert(1)) <javascript:alert(1)> [y](https://y.org/ '\">')",
        *(b"\0" + bytes([number, number + 1, number + 2]) for number in range(0, 120, 9)),
    ]


@target(seeds=_replies, examples=50)
def story(data: bytes) -> None:
    """A page ends the same however its text was cut, and holds nothing that is not allowed."""
    text = _text(data, tuple(each for each in FRAGMENTS if "§" not in each))
    streamed, whole = Page(Story()), Story()
    sent = 0
    for number, piece in enumerate(_pieces(text)):
        streamed.story.append(piece)
        if number % 5 == 4:
            sent += len(json.dumps(streamed.update()))
            assert not Findings(streamed.html, "class").found
    whole.append(text)
    for each in (streamed.story, whole):
        each.add_slot("a fox")
        each.end()
    streamed.update()
    assert streamed.blocks == page_of(whole)
    assert not Findings(streamed.html, "class").found
    assert not Findings(whole.to_html().partition(">")[2], "style").found
    assert streamed.slots == [1]
    assert whole.to_text().count("a fox") >= 1
    (streamed.html + whole.to_html() + whole.to_markdown() + whole.to_text()).encode()


STORY = "A first passage.\n\n- a list\n- of two\n\n> said\n\nThe last."
GOOD = (
    [{"passage": 1, "prompt": "a red fox"}, {"passage": "[3]", "prompt": 'a "hen" --> \\'}],
    {"prompts": [{"passage": 2, "prompt": "x"}]},
    {"passage": 4, "prompt": "x\ny"},
    [],
)


def _suggestions() -> list[bytes]:
    return [
        *samples.as_json(*GOOD),
        b"Here you are:\n```json\n" + samples.as_json(*GOOD)[0] + b"\n```",
    ]


@target(seeds=_suggestions, examples=150)
def suggestion(data: bytes) -> None:
    """Prompts are found in an answer or are none; put in, they are those that come out again."""
    places = passages(STORY)
    words = ("passage", "prompt", "prompts", "1", "[2]", "9" * 5_000, "a fox", '"-->')
    answer = data.decode("utf-8", "replace")
    if data[:1] not in (b"[", b"{", b"H"):
        answer = _dumped(parsed(data, words, GOOD))
    found = _prompts(answer, len(places)) or []
    assert all(1 <= passage <= len(places) and prompt.strip() for passage, prompt in found)
    text = _insert(STORY, [(places[passage - 1][1], prompt) for passage, prompt in found])
    items = detector_kit.detected([text])
    assert "".join(detector_kit.visible(items).split()) == "".join(STORY.split())
    told = [" ".join(prompt.split()) for _, prompt in sorted(found, key=lambda each: each[0])]
    if all(each.isalnum() for each in told):
        assert detector_kit.prompts(items) == [each[:2_000] for each in told]


def _dumped(value: Any) -> str:
    try:
        return json.dumps(value)
    except RecursionError:
        return "[" * 2_000
