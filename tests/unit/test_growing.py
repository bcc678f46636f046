"""A text put together from pieces is all of them, and takes about its own length."""

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from nbkit import growing
from nbkit.growing import GrowingText


@given(st.lists(st.text(max_size=3) | st.none(), max_size=60))
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
    tracemalloc.start()
    try:
        text = GrowingText()
        for at in range(0, size, 4):
            text.append(f"{at:04d}"[:4])
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < 1.3 * size


def test_who_asks_twice_gets_the_same_string():
    text = GrowingText()
    for each in "abc":
        text.append(each)
    first = str(text)
    assert str(text) is first
