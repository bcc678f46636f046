"""One thing at a time on a device, and what nobody wants any more is left at the next step."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import Any

import pytest
from PIL import Image
from tiny import pipeline

from nbkit.images._diffusers import latents
from nbkit.images._diffusers.devices import best_device, device_named
from nbkit.images.diffusers import DiffusersBackend
from nbkit.models import ImageRequest, Preview
from nbkit.testing import until

LONG = 60.0


def start(backend: DiffusersBackend, heard: list[Preview] | None = None) -> asyncio.Task[Any]:
    on_preview = (lambda preview: None) if heard is None else heard.append
    request = ImageRequest("a red fox", seed=1)
    return asyncio.create_task(backend.generate(request, on_preview=on_preview))


class Hold:
    """Holds the denoiser at one of its steps."""

    def __init__(self, at: int) -> None:
        self._at = at
        self.reached = threading.Event()
        self.go = threading.Event()

    def __call__(self, count: int) -> None:
        if count == self._at:
            self.reached.set()
            assert self.go.wait(LONG)


async def cancelled(task: asyncio.Task[Any]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancelled_generation_is_left_within_the_step_that_it_is_at(folder, steps):
    steps.before = hold = Hold(at=3)
    heard: list[Preview] = []
    backend = DiffusersBackend(folder, steps=20)
    task = start(backend, heard)
    await until(hold.reached.is_set, timeout=LONG)
    await cancelled(task)
    known = list(heard)

    hold.go.set()
    again = DiffusersBackend(folder, steps=4)
    image = await start(again)

    assert steps.count == 3 + 4
    assert heard == known
    steps.before = lambda count: None
    assert (await start(again)).data == image.data


async def test_what_is_cancelled_while_it_waits_never_starts(folder, steps):
    steps.before = hold = Hold(at=1)
    heard: list[Preview] = []
    first = start(DiffusersBackend(folder, steps=2))
    await until(hold.reached.is_set, timeout=LONG)
    second = start(DiffusersBackend(folder, steps=20, dtype="bfloat16"), heard)
    device = device_named(best_device())
    await until(lambda: not device._work.empty())
    await cancelled(second)
    third = start(DiffusersBackend(folder, steps=3))
    hold.go.set()

    await first
    await third
    assert steps.count == 2 + 3
    assert heard == []
    assert len(device.models) == 1, "not even its model is loaded"


async def test_backends_on_one_device_take_turns_in_one_thread(folder, steps, tmp_path):
    given = pipeline(tmp_path).to(best_device())
    backends = [
        DiffusersBackend(folder, steps=4),
        DiffusersBackend(given, steps=4, device=best_device()),
        DiffusersBackend(given, steps=4),
        DiffusersBackend(folder, steps=4, device=best_device()),
    ]
    await asyncio.gather(*map(start, backends))

    (thread,) = steps.threads
    assert thread.daemon
    assert steps.count == 16
    assert steps.most_at_once == 1


async def test_the_loop_goes_on_between_the_steps(folder, steps):
    loop = asyncio.get_running_loop()
    ticked: list[bool] = []

    async def tick(event: threading.Event) -> None:
        await asyncio.sleep(0)
        event.set()

    def wait_for_a_tick(count: int) -> None:
        event = threading.Event()
        asyncio.run_coroutine_threadsafe(tick(event), loop)
        ticked.append(event.wait(LONG))

    steps.before = wait_for_a_tick
    await start(DiffusersBackend(folder, steps=5))

    assert ticked == [True] * 5


async def test_a_page_that_is_slow_slows_nothing_and_gets_the_newest(folder, steps):
    heard: list[Preview] = []
    done = threading.Event()
    steps.before = lambda count: done.set() if count == 8 else None

    def stuck(preview: Preview) -> None:
        heard.append(preview)
        assert done.wait(LONG)

    backend = DiffusersBackend(folder, steps=8)
    await backend.generate(ImageRequest("a fox", seed=1), on_preview=stuck)

    assert heard[0] == Preview(0.0)
    assert heard[1].step >= 7
    assert len(heard) <= 3


async def test_a_preview_that_is_being_drawn_at_the_cancel_is_not_heard(folder, monkeypatch):
    hold = Hold(at=2)
    drawn: list[int] = []
    draw = latents.picture

    def picture(*arguments: Any) -> Any:
        drawn.append(1)
        hold(len(drawn))
        return draw(*arguments)

    monkeypatch.setattr(latents, "picture", picture)
    heard: list[Preview] = []
    backend = DiffusersBackend(folder, steps=20)
    task = start(backend, heard)
    await until(hold.reached.is_set, timeout=LONG)
    await cancelled(task)
    known = list(heard)
    hold.go.set()
    await start(DiffusersBackend(folder, steps=1))

    assert heard == known
    assert len(drawn) == 2 + 1


class Loop:
    """A pipeline that says nothing of its steps, and looks now and then whether to go on."""

    _interrupt = True

    def __init__(self, hold: Hold) -> None:
        self._hold = hold
        self.steps = 0

    def __call__(self, prompt: str) -> Any:
        self._interrupt = False
        for _ in range(9):
            if self._interrupt:
                continue
            self.steps += 1
            self._hold(self.steps)
        return ([Image.new("RGB", (4, 4))],)


async def test_a_pipeline_without_a_callback_is_told_to_stop_where_it_looks(folder):
    hold = Hold(at=2)
    own = Loop(hold)
    task = start(DiffusersBackend(own))
    await until(hold.reached.is_set, timeout=LONG)
    await cancelled(task)
    hold.go.set()
    hold.reached.clear()

    await start(DiffusersBackend(own))
    assert own.steps == 2 + 9


class Legacy:
    """A pipeline with the callback of old."""

    num_timesteps = 5

    def __init__(self, hold: Hold) -> None:
        self._hold = hold
        self.steps = 0

    def __call__(self, prompt: str, callback: Any = None, callback_steps: int = 9) -> Any:
        for index in range(0, self.num_timesteps, callback_steps):
            self.steps += 1
            self._hold(self.steps)
            callback(index, 0, None)
        return ([Image.new("RGB", (4, 4))],)


async def test_the_callback_of_older_pipelines_shows_and_stops_as_well(folder):
    hold = Hold(at=2)
    own = Legacy(hold)
    heard: list[Preview] = []
    task = start(DiffusersBackend(own), heard)
    await until(lambda: hold.reached.is_set() and heard[-1].step == 1, timeout=LONG)
    assert heard[-1] == Preview(1 / 6, None, 1, 5)
    await cancelled(task)
    hold.go.set()

    await start(DiffusersBackend(own))
    assert own.steps == 2 + 5


async def test_latents_that_cannot_be_drawn_cost_the_preview_and_not_the_picture(
    folder, monkeypatch
):
    def fails(*arguments: Any) -> None:
        raise ValueError("a shape that nobody has seen")

    monkeypatch.setattr(latents, "picture", fails)
    heard: list[Preview] = []
    assert (await start(DiffusersBackend(folder, steps=3), heard)).width == 64
    assert heard[-1].step == 3
    assert all(each.image is None for each in heard)


def test_a_loop_that_is_gone_does_not_disturb_the_device(folder, steps):
    steps.before = hold = Hold(at=1)

    async def leave() -> None:
        task = start(DiffusersBackend(folder, steps=20))
        await until(hold.reached.is_set, timeout=LONG)
        with contextlib.suppress(asyncio.CancelledError):
            await cancelled(task)

    async def come() -> Any:
        return await start(DiffusersBackend(folder, steps=2))

    asyncio.run(leave())
    hold.go.set()
    assert asyncio.run(come()).width == 64
    assert steps.count == 1 + 2
