"""Streams of litellm, which iterate both ways, are read the way they were made.

Its own mock answers: nothing is asked of any network.
"""

from __future__ import annotations

import os
import threading

import pytest
from same_story import TEXT, the_same_story

import nbkit
from nbkit._monitor.deltas import Pulled
from nbkit._monitor.sources import open_source
from nbkit._monitor.threaded import Threaded

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # or it is fetched when it is imported

litellm = pytest.importorskip("litellm")

# What litellm's own classes make pydantic say where they are first used.
pytestmark = pytest.mark.filterwarnings("ignore:Items? .* on TypedDict class:UserWarning")

ASKED = {
    "model": "gpt-4o",
    "messages": [{"role": "user", "content": "a story, please"}],
    "mock_response": TEXT,
}


async def test_a_sync_stream_makes_the_same_story():
    assert await the_same_story(litellm.completion(**ASKED, stream=True))


async def test_an_async_stream_makes_the_same_story():
    assert await the_same_story(await litellm.acompletion(**ASKED, stream=True))


async def test_a_whole_reply_makes_the_same_story():
    assert await the_same_story(litellm.completion(**ASKED))


async def test_a_text_completions_stream_makes_the_same_story():
    asked = {"model": "gpt-3.5-turbo-instruct", "prompt": "a story", "mock_response": TEXT}
    assert await the_same_story(litellm.text_completion(**asked, stream=True))


async def test_a_sync_stream_is_read_in_a_thread_and_an_async_one_on_the_loop():
    threads = []

    def seen(stream):
        for chunk in stream:
            threads.append(threading.current_thread().name)
            yield chunk

    sync = litellm.completion(**ASKED, stream=True)
    sync.completion_stream = seen(sync.completion_stream)
    assert isinstance(open_source(sync), Threaded)
    session = nbkit.illustrate(sync, images="sketch?duration=0", preview=False, progress=False)
    await session
    assert session.text == TEXT
    assert set(threads) == {"nbkit-source"}
    assert isinstance(open_source(await litellm.acompletion(**ASKED, stream=True)), Pulled)


@pytest.mark.parametrize("is_async", [False, True])
def test_a_stream_whose_lines_are_read_by_a_providers_own_iterator_is_told_too(is_async):
    # As its httpx handlers make them: the iterator has both ways, and its lines have one.
    from litellm.llms.base_llm.base_model_iterator import BaseModelResponseIterator

    async def on_the_loop():
        yield "data: [DONE]"

    lines = on_the_loop() if is_async else iter(["data: [DONE]"])
    stream = litellm.CustomStreamWrapper(
        completion_stream=BaseModelResponseIterator(lines, sync_stream=not is_async),
        model="m",
        logging_obj=litellm.completion(**ASKED, stream=True).logging_obj,
    )
    assert isinstance(open_source(stream), Pulled if is_async else Threaded)


async def test_an_error_in_mid_stream_keeps_the_text_and_names_it():
    stream = litellm.completion(**ASKED, stream=True)
    whole = stream.completion_stream

    def cut():
        for _ in range(5):
            yield next(whole)
        raise ConnectionError("the line is gone")

    stream.completion_stream = cut()
    session = nbkit.illustrate(stream, images="sketch?duration=0", preview=False, progress=False)
    with pytest.raises(nbkit.StreamError, match="the line is gone"):
        await session
    assert session.text
    assert TEXT.startswith(session.text)
