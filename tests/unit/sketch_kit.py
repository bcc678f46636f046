"""What the tests of the painter have in common: scenes, and how pictures differ."""

from __future__ import annotations

from PIL import Image, ImageChops, ImageStat

from nbkit.images.painter import Box, Scene, compose
from nbkit.images.painter.reading import read

SIDE = 256


def scene(prompt: str, seed: int | None = None, size: tuple[int, int] = (SIDE, SIDE)) -> Scene:
    return compose(prompt, seed, *size)


def part(image: Image.Image, box: Box) -> Image.Image:
    return image.crop(box.pixels(*image.size))


def difference(one: Image.Image, two: Image.Image, *, without: Box | None = None) -> float:
    """The mean difference of two pictures, from 0 to 255, without a part of them."""
    apart = ImageChops.difference(one, two).convert("L")
    mask = Image.new("L", one.size, 255)
    if without is not None:
        mask.paste(0, without.pixels(*one.size))
    return ImageStat.Stat(apart, mask).mean[0]


def kinds(of: Scene) -> list[str]:
    return [figure.kind for figure in of.figures]


def things(prompt: str) -> list[tuple[str, int]]:
    return [(each.kind, each.count) for each in read(prompt).things]
