"""``images="a1111:..."`` against ``nbkit serve``, over real sockets."""

from __future__ import annotations

import asyncio
import itertools
import socket

import httpx
import pytest
from peers.pictures_kit import FOX, asked, painted, pixels, same
from queue_kit import others

from nbkit.errors import BackendError, ServerError
from nbkit.images.a1111 import A1111Backend
from nbkit.images.resolve import resolve_backend
from nbkit.models import ImageRequest
from nbkit.serve import Server
from nbkit.testing import until

TXT2IMG = "/sdapi/v1/txt2img"


@pytest.fixture
async def peer(slow):
    """A client of the slow server, which is at rest before and after."""
    async with httpx.AsyncClient(base_url=slow.url, timeout=30) as client:
        await client.delete("/admin/requests")
        yield client
        await client.post("/sdapi/v1/interrupt")
        await until(lambda: at_rest(client))


async def at_rest(client):
    return (await client.get("/sdapi/v1/progress")).json()["state"]["job_count"] == 0


async def test_the_picture_is_that_of_the_server_for_its_seed_size_and_negative_prompt(server):
    request = ImageRequest("a red fox in the snow", 7, 320, 256, "snow")
    image = await A1111Backend(server.url).generate(request, on_preview=print)
    assert (image.media_type, image.width, image.height) == ("image/png", 320, 256)
    assert same(pixels(image), await painted(request))
    assert not same(pixels(image), await painted(FOX))


async def test_a_spec_string_finds_it_and_its_options_are_sent(server):
    backend = resolve_backend(f"a1111:{server.url}?steps=4&width=320&height=256")
    request = ImageRequest("a red fox in the snow", seed=7)
    image = await backend.generate(request, on_preview=print)
    assert (image.width, image.height) == (320, 256)
    await backend.aclose()


async def test_without_a_seed_each_picture_is_another(server):
    backend = A1111Backend(server.url)
    request = ImageRequest("a red fox in the snow", width=64, height=64)
    one, other = [await backend.generate(request, on_preview=print) for _ in range(2)]
    assert not same(pixels(one), pixels(other))


async def test_previews_come_while_it_works_and_its_share_never_falls():
    with Server(image_seconds=4) as server:
        previews = []
        backend = A1111Backend(server.url, poll_interval=0.02)
        await backend.generate(FOX, on_preview=previews.append)
    fractions = [each.fraction for each in previews]
    assert fractions == sorted(fractions)
    assert 0 < fractions[0] <= fractions[-1] <= 1
    assert any(each.image is not None for each in previews)
    assert {each.steps for each in previews if each.step} == {20}
    assert all(one != other for one, other in itertools.pairwise(previews))


async def test_the_progress_of_another_ones_picture_is_none_of_ours(slow, peer):
    theirs = asyncio.create_task(peer.post(TXT2IMG, json={"prompt": "a cat"}))
    await until(lambda: running(peer, 1))
    previews = []
    ours = asyncio.create_task(
        A1111Backend(slow.url, poll_interval=0.01).generate(FOX, on_preview=previews.append)
    )
    await until(lambda: looked(peer, 5))
    assert previews == []
    ours.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ours
    assert await asked(peer, "/sdapi/v1/interrupt") == [], "it would have been the other's"
    assert not theirs.done()
    await peer.post("/sdapi/v1/interrupt")
    assert (await theirs).status_code == 200


async def running(client, count):
    return [each["outcome"] for each in await asked(client, TXT2IMG)] == ["running"] * count


async def looked(client, count):
    return len(await asked(client, "/sdapi/v1/progress")) >= count


async def test_a_cancelled_picture_is_interrupted_on_the_server(slow, peer):
    previews = []
    backend = A1111Backend(slow.url, poll_interval=0.01)
    making = asyncio.create_task(backend.generate(FOX, on_preview=previews.append))
    await until(lambda: bool(previews))
    making.cancel()
    with pytest.raises(asyncio.CancelledError):
        await making
    assert len(await asked(peer, "/sdapi/v1/interrupt")) == 1
    await until(lambda: at_rest(peer))
    assert others() == set()


async def test_a_server_that_hangs_does_not_hold_up_a_cancel(slow, peer, monkeypatch):
    monkeypatch.setattr("nbkit.images._last_act.STOP_WITHIN", 0.05)
    await peer.post(
        "/admin/faults", json={"path": "/sdapi/v1/progress", "fault": "delay=600", "count": 1000}
    )
    try:
        backend = A1111Backend(slow.url, poll_interval=0.01)
        making = asyncio.create_task(backend.generate(FOX, on_preview=print))
        await until(lambda: running(peer, 1))
        making.cancel()
        await asyncio.wait({making}, timeout=30)
        assert making.cancelled()
        assert others() == set()
    finally:
        await peer.delete("/admin/faults")


async def test_a_picture_that_somebody_interrupts_is_none(slow, peer):
    previews = []
    backend = A1111Backend(slow.url, poll_interval=0.01)
    making = asyncio.create_task(backend.generate(FOX, on_preview=previews.append))
    await until(lambda: bool(previews))
    await peer.post("/sdapi/v1/interrupt")
    with pytest.raises(BackendError, match="was interrupted on the server") as caught:
        await making
    assert (caught.value.retryable, caught.value.prompt) == (False, FOX.prompt)


async def test_progress_that_fails_is_no_failure_of_the_picture(server, admin):
    fault = {"path": "/sdapi/v1/progress", "fault": "status=500", "count": 1000}
    admin.post("/admin/faults", json=fault).raise_for_status()
    image = await A1111Backend(server.url, poll_interval=0.01).generate(FOX, on_preview=print)
    assert same(pixels(image), await painted(FOX))


@pytest.mark.parametrize(
    ("fault", "told", "retryable"),
    [
        ("status=503, retry-after=2", "503 Service Unavailable", True),
        ("status=422", "422", False),
        ("cut=0.5", "closed the connection after", True),
        ("garbage", "is no JSON", False),
        ("html", "is no JSON: an HTML page", False),
        ("redirect=http://127.0.0.2:1/", "another server", False),
    ],
)
async def test_what_goes_wrong_is_told_with_its_reason(server, admin, fault, told, retryable):
    admin.post("/admin/faults", json={"path": TXT2IMG, "fault": fault}).raise_for_status()
    with pytest.raises(BackendError, match=told) as caught:
        await A1111Backend(server.url).generate(FOX, on_preview=print)
    error = caught.value
    assert (error.retryable, error.prompt) == (retryable, FOX.prompt)
    assert error.retry_after == (2.0 if "retry-after" in fault else None)
    assert isinstance(error.__cause__, ServerError)
    assert others() == set()


@pytest.mark.parametrize("fault", ["stall=0.5", "drip=0.1"])
async def test_an_image_that_does_not_arrive_is_given_up(server, admin, monkeypatch, fault):
    monkeypatch.setattr("nbkit.images.a1111._SENDING", 0.3)
    admin.post("/admin/faults", json={"path": TXT2IMG, "fault": fault}).raise_for_status()
    with pytest.raises(BackendError, match="did not send its image within") as caught:
        await A1111Backend(server.url).generate(FOX, on_preview=print)
    assert caught.value.retryable
    assert others() == set()


async def test_a_server_that_is_not_there_is_told_with_its_address():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(BackendError, match=rf"{url}/sdapi.* cannot be reached") as caught:
            await A1111Backend(url).generate(FOX, on_preview=print)
    assert caught.value.retryable


async def test_user_and_password_open_a_server_that_asks_for_them():
    small = ImageRequest("a fox", 1, 64, 64)
    with Server(image_seconds=0, key="s3cret") as server:
        address = server.url.replace("http://", "http://ada:s3cret@")
        for backend in (A1111Backend(address), A1111Backend(server.url, key="ada:s3cret")):
            assert (await backend.generate(small, on_preview=print)).width == 64
        with pytest.raises(BackendError, match=r"401 Unauthorized: .*Incorrect username"):
            await A1111Backend(server.url, key="ada:wrong").generate(small, on_preview=print)


async def test_a_mistake_in_on_preview_comes_to_whoever_made_it_and_stops_the_work(slow, peer):
    def broken(preview):
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await A1111Backend(slow.url, poll_interval=0.01).generate(FOX, on_preview=broken)
    assert len(await asked(peer, "/sdapi/v1/interrupt")) == 1
