"""How a pattern is taken apart, and how it is spelled so that the end of a text is noticed."""

from __future__ import annotations

import pytest

from nbkit._detector.syntax import _NEXT, _PASSING, _PAST_NEWLINE, observant, tokens


def taken_apart(source, **modes):
    return [(token.kind, token.text) for token in tokens(source, **modes)]


def of_kind(kind, *texts):
    return [(kind, text) for text in texts]


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        ("char", ["a", "-", "]", "}", "{", " ", "#", "\n"]),
        ("dot", ["."]),
        ("start", ["^"]),
        ("end", ["$"]),
        ("or", ["|"]),
        ("escape", [r"\d", r"\.", r"\\", r"\ ", r"\1", r"\12", r"\x4a", r"\p{Lu}"]),
        ("escape", [r"\N{BULLET}", r"\g<name>", r"\L<words>", "\\\n"]),
        ("call", ["(?P=n)", "(?P>n)", "(?&n)", "(?R)", "(?1)", "(?+1)", "(?-2)", "(*SKIP)"]),
        ("flags", ["(?s)", "(?i-m)", "(?V1)"]),
        ("set", ["[ab]", "[^a]", "[]a]", "[^]a]", r"[\]a]", "[[:alpha:]a]", "[[a]", "[[:a]"]),
        ("set", [r"[\p{Lu}a]", "[ #.*+(|$]", "[a^]"]),
    ],
)
def test_each_piece_of_a_pattern_is_taken_for_what_it_is(kind, texts):
    for text in texts:
        expected = [("char", "x"), (kind, text), ("char", "y")]
        assert taken_apart(f"x{text}y") == expected


GROUPS = ["(", "(?:", "(?P<n>", "(?<n>", "(?>", "(?|", "(?i:", "(?i-m:", "(?(1)", "(?(n)"]


@pytest.mark.parametrize("text", [*GROUPS, "(?=", "(?!", "(?<=", "(?<!"])
def test_groups_open_and_close(text):
    assert taken_apart(f"{text}a)") == [("open", text), ("char", "a"), ("close", ")")]


def test_a_condition_that_looks_ahead_opens_twice():
    kinds = [("open", "(?"), ("open", "(?="), ("char", "a"), ("close", ")"), ("char", "b")]
    assert taken_apart("(?(?=a)b)") == [*kinds, ("close", ")")]


@pytest.mark.parametrize("text", ["*", "+", "?", "*?", "++", "?+", "{2}", "{2,}", "{,3}", "{2,3}?"])
def test_repetitions_are_one_piece(text):
    assert taken_apart(f"a{text}b") == [("char", "a"), ("times", text), ("char", "b")]


def test_comments_are_left_out():
    assert taken_apart("a(?#b (c*)d") == of_kind("char", "a", "d")
    assert taken_apart("(?#b)a(?#c)") == of_kind("char", "a")


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("a b\tc\n d", "abcd"),
        ("a#b\nc#d\ne", "ace"),
        ("a # b", "a"),
        ("#\na", "a"),
    ],
)
def test_blanks_and_comments_of_verbose_mode_are_left_out(source, left):
    assert taken_apart(source, verbose=True) == of_kind("char", *left)
    assert taken_apart(source) == of_kind("char", *source)


@pytest.mark.parametrize(
    ("source", "verbose", "left"),
    [
        ("(?x:a b) c", False, "ab c"),
        ("a (?-x:b c) d", True, "ab cd"),
        ("(?x:a (b c) d) e", False, "abcd e"),
        ("(?x:a (?-x:b (c d) e) f) g", False, "ab c d ef g"),
        ("(?s-x:b c) d", True, "b cd"),
        ("(?P<x>a b) c", False, "a b c"),
        ("(?s:a b)", True, "ab"),
        ("(a)(b c) d", False, "ab c d"),
    ],
)
def test_verbose_mode_may_hold_in_a_group_only(source, verbose, left):
    found = tokens(source, verbose=verbose)
    assert "".join(token.text for token in found if token.kind == "char") == left


def test_a_set_may_have_sets_in_it():
    for text in ("[a[b]c]", "[[a-c]--[b]]", "[^[a]]", r"[a[\]]b]"):
        assert taken_apart(f"{text}x", nested_sets=True) == [("set", text), ("char", "x")]
    assert taken_apart("[a[b]c") == [("set", "[a[b]"), ("char", "c")]


@pytest.mark.parametrize(
    ("source", "spelled"),
    [
        (r"a[b$]c.\w", r"a[b$]c.\w"),
        ("a$", f"a(?:{_NEXT}$)"),
        (r"a\b", rf"a(?:{_NEXT}\b)"),
        (r"\Ba\Z", rf"(?:{_NEXT}\B)a(?:{_NEXT}\Z)"),
        (r"\m\M\z", rf"(?:{_NEXT}\m)(?:{_NEXT}\M)(?:{_NEXT}\z)"),
        (r"a\Xb", rf"a(?:\X{_NEXT})b"),
        ("(?-m)a$", f"(?-m)a(?:{_PAST_NEWLINE}$)"),
        ("(?i-sm:a$)", f"(?i-sm:a(?:{_PAST_NEWLINE}$))"),
        # what looks behind hides the end where something looks at it, or took as little as it could
        ("(?<=a)b(?<!c)", "(?<=a)b(?<!c)"),
        ("(?<=a)b$", f"{_NEXT}(?<=a)b(?:{_NEXT}$)"),
        (r"\b(?<!a)", rf"(?:{_NEXT}\b){_NEXT}(?<!a)"),
        *((rf"\{it}(?<!a)", rf"(?:{_NEXT}\{it}){_NEXT}(?<!a)") for it in "BmMZz"),
        (r"\X(?<!a)", rf"(?:\X{_NEXT}){_NEXT}(?<!a)"),
        ("a*?(?<=b)", f"a*?{_PASSING}(?<=b)"),
        ("a??(?<!b)", f"a??{_PASSING}(?<!b)"),
        ("a?(?<!b)", "a?(?<!b)"),
        ("a*+(?<!b)", "a*+(?<!b)"),
        ("a*?^b", f"a*?{_PASSING}^b"),
        ("a*^b", "a*^b"),
        # a repeated group might have gone round once more
        ("(ab)*c", f"(ab)*{_PASSING}c"),
        ("(ab){1,2}?c", f"(ab){{1,2}}?{_PASSING}c"),
        ("(ab)?c", "(ab)?c"),
        ("(ab){2}c", "(ab){2}c"),
        (r"a*[a]+\d*.+\p{Lu}+\x41*", r"a*[a]+\d*.+\p{Lu}+\x41*"),
        (r"(a)\1*", rf"(a)\1*{_PASSING}"),
    ],
)
def test_what_looks_at_the_end_asks_for_the_next_character(source, spelled):
    assert observant(source) == spelled


def test_in_full_case_one_character_may_match_several():
    assert observant("(?if)ß*a", full_case=True) == f"(?if)ß*{_PASSING}a"


def test_in_verbose_mode_what_stood_apart_stays_apart():
    assert observant(r"(a) \1 0 b # c", verbose=True) == r"(a)\1[0]b"
    assert observant("(?V1)[a[b] ]*", nested_sets=True) == "(?V1)[a[b] ]*"
    assert observant("(?V1)[a[$]$]", nested_sets=True) == "(?V1)[a[$]$]"
