"""The bytes of images: checked before they go on, made smaller for a page, put into an address.

Pillow is imported when it is first needed. Nothing here changes its global state, and nothing
relies on its own limit for large pictures, which warns rather than refuses: sizes are read from
the header and held against the caps below before a pixel is decoded.
"""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

from nbkit.errors import BackendError
from nbkit.models import EncodedImage

if TYPE_CHECKING:
    from PIL import Image, ImageFile

MAX_BYTES = 25_000_000
"""The longest file that is taken for an image, in bytes."""

MAX_PIXELS = 40_000_000
"""The most pixels of an image, all frames of an animation counted."""

MAX_FRAMES = 1_000
"""The most frames of an animation."""

_EXIF_ORIENTATION = 0x0112
_GIF_END = b";"
_PNG_END = b"IEND\xaeB`\x82"


def check_image(data: bytes) -> EncodedImage:
    """Look at the bytes of an image file and say what they are.

    Every frame is decoded, since only that finds a truncated file: call it in a thread.

    Parameters
    ----------
    data
        A PNG, JPEG, WebP or GIF file.

    Returns
    -------
    EncodedImage
        The same bytes with their media type and their size in pixels as a page shows it, that is
        after the turn that a camera's orientation tag asks for.

    Raises
    ------
    BackendError
        If it is no image of these kinds, truncated or broken, longer than :data:`MAX_BYTES`,
        larger than :data:`MAX_PIXELS`, or an animation past that or :data:`MAX_FRAMES`.
    """
    picture, media_type = _open(data)
    with picture:
        _decode(picture, media_type)
        if not _has_end(data, media_type):
            # Pillow is content with the pixels, and with the frames, that there are.
            raise _broken(media_type, ValueError("its end is missing"))
        width, height = picture.size
        if _is_turned(picture):
            width, height = height, width
    return EncodedImage(data, media_type, width, height)


def shrink(image: EncodedImage, max_side: int) -> EncodedImage:
    """Make an image no wider and no higher than ``max_side`` pixels, as a WebP file.

    The same object comes back if it is small enough already. Of an animation that is not, the
    first frame is taken. It decodes: call it in a thread.

    Raises
    ------
    ValueError
        If ``max_side`` is less than 1.
    BackendError
        As :func:`check_image`.
    """
    if max_side < 1:
        raise ValueError(f"max_side is at least 1 pixel, not {max_side}")
    if 0 < image.width <= max_side and 0 < image.height <= max_side:
        return image
    picture, media_type = _open(image.data)
    with picture:
        if max(picture.size) <= max_side:
            return image
        try:
            picture.thumbnail((max_side, max_side), reducing_gap=2.0)
        except Exception as error:
            raise _broken(media_type, error) from error
        return encode(upright(picture), quality=82)


def encode(picture: Image.Image, *, quality: int = 90, method: int = 2) -> EncodedImage:
    """Encode a Pillow image as WebP; ``quality`` and ``method`` are those of the format.

    Where Pillow was built without WebP it becomes a PNG.
    """
    from PIL import features

    out = io.BytesIO()
    if features.check("webp"):
        mode = "RGBA" if picture.has_transparency_data else "RGB"
        picture.convert(mode).save(out, "WEBP", quality=quality, method=method)
        return EncodedImage(out.getvalue(), "image/webp", *picture.size)
    return encode_png(picture)


def encode_png(picture: Image.Image) -> EncodedImage:
    """Encode a Pillow image as PNG, without loss where PNG knows its mode.

    Raises
    ------
    BackendError
        If it is larger than :data:`MAX_PIXELS`, its pixels cannot be read, or the file would be
        longer than :data:`MAX_BYTES`.
    """
    _check_size(*picture.size)
    out = io.BytesIO()
    try:
        if picture.mode not in {"1", "L", "LA", "I", "I;16", "P", "RGB", "RGBA"}:
            picture = picture.convert("RGBA" if picture.mode in {"RGBa", "La", "PA"} else "RGB")
        picture.save(out, "PNG")
    except Exception as error:
        raise BackendError(f"the picture cannot be written as PNG: {error}") from error
    data = out.getvalue()
    _check_length(len(data))
    return EncodedImage(data, "image/png", *picture.size)


def upright(picture: Image.Image) -> Image.Image:
    """Turn a picture as its orientation tag says; a broken tag turns nothing."""
    from PIL import ImageOps

    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # noqa: BLE001 - the pixels are good, and metadata may be anything
        return picture


def data_url(image: EncodedImage) -> str:
    """Put an image into a ``data:`` address."""
    return f"data:{image.media_type};base64,{base64.b64encode(image.data).decode('ascii')}"


def _open(data: bytes) -> tuple[ImageFile.ImageFile, str]:
    """Open by the signature; only the header has been read when this returns."""
    _check_length(len(data))
    media_type = _signature(data)
    if media_type is None:
        raise BackendError(f"this is not a PNG, JPEG, WebP or GIF image{_instead(data)}")
    # Not Image.open: it warns about large pictures, through the process's warning filters, and
    # opening a WebP allocates its whole canvas, so that one's size is read by hand.
    from PIL import GifImagePlugin, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

    plugins: dict[str, type[ImageFile.ImageFile]] = {
        "image/gif": GifImagePlugin.GifImageFile,
        "image/jpeg": JpegImagePlugin.JpegImageFile,
        "image/png": PngImagePlugin.PngImageFile,
        "image/webp": WebPImagePlugin.WebPImageFile,
    }
    if media_type == "image/webp":
        size = _webp_size(data)
        if size is not None:
            _check_size(*size)
    try:
        picture = plugins[media_type](io.BytesIO(data))
    except Exception as error:
        raise _broken(media_type, error) from error
    _check_size(*picture.size)
    return picture, media_type


def _decode(picture: ImageFile.ImageFile, media_type: str) -> None:
    """Decode every frame, within the caps."""
    try:
        frames = int(getattr(picture, "n_frames", 1))
    except Exception as error:
        raise _broken(media_type, error) from error
    if frames > 1:
        _check_animation(frames, *picture.size)
    for index in range(frames):
        try:
            picture.seek(index)
        except Exception as error:
            raise _broken(media_type, error) from error
        # A later frame of a GIF may be larger than the first.
        if frames > 1:
            _check_animation(frames, *picture.size)
        try:
            picture.load()
        except Exception as error:
            raise _broken(media_type, error) from error


def _check_length(length: int) -> None:
    if length > MAX_BYTES:
        raise BackendError(
            f"the image is too large: {length / 1e6:.1f} MB, at most {MAX_BYTES / 1e6:.0f} MB"
        )


def _check_size(width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise BackendError(f"the image is empty: {width} x {height} pixels")
    if width * height > MAX_PIXELS:
        raise BackendError(
            f"the image is too large: {width} x {height} pixels are {width * height / 1e6:.0f} "
            f"megapixels, at most {MAX_PIXELS / 1e6:.0f}"
        )


def _check_animation(frames: int, width: int, height: int) -> None:
    _check_size(width, height)
    if frames > MAX_FRAMES:
        raise BackendError(
            f"the image is too large: an animation of {frames} frames, at most {MAX_FRAMES}"
        )
    if frames * width * height > MAX_PIXELS:
        raise BackendError(
            f"the image is too large: an animation of {frames} frames of {width} x {height} "
            f"pixels is {frames * width * height / 1e6:.0f} megapixels, at most "
            f"{MAX_PIXELS / 1e6:.0f}"
        )


def _signature(data: bytes) -> str | None:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    return None


def _instead(data: bytes) -> str:
    """Guess what was given in an image's place, for the error's text."""
    start = data[:64].lstrip().lower()
    if not data:
        return ": it is empty"
    if start.startswith(b"<"):
        return ": it looks like an HTML, XML or SVG document"
    if start.startswith((b"{", b"[")):
        return ": it looks like JSON"
    return f": its {len(data)} bytes begin with {data[:8]!r}"


def _webp_size(data: bytes) -> tuple[int, int] | None:
    """Read the canvas size; ``None`` if the header is not all there."""
    chunk, header = data[12:16], data[20:30]
    if len(header) < 10:
        return None
    if chunk == b"VP8X":
        return (
            1 + int.from_bytes(header[4:7], "little"),
            1 + int.from_bytes(header[7:10], "little"),
        )
    if chunk == b"VP8L":
        bits = int.from_bytes(header[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if chunk == b"VP8 ":
        return (
            int.from_bytes(header[6:8], "little") & 0x3FFF,
            int.from_bytes(header[8:10], "little") & 0x3FFF,
        )
    return None


def _has_end(data: bytes, media_type: str) -> bool:
    """Tell whether a file has the mark that ends it; only PNG and GIF need to be asked."""
    if media_type == "image/png":
        return _PNG_END in data
    if media_type == "image/gif":
        return data.rstrip(b"\r\n").endswith(_GIF_END)
    return True


def _is_turned(picture: ImageFile.ImageFile) -> bool:
    """Whether the orientation tag swaps width and height; a broken tag does not."""
    try:
        return picture.getexif().get(_EXIF_ORIENTATION, 1) in {5, 6, 7, 8}
    except Exception:  # noqa: BLE001 - as in `upright`
        return False


def _broken(media_type: str, error: Exception) -> BackendError:
    kind = media_type.removeprefix("image/").upper().replace("WEBP", "WebP")
    return BackendError(f"the {kind} image is truncated or broken: {error or type(error).__name__}")
