"""The event-stream decoder keeps the rules of the WHATWG, however the bytes are cut.

The rules: HTML standard, "Server-sent events", "Parsing an event stream" and "Interpreting an
event stream". The cases after the standard's own examples follow the names of the
web-platform-tests, "eventsource/format-*".
"""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbkit._http.events import EventDecoder, LineDecoder

ONE = [("message", "one", "")]

# name: the bytes of the stream, and its events as (name, data, last event id)
CASES = {
    # The standard's own examples.
    "two lines of data are joined": (
        b"data: YHOO\ndata: +2\ndata: 10\n\n",
        [("message", "YHOO\n+2\n10", "")],
    ),
    "a comment, an id, an id taken back, a leading blank": (
        (
            b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\n"
            b"data:  third event\n\n"
        ),
        [
            ("message", "first event", "1"),
            ("message", "second event", ""),
            ("message", " third event", ""),
        ],
    ),
    "empty data is an event, an unfinished one is none": (
        b"data\n\ndata\ndata\n\ndata:",
        [("message", "", ""), ("message", "\n", "")],
    ),
    "one blank after the colon is no data": (
        b"data:test\n\ndata: test\n\n",
        [("message", "test", ""), ("message", "test", "")],
    ),
    # format-*
    "bom: at the start it is passed over": (b"\xef\xbb\xbfdata: one\n\n", ONE),
    "bom-2: the second one belongs to the field's name": (
        b"\xef\xbb\xbf\xef\xbb\xbfdata: none\n\ndata: one\n\n",
        ONE,
    ),
    "bom: within data it stays": (
        b"data: \xef\xbb\xbfone\n\n",
        [("message", "\ufeffone", "")],
    ),
    "comments: a colon begins one, a lone colon too": (
        b"data:1\n:\0\n:\ndata:2\n:"
        + b"x" * 2_000
        + b"\ndata:3\n:data:fail\n:"
        + b"x" * 2_000
        + b"\ndata:4\n\n",
        [("message", "1\n2\n3\n4", "")],
    ),
    "data-before-final-empty-line: the end of the file ends no event": (
        b"retry:1000\ndata:test1\n\nid:test\ndata:test2",
        [("message", "test1", "")],
    ),
    "field-data: empty, doubled, with a colon": (
        b"data:\n\ndata\ndata\n\ndata:test\n\n",
        [("message", "", ""), ("message", "\n", ""), ("message", "test", "")],
    ),
    "field-event: it names one event": (
        b"event:test\ndata:x\n\ndata:x\n\n",
        [("test", "x", ""), ("message", "x", "")],
    ),
    "field-event-empty: an empty name is the usual one": (
        b"event: \ndata:data\n\n",
        [("message", "data", "")],
    ),
    "field-event: the last one counts": (
        b"event:a\nevent:b\ndata:x\n\n",
        [("b", "x", "")],
    ),
    "field-event: without data there is no event, and the name is forgotten": (
        b"event: ping\n\ndata: one\n\n",
        ONE,
    ),
    "field-id: it holds for the events after it": (
        b"id: 1\ndata: a\n\ndata: b\n\n",
        [("message", "a", "1"), ("message", "b", "1")],
    ),
    "field-id-2: an empty one takes it back": (
        b"id: 1\ndata: a\n\nid\ndata: b\n\n",
        [("message", "a", "1"), ("message", "b", "")],
    ),
    "field-id-3: without data it holds all the same": (
        b"id: 1\n\ndata: a\n\n",
        [("message", "a", "1")],
    ),
    "field-id-null: one with a null is passed over": (
        b"id: 1\nid: a\0b\ndata: a\n\n",
        [("message", "a", "1")],
    ),
    "field-parsing: names are exact, colons end them": (
        (
            b"data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\r"
            b"data:\r\n data:32\ndata:4\n\n"
        ),
        [("message", "\0\n 2\n1\n3\n\n4", "")],
    ),
    "field-retry: it is no event": (b"retry:3000\n\ndata:one\n\n", ONE),
    "field-retry: alone at the end it is none either": (b"data: one\n\nretry: 10\n\n", ONE),
    "field-retry-bogus: what is no number is passed over": (
        b"retry:3000\nretry:1000x\ndata:one\n\n",
        ONE,
    ),
    "field-retry-empty": (b"retry\ndata:one\n\n", ONE),
    "field-unknown: others are passed over": (
        b"data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\ndata:test\n\n",
        [("message", "test\n\ntest", "")],
    ),
    "leading-space: a tab is data, one blank is not": (
        b"data:\ttest\rdata: \ndata:test\n\n",
        [("message", "\ttest\n\ntest", "")],
    ),
    "newlines: CR, LF and CRLF end a line": (
        b"data:test\r\ndata\ndata:test\r\n\r",
        [("message", "test\n\ntest", "")],
    ),
    "newlines: CR alone throughout": (
        b"data:a\r\rdata:b\r\r",
        [("message", "a", ""), ("message", "b", "")],
    ),
    "newlines: CRLF throughout": (
        b"event:x\r\ndata:a\r\n\r\ndata:b\r\n\r\n",
        [("x", "a", ""), ("message", "b", "")],
    ),
    "newlines: no other separator ends a line": (
        "data: a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg\n\n".encode(),
        [("message", "a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg", "")],
    ),
    "null-character: it is data": (b"data:\0\n\n\n\n", [("message", "\0", "")]),
    "utf-8: characters of two, three and four bytes": (
        "data: ok\u2026 \u00e9 \U0001f98a\n\n".encode(),
        [("message", "ok\u2026 \u00e9 \U0001f98a", "")],
    ),
    "utf-8: what is none is replaced, and the stream goes on": (
        b"data: a\xffb\xe2\x82\n\ndata: one\n\n",
        [("message", "a\ufffdb\ufffd", ""), ("message", "one", "")],
    ),
    # What servers of models send.
    "several blank lines between events": (b"\n\n\ndata: one\n\n\n\n", ONE),
    "keep-alives as comments between events": (
        b": OPENROUTER PROCESSING\n\n: keep-alive\n\ndata: one\n\n: done\n\n",
        ONE,
    ),
    "data without a blank, and a value with colons": (
        b'data:{"a": "b:c"}\n\n',
        [("message", '{"a": "b:c"}', "")],
    ),
    "an empty stream": (b"", []),
}


def decoded(stream, size):
    decoder = EventDecoder()
    events = []
    for at in range(0, len(stream), size):
        events += decoder.feed(stream[at : at + size])
    return [(event.name, event.data, event.id) for event in events]


def test_there_are_36_cases():
    assert len(CASES) == 36


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1_000_000])
@pytest.mark.parametrize("case", CASES)
def test_the_rules_hold_at_every_chunk_size(case, size):
    stream, events = CASES[case]
    assert decoded(stream, size) == events


def test_a_retry_time_comes_with_the_next_event():
    decoder = EventDecoder()
    (event, other) = decoder.feed(b"retry: 3000\n\ndata: a\n\ndata: b\n\n")
    assert (event.retry_ms, other.retry_ms) == (3000, None)


def test_a_retry_time_of_more_digits_than_python_reads_is_passed_over():
    (event,) = EventDecoder().feed(b"retry: " + b"9" * 5_000 + b"\ndata: a\n\n")
    assert (event.data, event.retry_ms) == ("a", None)


def test_an_event_that_has_begun_is_pending_until_its_empty_line():
    decoder = EventDecoder()
    assert not decoder.pending
    decoder.feed(b"data: half")
    assert decoder.pending
    decoder.feed(b" an event\n")
    assert decoder.pending
    decoder.feed(b"\n")
    assert not decoder.pending


@pytest.mark.parametrize("stream", [b"data: " + b"x" * 200, b"data: x\n" * 150])
def test_an_event_without_end_is_refused(stream):
    decoder = EventDecoder(limit=100)
    pieces = [stream[at : at + 7] for at in range(0, len(stream), 7)]
    with pytest.raises(ValueError, match="more than 100 characters"):
        list(map(decoder.feed, pieces))


def test_the_limit_is_that_of_one_event_and_not_of_the_stream():
    decoder = EventDecoder(limit=100)
    stream = (b": a comment of some length\ndata: " + b"x" * 90 + b"\n\n") * 50
    assert len(decoder.feed(stream)) == 50


FIELDS = st.sampled_from(
    [b"data: a", b"data:", b"data", b"event: e", b"id: 1", b": c", b"", b"", "data: é".encode()]
)
ENDS = st.sampled_from([b"\n", b"\r", b"\r\n"])


@given(st.lists(st.tuples(FIELDS, ENDS), max_size=30), st.integers(0, 2**32))
def test_how_a_stream_is_cut_changes_nothing(lines, seed):
    stream = b"".join(line + end for line, end in lines)
    rng, decoder, events, at = random.Random(seed), EventDecoder(), [], 0
    while at < len(stream):
        size = rng.randint(1, 5)
        events += decoder.feed(stream[at : at + size])
        at += size
    assert [(e.name, e.data, e.id) for e in events] == decoded(stream, len(stream) or 1)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1_000])
def test_lines_of_json_are_cut_at_line_feeds_alone(size):
    stream = '{"a":"\u2028é"}\r\n\n  {"b":1}\n{"c":2}'.encode()
    decoder, lines = LineDecoder(), []
    for at in range(0, len(stream), size):
        lines += decoder.feed(stream[at : at + size])
    assert lines == ['{"a":"\u2028é"}'.encode(), b'{"b":1}']
    assert decoder.flush() == [b'{"c":2}']
    assert decoder.flush() == []


def test_a_line_without_end_is_refused():
    decoder = LineDecoder(limit=100)
    with pytest.raises(ValueError, match="more than 100 bytes"):
        list(map(decoder.feed, [b"xxxxx"] * 50))
