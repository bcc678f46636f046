"""``chat`` gives a stream that counts what it has read and says how it ended."""

from __future__ import annotations

import math

import pytest

from nbkit.llm.chat import ChatStream, chat
from nbkit.llm.replay import replay, transcripts
from nbkit.testing import run


@pytest.mark.parametrize("name", transcripts())
async def test_a_replay_is_a_model_like_any_other(name):
    stream = chat("Tell me a story", model=f"replay:{name}", speed=math.inf, temperature=0.2)
    assert stream.model == f"replay:{name}"
    assert (stream.text, stream.usage, stream.finish_reason) == ("", None, None)
    read = ""
    async for delta in stream:
        read += delta
        assert stream.text == read
    assert read == "".join([delta async for delta in replay(name, math.inf)])
    assert stream.finish_reason == "stop"
    assert await anext(stream, None) is None


def test_a_chat_that_is_closed_ends_and_has_no_reason_to_have_stopped():
    async def main():
        stream = chat([{"role": "user", "content": "Hello"}], model="replay:robot")
        first = await anext(stream)
        await stream.aclose()
        await stream.aclose()
        assert [delta async for delta in stream] == []
        assert stream.text == first
        assert stream.finish_reason is None

    run(main)


async def test_what_cannot_be_closed_need_not_be():
    class Deltas:
        def __aiter__(self):
            return self

        async def __anext__(self):
            return "again "

    stream = ChatStream(Deltas(), model="parrot")
    assert [await anext(stream) for _ in range(3)] == ["again "] * 3
    assert stream.text == "again again again "
    await stream.aclose()


@pytest.mark.parametrize("model", ["robot", "replay", "openai:", "", ":robot", "Replay:robot"])
def test_an_unknown_provider_is_refused_naming_what_there_is(model):
    with pytest.raises(ValueError, match="the recordings replay:balloon, ") as caught:
        chat("Hello", model=model)
    assert repr(model) in str(caught.value)


def test_an_unknown_recording_is_refused_naming_what_there_is():
    with pytest.raises(ValueError, match="'nowhere'; there are: balloon"):
        chat("Hello", model="replay:nowhere")


def test_a_model_is_named_by_a_str():
    with pytest.raises(TypeError, match="not int"):
        chat("Hello", model=4)


def test_the_stream_says_what_it_is_without_its_text():
    assert repr(chat("secret", model="replay:robot")) == "<ChatStream 'replay:robot'>"


def test_an_unknown_api_is_refused_naming_those_of_the_provider():
    with pytest.raises(
        ValueError, match=r"openai.*no api 'soap'; it has 'completions', 'responses'"
    ):
        chat("hello", model="openai:any", api="soap", api_key="sk-none")


@pytest.mark.parametrize(
    ("model", "variable"),
    [
        ("openai:x", "OPENAI_BASE_URL"),
        ("anthropic:x", "ANTHROPIC_BASE_URL"),
        ("ollama:x", "OLLAMA_HOST"),
    ],
)
def test_what_is_no_address_is_told_by_the_name_of_what_gave_it(monkeypatch, model, variable):
    monkeypatch.setenv(variable, "http://there:port/v1")
    with pytest.raises(ValueError, match=f"{variable} is no address: Port"):
        chat("Hello", model=model)
    with pytest.raises(ValueError, match="base_url is no address: Port"):
        chat("Hello", model=model, base_url="http://there:port")
    with pytest.raises(TypeError, match="base_url is a str, not int"):
        chat("Hello", model=model, base_url=8000)


@pytest.mark.parametrize("what", ["system", "illustrate"])
def test_a_system_text_that_is_none_is_a_type_error(what):
    with pytest.raises(TypeError, match="a system text is a str, not int"):
        chat("Hello", model="ollama:x", **{what: 5})
