"""What a model is told leads to tags that the detector finds."""

from __future__ import annotations

import pytest

import nbkit
from nbkit.models import ImagePrompt


def prompts(text):
    detector = nbkit.PromptDetector()
    return [p for p in (*detector.feed(text), *detector.flush()) if isinstance(p, ImagePrompt)]


@pytest.mark.parametrize(
    "options", [{}, {"count": 3}, {"style": 'ink and "wash"'}, {"language": "Deutsch"}]
)
def test_they_show_one_tag_that_the_detector_finds(options):
    (found,) = prompts(nbkit.illustrate_instructions(**options))
    assert found.text == "a red lighthouse on a cliff at dusk, seen from the sea"


def test_the_way_to_write_a_quotation_mark_is_the_detectors():
    assert '\\"' in nbkit.illustrate_instructions()
    (found,) = prompts(r'<!--img-prompt="a sign that says \"open\""-->')
    assert found.text == 'a sign that says "open"'


def test_they_are_short():
    assert len(nbkit.illustrate_instructions().split()) < 130


def test_style_count_and_language_are_in_them():
    text = nbkit.illustrate_instructions(style="woodcut, two colours", count=3, language="French")
    assert "woodcut, two colours" in text
    assert "Write 3 times" in text
    assert "in French" in text
    assert "Write once" in nbkit.illustrate_instructions(count=1)
    assert "English" not in nbkit.illustrate_instructions(language="")
    assert "English" in nbkit.illustrate_instructions()


@pytest.mark.parametrize("count", [0, -1, 2.0, True, "3"])
def test_a_count_is_a_whole_number(count):
    with pytest.raises(ValueError, match="whole number of 1 or more"):
        nbkit.illustrate_instructions(count=count)
