"""A text put together from pieces is all of them, and takes about its own length."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from settled import settle

from nbkit import growing
from nbkit.growing import GrowingText

HALVES = st.sampled_from(["\ud83d", "\ude00"])


@given(st.lists(st.text(max_size=3) | HALVES | st.none(), max_size=60))
def test_it_is_all_pieces_in_their_order_whenever_it_is_asked(pieces):
    text, told = GrowingText(), ""
    original, growing._PIECES = growing._PIECES, 4
    try:
        for piece in pieces:
            if piece is None:
                assert str(text) == told
            else:
                text.append(piece)
                told += piece
    finally:
        growing._PIECES = original
    assert str(text) == told


@pytest.mark.parametrize("first", ["0000", "a \N{EM DASH} b"], ids=["plain", "a dash"])
@pytest.mark.parametrize("asked", [False, True], ids=["not asked", "asked"])
def test_pieces_of_four_characters_take_no_more_than_their_text(first, asked):
    size = 400_000
    settle()
    tracemalloc.start()
    try:
        text = GrowingText()
        text.append(first)
        for at in range(4, size, 4):
            text.append(f"{at:04d}"[:4])
        if asked:
            assert len(str(text)) == size - 4 + len(first)
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < 1.3 * size
