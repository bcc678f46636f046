"""What is small on the wire and huge once it is undone takes neither the memory nor the loop."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from faults.runs import KEY, chat, outcome, session
from faults.stories import COMPLETIONS, OLLAMA, Form, at_address, bomb, picture, wide_png
from faults.wire import Script, answer

from nbkit.errors import BackendError, ServerAnswerError
from nbkit.images.openai import OpenAIImageBackend
from nbkit.models import Deadlines
from nbkit.pixels import check_image

ONE = 'A <!--img-prompt="a fox"--> sat.'
PEAK = 150  # megabytes above what the process had; 40 MB of an answer are taken, and then copied
GIGABYTE = 1_000


@pytest.fixture
def peak() -> Callable[[], float]:
    """Return how to ask for the memory that the test has needed at most, in megabytes."""
    Path("/proc/self/clear_refs").write_text("5", "ascii")  # the high-water mark begins anew

    def rss(name: str) -> float:
        found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
        assert found
        return int(found[1]) / 1_000

    before = rss("VmRSS")
    return lambda: rss("VmHWM") - before


def packed(filling: bytes, form: Form) -> Script:
    body = bomb(form.delta("Once "), filling, GIGABYTE)
    return (answer(body, form.media_type, "Content-Encoding: gzip"),)


TEXTS = [
    pytest.param(COMPLETIONS, b"x", "more than 1000000", id="a line without an end"),
    pytest.param(COMPLETIONS, b"data:\n", "more than 1000000", id="an event of empty lines"),
    pytest.param(COMPLETIONS, b": alive\n", "longer than 10.0 MB", id="signs of life"),
    pytest.param(COMPLETIONS, b"\n", "longer than 10.0 MB", id="ends of line"),
    pytest.param(COMPLETIONS, COMPLETIONS.delta("x"), "longer than 10.0 MB", id="deltas"),
    pytest.param(OLLAMA, b"x", "more than 1000000", id="a line of JSON without an end"),
    pytest.param(OLLAMA, b"\n", "longer than 10.0 MB", id="blank lines"),
]


@pytest.mark.parametrize(("form", "filling", "says"), TEXTS)
async def test_a_compressed_stream_that_hides_a_gigabyte_is_given_up(
    form, filling, says, serve, peak
):
    peer = await serve(packed(filling, form))
    # All of it is undone, which takes its time where each line is counted for coverage.
    one = session(chat(form, peer.url, timeout=Deadlines(between=60.0)))
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    error = await outcome(one)
    counting.cancel()
    await asyncio.gather(counting, return_exceptions=True)
    assert type(error.__cause__) is ServerAnswerError
    assert says in str(error)
    assert one.text.startswith("Once ")
    assert len(peer.requests) == 1
    assert turns > 10
    assert peak() < PEAK


@pytest.mark.parametrize("fetched", [False, True], ids=["in JSON", "at an address"])
async def test_a_compressed_picture_that_hides_a_gigabyte_is_given_up(fetched, serve, peak):
    body = bomb(picture() if fetched else b'{"data": [{"b64_json": "', b"A", GIGABYTE)
    bombed = (answer(body, "application/json", "Content-Encoding: gzip"),)
    at = (answer(at_address("/1.png"), "application/json"),)
    peer = await serve(*([at, bombed] if fetched else [bombed]))
    backend = OpenAIImageBackend("m", base_url=peer.url, api_key=KEY)
    one = session(ONE, backend)
    assert await outcome(one) is None
    (result,) = one.images
    assert type(result.error.__cause__) is ServerAnswerError
    assert "longer than 40.0 MB" in str(result.error)
    assert result.attempts == 1
    assert peak() < PEAK


async def test_a_refusal_that_hides_a_gigabyte_is_told(serve, peak):
    body = bomb(b"the reason ", b"boom ", GIGABYTE)
    peer = await serve((answer(body, "text/plain", "Content-Encoding: gzip", status="400 X"),))
    error = await outcome(session(chat(COMPLETIONS, peer.url)))
    assert "answered 400 Bad Request: the reason boom" in str(error)
    assert peak() < PEAK


def test_a_picture_of_400_megapixels_is_refused_by_its_head(peak):
    data = wide_png(20_000, 20_000)
    assert len(data) < 1_000_000
    with pytest.raises(BackendError, match="400 megapixels, at most 40"):
        check_image(data)
    assert peak() < PEAK
