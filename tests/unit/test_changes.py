"""What a page is told of changes: each once, in order, whatever was before; and what is kept."""

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st
from settled import settle

from nbkit._render import changes
from nbkit._render.changes import Clock, Journal, View


@given(st.lists(st.integers(0, 9), max_size=80), st.integers(0, 90))
def test_a_journal_tells_each_thing_once_that_has_changed_since_the_latest_first(touched, since):
    original, changes._NOTES = changes._NOTES, 3
    try:
        journal = Journal(Clock())
        for thing in touched:
            journal.touch(thing)
    finally:
        changes._NOTES = original
    expected = list(dict.fromkeys(reversed(touched[since:])))
    assert list(journal.since(since)) == expected


def test_two_things_that_change_in_turns_for_ever_leave_few_notes():
    journal = Journal(Clock())
    for n in range(10_000):
        journal.touch(n % 2)
    assert len(journal._things) <= 2 * changes._NOTES
    assert list(journal.since(0)) == [1, 0]


KEYS, PARTS = st.integers(0, 3), st.integers(0, 3)
STEPS = st.one_of(
    st.tuples(st.just("put"), KEYS, st.text("ab", max_size=1)),
    st.tuples(st.just("open"), KEYS, st.text("ab", max_size=1)),
    st.tuples(st.just("part"), KEYS, PARTS, st.text("ab", max_size=1)),
    st.tuples(st.just("cut"), KEYS, PARTS),
    st.tuples(st.just("drop"), KEYS),
)


def page(shown, ops):
    """Show the steps on a page as it was; each must be one that it can take."""
    shown = [[html, None if parts is None else [*parts]] for html, parts in shown]
    for op in ops:
        key = op["key"]
        if op["op"] in ("put", "open"):
            block = [op["html"], None if op["op"] == "put" else []]
            assert key <= len(shown)
            shown[key : key + 1] = [block]
        elif op["op"] == "part":
            parts = shown[key][1]
            assert op["index"] <= len(parts)
            parts[op["index"] : op["index"] + 1] = [op["html"]]
        elif op["op"] == "cut":
            del shown[key][1][op["count"] :]
        else:
            del shown[key:]
    return [(html, None if parts is None else tuple(parts)) for html, parts in shown]


@given(st.lists(STEPS, max_size=40), st.data())
def test_a_page_of_any_revision_that_takes_the_steps_shows_the_blocks(steps, data):
    original, changes._NOTES = changes._NOTES, 3
    try:
        clock = Clock()
        view = View(clock)
        former = [(0, [])]
        for name, key, *rest in steps:
            blocks = view.blocks()
            parts = blocks[key][1] if key < len(blocks) else None
            grows = name in ("put", "open") and key <= len(blocks)
            if name == "drop" or grows or (name == "cut" and key < len(blocks)):
                getattr(view, name)(key, *rest)
            elif name == "part" and parts is not None and rest[0] <= len(parts):
                view.part(key, *rest)
            former.append((clock.revision, view.blocks()))
    finally:
        changes._NOTES = original
    since, shown = data.draw(st.sampled_from(former))
    ops = view.changes(since)
    assert page(shown, ops) == view.blocks()
    told = [(op["op"], op["key"], op.get("index")) for op in ops]
    assert len(told) == len(set(told))


def test_what_is_known_of_a_part_beside_its_html_takes_few_bytes():
    count, html = 20_000, "<li>one and the same</li>"
    settle()
    tracemalloc.start()
    try:
        view = View(Clock())
        view.open(0, "<ul></ul>")
        for index in range(count):
            view.part(0, index, html)
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < 50 * count
