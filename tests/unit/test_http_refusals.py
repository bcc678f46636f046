"""What a server's refusal says: when to ask again, and which words of its body."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbkit._http import refusals


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
