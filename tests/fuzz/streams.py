"""Targets: event streams, lines of JSON, compressed bodies."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

from fuzz import samples
from fuzz.material import cut
from fuzz.target import target

from nbkit._http.events import EventDecoder, LineDecoder, ServerEvent
from nbkit._http.inflate import Inflater

LIMIT = 200  # characters or bytes of an event: so few that inputs get there
PLENTY = 1_000_000  # bytes that are inflated of one input


def _fed(feed: Callable[[bytes], list], pieces: list[bytes]) -> tuple[list, bool]:
    """Give what came out, and whether an event was too long."""
    out = []
    for piece in pieces:
        try:
            out += feed(piece)
        except ValueError:
            return out, True
    return out, False


def _same(once: tuple[list, bool], again: tuple[list, bool]) -> None:
    """The same came out of both, up to where one was refused: where depends on the pieces."""
    if once[1] or again[1]:
        shared = min(len(once[0]), len(again[0]))
        assert once[0][:shared] == again[0][:shared]
    else:
        assert once[0] == again[0]


def _stream(events: list[ServerEvent]) -> bytes:
    """Write events as a server would."""
    out = ""
    for event in events:
        data = "".join(f"data: {line}\n" for line in event.data.split("\n"))
        retry = "" if event.retry_ms is None else f"retry: {event.retry_ms}\n"
        out += f"event: {event.name}\nid: {event.id}\n{retry}{data}\n"
    return out.encode()


@target(seeds=samples.event_streams, examples=250)
def event_stream(data: bytes) -> None:
    """However it is cut: the same events, none without bound, and a stream made of them again."""
    whole, pieced = EventDecoder(), EventDecoder()
    events = whole.feed(data)
    pieces = cut(data)
    assert events == [event for piece in pieces for event in pieced.feed(piece)]
    assert (whole.pending, whole.lines) == (pieced.pending, pieced.lines)
    assert all(event.name and "\n" not in event.name + event.id for event in events)
    assert EventDecoder().feed(_stream(events)) == events

    small = _fed(EventDecoder(limit=LIMIT).feed, pieces)
    _same((events, False), small) if not small[1] else _same(small, (events, True))
    longest = LIMIT + max(map(len, pieces), default=0)
    assert all(len(event.data) <= longest for event in small[0])


@target(seeds=samples.json_lines, examples=250)
def json_lines(data: bytes) -> None:
    """However they are cut: the same lines, none blank, none without bound."""
    whole, pieced = LineDecoder(), LineDecoder()
    pieces = cut(data)
    lines = [*whole.feed(data), *whole.flush()]
    assert lines == [line for piece in pieces for line in pieced.feed(piece)] + pieced.flush()
    assert whole.lines == pieced.lines
    assert lines == [stripped for line in data.split(b"\n") if (stripped := line.strip())]

    small = LineDecoder(limit=LIMIT)
    out, refused = _fed(small.feed, pieces)
    assert out == lines[: len(out)]
    assert all(len(line) <= LIMIT for line in out)
    assert refused or out + small.flush() == lines


def _inflated(coding: str, pieces: list[bytes]) -> tuple[bytes, bool]:
    """Give what was inflated, and whether it came to its end without a complaint."""
    inflater, out = Inflater(coding), b""
    try:
        for piece in pieces:
            for part in inflater.feed(piece):
                assert 0 < len(part) <= 65_536 or not inflater.is_coded
                out += part
                if len(out) > PLENTY:
                    return out[:PLENTY], True
        inflater.finish()
    except ValueError:
        return out, False
    return out, True


def _by_zlib(data: bytes, bits: int) -> tuple[bytes, bool]:
    inflater, out = zlib.decompressobj(bits), b""
    try:
        while not inflater.eof and len(out) <= PLENTY:
            part = inflater.decompress(data, 65_536)
            out, data = out + part, inflater.unconsumed_tail
            if not (data or part):
                break
    except zlib.error:
        return out, False
    return out[:PLENTY], inflater.eof or len(out) > PLENTY


@target(seeds=samples.compressed, examples=200)
def compressed(data: bytes) -> None:
    """What zlib makes of it at once, cut anywhere; and what was compressed comes back."""
    pieces = cut(data)
    assert _inflated("identity", pieces) == (data, True)
    bits = {"gzip": 31, "deflate": -15}
    if len(data) >= 2 and data[0] & 15 == 8 and (data[0] << 8 | data[1]) % 31 == 0:
        bits["deflate"] = 15
    for coding, window in bits.items():
        expected, ends = _by_zlib(data, window)
        for fed in (pieces, [data]) if data else ():
            out, good = _inflated(coding, fed)
            assert (good, out if good else b"") == (ends, expected if ends else b"")
            assert expected.startswith(out) or out.startswith(expected)
    raw = zlib.compressobj(wbits=-15)
    for coding, packed in (
        ("gzip", gzip.compress(data)),
        ("x-gzip, identity", gzip.compress(data)),
        ("deflate", zlib.compress(data)),
        ("Deflate", raw.compress(data) + raw.flush()),
    ):
        assert _inflated(coding, cut(packed)) == (data, True)
        assert _inflated(coding, [packed]) == (data, True)
