"""The script of a widget as a page loads it."""

from __future__ import annotations

import re

import pytest

from nbkit.widgets import ProgressWidget, StreamingPreviewWidget
from nbkit.widgets.page import STATIC
from nbkit.widgets.scripts import script

OWN = re.compile(r"^(?:export )?(?:async )?(?:const|let|class|function) (\w+)", re.MULTILINE)


@pytest.mark.parametrize("widget", [StreamingPreviewWidget, ProgressWidget])
def test_the_script_of_a_widget_is_one_module_that_loads_nothing(widget):
    source = widget._esm
    assert not re.search(r"^\s*import\b|\bimport\(\"(?!\./)|\bfrom \"", source, re.MULTILINE)
    assert len(re.findall(r"^export default\b", source, re.MULTILINE)) == 1


def test_each_script_is_taken_once_with_all_that_it_says():
    source = script("preview.js")
    for name in ("dom", "pictures", "prompt_form", "slots", "zoom", "lightbox"):
        body = (STATIC / f"{name}.js").read_text("utf-8").partition("/**")[2]
        assert source.count(body) == 1, name


def test_no_two_scripts_in_one_have_a_name_of_their_own_in_common():
    names = OWN.findall(script("preview.js"))
    assert len(names) > 40
    assert sorted(names) == sorted(set(names))
