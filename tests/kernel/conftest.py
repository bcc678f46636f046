"""Fixtures of the kernel tests: each has a kernel of its own, or makes several."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kernel.kernels import Kernel


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.kernel)


@pytest.fixture
def kernels(tmp_path: Path) -> Iterator[Callable[..., Kernel]]:
    """A factory of kernels, ended with the test: ``kernels(env={"NAME": "value"})``."""
    started: list[Kernel] = []

    def start(**options) -> Kernel:
        folder = tmp_path / f"kernel-{len(started) + 1}"
        folder.mkdir()
        kernel = Kernel(folder, **options)
        started.append(kernel)
        return kernel.start()

    try:
        yield start
    finally:
        for kernel in started:
            kernel.shutdown()


@pytest.fixture
def kernel(kernels) -> Kernel:
    """One fresh kernel."""
    return kernels()
