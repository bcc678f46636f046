"""The ``openai:`` image backend against a real server."""

from __future__ import annotations

import pytest

import nbkit
from nbkit import BackendError, EncodedImage, ImageRequest, pixels
from nbkit.errors import ServerAnswerError, ServerDisconnectedError, ServerRefusedError
from nbkit.images import resolve_backend
from nbkit.images.openai import OpenAIImageBackend
from nbkit.progress import ProgressManager
from nbkit.session import Session
from nbkit.testing import until

REQUEST = ImageRequest("a red boat on a lake", seed=5, width=96, height=64)


def backend(server, **options):
    return OpenAIImageBackend("painter", base_url=f"{server.url}/v1", **options)


async def make(made_by, request=REQUEST):
    previews = []
    image = await made_by.generate(request, on_preview=previews.append)
    return image, previews


async def test_a_picture_comes_as_base64_or_by_address_and_is_the_painters(server):
    plain, previews = await make(backend(server))
    by_address, _ = await make(backend(server, response_format="url"))
    painted, _ = await make(resolve_backend("sketch?duration=0"))
    assert (plain.width, plain.height) == (96, 64)
    assert plain == by_address
    assert previews == []
    assert plain == EncodedImage(plain.data, "image/png", 96, 64)
    assert pixels.check_image(painted.data).width == 96


async def test_seeds_and_sizes_pass_through(server):
    same, _ = await make(backend(server))
    again, _ = await make(backend(server))
    other, _ = await make(backend(server), ImageRequest(REQUEST.prompt, 6, 96, 64))
    square, _ = await make(backend(server), ImageRequest(REQUEST.prompt, 5, width=96))
    assert same == again
    assert same.data != other.data
    assert (square.width, square.height) == (96, 96)


@pytest.mark.parametrize("count", [1, 3])
async def test_partial_images_are_previews_that_rise_and_can_be_seen(server, count):
    image, previews = await make(backend(server, partial_images=count))
    assert [each.fraction for each in previews] == [(i + 1) / (count + 1) for i in range(count)]
    assert all(pixels.check_image(each.image.data).width <= 96 for each in previews)
    assert image == (await make(backend(server)))[0]


async def test_a_plain_answer_to_a_streaming_request_is_taken(server):
    image, previews = await make(backend(server, partial_images=2, stream=False))
    assert previews == []
    assert image == (await make(backend(server)))[0]


async def test_parameters_of_the_spec_string_are_sent(server, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
    spec = resolve_backend("openai:painter?quality=low&output_format=jpeg&partial_images=1")
    image, previews = await make(spec)
    assert image.media_type == "image/jpeg"
    assert len(previews) == 1
    assert repr(spec) == f"OpenAIImageBackend('painter', base_url='{server.url}/v1')"


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("openai:m?colour=red", "'openai' has no parameter 'colour'; it has base_url"),
        ("openai:m?partial_images=few", "partial_images='few' is no int"),
        ("openai:m?partial_images=4", "from 0 to 3, not 4"),
        ("openai:m?base_url=nowhere", "an address such as"),
    ],
)
def test_a_wrong_spec_is_told_at_once(spec, says):
    with pytest.raises(ValueError, match=says):
        resolve_backend(spec)


@pytest.mark.parametrize(
    ("fault", "partial", "told"),
    [
        ("status=400", 0, (ServerRefusedError, False)),
        ("status=503, retry-after=7", 0, (ServerRefusedError, True)),
        ("cut=0.5", 0, (ServerDisconnectedError, True)),
        ("cut=0.5", 2, (ServerDisconnectedError, True)),
        ("garbage", 0, (ServerAnswerError, False)),
        ("garbage", 2, (ServerAnswerError, False)),
        ("html", 0, (ServerAnswerError, False)),
        ("html", 2, (ServerAnswerError, False)),
        ("redirect=http://127.0.0.1:9/", 0, (ServerRefusedError, False)),
    ],
)
async def test_a_fault_is_a_typed_error_with_its_reason(server, admin, fault, partial, told):
    admin.post("/admin/faults", json={"fault": fault, "count": 1}).raise_for_status()
    with pytest.raises(BackendError, match=server.url) as caught:
        await make(backend(server, partial_images=partial))
    error = caught.value
    assert (type(error.__cause__), error.retryable) == told
    assert error.retry_after == (7.0 if "retry-after" in fault else None)
    assert error.prompt == REQUEST.prompt


async def test_a_cancelled_picture_is_stopped_on_the_server(server, admin):
    admin.post("/admin/faults", json={"fault": "stall=0.5", "count": 1}).raise_for_status()
    session = Session(
        '<!--img-prompt="a hill"-->',
        images=backend(server),
        message_id=1,
        progress_manager=ProgressManager(),
    )
    session.start()
    asked = "/v1/images/generations"

    def outcomes():
        return [
            each["outcome"]
            for each in admin.get("/admin/requests").json()["requests"]
            if each["path"] == asked
        ]

    await until(lambda: outcomes() == ["running"])
    session.cancel()
    await session
    assert [each.status for each in session.images] == ["cancelled"]
    await until(lambda: outcomes() == ["cancelled"])


async def test_a_story_with_its_pictures_from_the_server(server, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
    session = nbkit.illustrate(
        nbkit.chat("Tell me", model="openai:robot"),
        images="openai:painter?partial_images=1",
        width=128,
        height=128,
        seed=1,
        preview=False,
        progress=False,
    )
    await session
    assert {each.status for each in session.images} == {"succeeded"}
    assert session.progress.succeeded == session.progress.total == len(session.images) > 1
