"""The script of a widget as a page loads it."""

from __future__ import annotations

import re

import pytest
from ipywidgets import Layout
from ipywidgets.widgets.widget import _instances

from nbkit.progress import ProgressManager
from nbkit.widgets import ProgressWidget, StreamingPreviewWidget
from nbkit.widgets import library as library_module
from nbkit.widgets.library import borrow
from nbkit.widgets.scripts import STATIC, read, script, style

OWN = re.compile(r"^(?:export )?(?:async )?(?:const|let|class|function) (\w+)", re.MULTILINE)


def without_comments(source: str) -> list[str]:
    """The lines of a source, blanks and comments within and around them left out."""
    return [
        line
        for line in re.sub(r"[ \t]*/\*.*?\*/ *", "", source, flags=re.DOTALL).splitlines()
        if line
    ]


@pytest.mark.parametrize("widget", [StreamingPreviewWidget, ProgressWidget])
def test_the_script_of_a_widget_is_one_module_that_loads_nothing(widget):
    source = widget._esm
    assert not re.search(r"^\s*import\b|\bimport\(\"(?!\./)|\bfrom \"", source, re.MULTILINE)
    assert len(re.findall(r"^export default\b", source, re.MULTILINE)) == 1


def modules_of(name: str, ending: str = ".js") -> set[str]:
    """The modules, or style sheets, that one is put together from, itself among them."""
    found, left = set(), [name]
    while left:
        found.add(own := left.pop())
        source = (STATIC / f"{own}{ending}").read_text("utf-8")
        pattern = rf"^(?:import \{{[^}}]*\}} from|@import) \"\./(\w+)\{ending}\";$"
        left += set(re.findall(pattern, source, re.MULTILINE)) - found
    return found


def test_each_script_is_taken_once_with_all_that_it_says():
    source = script("preview.js")
    modules = modules_of("preview")
    assert {"dom", "lightbox", "slots"} < modules
    for name in modules:
        body = read(f"{name}.js").rpartition('.js";\n')[2]
        assert len(body) > 100
        assert source.count(body) == 1, name


@pytest.mark.parametrize("widget", ["preview", "progress", "places"])
def test_no_two_scripts_in_one_have_a_name_of_their_own_in_common(widget):
    sources = [(STATIC / f"{name}.js").read_text("utf-8") for name in modules_of(widget)]
    names = [name for source in sources for name in OWN.findall(source)]
    assert len(names) > 5
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("widget", ["preview", "progress"])
def test_each_style_sheet_is_taken_once_with_all_that_it_says(widget):
    sheet = style(f"{widget}.css")
    assert "@import" not in sheet
    for name in modules_of(widget, ".css"):
        body = read(f"{name}.css").rpartition('.css";\n')[2]
        assert sheet.count(body) == 1, name


def test_a_page_is_sent_neither_comments_nor_indents_and_each_line_of_code():
    for path in STATIC.iterdir():
        sent = read(path.name).splitlines()
        written = [line.strip() for line in path.read_text("utf-8").splitlines()]
        assert not [line for line in sent if re.match(r"\s|//|/?\*[ /*](?!.*\*/ *\S)", line)], (
            path.name
        )
        code = without_comments("\n".join(w for w in written if not w.startswith("//")))
        assert without_comments("\n".join(sent)) == code, path.name


def test_no_text_of_a_script_goes_over_a_line_where_its_indents_would_count():
    for path in STATIC.glob("*.js"):
        texts = re.findall(r"`[^`]*`", path.read_text("utf-8"))
        bare = [re.sub(r"\$\{[^}]*\}", "", text) for text in texts]
        assert not [text for text in bare if "\n" in text], path.name


@pytest.mark.parametrize("name", ["preview", "progress", "places"])
def test_a_borrowed_script_asks_for_what_the_library_brings(name):
    stub = borrow(name)
    (key,) = re.findall(r'^const key = "(.+)";$', stub, re.MULTILINE)
    assert library()[key]["script"] == script(f"{name}.js")
    assert len(stub) < 600


def test_one_library_lends_to_all_widgets_until_somebody_closes_it():
    borrow("preview")
    before = library_module._library
    borrow("progress")
    assert library_module._library is before
    before.close()
    stub = borrow("preview")
    assert library_module._library is not before
    assert re.search(r'"(preview-\w+)"', stub)[1] in library()


def test_a_widget_that_borrows_brings_neither_script_nor_style():
    manager = ProgressManager()
    own, borrowing = ProgressWidget(manager), ProgressWidget(manager, borrows=True)
    assert (own._esm, own._css) == (script("progress.js"), style("progress.css"))
    assert (borrowing._esm, borrowing._css) == (borrow("progress"), "")


def test_only_a_widget_that_a_user_may_lay_out_has_a_layout_and_tells_of_it():
    manager = ProgressManager()
    before = set(_instances)
    own, borrowing = ProgressWidget(manager), ProgressWidget(manager, borrows=True)
    fresh = [each for name, each in _instances.items() if name not in before]
    assert [type(each).__name__ for each in fresh if isinstance(each, Layout)] == ["Layout"]
    assert own.get_state()["layout"] == f"IPY_MODEL_{own.layout.model_id}"
    untold = own.get_state().keys() - borrowing.get_state().keys()
    assert untold == {"layout", "tabbable", "tooltip"}


def test_widgets_that_get_the_same_script_are_of_one_class_and_tell_the_same():
    manager = ProgressManager()
    first, second = (ProgressWidget(manager, borrows=True) for _ in range(2))
    own, other = (ProgressWidget(manager) for _ in range(2))
    assert type(first) is type(second) is not type(own)
    assert type(own) is type(other)
    assert sorted(first.get_state()) == sorted(second.get_state())
    assert first.get_state() == second.get_state()
    assert second._esm == borrow("progress")
    assert other._esm == script("progress.js")


def library():
    return library_module._library.sources
