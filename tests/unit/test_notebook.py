"""What the notebook's part asks of the kernel that it runs in."""

from __future__ import annotations

import importlib.metadata

import pytest

from nbkit import notebook


@pytest.mark.parametrize(
    ("found", "hears"), [("6.29.5", False), ("7.0.0a1", True), ("10.1", True), (None, False)]
)
def test_a_kernel_hears_pages_in_its_cells_from_ipykernel_7_on(monkeypatch, found, hears):
    def version(name: str) -> str:
        if found is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return found

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert notebook._hears_in_cells() is hears
