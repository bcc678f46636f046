"""What a completion costs: beside a bar of ipywidgets, and flat in the number of tasks.

Both are shown in one real kernel, and updated in turns, so that a busy machine disturbs both alike;
CPU time of the whole kernel, all threads and everything that reaches the page included.
"""

from __future__ import annotations

import json

import pytest
from kernel.kernels import Kernel

pytestmark = pytest.mark.benchmark

PEER = 1 / 20
FLAT = 1.2

PREPARE = """
import asyncio, gc, json, statistics, time
import ipywidgets
from IPython.display import display
from nbkit.progress import ProgressManager
from nbkit.widgets.progress import ProgressWidget

async def cost(work, times):
    # The page's share is sent while the loop is free: wait for it, and count it in.
    began = time.process_time()
    for n in range(times):
        work()
        if n % 50 == 49:
            await asyncio.sleep(0)
    await asyncio.sleep(0.15)
    return (time.process_time() - began) / times * 1e6

def prepared(count):
    manager = ProgressManager()
    display(ProgressWidget(manager))
    ids = iter(manager.register_tasks("m", count))
    for task in manager.get_tasks("m"):
        manager.start_task("m", task.id)
    return lambda: manager.complete_task("m", next(ids))
"""

BESIDE_A_BAR = """
bar = ipywidgets.IntProgress(max=100_000)
display(bar)
def step():
    bar.value += 1
complete = prepared(20_000)
pairs = []
for _ in range(8):
    pairs.append((await cost(complete, 2_000), await cost(step, 200)))
print(json.dumps(pairs))
"""

FEW_AND_MANY = """
many, pairs = prepared(100_000), []
for _ in range(24):
    few = prepared(1_000)
    gc.collect()
    gc.freeze()
    pairs.append((await cost(few, 1_000), await cost(many, 1_000)))
print(json.dumps(pairs))
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


def test_a_completion_costs_a_twentieth_of_a_step_of_a_bar(kernel):
    pairs = measure(kernel, BESIDE_A_BAR)
    ours, peers = (min(costs) for costs in zip(*pairs, strict=True))
    print(f"\na completion {ours:.1f} µs, a step of IntProgress {peers:.1f} µs: {ours / peers:.3f}")
    assert ours / peers <= PEER


def test_a_completion_costs_the_same_among_a_thousand_and_a_hundred_thousand(kernel):
    pairs = measure(kernel, FEW_AND_MANY)
    few, many = (min(costs) for costs in zip(*pairs, strict=True))
    print(f"\namong 1,000 {few:.1f} µs, among 100,000 {many:.1f} µs: {many / few:.2f}")
    assert many / few <= FLAT
