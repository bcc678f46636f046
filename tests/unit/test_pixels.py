"""Bytes from outside become images, or an error that says why not."""

from __future__ import annotations

import base64
import contextlib
import io
import random
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from nbkit import pixels
from nbkit.errors import BackendError
from nbkit.models import EncodedImage


def picture(width: int = 120, height: int = 80, seed: int = 1) -> Image.Image:
    dice = random.Random(seed)
    noise = Image.frombytes("RGB", (12, 8), dice.randbytes(12 * 8 * 3))
    return noise.resize((width, height))


def encoded(kind: str, image: Image.Image | None = None, **options: object) -> bytes:
    out = io.BytesIO()
    (image or picture()).save(out, kind, **options)
    return out.getvalue()


def animation(kind: str, frames: int = 4, size: tuple[int, int] = (40, 30)) -> bytes:
    first, *rest = [picture(*size, seed=index) for index in range(frames)]
    return encoded(kind, first, save_all=True, append_images=rest)


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + rows + chunk(b"IEND", b"")


FILES = {
    "png": encoded("PNG"),
    "jpeg": encoded("JPEG"),
    "progressive jpeg": encoded("JPEG", progressive=True),
    "webp": encoded("WEBP"),
    "lossless webp": encoded("WEBP", lossless=True),
    "gif": encoded("GIF"),
    "animated gif": animation("GIF"),
    "animated webp": animation("WEBP"),
    "animated png": animation("PNG"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_whole_image_comes_back_with_its_type_and_size(name: str) -> None:
    image = pixels.check_image(FILES[name])

    assert image.data is FILES[name]
    assert image.media_type == f"image/{name.rsplit(maxsplit=1)[-1]}"
    assert (image.width, image.height) == ((40, 30) if "animated" in name else (120, 80))


@settings(max_examples=120, deadline=None)
@given(name=st.sampled_from(sorted(FILES)), cut=st.floats(0.0, 0.995))
def test_an_image_cut_short_anywhere_is_refused_and_the_reason_said(name: str, cut: float) -> None:
    data = FILES[name]

    with pytest.raises(BackendError, match=r"truncated or broken|not a PNG"):
        pixels.check_image(data[: int(len(data) * cut)])


@pytest.mark.parametrize("name", ["png", "gif", "animated gif", "animated png"])
def test_an_image_that_lacks_only_its_end_is_refused(name: str) -> None:
    with pytest.raises(BackendError, match="truncated"):
        pixels.check_image(FILES[name][:-1])


def test_an_animation_cut_between_two_frames_is_refused() -> None:
    data = FILES["animated gif"]
    cuts = [at for at in range(len(data) // 2, len(data)) if data[at - 1] == 0]
    assert cuts
    for at in cuts:
        with pytest.raises(BackendError, match="truncated"):
            pixels.check_image(data[:at])


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(sorted(FILES)),
    place=st.floats(0, 0.999),
    junk=st.binary(min_size=1, max_size=40),
)
def test_a_damaged_image_is_an_image_or_a_backend_error_and_nothing_else(
    name: str, place: float, junk: bytes
) -> None:
    data = bytearray(FILES[name])
    start = int(len(data) * place)
    data[start : start + len(junk)] = junk
    with contextlib.suppress(BackendError):
        pixels.check_image(bytes(data))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is empty"),
        (b"<!doctype html><p>busy", "HTML"),
        (b'{"error": "no credit"}', "JSON"),
        (b"<svg xmlns=''/>", "SVG"),
        (b"BM\x00\x00not one of ours", "begin with b'BM"),
    ],
)
def test_what_is_no_image_is_refused_saying_what_it_looks_like(data: bytes, reason: str) -> None:
    with pytest.raises(BackendError, match="not a PNG, JPEG, WebP or GIF") as caught:
        pixels.check_image(data)

    assert reason in str(caught.value)
    assert not caught.value.retryable


def test_too_many_pixels_are_refused_from_the_header_before_decoding() -> None:
    with pytest.raises(BackendError, match=r"too large: 30000 x 30000 pixels are 900 megapixels"):
        pixels.check_image(png_header(30_000, 30_000))


def test_a_large_webp_is_refused_before_its_canvas_is_allocated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from PIL import WebPImagePlugin

    def opened(*_: object) -> None:
        raise AssertionError("the file was opened")

    data = bytearray(FILES["lossless webp"])
    data[21:25] = (16_000 | 16_000 << 14).to_bytes(4, "little")
    monkeypatch.setattr(WebPImagePlugin, "WebPImageFile", opened)

    with pytest.raises(BackendError, match="too large"):
        pixels.check_image(bytes(data))


def test_the_pixel_bound_is_our_own_and_pillow_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pixels, "MAX_PIXELS", 120 * 80)
    before = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES
    pixels.check_image(FILES["png"])
    monkeypatch.setattr(pixels, "MAX_PIXELS", 120 * 80 - 1)

    with pytest.raises(BackendError, match="too large"):
        pixels.check_image(FILES["png"])
    assert before == (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)


def test_too_many_bytes_are_refused_unread() -> None:
    with pytest.raises(BackendError, match=r"too large: 25\.0 MB, at most 25 MB"):
        pixels.check_image(b"\x89PNG\r\n\x1a\n" + bytes(25_000_000))


@pytest.mark.parametrize("kind", ["gif", "webp", "png"])
def test_an_animation_counts_all_of_its_frames(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = FILES[f"animated {kind}"]
    monkeypatch.setattr(pixels, "MAX_PIXELS", 4 * 40 * 30)
    assert pixels.check_image(data).media_type == f"image/{kind}"

    monkeypatch.setattr(pixels, "MAX_PIXELS", 4 * 40 * 30 - 1)
    with pytest.raises(BackendError, match="an animation of 4 frames"):
        pixels.check_image(data)


def test_an_animation_of_very_many_tiny_frames_is_refused() -> None:
    one = encoded("GIF", Image.new("P", (1, 1)))
    start = one.index(b",")

    with pytest.raises(BackendError, match="an animation of 5000 frames, at most 1000"):
        pixels.check_image(one[:start] + one[start:-1] * 5000 + b";")


@pytest.mark.parametrize(
    "data",
    [
        FILES["webp"][:22],
        FILES["webp"][:12] + b"ABCD" + FILES["webp"][16:],
        FILES["animated webp"][:12] + b"ALPH" + FILES["animated webp"][16:],
    ],
    ids=["cut in its header", "of an unknown kind", "that begins with another chunk"],
)
def test_a_webp_that_does_not_tell_its_size_is_refused(data: bytes) -> None:
    with pytest.raises(BackendError, match="WebP image is truncated or broken"):
        pixels.check_image(data)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("metadata", [b"garbage", b"MM\0*" + b"\xff" * 40, b"II*\0\x08\0\0\0\xff"])
@pytest.mark.parametrize("name", ["jpeg", "png", "webp"])
def test_metadata_that_nobody_can_read_costs_no_image(name: str, metadata: bytes) -> None:
    data = encoded(name.upper(), exif=b"Exif\0\0" + metadata)

    image = pixels.check_image(data)
    assert (image.width, image.height) == (120, 80)
    assert pixels.shrink(image, 60).width == 60


def test_the_size_is_that_which_a_page_shows_after_a_camera_turned() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = pixels.check_image(encoded("JPEG", exif=exif))

    assert (turned.width, turned.height) == (80, 120)


def test_a_small_image_shrinks_to_itself() -> None:
    image = pixels.check_image(FILES["png"])

    assert pixels.shrink(image, 120) is image
    unmeasured = EncodedImage(FILES["png"], "image/png")
    assert pixels.shrink(unmeasured, 120) is unmeasured


@pytest.mark.parametrize("name", FILES)
def test_shrinking_keeps_the_proportions_and_the_colours(name: str) -> None:
    image = pixels.check_image(FILES[name])
    small = pixels.shrink(image, 20)

    assert (small.width, small.height) in {(20, 13), (20, 15)}
    assert small == pixels.check_image(small.data)
    was = Image.open(io.BytesIO(image.data)).convert("RGB").resize((1, 1), Image.Resampling.BOX)
    now = Image.open(io.BytesIO(small.data)).convert("RGB").resize((1, 1), Image.Resampling.BOX)
    pairs = zip(was.getpixel((0, 0)), now.getpixel((0, 0)), strict=True)
    assert all(abs(a - b) < 12 for a, b in pairs)


def test_shrinking_keeps_transparency_and_turns_upright() -> None:
    clear = pixels.check_image(encoded("PNG", Image.new("RGBA", (90, 90), (255, 0, 0, 0))))
    assert Image.open(io.BytesIO(pixels.shrink(clear, 30).data)).getpixel((9, 9))[3] == 0

    exif = Image.Exif()
    exif[0x0112] = 6
    turned = pixels.shrink(pixels.check_image(encoded("JPEG", exif=exif)), 60)
    assert (turned.width, turned.height) == (40, 60)


def test_shrinking_what_is_broken_is_a_backend_error_and_a_senseless_side_a_value_error() -> None:
    with pytest.raises(BackendError, match="truncated"):
        pixels.shrink(EncodedImage(FILES["jpeg"][:600], "image/jpeg", 120, 80), 40)
    with pytest.raises(BackendError, match="truncated"):  # its header is whole
        pixels.shrink(EncodedImage(FILES["png"][:-100], "image/png", 120, 80), 40)
    with pytest.raises(ValueError, match="at least 1"):
        pixels.shrink(pixels.check_image(FILES["png"]), 0)


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I;16", "F"]
)
def test_a_pillow_image_of_any_mode_becomes_a_png(mode: str) -> None:
    image = pixels.encode_png(Image.new(mode, (7, 5)))

    assert pixels.check_image(image.data) == image
    assert (image.media_type, image.width, image.height) == ("image/png", 7, 5)


def test_a_pillow_image_without_pixels_or_of_a_broken_file_is_refused() -> None:
    with pytest.raises(BackendError, match="empty: 0 x 5"):
        pixels.encode_png(Image.new("RGB", (0, 5)))
    with pytest.raises(BackendError, match="cannot be written as PNG"):
        pixels.encode_png(Image.open(io.BytesIO(FILES["png"][:-100])))


def test_where_pillow_lacks_webp_a_picture_becomes_a_png(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pixels.encode(picture()).media_type == "image/webp"
    monkeypatch.setattr("PIL.features.check", lambda name: name != "webp")

    image = pixels.encode(picture())
    assert image == pixels.check_image(image.data)
    assert image.media_type == "image/png"


def test_a_data_address_holds_the_bytes() -> None:
    image = pixels.check_image(FILES["webp"])
    head, _, body = pixels.data_url(image).partition(",")

    assert head == "data:image/webp;base64"
    assert base64.b64decode(body) == image.data
