"""Streams of the vendors' own clients, over real sockets, make the same story as their text."""

from __future__ import annotations

import asyncio
import gc
from contextlib import asynccontextmanager

import anthropic
import httpx
import ollama
import openai
import pytest
from same_story import TEXT, the_same_story

import nbkit
from nbkit.serve import Server
from nbkit.testing import until

MESSAGES = [{"role": "user", "content": "a story, please"}]
CHAT = {"model": "robot", "messages": MESSAGES}
RESPONSE = {"model": "robot", "input": "a story, please"}
LONG = CHAT | {"max_tokens": 4_000}
THINKING = {"type": "enabled", "budget_tokens": 1_024}
GENERATE = {"model": "robot", "prompt": "a story, please"}


@asynccontextmanager
async def clients(url, headers=None):
    """The clients of one server, by name."""
    keyed = {"api_key": "none", "max_retries": 0, "default_headers": headers}
    one = openai.OpenAI(base_url=f"{url}/v1", **keyed)
    two = openai.AsyncOpenAI(base_url=f"{url}/v1", **keyed)
    three = anthropic.Anthropic(base_url=url, **keyed)
    four = anthropic.AsyncAnthropic(base_url=url, **keyed)
    five = ollama.Client(url, headers=headers)
    six = ollama.AsyncClient(url, headers=headers)
    try:
        yield {
            "openai": one,
            "aopenai": two,
            "anthropic": three,
            "aanthropic": four,
            "ollama": five,
            "aollama": six,
        }
    finally:
        for client in (one, three, five):
            client.close()
        for client in (two, four, six):
            await client.close()


class Case:
    """A request to one of the clients: what it gives is the source."""

    def __init__(self, client, call, **asked):
        self.client, self.call, self.asked = client, call, asked

    @property
    def on_loop(self):
        return self.client in {"aopenai", "aanthropic", "aollama"}

    def __str__(self):
        extra = [name for name in self.asked if name not in (*LONG, "input", "prompt")]
        return " ".join([self.client, self.call, *extra])

    async def ask(self, clients):
        function = clients[self.client]
        for name in self.call.split("."):
            function = getattr(function, name)
        if self.call.endswith(".stream"):  # a manager: it asks when it is entered
            return function(**self.asked)
        if self.on_loop:
            return await function(**self.asked)
        return await asyncio.to_thread(function, **self.asked)


STREAMS = [
    *(
        case
        for client in ("openai", "aopenai")
        for case in (
            Case(client, "chat.completions.create", stream=True, **CHAT),
            Case(client, "chat.completions.create", stream=True, reasoning_effort="low", **CHAT),
            Case(client, "chat.completions.stream", **CHAT),
            Case(client, "responses.create", stream=True, **RESPONSE),
            Case(client, "responses.create", stream=True, reasoning={"effort": "low"}, **RESPONSE),
            Case(client, "responses.stream", **RESPONSE),
        )
    ),
    *(
        case
        for client in ("anthropic", "aanthropic")
        for case in (
            Case(client, "messages.create", stream=True, **LONG),
            Case(client, "messages.create", stream=True, thinking=THINKING, **LONG),
            Case(client, "messages.stream", **LONG),
            Case(client, "messages.stream", thinking=THINKING, **LONG),
        )
    ),
    *(
        case
        for client in ("ollama", "aollama")
        for case in (
            Case(client, "chat", stream=True, **CHAT),
            Case(client, "chat", stream=True, think=True, **CHAT),
            Case(client, "generate", stream=True, **GENERATE),
        )
    ),
]

WHOLE = [
    Case("openai", "chat.completions.create", **CHAT),
    Case("openai", "responses.create", **RESPONSE),
    Case("anthropic", "messages.create", **LONG),
    Case("ollama", "chat", **CHAT),
    Case("ollama", "generate", **GENERATE),
]


@pytest.mark.parametrize("case", STREAMS, ids=str)
async def test_a_clients_stream_makes_the_same_story(server, case):
    async with clients(server.url) as made:
        assert await the_same_story(await case.ask(made))


@pytest.mark.parametrize("case", WHOLE, ids=str)
async def test_a_clients_whole_reply_makes_the_same_story(server, case):
    async with clients(server.url) as made:
        assert await the_same_story(await case.ask(made))


async def test_openais_helper_that_somebody_has_entered_makes_the_same_story(server):
    async with clients(server.url) as made:
        with made["openai"].chat.completions.stream(**CHAT) as stream:
            assert await the_same_story(stream)
        async with made["aopenai"].chat.completions.stream(**CHAT) as stream:
            assert await the_same_story(stream)


async def test_anthropics_helper_that_somebody_has_entered_makes_the_same_story(server):
    async with clients(server.url) as made:
        with made["anthropic"].messages.stream(**LONG) as stream:
            assert await the_same_story(stream)
        async with made["aanthropic"].messages.stream(**LONG) as stream:
            assert await the_same_story(stream.text_stream)


async def outcomes(url):
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{url}/admin/requests")
        return [request["outcome"] for request in answer.json()["requests"]]


@pytest.fixture(scope="module")
def slow():
    """A server whose replies take a minute."""
    with Server(rate=20) as server:
        yield server


def start(source):
    return nbkit.illustrate(source, images="sketch?duration=0", preview=False, progress=False)


THOUGHTFUL = {"reasoning", "reasoning_effort", "thinking", "think"}
PLAIN = [case for case in STREAMS if not THOUGHTFUL & set(case.asked)]


async def half(url, case):
    """What has come when half of a case's body has."""
    async with clients(url, {"x-nbkit-fault": "cut=0.5"}) as made:
        session = start(await case.ask(made))
        with pytest.raises(nbkit.StreamError):
            await session
        return session.text


@pytest.mark.parametrize("case", PLAIN, ids=str)
async def test_a_stream_that_is_cut_keeps_its_text_and_says_so(server, case):
    text = await half(server.url, case)
    assert text
    assert TEXT.startswith(text)


@pytest.mark.parametrize("case", PLAIN, ids=str)
async def test_cancelling_a_session_ends_the_connection(server, slow, case):
    """Also while no event comes, but for ollama's own client read in a thread."""
    url, fault, so_far = slow.url, None, TEXT[:1]
    if case.client != "ollama":
        url, fault = server.url, {"x-nbkit-fault": "stall=0.5"}
        so_far = await half(url, case)
    async with clients(url, fault) as made:
        before = len(await outcomes(url))
        session = start(await case.ask(made))
        await until(lambda: len(session.text) >= len(so_far))
        session.cancel()
        await session
        assert session.status == "cancelled"
        assert TEXT.startswith(session.text)

        async def closed():
            return (await outcomes(url))[before:] == ["cancelled"]

        await until(closed)
    session = None
    gc.collect()  # what was left open would warn, and warnings are errors


async def test_a_request_that_a_manager_makes_and_is_refused_is_a_stream_error(server):
    async with clients(server.url, {"x-nbkit-fault": "status=503"}) as made:
        for client in ("openai", "aopenai"):
            session = start(made[client].chat.completions.stream(**CHAT))
            with pytest.raises(nbkit.StreamError, match="fault"):
                await session
