"""Compressed bodies: decoded however they are cut, bounded, and told when they are broken."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest
from settled import settle

from nbkit._http.inflate import Inflater

TEXT = b"A hill in the morning. " * 10_000


def raw_deflate(data):
    deflater = zlib.compressobj(wbits=-15)
    return deflater.compress(data) + deflater.flush()


@pytest.mark.parametrize("size", [1, 7, 1_000, 1_000_000])
@pytest.mark.parametrize(
    ("coding", "encode"),
    [
        ("", bytes),
        ("identity", bytes),
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
    ],
)
def test_a_coded_body_is_decoded_however_it_is_cut(coding, encode, size):
    body, inflater = encode(TEXT), Inflater(coding)
    pieces = [p for at in range(0, len(body), size) for p in inflater.feed(body[at : at + size])]
    inflater.finish()
    assert b"".join(pieces) == TEXT


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 65_700, 131_073, 131_300])
def test_a_body_without_a_trailer_comes_whole_where_it_ends_just_after_a_piece(size):
    inflater = Inflater("deflate")
    assert b"".join(inflater.feed(raw_deflate(bytes(size)))) == bytes(size)
    inflater.finish()


def test_a_bomb_is_inflated_a_bounded_piece_at_a_time():
    bomb = gzip.compress(bytes(50_000_000), compresslevel=9)
    pieces = Inflater("gzip").feed(bomb)
    assert all(len(next(pieces)) <= 65_536 for _ in range(20))


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip, br", "compress", "gzip, deflate"])
def test_a_coding_that_was_not_asked_for_is_refused(coding):
    with pytest.raises(ValueError, match="not asked for"):
        Inflater(coding)


def test_a_broken_body_and_a_cut_one_are_told():
    with pytest.raises(ValueError, match="compression is broken"):
        list(Inflater("gzip").feed(b"this is no gzip"))
    inflater = Inflater("gzip")
    list(inflater.feed(gzip.compress(TEXT)[:-20]))
    with pytest.raises(ValueError, match="ends before its end"):
        inflater.finish()
    inflater = Inflater("deflate")
    list(inflater.feed(b"x"))  # half of a header
    with pytest.raises(ValueError, match="ends before its end"):
        inflater.finish()


def test_what_follows_the_end_of_a_coded_body_is_passed_over_but_not_for_ever():
    inflater = Inflater("gzip")
    body = b"".join(inflater.feed(gzip.compress(TEXT) + b"and more"))
    settle()
    tracemalloc.start()
    try:
        for _ in range(60):
            assert not list(inflater.feed(bytes(1_000)))
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert body == TEXT
    assert kept < 10_000
    inflater.finish()
    with pytest.raises(ValueError, match="goes on after the end"):
        list(inflater.feed(bytes(6_000)))
