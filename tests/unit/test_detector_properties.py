"""Laws of the detector: what it gives is the same for every cut, and what the whole text says."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import pytest
import regex
from detector_kit import detected, merged, reference
from hypothesis import given, settings
from hypothesis import strategies as st

from nbkit._detector.syntax import observant
from nbkit.detector import DEFAULT_PATTERNS, PromptDetector
from nbkit.errors import PatternError
from nbkit.models import ImagePrompt

# Name: patterns, and the pieces of which texts are made that nearly match them.
SETS: dict[str, tuple[Sequence[str], list[str]]] = {
    "default": (
        DEFAULT_PATTERNS,
        ['<!--img-prompt="', '<img_prompt="', '"', "-->", ">", " ", "\\", "\n", "a", "<!-"],
    ),
    "lazy": ([r"<image>(.*?)</image>"], ["<image>", "</image>", "a", "\n", "<", "/"]),
    "lazy over lines": ([r"(?s)<a>(.*?)</a>"], ["<a>", "</a>", "x", "\n", "<", "</", "a"]),
    "lazy, at least one": ([r"\[(.+?)\]\]"], ["[", "]", "]]", "a", "\n"]),
    "greedy": ([r"\[img:(.*)\]"], ["[img:", "]", "a", "\n", "["]),
    "greedy over lines": ([r"(?s)\{(.*)\}"], ["{", "}", "a", "\n"]),
    "excluding": ([r"\{\{([^}]*)\}\}"], ["{{", "}}", "a", "{", "}", "\n"]),
    "escaping": ([r'"((?:\\.|[^"\\])*)"!', r"'((?:[^'\\]+|\\.)*)'!"], ['"', "'", "\\", "!", "\n"]),
    "at least one": ([r"\[([^\]]+)\]", r"\{((?:[^}\\]|\\.)+)\}"], ["[", "]", "a", "{", "}", "\\"]),
    "excluding a part of its end": ([r"b([^a]*?)</a>"], ["b", "<", "/", "a", ">", "</a>"]),
    "no second try": ([r"b(?>.*?)>", r"b(?>a*)a"], ["b", ">", "a"]),
    "a set after the literal": ([r"<[ab](.*?)>", r"\{\d([^}]*)\}"], list("<ax>{1}")),
    "anchored": ([r"^IMG: (.+)$"], ["IMG: ", "\n", "a", "I"]),
    "anchored at both ends": ([r"^!(.*?)!$", r"^#(\w+)$"], ["!", "\n", "a", "#", "-"]),
    "word boundaries": ([r"\bcat\b(.?)", r"\Bdog"], ["cat", "dog", " ", "a"]),
    "backreferences": (
        [r"(['\"])img:(.*?)\1", r"<(\w+)>(.*?)</\1>"],
        ["'", '"', "img:", "<", ">", "</", "a", "b", "\n"],
    ),
    "backreferences by name": (
        [r"(?P<q>[ab])x(?P<p>.*?)(?P=q)", r"(?P<q>c)(?P=q)"],
        ["a", "b", "x", "c", "\n"],
    ),
    "alternatives with backreferences": ([r"a(x|xx)b\1|(y)\2"], ["a", "x", "b", "y", "xx"]),
    "looking ahead": ([r"a(b*)(?=c)", r"a(b+)(?!d)"], ["a", "b", "c", "d"]),
    "looking behind": ([r"(?<=x)a(b*)", r"(?<!y)ac", r"c.*?(?<=b)x"], ["a", "b", "c", "x", "y"]),
    "one a prefix of the other": ([r"ab|a(bc)", r"(abcd)", r"ab(c*)d"], ["a", "b", "c", "d"]),
    "repeated groups": ([r"x(?:ab)+", r"x(a(?:bc)?)", r"y((?:ab){1,2})z?"], list("xyabcz")),
    "possessive": ([r"x(a++)b", r"x((?:ab|a)*+)c"], ["x", "a", "b", "c"]),
    "any case": ([r"(?i)img\((.*?)\)"], ["img(", "IMG(", "Img(", ")", "a", "İ", "K", "\n"]),
    "full case": ([r"(?if)xß+y?", r"(?if)[zß](a*)"], ["x", "X", "s", "ss", "ß", "y", "z", "a"]),
    "verbose": ([r"(?x) <i> \s* ( [^<]* ) </i> # it's [a tag"], ["<i>", "</i>", "a", " ", "<"]),
    "blank and empty": ([r"<(\s*)>", r"<(b?)", r"(c*)"], ["<", ">", " ", "b", "c"]),
    "conditions": ([r"(<)?a(?(1)(b)>|c)", r"(?|<(x)|{(y))z"], ["<", "a", "b", ">", "c", "{", "xz"]),
}


@st.composite
def cut_texts(draw: st.DrawFn, parts: list[str]) -> tuple[str, list[str]]:
    text = "".join(draw(st.lists(st.sampled_from(parts), max_size=25)))
    cuts = draw(st.lists(st.integers(0, len(text)), max_size=30))
    edges = sorted({0, len(text), *cuts})
    return text, [text[a:b] for a, b in itertools.pairwise(edges)]


def unescaped(items: list[str | ImagePrompt]) -> list[str | ImagePrompt]:
    return [
        item if isinstance(item, str) else replace(item, text=item.text.replace('\\"', '"').strip())
        for item in items
    ]


@pytest.mark.parametrize("name", SETS)
@given(data=st.data(), max_length=st.sampled_from([8000, 8000, 1, 2, 3, 5, 8, 13, 21]))
@settings(max_examples=50, deadline=None)
def test_every_cut_gives_the_leftmost_matches_over_the_whole_text(name, data, max_length):
    patterns, parts = SETS[name]
    text, deltas = data.draw(cut_texts(parts))
    expected = reference(text, patterns, max_length)
    if name == "default":
        expected = unescaped(expected)
    assert detected(deltas, patterns, max_length=max_length) == expected


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_what_is_given_at_any_time_is_the_beginning_of_what_the_whole_gives(data):
    patterns, parts = SETS[data.draw(st.sampled_from(sorted(SETS)))]
    _, deltas = data.draw(cut_texts(parts))
    whole = detected(["".join(deltas)], patterns)
    detector = PromptDetector(patterns)
    given_so_far: list[str | ImagePrompt] = []
    for delta in deltas:
        given_so_far = merged([*given_so_far, *detector.feed(delta)])
        count = len(given_so_far)
        assert given_so_far[:-1] == whole[: max(count - 1, 0)]
        if count and isinstance(given_so_far[-1], str):
            assert isinstance(whole[count - 1], str)
            assert whole[count - 1].startswith(given_so_far[-1])
        elif count:
            assert given_so_far[-1] == whole[count - 1]


SETTLED_BY_THEIR_END = [
    "default",
    "lazy",
    "lazy over lines",
    "lazy, at least one",
    "excluding",
    "escaping",
    "at least one",
    "excluding a part of its end",
    "a set after the literal",
    "any case",
    "verbose",
]


@pytest.mark.parametrize("name", SETTLED_BY_THEIR_END)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_tag_comes_out_of_the_feed_that_completes_it(name, data):
    patterns, parts = SETS[name]
    _, deltas = data.draw(cut_texts(parts))
    detector = PromptDetector(patterns)
    for delta in deltas:
        detector.feed(delta)
    held = detector.flush()
    assert not held or isinstance(held[0], str)


TAG = regex.compile("|".join(f"(?:{pattern})" for pattern in DEFAULT_PATTERNS))


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_text_is_held_back_only_while_it_is_the_beginning_of_a_tag(data):
    _, deltas = data.draw(cut_texts(SETS["default"][1]))
    detector = PromptDetector()
    for delta in deltas:
        detector.feed(delta)
    held = merged(detector.flush())
    if held:
        (text,) = held
        assert isinstance(text, str)
        found = TAG.fullmatch(text, partial=True)
        assert found
        assert found.partial


ATOMS = ["a", "b", "ab", ".", "[^a]", "[ab]", r"\n", "(?s:.)", "$", "^", r"\b", r"\B", r"\Z", r"\w"]


@st.composite
def regexes(draw: st.DrawFn, depth: int = 3) -> str:
    def part() -> str:
        return draw(regexes(depth - 1))

    if depth == 0:
        return draw(st.sampled_from(ATOMS))
    times = draw(st.sampled_from(["*", "+", "?", "{1,2}", "{2}", "{1,}"]))
    mood = draw(st.sampled_from(["", "?", "+"]))
    shape = draw(st.integers(0, 11))
    return [
        lambda: draw(st.sampled_from(ATOMS)),
        lambda: part() + part(),
        lambda: f"(?:{part()}|{part()})",
        lambda: f"(?:{part()}){times}{mood}",
        lambda: f"({part()}){times}{mood}",
        lambda: draw(st.sampled_from(["a", "[^a]", ".", r"\w"])) + times + mood + part(),
        lambda: f"({part()})",
        lambda: f"(?={part()}){part()}",
        lambda: f"(?!{part()}){part()}",
        lambda: f"{part()}(?<={part()})",
        lambda: f"{part()}(?<!{part()})",
        lambda: f"(?P<x>{part()}){part()}(?P=x)",
    ][shape]()


@given(
    source=regexes(), text=st.text("ab\n", max_size=5), ends=st.lists(st.text("ab\n", max_size=4))
)
@settings(max_examples=120, deadline=None)
def test_a_place_is_decided_only_when_no_further_text_can_change_it(source, text, ends):
    try:
        matcher = regex.compile(source, regex.MULTILINE)
    except regex.error:  # two groups of one name
        return
    observer = regex.compile(f"(?>{observant(source)})(?!)", regex.MULTILINE)
    if observer.match(text, partial=True) is None:
        decided = {str(matcher.match(text + end)) for end in ["", "a", "b", "\n", "ab", *ends]}
        assert len(decided) == 1


@given(
    sources=st.lists(regexes(), min_size=1, max_size=3),
    cut=cut_texts(["a", "b", "\n"]),
    max_length=st.sampled_from([8000, 3]),
)
@settings(max_examples=100, deadline=None)
def test_any_patterns_give_the_same_for_every_cut(sources, cut, max_length):
    text, deltas = cut
    try:
        found = detected(deltas, sources, max_length=max_length)
    except PatternError:  # two groups of one name
        return
    assert found == reference(text, sources, max_length)


PLAIN = '<>/a]"\\ \n'


@st.composite
def simple_tags(draw: st.DrawFn) -> tuple[str, str]:
    """A pattern of the usual form, literal, body, tail; and the literal that it begins with."""

    def literal(least: int, most: int) -> str:
        return draw(st.text(PLAIN, min_size=least, max_size=most))

    excluded = draw(st.lists(st.sampled_from(PLAIN), min_size=1, max_size=3, unique=True))
    loops = [
        "[^" + "".join(f"\\{char}" if char in "\\]" else char for char in excluded) + "]",
        ".",
        r"[\s\S]",
        r'(?:[^"\\]|\\.)',
        r"(?:\\.|[^>\\a]++)",
    ]
    opening = literal(1, 2)
    groups = draw(
        st.lists(st.sampled_from(["(", "(?:", "(?P<name>", "(?>"]), max_size=2, unique=True)
    )
    pattern = (
        draw(st.sampled_from(["", "", "", "^", "(?s)", "(?i)"]))
        + regex.escape(opening)
        + draw(st.sampled_from(["", "", "", "[ab]", "a?"]))
        + "".join(groups)
        + draw(st.sampled_from(loops))
        + draw(st.sampled_from(["*", "*?", "*?", "+", "+?", "*+"]))
        + ")" * len(groups)
        + regex.escape(literal(0, 1))
        + draw(st.sampled_from(["", "", r"\s*"]))
        + regex.escape(literal(1, 3))
        + draw(st.sampled_from(["", "", "", "$", "(?=a)", "|a"]))
    )
    return pattern, opening


@given(data=st.data())
@settings(max_examples=120, deadline=None)
def test_tags_of_the_usual_form_give_the_same_for_every_cut(data):
    tags = data.draw(st.lists(simple_tags(), min_size=1, max_size=2))
    openings = [opening for _, opening in tags]
    text, deltas = data.draw(cut_texts([*PLAIN, *openings * 3, "b", "</a>"]))
    patterns = [pattern for pattern, _ in tags]
    assert detected(deltas, patterns) == reference(text, patterns)
