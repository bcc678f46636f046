"""The painter draws what the words name, in its place, the same way each time."""

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
from PIL import Image, ImageChops, ImageStat

from nbkit import pixels
from nbkit.errors import BackendError
from nbkit.images import SketchBackend, resolve_backend, sketch
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


@pytest.mark.parametrize("weather", ["rain", "snow", "storm", "fog", "clear"])
def test_what_falls_is_laid_over_everything_last(weather: str) -> None:
    layers: dict[str, Image.Image] = {}
    composed = scene(f"a castle, {weather}")
    paint(composed, on_layer=lambda name, picture: layers.update({name: picture.copy()}))
    before, after = (part(layers[name], composed.sky) for name in ("things", "weather"))

    assert (difference(before, after) > 0.3) == (weather != "clear")


def test_nightfall_moves_no_wall_door_or_window(monkeypatch: pytest.MonkeyPatch) -> None:
    boxes: list[tuple[float, ...]] = []
    monkeypatch.setattr(Canvas, "box", lambda _, *args: boxes.append(args[:4]))
    paint(scene("a village by a city at noon"))
    by_day = boxes.copy()
    boxes.clear()
    paint(scene("a village by a city at night"))

    assert len(by_day) > 100
    assert boxes == by_day


def test_hours_go_from_bright_to_dark() -> None:
    at = {hour: brightness(paint(scene(f"a meadow at {hour}"))) for hour in set(TIMES.values())}

    assert at["noon"] > at["sunset"] > at["dusk"] > at["night"]
    assert at["morning"] > at["dawn"] > at["night"]


def test_one_thing_or_another_changes_only_where_it_stands() -> None:
    cat, dog = scene("a cat in a meadow"), scene("a dog in a meadow")
    (one,), (two,) = cat.figures, dog.figures
    both = Box(min(one.box.left, two.box.left), min(one.box.top, two.box.top),
               max(one.box.right, two.box.right), max(one.box.bottom, two.box.bottom))  # fmt: skip
    first, second = paint(cat), paint(dog)

    assert difference(part(first, both), part(second, both)) > 8
    assert difference(first, second, without=grown(both, 0.06)) < 0.5


@pytest.mark.parametrize(
    "name", sorted({"red", "blue", "green", "yellow", "purple", "white", "black", "pink"})
)
def test_a_house_is_of_the_colour_that_is_named(name: str) -> None:
    plain = scene(f"a {name} house on a hill at noon")
    (figure,) = plain.figures
    wall = part(paint(plain), Box(
        figure.box.left + figure.box.width * 0.12, figure.box.top + figure.box.height * 0.67,
        figure.box.right - figure.box.width * 0.12, figure.box.top + figure.box.height * 0.74,
    ))  # fmt: skip
    assert figure.colour == COLOURS[name]
    assert all(abs(a - b) < 60 for a, b in zip(colour(wall), COLOURS[name], strict=True))


def test_a_sky_and_a_field_take_their_colours_too() -> None:
    purple = paint(scene("a clear purple sky over a field at noon"))
    red, green, blue = colour(part(purple, Box(0, 0, 1, 0.3)))
    assert red > green + 20
    assert blue > green + 20
    golden = colour(part(paint(scene("a golden field at noon")), Box(0, 0.7, 1, 1)))
    assert golden[0] > golden[2] + 60


# --- reading -----------------------------------------------------------------


def things(prompt: str) -> list[tuple[str, int]]:
    return [(each.kind, each.count) for each in read(prompt).things]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("A Kitten and two puppies", [("cat", 1), ("dog", 2)]),
        ("three white mice", [("mouse", 3)]),
        ("wolves", [("wolf", 3)]),
        ("colourful fish", [("fish", 3)]),
        ("a fish", [("fish", 1)]),
        ("a hot-air balloon", [("balloon", 1)]),
        ("a message in a bottle", [("message bottle", 1)]),
        ("a meadow without sheep, no people, one cow", [("cow", 1)]),
        ("the robot waters a plant; the robot is tired", [("robot", 1)]),
        ("a red boat and a blue boat", [("sailboat", 1), ("sailboat", 1)]),
        ("category dogma foxglove", []),
        ("", []),
    ],
)
def test_whole_words_plurals_numbers_and_synonyms_are_read(
    prompt: str, expected: list[tuple[str, int]]
) -> None:
    assert things(prompt) == expected


@pytest.mark.parametrize(
    ("prompt", "colours"),
    [
        ("a red boat near a white lighthouse", ["red", "white"]),
        ("a red wooden boat", ["red"]),
        ("a girl in a yellow raincoat", ["yellow"]),
        ("a boat with blue sails", ["blue"]),
        ("a polar bear", ["white"]),
        ("swans", ["white"]),
        ("black swans", ["black"]),
        ("a fox, everything in blue", ["blue"]),
        ("an old boat on the blue sea", [None]),
    ],
)
def test_a_colour_goes_to_the_thing_that_it_stands_before(
    prompt: str, colours: list[str | None]
) -> None:
    found = [each.colour for each in read(prompt).things]
    assert found == [name and COLOURS[name] for name in colours]


def test_dark_before_a_colour_is_a_shade_and_else_an_hour() -> None:
    assert scene("a dark blue house at noon").time == "noon"
    assert scene("a house in a dark forest").time == "night"


def test_a_negative_prompt_leaves_things_out() -> None:
    assert kinds(compose("a cat and a dog", negative_prompt="dogs, rain")) == ["cat"]
    assert compose("a cat in the rain", negative_prompt="rain").weather != "rain"


@pytest.mark.parametrize(
    ("prompt", "place"),
    [
        ("a boat", "sea"),
        ("an astronaut", "space"),
        ("a mug of tea", "room"),
        ("a whale", "underwater"),
        ("a penguin", "snowfield"),
        ("a rowboat in the mountains", "lake"),
        ("a castle", "hills"),
        ("a cat on a windowsill", "room"),
    ],
)
def test_a_thing_without_a_place_is_painted_where_it_is_at_home(prompt: str, place: str) -> None:
    assert scene(prompt).place == place


def test_who_is_in_a_boat_sits_in_it_and_who_is_on_a_bridge_stands_on_it() -> None:
    for prompt, rider_kind, carrier in (
        ("a cat in a rowboat on a lake", "cat", "rowboat"),
        ("a train crossing a bridge", "train", "bridge"),
        ("an owl on a book in a library", "owl", "book"),
        ("a girl under an umbrella in the rain", "girl", "umbrella"),
    ):
        figures = {figure.kind: figure for figure in scene(prompt).figures}
        host = figures.pop(carrier)
        rider = figures.pop(rider_kind)
        assert host.box.left <= rider.box.centre <= host.box.right
        assert rider.stand == "carried"


def test_a_cat_on_a_windowsill_sits_at_the_window() -> None:
    composed = scene("a cat on a windowsill while it rains")
    (cat,) = composed.figures

    assert composed.window.left <= cat.box.left
    assert cat.box.right <= composed.window.right
    assert composed.window.bottom < cat.box.bottom < composed.window.bottom + 0.05


def test_what_has_room_does_not_overlap() -> None:
    for prompt in ("an astronaut with a telescope", "a robot and a balloon", "a cat, a dog, a fox"):
        boxes = [figure.box for figure in scene(prompt).figures]
        for index, one in enumerate(boxes):
            for two in boxes[:index]:
                wide = min(one.right, two.right) - max(one.left, two.left)
                high = min(one.bottom, two.bottom) - max(one.top, two.top)
                assert max(wide, 0) * max(high, 0) < 0.004, prompt


def test_every_noun_has_a_drawing_and_every_drawing_a_noun() -> None:
    assert set(THINGS.values()) - SKY_SIGHTS - {WINDOWSILL} == set(KINDS)
    assert set(HOMES) <= set(KINDS)
    assert set(HOMES.values()) <= set(PLACES.values())


@pytest.fixture(scope="module")
def bare() -> Image.Image:
    return paint(scene("a meadow at noon", size=(96, 96)))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_thing_can_be_drawn_and_leaves_its_mark(kind: str, bare: Image.Image) -> None:
    full = scene(f"a {kind}, meadow at noon", size=(96, 96))
    (figure,) = [each for each in full.figures if each.kind == kind]

    assert difference(part(bare, figure.box), part(paint(full), figure.box)) > 2


def test_everything_can_be_drawn_in_the_dark_too() -> None:
    names = sorted(KINDS)
    for start in range(0, len(names), 10):
        paint(compose(f"{', '.join(names[start : start + 10])} at night, storm", 3, 64, 64))


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
