"""What is read off a pattern of how its tags go on, and that it spares the tries of the pattern."""

from __future__ import annotations

import re
import string

import pytest
from detector_kit import detected, pieces, prompts

from nbkit._detector.bodies import CLOSING, INSIDE, NO_TAG, UNKNOWN, unfinished
from nbkit._detector.openings import Opening
from nbkit._detector.patterns import PromptPattern
from nbkit._detector.starts import Starts
from nbkit.detector import DEFAULT_PATTERNS, PromptDetector

COMMENT, ELEMENT = DEFAULT_PATTERNS
ANY = string.printable.replace('"', "").replace("\\", "")
"""All that may stand in a prompt as it is."""


def opening_of(pattern):
    return PromptPattern(pattern).opening


@pytest.mark.parametrize(
    ("pattern", "literal", "conditional"),
    [
        (COMMENT, '<!--img-prompt="', False),
        (ELEMENT, '<img_prompt="', False),
        ("x", "x", False),
        (r"a\.\n\t\r-b", "a.\n\t\r-b", False),
        ("abc*d", "ab", False),
        ("ab{2}", "a", False),
        (r"ab\d", "ab", False),
        ("a(?:b|c)d", "a", False),
        ("(?s)<a>", "<a>", False),
        ("(?s)(?m)<a>", "<a>", False),
        ("^IMG: x", "IMG: x", True),
        ("(?s)^<a>", "<a>", True),
        ("(?i)<a>", "", True),
        ("(?f)<a>", "", True),
        ("(?x)< a", "", True),
        ("ab|c", "", True),
        ("a(b)|c", "", True),
        ("(?:ab|c)d", "", True),
        (r"\bcat", "", True),
        ("[ab]c", "", True),
        (r"\dc", "", True),
        ("$a", "", True),
        ("", "", True),
    ],
)
def test_every_match_begins_with_the_literal_which_is_empty_where_that_is_not_certain(
    pattern, literal, conditional
):
    opening = opening_of(pattern)
    assert (opening.literal, opening.conditional) == (literal, conditional)


@pytest.mark.parametrize(
    ("pattern", "characters"),
    [
        ("[ab]c|d", "abd"),
        (r"(?i)img", "Ii"),
        (r"\d", "0123456789"),
        ("^[a-c]x|\n", "abc\n"),
        (r"(?!\A)^[ab]", "ab"),
        (r"(?<!\n)a|\n(?=b)", None),
        (r"\bcat", None),
        (r"a\b|c", None),
    ],
)
def test_what_a_match_without_a_literal_begins_with_is_found_by_trying(pattern, characters):
    first = re.compile(opening_of(pattern).first)
    found = "".join(filter(first.match, map(chr, range(128))))
    assert found == ("".join(sorted(characters)) if characters else "".join(map(chr, range(128))))
    assert first.match("\x80")
    assert first.match("\U0010ffff")


@pytest.mark.parametrize(
    ("pattern", "at", "certain"),
    [
        (ELEMENT, 13, True),
        (r"<[ab]\d.(.*?)>", 4, False),
        (r"<([^>]*)>", 1, True),
        (r"^<([^>]*)>", 1, False),
        (r"(?i)a<([^>]*)>", 2, False),
        (r"<a?([^>]*)>", 1, True),
    ],
)
def test_a_body_comes_after_what_is_one_character_for_each_token(pattern, at, certain):
    opening = opening_of(pattern)
    assert (opening.body_at, opening.certain) == (at, certain)


BODIES = [
    # pattern, what stops its body, whether its tag is known to end with the tail, least length
    (COMMENT, '"\\', True, 0),
    (ELEMENT, '"\\', True, 0),
    (r"<([^>]*)>", ">", True, 0),
    (r"<([^>]*+)>", ">", True, 0),
    (r"<([^>]+)>", ">", True, 1),
    (r"<([^>]++)>", ">", True, 1),
    (r"<([^>]*)>x", ">", True, 0),
    (r"<([^>]*)>x?", ">", False, 0),
    (r"<([^>]*)x>", ">", False, 0),
    (r"<([^>]*)", ">", False, 0),
    (r"<[^>]*", ">", False, 0),
    (r"<([^\]]*)\]", "]", True, 0),
    (r"<([^]a]*)\]", "]a", True, 0),
    (r"<([^\n]*)\n", "\n", True, 0),
    (r"<([^\\]*)\\", "\\", False, 0),
    (r"<(.*)>", "\n", False, 0),
    # in groups
    (r"<(?P<n>[^>]*)>", ">", True, 0),
    (r"<(?<n>[^>]*)>", ">", True, 0),
    (r"<(?:[^>]*)>", ">", True, 0),
    (r"<(?>[^>]*)>", ">", True, 0),
    (r"<(([^>]*))>", ">", True, 0),
    (r"<(([^>]*)>)", ">", False, 0),
    # lazy
    (r"<([^>]*?)>", ">", True, 0),
    (r"<(.*?)>", "\n>", True, 0),
    (r"(?s)<(.*?)>", ">", True, 0),
    (r"<([\s\S]*?)>", ">", True, 0),
    (r"<([\W\w]*?)>", ">", True, 0),
    (r"<(.*?)</a>", "\n>", True, 0),
    (r"<(.*?)\na", "\na", True, 0),
    (r"<(.*?)a\n", "\n", False, 0),
    (r"<([^ab]*?)ab", "ab", True, 0),
    (r"<([^a]*?)ab", "ab", True, 0),
    (r"<([^b]*?)ab", "b", False, 0),
    (r"<(.*?)\\>", "\n>", False, 0),
    (r"<(.+?)>", "\n>", False, 0),
    (r"<(.*?)>x?", "\n>", False, 0),
    (r"<((.*?)>)", "\n>", False, 0),
    # blanks before the end
    (r"<([^>]*)>\s*!", ">", True, 0),
    (r"<([^>]*)>\s*a", ">", True, 0),
    (r"<([^>]*)>\s*+!", ">", True, 0),
    (r"<([^>]*)>\s*?!", ">", True, 0),
    (r"<([^>]*)>\s*", ">", False, 0),
    (r"<([^>]*)>\s", ">", False, 0),
    (r"<([^>]*)>\s+!", ">", False, 0),
    (r"<([^>]*)>\S*!", ">", False, 0),
    (r"<([^>]*)>\s*\n", ">", False, 0),
    (r"<([^>]*)>\s*!?", ">", False, 0),
    (r"<([^>]*)>\s*!x*", ">", False, 0),
    # any case
    (r"(?i)<([^>]*)>", ">", True, 0),
    (r"(?i)<([^>]*)>a", ">", False, 0),
    (r"(?i)<([^>]*)>\s*!", ">", True, 0),
    (r"(?i)<([^>]*)>\s*!a", ">", False, 0),
    (r"(?i)<(.*?)>!", "\n!", True, 0),
    (r"(?i)<(.*?)>a", "\n>", False, 0),
    # with escapes
    (r'"((?:[^"\\]|\\.)*)"', '"\\', True, 0),
    (r'"((?:\\.|[^"\\])*)"', '"\\', True, 0),
    (r'"((?:[^"\\]+|\\.)*)"', '"\\', True, 0),
    (r'"((?:[^"\\]++|\\[\s\S])+)"', '"\\', True, 1),
    (r'"((?:[^"\\]|\\[^a])*)"', '"\\', True, 0),
    (r'"(?:[^"\\]|\\.)*"', '"\\', True, 0),
    (r'"(?>[^"\\]|\\.)*"', '"\\', True, 0),
    (r'"([^"\\]|\\.)*"', '"\\', False, 0),
    (r'"((?:[^"\\]|\\.)*)\\"', '"\\', False, 0),
]


@pytest.mark.parametrize(("pattern", "stops", "closes", "least"), BODIES)
def test_a_body_is_read_with_what_stops_it_and_whether_its_tail_ends_the_tag(
    pattern, stops, closes, least
):
    body = opening_of(pattern).body
    assert body is not None
    assert (body.stops, body.closes, body.least) == (frozenset(stops), closes, least)


@pytest.mark.parametrize(
    "pattern",
    [
        r"<",
        r"<()>",
        r"<([^>])>",
        r"<([^>]?)>",
        r"<([^>]{2,})>",
        r"<(a*)>",
        r"<(\s*)>",
        r"<([a-z]*)>",
        r"<([^a-z]*)>",
        r"<([^\d]*)>",
        r"<([^&&a]*)>",
        r"<((?=a)[^>]*)>",
        r"<([^>]*)+>",
        r"<(?:([^>]*))?>",
        r"<((?:[^>])*)>",
        r"(?i)<([^a]*)>",
        r"(?i)<(.*?)a",
        r"<(.*?)[ab]",
        r"<(.*?)",
        r"<(?>.*?)>",
        r'"((?:[^"\\]*|\\.)*)"',
        r'"((?:[^"\\]|\\.)*?)"',
        r'"((?:[^"]|\\.)*)"',
        r'"((?:[^"\\]|\\[^ab])*)"',
        r'"((?:[^"\\]|\\\d)*)"',
        r'"((?:[a"\\]|\\.)*)"',
        r'"((?:[^"\\]|\\.|a)*)"',
        r'"((?:[^"\\]|\.)*)"',
        r'"((?:[^"\\]|\\..)*)"',
        r'"((?:[^"\\]a|\\.)*)"',
        r'"((?:|\\.)*)"',
        r'"(?=[^"\\]|\\.)*"',
        "",
    ],
)
def test_what_is_no_run_that_few_characters_stop_is_left_to_the_pattern(pattern):
    assert opening_of(pattern).body is None


@pytest.mark.parametrize(
    ("pattern", "text", "at", "stop", "state"),
    [
        (ELEMENT, "", 0, 0, INSIDE),
        (ELEMENT, "a cat", 0, 5, INSIDE),
        (ELEMENT, "a cat", 3, 5, INSIDE),
        (ELEMENT, r"a \" b", 0, 6, INSIDE),
        (ELEMENT, "a\\", 0, 1, INSIDE),
        (ELEMENT, ANY, 0, len(ANY), INSIDE),
        (r'"((?:[^"\\]|\\.)*)">', "a\\b", 0, 3, INSIDE),
        (r'"((?:[^"\\]|\\.)*)">', "a\\\n", 0, 0, NO_TAG),
        (ELEMENT, 'a cat"', 0, 5, CLOSING),
        (ELEMENT, 'a cat" \t\x85\u3000', 5, 5, CLOSING),
        (ELEMENT, 'a cat" >', 5, 5, 8),
        (ELEMENT, 'a cat">x', 0, 5, 7),
        (ELEMENT, 'a cat" x', 5, 5, NO_TAG),
        (COMMENT, 'a cat" --', 0, 5, CLOSING),
        (COMMENT, 'a cat" -->', 0, 5, 10),
        (COMMENT, 'a cat" - ->', 0, 0, NO_TAG),
        (r"<([^>]+)>>", "", 0, 0, INSIDE),
        (r"<([^>]+)>>", ">", 0, 0, NO_TAG),
        (r"<([^>]+)>>", ">>", 0, 0, NO_TAG),
        (r"<([^>]+)>>", "a>", 0, 1, CLOSING),
        (r"<([^>]+)>>", "a>>", 0, 1, 3),
        (r"<([^\\>]*)>", "a\\", 0, 0, NO_TAG),
        (r"<(.*?)</a>", "abcd", 0, 1, INSIDE),
        (r"<(.*?)</a>", "abcd", 3, 3, INSIDE),
        (r"<(.*?)</a>", "ab</", 0, 1, INSIDE),
        (r"<(.*?)</a>", "ab</b", 0, 2, INSIDE),
        (r"<([^ab]*?)ab", "x a", 0, 2, CLOSING),
        (r"<(.*?)</a>", "ab</a>", 0, 2, 6),
        (r"<(.*?)</a>", "ab\n", 0, 0, NO_TAG),
        (r"<(.+?)>", "ab", 0, 2, INSIDE),
        (r"<(.+?)>", "ab>", 1, 1, UNKNOWN),
        (r"^IMG: (.+)$", "ab", 0, 2, INSIDE),
        (r"^IMG: (.+)$", "ab\n", 2, 2, UNKNOWN),
    ],
)
def test_a_body_is_followed_to_its_end_and_its_tag_to_where_it_stands(
    pattern, text, at, stop, state
):
    body = opening_of(pattern).body
    before = "before "
    followed = body.follow(before + text, len(before), len(before) + at)
    assert followed == (len(before) + stop, state + len(before) * (state >= 0))


def test_a_literal_is_found_whole_and_where_the_text_ends_within_it():
    shape = re.compile(unfinished("a.c", "()"))
    assert [shape.search(text).span() for text in ("xa.c", "xa.", "xa")] == [(1, 4), (1, 3), (1, 2)]
    assert [shape.search(text).lastindex for text in ("xa.c", "xa.", "xa")] == [1, None, None]
    assert shape.search("a.x abc") is None


# What is tried

USUAL = [
    (COMMENT, '<!--img-prompt="', 'a \\" cat', '" -->'),
    (ELEMENT, '<img_prompt="', "a > cat", '">'),
    (r"<([^>]+)>", "<", "a cat", ">"),
    (r"<image>(.*?)</image>", "<image>", "a </i> cat", "</image>"),
    (r"(?s)\[\[(.*?)\]\]", "[[", "a\n] cat", "]]"),
    (r"\{\{([^}]*)\}\}", "{{", "a { cat", "}}"),
    (r"'((?:\\.|[^'\\])*)'", "'", "a \\' cat", "'"),
]


@pytest.fixture
def tried(monkeypatch):
    """The texts, from the place on, for which a pattern was tried."""
    texts = []
    match = PromptPattern.match

    def counting(self, text, at, *args, **more):
        texts.append(text[at:])
        return match(self, text, at, *args, **more)

    monkeypatch.setattr(PromptPattern, "match", counting)
    return texts


@pytest.mark.parametrize(("pattern", "begin", "words", "end"), USUAL)
def test_a_tag_of_a_usual_form_is_found_without_a_try(pattern, begin, words, end, tried):
    text = f"one {begin}{words}{end} two {begin}{words}"
    found = words.replace('\\"', '"') if pattern in DEFAULT_PATTERNS else words
    for size in (1, 2, 5, 1000):
        detector = PromptDetector([pattern])
        tried.clear()
        items = [item for piece in pieces(text, size) for item in detector.feed(piece)]
        assert prompts(items) == [found]
        assert tried == []
        assert detector.flush() == [f"{begin}{words}"]


def test_what_only_begins_like_a_tag_is_let_go_without_a_try(tried):
    items = detected('<img <!-- <!--img-prompt=x <img_prompt="a" x <!--img-prompt="b"- >')
    assert len(items) == 1
    assert tried == []


@pytest.mark.parametrize(
    ("pattern", "text", "tries"),
    [
        # what is asked of a place beside its literal is tried; then the body is followed
        (r"^<([^>]*)>", "\n<a cat at noon>", 1),
        (r"<[ab](.*?)>", "<a cat at noon>", 2),
        (r"(?i)img\((.*?)\)", "Img(cat at noon)", 4),
        # what ends a body is tried where the end of the tag is not known; what does not is not
        (r"^IMG: (.+)$", "IMG: a cat at noon\n", 6),
        (r"<([^>]*)>x?", "<a cat at noon>xy", 2),
    ],
)
def test_of_other_forms_little_is_tried(pattern, text, tries, tried):
    detector = PromptDetector([pattern])
    tried.clear()
    items = [item for piece in pieces(text, 1) for item in detector.feed(piece)]
    assert prompts(items + detector.flush())
    assert len(tried) == tries, tried


@pytest.mark.parametrize(
    ("text", "size", "looks"),
    [
        ("plain text without any tag, of some length. " * 20, 4, 0),
        ('<img_prompt="' + "a long prompt that goes on and on, " * 20, 4, 0),
        ('<img_prompt="' + "a long prompt that goes on and on, " * 20, 13, 1),
        ('<!--img-prompt="a cat at noon"-->', 1, 4),
        ("a < b", 1, 1),
    ],
)
def test_a_delta_that_changes_nothing_is_not_looked_at(text, size, looks, monkeypatch):
    scans = []
    scan = PromptDetector._scan

    def counting(self, new, *, final):
        scans.append(new)
        return scan(self, new, final=final)

    monkeypatch.setattr(PromptDetector, "_scan", counting)
    detector = PromptDetector()
    for piece in pieces(text, size):
        detector.feed(piece)
    assert len(scans) == looks


@pytest.mark.parametrize("text", ["words upon words. ", "words, < and more. ", '<img_prompt="x"> '])
def test_a_text_is_let_go_of_once_much_of_it_has_come_out(text):
    detector = PromptDetector(max_length=50)
    most = 0
    for count in range(200_000 // len(text)):
        detector.feed(text)
        if count % 100 == 0:
            most = max(most, len(detector._text) + sum(map(len, detector._pieces)))
    assert most < 65_536 + 2 * 1_024


def test_what_stands_before_a_place_is_kept_as_far_as_a_pattern_looks_behind():
    before = "IMG " + "x" * 90 + " "
    for much in ("", "words. " * 300):
        for deltas in ([*pieces(much, 700), before, "[a]", "[b]"], [much + before + "[", "a][b]"]):
            items = detected(deltas, [r"(?<=IMG x{90} )\[(.)\]"], max_length=100)
            assert prompts(items) == ["a"]


# Where tags may begin


def test_a_text_may_end_within_a_literal_whose_rest_is_known():
    starts = Starts([opening_of(COMMENT), opening_of(ELEMENT)])
    assert starts.begun["<"] == (0, '!--img-prompt="')
    assert starts.begun["<im"] == (1, 'g_prompt="')
    assert len(starts.begun) == 15 + 12 - 1


@pytest.mark.parametrize(
    ("openings", "begun"),
    [
        ([Opening("ab", conditional=False)], {"a": (0, "b")}),
        ([Opening("ab", conditional=True), Opening("ac", conditional=False)], {}),
        ([Opening("a", conditional=False), Opening("abc", conditional=False)], {}),
        ([Opening("abc", conditional=False), Opening("ab", conditional=True)],
         {"a": (0, "bc"), "ab": (0, "c")}),
        ([Opening("ab", conditional=False), Opening()], {}),
    ],
)  # fmt: skip
def test_where_more_is_to_be_said_of_a_place_its_rest_is_not_known(openings, begun):
    assert Starts(openings).begun == begun


def test_a_text_is_searched_for_the_places_where_a_match_may_begin():
    starts = Starts([opening_of(COMMENT), opening_of("[x-z]a")])
    assert starts.search("ab < y <!", 0) == 5
    assert starts.search("ab < y <!", 6) == 7
    assert starts.search("ab < b <", 6) == 7
    assert starts.search("ab < b", 0) == 6
    assert starts.none_in("ab < b ")
    assert not starts.none_in("aby")
    assert Starts([]).search("abc", 0) == 3
    assert Starts([]).none_in("abc")
