"""What a word adds to a painted picture beside its things: tones, sights, backdrops, colours."""

from __future__ import annotations

import pytest
from PIL import Image, ImageChops, ImageStat

from nbkit.images.painter import Box, compose, paint
from nbkit.images.painter.vocabulary import COLOURS


def painted(prompt: str) -> Image.Image:
    return paint(compose(prompt, 7, 256, 256))


def mean(image: Image.Image, box: Box | None = None) -> list[float]:
    return ImageStat.Stat(image if box is None else image.crop(box.pixels(*image.size))).mean


def apart(one: Image.Image, two: Image.Image, box: Box | None = None) -> float:
    return max(mean(ImageChops.difference(one, two), box))


def test_a_black_and_white_photo_is_grey_an_old_one_brown_and_a_watercolour_pale() -> None:
    plain, grey, brown, pale = (
        painted(f"a red boat on a lake{tone}")
        for tone in ("", ", black and white photo", ", vintage photo", ", watercolour")
    )

    red, green, blue = grey.split()
    assert red.tobytes() == green.tobytes() == blue.tobytes()
    assert plain.split()[0].tobytes() != plain.split()[2].tobytes()
    assert mean(brown)[0] > mean(brown)[1] + 8 > mean(brown)[2] + 16
    assert all(there > here for there, here in zip(mean(pale), mean(plain), strict=True))
    assert ImageStat.Stat(pale).stddev < ImageStat.Stat(plain).stddev


def test_a_rainbow_stands_in_the_sky_red_outside_and_violet_within() -> None:
    with_it, without = painted("a field with a rainbow at noon"), painted("a field at noon")
    bow = ImageChops.difference(with_it, without).convert("L")
    middle = with_it.width // 2
    rows = [y for y in range(with_it.height // 2) if bow.getpixel((middle, y)) > 10]

    assert len(rows) > 8
    outside, inside = (with_it.getpixel((middle, y)) for y in (rows[2], rows[-3]))
    assert outside[0] - outside[2] > inside[0] - inside[2] + 20


def test_moon_and_sun_can_be_seen_from_among_the_stars() -> None:
    stars = painted("outer space")
    for sight in ("the moon", "the sun"):
        seen = painted(f"outer space and {sight}")
        assert apart(stars, seen) > 3, sight


def test_wind_makes_waves_in_front_of_what_is_at_sea() -> None:
    front = Box(0, 0.88, 1, 1)
    calm, rough = painted("a boat on a sea at noon"), painted("a boat on a windy sea at noon")
    assert apart(calm, rough, front) > 8


def test_what_is_beyond_a_window_or_behind_the_water_is_to_be_seen() -> None:
    behind = ["mountains", "city", "village", "forest"]
    for prompt in ("a cat in a room", "a boat on a lake"):
        scenes = [compose(f"{prompt}, {each}", 7, 256, 256) for each in behind]
        assert [scene.backdrop for scene in scenes] == behind
        bare = painted(prompt)
        for scene in scenes:
            assert apart(bare, paint(scene)) > 0.5, (prompt, scene.backdrop)


@pytest.mark.parametrize("place", ["city", "village", "forest", "garden"])
def test_a_place_takes_the_colour_that_is_named_before_it(place: str) -> None:
    blue, pink = (painted(f"a {name} {place} at noon") for name in ("blue", "pink"))
    ground = Box(0, 0.3, 1, 1)
    wanted = COLOURS["pink"][0] - COLOURS["blue"][0]
    assert wanted > 0
    assert mean(pink, ground)[0] - mean(blue, ground)[0] > 4


@pytest.mark.parametrize("thing", ["tree", "penguin", "cup", "lighthouse"])
def test_a_second_colour_is_painted_too_and_only_on_its_thing(thing: str) -> None:
    scene = compose(f"a green and yellow {thing} on a meadow", 7, 256, 256)
    (figure,) = scene.figures
    assert (figure.colour, figure.second) == (COLOURS["green"], COLOURS["yellow"])
    spots = ImageChops.difference(paint(scene), painted(f"a green {thing} on a meadow"))
    left, top, right, bottom = spots.point(lambda value: value > 40 and 255).getbbox()
    box = figure.box.pixels(256, 256)
    assert box[0] - 4 <= left < right <= box[2] + 4
    assert box[1] - 4 <= top < bottom <= box[3] + 4


def test_a_colour_that_belongs_to_nothing_is_that_of_the_flowers() -> None:
    scene = compose("a garden at noon, mostly purple", 7, 256, 256)
    assert scene.accent == COLOURS["purple"]
    ground = Box(0, 0.6, 1, 1)
    purple, plain = mean(paint(scene), ground), mean(painted("a garden at noon"), ground)
    assert purple[2] - purple[1] > plain[2] - plain[1] + 4
