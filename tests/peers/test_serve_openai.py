"""``nbkit serve`` as the openai package sees it."""

from __future__ import annotations

import base64

import httpx
import openai
import pytest

from nbkit.llm.replay import replay
from nbkit.pixels import check_image

LIGHTHOUSE = "".join(text for _, text in replay("lighthouse").deltas)
HELLO = [{"role": "user", "content": "Hello, you there"}]


@pytest.fixture
def client(server):
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="any", max_retries=0) as client:
        yield client


def test_a_chat_completion_streams_the_recording_that_the_model_names(client):
    with client.chat.completions.create(
        model="lighthouse", messages=HELLO, stream=True, stream_options={"include_usage": True}
    ) as stream:
        chunks = list(stream)
    assert "".join(c.choices[0].delta.content or "" for c in chunks[:-1]) == LIGHTHOUSE
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [c.choices[0].finish_reason for c in chunks[-3:-1]] == [None, "stop"]
    assert {c.id for c in chunks} == {chunks[0].id}
    usage = chunks[-1].usage
    assert chunks[-1].choices == []
    assert usage.prompt_tokens == 4  # three words at 1.3 a word, rounded up
    assert usage.completion_tokens == len(replay("lighthouse").deltas)
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


def test_usage_is_told_in_a_stream_only_where_it_is_asked_for(client):
    with client.chat.completions.create(model="echo", messages=HELLO, stream=True) as stream:
        assert all(chunk.usage is None and chunk.choices for chunk in stream)


def test_a_chat_completion_comes_whole_too(client):
    reply = client.chat.completions.create(model="echo", messages=HELLO)
    assert reply.choices[0].message.content == "Hello, you there"
    assert reply.choices[0].finish_reason == "stop"
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (4, 3)


def test_any_other_model_gives_the_servers_own_recording(client):
    assert (
        client.chat.completions.create(model="gpt-x", messages=HELLO).choices[0].message.content
        == LIGHTHOUSE
    )


def test_a_limit_of_tokens_cuts_a_reply_and_says_so(client):
    reply = client.chat.completions.create(
        model="echo", messages=HELLO, max_completion_tokens=2
    ).choices[0]
    assert (reply.message.content, reply.finish_reason) == ("Hello, you", "length")


def test_text_in_parts_is_text(client):
    parts = [{"type": "text", "text": "one "}, {"type": "text", "text": "two"}]
    reply = client.chat.completions.create(
        model="echo", messages=[{"role": "user", "content": parts}]
    )
    assert reply.choices[0].message.content == "one two"


def test_reasoning_is_apart_from_the_text_of_a_chat_completion(client):
    with client.chat.completions.create(
        model="echo", messages=HELLO, reasoning_effort="low", stream=True
    ) as stream:
        deltas = [chunk.choices[0].delta for chunk in stream]
    thought = [getattr(delta, "reasoning_content", None) for delta in deltas]
    assert "".join(filter(None, thought)).startswith("The question is clear")
    assert "".join(delta.content or "" for delta in deltas) == "Hello, you there"
    whole = client.chat.completions.create(model="echo", messages=HELLO, reasoning_effort="low")
    assert whole.choices[0].message.reasoning_content == "".join(filter(None, thought))


def test_passages_are_answered_with_prompts_of_their_own_words(client):
    text = (
        "Suggest pictures.\n\n[1] A red boat lay on the beach. It was *old*.\n"
        "[2] Rain fell.\n[3] A lighthouse stood on the rock.\n[4] Then a storm came up.\n"
    )

    def prompts(text):
        messages = [{"role": "user", "content": text}]
        reply = client.chat.completions.create(model="prompts", messages=messages)
        return reply.choices[0].message.content

    assert prompts(text) == (
        '[{"passage": 1, "prompt": "A red boat lay on the beach"}, '
        '{"passage": 2, "prompt": "Rain fell"}, '
        '{"passage": 3, "prompt": "A lighthouse stood on the rock"}]'
    )
    assert prompts(text + "\nAt most 1 prompt, please.").count("passage") == 1
    assert prompts(text + "\nFour image prompts, please.").count("passage") == 4
    assert prompts("No passages here.") == "[]"


def test_a_queued_reply_is_the_next_one_of_any_model_and_only_that(client, admin):
    admin.post("/admin/replies", json={"text": "As you were told."}).raise_for_status()
    said = [
        client.chat.completions.create(model="echo", messages=HELLO).choices[0].message.content
        for _ in range(2)
    ]
    assert said == ["As you were told.", "Hello, you there"]


def test_the_models_are_listed(client):
    names = [model.id for model in client.models.list()]
    assert {"lighthouse", "robot", "echo", "prompts", "sketch"} <= set(names)


def test_a_response_streams_its_events_in_order(client):
    with client.responses.stream(model="lighthouse", input="Hello") as stream:
        events = list(stream)
        final = stream.get_final_response()
    assert [e.sequence_number for e in events] == list(range(len(events)))
    assert [e.type for e in events[:4]] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
    ]
    assert [e.type for e in events[-4:]] == [
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    deltas = [e for e in events if e.type == "response.output_text.delta"]
    assert "".join(e.delta for e in deltas) == LIGHTHOUSE == final.output_text
    assert {e.item_id for e in deltas} == {final.output[0].id}
    assert final.usage.output_tokens == len(deltas)


def test_a_response_comes_whole_too_and_heeds_its_limit(client):
    whole = client.responses.create(model="echo", input=HELLO)
    assert (whole.status, whole.output_text) == ("completed", "Hello, you there")
    short = client.responses.create(model="echo", input=HELLO, max_output_tokens=1)
    assert (short.status, short.output_text) == ("incomplete", "Hello,")
    assert short.incomplete_details.reason == "max_output_tokens"


def test_reasoning_is_an_item_of_its_own_in_a_response(client):
    with client.responses.stream(
        model="echo", input="Hello", reasoning={"effort": "low", "summary": "auto"}
    ) as stream:
        events = list(stream)
        final = stream.get_final_response()
    thought = [e.delta for e in events if e.type == "response.reasoning_summary_text.delta"]
    assert "".join(thought) == final.output[0].summary[0].text
    assert [item.type for item in final.output] == ["reasoning", "message"]
    assert final.output_text == "Hello"
    assert final.usage.output_tokens_details.reasoning_tokens == len(thought)


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_an_image_comes_in_the_format_and_size_that_were_asked_for(client, kind):
    reply = client.images.generate(
        prompt="a lighthouse by the sea", size="96x64", output_format=kind
    )
    image = check_image(base64.b64decode(reply.data[0].b64_json))
    assert (image.media_type, image.width, image.height) == (f"image/{kind}", 96, 64)
    assert (reply.size, reply.output_format) == ("96x64", kind)


def test_an_image_comes_as_an_address_on_this_server(client, server):
    seed = {"seed": 7}
    data = client.images.generate(prompt="a robot", size="64x64", extra_body=seed).data[0]
    reply = client.images.generate(
        prompt="a robot", size="64x64", response_format="url", extra_body=seed
    )
    url = reply.data[0].url
    assert url.startswith(f"{server.url}/")
    answer = httpx.get(url)
    assert answer.headers["content-type"] == "image/png"
    assert answer.content == base64.b64decode(data.b64_json)


def test_several_images_are_several_pictures(client):
    reply = client.images.generate(prompt="a robot", size="64x64", n=3)
    assert len({image.b64_json for image in reply.data}) == 3


def test_another_seed_or_negative_prompt_is_another_picture(client):
    def picture(**extra):
        prompt = "a red boat on the sea"
        return client.images.generate(prompt=prompt, size="64x64", extra_body=extra).data[0]

    assert picture(seed=1) == picture(seed=1)
    assert picture(seed=1) != picture(seed=2)
    assert picture(seed=1) != picture(seed=1, negative_prompt="boat")


def test_partial_images_stream_before_the_whole(client):
    with client.images.generate(
        prompt="a lighthouse", size="64x64", stream=True, partial_images=2
    ) as stream:
        events = list(stream)
    assert [e.type.partition(".")[2] for e in events] == ["partial_image"] * 2 + ["completed"]
    assert [e.partial_image_index for e in events[:2]] == [0, 1]
    assert len({e.b64_json for e in events}) == 3
    for each in events:
        image = check_image(base64.b64decode(each.b64_json))
        assert (image.width, image.height) == (64, 64)
    assert events[-1].usage.total_tokens > 0


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"size": "big"}, "size is WIDTHxHEIGHT"),
        ({"size": "9000x9000"}, "from 32 to 2048"),
        ({"n": 11}, "n is from 1 to 10"),
        ({"output_format": "bmp"}, "output_format is one of"),
        ({"prompt": " "}, "prompt is empty"),
    ],
)
def test_what_cannot_be_painted_is_a_bad_request_that_says_so(client, asked, words):
    with pytest.raises(openai.BadRequestError, match=words):
        client.images.generate(**{"prompt": "a robot", **asked})


def test_what_is_no_conversation_is_a_bad_request_that_says_so(client):
    with pytest.raises(openai.BadRequestError, match="messages is a list"):
        client.chat.completions.create(model="echo", messages={})


def test_a_route_that_there_is_not_is_not_found(client):
    with pytest.raises(openai.NotFoundError, match="/v1/embeddings"):
        client.embeddings.create(model="x", input="x")
