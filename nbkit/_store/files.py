"""The images of a store: files named by the SHA-256 of their bytes, whole or not there."""

from __future__ import annotations

import contextlib
import hashlib
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from nbkit.models import EncodedImage

_DOT = "."
"""What the name of a file begins with while it is written."""


class Files:
    """Keeps bytes by their hash, in ``images/ab/abcdef….webp``.

    A file is written under another name in the same folder, flushed, and renamed: a crash leaves
    the whole file or a temporary one. One that does not match its name counts as not there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "images"

    def put(self, image: EncodedImage) -> str:
        """Keep an image and return the name of its file; one that is there is not written again.

        Raises
        ------
        OSError
            If the disk is full, or the folder cannot be written to.
        """
        digest = hashlib.sha256(image.data).hexdigest()
        name = f"{digest}.{image.media_type.removeprefix('image/')}"
        path = self._path(name)
        if self._holds(path, digest, len(image.data)):
            os.utime(path)  # as if written now: a sweep leaves it
            return name
        fresh = not path.parent.is_dir()
        path.parent.mkdir(parents=True, exist_ok=True)
        if fresh:
            sync_folder(self._folder)
        beside = path.with_name(f"{_DOT}{uuid.uuid4().hex}")
        try:
            with beside.open("xb") as file:
                file.write(image.data)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
        return name

    def get(self, name: str) -> bytes | None:
        """Return the bytes of a file; ``None`` if it is missing, or not what its name says."""
        try:
            data = self._path(name).read_bytes()
        except (OSError, ValueError):
            return None
        return data if hashlib.sha256(data).hexdigest() == name.partition(".")[0] else None

    def sweep(self, is_kept: Callable[[str], bool], *, older_than: float) -> tuple[int, int]:
        """Remove files that are not kept, and temporary ones; returns how many and their bytes.

        What was written after ``older_than``, in Unix seconds, stays: somebody may be about to
        write it down.
        """
        count = size = 0
        for path in self._all():
            with contextlib.suppress(FileNotFoundError):
                seen = path.stat()
                if seen.st_mtime >= older_than or is_kept(path.name):
                    continue
                path.unlink()
                count, size = count + 1, size + seen.st_size
        return count, size

    def _all(self) -> Iterator[Path]:
        # What else somebody has put there, a folder's settings say, is none of ours.
        yield from (path for path in sorted(self._folder.glob("??/*")) if path.is_file())

    def _path(self, name: str) -> Path:
        # The name comes from a database, which may be anybody's: no path may hide in it.
        if not name.replace(".", "", 1).isalnum():
            raise ValueError(f"{name!r} is no name of an image")
        return self._folder / name[:2] / name

    def _holds(self, path: Path, digest: str, size: int) -> bool:
        try:
            if path.stat().st_size != size:
                return False
            return hashlib.sha256(path.read_bytes()).hexdigest() == digest
        except OSError:
            return False


def sync_folder(folder: Path) -> None:
    """Let a folder's names reach the disk, where there is a way to say so."""
    if os.name != "posix":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
