"""Which backend becomes of what a user passes as ``images``."""

from __future__ import annotations

from typing import Any

import pytest

from nbkit.images import SketchBackend, resolve_backend


def test_a_spec_string_names_a_backend_and_its_parameters() -> None:
    backend = resolve_backend("sketch?duration=0.5&steps=4&width=64&height=48")

    assert isinstance(backend, SketchBackend)
    assert (backend.duration, backend.steps, backend.width, backend.height) == (0.5, 4, 64, 48)
    assert isinstance(resolve_backend("sketch"), SketchBackend)


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("sketchy", "'sketchy'; there is 'a1111', 'comfyui', 'diffusers', 'openai', 'sketch'"),
        ("", "there is 'a1111'"),
        ("sketch?speed=2", "no parameter 'speed'; it has duration, steps, width, height"),
        ("sketch?steps=many", "steps='many' is no int"),
        ("sketch?duration=-1", "duration is 0 seconds or more"),
        ("sketch?duration=nan", "duration is 0 seconds or more"),
        ("sketch?width=7", "width is from 32 to 2048"),
    ],
)
def test_a_spec_that_names_nothing_says_what_there_is(spec: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        resolve_backend(spec)


def test_an_object_with_generate_comes_back_as_it_is() -> None:
    backend = SketchBackend()

    assert resolve_backend(backend) is backend


@pytest.mark.parametrize("spec", [None, 7, b"sketch", object(), SketchBackend, ["sketch"]])
def test_anything_else_is_a_type_error(spec: Any) -> None:
    with pytest.raises(TypeError, match="images"):
        resolve_backend(spec)


@pytest.mark.parametrize("function", [lambda: b"", lambda prompt, size: b"", lambda *, colour: b""])
def test_a_callable_that_cannot_take_a_prompt_is_refused_at_once(function: Any) -> None:
    with pytest.raises(TypeError, match="called with the prompt"):
        resolve_backend(function)
