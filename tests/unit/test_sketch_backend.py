"""The painter as a backend: the same each time, its previews, sizes and limits."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageStat
from unit.sketch_kit import difference, scene

from nbkit import pixels
from nbkit.errors import BackendError
from nbkit.images import SketchBackend, resolve_backend, sketch
from nbkit.images.painter import LAYERS, compose, paint
from nbkit.images.painter.nouns import THINGS
from nbkit.images.painter.things import KINDS
from nbkit.images.painter.vocabulary import COLOURS, PLACES, TIMES, WEATHER
from nbkit.models import EncodedImage, ImageRequest, Preview
from nbkit.testing import run

# --- the same, and different -------------------------------------------------


def make(prompt: str, **options: Any) -> EncodedImage:
    async def main() -> EncodedImage:
        backend = SketchBackend(duration=0, width=96, height=96)
        return await backend.generate(
            ImageRequest(prompt, **options), on_preview=lambda preview: None
        )

    return run(main)


@settings(max_examples=12, deadline=None)
@given(
    prompt=st.text(max_size=60) | st.sampled_from(["a fox in the snow", "quantum foam", ""]),
    seed=st.none() | st.integers(0, 2**32),
)
def test_the_same_prompt_and_seed_give_the_same_bytes_whatever_they_are(
    prompt: str, seed: int | None
) -> None:
    assert make(prompt, seed=seed).data == make(prompt, seed=seed).data


def test_another_seed_gives_another_picture() -> None:
    pictures = {make("a fox in a forest", seed=seed).data for seed in range(6)}

    assert len(pictures) == 6


def test_prompts_that_mean_nothing_to_it_give_a_landscape_each() -> None:
    prompts = ["entropy", "the meaning of justice", "backpropagation", "une idée", "愛", "x y z"]
    pictures = [paint(scene(prompt)) for prompt in prompts]
    for index, one in enumerate(pictures):
        assert ImageStat.Stat(one.convert("L")).stddev[0] > 12
        assert all(difference(one, other) > 6 for other in pictures[:index])


def test_words_it_does_not_know_still_move_something() -> None:
    assert difference(paint(scene("a quiet fox")), paint(scene("a jubilant fox"))) > 3


@settings(max_examples=40, deadline=None)
@given(
    words=st.lists(
        st.sampled_from(
            sorted({*THINGS, *PLACES, *TIMES, *WEATHER, *COLOURS, "on", "in", "no", "two"})
        ),
        max_size=14,
    ),
    size=st.tuples(st.integers(32, 160), st.integers(32, 160)),
)
def test_any_words_at_any_size_can_be_composed_and_painted(
    words: list[str], size: tuple[int, int]
) -> None:
    composed = scene(" ".join(words), size=size)

    assert paint(composed).size == size
    for figure in composed.figures:
        assert figure.box.right > 0
        assert figure.box.left < 1
        assert figure.box.width > 0


# --- the backend -------------------------------------------------------------


def shown(backend: SketchBackend, prompt: str = "a red boat at sea") -> tuple[Any, ...]:
    """Run a generation on virtual time; gives the image, the previews and their times."""

    async def main() -> tuple[Any, ...]:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        previews: list[tuple[float, Preview]] = []
        image = await backend.generate(
            ImageRequest(prompt),
            on_preview=lambda preview: previews.append((loop.time() - begun, preview)),
        )
        return image, previews, loop.time() - begun

    return run(main)


def test_previews_come_in_steps_over_the_duration_and_become_the_picture() -> None:
    image, previews, seconds = shown(SketchBackend(duration=10, steps=5, width=256, height=128))

    assert 6 <= seconds <= 14
    assert [preview.step for _, preview in previews] == [1, 2, 3, 4, 5]
    assert {preview.steps for _, preview in previews} == {5}
    fractions = [preview.fraction for _, preview in previews]
    assert fractions == sorted(fractions)
    assert 0 < fractions[0] < fractions[-1] < 1
    for when, preview in previews:
        assert when == pytest.approx(seconds * preview.fraction, rel=0.01)
    final = Image.open(io.BytesIO(image.data)).resize((192, 96))
    distances = []
    for _, preview in previews:
        assert pixels.check_image(preview.image.data) == preview.image
        assert (preview.image.width, preview.image.height) == (192, 96)
        assert len(preview.image.data) < 12_000
        distances.append(difference(final, Image.open(io.BytesIO(preview.image.data))))
    assert distances == sorted(distances, reverse=True)
    assert distances[0] > 25
    assert distances[-1] < 4


def test_a_slow_machine_shows_the_previews_one_after_another_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def slow(work: Callable[..., Any], *args: Any) -> Any:
        await asyncio.sleep(60)
        return work(*args)

    monkeypatch.setattr(sketch, "in_thread", slow)
    _, previews, seconds = shown(SketchBackend(duration=10, steps=4, width=64, height=64))

    times = [when for when, _ in previews]
    step = (seconds - times[0]) / 4
    assert step > 1
    assert [after - before for before, after in pairwise([*times, seconds])] == pytest.approx(
        [step] * 4
    )


def test_a_duration_of_nothing_answers_at_once_without_previews() -> None:
    image, previews, seconds = shown(SketchBackend(duration=0))

    assert (previews, seconds) == ([], 0)
    assert (image.width, image.height) == (512, 512)
    assert pixels.check_image(image.data) == image


def test_no_steps_wait_for_the_duration_without_previews() -> None:
    _, previews, seconds = shown(SketchBackend(duration=1, steps=0, width=64, height=64))

    assert previews == []
    assert 0.6 <= seconds <= 1.4


def test_prompts_take_times_of_their_own_and_always_the_same() -> None:
    backend = SketchBackend(duration=100, steps=0, width=32, height=32)
    times = [shown(backend, f"picture {number}")[2] for number in range(12)]

    assert times == [shown(backend, f"picture {number}")[2] for number in range(12)]
    assert times != sorted(times)
    assert max(times) - min(times) > 30
    assert all(60 <= seconds <= 140 for seconds in times)


def test_a_request_may_ask_for_its_own_size_but_not_for_any() -> None:
    image = make("a fox", width=200, height=120)
    assert (image.width, image.height) == (200, 120)

    for width in (0, 31, 2049, 10**9):
        with pytest.raises(BackendError, match=r"from 32 to 2048 pixels a side") as caught:
            make("a fox", width=width)
        assert caught.value.prompt == "a fox"


@pytest.mark.parametrize("aspect", [(512, 256), (256, 512)])
def test_things_keep_their_shape_in_wide_and_tall_pictures(aspect: tuple[int, int]) -> None:
    for prompt in ("a lighthouse at sea", "a cat in a rowboat", "a mug on a table", "a kite"):
        for figure in scene(prompt, size=aspect).figures:
            ratio = figure.box.width * aspect[0] / (figure.box.height * aspect[1])
            assert ratio == pytest.approx(KINDS[figure.kind].aspect, rel=0.05)


@pytest.mark.parametrize(
    "options",
    [{"duration": -1}, {"duration": float("nan")}, {"duration": float("inf")}, {"steps": -1},
     {"steps": 1001}, {"width": 31}, {"height": 2049}],
)  # fmt: skip
def test_parameters_out_of_range_are_refused_with_the_bounds(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"is (from )?\d"):
        SketchBackend(**options)  # type: ignore[arg-type]


async def test_cancelling_a_painting_is_prompt() -> None:
    backend = resolve_backend("sketch?duration=3000")
    previews: list[Preview] = []
    task = asyncio.create_task(backend.generate(ImageRequest("a fox"), on_preview=previews.append))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert previews == []
    await backend.aclose()


def test_a_picture_is_small_and_says_what_it_is() -> None:
    assert "no model, no network" in SketchBackend.about
    backend = SketchBackend(duration=0)
    for prompt in ("a storm over a city at night", "a forest in autumn", "a garden of flowers"):
        assert len(shown(backend, prompt)[0].data) < 80_000


def test_the_layers_are_announced_in_order() -> None:
    seen: list[str] = []
    paint(scene("a fox"), on_layer=lambda name, picture: seen.append(name))

    assert tuple(seen) == LAYERS


def test_painting_takes_little_of_the_processor() -> None:
    prompts = ["a castle at night in a storm", "a forest in autumn with deer", "a lake, aurora"]
    paint(compose("a warm start"))
    begun = time.thread_time()
    for prompt in prompts:
        paint(compose(prompt, 1, 512, 512))
    # A tenth of a second each on a slow core; the bound is for what would be a mistake.
    assert (time.thread_time() - begun) / len(prompts) < 1.0
