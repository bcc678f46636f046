"""``nbkit serve`` as a client of AUTOMATIC1111's API sees it."""

from __future__ import annotations

import asyncio
import base64
import json

import httpx
import pytest

from nbkit.pixels import check_image
from nbkit.serve import Server
from nbkit.testing import until

PICTURE = {"prompt": "a lighthouse by the sea", "width": 96, "height": 64, "seed": 7}


@pytest.fixture(scope="module")
def endless():
    """A server whose pictures take longer than any test."""
    with Server(image_seconds=3_000) as server:
        yield server


@pytest.fixture(scope="module")
def slow():
    """A server whose pictures take long enough to look at their previews."""
    with Server(image_seconds=20) as server:
        yield server


def images_of(answer):
    assert answer.status_code == 200, answer.text
    return [base64.b64decode(each) for each in answer.json()["images"]]


async def progress(client, **params):
    return (await client.get("/sdapi/v1/progress", params=params)).json()


def test_a_picture_comes_with_its_parameters_and_info(admin):
    answer = admin.post("/sdapi/v1/txt2img", json={**PICTURE, "negative_prompt": "boat"})
    (image,) = images_of(answer)
    checked = check_image(image)
    assert (checked.media_type, checked.width, checked.height) == ("image/png", 96, 64)
    assert answer.json()["parameters"]["prompt"] == PICTURE["prompt"]
    info = json.loads(answer.json()["info"])
    assert (info["seed"], info["all_seeds"]) == (7, [7])
    assert (info["width"], info["height"]) == (96, 64)
    assert info["negative_prompt"] == "boat"
    assert "Seed: 7, Size: 96x64" in info["infotexts"][0]


def test_without_a_seed_one_is_drawn_and_told_and_makes_the_same_picture(admin):
    answer = admin.post("/sdapi/v1/txt2img", json={**PICTURE, "seed": -1})
    seed = json.loads(answer.json()["info"])["seed"]
    assert seed >= 0
    again = admin.post("/sdapi/v1/txt2img", json={**PICTURE, "seed": seed})
    assert images_of(again) == images_of(answer)


def test_a_batch_counts_its_seeds_up(admin):
    batch = admin.post("/sdapi/v1/txt2img", json={**PICTURE, "batch_size": 2, "n_iter": 2})
    assert json.loads(batch.json()["info"])["all_seeds"] == [7, 8, 9, 10]
    third = admin.post("/sdapi/v1/txt2img", json={**PICTURE, "seed": 9})
    assert images_of(batch)[2] == images_of(third)[0]


async def test_progress_shows_how_far_it_is_and_a_preview(slow):
    async with httpx.AsyncClient(base_url=slow.url, timeout=60) as client:
        before = await progress(client)
        assert (before["progress"], before["state"]["job_count"]) == (0.0, 0)
        asked = {**PICTURE, "force_task_id": "mine", "steps": 20}
        drawing = asyncio.ensure_future(client.post("/sdapi/v1/txt2img", json=asked))
        seen = []

        async def shown():
            seen.append(await progress(client))
            return seen[-1]["current_image"] is not None

        await until(shown)
        now = seen[-1]
        assert 0 < now["progress"] < 1
        assert now["current_task"] == "mine"
        assert now["eta_relative"] > 0
        state = now["state"]
        assert (state["job_count"], state["sampling_steps"]) == (1, 20)
        assert 0 < state["sampling_step"] < 20
        assert check_image(base64.b64decode(now["current_image"])).media_type == "image/png"
        unseen = await progress(client, skip_current_image=True)
        assert unseen["current_image"] is None
        await client.post("/sdapi/v1/interrupt")
        await drawing


async def test_an_interrupted_picture_is_answered_with_what_there_is(slow, admin):
    async with httpx.AsyncClient(base_url=slow.url, timeout=60) as client:
        drawing = asyncio.ensure_future(client.post("/sdapi/v1/txt2img", json=PICTURE))

        async def shown():
            return (await progress(client))["current_image"] is not None

        await until(shown)
        await client.post("/sdapi/v1/interrupt")
        (image,) = images_of(await drawing)
        checked = check_image(image)
        assert (checked.width, checked.height) == (96, 64)
        whole = admin.post("/sdapi/v1/txt2img", json=PICTURE)
        assert images_of(whole) != [image]


async def test_jobs_run_one_at_a_time_and_an_interrupt_ends_only_the_one_that_runs(endless):
    async with httpx.AsyncClient(base_url=endless.url, timeout=60) as client:

        def draw(name):
            asked = {**PICTURE, "force_task_id": name}
            return asyncio.ensure_future(client.post("/sdapi/v1/txt2img", json=asked))

        async def runs(name):
            return (await progress(client))["current_task"] == name

        first = draw("first")
        await until(lambda: runs("first"))
        second = draw("second")
        await until(lambda: listed(client, 2))
        assert await runs("first")
        await client.post("/sdapi/v1/interrupt")
        assert len(images_of(await first)) == 1
        await until(lambda: runs("second"))
        await client.post("/sdapi/v1/interrupt")
        assert len(images_of(await second)) == 1
        await until(lambda: runs(None))


async def listed(client, count):
    answer = await client.get("/admin/requests", params={"path": "/sdapi/v1/txt2img"})
    return len(answer.json()["requests"]) == count


async def test_a_job_whose_client_leaves_is_stopped(endless):
    async with httpx.AsyncClient(base_url=endless.url, timeout=60) as client:
        await client.delete("/admin/requests")
        drawing = asyncio.ensure_future(client.post("/sdapi/v1/txt2img", json=PICTURE))

        async def runs():
            return (await progress(client))["current_task"] is not None

        await until(runs)
        drawing.cancel()
        await asyncio.gather(drawing, return_exceptions=True)

        async def idle():
            return not await runs()

        await until(idle)
        answer = await client.get("/admin/requests", params={"path": "/sdapi/v1/txt2img"})
        assert [each["outcome"] for each in answer.json()["requests"]] == ["cancelled"]
        assert answer.json()["requests"][0]["prompt"] == PICTURE["prompt"]


def test_the_model_and_the_options_are_told(admin):
    (model,) = admin.get("/sdapi/v1/sd-models").json()
    assert admin.get("/sdapi/v1/options").json()["sd_model_checkpoint"] == model["title"]


@pytest.mark.parametrize("asked", [{"width": 4}, {"steps": "many"}, {"seed": 1.5}, {"prompt": []}])
def test_what_cannot_be_painted_is_refused_with_the_detail(admin, asked):
    answer = admin.post("/sdapi/v1/txt2img", json={**PICTURE, **asked})
    assert answer.status_code == 400
    assert next(iter(asked)) in answer.json()["detail"]
