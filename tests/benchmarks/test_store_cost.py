"""What keeping a session costs the notebook's loop, a delta and an image, over one not kept.

The loop's time is that of its own thread; the writer's thread is told beside it.
"""

from __future__ import annotations

import asyncio
import statistics
import threading
import time
from pathlib import Path

import pytest

from nbkit._store.writer import writer_for
from nbkit.models import EncodedImage
from nbkit.pixels import encode
from nbkit.progress import ProgressManager
from nbkit.session import Session

pytestmark = pytest.mark.benchmark

DELTAS = 20_000
IMAGES = 20
ROUNDS = 3


class Ready:
    """Has its image ready: of 1.5 MB, and as large as it may be without a second one for a page."""

    checks_images = True

    def __init__(self) -> None:
        import os

        from PIL import Image

        noise = Image.frombytes("RGB", (768, 768), os.urandom(768 * 768 * 3))
        self.image: EncodedImage = encode(noise, quality=95)

    async def generate(self, request, *, on_preview):
        # A tail of its own makes each a file of its own.
        data = self.image.data + request.prompt.encode()
        return EncodedImage(data, "image/webp", 768, 768)

    async def aclose(self):
        pass


async def deltas():
    for number in range(DELTAS):
        yield f"word {number} "


async def prompts():
    for number in range(IMAGES):
        yield f'<!--img-prompt="{number} {time.monotonic_ns()}"-->'


def cost(source, backend, store: Path | None) -> tuple[float, float]:
    """Return the seconds of the loop's thread, and those that passed."""

    async def main() -> tuple[float, float]:
        session = Session(
            source, message_id=1, images=backend, progress_manager=ProgressManager(), store=store
        )
        session.start()
        spent, passed = time.thread_time(), time.perf_counter()
        await session
        assert session.store_error is None
        return time.thread_time() - spent, time.perf_counter() - passed

    result = asyncio.run(main())
    if store is not None:
        writer_for(store).flush(30)
    assert threading.current_thread() is threading.main_thread()
    return result


def test_what_a_delta_and_an_image_cost(tmp_path, figures):
    backend = Ready()
    size = len(backend.image.data) / 1e6
    for what, source, count in (("delta", deltas, DELTAS), ("image", prompts, IMAGES)):
        found: dict[str, list[tuple[float, float]]] = {"without": [], "with": []}
        for number in range(ROUNDS):
            found["without"].append(cost(source(), backend, None))
            found["with"].append(cost(source(), backend, tmp_path / f"{what}-{number}"))
        loop = {name: statistics.median(each[0] for each in runs) for name, runs in found.items()}
        wall = {name: statistics.median(each[1] for each in runs) for name, runs in found.items()}
        name = what if what == "delta" else f"image of {size:.1f} MB"
        for unit, times in (("µs of the loop", loop), ("µs in all", wall)):
            each = {which: 1e6 * spent / count for which, spent in times.items()}
            figures.add(
                f"{name}, stored", each["with"], unit, peer=each["without"], beside="not stored"
            )
        # Far above what was measured: it is for a write that has come onto the loop.
        figures.check(
            f"what storing the {name} adds",
            1e6 * (loop["with"] - loop["without"]) / count,
            "µs of the loop",
            bound=50 if what == "delta" else 5_000,
            allowance=1,
        )
