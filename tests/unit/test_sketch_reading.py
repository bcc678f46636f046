"""Which things the painter reads in a prompt, and where it puts them."""

from __future__ import annotations

import pytest
from PIL import Image
from unit.sketch_kit import difference, kinds, part, scene, things

from nbkit.images.painter import compose, paint
from nbkit.images.painter.layout import SKY_SIGHTS, WINDOWSILL
from nbkit.images.painter.nouns import HOMES, THINGS
from nbkit.images.painter.reading import read
from nbkit.images.painter.things import KINDS
from nbkit.images.painter.vocabulary import COLOURS, PLACES


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
