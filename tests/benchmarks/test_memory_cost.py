"""What a session keeps in memory at its end, over its text and the originals of its images.

Each in a process of its own that has run a small session before: what Python has allocated since
(by tracemalloc), and how much larger the process is (its resident set, after a collection). No
store: a session in memory alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import pytest

pytestmark = pytest.mark.benchmark

MOST = 2.0
IMAGES = 20

SCRIPT = """
import asyncio, ctypes, gc, json, os, sys, tracemalloc
from pathlib import Path
from PIL import Image
from nbkit.models import EncodedImage
from nbkit.pixels import encode
from nbkit.progress import ProgressManager
from nbkit.session import Session

LENGTH, IMAGES, TRACED = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "traced"
PART = '''## A part

A paragraph with **bold**, *soft* and `code`, and a [link](http://x.org) in it,
over two lines, with $x^2$. Lorem ipsum dolor sit amet, consectetur adipiscing elit.

- one
- two

'''

class Noise:
    checks_images = True
    async def generate(self, request, *, on_preview):
        picture = Image.frombytes("RGB", (768, 768), os.urandom(768 * 768 * 3))
        return EncodedImage(encode(picture, quality=95).data, "image/webp", 768, 768)
    async def aclose(self):
        pass

async def deltas(length, images):
    text = (PART * (length // len(PART) + 1))[:length]
    each = length // images
    for at in range(0, length, 4):
        yield text[at:at + 4]
        if at % each < 4:
            yield f'<!--img-prompt="picture {at}"-->'
        if at % 400 == 0:
            await asyncio.sleep(0)

async def run(length, images):
    session = Session(
        deltas(length, images), message_id=1, images=Noise(), progress_manager=ProgressManager()
    )
    session.start()
    seen = 0
    while session.status == "running":  # a view looks on
        seen = session.story.changes(seen).revision
        await asyncio.sleep(0.05)
    session.story.changes(seen)
    return await session

def resident():
    gc.collect()
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):  # what has been freed is no longer the process's
        libc.malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

async def main():
    await run(20_000, 2)
    await asyncio.sleep(0)
    before = resident()
    if TRACED:
        tracemalloc.start()
    session = await run(LENGTH, IMAGES)
    after = resident()
    assert len(session.images) >= IMAGES
    text = len(session.text.encode())
    needed = text + sum(len(each.image.data) for each in session.images)
    kept = tracemalloc.get_traced_memory()[0] if TRACED else after - before
    print(json.dumps([kept, needed]))

asyncio.run(main())
"""


def measure(length: int, how: str) -> tuple[float, float]:
    """Bytes that are kept, and those of the text and the originals."""
    told = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(length), str(IMAGES), how],
        capture_output=True,
        text=True,
        check=True,
        timeout=500,
    )
    kept, needed = json.loads(told.stdout)
    return kept, needed


def tell(told: Callable[..., None], length: int, what: str) -> None:
    """Add what is allocated and what is resident at the end, beside what is needed."""
    for how, name in (("traced", "allocated"), ("resident", "resident")):
        kept, needed = measure(length, how)
        told(
            what.format(name),
            kept / 1e6,
            "MB",
            bound=MOST,
            peer=needed / 1e6,
            beside="text and originals",
        )


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks /proc for its size")
def test_a_session_takes_at_most_twice_its_text_and_its_images(figures):
    what = f"memory of a session at its end, {{}}: 200 KB in deltas of 4, {IMAGES} images"
    tell(figures.check, 200_000, what)


@pytest.mark.timeout(1_100)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks /proc for its size")
def test_a_text_of_2_mb_takes_at_most_twice_as_much_too(figures):
    tell(figures.check, 2_000_000, "the same, {}, 2 MB of text")
