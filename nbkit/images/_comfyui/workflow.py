"""A workflow in ComfyUI's API format, filled in for one image at a time."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Self

from nbkit.errors import BackendError
from nbkit.images._comfyui.places import (
    PLACEHOLDER,
    Graph,
    Place,
    find_place,
    given_places,
    inputs,
    no_prompt,
    usual_places,
)
from nbkit.models import ImageRequest

SIDE = 512
"""Pixels, where ``{width}`` or ``{height}`` stands and no size is asked for."""

_CHECKPOINT = "{checkpoint}"


class Workflow:
    """A graph of nodes, and the places in it for prompt, seed and size.

    A place is one that ``places`` names; else a placeholder such as ``{prompt}`` in a text; else,
    for the seed, each number called seed or noise_seed, and for the size, the width and height of
    each node that has a batch_size too.

    Parameters
    ----------
    graph
        The nodes by their ids, as "Export (API)" writes them.
    places
        For some of the names, ``"NODE.INPUT"``, or a list of such; a node is its id or its title.

    Raises
    ------
    ValueError
        If it is no workflow in this format, a place is none, or there is none for the prompt.
    """

    def __init__(self, graph: Any, places: Mapping[str, str | Sequence[str]] | None = None) -> None:
        # A copy of its own: the user may go on editing.
        try:
            self._graph: Graph = json.loads(json.dumps(_checked(graph)))
        except RecursionError:
            raise ValueError("the workflow is nested too deeply") from None
        self._given = given_places(self._graph, places or {})
        self._texts = {
            Place(id_, name): value
            for id_, name, value in inputs(self._graph)
            if isinstance(value, str) and PLACEHOLDER.search(value)
        }
        found = {name for text in self._texts.values() for name in PLACEHOLDER.findall(text)}
        taken = found | set(self._given)
        if "prompt" not in taken:
            raise no_prompt(self._graph)
        usual = usual_places(self._graph)
        self._usual = {name: usual[name] for name in usual if name not in taken}
        self._names = taken | set(self._usual)

    def __repr__(self) -> str:
        return f"<Workflow of {len(self._graph)} nodes>"

    @classmethod
    def read(
        cls,
        source: str | os.PathLike[str] | Mapping[str, Any],
        places: Mapping[str, str | Sequence[str]] | None = None,
    ) -> Self:
        """Make one of a graph, or of the path of a file that holds it.

        Raises
        ------
        ValueError
            As for the class, and if the file cannot be read or is no JSON.
        """
        if isinstance(source, Mapping):
            return cls(source, places)
        path = Path(source).expanduser()
        try:
            graph = json.loads(path.read_text("utf-8"))
        except OSError as error:
            raise ValueError(
                f"the workflow {str(path)!r} cannot be read: {error.strerror}"
            ) from error
        except (ValueError, RecursionError) as error:
            raise ValueError(f"the workflow {str(path)!r} is no JSON: {error}") from error
        return cls(graph, places)

    @classmethod
    def text_to_image(cls) -> Self:
        """Make the packaged one, which needs a checkpoint."""
        file = resources.files("nbkit.images._comfyui") / "text_to_image.json"
        return cls(json.loads(file.read_text("utf-8")))

    @property
    def needs_checkpoint(self) -> bool:
        """Whether :meth:`fill` has to be told which checkpoint to load."""
        return any(value == _CHECKPOINT for _, _, value in inputs(self._graph))

    def fill(
        self, request: ImageRequest, *, seed: int, checkpoint: str = ""
    ) -> dict[str, dict[str, Any]]:
        """Return the graph for one image; ``params`` of the request are by ``"NODE.INPUT"``.

        What the request leaves open stays as it stands in the workflow.

        Raises
        ------
        BackendError
            If the request asks for a size and there is no place for it, or its ``params`` name
            no input.
        """
        values: dict[str, Any] = {
            "prompt": request.prompt,
            "negative_prompt": request.negative_prompt or None,
            "seed": seed,
            "width": request.width,
            "height": request.height,
        }
        for side in ("width", "height"):
            if values[side] is not None and side not in self._names:
                raise BackendError(
                    f"the workflow has no place for the {side} that is asked for: name it, as "
                    f"in places={{{side!r}: 'NODE.INPUT'}}"
                )
        graph: dict[str, dict[str, Any]] = json.loads(json.dumps(self._graph))
        for id_, name, value in inputs(self._graph):
            if value == _CHECKPOINT:
                graph[id_]["inputs"][name] = checkpoint
        for place, text in self._texts.items():
            graph[place.node]["inputs"][place.input] = self._written(text, values)
        for name, places in {**self._usual, **self._given}.items():
            for place in places if values[name] is not None else ():
                graph[place.node]["inputs"][place.input] = values[name]
        for where, value in request.params.items():
            try:
                place = find_place(self._graph, where)
            except ValueError as error:
                raise BackendError(f"params: {error}") from error
            graph[place.node]["inputs"][place.input] = value
        return graph

    def _written(self, text: str, values: Mapping[str, Any]) -> Any:
        """Put values in the place of a text's placeholders, all at once: a prompt may have some."""
        open_ = {"negative_prompt": "", "width": SIDE, "height": SIDE}
        filled = {
            name: open_.get(name) if value is None else value
            for name, value in values.items()
            if name not in self._given
        }
        whole = PLACEHOLDER.fullmatch(text)
        if whole is not None:
            return filled.get(whole[1], text)
        return PLACEHOLDER.sub(lambda found: str(filled.get(found[1], found[0])), text)


def _checked(graph: Any) -> Graph:
    if not isinstance(graph, Mapping):
        raise ValueError(f"a workflow is a mapping of nodes, not {type(graph).__name__}")  # noqa: TRY004 - most come from a file
    if "nodes" in graph and "links" in graph:
        raise ValueError(
            "this is a workflow as ComfyUI saves it, which only its own page can run: use "
            '"Export (API)" in its workflow menu (in older ones "Save (API Format)")'
        )
    if not graph:
        raise ValueError("the workflow is empty")
    for id_, node in graph.items():
        if not _is_node(id_, node):
            raise ValueError(
                f"this is no workflow in ComfyUI's API format: {id_!r} is no node with a "
                'class_type and inputs; "Export (API)" in its workflow menu writes one'
            )
    return graph


def _is_node(id_: object, node: object) -> bool:
    return (
        isinstance(id_, str)
        and isinstance(node, Mapping)
        and isinstance(node.get("class_type"), str)
        and isinstance(node.get("inputs"), Mapping)
    )
