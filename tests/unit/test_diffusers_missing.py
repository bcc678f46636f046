"""Without torch and diffusers the backend says at once what to install, and imports neither."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import subprocess
import sys
from typing import Any

import pytest

from nbkit.errors import MissingExtraError
from nbkit.images.diffusers import DiffusersBackend


def without(monkeypatch: pytest.MonkeyPatch, *missing: str) -> None:
    def find(name: str, package: str | None = None) -> importlib.machinery.ModuleSpec | None:
        return None if name in missing else importlib.machinery.ModuleSpec(name, None)

    monkeypatch.setattr(importlib.util, "find_spec", find)


@pytest.mark.parametrize("missing", ["diffusers", "torch"])
def test_a_missing_package_is_told_when_the_backend_is_made(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    without(monkeypatch, missing)
    for make in (DiffusersBackend, lambda name: DiffusersBackend.from_spec(name, {})):
        with pytest.raises(
            MissingExtraError, match=rf"{missing} .* \"nbkit\[diffusers\]\""
        ) as told:
            make("stabilityai/sd-turbo")
        assert told.value.extra == "diffusers"


def test_a_pipeline_that_is_there_asks_for_no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "diffusers", "torch")

    assert DiffusersBackend(lambda prompt: None).model == "function"


PROGRAM = """
import importlib.util, sys
heavy = ("torch", "diffusers")
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: sys if name in heavy else find(name, *rest)
import nbkit
from nbkit.images.diffusers import DiffusersBackend
DiffusersBackend.from_spec("stabilityai/sd-turbo", {"steps": "1", "dtype": "float16"})
print([name for name in heavy if name in sys.modules])
"""


def test_neither_is_imported_before_the_first_picture() -> None:
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert told.stdout == "[]\n"


def test_the_options_of_a_spec_string_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch)
    backend = DiffusersBackend.from_spec(
        "stabilityai/sd-turbo",
        {"steps": "4", "guidance_scale": "1.5", "device": "cuda:1", "preview_every": "2",
         "dtype": "bfloat16", "variant": "fp16", "revision": "main"},
    )  # fmt: skip

    assert (backend.steps, backend.guidance_scale, backend.preview_every) == (4, 1.5, 2)
    assert repr(backend) == (
        "DiffusersBackend('stabilityai/sd-turbo', steps=4, guidance_scale=1.5, device='cuda:1')"
    )
    assert backend.max_concurrency == 1


@pytest.mark.parametrize(
    ("target", "options", "said"),
    [
        ("", {}, "a hub id or the path of a folder"),
        ("model", {"step": "4"}, "no parameter 'step'; it has steps, guidance_scale, device"),
        ("model", {"steps": "four"}, "steps='four' is no int"),
        ("model", {"steps": "0"}, "steps is 1 or more, not 0"),
        ("model", {"guidance_scale": "nan"}, "guidance_scale is a finite number"),
        ("model", {"preview_every": "-1"}, "preview_every is 0 or more, not -1"),
        ("model", {"dtype": "int8"}, "dtype is one of float16, bfloat16, float32, not 'int8'"),
    ],
)
def test_a_spec_string_that_makes_no_sense_says_what_would(
    monkeypatch: pytest.MonkeyPatch, target: str, options: dict[str, str], said: str
) -> None:
    without(monkeypatch)
    with pytest.raises(ValueError, match=said):
        DiffusersBackend.from_spec(target, options)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "not an object of type NoneType"),
        (7, "a hub id, the path of a folder or a pipeline"),
        (type("Pipe", (), {}), r"not its class: Pipe\.from_pretrained"),
    ],
)
def test_what_is_no_model_is_a_type_error(given: Any, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        DiffusersBackend(given)


def test_options_for_loading_are_refused_for_a_pipeline_that_is_loaded() -> None:
    with pytest.raises(TypeError, match="dtype, variant: for a model that is loaded here"):
        DiffusersBackend(lambda prompt: None, dtype="float16", variant="fp16")
