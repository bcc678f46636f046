"""A text put together from pieces is all of them, and takes about its own length."""

import tracemalloc

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


def test_pieces_of_four_characters_take_no_more_than_their_text():
    size = 400_000
    settle()
    tracemalloc.start()
    try:
        text = GrowingText()
        for at in range(0, size, 4):
            text.append(f"{at:04d}"[:4])
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < 1.3 * size


def test_one_dash_makes_a_text_no_larger_and_neither_does_asking_for_it():
    size = 400_000
    settle()
    tracemalloc.start()
    try:
        text = GrowingText()
        for at in range(0, size, 4):
            text.append(f"{at:04d}"[:4] if at else "a \N{EM DASH} b")
        assert len(str(text)) == size + 1
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < 1.3 * size
