"""Where in a ComfyUI workflow the values of a request go."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NAMES = ("prompt", "negative_prompt", "seed", "width", "height")
"""What a workflow may have a place for."""

Graph = Mapping[str, Mapping[str, Any]]
"""A workflow in API format: each node by its id."""

PLACEHOLDER = re.compile(r"\{(" + "|".join(NAMES) + r")\}")

_SHOWN = 40  # characters of a text in an error
_TEXTUAL = re.compile(r"text|prompt|string", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """One input of one node."""

    node: str
    input: str

    def __str__(self) -> str:
        return f"{self.node}.{self.input}"


def find_place(graph: Graph, text: str) -> Place:
    """Find the input that a text such as ``"6.text"`` or ``"Positive prompt.text"`` names.

    Raises
    ------
    ValueError
        If it names none, or one of several nodes with the same title.
    """
    # A title may have dots of its own, and so may an input: the longest node name goes first.
    for dot in reversed([at for at, mark in enumerate(text) if mark == "."]):
        name, entry = text[:dot], text[dot + 1 :]
        nodes = [name] if name in graph else [id_ for id_ in graph if title(graph[id_]) == name]
        if len(nodes) > 1:
            told = ", ".join(f"{id_}.{entry}" for id_ in nodes)
            raise ValueError(f"several nodes have the title {name!r}; name one by its id: {told}")
        if nodes and entry in graph[nodes[0]]["inputs"]:
            return Place(nodes[0], entry)
        if nodes:
            inputs = ", ".join(graph[nodes[0]]["inputs"]) or "none"
            raise ValueError(f"the node {name!r} has no input {entry!r}; it has {inputs}")
    known = ", ".join(_named(id_, node) for id_, node in graph.items())
    raise ValueError(
        f"{text!r} names no input: it is 'NODE.INPUT', where NODE is the id or the title of "
        f"one of the nodes {known}"
    )


def given_places(
    graph: Graph, places: Mapping[str, str | Sequence[str]]
) -> dict[str, tuple[Place, ...]]:
    """Find the places that a user has named.

    Raises
    ------
    ValueError
        For a name that is none of :data:`NAMES`, or a place that is none.
    """
    found: dict[str, tuple[Place, ...]] = {}
    for name, where in places.items():
        if name not in NAMES:
            raise ValueError(f"there is no place {name!r} in a workflow; there is {_listed(NAMES)}")
        texts = [where] if isinstance(where, str) else list(where)
        found[name] = tuple(find_place(graph, text) for text in texts)
    return found


def usual_places(graph: Graph) -> dict[str, tuple[Place, ...]]:
    """Find where seed and size usually stand: by the names of inputs that hold numbers."""
    seeds = [
        Place(id_, name)
        for id_, name, value in inputs(graph)
        if name in ("seed", "noise_seed") and _is_number(value)
    ]
    canvases = [
        id_
        for id_, node in graph.items()
        if "batch_size" in node["inputs"]
        and all(_is_number(node["inputs"].get(side)) for side in ("width", "height"))
    ]
    found = {"seed": tuple(seeds)} if seeds else {}
    if canvases:
        found["width"] = tuple(Place(id_, "width") for id_ in canvases)
        found["height"] = tuple(Place(id_, "height") for id_ in canvases)
    return found


def no_prompt(graph: Graph) -> ValueError:
    """Return the error for a workflow in which nothing says where the prompt goes."""
    texts = [(Place(id_, name), each) for id_, name, each in inputs(graph) if isinstance(each, str)]
    likely = [
        (place, text)
        for place, text in texts
        if _TEXTUAL.search(place.input) or _TEXTUAL.search(_kind(graph[place.node]))
    ]
    listed = "".join(
        f"\n  {str(place)!r}: {_short(text)} ({_named(place.node, graph[place.node])})"
        for place, text in likely or texts
    )
    example = str((likely or texts)[0][0]) if texts else "6.text"
    return ValueError(
        "the workflow does not say where the prompt goes: write {prompt} into a text of it, or "
        f"name an input, as in places={{'prompt': {example!r}}}. "
        + (f"Its text inputs are:{listed}" if listed else "It has no text inputs.")
    )


def inputs(graph: Graph) -> Iterator[tuple[str, str, Any]]:
    """Give all inputs: the node's id, the input's name, its value."""
    for id_, node in graph.items():
        for name, value in node["inputs"].items():
            yield id_, name, value


def title(node: Mapping[str, Any]) -> str:
    """Return what a user has called a node, ``""`` where that is not known."""
    meta = node.get("_meta")
    return str(meta.get("title") or "") if isinstance(meta, Mapping) else ""


def _kind(node: Mapping[str, Any]) -> str:
    return str(node.get("class_type", "node"))


def _named(id_: str, node: Mapping[str, Any]) -> str:
    name = title(node)
    kind = _kind(node)
    return f"{id_}: {kind} {name!r}" if name and name != kind else f"{id_}: {kind}"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
