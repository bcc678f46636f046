"""Pictures made small enough that a notebook which holds them stays small."""

from __future__ import annotations

from collections.abc import Iterable

from nbkit.fitting import smaller
from nbkit.models import EncodedImage

MAX_BYTES = 2_500_000
"""The most, in bytes, that the static copy of a story may take in a notebook, Base64 counted."""


class Fit:
    """Shrinks the pictures of one story, the largest first, until their sum fits.

    What has been made small is kept for the next time, as long as the picture is in use.
    """

    def __init__(self) -> None:
        self._made: dict[int, tuple[EncodedImage, int, EncodedImage]] = {}

    def within(self, images: Iterable[EncodedImage], room: int) -> dict[int, EncodedImage]:
        """Return what to show of each image, by its ``id``, in ``room`` bytes of Base64."""
        images = list(images)
        most = _share([len(image.data) for image in images], max(0, room) * 3 // 4)
        fitted: dict[int, EncodedImage] = {}
        for image in images:
            fitted[id(image)] = image
            if len(image.data) > most:
                made = self._made.get(id(image))
                if made is None or len(made[2].data) > most or made[1] < most // 2:
                    made = image, most, smaller(image, most)
                self._made[id(image)] = made
                fitted[id(image)] = made[2]
        self._made = {key: made for key, made in self._made.items() if key in fitted}
        return fitted


def _share(sizes: list[int], room: int) -> int:
    """Return the size that each may have at most, so that all of them fit into the room."""
    left = room
    for at, size in enumerate(ordered := sorted(sizes)):
        each = left // (len(ordered) - at)
        if size > each:
            return each
        left -= size
    return max(sizes, default=0)
