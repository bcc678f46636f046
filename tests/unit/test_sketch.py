"""A word changes in a painting what it names, in its place, and nothing else."""

from __future__ import annotations

import pytest
from PIL import Image, ImageStat
from unit.sketch_kit import difference, kinds, part, scene

from nbkit.images.painter import Box, paint
from nbkit.images.painter.brush import Canvas
from nbkit.images.painter.vocabulary import COLOURS, PLACES, TIMES


def brightness(image: Image.Image) -> float:
    return ImageStat.Stat(image.convert("L")).mean[0]


def colour(image: Image.Image) -> list[float]:
    return ImageStat.Stat(image).mean


def grown(box: Box, by: float) -> Box:
    return Box(box.left - by, box.top - by, box.right + by, box.bottom + by)


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
