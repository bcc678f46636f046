"""How far a ComfyUI job is, from the messages of the server's websocket.

Their forms are those of ``server.py``, ``protocol.py``, ``execution.py`` and
``comfy_execution/progress.py`` of comfyanonymous/ComfyUI.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbkit.errors import BackendError
from nbkit.images._comfyui.places import Graph
from nbkit.images._server import number, said
from nbkit.models import Preview

_PREVIEW, _PREVIEW_WITH_METADATA = 1, 4  # protocol.py: BinaryEventTypes

ANNOUNCED = json.dumps({"type": "feature_flags", "data": {"supports_preview_metadata": True}})
"""What a client says first, so that previews tell whose they are."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A preview picture as it came, not looked at yet."""

    data: bytes


class Progress:
    """Adds up what the server tells of one job's nodes.

    A node counts for as many steps as it has, so that a sampler is most of the way. The sum
    never falls, even where a node turns out to have more steps than was thought.

    Attributes
    ----------
    prompt_id
        The job's; messages that name another are passed over.
    is_over
        Whether the server has said that the job is done.
    """

    def __init__(self, graph: Graph, prompt_id: str) -> None:
        self.prompt_id = prompt_id
        self.is_over = False
        self._weights = {id_: _steps(node["inputs"].get("steps")) for id_, node in graph.items()}
        self._shares = dict.fromkeys(graph, 0.0)
        self._current: str | None = None
        self._step: tuple[int, int] | None = None
        self._told: Preview | None = None
        self._fraction = 0.0

    def take(self, message: str | bytes) -> Preview | Frame | None:
        """Take a message; returns what is new in it, if anything.

        Raises
        ------
        BackendError
            If it says that the job failed or was interrupted.
        """
        if isinstance(message, bytes):
            return self._frame(message)
        try:
            parsed = json.loads(message)
        except (ValueError, RecursionError):
            return None
        data = parsed.get("data") if isinstance(parsed, Mapping) else None
        if not isinstance(data, Mapping) or data.get("prompt_id", self.prompt_id) != self.prompt_id:
            return None
        self._event(parsed.get("type"), data)
        preview = self.preview()
        if preview == self._told or self._fraction == 0.0:
            return None
        self._told = preview
        return preview

    def preview(self) -> Preview:
        """Say how far the job is, without a picture."""
        total = sum(self._weights.values())
        done = sum(self._weights[id_] * share for id_, share in self._shares.items())
        self._fraction = max(self._fraction, min(done / total, 1.0))
        return Preview(self._fraction, None, *(self._step or (None, None)))

    def _event(self, kind: Any, data: Mapping[str, Any]) -> None:
        if kind == "execution_cached":
            nodes = data.get("nodes")
            for id_ in nodes if isinstance(nodes, list) else ():
                self._set(id_, 1.0)
        elif kind == "executing":
            self._go_on(data)
        elif kind == "progress":
            self._count(data.get("node") or self._current, data)
        elif kind == "progress_state":
            self._count_all(data.get("nodes"))
        elif kind == "executed":
            self._set(data.get("display_node") or data.get("node"), 1.0)
        elif kind == "execution_success":
            self.is_over = True
        elif kind in ("execution_error", "execution_interrupted"):
            raise failure(kind, data)

    def _go_on(self, data: Mapping[str, Any]) -> None:
        """Begin a node, and end the one before; with no node, the job ends."""
        self._set(self._current, 1.0)
        self._step = None
        node = data.get("node")
        shown = data.get("display_node") or node
        self._current = shown if isinstance(shown, str) else None
        self.is_over = self.is_over or ("node" in data and node is None and "prompt_id" in data)

    def _count_all(self, nodes: Any) -> None:
        for id_, node in nodes.items() if isinstance(nodes, Mapping) else ():
            if not isinstance(node, Mapping):
                continue
            shown = node.get("display_node_id") or id_
            if node.get("state") == "finished":
                # A node within another one's expansion is not the end of that.
                self._set(shown, 1.0 if shown == id_ else None)
            elif node.get("state") == "running":
                self._count(shown, node)

    def _count(self, id_: object, data: Mapping[str, Any]) -> None:
        value, most = number(data.get("value")), number(data.get("max"))
        if most <= 0 or not isinstance(id_, str) or id_ not in self._weights:
            return
        value = min(value, most)
        if most > 1:
            self._weights[id_] = max(self._weights[id_], most)
            self._step = (int(value), int(most)) if value >= 1 else None
        self._set(id_, value / most)

    def _set(self, id_: object, share: float | None) -> None:
        if share is not None and isinstance(id_, str) and id_ in self._shares:
            self._shares[id_] = max(self._shares[id_], share)

    def _frame(self, message: bytes) -> Frame | None:
        kind = int.from_bytes(message[:4], "big")
        if kind == _PREVIEW:
            # Four bytes more say JPEG or PNG, which the picture says itself.
            return Frame(message[8:]) if len(message) > 8 else None
        if kind != _PREVIEW_WITH_METADATA or len(message) < 8:
            return None
        end = 8 + int.from_bytes(message[4:8], "big")
        try:
            metadata = json.loads(message[8:end])
        except (ValueError, RecursionError):
            return None
        whose = metadata.get("prompt_id") if isinstance(metadata, Mapping) else None
        if whose not in (None, self.prompt_id) or len(message) <= end:
            return None
        return Frame(message[end:])


def failure(kind: str, data: Mapping[str, Any]) -> BackendError:
    """Return the error that ``execution_error`` or ``execution_interrupted`` stands for."""
    node = f"{said(data.get('node_type') or 'a node')} {said(data.get('node_id') or '')}".strip()
    if kind == "execution_interrupted":
        return BackendError(f"the image was interrupted on the server, at its node {node}")
    words = [data.get("exception_type"), data.get("exception_message")]
    why = ": ".join(said(each) for each in words if each)
    return BackendError(f"ComfyUI's node {node} failed: {why or 'it does not say why'}")


def _steps(value: object) -> float:
    return max(number(value), 1.0)
