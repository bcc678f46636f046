"""Pictures are encoded anew to take few bytes, and show what they showed."""

from __future__ import annotations

import io
import random

import pytest
from PIL import Image

from nbkit import export, pixels
from nbkit.fitting import smaller
from nbkit.models import EncodedImage


def photo(width: int, height: int, *, turned: bool = False) -> EncodedImage:
    """A picture that compresses badly, red above and blue below as it is to be seen."""
    noise = Image.frombytes("RGB", (width, height), random.Random(1).randbytes(width * height * 3))
    picture = Image.new("RGB", (width, height), "red")
    picture.paste("blue", (0, height // 2, width, height))
    picture = Image.blend(picture, noise, 0.3)
    exif = Image.Exif()
    if turned:  # as a camera does that was held upright
        picture = picture.transpose(Image.Transpose.ROTATE_90)
        exif[0x0112] = 6
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=95, exif=exif)
    return pixels.check_image(out.getvalue())


def halves(image: EncodedImage) -> list[str]:
    """The colours above and below."""
    picture = Image.open(io.BytesIO(image.data)).convert("RGB").resize((1, 2), Image.Resampling.BOX)
    colours = [picture.getpixel((0, y)) for y in (0, 1)]
    return ["red" if red > blue else "blue" for red, _, blue in colours]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("most", [100_000, 20_000, 2_000])
def test_a_picture_fits_into_so_many_bytes_and_stays_upright(most: int, turned: bool) -> None:
    image = photo(500, 700, turned=turned)
    assert len(image.data) > 100_000

    small = smaller(image, most)
    assert len(small.data) <= most
    assert small.width / small.height == pytest.approx(5 / 7, rel=0.05)
    assert small == pixels.check_image(small.data)
    assert halves(small) == ["red", "blue"]


def test_a_picture_becomes_no_smaller_than_can_be_made_out() -> None:
    small = smaller(photo(500, 700), 10)
    assert max(small.width, small.height) == 64


def test_what_cannot_be_read_stays_as_it_is() -> None:
    image = EncodedImage(photo(50, 70).data[:300], "image/jpeg", 50, 70)
    assert smaller(image, 100) is image


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("size", [(500, 700), (900, 1260)])
async def test_what_is_displayed_of_a_large_photo_is_small_and_upright(size, turned) -> None:
    image = photo(*size, turned=turned)
    shown = await export.display_version(image)

    assert len(shown.data) <= export.DISPLAY_BYTES < len(image.data)
    assert max(shown.width, shown.height) <= export.DISPLAY_SIDE
    assert shown.width / shown.height == pytest.approx(5 / 7, rel=0.05)
    assert halves(shown) == ["red", "blue"]
