"""``chat`` against a real server, in each wire format: the same story, and what is known of it."""

from __future__ import annotations

import math

import pytest

import nbkit
from nbkit.errors import ServerRefusedError, StreamError
from nbkit.progress import ProgressManager
from nbkit.session import Session
from nbkit.testing import until

FORMS = {
    "completions": ("openai:lighthouse", "/v1", {}),
    "completions, whole": ("openai:lighthouse", "/v1", {"stream": False}),
    "responses": ("openai:lighthouse", "/v1", {"api": "responses"}),
    "responses, whole": ("openai:lighthouse", "/v1", {"api": "responses", "stream": False}),
    "messages": ("anthropic:lighthouse", "", {"api_key": "any"}),
    "messages, with the path": ("anthropic:lighthouse", "/v1", {}),
    "messages, whole": ("anthropic:lighthouse", "", {"stream": False}),
    "ollama": ("ollama:lighthouse", "", {}),
    "ollama, whole": ("ollama:lighthouse", "", {"stream": False}),
}


def requests(admin):
    return admin.get("/admin/requests").json()["requests"]


async def first(stream):
    try:
        return await anext(stream)
    finally:
        await stream.aclose()


async def story():
    return "".join([delta async for delta in nbkit.replay("lighthouse", math.inf)])


def ask(server, form, **options):
    model, path, own = FORMS[form]
    return nbkit.chat("Tell me", model=model, base_url=server.url + path, **{**own, **options})


@pytest.fixture(params=FORMS)
def form(request):
    return request.param


async def test_the_same_story_comes_text_and_images(server, form):
    session = Session(
        ask(server, form),
        images="sketch?duration=0",
        seed=7,
        message_id=1,
        progress_manager=ProgressManager(),
    )
    await session
    assert session.text == await story()
    plain = Session(
        await story(),
        images="sketch?duration=0",
        seed=7,
        message_id=1,
        progress_manager=ProgressManager(),
    )
    await plain
    assert session.to_html() == plain.to_html()
    assert [each.image.data for each in session.images] == [i.image.data for i in plain.images]
    assert len(session.images) == 3


async def test_usage_finish_reason_and_model_are_on_the_stream(server, form):
    stream = ask(server, form)
    assert (stream.usage, stream.finish_reason, stream.text) == (None, None, "")
    deltas = [delta async for delta in stream]
    assert stream.text == "".join(deltas) == await story()
    assert stream.finish_reason == "stop"
    assert stream.usage["input_tokens"] > 0
    assert stream.usage["output_tokens"] > 100
    assert stream.model == FORMS[form][0]
    assert await anext(stream, None) is None
    assert (len(deltas) == 1) is ("whole" in form)


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("completions", {"reasoning_effort": "low"}),
        ("responses", {"reasoning": {"effort": "low"}}),
        ("messages", {"thinking": {"type": "enabled", "budget_tokens": 1_024}}),
        ("ollama", {"think": True}),
    ],
)
async def test_reasoning_is_kept_apart_from_the_text(server, form, options):
    stream = ask(server, form, **options)
    async for _ in stream:
        pass
    assert stream.reasoning
    assert stream.text == await story()


async def test_what_is_asked_reaches_the_server(server, admin):
    stream = nbkit.chat(
        "Say this",
        model="openai:echo",
        base_url=f"{server.url}/v1",
        system="Be brief.",
        temperature=0.5,
    )
    assert "".join([delta async for delta in stream]) == "Say this"
    (asked,) = requests(admin)
    assert asked["prompt"] == "Say this"
    assert asked["model"] == "echo"


async def test_a_conversation_goes_as_it_is(server):
    messages = [
        {"role": "user", "content": "One"},
        {"role": "assistant", "content": "Two"},
        {"role": "user", "content": "Three"},
    ]
    for model, path in (("openai:echo", "/v1"), ("anthropic:echo", ""), ("ollama:echo", "")):
        stream = nbkit.chat(messages, model=model, base_url=server.url + path)
        assert "".join([delta async for delta in stream]) == "Three"


async def test_a_key_is_taken_from_the_variable_or_the_argument(monkeypatch):
    from nbkit.serve import Server

    with Server(rate=2_000, image_seconds=0, key="sk-right") as server:
        for form, variable in (
            ("completions", "OPENAI_API_KEY"),
            ("messages", "ANTHROPIC_API_KEY"),
            ("ollama", "OLLAMA_API_KEY"),
        ):
            monkeypatch.setenv(variable, "sk-wrong-canary")
            given = {"api_key": None} if form == "messages" else {}
            with pytest.raises(StreamError, match="401") as caught:
                await first(ask(server, form, **given))
            assert isinstance(caught.value.__cause__, ServerRefusedError)
            assert caught.value.__cause__.status == 401
            assert "canary" not in str(caught.value)
            monkeypatch.setenv(variable, "sk-right")
            assert await first(ask(server, form, **given))
            monkeypatch.setenv(variable, "sk-wrong")
            assert await first(ask(server, form, api_key="sk-right"))


@pytest.mark.parametrize("form", ["completions", "messages", "ollama"])
async def test_a_server_that_is_busy_at_first_is_asked_again(server, admin, form):
    admin.post("/admin/faults", json={"fault": "status=503", "count": 1}).raise_for_status()
    stream = ask(server, form)
    assert "".join([delta async for delta in stream]) == await story()
    assert len(requests(admin)) == 2


async def test_a_refusal_is_told_and_not_repeated(server, admin):
    admin.post("/admin/faults", json={"fault": "status=400", "count": 3}).raise_for_status()
    with pytest.raises(StreamError, match=r"no more of openai:lighthouse: .*answered 400"):
        await first(ask(server, "completions"))
    assert len(requests(admin)) == 1


async def test_a_stream_that_breaks_keeps_its_text_and_finishes_its_images(server, admin):
    admin.post("/admin/faults", json={"fault": "cut=0.6", "count": 1}).raise_for_status()
    session = Session(
        ask(server, "completions"),
        images="sketch?duration=0",
        message_id=1,
        progress_manager=ProgressManager(),
    )
    with pytest.raises(StreamError):
        await session
    assert session.status == "failed"
    assert session.text
    assert (await story()).startswith(session.text)
    assert session.images
    assert all(each.status == "succeeded" for each in session.images)
    assert len(requests(admin)) == 1


async def test_a_cancelled_session_lets_its_server_stop(server, admin):
    stream = nbkit.chat("Tell me", model="openai:lighthouse", base_url=f"{server.url}/v1")
    session = Session(
        stream, images="sketch?duration=0", message_id=1, progress_manager=ProgressManager()
    )
    admin.post("/admin/faults", json={"fault": "stall=0.3", "count": 1}).raise_for_status()
    session.start()
    await until(lambda: bool(session.text))
    session.cancel()
    await session
    assert session.status == "cancelled"
    await until(lambda: requests(admin)[-1]["outcome"] == "cancelled")


async def test_prompts_are_suggested_for_a_text_without_any(server):
    text = (
        "# A day\n\nA fox in the snow.\n\n- one\n- two\n\n```\ncode\n```\n\nA red boat at noon.\n"
    )
    options = {"model": "openai:prompts", "base_url": f"{server.url}/v1"}
    told = await nbkit.suggest_prompts(text, count=2, **options)
    detector = nbkit.PromptDetector()
    pieces = [*detector.feed(told), *detector.flush()]
    found = [piece for piece in pieces if isinstance(piece, nbkit.ImagePrompt)]
    assert len(found) == 2
    assert "fox" in found[0].text
    kept = "".join(piece for piece in pieces if isinstance(piece, str))
    assert [line for line in kept.splitlines() if line] == [
        line for line in text.splitlines() if line
    ]
    assert await nbkit.suggest_prompts(told, **options) == told
