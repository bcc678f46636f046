"""Every parser of outside bytes holds its laws: for real answers, for what has once broken one,
and for what is made of these.

`run.py` looks for more, guided by coverage.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz import all_targets
from fuzz.target import Target
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TARGETS = all_targets.TARGETS
FOUND = sorted((Path(__file__).parent / "found").glob("*/*"))

each = pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)

Edit = tuple[str, int, int, bytes]


def edited(seed: bytes, edits: list[Edit]) -> bytes:
    """Change a seed here and there."""
    for kind, where, size, data in edits:
        at = where % (len(seed) + 1)
        part = seed[at : at + size]
        if kind == "put":
            seed = seed[:at] + data + seed[at:]
        elif kind == "set":
            seed = seed[:at] + data + seed[at + len(data) :]
        elif kind == "drop":
            seed = seed[:at] + seed[at + size :]
        elif kind == "again":
            seed = seed[:at] + part * 3 + seed[at:]
        else:
            seed = seed[:at]
    return seed


def inputs(target: Target) -> st.SearchStrategy[bytes]:
    """Bytes at random, and seeds with changes in them."""
    edit = st.tuples(
        st.sampled_from(["put", "set", "set", "drop", "again", "end"]),
        st.integers(0, 1 << 16),
        st.integers(1, 40),
        st.binary(min_size=1, max_size=6),
    )
    seeds = st.sampled_from(target.corpus())
    changed = st.builds(edited, seeds, st.lists(edit, min_size=1, max_size=4))
    # Bytes of Hypothesis's own are small numbers for the most part, which choose the first.
    even = st.builds(lambda rng, size: rng.randbytes(size), st.randoms(), st.integers(6, 60))
    return st.one_of(st.binary(max_size=120), even, even, changed)


@each
def test_a_target_holds_for_what_peers_send(target):
    assert len(target.corpus()) > 3
    for seed in target.corpus():
        target.check(seed)


@pytest.mark.parametrize("path", FOUND, ids=[f"{each.parent.name}/{each.name}" for each in FOUND])
def test_a_target_holds_for_what_has_once_broken_it(path):
    TARGETS[path.parent.name].check(path.read_bytes())


@each
def test_a_target_holds_for_what_nobody_would_send(target):
    @settings(
        max_examples=target.examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(inputs(target))
    def holds(data: bytes) -> None:
        target.check(data)

    holds()
