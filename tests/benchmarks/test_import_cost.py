"""What ``import nbkit`` costs, beside ``import anywidget``: CPU time of processes of their own.

The least of many, in turns; what an empty process takes is taken off.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.benchmark

PEER = 1.3
ROUNDS = 8

KERNEL = "import ipykernel.kernelapp, ipykernel.ipkernel"
CODES = {
    "nothing": "",
    "anywidget": "import anywidget",
    "nbkit": "import nbkit",
    "all of nbkit": "from nbkit import *\nimport nbkit.notebook",
    "a kernel": KERNEL,
    "anywidget in a kernel": f"{KERNEL}, anywidget",
    "nbkit in a kernel": f"{KERNEL}, nbkit",
}


def spent(code: str) -> float:
    """CPU milliseconds of an interpreter that does this."""
    told = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport time\nprint(time.process_time())"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return 1e3 * float(told.stdout)


def test_importing_nbkit_costs_about_what_anywidget_costs(figures):
    rounds = [{name: spent(code) for name, code in CODES.items()} for _ in range(ROUNDS)]
    least = {name: min(each[name] for each in rounds) for name in CODES}
    anywidget = least["anywidget"] - least["nothing"]
    figures.check(
        "import nbkit",
        least["nbkit"] - least["nothing"],
        "ms",
        bound=PEER,
        peer=anywidget,
        beside="import anywidget",
    )
    figures.add(
        "all of nbkit, with its widgets",
        least["all of nbkit"] - least["nothing"],
        "ms",
        peer=anywidget,
        beside="import anywidget",
    )
    figures.add(
        "import nbkit where a kernel is imported already",
        least["nbkit in a kernel"] - least["a kernel"],
        "ms",
        peer=least["anywidget in a kernel"] - least["a kernel"],
        beside="import anywidget there",
    )
