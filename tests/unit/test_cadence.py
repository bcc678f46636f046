"""When frames go, told apart from what is in them."""

from __future__ import annotations

import asyncio
import threading

from nbkit.testing import VirtualLoop, run
from nbkit.widgets.cadence import INTERVAL, SHARE, Cadence


def test_a_slow_frame_puts_the_next_one_off_so_that_the_loop_has_time_for_others():
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, VirtualLoop)
        began: list[float] = []
        costs = [0.5, 0.01, 0.01]

        def send() -> None:
            began.append(loop.time())
            loop.clock.now += costs[len(began) - 1]  # as long as it takes
            cadence.sent()

        async def main() -> None:
            nonlocal cadence
            cadence = Cadence(send)
            while len(began) < 3:
                cadence.wake()
                await asyncio.sleep(0.001)

        cadence: Cadence
        runner.run(main())
    assert began[1] - began[0] >= 0.5 / SHARE
    assert INTERVAL <= began[2] - began[1] < 2 * INTERVAL


def test_a_frame_or_a_request_that_fails_is_logged_and_the_next_one_goes(caplog):
    done: list[str] = []

    def step(name: str) -> None:
        done.append(name)
        if len(done) < 3:
            raise LookupError(name)

    async def main() -> None:
        cadence = Cadence(lambda: step("frame"))
        cadence.wake()
        await asyncio.sleep(1)
        assert cadence.hop(step, "request")
        await asyncio.sleep(1)
        cadence.wake()
        await asyncio.sleep(1)
        assert cadence.hop(step, "another")
        await asyncio.sleep(1)

    run(main)
    assert done == ["frame", "request", "frame", "another"]
    assert [type(record.exc_info[1]) for record in caplog.records] == [LookupError] * 2
    assert {record.name for record in caplog.records} == {"nbkit.widgets.cadence"}


def test_where_no_loop_runs_any_more_nothing_is_promised():
    async def made() -> Cadence:
        return Cadence(lambda: None)

    cadence = run(made)
    assert not cadence.hop(lambda: None)
    assert cadence.later(1.0, lambda: None) is None


def test_what_is_asked_for_from_another_thread_is_done_on_the_loop():
    async def main() -> list[threading.Thread]:
        cadence, seen = Cadence(lambda: None), asyncio.Event()
        threads: list[threading.Thread] = []

        def note() -> None:
            threads.append(threading.current_thread())
            seen.set()

        assert await asyncio.to_thread(cadence.hop, note)
        await seen.wait()
        return threads

    assert run(main) == [threading.current_thread()]


async def test_who_hurries_waits_for_no_interval_and_sends_once():
    sent = []
    cadence = Cadence(lambda: sent.append(1), interval=1e9)
    cadence.sent()
    cadence.wake()
    cadence.hurry()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert sent == [1]
    cadence.stop()
