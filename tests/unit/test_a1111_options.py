"""An A1111 backend as it is made, and what it makes of odd answers."""

from __future__ import annotations

import json

import pytest

from nbkit.errors import BackendError
from nbkit.images._a1111_job import Job
from nbkit.images.a1111 import A1111Backend, _image
from nbkit.models import ImageRequest, Preview


def body(backend, **request):
    return backend._body(ImageRequest(**{"prompt": "a fox", **request}))


def test_the_body_holds_what_is_asked_for_and_leaves_the_rest_to_the_server():
    assert body(A1111Backend()) == {"prompt": "a fox", "negative_prompt": "", "seed": -1}
    assert body(A1111Backend(steps=4, cfg_scale=5), seed=7, width=512, height=256) == {
        "prompt": "a fox",
        "negative_prompt": "",
        "seed": 7,
        "width": 512,
        "height": 256,
        "steps": 4,
        "cfg_scale": 5,
    }


def test_a_request_goes_before_the_backend_and_params_go_before_all():
    backend = A1111Backend(steps=4, negative_prompt="text", width=640)
    asked = body(backend, negative_prompt="fog", width=512, params={"steps": 30, "seed": 1})
    assert (asked["negative_prompt"], asked["width"], asked["steps"], asked["seed"]) == (
        "fog",
        512,
        30,
        1,
    )
    assert body(backend)["negative_prompt"] == "text"
    assert body(backend)["width"] == 640


def test_a_spec_string_reads_its_options_by_their_kind():
    backend = A1111Backend.from_spec(
        "http://10.0.0.5:7860", {"steps": "4", "cfg_scale": "5.5", "tiling": "true"}
    )
    assert backend.base_url == "http://10.0.0.5:7860"
    asked = body(backend)
    assert (asked["steps"], asked["cfg_scale"], asked["tiling"]) == (4, 5.5, True)
    assert A1111Backend.from_spec("", {}).base_url == "http://127.0.0.1:7860"
    assert A1111Backend.from_spec("gpu:7860", {}).base_url == "http://gpu:7860"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"stepz": "4"}, "no parameter 'stepz'; it has steps, sampler_name"),
        ({"steps": "four"}, "steps='four'"),
        ({"tiling": "perhaps"}, "tiling='perhaps'"),
        ({"poll_interval": "0"}, "above 0"),
    ],
)
def test_a_spec_string_with_a_mistake_says_which(options, told):
    with pytest.raises(ValueError, match=told):
        A1111Backend.from_spec("", options)


def test_a_key_is_user_and_password_and_shows_nowhere():
    with pytest.raises(ValueError, match="user:password"):
        A1111Backend(key="only-a-user")
    for backend in (
        A1111Backend("http://ada:s3cret@127.0.0.1:7860"),
        A1111Backend(key="ada:s3cret"),
    ):
        assert "s3cret" not in repr(backend) + repr(vars(backend))
        assert backend._key.plain == "ada:s3cret"


def test_of_several_images_the_first_that_is_no_grid_is_taken():
    info = json.dumps({"index_of_first_image": 1})
    assert _image({"images": ["grid", "one", "two"], "info": info}) == "one"
    odds = ("9", "1e999", "NaN", f"{10**400}", "[1]")
    for odd in (None, "", "{", "[]", *(f'{{"index_of_first_image": {each}}}' for each in odds)):
        assert _image({"images": ["one", "two"], "info": odd}) == "one"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"images": [], "info": ""}, "sent no image$"),
        ({"images": None, "error": "OutOfMemoryError", "errors": "CUDA"}, "OutOfMemoryError; CUDA"),
        ({"detail": "Sampler not found"}, "Sampler not found"),
        (["x"], "answered with list"),
    ],
)
def test_an_answer_without_images_says_why(answer, told):
    with pytest.raises(BackendError, match=told):
        _image(answer)


def test_why_there_are_no_images_is_told_in_few_words():
    with pytest.raises(BackendError) as caught:
        _image({"errors": ["x" * 1_000_000] * 9, "detail": "y\n" * 9_000})
    assert len(str(caught.value)) < 1_000


async def test_progress_of_numbers_that_are_none_stays_where_it_is():
    class Server:
        async def json(self, *_, **__):
            state = {"job_count": 1, "sampling_step": 10**400, "sampling_steps": 1e999}
            return {"progress": 10**400, "state": state}

    told = []
    await Job(Server(), told.append)._look()
    assert told == [Preview(0.0)]


@pytest.mark.parametrize(
    ("progress", "ours"),
    [
        ({"current_task": None, "progress": 0.3, "state": {"job_count": 1}}, True),  # SD.Next
        ({"progress": 0.0, "state": {"job_count": 1}}, True),
        ({"progress": 0.0, "state": {"job_count": -1}}, True),  # being made ready
        ({"progress": 0.3}, True),
        ({"current_task": "task(another)", "progress": 0.3, "state": {"job_count": 1}}, False),
        ({"current_task": None, "progress": 0.0, "state": {"job_count": 0}}, False),
        ({"progress": 0.3, "state": {"job_count": 0}}, False),
        ({"progress": None, "state": None}, False),
        ({}, False),
    ],
)
def test_what_runs_is_ours_where_it_says_so_or_says_nothing(progress, ours):
    job = Job(None, lambda _: None)
    assert job._is_ours(progress) is ours
    assert job._is_ours({**progress, "current_task": job.id}) is True
