"""Workflows: which are taken, where values go in them, and what stays as the user has it."""

from __future__ import annotations

import copy
import json

import pytest

from nbkit.errors import BackendError
from nbkit.images._comfyui.workflow import Workflow
from nbkit.images.comfyui import ComfyUIBackend
from nbkit.models import ImageRequest

GRAPH = {
    "3": {
        "class_type": "KSampler",
        "inputs": {"seed": 156680208700286, "steps": 20, "model": ["4", 0], "positive": ["6", 0]},
    },
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "dream.safetensors"}},
    "5": {
        "class_type": "EmptyLatentImage",
        "inputs": {"width": 832, "height": 640, "batch_size": 1},
    },
    "6": {
        "class_type": "CLIPTextEncode",
        "inputs": {"text": "a glass bottle", "clip": ["4", 1]},
        "_meta": {"title": "Positive v1.5"},
    },
    "7": {
        "class_type": "CLIPTextEncode",
        "inputs": {"text": "watermark", "clip": ["4", 1]},
        "_meta": {"title": "Negative"},
    },
    "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "x", "images": ["8", 0]}},
}
PLACES = {"prompt": "6.text", "negative_prompt": "Negative.text"}


def edited(**texts):
    """The graph with other texts, by node."""
    graph = copy.deepcopy(GRAPH)
    for node, text in texts.items():
        graph[node.strip("_")]["inputs"]["text"] = text
    return graph


def filled(workflow, *, seed=7, **request):
    return workflow.fill(ImageRequest(**{"prompt": "a fox", **request}), seed=seed)


def test_values_go_where_places_say_by_id_or_by_title():
    graph = filled(Workflow(GRAPH, PLACES), negative_prompt="fog", width=512, height=256)
    assert graph["6"]["inputs"]["text"] == "a fox"
    assert graph["7"]["inputs"]["text"] == "fog"
    assert graph["3"]["inputs"]["seed"] == 7
    assert graph["5"]["inputs"] == {"width": 512, "height": 256, "batch_size": 1}


def test_a_title_may_have_dots_of_its_own():
    graph = filled(Workflow(GRAPH, {"prompt": "Positive v1.5.text"}))
    assert graph["6"]["inputs"]["text"] == "a fox"


def test_a_name_may_have_several_places():
    graph = filled(Workflow(GRAPH, {"prompt": ["6.text", "9.filename_prefix"]}))
    assert graph["9"]["inputs"]["filename_prefix"] == graph["6"]["inputs"]["text"] == "a fox"


def test_what_is_not_asked_for_stays_as_the_user_has_it():
    graph = filled(Workflow(GRAPH, PLACES))
    assert graph["7"]["inputs"]["text"] == "watermark"
    assert graph["5"] == GRAPH["5"]
    assert graph["4"] == GRAPH["4"]


def test_placeholders_stand_for_values_also_within_a_longer_text():
    graph = edited(_6="a photo of {prompt}, seed {seed}", _7="{negative_prompt}, text")
    graph["3"]["inputs"]["seed"] = "{seed}"
    graph["5"]["inputs"].update(width="{width}", height="{height}")
    done = filled(Workflow(graph), negative_prompt="fog", width=512)
    assert done["6"]["inputs"]["text"] == "a photo of a fox, seed 7"
    assert done["7"]["inputs"]["text"] == "fog, text"
    assert done["3"]["inputs"]["seed"] == 7
    assert done["5"]["inputs"]["width"] == 512
    assert done["5"]["inputs"]["height"] == 512, "there is no height of the user's own"


def test_a_placeholder_within_a_prompt_is_a_text_like_any_other():
    done = filled(Workflow(edited(_6="{prompt}", _7="{seed}")), prompt="the word {seed}")
    assert done["6"]["inputs"]["text"] == "the word {seed}"


def test_a_place_goes_before_a_placeholder_of_the_same_name():
    workflow = Workflow(edited(_6="{prompt}"), {"prompt": "7.text"})
    done = filled(workflow)
    assert (done["6"]["inputs"]["text"], done["7"]["inputs"]["text"]) == ("{prompt}", "a fox")


def test_every_number_called_seed_or_noise_seed_is_one_and_no_link_is():
    graph = edited(_6="{prompt}")
    graph["10"] = {"class_type": "RandomNoise", "inputs": {"noise_seed": 1}}
    graph["11"] = {"class_type": "Detailer", "inputs": {"seed": ["10", 0]}}
    done = filled(Workflow(graph), seed=2**64 - 1)
    assert done["10"]["inputs"]["noise_seed"] == done["3"]["inputs"]["seed"] == 2**64 - 1
    assert done["11"]["inputs"]["seed"] == ["10", 0]


def test_a_workflow_needs_no_place_for_a_seed_but_one_for_a_size_that_is_asked_for():
    graph = {"6": copy.deepcopy(GRAPH["6"])}
    workflow = Workflow(graph, {"prompt": "6.text"})
    assert filled(workflow)["6"]["inputs"]["text"] == "a fox"
    with pytest.raises(BackendError, match="no place for the width"):
        filled(workflow, width=512)


def test_params_set_any_input():
    workflow = Workflow(GRAPH, PLACES)
    assert filled(workflow, params={"3.steps": 4})["3"]["inputs"]["steps"] == 4
    with pytest.raises(BackendError, match=r"no input 'cfg'; it has seed, steps"):
        filled(workflow, params={"3.cfg": 4})


def test_filling_leaves_the_workflow_and_the_users_graph_alone():
    given = copy.deepcopy(GRAPH)
    workflow = Workflow(given, PLACES)
    first = filled(workflow, prompt="one")
    given["6"]["inputs"]["clip"] = "edited afterwards"
    second = filled(workflow, prompt="two")
    assert (first["6"]["inputs"]["text"], second["6"]["inputs"]["text"]) == ("one", "two")
    assert second["6"]["inputs"]["clip"] == ["4", 1]
    assert given["6"]["inputs"]["text"] == "a glass bottle"


def test_without_a_place_for_the_prompt_the_error_lists_the_texts_there_are():
    with pytest.raises(ValueError, match="does not say where the prompt goes") as caught:
        Workflow(GRAPH)
    told = str(caught.value)
    assert "places={'prompt': '6.text'}" in told
    assert "'a glass bottle' (6: CLIPTextEncode 'Positive v1.5')" in told
    assert "'7.text': 'watermark'" in told
    assert "ckpt_name" not in told


def test_a_workflow_without_any_text_says_so():
    with pytest.raises(ValueError, match="It has no text inputs"):
        Workflow({"5": GRAPH["5"]})


@pytest.mark.parametrize(
    ("places", "told"),
    [
        ({"promt": "6.text"}, "no place 'promt'.*prompt, negative_prompt, seed"),
        ({"prompt": "6"}, "'6' names no input"),
        ({"prompt": "66.text"}, "nodes 3: KSampler, 4: CheckpointLoaderSimple.*6: CLIPTextEncode"),
        ({"prompt": "6.txt"}, "'6' has no input 'txt'; it has text, clip"),
    ],
)
def test_a_place_that_is_none_is_told_with_what_there_is(places, told):
    with pytest.raises(ValueError, match=told):
        Workflow(GRAPH, places)


def test_a_title_that_two_nodes_have_is_ambiguous():
    graph = copy.deepcopy(GRAPH)
    graph["7"]["_meta"]["title"] = "Positive v1.5"
    with pytest.raises(ValueError, match=r"several nodes.*6\.text, 7\.text"):
        Workflow(graph, {"prompt": "Positive v1.5.text"})


@pytest.mark.parametrize(
    ("graph", "told"),
    [
        ({"nodes": [], "links": [], "version": 0.4}, r"Export \(API\)"),
        ([], "not list"),
        ({}, "empty"),
        ({"6": {"inputs": {}}}, "'6' is no node"),
        ({"6": {"class_type": "X", "inputs": []}}, "'6' is no node"),
    ],
)
def test_what_is_no_workflow_in_api_format_is_refused(graph, told):
    with pytest.raises(ValueError, match=told):
        Workflow(graph)


def test_a_workflow_that_is_nested_without_end_is_refused():
    nested = []
    for _ in range(100_000):
        nested = [nested]
    with pytest.raises(ValueError, match="nested too deeply"):
        Workflow({"6": {"class_type": "X", "inputs": {"text": "{prompt}", "odd": nested}}})


def test_a_workflow_is_read_from_a_file(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(GRAPH), "utf-8")
    backend = ComfyUIBackend.from_spec(
        "127.0.0.1:8188", {"workflow": str(path), "prompt": "6.text,7.text", "seed": "3.seed"}
    )
    assert backend.base_url == "http://127.0.0.1:8188"
    path.write_text("{", "utf-8")
    with pytest.raises(ValueError, match=r"mine\.json' is no JSON"):
        ComfyUIBackend(workflow=path, places=PLACES)
    with pytest.raises(ValueError, match=r"none\.json' cannot be read: No such file"):
        ComfyUIBackend(workflow=tmp_path / "none.json", places=PLACES)


def test_a_spec_string_names_what_it_may_have():
    with pytest.raises(ValueError, match=r"no parameter 'steps'; it has workflow, prompt"):
        ComfyUIBackend.from_spec("", {"steps": "4"})
    with pytest.raises(ValueError, match="give workflow= too"):
        ComfyUIBackend.from_spec("", {"prompt": "6.text"})
    assert ComfyUIBackend.from_spec("", {}).base_url == "http://127.0.0.1:8188"


def test_the_packaged_workflow_has_a_place_for_everything():
    workflow = Workflow.text_to_image()
    assert workflow.needs_checkpoint
    request = ImageRequest("a fox", None, 320, 256, "fog")
    graph = workflow.fill(request, seed=3, checkpoint="dream.safetensors")
    values = [value for node in graph.values() for value in node["inputs"].values()]
    for value in ("a fox", "fog", 3, 320, 256, "dream.safetensors"):
        assert value in values
    assert "{" not in json.dumps([each for each in values if isinstance(each, str)])


def test_an_address_with_a_user_shows_it_nowhere():
    backend = ComfyUIBackend("http://ada:s3cret@127.0.0.1:8188")
    assert backend.base_url == "http://127.0.0.1:8188"
    assert "s3cret" not in repr(backend) + repr(vars(backend))
