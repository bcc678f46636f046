"""What a completion costs: beside a bar of ipywidgets, and flat in the number of tasks.

Both are shown in one real kernel, and updated in turns, so that a busy machine disturbs both alike;
CPU time of the whole kernel, all threads and everything that reaches the page included, above that
of doing nothing with the same waits.
"""

from __future__ import annotations

import json

import pytest
from kernel.kernels import Kernel

pytestmark = pytest.mark.benchmark

PEER = 1 / 20
FLAT = 1.2

PREPARE = """
import asyncio, gc, json, time
import ipywidgets
from IPython.display import display
from nbkit.progress import ProgressManager
from nbkit.widgets.progress import ProgressWidget

async def spent(work, times):
    # The page's share is sent while the loop is free: wait for it, and count it in.
    began = time.process_time()
    for n in range(times):
        work()
        if n % 50 == 49:
            await asyncio.sleep(0)
    await asyncio.sleep(0.15)
    return time.process_time() - began

def prepared(count):
    manager = ProgressManager()
    display(ProgressWidget(manager))
    ids = iter(manager.register_tasks("m", count))
    for task in manager.get_tasks("m"):
        manager.start_task("m", task.id)
    return lambda: manager.complete_task("m", next(ids))

async def compare(rounds, **works):
    # The least of several rounds in turns, above the least of the same waits with nothing to do.
    least = {}
    for n in range(rounds):
        for name, (make, times) in sorted(works.items(), reverse=n % 2 == 1):
            work = make()
            await asyncio.sleep(0.5)  # what showing it takes
            gc.collect()
            gc.freeze()
            for key, each in ((name, work), ("idle " + name, lambda: None)):
                least[key] = min(least.get(key, 1e9), await spent(each, times) / times * 1e6)
    return {name: least[name] - least["idle " + name] for name in works}
"""

BESIDE_A_BAR = """
bar = ipywidgets.IntProgress(max=100_000)
display(bar)
def step():
    bar.value += 1
complete = prepared(20_000)
print(json.dumps(await compare(8, ours=(lambda: complete, 2_000), bar=(lambda: step, 500))))
"""

FEW_AND_MANY = """
# All run, and as many are completed of each: of the few, a thousand still run at the end, as with
# the many. What is finished has no estimate to reckon and no time to tell.
many = prepared(100_000)
few = lambda: prepared(2_000)
print(json.dumps(await compare(16, few=(few, 1_000), many=(lambda: many, 1_000))))
"""


@pytest.fixture
def kernel(tmp_path):
    kernel = Kernel(tmp_path)
    try:
        kernel.start().run_ok(PREPARE)
        yield kernel
    finally:
        kernel.shutdown()


def measure(kernel, code):
    return json.loads(kernel.run_ok(code, timeout=280).stdout.strip().splitlines()[-1])


def test_a_completion_costs_a_twentieth_of_a_step_of_a_bar(kernel, figures):
    costs = measure(kernel, BESIDE_A_BAR)
    figures.check(
        "a completion, shown",
        costs["ours"],
        "µs",
        bound=PEER,
        peer=costs["bar"],
        beside="IntProgress.value += 1",
    )


def test_a_completion_costs_the_same_among_a_thousand_and_a_hundred_thousand(kernel, figures):
    costs = measure(kernel, FEW_AND_MANY)
    figures.check(
        "a completion, shown, among 100,000 tasks",
        costs["many"],
        "µs",
        bound=FLAT,
        peer=costs["few"],
        beside="among 1,000 others",
    )
