"""The table of the benchmarks tells what was measured as it is."""

import json

import pytest
from benchmarks.figures import ALLOWANCE, Figures


def test_a_bound_is_one_of_the_ratio_where_there_is_a_peer():
    figures = Figures()
    held = figures.check("a", 10.0, "µs", bound=1 / 5, peer=50.0, beside="b")
    assert held.held
    assert held.ratio == 0.2
    with pytest.raises(AssertionError, match=r"c: 14 µs, 50 µs \(b\): 0.28, at most 0.2"):
        figures.check("c", 14.0, "µs", bound=1 / 5, peer=50.0, beside="b")


def test_the_allowance_spares_the_test_and_not_the_table():
    figures = Figures()
    figures.check("a", 3.0 * ALLOWANCE, "ms", bound=3.0)
    with pytest.raises(AssertionError):
        figures.check("a", 3.01 * ALLOWANCE, "ms", bound=3.0)
    assert [each.held for each in figures.measured] == [False, False]
    assert [line.split()[-1] for line in figures.table()][2:] == ["NO", "NO"]


def test_what_has_no_bound_is_told_all_the_same(tmp_path):
    figures = Figures()
    figures.add("a", 12_345.6, "µs", peer=2.0, beside="b")
    figures.write(tmp_path / "new" / "figures.json")
    (row,) = json.loads((tmp_path / "new" / "figures.json").read_text("utf-8"))["figures"]
    assert (row["value"], row["ratio"], row["bound"], row["held"]) == (12_345.6, 6172.8, None, None)
    assert list(figures.table())[2].split() == ["a", "12,346", "µs", "2", "µs", "(b)", "6,173"]
