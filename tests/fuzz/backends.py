"""Targets: what image servers tell, from their progress to their pictures."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import Iterable
from typing import Any

from fuzz import samples
from fuzz.answers import answer
from fuzz.material import Choices, brief, cut, parsed, spoiled
from fuzz.target import target

from nbkit.errors import BackendError, ServerError
from nbkit.images import _a1111_job as a1111_job
from nbkit.images import a1111, comfyui
from nbkit.images._comfyui import job as comfy_job
from nbkit.images._comfyui.progress import Frame, Progress
from nbkit.images._comfyui.workflow import Workflow
from nbkit.images.openai import OpenAIImageBackend
from nbkit.models import ImageRequest, Preview

ID = "prompt-1"
GRAPH = Workflow.text_to_image().fill(ImageRequest("a fox"), seed=7, checkpoint="c")
WORDS = (
    *("type", "data", "prompt_id", ID, "status", "executing", "progress", "progress_state", "node"),
    *("nodes", "value", "max", "state", "finished", "running", "display_node", "display_node_id"),
    *("executed", "execution_cached", "execution_success", "execution_error", "node_type"),
    *("execution_interrupted", "exception_type", "exception_message", "node_id", *GRAPH),
)
ANSWERED = (
    *(
        "prompt_id",
        ID,
        "status",
        "status_str",
        "error",
        "messages",
        "outputs",
        "images",
        "filename",
    ),
    *("subfolder", "type", "output", "temp", "queue_running", "queue_pending", "client_id"),
    *("execution_error", "CheckpointLoaderSimple", "input", "required", "ckpt_name", "options"),
    *("exception_message", "9", "COMBO"),
)
PROGRESS = (
    *("progress", "state", "interrupted", "job_count", "sampling_step", "sampling_steps"),
    *("current_task", "current_image", "images", "info", "index_of_first_image", "error", "errors"),
    *("detail", '{"index_of_first_image": 1e999}', '{"index_of_first_image": 1}', "nbkit-1"),
)
PAINTED = (
    *("type", "data", "b64_json", "url", "error", "message", "partial_image_index", "x.completed"),
    *("x.partial_image", "data:image/png;base64,AAAA", "code", "image_generation.completed"),
)


def _shown(preview: Preview, least: float) -> float:
    """A preview is within its bounds, and no step back."""
    assert least <= preview.fraction <= 1.0
    assert (preview.step is None) == (preview.steps is None)
    assert preview.step is None or 1 <= preview.step <= preview.steps
    return preview.fraction


HEAD = {"prompt_id": ID}
RUNNING = {"5": {"value": 3, "max": 20, "state": "running"}, "4": {"state": "finished"}}
ERROR = {"node_type": "KSampler", "node_id": "5", "exception_type": "E", "exception_message": "no"}
TOLD_OF = (
    {"type": "execution_start", "data": HEAD},
    {"type": "execution_cached", "data": {"nodes": ["4"], **HEAD}},
    {"type": "executing", "data": {"node": "5", **HEAD}},
    {"type": "progress", "data": {"value": 3, "max": 20, "node": "5", **HEAD}},
    {"type": "progress_state", "data": {"nodes": RUNNING, **HEAD}},
    {"type": "progress", "data": {"value": 0, "max": 1_000, "node": "5", **HEAD}},
    {"type": "executed", "data": {"node": "7", "output": {}, **HEAD}},
    {"type": "execution_error", "data": {**ERROR, **HEAD}},
    {"type": "executing", "data": {"node": None, **HEAD}},
)


def _messages() -> list[bytes]:
    meta = json.dumps(HEAD).encode()
    framed = (4).to_bytes(4, "big") + len(meta).to_bytes(4, "big") + meta + b"\xff\xd8\xff"
    return [
        b"\n".join(samples.as_json(*TOLD_OF)),
        b"\xff" + framed,
        b"\xff" + bytes([0, 0, 0, 1, 0, 0, 0, 1]) + samples.picture(),
    ]


@target(seeds=_messages, examples=250)
def comfyui_message(data: bytes) -> None:
    """A job goes on and never back, or fails in so many words; a preview is part of its message."""
    progress, least = Progress(GRAPH, ID), 0.0
    for message in _taken_for_messages(data):
        try:
            new = progress.take(message)
        except BackendError as error:
            brief(error)
            continue
        if isinstance(new, Frame):
            assert isinstance(message, bytes)
            assert new.data
            assert message.endswith(new.data)
        elif new is not None:
            least = _shown(new, least)
        least = _shown(progress.preview(), least)


def _taken_for_messages(data: bytes) -> list[str | bytes]:
    if data[:1] == b"\xff":
        return [data[1:]]
    if data[:1] == b"{":
        return data.decode("utf-8", "replace").split("\n")
    choices, messages = Choices(data), []
    while choices.left and len(messages) < 20:
        messages.append(spoiled(choices, choices.pick(TOLD_OF), WORDS))
    return messages


SMALL = {"1": {"class_type": "X", "inputs": {"text": "{prompt}, {width}", "seed": 7}}}


def _workflows() -> list[bytes]:
    return samples.as_json(GRAPH, SMALL, {"nodes": [], "links": []}, {}, [])


@target(seeds=_workflows, examples=120)
def comfyui_workflow(data: bytes) -> None:
    """A file is a workflow or is none; what is filled in is JSON, and holds the prompt."""
    words = ("class_type", "inputs", "_meta", "title", "text", "{prompt}", "seed", "1", "nodes")
    try:
        workflow = Workflow(parsed(data, words, (GRAPH, SMALL)))
    except ValueError:
        return
    request = ImageRequest("§ a {seed} fox", width=64, params={"1.text": "x"})
    for asked in (ImageRequest("§ a {seed} fox"), request):
        with contextlib.suppress(BackendError):
            assert "\\u00a7" in json.dumps(workflow.fill(asked, seed=7)) or asked is request


class Server:
    """Stands for a client: gives what was chosen, whatever it is asked."""

    base_url = "http://peer"

    def __init__(self, given: list[Any]) -> None:
        self._given = given

    async def json(self, *_: Any, **__: Any) -> Any:
        return self._given.pop(0) if self._given else None

    async def send(self, *_: Any, **__: Any) -> Any:
        return answer([b"picture"])


FILES = {"images": [{"filename": "a.png", "subfolder": "", "type": "output"}]}
ERRORS = [["execution_error", {"node_type": "K", "exception_message": "out of memory"}]]
REQUIRED = {"ckpt_name": [["a.safetensors"], {"options": ["b"]}]}
LOADER = {"CheckpointLoaderSimple": {"input": {"required": REQUIRED}}}
QUEUED = {"prompt_id": ID}
JOBS = (
    [LOADER, QUEUED, {"queue_running": [[0, ID, {}, {}, []]]}, {ID: {"outputs": {"9": FILES}}}, {}],
    [LOADER, QUEUED, {}, {ID: {"status": {"status_str": "error", "messages": ERRORS}}}],
    [{"CheckpointLoaderSimple": {"input": {"required": {"ckpt_name": [[5]]}}}}, {"prompt_id": 5}],
    [LOADER, QUEUED, {"queue_pending": [[1, 5, {}, {"client_id": "c"}, []]]}, {}],
    [LOADER, QUEUED, {"queue_pending": [[1, "x", {}, {"client_id": "c"}, []]]}, {}],
)


@target(seeds=lambda: samples.as_json(*JOBS, []), examples=150)
def comfyui_answer(data: bytes) -> None:
    """A job's place, end and picture are found in any JSON, or it fails in so many words."""

    async def main() -> None:
        server = Server(_listed(parsed(data, ANSWERED, JOBS)))
        with _in_so_many_words():
            assert isinstance(await comfyui._checkpoint(server), str)
        job = comfy_job.Job(server, GRAPH)
        job.client_id = "c"
        for step in (job.queue, job.place, job.entry, job.stop):
            with _in_so_many_words():
                found = await step()
                if isinstance(found, dict):
                    assert await job.picture(found) == b"picture"
            assert isinstance(job.id, str)
        await job.aclose()

    asyncio.run(main())


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


@contextlib.contextmanager
def _in_so_many_words():
    try:
        yield
    except (BackendError, ServerError) as error:
        brief(error)


IMAGE = base64.b64encode(samples.picture()).decode()
STATE = {"interrupted": False, "job_count": 1, "sampling_step": 3, "sampling_steps": 20}
NOW = {"progress": 0.2, "state": STATE, "current_image": IMAGE, "current_task": None}
LAST = {"images": [IMAGE, "", IMAGE], "info": '{"index_of_first_image": 1}'}
LOOKS = (
    [NOW, {**NOW, "progress": 0.1}, LAST],
    [{**NOW, "state": {**STATE, "interrupted": True, "job_count": 0}}],
    [{"images": [], "error": "OutOfMemoryError", "errors": "CUDA"}],
)


@target(seeds=lambda: samples.as_json(*LOOKS), examples=150)
def a1111_answer(data: bytes) -> None:
    """Its progress goes on and never back; the answer holds an image, or says what it holds."""
    answers = _listed(parsed(data, PROGRESS, LOOKS))

    async def main() -> None:
        told: list[Preview] = []
        job = a1111_job.Job(Server(list(answers)), told.append)
        for step in [job._look] * len(answers) + [job.was_interrupted, job.stop]:
            with _in_so_many_words():
                await step()
        least = 0.0
        for preview in told:
            least = _shown(preview, least)

    asyncio.run(main())
    for each in answers:
        with _in_so_many_words():
            assert a1111._image(each) in each["images"]


PARTIAL = {"type": "x.partial_image", "partial_image_index": 0, "b64_json": IMAGE}
PAINTINGS = (
    [{"data": [{"b64_json": IMAGE}]}],
    [{"data": [{"url": f"data:image/png;base64,{IMAGE}"}]}],
    [PARTIAL, {"type": "x.completed", "b64_json": IMAGE}],
    [{"type": "error", "error": {"message": "no", "code": "moderation"}}],
)


def _stream(events: Iterable[Any]) -> bytes:
    return b"".join(b"data: " + each + b"\n\n" for each in samples.as_json(*events))


def _paintings() -> list[bytes]:
    return [*samples.as_json(*PAINTINGS), *(_stream(each) for each in PAINTINGS[2:])]


@target(seeds=_paintings, examples=100)
def openai_image(data: bytes) -> None:
    """A stream or an answer gives a picture, or fails in so many words."""
    backend = OpenAIImageBackend("m", base_url="http://peer/v1", api_key=samples.KEY)
    backend.partial_images = 1

    async def main() -> None:
        told: list[Preview] = []
        value = []
        stream = data
        if data[:1] not in (b"d", b"e"):
            value = _listed(parsed(data, PAINTED, PAINTINGS))
            with contextlib.suppress(RecursionError):
                stream = _stream(value)
        with _in_so_many_words():
            body = answer(cut(stream, 200))
            await backend._picture(body, await backend._follow(body, told.append))
        for each in value:
            with _in_so_many_words():
                await backend._picture(answer([]), each)
        for preview in told:
            _shown(preview, 0.0)

    asyncio.run(main())
