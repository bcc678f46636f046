"""Streams of langchain-core's models make the same story as their text."""

from __future__ import annotations

import threading

import pytest
from langchain_core.language_models import FakeListChatModel, GenericFakeChatModel
from langchain_core.language_models.fake import FakeStreamingListLLM
from langchain_core.messages import AIMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from same_story import TEXT, the_same_story

import nbkit
from nbkit.testing import until


def by_words():
    return GenericFakeChatModel(messages=iter([AIMessage(content=TEXT)]))


def by_characters():
    return FakeListChatModel(responses=[TEXT])


def completing():
    return FakeStreamingListLLM(responses=[TEXT])


@pytest.mark.parametrize("model", [by_words, by_characters, completing])
async def test_a_models_stream_makes_the_same_story(model):
    assert await the_same_story(model().stream("a story, please"))


@pytest.mark.parametrize("model", [by_words, by_characters, completing])
async def test_a_models_async_stream_makes_the_same_story(model):
    assert await the_same_story(model().astream("a story, please"))


@pytest.mark.parametrize("model", [by_words, completing])
async def test_a_models_events_make_the_same_story(model):
    assert await the_same_story(model().astream_events("a story, please", version="v2"))


async def test_a_chains_events_count_each_text_once():
    chain = ChatPromptTemplate.from_messages([("user", "{what}")]) | by_words() | StrOutputParser()
    assert await the_same_story(chain.astream_events({"what": "a story"}, version="v2"))


@pytest.mark.filterwarnings("ignore:.*is in beta")
async def test_a_models_protocol_events_make_the_same_story():
    assert await the_same_story(by_words().stream_events("a story, please", version="v3"))
    stream = await by_words().astream_events("a story, please", version="v3")
    assert await the_same_story(stream)


async def test_a_reply_that_was_invoked_makes_the_same_story():
    assert await the_same_story(by_words().invoke("a story, please"))


async def test_a_model_itself_is_refused_by_name():
    with pytest.raises(TypeError, match="GenericFakeChatModel"):
        nbkit.illustrate(by_words(), preview=False, progress=False)


async def test_a_cancelled_session_closes_the_models_stream_in_its_thread():
    log = []

    class Patient(FakeListChatModel):
        def _stream(self, *args, **kwargs):
            try:
                while True:
                    yield from super()._stream(*args, **kwargs)
            finally:
                log.append(threading.current_thread().name)

    stream = Patient(responses=["on and on "]).stream("a story, please")
    session = nbkit.illustrate(stream, preview=False, progress=False)
    await until(lambda: "on and on on" in session.text)
    session.cancel()
    await session
    assert session.status == "cancelled"
    await until(lambda: log == ["nbkit-source"])
