"""One table of all figures at the end, and one file."""

from __future__ import annotations

import pytest
from benchmarks.figures import Figures

KEY = pytest.StashKey[Figures]()


@pytest.fixture
def figures(request):
    return request.config.stash.setdefault(KEY, Figures())


def pytest_terminal_summary(terminalreporter, config):
    measured = config.stash.get(KEY, None)
    if measured is None or not measured.measured:
        return
    path = config.rootpath / "build" / "benchmarks.json"
    measured.write(path)
    terminalreporter.section("figures")
    for line in measured.table():
        terminalreporter.write_line(line)
    terminalreporter.write_line(f"written to {path.relative_to(config.rootpath)}")
