"""What ``nbkit.serve`` is made of, without a socket."""

import asyncio
import importlib.util
import json
import math
import subprocess
import sys

import pytest
from queue_kit import others

from nbkit._serve.comfy_nodes import check
from nbkit._serve.faultspec import FaultQueue, Queued, parse
from nbkit._serve.forms import Refusal, error_body, form_of
from nbkit._serve.handover import taken
from nbkit._serve.replies import reply_to, tokens_of
from nbkit._serve.state import Settings, State
from nbkit._serve.suggest import suggest
from nbkit.errors import MissingExtraError
from nbkit.llm.replay import replay
from nbkit.serve import Server, app

ASKED = [("system", "Be brief."), ("user", "Hello there")]


def state(**settings):
    return State(Settings(**settings))


@pytest.mark.parametrize("package", ["starlette", "uvicorn"])
def test_a_missing_package_names_the_extra(package, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == package else find(name, *a)
    )
    with pytest.raises(MissingExtraError, match=rf"{package} is not.*nbkit\[serve\]") as missing:
        Server()
    assert missing.value.extra == "serve"


def test_nothing_of_it_is_imported_before_it_is_used():
    code = (
        "import sys, nbkit, nbkit.serve, nbkit.cli; "
        "print([name for name in ('starlette', 'uvicorn') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"rate": 0}, "rate is a number"),
        ({"rate": math.nan}, "rate is a number"),
        ({"rate": True}, "rate is a number"),
        ({"image_seconds": -1}, "image_seconds is 0 seconds or more"),
        ({"image_seconds": math.inf}, "image_seconds is 0 seconds or more"),
        ({"transcript": "nowhere"}, "there is no recording 'nowhere'.*lighthouse"),
        ({"key": ""}, "an empty key"),
    ],
)
@pytest.mark.parametrize("make", [Server, app])
def test_a_wrong_setting_is_refused_at_once(make, settings, words):
    with pytest.raises(ValueError, match=words):
        make(**settings)


def test_a_port_that_is_none_is_refused_at_once():
    with pytest.raises(ValueError, match="port is from 0 to 65535"):
        Server(port=70_000)


def test_files_are_kept_within_a_number_and_a_size(monkeypatch):
    monkeypatch.setattr("nbkit._serve.state.KEPT_BYTES", 10)
    monkeypatch.setattr("nbkit._serve.state.KEPT_FILES", 3)
    kept = state()
    for name in "abcd":
        kept.keep(name, b"1", "image/png")
    assert list(kept.files) == ["b", "c", "d"]
    kept.keep("e", b"12345678", "image/png")
    assert list(kept.files) == ["c", "d", "e"]
    kept.keep("f", bytes(99), "image/png")
    assert list(kept.files) == ["f"]


def test_a_reply_keeps_to_its_rate_or_to_the_recordings_own_time():
    def pauses(rate):
        return [pause for pause, _ in reply_to(state(rate=rate), "robot", ASKED).deltas]

    recorded = [pause for pause, _ in replay("robot").deltas]
    assert pauses(None) == recorded
    assert pauses(20.0) == [0.05] * len(recorded)
    assert pauses(math.inf) == [0.0] * len(recorded)


def test_a_reply_is_pieces_that_make_up_its_text_again():
    text = "  One\ntwo\t three  "
    reply = reply_to(state(), "echo", [("user", text)])
    assert reply.text == text
    assert reply.whole
    assert [piece for _, piece in reply.deltas] == ["  One", "\ntwo", "\t three", "  "]
    cut = reply_to(state(), "echo", [("user", text)], limit=2)
    assert (cut.text, cut.whole) == ("  One\ntwo", False)


def test_tokens_are_words_and_a_bit():
    assert [tokens_of(text) for text in ("", "one", "a b c d e f g h i j")] == [0, 2, 13]


def test_prompts_spread_over_a_text_that_has_many_passages():
    text = "\n".join(f"[{number}] Here stands house {number}." for number in range(1, 10))
    found = json.loads(suggest(text, text))
    assert [each["passage"] for each in found] == [1, 4, 7]
    assert found[1]["prompt"] == "Here stands house 4"
    assert len(json.loads(suggest(text, f"{text}\n\nup to five short prompts"))) == 5


def test_a_prompt_is_plain_words_and_not_too_many():
    text = f"[1] # A *red* <b>boat</b> {'by the sea ' * 20}\nand on."
    (found,) = json.loads(suggest(text, text))
    assert found["prompt"].startswith("A red boat by the sea")
    assert len(found["prompt"].split()) == 14


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/v1/chat/completions", "openai"),
        ("/v1/messages", "anthropic"),
        ("/api/chat", "ollama"),
        ("/api/prompt", "comfyui"),
        ("/view", "comfyui"),
        ("/sdapi/v1/progress", "a1111"),
        ("/", "openai"),
    ],
)
def test_a_path_is_of_one_form(path, form):
    assert form_of(path) == form
    json.dumps(error_body(form, 503, "why"))


def test_a_fault_is_read_with_all_its_parts():
    fault = parse("delay=0.5, status=503, retry-after=Wed, 21 Oct 2026 07:28:00 GMT")
    assert (fault.delay, fault.status) == (0.5, 503)
    assert fault.retry_after == "Wed, 21 Oct 2026 07:28:00 GMT"
    fault = parse("Redirect=http://a.example/?x=1,2,drip=0.1")
    assert (fault.redirect, fault.drip) == ("http://a.example/?x=1,2", 0.1)


@pytest.mark.parametrize("text", [None, 3, "", "cut", "cut=1.1", "status=99", "garbage=yes", "x"])
def test_a_fault_that_is_none_is_refused(text):
    with pytest.raises(Refusal, match="there are: status=NNN"):
        parse(text)


def test_faults_wait_in_order_each_for_its_path():
    first, second = parse("html"), parse("garbage")
    queue = FaultQueue([Queued(first, "/v1/", 2), Queued(second)])
    paths = ["/v1/a", "/x", "/v1/b", "/v1/c", "/x"]
    assert [queue.take(path) for path in paths] == [first, second, first, None, None]


SAMPLER = {
    "seed": 1,
    "steps": 4,
    "cfg": 7,
    "sampler_name": "x",
    "scheduler": "x",
    "denoise": 1,
    "model": ["a", 0],
    "positive": ["b", 0],
    "negative": ["b", 0],
    "latent_image": ["c", 0],
}
GRAPH = {
    "a": ("CheckpointLoaderSimple", {"ckpt_name": "x"}),
    "b": ("CLIPTextEncode", {"text": "x", "clip": ["a", 1]}),
    "c": ("EmptyLatentImage", {"width": "64", "height": 64, "batch_size": 1}),
    "d": ("KSampler", SAMPLER),
    "e": ("VAEDecode", {"samples": ["d", 0], "vae": ["a", 2]}),
    "f": ("PreviewImage", {"images": ["e", 0]}),
}


def graph(**changes):
    return {
        name: {"class_type": kind, "inputs": {**inputs, **changes.get(name, {})}}
        for name, (kind, inputs) in GRAPH.items()
    }


def test_a_good_workflow_passes_with_its_numbers_read():
    workflow = graph()
    verdict = check(workflow)
    assert (verdict.outputs, verdict.error, verdict.node_errors) == (["f"], None, {})
    assert workflow["c"]["inputs"]["width"] == 64


@pytest.mark.parametrize(
    ("changes", "node", "kind"),
    [
        ({"d": {"seed": -1}}, "d", "value_smaller_than_min"),
        ({"d": {"denoise": 2}}, "d", "value_bigger_than_max"),
        ({"d": {"steps": None}}, "d", "invalid_input_type"),
        ({"d": {"model": "a"}}, "d", "bad_linked_input"),
        ({"d": {"model": ["nowhere", 0]}}, "d", "bad_linked_input"),
        ({"d": {"model": ["a", 9]}}, "d", "bad_linked_input"),
        ({"d": {"model": ["a", 1]}}, "d", "return_type_mismatch"),
        ({"b": {"clip": ["a", 0]}}, "b", "return_type_mismatch"),
    ],
)
def test_a_wrong_input_is_found_at_its_node(changes, node, kind):
    verdict = check(graph(**changes))
    assert verdict.outputs == []
    assert verdict.error["type"] == "prompt_outputs_failed_validation"
    assert list(verdict.node_errors) == [node]
    assert [each["type"] for each in verdict.node_errors[node]["errors"]] == [kind]


def test_a_circle_is_found():
    looped = graph()
    looped["c"] = {"class_type": "KSampler", "inputs": {**SAMPLER, "latent_image": ["d", 0]}}
    verdict = check(looped)
    kinds = [e["type"] for each in verdict.node_errors.values() for e in each["errors"]]
    assert "dependency_cycle" in kinds


@pytest.mark.parametrize(
    ("workflow", "kind"),
    [
        ([], "invalid_prompt"),
        ({"a": 1}, "invalid_prompt"),
        ({"a": {"inputs": {}}}, "missing_node_type"),
        ({"a": {"class_type": "Unheard", "inputs": {}}}, "missing_node_type"),
        ({"a": {"class_type": "VAEDecode", "inputs": {}}}, "prompt_no_outputs"),
    ],
)
def test_what_is_no_workflow_is_told_so(workflow, kind):
    verdict = check(workflow)
    assert (verdict.error["type"], verdict.outputs) == (kind, [])


async def test_whoever_waits_for_what_a_task_hands_over_leaves_nothing_behind_when_cancelled():
    work = asyncio.get_running_loop().create_future()
    waiting = asyncio.create_task(taken(asyncio.Queue(), work))
    await asyncio.sleep(0)
    assert len(others()) == 2
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.sleep(0)
    assert others() == set()


async def test_what_was_handed_over_is_taken_also_after_the_end_of_the_work():
    work = asyncio.get_running_loop().create_future()
    work.set_result(None)
    queue: asyncio.Queue[str] = asyncio.Queue()
    queue.put_nowait("x")
    assert await taken(queue, work) == "x"
    assert await taken(queue, work) is None
