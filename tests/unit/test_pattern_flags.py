"""Patterns whose flags change how they are read: verbose, version 1's sets in sets, full case.

Read wrongly, a pattern would be refused, or a text held back that can be no tag, or for too long.
"""

import pytest
from detector_kit import detected, pieces, prompts, reference, visible

from nbkit._detector.syntax import tokens
from nbkit.detector import PromptDetector
from nbkit.models import ImagePrompt


def fed(pattern, *deltas, **options):
    """What comes out of each delta."""
    detector = PromptDetector([pattern], **options)
    return [detector.feed(delta) for delta in deltas]


def agrees(pattern, text):
    """Whether all ways to cut a text give what the whole of it has."""
    expected = reference(text, [pattern])
    return all(detected(pieces(text, size), [pattern]) == expected for size in range(1, 5))


SETS = [
    ("[a[b[c]d]e]", "[f[g]]"),
    ("[[a[b]]c]", "d"),
    ("[^[a][b]]", "[c]"),
    (r"[a[\]b]]", "]"),
    ("[[:alpha:]a]", "[[:digit:]b]"),
    ("[[:alpha:]]", "[^[:digit:]]"),
    ("[a[[:alpha:]]]", "[[:digit:]]"),
]


@pytest.mark.parametrize(("first", "second"), SETS)
def test_sets_within_sets_end_where_the_outermost_does(first, second):
    head, *rest = tokens(first + second, nested_sets=True)
    assert (head.kind, head.text) == ("set", first)
    assert "".join(token.text for token in rest) == second


def test_classes_of_several_sets_are_each_their_own():
    texts = [token.text for token in tokens("[[:alpha:]a]x[[:digit:]b]")]
    assert texts == ["[[:alpha:]a]", "x", "[[:digit:]b]"]
    assert agrees("<([[:alpha:]]+[[:digit:]]+)>", "<ab12> <12ab> <a1")


@pytest.mark.parametrize("inside", ["(?R)", "(*SKIP)", "(?0)"])
def test_what_could_not_be_followed_is_harmless_in_a_set_within_a_set(inside):
    pattern = rf"(?V1)<([[a]{inside}]+)>"
    text = f"<a{inside}a> <b> <(> <aa> <a"
    assert prompts(detected([text], [pattern])) == [f"a{inside}a", "(", "aa"]
    assert agrees(pattern, text)


def test_a_text_is_not_held_back_for_a_sign_that_a_set_within_a_set_has():
    # Taken for the end of a line, the dollar would spell a set of all there is.
    assert fed("(?V1)<[[a]$]>", "<", "b", "<$") == [[], ["<b"], []]
    assert agrees("(?V1)<[[a]$]>", "<b><$><a>\n<")


def test_in_verbose_mode_blanks_and_comments_are_no_part_of_a_tag():
    pattern = "(?x) < i > ( [^<]* ) # the <b> of the thing\n </ i >"
    assert fed(pattern, "<i>", "a</i>", "< i") == [[], detected(["<i>a</i>"], [pattern]), ["< i"]]
    assert agrees(pattern, "<i> a </i> < i >b</ i > <i></i>")


@pytest.mark.parametrize("aside", ["(?R)", r"\G", "(?<=a)", r"\b", "[a"])
def test_what_a_comment_says_is_no_part_of_a_pattern(aside):
    pattern = f"(?x) < (a+) > # {aside}"
    assert agrees(pattern, "<a> <aa <aaa>")
    detector = PromptDetector([pattern])
    assert not detector._patterns[0].looks_behind
    assert detector.feed("so ") == ["so "]


def test_without_the_flags_a_pattern_is_read_as_it_stands():
    assert agrees("<a #(\\w+) b>", "<a #c b> <a#cb> <a #d")
    assert agrees("<[[a]$", "<ab <[\n<a b\n<a")


def test_verbose_and_full_case_and_sets_in_sets_hold_together():
    pattern = "(?V1)(?xif) < ( [[a-f]ß]+ ) > # [all"
    text = "<aßB> <ss> <SSa> <g> <a#> <ß"
    assert prompts(detected(list(text), [pattern])) == ["aßB", "ss", "SSa"]
    assert agrees(pattern, text)


def test_a_tag_of_a_known_length_comes_out_with_its_last_character():
    # Nothing that follows can make it longer, so nothing need be waited for.
    assert [len(out) for out in fed("<a{1,2}", "<", "a", "a")] == [0, 0, 1]
    assert [len(out) for out in fed("(?i)<a{1,2}", "<", "a", "a")] == [0, 0, 1]


def test_in_full_case_what_can_be_no_tag_any_more_is_shown_at_once():
    assert fed("(?if)xs*?a", "x", "x", "b") == [[], ["x"], ["xb"]]
    assert agrees("(?if)xs*?a", "xx xsa xssA xß xßa")


ALIKE = ['<a="([^"]*)">', '<a="([^"]*)"/>', '<a="([^"]*)"!>']


@pytest.mark.parametrize("size", range(1, 14))
@pytest.mark.parametrize(
    ("text", "prompt"), [('<a="1">', "1"), ('<a="2"/>', "2"), ('<a="3"!>', "3")]
)
def test_patterns_that_begin_alike_have_their_turn_one_after_another(size, text, prompt):
    items = detected(pieces(f"so {text} it", size), ALIKE)
    assert prompts(items) == [prompt]
    assert visible(items) == "so  it"


def test_of_two_that_match_the_earlier_counts_though_one_before_them_came_to_nothing():
    patterns = [ALIKE[0], '<a="([^"]*)"/>', '<a="[^"]*(")/>']
    for size in range(1, 12):
        assert prompts(detected(pieces('<a="1"/>', size), patterns)) == ["1"]


def test_none_of_the_patterns_that_begin_alike_may_match():
    for size in range(1, 12):
        assert detected(pieces('<a="4"?> <a="5">', size), ALIKE)[0] == '<a="4"?> '


@pytest.mark.parametrize("size", [1, 3, 7, 1_500, 1_501, 1_502])
@pytest.mark.parametrize("before", [1_100, 5_000, 70_000])
def test_a_tag_is_followed_in_its_place_however_much_text_has_been_let_go_of(before, size):
    long = '"' * 3_000 + "a prompt"
    text = "x" * before + '<img_prompt="a \\"red\\" fox"> and <img_prompt="two">'
    text += '<img_prompt="' + long.replace('"', '\\"') + '">'
    detector, items = PromptDetector(), []
    items += detector.feed("x" * before)
    for piece in pieces(text[before:], size):
        items += detector.feed(piece)
    assert prompts(items) == ['a "red" fox', "two", long]
    assert visible(items) == "x" * before + " and "
    found = [item for item in items if isinstance(item, ImagePrompt)]
    assert [text[item.start : item.end] for item in found] == [item.tag for item in found]
