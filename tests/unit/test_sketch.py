"""The painter draws what the words name, in its place, the same way each time."""

from __future__ import annotations

import asyncio
import io
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from nbkit import pixels
from nbkit.errors import BackendError
from nbkit.images import SketchBackend, resolve_backend
from nbkit.images.painter import LAYERS, Box, Scene, compose, paint
from nbkit.images.painter.brush import Canvas
from nbkit.images.painter.layout import SKY_SIGHTS, WINDOWSILL
from nbkit.images.painter.nouns import HOMES, THINGS
from nbkit.images.painter.reading import read
from nbkit.images.painter.things import KINDS
from nbkit.images.painter.vocabulary import COLOURS, PLACES, TIMES, WEATHER
from nbkit.models import EncodedImage, ImageRequest, Preview
from nbkit.testing import run

SIDE = 256


def scene(prompt: str, seed: int | None = None, size: tuple[int, int] = (SIDE, SIDE)) -> Scene:
    return compose(prompt, seed, *size)


def part(image: Image.Image, box: Box) -> Image.Image:
    return image.crop(box.pixels(*image.size))


def brightness(image: Image.Image) -> float:
    return ImageStat.Stat(image.convert("L")).mean[0]


def colour(image: Image.Image) -> list[float]:
    return ImageStat.Stat(image).mean


def difference(one: Image.Image, two: Image.Image, *, without: Box | None = None) -> float:
    """The mean difference of two pictures, from 0 to 255, without a part of them."""
    apart = ImageChops.difference(one, two).convert("L")
    mask = Image.new("L", one.size, 255)
    if without is not None:
        mask.paste(0, without.pixels(*one.size))
    return ImageStat.Stat(apart, mask).mean[0]


def grown(box: Box, by: float) -> Box:
    return Box(box.left - by, box.top - by, box.right + by, box.bottom + by)


def kinds(of: Scene) -> list[str]:
    return [figure.kind for figure in of.figures]


# --- a word changes what it names --------------------------------------------


def test_noon_or_night_changes_the_light_and_leaves_things_in_their_place() -> None:
    noon, night = (
        scene("a lighthouse by the sea at noon"),
        scene("a lighthouse by the sea at night"),
    )

    assert noon.figures == night.figures
    assert noon.horizon == night.horizon
    day, dark = paint(noon), paint(night)
    assert brightness(part(day, noon.sky)) > brightness(part(dark, night.sky)) + 80
    assert brightness(part(day, noon.ground)) > brightness(part(dark, night.ground)) + 30


def test_red_or_blue_changes_the_boat_and_nothing_else() -> None:
    red, blue = scene("a red boat on a calm sea"), scene("a blue boat on a calm sea")
    (figure,) = red.figures

    assert [each.box for each in red.figures] == [each.box for each in blue.figures]
    one, two = paint(red), paint(blue)
    hull = Box(figure.box.left, figure.box.top + figure.box.height * 0.8, figure.box.right,
               figure.box.bottom)  # fmt: skip
    was, now = colour(part(one, hull)), colour(part(two, hull))
    assert was[0] > was[2] + 40
    assert now[2] > now[0] + 40
    # Outside there is only its reflection, right below it.
    assert difference(one, two, without=grown(figure.box, 0.16)) < 0.05


def test_rain_or_snow_changes_what_falls_and_what_lies_but_not_the_composition() -> None:
    rain, snow = scene("a cottage in the hills, rain"), scene("a cottage in the hills, snow")

    assert rain.figures == snow.figures
    assert (rain.horizon, rain.sun, rain.place) == (snow.horizon, snow.sun, snow.place)
    one, two = paint(rain), paint(snow)
    assert brightness(part(two, snow.ground)) > brightness(part(one, rain.ground)) + 25
    white = [sum(part(each, snow.sky).convert("L").histogram()[236:]) for each in (one, two)]
    assert white[1] > white[0] + 200


def test_sea_or_forest_changes_the_ground_and_the_sky_stays() -> None:
    sea, forest = (
        scene("a hot air balloon over the sea"),
        scene("a hot air balloon over the forest"),
    )
    one, two = paint(sea), paint(forest)
    water, wood = colour(part(one, Box(0, 0.7, 1, 1))), colour(part(two, Box(0, 0.7, 1, 1)))

    assert water[2] > water[1] > water[0]
    assert wood[1] > wood[2]
    assert (sea.time, sea.weather, kinds(sea)) == (forest.time, forest.weather, kinds(forest))
    assert sea.figures[0].box.centre == pytest.approx(forest.figures[0].box.centre, abs=0.02)
    top = Box(0.4, 0, 0.6, 0.05)
    assert difference(part(one, top), part(two, top)) < 30


@pytest.mark.parametrize("weather", ["rain", "snow", "fog", "storm", "clear", "cloudy"])
def test_every_weather_looks_different_from_the_others(weather: str) -> None:
    mine = paint(scene(f"a castle on a hill, {weather}"))
    for other in {"rain", "snow", "fog", "storm", "clear", "cloudy"} - {weather}:
        assert difference(mine, paint(scene(f"a castle on a hill, {other}"))) > 4


def test_every_place_looks_different_from_the_others() -> None:
    places = sorted(set(PLACES.values()))
    pictures = [paint(scene(f"a cat, {place}", size=(96, 96))) for place in places]
    for index, one in enumerate(pictures):
        for other, two in enumerate(pictures[:index]):
            assert difference(one, two) > 5, (places[index], places[other])


@pytest.mark.parametrize(
    ("weather", "falls"),
    [("rain", True), ("snow", True), ("storm", True), ("fog", True), ("clear", False)],
)
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
