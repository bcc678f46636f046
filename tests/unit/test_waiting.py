"""What is awaited, and whether the loop had a turn meanwhile."""

import asyncio
import types

import pytest

from nbkit._monitor.waiting import noticed
from nbkit.models import ImagePrompt
from nbkit.monitor import StreamingMonitor


class Plain:
    """Awaitable by an iterator that has neither ``throw`` nor ``close``."""

    def __init__(self, *futures):
        self.futures = futures

    def __await__(self):
        return iter(self.futures)


async def at_hand():
    return "x"


async def test_what_is_at_hand_comes_without_a_wait():
    waits = []
    assert await noticed(at_hand(), lambda: waits.append(1)) == "x"
    assert waits == []


async def test_a_wait_is_noticed_once_however_often_the_loop_turns():
    waits = []

    async def slow():
        for _ in range(3):
            await asyncio.sleep(0)
        return "x"

    assert await noticed(slow(), lambda: waits.append(1)) == "x"
    assert waits == [1]


@pytest.mark.parametrize("turns", [0, 1, 2])
async def test_an_error_comes_through(turns):
    async def broken():
        for _ in range(turns):
            await asyncio.sleep(0)
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        await noticed(broken(), lambda: None)


async def test_a_cancelling_reaches_what_is_awaited_which_may_wait_on():
    inside = asyncio.Event()
    heard = []

    async def stubborn():
        try:
            inside.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            heard.append("cancelled")
        await asyncio.sleep(0)
        return "x"

    async def wait():
        return await noticed(stubborn(), lambda: None)

    task = asyncio.create_task(wait())
    await inside.wait()
    task.cancel()
    assert await task == "x"
    assert heard == ["cancelled"]


async def test_closing_it_closes_what_is_awaited():
    closed = []

    async def waiting():
        try:
            await asyncio.sleep(0)
        finally:
            closed.append(1)

    steps = noticed(waiting(), lambda: None)
    steps.send(None)
    steps.close()
    assert closed == [1]


async def test_what_can_only_be_iterated_is_awaited_all_the_same():
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    future._asyncio_future_blocking = True  # as a future's own iterator sets it
    loop.call_soon(future.set_result, None)
    assert await noticed(Plain(future), lambda: None) is None

    class GoneError(Exception):
        pass

    steps = noticed(Plain(None), lambda: None)
    steps.send(None)
    with pytest.raises(GoneError):
        steps.throw(GoneError())
    steps = noticed(Plain(None), lambda: None)
    steps.send(None)
    steps.close()


async def test_a_generator_made_a_coroutine_can_be_pulled():
    class Old:
        def __init__(self):
            self.left = ["a", "b"]

        def __aiter__(self):
            return self

        @types.coroutine
        def __anext__(self):
            yield
            if not self.left:
                raise StopAsyncIteration
            return self.left.pop(0)

    text, _ = await watched(Old())
    assert text == "ab"


async def test_a_source_that_waits_itself_is_given_no_turn_of_the_loop_beside(monkeypatch):
    clock = 0.0
    monkeypatch.setattr("nbkit.monitor.time.monotonic", lambda: clock)
    count = 100

    async def waits():
        nonlocal clock
        for _ in range(count):
            await asyncio.sleep(0)
            clock += 0.01
            yield "x"

    text, turns = await watched(waits())
    assert text == "x" * count
    assert turns < count * 1.5


async def watched(source):
    """Follow a source to its end; gives its text, and how often the loop turned."""
    texts: list[str] = []
    prompts: list[ImagePrompt] = []

    class Registry:
        def register_tasks(self, message_id, count):
            pass

    class Detector:
        def feed(self, delta):
            return [delta]

        def flush(self):
            return []

    monitor = StreamingMonitor(
        source,
        detector=Detector(),
        progress_manager=Registry(),
        message_id=1,
        on_text=texts.append,
        on_prompt=prompts.append,
    )
    await monitor.start()
    ending = asyncio.create_task(monitor.finish())
    turns = 0
    while not ending.done():
        await asyncio.sleep(0)
        turns += 1
    await ending
    return "".join(texts), turns
