"""What http is made of: addresses, refusals, compressed bodies, deadlines."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbkit import Deadlines, ServerAnswerError
from nbkit._http import addresses, refusals
from nbkit._http.inflate import Inflater
from nbkit.http import Client

# Addresses


@pytest.mark.parametrize(
    ("given", "parsed"),
    [
        ("http://127.0.0.1:8000", ("http://127.0.0.1:8000", None)),
        (" https://api.example.com/v1/ ", ("https://api.example.com/v1", None)),
        ("http://me:se%3Acret@host:1/x", ("http://host:1/x", "me:se:cret")),
        ("http://me@host", ("http://host", "me:")),
        ("http://[::1]:8000/", ("http://[::1]:8000", None)),
    ],
)
def test_an_address_is_parted_from_its_user(given, parsed):
    assert addresses.parse(given) == parsed


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("127.0.0.1:8000", "an address such as"),
        ("ftp://host", "an address such as"),
        ("http://", "an address such as"),
        ("", "an address such as"),
        ("http://host:port", "no address"),
        ("http://host/v1?key=canary", "has a query"),
    ],
)
def test_what_is_no_address_is_refused_without_its_secrets(given, says):
    with pytest.raises(ValueError, match=says) as caught:
        addresses.parse(given)
    assert "canary" not in str(caught.value)


def test_an_address_is_a_str():
    with pytest.raises(TypeError, match="a str, not bytes"):
        addresses.parse(b"http://host")


def test_an_address_is_shown_without_user_query_and_fragment():
    assert addresses.shown("https://me:canary@host:8/v1?key=canary#canary") == "https://host:8/v1"
    assert addresses.shown("http://[canary") == "an address that cannot be read"


def test_an_origin_is_scheme_host_and_port():
    origin = addresses.origin
    assert origin("https://host/a") == origin("https://host:443/b?c")
    assert len({origin(a) for a in ("http://h", "https://h", "http://h:81", "http://i")}) == 4


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("http://127.0.0.1:1", True),
        ("http://127.9.9.9", True),
        ("http://[::1]", True),
        ("http://localhost:8000", True),
        ("http://a.localhost", True),
        ("http://localhost.example.com", False),
        ("http://10.0.0.1", False),
    ],
)
def test_this_machine_is_known_by_its_names(address, is_one):
    assert addresses.is_loopback(address) is is_one


@pytest.mark.parametrize(
    "address",
    [
        "http://93.184.216.34/a.png",
        "https://127.0.0.1/a.png",
        "https://localhost/a.png",
        "https://10.1.2.3/a.png",
        "https://192.168.1.1/a.png",
        "https://172.16.0.1/a.png",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "https://[::1]/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[2002:7f00:1::]/",
        "https://2130706433/",
        "https://0x7f000001/",
        "ftp://93.184.216.34/",
    ],
)
async def test_no_private_address_is_fetched(address):
    with pytest.raises(ServerAnswerError, match="is not fetched: "):
        await addresses.pinned(address)


async def test_a_public_address_is_pinned_to_its_number():
    at, host, name = await addresses.pinned("https://93.184.216.34:8443/a.png?size=1#x")
    assert at == "https://93.184.216.34:8443/a.png?size=1"
    assert (host, name) == ("93.184.216.34:8443", "93.184.216.34")


# Refusals


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        (" 3600 ", 3600.0),
        ("Fri, 27 Nov 2026 06:33:20 GMT", 20.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("0", None),
        ("-5", None),
        ("nan", None),
        ("inf", None),
        ("86400", None),
        ("1e300", None),
        ("Fri, 27 Nov 2026 06:32:20 GMT", None),
        ("Fri, 27 Nov 2099 06:33:20 GMT", None),
        ("Fri, 99 Nov 9999 99:99:99 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_that_can_be_followed(value, seconds):
    assert refusals.retry_after(value, now=1_795_761_180.0) == seconds


@pytest.mark.parametrize(
    ("status", "again"),
    [(400, False), (401, False), (404, False), (408, True), (409, True), (422, False),
     (425, True), (429, True), (500, True), (502, True), (503, True), (529, True)],
)  # fmt: skip
def test_a_status_tells_whether_to_ask_again(status, again):
    assert refusals.is_retryable(status) is again


def test_a_status_has_a_name():
    assert refusals.status_line(503) == "503 Service Unavailable"
    assert refusals.status_line(529) == "529 Overloaded"
    assert refusals.status_line(599) == "599"


OPENAI = {"error": {"message": "Slow down", "type": "rate", "code": "rate_limit"}}
ANTHROPIC = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
A1111 = {"error": "OutOfMemoryError", "detail": "", "body": "", "errors": "CUDA out of memory"}
FASTAPI = {"detail": [{"loc": ["body", "steps"], "msg": "not an integer"}]}
NODE_ERROR = {"message": "Value not in list", "details": "ckpt_name: 'x'"}
COMFYUI = {
    "error": {"type": "invalid_prompt", "message": "Prompt outputs failed", "details": ""},
    "node_errors": {"4": {"class_type": "CheckpointLoaderSimple", "errors": [NODE_ERROR]}},
}


@pytest.mark.parametrize(
    ("body", "words", "code"),
    [
        (OPENAI, "Slow down", "rate_limit"),
        (ANTHROPIC, "Overloaded", "overloaded_error"),
        ({"error": "model 'x' not found"}, "model 'x' not found", ""),
        ({"detail": "Not Found"}, "Not Found", ""),
        (A1111, "OutOfMemoryError; CUDA out of memory", ""),
        (FASTAPI, "not an integer", ""),
        (COMFYUI, "LoaderSimple 4: Value not in list; ckpt_name: 'x'", "invalid_prompt"),
        ({"message": "no", "code": 7}, "no", "7"),
    ],
)
def test_each_vendors_error_is_understood(body, words, code):
    said, its_code = refusals.words(json.dumps(body).encode())
    assert words in said
    assert its_code == code


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", ""),
        (b"upstream \n\n timed out", "upstream timed out"),
        (b"<html><head><TITLE>502\n Bad Gateway</TITLE>", "an HTML page: 502 Bad Gateway"),
        (b"<!doctype html><p>", "an HTML page"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"[" * 100_000, "[" * 399 + "…"),
        (b"null", "None"),
        (b'{"error": {}}', ""),
        (b'{"error": {"message": null}, "node_errors": [1]}', ""),
        (b'{"error": true}', ""),
    ],
)
def test_other_bodies_say_something_short(body, words):
    assert refusals.words(body)[0] == words


NAMES = st.sampled_from(["error", "message", "detail", "node_errors", "errors", "type"])
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5)


@given(
    st.recursive(LEAVES, lambda x: st.lists(x, max_size=3) | st.dictionaries(NAMES, x, max_size=3))
)
def test_no_error_object_is_too_strange(data):
    said, code = refusals.said(data)
    assert isinstance(said, str)
    assert isinstance(code, str)
    assert len(said) <= 400


class Nodes(dict):
    """Counts how many of its items are looked at."""

    seen = 0

    def items(self):
        for item in super().items():
            self.seen += 1
            yield item


def test_of_a_workflow_with_thousands_of_errors_the_first_are_looked_at():
    nodes = Nodes({str(n): {"class_type": "K" * 999, "errors": [f"e{n}"]} for n in range(9_000)})
    said, _ = refusals.said({"error": {"message": "no"}, "node_errors": nodes})
    assert said.startswith("no; KKKK")
    assert len(said) <= 400
    assert nodes.seen <= 20


# Compressed bodies

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


# Deadlines and clients


@pytest.mark.parametrize("name", ["connect", "between", "total"])
@pytest.mark.parametrize("value", [0, -1, "3", True, float("nan")])
def test_a_deadline_is_a_number_of_seconds_above_0(name, value):
    with pytest.raises(ValueError, match=f"{name} is a number of seconds"):
        Deadlines(**{name: value})


def test_a_client_shows_its_address_and_no_more():
    client = Client("http://me:canary-word@127.0.0.1:8000/v1/")
    assert repr(client) == "Client('http://127.0.0.1:8000/v1')"
    assert client.key is not None
    assert "canary" not in repr(vars(client))
