"""``images="comfyui:..."`` against ``nbkit serve``, over real sockets."""

from __future__ import annotations

import asyncio
import json
import socket

import httpx
import pytest
from peers.pictures_kit import FOX, asked, painted, pixels, same
from queue_kit import others

from nbkit.errors import BackendError, ServerError
from nbkit.images.comfyui import ComfyUIBackend
from nbkit.images.resolve import resolve_backend
from nbkit.models import ImageRequest
from nbkit.serve import Server
from nbkit.testing import until

PLACES = {"prompt": "Prompt.text", "negative_prompt": "7.text"}
WORKFLOW = {
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "seed": 1,
            "steps": 10,
            "cfg": 8.0,
            "sampler_name": "euler",
            "scheduler": "normal",
            "denoise": 1.0,
            "model": ["4", 0],
            "positive": ["6", 0],
            "negative": ["7", 0],
            "latent_image": ["5", 0],
        },
    },
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sketch.safetensors"}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 96, "batch_size": 1}},
    "6": {
        "class_type": "CLIPTextEncode",
        "inputs": {"text": "a bottle", "clip": ["4", 1]},
        "_meta": {"title": "Prompt"},
    },
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "rain", "clip": ["4", 1]}},
    "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
    "2": {"class_type": "PreviewImage", "inputs": {"images": ["8", 0]}},
    "9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0], "filename_prefix": "x"}},
}


@pytest.fixture
async def peer(slow):
    """A client of the slow server, which is at rest afterwards."""
    async with httpx.AsyncClient(base_url=slow.url, timeout=30) as client:
        await client.delete("/admin/requests")
        yield client
        await client.delete("/admin/faults")
        await client.post("/queue", json={"clear": True})
        await client.post("/interrupt")
        await until(lambda: queued(client, 0, 0))


async def queued(client, running, pending):
    queue = (await client.get("/queue")).json()
    return (len(queue["queue_running"]), len(queue["queue_pending"])) == (running, pending)


async def test_without_a_workflow_the_picture_is_that_of_the_servers_first_checkpoint(server):
    image = await ComfyUIBackend(server.url).generate(FOX, on_preview=print)
    assert (image.media_type, image.width, image.height) == ("image/png", 320, 256)
    assert same(pixels(image), await painted(FOX))
    assert others() == set()


async def test_the_users_workflow_gets_prompt_seed_and_size_and_keeps_the_rest(server):
    backend = ComfyUIBackend(server.url, workflow=WORKFLOW, places=PLACES)
    asked_for = ImageRequest("a red fox in the rain", 7)
    image = await backend.generate(asked_for, on_preview=print)
    expected = ImageRequest("a red fox in the rain", 7, 64, 96, "rain")
    assert same(pixels(image), await painted(expected))


async def test_a_spec_string_finds_server_workflow_and_places(server, tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(WORKFLOW), "utf-8")
    backend = resolve_backend(f"comfyui:{server.url}?workflow={path}&prompt=6.text")
    image = await backend.generate(FOX, on_preview=print)
    assert (image.width, image.height) == (320, 256)
    await backend.aclose()


async def test_without_a_seed_each_picture_is_another(server):
    backend = ComfyUIBackend(server.url)
    request = ImageRequest("a red fox in the snow", width=64, height=64)
    one, other = [await backend.generate(request, on_preview=print) for _ in range(2)]
    assert not same(pixels(one), pixels(other))


async def test_the_same_seed_gives_the_same_picture_again_from_the_servers_cache(server):
    backend = ComfyUIBackend(server.url)
    one, other = [await backend.generate(FOX, on_preview=print) for _ in range(2)]
    assert one.data == other.data


async def test_previews_come_with_steps_and_their_share_never_falls(server):
    previews = []
    request = ImageRequest("a lighthouse at night", 3, 320, 256)
    await ComfyUIBackend(server.url).generate(request, on_preview=previews.append)
    fractions = [each.fraction for each in previews]
    assert fractions == sorted(fractions)
    assert fractions[0] < 0.2
    assert fractions[-1] == 1.0
    assert len([each for each in previews if each.image is not None]) > 3
    assert {each.steps for each in previews if each.step} == {20}


async def test_a_cancelled_picture_is_interrupted_on_the_server(slow, peer):
    previews = []
    making = asyncio.create_task(ComfyUIBackend(slow.url).generate(FOX, on_preview=previews.append))
    await until(lambda: any(each.fraction > 0.15 for each in previews))  # at its sampler
    making.cancel()
    with pytest.raises(asyncio.CancelledError):
        await making
    await until(lambda: queued(peer, 0, 0))
    assert len(await asked(peer, "/interrupt")) == 1
    assert others() == set()


async def test_a_cancelled_picture_that_waits_is_deleted_and_the_one_at_work_goes_on(slow, peer):
    first = asyncio.create_task(ComfyUIBackend(slow.url).generate(FOX, on_preview=print))
    await until(lambda: queued(peer, 1, 0))
    second = asyncio.create_task(ComfyUIBackend(slow.url).generate(FOX, on_preview=print))
    await until(lambda: queued(peer, 1, 1))
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    assert await queued(peer, 1, 0)
    assert await asked(peer, "/interrupt") == []
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)


async def test_a_picture_cancelled_while_it_is_queued_is_not_left_there(slow, peer):
    await peer.post("/admin/faults", json={"path": "/prompt", "fault": "stall=0.5"})
    making = asyncio.create_task(ComfyUIBackend(slow.url).generate(FOX, on_preview=print))
    await until(lambda: queued(peer, 1, 0))
    making.cancel()
    with pytest.raises(asyncio.CancelledError):
        await making
    await until(lambda: queued(peer, 0, 0))
    assert others() == set()


async def test_a_server_that_hangs_does_not_hold_up_a_cancel(slow, peer, monkeypatch):
    monkeypatch.setattr("nbkit.images._last_act.STOP_WITHIN", 0.05)
    previews = []
    making = asyncio.create_task(ComfyUIBackend(slow.url).generate(FOX, on_preview=previews.append))
    await until(lambda: bool(previews))
    await peer.post("/admin/faults", json={"path": "/queue", "fault": "delay=600"})
    making.cancel()
    await asyncio.wait({making}, timeout=30)
    assert making.cancelled()
    assert others() == set()


async def test_a_picture_that_somebody_interrupts_is_none(slow, peer):
    previews = []
    making = asyncio.create_task(ComfyUIBackend(slow.url).generate(FOX, on_preview=previews.append))
    await until(lambda: any(each.fraction > 0.15 for each in previews))  # at its sampler
    await peer.post("/interrupt")
    with pytest.raises(BackendError, match=r"interrupted on the server.*KSampler") as caught:
        await making
    assert (caught.value.retryable, caught.value.prompt) == (False, FOX.prompt)


async def test_a_picture_that_somebody_deletes_from_the_queue_is_told_as_gone(
    slow, peer, monkeypatch
):
    monkeypatch.setattr("nbkit.images.comfyui._QUIET", 0.05)
    first = asyncio.create_task(ComfyUIBackend(slow.url).generate(FOX, on_preview=print))
    await until(lambda: queued(peer, 1, 0))
    second = asyncio.create_task(ComfyUIBackend(slow.url).generate(FOX, on_preview=print))
    await until(lambda: queued(peer, 1, 1))
    await peer.post("/queue", json={"clear": True})
    with pytest.raises(BackendError, match="neither waiting nor done") as caught:
        await second
    assert caught.value.retryable
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)


@pytest.mark.parametrize("fault", ["status=403", "status=500", "cut=0.0", "redirect=http://x/"])
async def test_without_a_websocket_the_picture_comes_without_previews(server, admin, fault):
    admin.post("/admin/faults", json={"path": "/ws", "fault": fault}).raise_for_status()
    previews = []
    image = await ComfyUIBackend(server.url).generate(FOX, on_preview=previews.append)
    assert same(pixels(image), await painted(FOX))
    assert previews == []
    assert admin.get("/admin/faults").json()["faults"] == []


@pytest.mark.parametrize("fault", ["cut=0.5", "stall=0.2", "garbage", "stall=0.2, garbage"])
async def test_a_websocket_that_breaks_or_falls_silent_costs_no_picture(
    server, admin, monkeypatch, fault
):
    monkeypatch.setattr("nbkit.images.comfyui._QUIET", 0.05)
    admin.post("/admin/faults", json={"path": "/ws", "fault": fault}).raise_for_status()
    image = await ComfyUIBackend(server.url).generate(FOX, on_preview=print)
    assert same(pixels(image), await painted(FOX))
    assert others() == set()


@pytest.mark.parametrize(
    ("where", "told", "retryable"),
    [
        ("/prompt status=503, retry-after=2", "503 Service Unavailable", True),
        ("/prompt cut=0.5", "closed the connection", True),
        ("/prompt garbage", "is no JSON", False),
        ("/history html", "is no JSON: an HTML page", False),
        ("/view status=404", "404 Not Found", False),
        ("/view cut=0.5", "closed the connection after", True),
        ("/view garbage", "not a PNG", False),
        ("/object_info html", "is no JSON: an HTML page", False),
    ],
)
async def test_what_goes_wrong_is_told_with_its_reason(server, admin, where, told, retryable):
    path, _, fault = where.partition(" ")
    admin.post("/admin/faults", json={"path": path, "fault": fault}).raise_for_status()
    with pytest.raises(BackendError, match=told) as caught:
        await ComfyUIBackend(server.url).generate(FOX, on_preview=print)
    error = caught.value
    assert (error.retryable, error.prompt) == (retryable, FOX.prompt)
    assert error.retry_after == (2.0 if "retry-after" in fault else None)
    assert others() == set()


async def test_looks_at_the_history_that_fail_now_and_then_are_forgiven(server, admin):
    fault = {"path": "/history", "fault": "status=502", "count": 2}
    admin.post("/admin/faults", json=fault).raise_for_status()
    image = await ComfyUIBackend(server.url).generate(FOX, on_preview=print)
    assert image.width == 320


async def test_looks_at_the_queue_of_a_silent_server_that_fail_are_forgiven_too(
    server, admin, monkeypatch
):
    monkeypatch.setattr("nbkit.images.comfyui._QUIET", 0.05)
    for path, fault in (("/ws", "stall=0.0"), ("/queue", "status=502")):
        admin.post("/admin/faults", json={"path": path, "fault": fault}).raise_for_status()
    image = await ComfyUIBackend(server.url).generate(FOX, on_preview=print)
    assert image.width == 320
    assert admin.get("/admin/faults").json()["faults"] == []


async def test_an_invalid_workflow_is_refused_with_the_nodes_that_are_wrong(server):
    workflow = json.loads(json.dumps(WORKFLOW))
    del workflow["3"]["inputs"]["cfg"]
    backend = ComfyUIBackend(server.url, workflow=workflow, places=PLACES)
    with pytest.raises(BackendError, match=r"400 Bad Request.*KSampler 3: .*cfg") as caught:
        await backend.generate(FOX, on_preview=print)
    assert not caught.value.retryable
    assert isinstance(caught.value.__cause__, ServerError)


async def test_a_node_that_fails_is_named_with_what_it_says(server):
    too_large = ImageRequest("a fox", 1, 4096, 4096)
    with pytest.raises(BackendError, match=r"KSampler 5 failed: .*2048 pixels") as caught:
        await ComfyUIBackend(server.url).generate(too_large, on_preview=print)
    assert caught.value.prompt == "a fox"


async def test_a_server_that_is_not_there_is_told_with_its_address():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(BackendError, match=rf"{url}/.* cannot be reached") as caught:
            await ComfyUIBackend(url).generate(FOX, on_preview=print)
    assert caught.value.retryable


async def test_a_key_opens_a_server_that_asks_for_one_its_websocket_too():
    small = ImageRequest("a fox", 1, 64, 64)
    with Server(image_seconds=0.1, key="s3cret") as server:
        address = server.url.replace("http://", "http://ada:s3cret@")
        for backend in (ComfyUIBackend(address), ComfyUIBackend(server.url, key="s3cret")):
            previews = []
            image = await backend.generate(small, on_preview=previews.append)
            assert image.width == 64
            assert previews
        with pytest.raises(BackendError, match="401 Unauthorized"):
            await ComfyUIBackend(server.url, key="wrong").generate(small, on_preview=print)
