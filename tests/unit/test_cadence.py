"""When frames go, told apart from what is in them."""

from __future__ import annotations

import asyncio

from nbkit.testing import VirtualLoop
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
