"""A server of nbkit's own to talk to, over real sockets, for clients that others wrote."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from nbkit.serve import Server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One for each module: fast, but with previews of its pictures."""
    with Server(rate=2_000, image_seconds=0.1) as server:
        yield server


@pytest.fixture(scope="module")
def slow() -> Iterator[Server]:
    """One whose pictures are not done before a test is."""
    with Server(image_seconds=120) as server:
        yield server


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a cancelled picture's server is told last reaches it, however slow the machine is."""
    monkeypatch.setattr("nbkit.images._last_act.STOP_WITHIN", 60)


@pytest.fixture
def admin(server: Server) -> Iterator[httpx.Client]:
    """A client of the server itself; what was queued is gone after the test."""
    with httpx.Client(base_url=server.url, timeout=30) as client:
        for what in ("faults", "replies", "requests"):
            client.delete(f"/admin/{what}").raise_for_status()
        yield client
        for what in ("faults", "replies"):
            client.delete(f"/admin/{what}").raise_for_status()
