"""What ``suggest_prompts`` makes of odd answers; tests/peers has it against a server."""

from __future__ import annotations

import json
import sys

import pytest

from nbkit.llm.suggest import _prompts


@pytest.mark.parametrize("passage", [2, "2", "[2]", " [2] ", "002"])
def test_a_passage_is_a_number_however_it_is_written(passage):
    assert _prompts(json.dumps([{"passage": passage, "prompt": "a fox"}]), 3) == [(2, "a fox")]


@pytest.mark.parametrize(
    "passage", [0, 4, -1, "9" * 5_000, "", "two", "2.0", 2.0, True, None, [2], "\u00b2"]
)
def test_a_passage_that_there_is_not_has_no_prompt(passage):
    assert _prompts(json.dumps([{"passage": passage, "prompt": "a fox"}]), 3) is None


def test_a_passage_nested_as_deep_as_python_reads_has_no_prompt():
    for depth in range(850, 1_000):
        passage = "[" * depth + "]" * depth
        assert not _prompts(f'[{{"passage": {passage}, "prompt": "a fox"}}]', 3)


def test_a_list_is_looked_for_behind_thousands_of_brackets_but_not_for_ever():
    good = '[{"passage": 1, "prompt": "a fox"}]'
    assert _prompts("[ " * 1_000 + good, 3) == [(1, "a fox")]
    looks = 0

    def count(frame, event, argument):
        nonlocal looks
        looks += event == "call" and frame.f_code.co_name == "raw_decode"

    sys.setprofile(count)
    try:
        assert _prompts("[" * 20_000 + good, 3) is None
    finally:
        sys.setprofile(None)
    assert looks < 5_000
