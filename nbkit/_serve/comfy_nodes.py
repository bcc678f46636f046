"""The nodes that the ComfyUI form knows, and the check of a workflow before it is queued.

Sources: ``INPUT_TYPES`` and ``RETURN_TYPES`` of ComfyUI's ``nodes.py``; ``validate_prompt`` and
``validate_inputs`` of its ``execution.py``, whose words the errors are. Any checkpoint, sampler
and scheduler is taken, whatever its name: there is one painter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Workflow = Mapping[str, Any]
"""A workflow in API format: nodes by their ids, each with ``class_type`` and ``inputs``."""

_SEED = {"default": 0, "min": 0, "max": 2**64 - 1}
_SIDE = {"default": 512, "min": 16, "max": 16384, "step": 8}
_SAMPLERS = ["euler", "euler_ancestral", "heun", "dpmpp_2m", "dpmpp_sde", "ddim", "uni_pc"]
_SCHEDULERS = ["normal", "karras", "exponential", "sgm_uniform", "simple", "ddim_uniform"]


@dataclass(frozen=True, slots=True)
class NodeType:
    """One class of nodes: its inputs as ComfyUI declares them, and what it gives."""

    inputs: Mapping[str, tuple[Any, dict[str, Any]]]
    outputs: tuple[str, ...] = ()
    is_output: bool = False
    category: str = "image"

    def told(self, name: str) -> dict[str, Any]:
        """Say it as ``/object_info`` does."""
        required = {key: [kind, more] if more else [kind] for key, (kind, more) in self._shown()}
        return {
            "input": {"required": required},
            "input_order": {"required": list(required)},
            "is_input_list": False,
            "output": list(self.outputs),
            "output_is_list": [False] * len(self.outputs),
            "output_name": list(self.outputs),
            "name": name,
            "display_name": name,
            "description": "",
            "python_module": "nodes",
            "category": self.category,
            "output_node": self.is_output,
        }

    def _shown(self) -> list[tuple[str, tuple[Any, dict[str, Any]]]]:
        return list(self.inputs.items())


NODES: Mapping[str, NodeType] = {
    "CheckpointLoaderSimple": NodeType(
        {"ckpt_name": (["sketch.safetensors"], {})}, ("MODEL", "CLIP", "VAE"), category="loaders"
    ),
    "CLIPTextEncode": NodeType(
        {"text": ("STRING", {"multiline": True}), "clip": ("CLIP", {})},
        ("CONDITIONING",),
        category="conditioning",
    ),
    "EmptyLatentImage": NodeType(
        {
            "width": ("INT", _SIDE),
            "height": ("INT", _SIDE),
            "batch_size": ("INT", {"default": 1, "min": 1, "max": 4096}),
        },
        ("LATENT",),
        category="latent",
    ),
    "KSampler": NodeType(
        {
            "model": ("MODEL", {}),
            "seed": ("INT", _SEED),
            "steps": ("INT", {"default": 20, "min": 1, "max": 10000}),
            "cfg": ("FLOAT", {"default": 8.0, "min": 0.0, "max": 100.0}),
            "sampler_name": (_SAMPLERS, {}),
            "scheduler": (_SCHEDULERS, {}),
            "positive": ("CONDITIONING", {}),
            "negative": ("CONDITIONING", {}),
            "latent_image": ("LATENT", {}),
            "denoise": ("FLOAT", {"default": 1.0, "min": 0.0, "max": 1.0}),
        },
        ("LATENT",),
        category="sampling",
    ),
    "VAEDecode": NodeType(
        {"samples": ("LATENT", {}), "vae": ("VAE", {})}, ("IMAGE",), category="latent"
    ),
    "SaveImage": NodeType(
        {"images": ("IMAGE", {}), "filename_prefix": ("STRING", {"default": "ComfyUI"})},
        is_output=True,
    ),
    "PreviewImage": NodeType({"images": ("IMAGE", {})}, is_output=True),
}


@dataclass(slots=True)
class Verdict:
    """What a check found: outputs that can be made, or the error that there are none."""

    outputs: list[str] = field(default_factory=list)
    error: dict[str, Any] | None = None
    node_errors: dict[str, Any] = field(default_factory=dict)


def check(workflow: Any) -> Verdict:
    """Check a workflow; one output that can be made is enough, as in the original."""
    if not isinstance(workflow, dict) or not all(map(_is_node, workflow.values())):
        return Verdict(error=_error("invalid_prompt", "The prompt is no workflow in API format"))
    for name, node in workflow.items():
        if node.get("class_type") not in NODES:
            return Verdict(error=_missing(name, node))
    outputs = [name for name, node in workflow.items() if NODES[node["class_type"]].is_output]
    if not outputs:
        return Verdict(error=_error("prompt_no_outputs", "Prompt has no outputs"))
    verdict = Verdict()
    told = []
    for name in outputs:
        found: dict[str, list[dict[str, Any]]] = {}
        if _check_node(workflow, name, found, ()):
            verdict.outputs.append(name)
            continue
        for node, errors in found.items():
            if errors:
                told += [f"{each['message']}: {each['details']}" for each in errors]
                entry = {"errors": errors, "dependent_outputs": []}
                kind = {"class_type": workflow[node]["class_type"]}
                verdict.node_errors.setdefault(node, {**entry, **kind})
                verdict.node_errors[node]["dependent_outputs"].append(name)
    if not verdict.outputs:
        verdict.error = _error(
            "prompt_outputs_failed_validation",
            "Prompt outputs failed validation",
            "\n".join(dict.fromkeys(told)),
        )
    return verdict


def _is_node(node: Any) -> bool:
    """Tell whether a node is an object, and what it has of the usual is of the usual kind."""
    return (
        isinstance(node, dict)
        and isinstance(node.get("class_type"), str | None)
        and isinstance(node.get("inputs", {}), dict)
        and isinstance(node.get("_meta", {}), dict)
    )


def _check_node(
    workflow: Workflow, name: str, found: dict[str, list[dict[str, Any]]], above: tuple[str, ...]
) -> bool:
    """Check a node and all that it hangs on; ``found`` gets the errors of each."""
    if name in above:
        cycle = " -> ".join((*above[above.index(name) :], name))
        found.setdefault(name, []).append(
            _error("dependency_cycle", "Dependency cycle detected", cycle)
        )
        return False
    if name in found:
        return not found[name]
    errors = found[name] = []
    good = True
    given = workflow[name].get("inputs", {})
    for key, (kind, more) in NODES[workflow[name]["class_type"]].inputs.items():
        if key not in given:
            errors.append(
                _error("required_input_missing", "Required input is missing", key, input_name=key)
            )
        elif isinstance(given[key], list):
            wrong = _check_link(workflow, key, kind, given[key])
            if wrong is not None:
                errors.append(wrong)
            elif not _check_node(workflow, given[key][0], found, (*above, name)):
                good = False
        else:
            errors += _check_value(key, kind, more, given)
    return good and not errors


def _check_link(workflow: Workflow, key: str, kind: Any, link: list[Any]) -> dict[str, Any] | None:
    bad = "Bad linked input, must be a length-2 list of [node_id, slot_index]"
    whole = len(link) == 2 and isinstance(link[0], str) and isinstance(link[1], int)
    if not whole or link[0] not in workflow:
        return _error("bad_linked_input", bad, key, input_name=key, received_value=link)
    outputs = NODES[workflow[link[0]]["class_type"]].outputs
    if not 0 <= link[1] < len(outputs):
        return _error("bad_linked_input", bad, key, input_name=key, received_value=link)
    received = outputs[link[1]]
    wanted = "COMBO" if isinstance(kind, list) else kind
    if received != wanted:
        return _error(
            "return_type_mismatch",
            "Return type mismatch between linked nodes",
            f"{key}, received_type({received}) mismatch input_type({wanted})",
            input_name=key,
            received_type=received,
            linked_node=link,
        )
    return None


def _check_value(
    key: str, kind: Any, more: Mapping[str, Any], given: dict[str, Any]
) -> list[dict[str, Any]]:
    """Convert a value in place, as the original does, and hold it against its bounds."""
    value = given[key]
    if isinstance(kind, str) and kind not in ("INT", "FLOAT", "STRING"):
        bad = "Bad linked input, must be a length-2 list of [node_id, slot_index]"
        return [_error("bad_linked_input", bad, key, input_name=key, received_value=value)]
    try:
        value = {"INT": int, "FLOAT": float}.get(str(kind), str)(value)
    except (OverflowError, TypeError, ValueError) as error:
        message = f"Failed to convert an input value to a {kind} value"
        told = f"{key}, {value}, {error}"
        return [_error("invalid_input_type", message, told, input_name=key, received_value=value)]
    given[key] = value
    for bound, beyond, word in (("min", -1, "smaller"), ("max", 1, "bigger")):
        if bound in more and (value - more[bound]) * beyond > 0:
            message = f"Value {value} {word} than {bound} of {more[bound]}"
            kind = f"value_{word}_than_{bound}"
            return [_error(kind, message, key, input_name=key, received_value=value)]
    return []


def _missing(name: str, node: Mapping[str, Any]) -> dict[str, Any]:
    kind = node.get("class_type")
    title = node.get("_meta", {}).get("title", kind)
    if kind is None:
        message = f"Node '{title or f'ID #{name}'}' has no class_type. The workflow may be "
        message += "corrupted or a custom node is missing."
    else:
        message = f"Node '{title}' not found. The custom node may not be installed."
    told = f"Node ID '#{name}'"
    more = {"node_id": name, "class_type": kind, "node_title": title}
    return _error("missing_node_type", message, told, **more)


def _error(kind: str, message: str, details: str = "", **more: Any) -> dict[str, Any]:
    return {"type": kind, "message": message, "details": details, "extra_info": more}
