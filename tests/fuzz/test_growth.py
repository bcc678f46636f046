"""What four times as many outside bytes cost: about four times as many steps, and no more kept.

Steps are the calls that Python and its C functions make: no clock is asked. Work within one C call
is not seen; the fuzzer's own timeout is there for that.
"""

from __future__ import annotations

import gzip
import json
import sys
import tracemalloc
from collections.abc import Callable, Iterable

import pytest
from settled import settle

from nbkit._http import refusals
from nbkit._http.events import EventDecoder, LineDecoder
from nbkit._http.inflate import Inflater
from nbkit.detector import PromptDetector
from nbkit.images._comfyui.progress import Progress
from nbkit.llm.suggest import _insert, _prompts

FEW, MANY = 400, 1_600


def steps(function: Callable[[], object]) -> int:
    """Count the calls that a function makes."""
    count = 0

    def step(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(step)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


def fed(feed: Callable[[bytes], Iterable[object]], pieces: Iterable[bytes]) -> None:
    for piece in pieces:
        for _ in feed(piece):
            pass


def workflow(count: int) -> bytes:
    nodes = {str(n): {"errors": [{"message": f"error {n}"}]} for n in range(count)}
    return json.dumps({"error": {"message": "no"}, "node_errors": nodes}).encode()


def states(count: int) -> str:
    nodes = {str(n): {"value": n, "max": count, "state": "running"} for n in range(count)}
    return json.dumps({"type": "progress_state", "data": {"nodes": nodes}})


def prompted(text: str) -> None:
    detector = PromptDetector()
    for at in range(0, len(text), 3):
        detector.feed(text[at : at + 3])
    detector.flush()


def suggested(count: int) -> None:
    answer = json.dumps([{"passage": 1 + n % 9, "prompt": f"fox {n}"} for n in range(count)])
    _insert("text " * count, [(5 * at, prompt) for at, prompt in _prompts(answer, 9) or []])


COSTS = {
    "events": lambda n: fed(EventDecoder().feed, [b"event: e\ndata: x\n\n"] * n),
    "an event of many lines": lambda n: fed(EventDecoder().feed, [b"data: x\n" * n, b"\n"]),
    "an event without end": lambda n: fed(EventDecoder().feed, [b"data: x"] * n),
    "ends of lines": lambda n: fed(EventDecoder().feed, [b"\r"] * n),
    "lines of JSON": lambda n: fed(LineDecoder().feed, [b'{"a": 1}\n', b"\n"] * n),
    "a line without end": lambda n: fed(LineDecoder().feed, [b'"x"'] * n),
    "a compressed body": lambda n: fed(Inflater("gzip").feed, [gzip.compress(bytes(n * 8_192))]),
    "errors of a workflow": lambda n: refusals.words(workflow(n)),
    "titles of a page": lambda n: refusals.words(b"<title>" * n),
    "nodes of a job": lambda n: Progress({"1": {"inputs": {}}}, "p").take(states(n)),
    "suggestions": suggested,
    "brackets": lambda n: _prompts("[{" * (n // 4), 3),
    "tags": lambda n: prompted('<!--img-prompt="a fox"--> ' * (n // 4)),
    "beginnings of tags": lambda n: prompted("<!--img-prompt=" * (n // 4)),
    "a tag without end": lambda n: prompted('<!--img-prompt="' + "x" * n),
}


@pytest.mark.parametrize("parse", COSTS.values(), ids=COSTS)
def test_four_times_as_much_takes_about_four_times_as_many_steps(parse):
    parse(FEW)  # what is made once
    few, many = (steps(lambda n=n: parse(n)) for n in (FEW, MANY))
    assert many <= 5 * few + 200


KEPT = {
    "events": (lambda: EventDecoder().feed, b"id: 1\nevent: e\ndata: x\n\n"),
    "comments": (lambda: EventDecoder().feed, b": alive\n"),
    "names of events": (lambda: EventDecoder().feed, b"event: name\nid: 5\n"),
    "lines of JSON": (lambda: LineDecoder().feed, b'{"a": 1}\n'),
    "blank lines": (lambda: LineDecoder().feed, b" \r\n"),
}


@pytest.mark.parametrize(("make", "piece"), KEPT.values(), ids=KEPT)
def test_nothing_is_kept_of_what_has_been_given(make, piece):
    feed = make()
    fed(feed, [piece] * 10)
    settle()
    tracemalloc.start()
    try:
        fed(feed, [piece] * 5_000)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 5_000
