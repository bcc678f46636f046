"""``nbkit serve`` as a client of ComfyUI sees it."""

from __future__ import annotations

import base64
import copy
import json
import struct
from contextlib import contextmanager

import httpx
import pytest
from websockets.sync.client import connect

from nbkit.pixels import check_image
from nbkit.serve import Server

PICTURE = {"prompt": "a lighthouse by the sea", "size": "96x64", "seed": 7}
WORKFLOW = {
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "any.safetensors"}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 96, "height": 64, "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": PICTURE["prompt"], "clip": ["4", 1]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "", "clip": ["4", 1]}},
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "seed": 7,
            "steps": 6,
            "cfg": 7.0,
            "sampler_name": "euler",
            "scheduler": "normal",
            "denoise": 1.0,
            "model": ["4", 0],
            "positive": ["6", 0],
            "negative": ["7", 0],
            "latent_image": ["5", 0],
        },
    },
    "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
    "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "a/b", "images": ["8", 0]}},
}


@pytest.fixture(scope="module")
def endless():
    with Server(image_seconds=3_000) as server:
        yield server


def workflow(seed=7, **changes):
    changed = copy.deepcopy(WORKFLOW)
    changed["3"]["inputs"]["seed"] = seed
    for path, value in changes.items():
        node, name = path.removeprefix("n").split("_", 1)
        if value is None:
            del changed[node]["inputs"][name]
        else:
            changed[node]["inputs"][name] = value
    return changed


@contextmanager
def socket(server, name, *, flags=None):
    with connect(server.url.replace("http", "ws") + f"/ws?clientId={name}") as opened:
        hello = json.loads(opened.recv(timeout=20))
        assert hello["type"] == "status"
        assert hello["data"]["sid"] == name
        if flags is not None:
            opened.send(json.dumps({"type": "feature_flags", "data": flags}))
            assert json.loads(opened.recv(timeout=20))["type"] == "feature_flags"
        yield opened


def queue(client, graph, name=None, **more):
    body = {"prompt": graph, **({"client_id": name} if name else {}), **more}
    answer = client.post("/prompt", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["prompt_id"]


def follow(opened, prompt_id, until_=("executing", None)):
    """All messages up to the one of a kind, for a node."""
    texts, previews = [], []
    while True:
        message = opened.recv(timeout=20)
        if isinstance(message, bytes):
            previews.append(message)
            continue
        message = json.loads(message)
        texts.append((message["type"], message["data"]))
        data = message["data"]
        if (message["type"], data.get("node")) == until_ and data["prompt_id"] == prompt_id:
            return texts, previews


def test_a_workflow_runs_and_is_told_of_in_the_originals_order(server, admin):
    with socket(server, "order") as opened:
        prompt_id = queue(admin, workflow(101), "order")
        texts, previews = follow(opened, prompt_id)
    kinds = [kind for kind, _ in texts if kind not in ("progress_state", "progress")]
    assert kinds == [
        *["status"] * 2,
        "execution_start",
        "execution_cached",
        *["executing"] * 7,
        "executed",
        "execution_success",
        "status",
        "executing",
    ]
    nodes = [data["node"] for kind, data in texts if kind == "executing"]
    assert nodes[-3:] == ["8", "9", None]
    assert nodes.index("6") < nodes.index("3") < nodes.index("8")
    steps = [data["value"] for kind, data in texts if kind == "progress"]
    assert steps == sorted(steps)
    assert (steps[0], steps[-1]) == (1, 6)
    assert len(previews) >= 2
    states = [data["nodes"] for kind, data in texts if kind == "progress_state"]
    assert states[-1]["3"]["state"] == "finished"
    assert any(each.get("3", {}).get("state") == "running" for each in states)


def test_the_picture_is_found_by_history_and_view_and_is_that_of_the_other_forms(server, admin):
    with socket(server, "history") as opened:
        prompt_id = queue(admin, workflow(), "history")
        follow(opened, prompt_id)
    entry = admin.get(f"/history/{prompt_id}").json()[prompt_id]
    assert entry["status"]["status_str"] == "success"
    assert entry["status"]["completed"] is True
    assert [kind for kind, _ in entry["status"]["messages"]][-1] == "execution_success"
    assert entry["prompt"][1] == prompt_id
    (image,) = entry["outputs"]["9"]["images"]
    assert (image["subfolder"], image["type"]) == ("a", "output")
    assert image["filename"].startswith("b_")
    data = admin.get("/view", params=image).content
    other = admin.post("/v1/images/generations", json=PICTURE).json()["data"][0]["b64_json"]
    assert data == base64.b64decode(other)
    third = admin.post(
        "/sdapi/v1/txt2img",
        json={"prompt": PICTURE["prompt"], "seed": 7, "width": 96, "height": 64},
    )
    assert data == base64.b64decode(third.json()["images"][0])


def test_previews_come_with_metadata_to_a_client_that_announced_it(server, admin):
    with socket(server, "meta", flags={"supports_preview_metadata": True}) as opened:
        prompt_id = queue(admin, workflow(102), "meta")
        _, previews = follow(opened, prompt_id)
    for each in previews:
        kind, length = struct.unpack(">II", each[:8])
        assert kind == 4
        about = json.loads(each[8 : 8 + length])
        assert (about["node_id"], about["prompt_id"]) == ("3", prompt_id)
        assert check_image(each[8 + length :]).media_type == about["image_type"] == "image/jpeg"


def test_previews_come_bare_to_any_other_client(server, admin):
    with socket(server, "bare") as opened:
        _, previews = follow(opened, queue(admin, workflow(103), "bare"))
    for each in previews:
        assert struct.unpack(">II", each[:8]) == (1, 1)
        assert check_image(each[8:]).media_type == "image/jpeg"


def test_what_was_made_just_before_is_not_made_again(server, admin):
    with socket(server, "cache") as opened:
        first = queue(admin, workflow(104), "cache")
        follow(opened, first)
        second = queue(admin, workflow(104), "cache")
        texts, previews = follow(opened, second)
        third = queue(admin, workflow(104, n6_text="a robot"), "cache")
        changed, _ = follow(opened, third)
    (cached,) = [data["nodes"] for kind, data in texts if kind == "execution_cached"]
    assert sorted(cached) == sorted(WORKFLOW)
    assert previews == []
    history = admin.get("/history").json()
    assert history[first]["outputs"] == history[second]["outputs"]
    (cached,) = [data["nodes"] for kind, data in changed if kind == "execution_cached"]
    assert sorted(cached) == ["4", "5", "7"]


def test_an_interrupt_stops_what_runs_and_says_so(endless):
    with httpx.Client(base_url=endless.url, timeout=30) as client, socket(endless, "i") as opened:
        prompt_id = queue(client, workflow(), "i")
        follow(opened, prompt_id, ("executing", "3"))
        waiting = queue(client, workflow(8), "i")
        # Another's interrupt, of a prompt that does not run, stops nothing.
        client.post("/interrupt", json={"prompt_id": waiting}).raise_for_status()
        listed = client.get("/queue").json()
        assert [each[1] for each in listed["queue_running"]] == [prompt_id]
        assert [each[1] for each in listed["queue_pending"]] == [waiting]
        client.post("/queue", json={"delete": [waiting]}).raise_for_status()
        assert client.get("/queue").json()["queue_pending"] == []
        client.post("/interrupt", json={"prompt_id": prompt_id}).raise_for_status()
        texts, _ = follow(opened, prompt_id)
        (told,) = [data for kind, data in texts if kind == "execution_interrupted"]
        assert (told["node_id"], told["node_type"]) == ("3", "KSampler")
        entry = client.get(f"/history/{prompt_id}").json()[prompt_id]
        assert (entry["status"]["completed"], entry["outputs"]) == (False, {})
        assert client.get(f"/history/{waiting}").json() == {}
        # A global one stops whatever runs, and the queue goes on.
        third, fourth = queue(client, workflow(9), "i"), queue(client, workflow(10), "i")
        follow(opened, third, ("executing", "3"))
        client.post("/interrupt").raise_for_status()
        follow(opened, fourth, ("executing", "3"))
        client.post("/queue", json={"clear": True}).raise_for_status()
        client.post("/interrupt").raise_for_status()
        follow(opened, fourth)
        assert client.get("/prompt").json() == {"exec_info": {"queue_remaining": 0}}


def test_a_picture_out_of_the_painters_range_fails_as_a_node_does(server, admin):
    with socket(server, "wrong") as opened:
        prompt_id = queue(admin, workflow(n5_width=4096), "wrong")
        texts, _ = follow(opened, prompt_id)
    (told,) = [data for kind, data in texts if kind == "execution_error"]
    assert told["node_id"] == "3"
    assert "4096" in told["exception_message"]
    status = admin.get(f"/history/{prompt_id}").json()[prompt_id]["status"]
    assert (status["status_str"], status["completed"]) == ("error", False)


def test_a_wrong_workflow_is_refused_with_the_errors_of_its_nodes(admin):
    answer = admin.post("/prompt", json={"prompt": workflow(n3_seed=None, n3_steps="many")})
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "prompt_outputs_failed_validation"
    errors = answer.json()["node_errors"]["3"]
    assert errors["class_type"] == "KSampler"
    assert errors["dependent_outputs"] == ["9"]
    assert {(each["type"], each["extra_info"]["input_name"]) for each in errors["errors"]} == {
        ("required_input_missing", "seed"),
        ("invalid_input_type", "steps"),
    }


def test_everything_is_under_api_too(server, admin):
    address = server.url.replace("http", "ws") + "/api/ws?clientId=api"
    with connect(address) as opened:
        answer = admin.post("/api/prompt", json={"prompt": workflow(105), "client_id": "api"})
        follow(opened, answer.json()["prompt_id"])
    history = admin.get("/api/history", params={"max_items": 1}).json()
    (image,) = history[answer.json()["prompt_id"]]["outputs"]["9"]["images"]
    assert admin.get("/api/view", params=image).headers["content-type"] == "image/png"
    assert admin.get("/api/view", params={"filename": "none.png"}).status_code == 404


def test_the_nodes_are_told_as_the_original_tells_them(admin):
    nodes = admin.get("/object_info").json()
    assert {"KSampler", "SaveImage", "PreviewImage"} <= set(nodes)
    sampler = admin.get("/object_info/KSampler").json()["KSampler"]
    assert sampler == nodes["KSampler"]
    assert sampler["input"]["required"]["seed"][0] == "INT"
    assert sampler["output"] == ["LATENT"]
    assert nodes["SaveImage"]["output_node"] is True
    assert admin.get("/object_info/None").json() == {}
    assert admin.get("/system_stats").json()["devices"]


def test_a_history_can_be_forgotten(server, admin):
    with socket(server, "forget") as opened:
        prompt_id = queue(admin, workflow(106), "forget")
        follow(opened, prompt_id)
    admin.post("/history", json={"delete": [prompt_id]}).raise_for_status()
    assert admin.get(f"/history/{prompt_id}").json() == {}
