"""Small pictures of finished tasks, made in a thread when somebody may see them."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from nbkit.models import EncodedImage
from nbkit.pixels import shrink
from nbkit.threads import in_thread

logger = logging.getLogger(__name__)

SIDE = 96
"""The longest side of a thumbnail, in pixels."""

KEPT = 500
"""Thumbnails that stay; one that is asked for again after that is made again."""

Key = tuple[str, str]
"""A row and a task in it."""


@dataclass(frozen=True, slots=True)
class Thumb:
    """A small picture, and what it shows in words."""

    image: EncodedImage
    prompt: str


@dataclass(slots=True)
class _Entry:
    original: EncodedImage
    prompt: str
    thumb: Thumb | None = None


class Thumbnails:
    """Makes thumbnails one after the other; ``on_ready()`` is called on the loop after each.

    Where no loop runs none are made, since nobody looks.
    """

    def __init__(self, on_ready: Callable[[], None]) -> None:
        self._on_ready = on_ready
        self._entries: OrderedDict[Key, _Entry] = OrderedDict()
        self._wanted: OrderedDict[Key, None] = OrderedDict()
        self._fresh: dict[Key, None] = {}
        self._worker: asyncio.Task[None] | None = None

    def want(self, key: Key, image: EncodedImage, prompt: str) -> None:
        """Ask for the thumbnail of a task's image."""
        entry = self._entries.get(key)
        if entry is not None and entry.original is image:
            self._entries.move_to_end(key)
            return
        self._entries[key] = _Entry(image, prompt)
        self._wanted[key] = None
        while len(self._entries) > KEPT:
            self._drop(next(iter(self._entries)))
        if self._worker is None:
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                return
            self._worker = loop.create_task(self._work())

    def get(self, key: Key) -> Thumb | None:
        """Return a thumbnail if it is there."""
        entry = self._entries.get(key)
        return None if entry is None else entry.thumb

    def take_fresh(self) -> list[tuple[Key, Thumb]]:
        """Return what has been made since the last call."""
        fresh, self._fresh = self._fresh, {}
        return [(key, thumb) for key in fresh if (thumb := self.get(key)) is not None]

    def forget(self, row: str) -> None:
        """Let go of what belongs to a row."""
        for key in [key for key in self._entries if key[0] == row]:
            self._drop(key)

    def stop(self) -> None:
        """Make no more."""
        self._wanted.clear()
        if self._worker is not None:
            self._worker.cancel()

    def _drop(self, key: Key) -> None:
        self._entries.pop(key, None)
        self._wanted.pop(key, None)

    async def _work(self) -> None:
        try:
            while self._wanted:
                key, _ = self._wanted.popitem(last=False)
                entry = self._entries[key]
                try:
                    small = await in_thread(shrink, entry.original, SIDE)
                except Exception:
                    logger.exception("no thumbnail could be made of an image")
                else:
                    entry.thumb = Thumb(small, entry.prompt)
                    self._fresh[key] = None
                    self._on_ready()
        finally:
            self._worker = None
