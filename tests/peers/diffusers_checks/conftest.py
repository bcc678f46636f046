"""What the checks share; nothing heavy is imported before a check asks for it."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model as ``save_pretrained`` writes it."""
    from tiny import pipeline

    where = tmp_path_factory.mktemp("tiny")
    pipeline(where / "parts").save_pretrained(where / "model")
    return where / "model"


@pytest.fixture(autouse=True)
def nothing_loaded() -> Iterator[None]:
    """Let each check begin with devices that hold no model."""
    yield
    devices = sys.modules.get("nbkit.images._diffusers.devices")
    for device in devices._devices.values() if devices else ():
        device.submit(device.models.clear).result(60)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    """Watch, hold and break the denoiser of every pipeline."""
    from diffusers import UNet2DConditionModel

    watched = Steps()
    forward = UNet2DConditionModel.forward

    def step(self: Any, *arguments: Any, **keywords: Any) -> Any:
        with watched.inside():
            return forward(self, *arguments, **keywords)

    monkeypatch.setattr(UNet2DConditionModel, "forward", step)
    return watched


class Steps:
    """Counts the steps of the denoiser, and which threads are in it at once."""

    def __init__(self) -> None:
        self.count = 0
        self.most_at_once = 0
        self.threads: set[threading.Thread] = set()
        self.before: Callable[[int], None] = lambda count: None
        self._inside = 0
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        with self._lock:
            self.count += 1
            self._inside += 1
            self.most_at_once = max(self.most_at_once, self._inside)
            self.threads.add(threading.current_thread())
        try:
            self.before(self.count)
            yield
        finally:
            with self._lock:
                self._inside -= 1
