"""A cell that is interrupted while it waits for a session: that session ends, and nothing else."""

import random

import pytest

SETUP = """
import asyncio, nbkit
from PIL import Image

async def hangs():
    for word in ("some ", "text ", '<!--img-prompt="red"--> ', '<!--img-prompt="blue"-->'):
        yield word
        await asyncio.sleep(0.002)
    await asyncio.Event().wait()

async def colour(prompt):
    if prompt == "blue":
        await asyncio.Event().wait()
    return Image.new("RGB", (20, 10), prompt)

ticks = 0
async def ticking():
    global ticks
    while True:
        ticks += 1
        await asyncio.sleep(0.005)
ticker = asyncio.create_task(ticking())

other = nbkit.illustrate(hangs(), images=colour)

async def tell():
    # When all has arrived that will: from within the wait of the cell.
    while [each.status for each in session.images] != ["succeeded", "running"]:
        await asyncio.sleep(0.005)
    print("waiting")

async def ticked():
    before = ticks
    while ticks < before + 5:
        await asyncio.sleep(0.005)
    return not ticker.done()
"""

WAITS = ["await session", "session.wait()"]


def start(kernel, how, say="telling = asyncio.create_task(tell())"):
    """A cell that waits for a session; it says so once there is something to be lost."""
    kernel.run_ok("session = nbkit.illustrate(hangs(), images=colour)")
    return kernel.run_no_wait(f"{say}\n{how}", stop_on_error=True)


@pytest.mark.parametrize("how", WAITS)
def test_what_had_arrived_stays_and_nobody_else_is_touched(kernel, how):
    kernel.run_ok(SETUP)
    cell = start(kernel, how)
    kernel.until(lambda: "waiting" in cell.stdout)
    kernel.interrupt()
    kernel.wait(cell)
    assert cell.status == "error"
    after = kernel.run_ok(
        "print(session.status, session.text.split()[0],"
        " *[each.status for each in session.images], other.status, await ticked())"
    )
    assert after.stdout.split() == [
        "cancelled",
        "some",
        "succeeded",
        "cancelled",
        "running",
        "True",
    ]


@pytest.mark.parametrize("how", WAITS)
def test_cells_queued_behind_are_aborted_and_later_ones_run(kernel, how):
    kernel.run_ok(SETUP)
    cell = start(kernel, how)
    queued = kernel.queue("print(1)", "print(2)")
    kernel.until(lambda: "waiting" in cell.stdout)
    kernel.interrupt()
    kernel.wait(cell, *queued)
    # As with any cell that is interrupted: Jupyter drops what stood behind it.
    assert [each.status for each in queued] == ["aborted", "aborted"]
    again = kernel.run_ok(
        "async def short():\n    yield 'short'\n"
        "print((await nbkit.illustrate(short(), images=colour)).status)"
    )
    assert again.stdout.strip() == "completed"


def test_an_interrupt_of_an_idle_kernel_changes_nothing(kernel):
    kernel.run_ok(SETUP)
    kernel.run_ok("session = nbkit.illustrate(hangs(), images=colour)")
    kernel.interrupt()
    after = kernel.run_ok("print(session.status, other.status, await ticked())")
    assert after.stdout.split() == ["running", "running", "True"]


def test_twenty_interrupts_at_random_instants_leave_the_kernel_as_it_was(kernel):
    kernel.run_ok(SETUP)
    rng = random.Random(7)
    for number in range(20):
        # Printed by the loop, thus from within the wait, in whatever state the session is by then.
        say = f"asyncio.get_running_loop().call_later({rng.uniform(0, 0.06)}, print, 'waiting')"
        cell = start(kernel, WAITS[number % 2], say)
        kernel.until(lambda cell=cell: "waiting" in cell.stdout)
        kernel.interrupt()
        kernel.wait(cell)
        assert cell.status == "error", number
        after = kernel.run_ok("print(session.status, other.status, await ticked())")
        assert after.stdout.split() == ["cancelled", "running", "True"], number
