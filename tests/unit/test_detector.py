"""What the detector gives for a text, piece by piece."""

from __future__ import annotations

import itertools

import pytest
from detector_kit import detected, merged, pieces, prompts, visible

from nbkit._detector.patterns import PromptPattern
from nbkit.detector import DEFAULT_PATTERNS, PromptDetector
from nbkit.errors import PatternError
from nbkit.models import ImagePrompt


@pytest.fixture
def impatient(monkeypatch):
    for module in ("detector", "_detector.patterns"):
        monkeypatch.setattr(f"nbkit.{module}.TIMEOUT", 0.1)


CUTS = [1, 2, 3, 4, 7, 1000]


@pytest.mark.parametrize("size", CUTS)
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('<!--img-prompt="a cat"-->', ["a cat"]),
        ('<img_prompt="a cat">', ["a cat"]),
        ('<!--img-prompt="a cat" \n\t -->', ["a cat"]),
        ('<img_prompt="a cat" \u00a0>', ["a cat"]),
        ('<img_prompt=" \n a cat\t">', ["a cat"]),
        ('<!--img-prompt="two\nlines, --> and\n\nan end"-->', ["two\nlines, --> and\n\nan end"]),
        ('<img_prompt="a > b & c < d &amp; e">', ["a > b & c < d &amp; e"]),
        (r'<!--img-prompt="a \"big\" cat"-->', ['a "big" cat']),
        (r'<img_prompt="\"">', ['"']),
        (r'<img_prompt="C:\temp \\ \n">', [r"C:\temp \\ \n"]),
        ('<img_prompt="猫と🐈">', ["猫と🐈"]),
        ('<img_prompt="one"><!--img-prompt="two"--><img_prompt="three">', ["one", "two", "three"]),
        ('<!--img-prompt="half <!--img-prompt="a cat"-->', ["a cat"]),
        ('<!--img-prompt="half\n\n<img_prompt="a cat"> "-->', ["a cat"]),
        ('<img_prompt="half <!--img-prompt="a cat"-->', ["a cat"]),
        ('<<!<!-<!--<!--img-prompt=<!--img-prompt="a cat"-->', ["a cat"]),
        ('<img_prompt="never ended', []),
        ('<img_prompt="not ended" \n', []),
        ("<!--img-pro", []),
        ('<IMG_PROMPT="a cat"><!--IMG-PROMPT="a cat"-->', []),
        ('<img_prompt = "a cat"><img_prompt="a cat"/><!-- img-prompt="a cat"-->', []),
        ("<img_prompt='a cat'><img_prompt=a cat>", []),
        ("a < b, <b>c</b> and <!-- a comment -->", []),
        ("", []),
    ],
)
def test_the_default_patterns_find_their_tags_and_nothing_else(text, words, size):
    items = detected(pieces(text, size))
    assert prompts(items) == words
    rebuilt = "".join(item if isinstance(item, str) else item.tag for item in items)
    assert rebuilt == text


@pytest.mark.parametrize("size", CUTS)
def test_offsets_are_into_the_raw_text_and_the_index_counts_prompts(size):
    text = 'é <img_prompt="a">, <img_prompt=" ">, <!--img-prompt="b" --> and <img_prompt="c">.'
    found = [item for item in detected(pieces(text, size)) if isinstance(item, ImagePrompt)]
    assert [item.index for item in found] == [0, 1, 2]
    assert [item.text for item in found] == ["a", "b", "c"]
    assert all(text[item.start : item.end] == item.tag for item in found)


@pytest.mark.parametrize("size", CUTS)
def test_a_tag_with_a_blank_prompt_is_neither_shown_nor_reported(size):
    text = 'one<img_prompt="">, two<!--img-prompt=" \n "-->.'
    assert detected(pieces(text, size)) == ["one, two."]


def test_a_tag_comes_out_of_the_feed_that_completes_it():
    for text in ['a<!--img-prompt="b \\" c" -->', '<img_prompt="b">']:
        detector = PromptDetector()
        for char in text[:-1]:
            assert not prompts(detector.feed(char))
        assert prompts(detector.feed(text[-1]))


def test_a_half_typed_tag_is_never_shown():
    text = 'before <!--img-prompt="a \\" cat" --> after'
    start, end = text.index("<"), text.index(" after")
    detector = PromptDetector()
    shown = ""
    for at, char in enumerate(text):
        shown += visible(detector.feed(char))
        assert shown == text[: min(at + 1, start)] + text[end : at + 1]


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("a <", "<"),
        ("a <b", ""),
        ("a <!-", "<!-"),
        ("a <!--i", "<!--i"),
        ("a <!-- ", ""),
        ("a <i", "<i"),
        ("a <in", ""),
        ('a <img_prompt="x', '<img_prompt="x'),
        ('a <img_prompt="x\\"', '<img_prompt="x\\"'),
        ('a <img_prompt="x\\', '<img_prompt="x\\'),
        ('a <img_prompt="x" ', '<img_prompt="x" '),
        ('a <img_prompt="x" y', ""),
        ('a <img_prompt="x<!--', '<img_prompt="x<!--'),
        ('a <img_prompt="x"<!--', "<!--"),
        ('a <!--img-prompt="x" --', '<!--img-prompt="x" --'),
        ('a <!--img-prompt="x" --<', "<"),
        ('a <!--img-prompt="x" -- >', ""),
    ],
)
def test_text_is_held_back_only_while_it_may_become_a_tag(text, held):
    for size in (1, 2, 5, 100):
        detector = PromptDetector()
        shown = visible(item for piece in pieces(text, size) for item in detector.feed(piece))
        assert shown == text.removesuffix(held)
        assert detector.flush() == ([held] if held else [])


@pytest.mark.parametrize("before", ["", "so ", '<img_prompt="x" ', '<img_prompt="x"> '])
@pytest.mark.parametrize("begun", ["<", "<!-", "<im", '<!--img-prompt="'[:-1]])
@pytest.mark.parametrize("differs", ["x", "hello", "no tag, but a sentence that is longer"])
def test_what_has_begun_like_a_tag_is_shown_once_it_goes_on_differently(before, begun, differs):
    detector = PromptDetector()
    shown = visible(detector.feed(before + begun))
    assert not shown.endswith(begun)
    shown += visible(detector.feed(differs))
    assert shown == visible(detected([before])) + begun + differs


@pytest.mark.parametrize("size", CUTS)
@pytest.mark.parametrize(
    ("patterns", "text", "words"),
    [
        ([r"\[(a)\]|\{(b)\}"], "[a] {b}", ["a", "b"]),
        ([r"\{(?P<q>.*?)\}", r"\[(?P<q>.*?)\]"], "[a] {b}", ["a", "b"]),
        ([r"(['\"])x\1", r"(<)(y)\2"], "'x' \"x' <yy", ["'", "<"]),
        ([r"img:\w+;"], "img:cat;", ["img:cat;"]),
        ([r"<p [^>]*>"], "<p a cat> and <p b> so", ["<p a cat>", "<p b>"]),
        ([r"<i>(?:(x)|y)</i>"], "<i>y</i><i>x</i>", ["x"]),
        ([r"ab(c)?", r"a(bc)"], "abc ab", ["c"]),
        ([r"^IMG: (.+)$"], "IMG: a\nno IMG: b\nIMG: c", ["a", "c"]),
        ([r"(?<=see )\[(.*?)\]"], "see [a] [b] see [c]", ["a", "c"]),
        ([r"\[([^]]*)\](?!\()"], "[a](b) [c] [d]", ["c", "d"]),
        ([r"(?i)<IMG>(.*?)</IMG>"], "<img>a</Img><Img>b</img", ["a"]),
        ([r"(?x) < \s* (cat) \s* > # a [tag"], "< cat ><cat>", ["cat", "cat"]),
        ([r"\{\{([^{}]|\{[^{}]*\})*?x(?:ab)+\}\}"], "{{yxab}} {{x}}", ["y"]),
        ([], "<img_prompt='a'>", []),
        ([r"\[(.*?)\]"], r"[a \"big\" cat]", [r"a \"big\" cat"]),
        ([r"(?V1)<[[a-c]--[b]](.*?)>"], "<bx> <a long way>", ["long way"]),
        ([r"(?V1)<([a[b]$]+)>"], "<a$b> <c>", ["a$b"]),
        ([r"\p{Lu}{2}(x)", r"c{2}(y)"], "aAx AAx cy ccy", ["x", "y"]),
    ],
)
def test_patterns_of_a_user_are_regular_expressions(patterns, text, words, size):
    assert prompts(detected(pieces(text, size), patterns)) == words


@pytest.mark.parametrize("size", CUTS)
def test_a_greedy_match_waits_while_it_may_grow(size):
    text = "x(ab)ab)ab\n)"
    assert prompts(detected(pieces(text, size), [r"x\((.*)\)"])) == ["ab)ab"]
    detector = PromptDetector([r"x((?:ab)+)"])
    assert detector.feed("xabab") == []
    assert prompts(detector.feed("abc")) == ["ababab"]


@pytest.mark.parametrize("size", [1, 4, 1000, 100_000])
def test_a_candidate_beyond_the_window_is_text_and_what_it_hides_is_found(size):
    inner = '<!--img-prompt="a cat"-->'
    longest = '<img_prompt="' + "x" * (8000 - 15) + '">'
    for text, words in [
        (longest, ["x" * 7985]),
        (longest.replace(">", " >"), []),
        ("<img_prompt=\\'" + "x" * 9000 + inner, ["a cat"]),
        ('<img_prompt="' + "x" * 9000 + inner.replace('"', '\\"') + inner, ["a cat"]),
        ('<img_prompt="' + "x" * 30_000, []),
    ]:
        items = detected(pieces(text, size))
        assert prompts(items) == words
        assert "".join(i if isinstance(i, str) else i.tag for i in items) == text


@pytest.mark.parametrize("size", [1, 4, 100_000])
def test_what_stands_before_a_tag_counts_however_much_text_there_was(size):
    filler = "IMG: x" * 800  # more than is kept
    patterns = [r"^IMG: (\d+);", r"(?<=see.{0,3000})\[(.*?)\]", r"\Bx(\d);", r"\A(\w)!"]
    text = f"{filler}IMG: 1;\nIMG: 2;{filler}x3; x4; see {filler[:2000]} [five] {filler}[six] a!b!"
    items = detected(pieces(text, size), patterns, max_length=3_500)
    assert prompts(items) == ["2", "3", "five"]


@pytest.mark.parametrize("size", CUTS)
def test_a_look_behind_sees_as_far_as_a_tag_may_be_long(size):
    text = "xxxxx[a] xxxx[b]"
    assert prompts(detected(pieces(text, size), [r"(?<=x{4})\[(.)\]"], max_length=4)) == ["a", "b"]
    assert prompts(detected(pieces(text, size), [r"(?<=x{5})\[(.)\]"], max_length=4)) == []


def test_an_anchored_tag_is_held_back_at_the_start_of_a_line_only():
    detector = PromptDetector([r"^IMG: (.*);"])
    assert detector.feed("a IM") == ["a IM"]
    assert detector.feed("\nIM") == ["\n"]
    assert prompts(detector.feed("G: x;\n")) == ["x"]


def test_what_a_tag_may_begin_with_depends_on_where_it_stands():
    patterns = [r"^(?>[ab]*?)|[^x]+"]
    assert detected("xab", patterns) == detected(["xab"], patterns)
    assert prompts(detected("xab", patterns)) == ["ab"]


def test_an_anchor_does_not_hold_where_the_window_ends():
    line = "IMG: " + "x" * 50
    for size in (1, 7, 100):
        assert detected(pieces(line, size), [r"^IMG: (.+)$"], max_length=20) == [line]


@pytest.mark.parametrize("size", CUTS)
def test_a_place_is_decided_on_one_character_more_than_a_tag_may_have(size):
    for pattern, found in [("<a>(?=b)", ["<a>"]), ("<a>(?=bc)", []), ("<(a+)>?", ["a"])]:
        assert prompts(detected(pieces("<a>bc", size), [pattern], max_length=3)) == found
    assert prompts(detected(pieces("<aaa<aa", size), ["<(a+)"], max_length=3)) == ["aa"]


def test_held_text_comes_out_as_soon_as_the_window_is_full():
    detector = PromptDetector(max_length=20)
    assert detector.feed('<img_prompt="' + "x" * 7) == []
    assert detector.feed("x") == ['<img_prompt="' + "x" * 8]


def test_flushing_ends_the_text_once():
    detector = PromptDetector([r"IMG: (.+)$"])
    assert detector.feed("IMG: a") == []
    assert prompts(detector.flush()) == ["a"]
    assert detector.flush() == []
    assert detector.feed("b") == ["b"]


def test_an_empty_delta_changes_nothing():
    detector = PromptDetector()
    items = []
    for char in '<<img_prompt="a\\"b" >c':
        items += detector.feed(char) + detector.feed("")
    assert prompts(items) == ['a"b']
    assert merged(items)[::2] == ["<", "c"]


@pytest.mark.parametrize(
    "pattern",
    [
        "(",
        "[a",
        "a{2,1}",
        "(?P<a>x)(?P=b)",
        r"\p{Nothing}",
        "*",
        r"(?r)a",
        r"(?p)a|ab",
        r"\Ga",
        r"a\Kb",
        "(?R)?a",
        "(?:cat){e<=1}",
    ],
)
def test_a_pattern_that_is_invalid_or_cannot_be_followed_is_named_at_once(pattern):
    with pytest.raises(PatternError) as caught:
        PromptDetector([*DEFAULT_PATTERNS, pattern])
    assert caught.value.pattern == pattern
    assert repr(pattern) in str(caught.value)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(?r)a", "searches backwards"),
        ("(?p)a|ab", "asks for the longest match"),
        ("(?b)(?:cat){e}", "asks for the best match"),
        ("(?e)(?:cat){e}", "asks for a better match"),
        ("(?w)a", "asks for Unicode's word boundaries"),
        (r"\Ga", "asks where the search began"),
        (r"a\Kb", "moves the start of its match"),
        ("(?R)?a", "calls itself as a whole"),
        ("(?0)?a", "calls itself as a whole"),
        ("a(*SKIP)b", "skips text"),
        ("(?:cat){e<=1}", "matches approximately"),
        ("(?:cat){1 <= i <= 2, s < 3 : [a-z]}", "matches approximately"),
        ("(?:cat){2i + 1s <= 4}", "matches approximately"),
    ],
)
def test_a_pattern_that_cannot_be_followed_says_why(pattern, why):
    with pytest.raises(PatternError) as caught:
        PromptDetector([pattern])
    words = f"the prompt pattern {pattern!r} {why}, which cannot be followed in a growing text"
    assert str(caught.value) == words


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("pattern", "opening"), [(r"x(?:a|a)*y", "x"), (r"<(.*?)(.*?)(.*?)(.*?)(.*?)>", "<")]
)
def test_a_pattern_that_takes_for_ever_ends_in_an_error_that_loses_nothing(pattern, opening):
    detector = PromptDetector([r"\[(.*?)\]", pattern])
    fed, items, error = "", [], None
    for delta in pieces("see [a] and " + opening + "a" * 5000, 4):
        fed += delta
        try:
            items += detector.feed(delta)
        except PatternError as caught:
            error = caught
            break
    assert error is not None
    assert error.pattern == pattern
    items += detector.feed("[b]") + detector.flush()
    assert prompts(items) == ["a"]
    assert visible(items) == fed.replace("[a]", "") + "[b]"


@pytest.mark.usefixtures("impatient")
def test_a_last_try_of_a_text_that_has_ended_takes_no_longer_than_another():
    pattern = PromptPattern(r"x(?:a|a)*y")
    with pytest.raises(PatternError, match="takes too long"):
        pattern.match("x" + "a" * 60, 0, 8_000, final=True)


def test_nothing_is_given_of_a_piece_that_is_held_back_whole():
    detector = PromptDetector()
    assert [detector.feed(piece) for piece in ("<", "img", "_")] == [[], [], []]
    assert detector.feed("other") == ["<img_other"]


def test_any_number_of_tries_is_no_error_where_each_takes_what_a_try_does(monkeypatch):
    ticks = itertools.count()
    monkeypatch.setattr("nbkit.detector.thread_time", lambda: 3e-5 * next(ticks))
    text = "xIMG: " * 20_000
    assert detected(pieces(text, 1), [r"\Bx(\d);"]) == [text]
    assert next(ticks) > 100_000


def test_many_tries_that_are_each_a_little_too_slow_end_in_the_same_error(monkeypatch):
    clock = itertools.count(step=0.4)
    monkeypatch.setattr("nbkit.detector.thread_time", lambda: next(clock))
    detector = PromptDetector([r"x(?:ab)+y"])
    assert detector.feed("xa") == []
    assert detector.feed("b") == []
    with pytest.raises(PatternError, match="takes too long"):
        detector.feed("a")
    assert detector.feed("by") == ["xababy"]


@pytest.mark.usefixtures("impatient")
def test_what_a_failing_feed_had_found_comes_out_of_the_next_call():
    detector = PromptDetector([r"\[(.*?)\]", r"x(?:a|a)*y"])
    text = "see [a cat], x" + "a" * 60
    with pytest.raises(PatternError):
        detector.feed(text)
    items = detector.flush()
    assert prompts(items) == ["a cat"]
    assert visible(items) == text.replace("[a cat]", "")


@pytest.mark.parametrize(
    ("patterns", "kind"),
    [
        ("<(.*)>", "just str"),
        (None, "just NoneType"),
        (3, "just int"),
        (b"<(.*)>", "one of int"),
        ([b"<(.*)>"], "one of bytes"),
        ([None], "one of NoneType"),
        ([["a"]], "one of list"),
    ],
)
def test_patterns_that_are_no_strings_are_a_type_error(patterns, kind):
    with pytest.raises(TypeError, match=f"a sequence of regular expressions .*, not {kind}"):
        PromptDetector(patterns)


@pytest.mark.parametrize("given", [3, None, b"x", ["x"]])
@pytest.mark.parametrize("before", ["", "text", "<img", '<img_prompt="a c', '<img_prompt="a cat"'])
def test_a_piece_that_is_no_text_is_a_type_error_and_nothing_of_it_is_kept(before, given):
    detector = PromptDetector()
    items = detector.feed(before)
    with pytest.raises(TypeError, match=f"a piece of text is a str, not {type(given).__name__}"):
        detector.feed(given)
    items += detector.feed(">.") + detector.flush()
    assert merged(items) == merged(detected([before, ">."]))


@pytest.mark.parametrize("length", [0, -1, 2.5])
def test_a_window_without_characters_is_a_value_error(length):
    with pytest.raises(ValueError, match="max_length"):
        PromptDetector(max_length=length)
