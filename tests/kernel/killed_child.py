"""Runs sessions to be killed: a warm process that forks one child for each.

Each line on standard input is ``FOLDER fast N``, ``FOLDER paced N`` (a text that waits for its
images) or ``FOLDER ID N``; the child that begins or resumes a session there writes to standard
output what it does, a line each, as it does it, and kills itself after ``N`` lines (0: never).
Its images are made by a function that writes each call to ``FOLDER.calls``. ``- - 0`` is answered
by ``mark``.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import sys
import traceback
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

from PIL import Image

import nbkit
from nbkit._store.files import Files
from nbkit._store.writer import Writer

IMAGES = 20
PIECES = [
    piece
    for number in range(IMAGES)
    for piece in (f"Part {number:02}, ", "which is told ", f'<!--img-prompt="fox {number}"-->', ".")
]
TEXT = "".join(PIECES)


said = itertools.count(1)
last = 0


def say(what: str) -> None:
    os.write(1, f"{what}\n".encode())
    if next(said) == last:
        os.kill(os.getpid(), signal.SIGKILL)


def warmed() -> None:
    """Do all once that is slow the first time."""
    Image.init()
    from nbkit.recorder import Recorder  # noqa: F401


def painter(folder: Path):
    calls = os.open(f"{folder}.calls", os.O_CREAT | os.O_APPEND | os.O_WRONLY)

    def paint(prompt: str) -> Image.Image:
        os.write(calls, f"{prompt}\n".encode())
        shade = zlib.crc32(prompt.encode()) % 256
        return Image.new("RGB", (32, 32), (shade, int(prompt.split()[1]), 0))

    return paint


def told() -> None:
    """Say each step on the way to the disk, before and after it."""

    def around(owner, name):
        inner = getattr(owner, name)

        def outer(*arguments, **keywords):
            say(f"{name} begins")
            result = inner(*arguments, **keywords)
            say(f"{name} ends")
            return result

        setattr(owner, name, outer)

    around(Writer, "_write")
    around(Files, "put")
    around(os, "fsync")


async def source(most: int) -> AsyncIterator[str]:
    """Write only while there are no more than so many unfinished images."""
    moved = asyncio.Event()
    nbkit.progress_manager.on("updated", lambda _: moved.set())
    for piece in PIECES:
        state = nbkit.progress_manager.get_state("story")
        while state is not None and state.pending > most:
            moved.clear()
            await moved.wait()
            state = nbkit.progress_manager.get_state("story")
        say("delta")
        yield piece
        await asyncio.sleep(0)


async def main(folder: Path, what: str) -> None:
    nbkit.progress_manager.on("image-completed", lambda event: say(f"image {event.task.prompt}"))
    paint = painter(folder)
    if what in ("fast", "paced"):
        most = 4 if what == "paced" else IMAGES
        session = nbkit.illustrate(
            source(most), images=paint, store=folder, max_concurrency=3, message_id="story"
        )
    else:
        session = nbkit.open_store(folder).resume(what, images=paint)
        say(f"restored {session.progress.succeeded} {len(session.text)}")
    await session
    nbkit.open_store(folder).sessions()  # which waits for what is still to be written
    state = session.progress
    say(f"done {session.status} {state.total} {state.succeeded} {len(session.text)}")


def child(folder: Path, what: str) -> None:
    say(f"pid {os.getpid()}")
    code = 1
    try:
        told()
        asyncio.run(main(folder, what))
        code = 0
    except BaseException:
        say("error " + repr(traceback.format_exc()))
        raise
    finally:
        os._exit(code)


if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks for the children: no zombies
    warmed()
    for line in sys.stdin:
        where, word, number = line.split()
        if where == "-":
            os.write(1, b"mark\n")  # and does not count
            continue
        if os.fork() == 0:
            last = int(number)
            child(Path(where), word)
