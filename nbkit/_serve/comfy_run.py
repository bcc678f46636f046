"""One workflow on its way: which nodes run, in which order, and what the sampler paints.

Sources: ComfyUI's ``execution.py`` (the messages and their order), ``main.py`` (progress and
previews) and ``comfy_execution/progress.py`` (``progress_state``).
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from nbkit._serve.comfy_nodes import NODES, Workflow
from nbkit._serve.pictures import convert, paint
from nbkit._serve.state import State
from nbkit.models import EncodedImage, ImageRequest, Preview

Cache = dict[str, Any]
"""What nodes gave in the run before, by all that they depend on."""


class Hub(Protocol):
    """Whom a run tells what it does; ``client_id=None`` is everybody."""

    def tell(self, kind: str, data: Mapping[str, Any], client_id: str | None) -> None:
        """Send a message."""
        ...

    def show(self, image: EncodedImage, about: Mapping[str, Any], client_id: str) -> None:
        """Send a preview."""
        ...


class Run:
    """Runs one queued workflow.

    ``messages`` are those that the history keeps, ``outputs`` what the output nodes made.
    Cancelling :meth:`execute` stops it; ``node`` is where it then stood.
    """

    def __init__(
        self,
        state: State,
        hub: Hub,
        *,
        prompt_id: str,
        workflow: Workflow,
        client_id: str | None,
        cache: Cache,
    ) -> None:
        self.messages: list[tuple[str, dict[str, Any]]] = []
        self.outputs: dict[str, Any] = {}
        self.results: Cache = {}
        self.node: str | None = None
        self.executed: list[str] = []
        self._state = state
        self._hub = hub
        self._id = prompt_id
        self._workflow = workflow
        self._client = client_id
        self._cache = cache
        self._progress: dict[str, dict[str, Any]] = {}

    async def execute(self, outputs: list[str]) -> None:
        """Run all that the outputs hang on."""
        self.note("execution_start", {})
        order = list(dict.fromkeys(name for each in outputs for name in self._order(each)))
        cached = [name for name in order if self._key(name) in self._cache]
        self.note("execution_cached", {"nodes": cached})
        for name in order:
            key = self._key(name)
            if name in cached:
                result = self._cache[key]
            else:
                self.node = name
                self._tell("executing", {"node": name, "display_node": name})
                self._advance(name, 0.0, 1.0)
                result = await self._run(name)
                self._finish(name)
                self.executed.append(name)
            self.results[key] = result
            if NODES[self._workflow[name]["class_type"]].is_output:
                self.outputs[name] = result
                self._tell("executed", {"node": name, "display_node": name, "output": result})
        self.note("execution_success", {})

    def note(self, kind: str, data: dict[str, Any], *, everybody: bool = False) -> None:
        """Send a message that the history keeps."""
        data = {"prompt_id": self._id, **data, "timestamp": int(time.time() * 1000)}
        self.messages.append((kind, data))
        if everybody or self._client is not None:
            self._hub.tell(kind, data, self._client)

    def _tell(self, kind: str, data: dict[str, Any]) -> None:
        if self._client is not None:
            self._hub.tell(kind, {**data, "prompt_id": self._id}, self._client)

    def _order(self, name: str) -> Iterator[str]:
        for value in self._workflow[name].get("inputs", {}).values():
            if isinstance(value, list):
                yield from self._order(value[0])
        yield name

    def _key(self, name: str) -> str:
        """Name a node by all that its result depends on."""
        node = self._workflow[name]
        known = NODES[node["class_type"]].inputs
        inputs = {
            key: [self._key(value[0]), value[1]] if isinstance(value, list) else value
            for key, value in node.get("inputs", {}).items()
            if key in known
        }
        # Two output nodes save two files, also of one picture.
        own = name if NODES[node["class_type"]].is_output else ""
        return json.dumps([node["class_type"], own, inputs], sort_keys=True)

    def _source(self, name: str, key: str) -> dict[str, Any]:
        node: dict[str, Any] = self._workflow[self._workflow[name]["inputs"][key][0]]
        return node

    async def _run(self, name: str) -> Any:
        kind = self._workflow[name]["class_type"]
        if kind == "KSampler":
            return await self._sample(name)
        if kind == "VAEDecode":
            return self.results[self._key(self._workflow[name]["inputs"]["samples"][0])]
        if kind in ("SaveImage", "PreviewImage"):
            return await self._save(name, temporary=kind == "PreviewImage")
        return None

    async def _sample(self, name: str) -> list[EncodedImage]:
        inputs = self._workflow[name]["inputs"]
        latent = self._source(name, "latent_image")["inputs"]
        steps = inputs["steps"]
        images = []
        for index in range(latent["batch_size"]):
            request = ImageRequest(
                _text(self._source(name, "positive")),
                inputs["seed"] + index,
                latent["width"],
                latent["height"],
                _text(self._source(name, "negative")),
            )
            images.append(
                await paint(
                    request,
                    seconds=self._state.settings.image_seconds,
                    previews=steps,
                    on_preview=self._on_preview(name, steps),
                )
            )
            self._step(name, steps, steps, None)
        return images

    def _on_preview(self, name: str, steps: int) -> Callable[[Preview], None]:
        def on_preview(preview: Preview) -> None:
            self._step(name, max(round(preview.fraction * steps), 1), steps, preview.image)

        return on_preview

    def _step(self, name: str, value: int, steps: int, image: EncodedImage | None) -> None:
        self._advance(name, value, steps)
        self._tell("progress", {"value": value, "max": steps, "node": name})
        if image is not None and self._client is not None:
            about = {"prompt_id": self._id, "parent_node_id": None}
            names = dict.fromkeys(("node_id", "display_node_id", "real_node_id"), name)
            self._hub.show(image, {**names, **about}, self._client)

    def _advance(self, name: str, value: float, most: float, state: str = "running") -> None:
        names = dict.fromkeys(("node_id", "display_node_id", "real_node_id"), name)
        about = {"prompt_id": self._id, "parent_node_id": None}
        self._progress[name] = {"value": value, "max": most, "state": state, **names, **about}
        told = {"prompt_id": self._id, "nodes": dict(self._progress)}
        self._hub.tell("progress_state", told, None)

    def _finish(self, name: str) -> None:
        most = self._progress[name]["max"]
        self._advance(name, most, most, "finished")

    async def _save(self, name: str, *, temporary: bool) -> dict[str, Any]:
        inputs = self._workflow[name]["inputs"]
        kind = "temp" if temporary else "output"
        prefix = f"ComfyUI_temp_{uuid.uuid4().hex[:5]}"
        if not temporary:
            prefix = str(inputs["filename_prefix"])
        subfolder, _, stem = prefix.replace("\\", "/").rpartition("/")
        saved = []
        for image in self.results[self._key(inputs["images"][0])]:
            number = next(self._state.saved)
            filename = f"{stem}_{number:05}_.png"
            self._state.keep(
                f"{kind}/{subfolder}/{filename}", await convert(image, "png"), "image/png"
            )
            saved.append({"filename": filename, "subfolder": subfolder, "type": kind})
        return {"images": saved}


def _text(node: Mapping[str, Any]) -> str:
    return str(node["inputs"]["text"])
