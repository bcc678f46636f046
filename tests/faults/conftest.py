"""After every test: no task, no socket and no thread of ours is left."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Any

import pytest
from faults.idle_clock import keep_idle_time, soon
from faults.leftovers import sockets, threads
from faults.wire import Choice, Peer, Script, Serve

from nbkit.limits import backoff


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let these come first: a JupyterLab that looks for dead kernels might knock at their ports."""
    items.sort(key=lambda item: "faults" not in item.path.parts)


@pytest.fixture(autouse=True)
async def idle_clock() -> None:
    """Let no deadline pass because the machine is slow."""
    keep_idle_time(asyncio.get_running_loop())


@pytest.fixture(autouse=True)
async def serve(idle_clock: None) -> AsyncIterator[Serve]:
    """Start servers by their scripts; in the end look at what the test has left behind."""
    peers: list[Peer] = []
    tasks, open_before, threads_before = asyncio.all_tasks(), sockets(), threads()

    async def start(*scripts: Script | Choice) -> Peer:
        peers.append(await Peer(*scripts).start())
        return peers[-1]

    yield start
    for peer in peers:
        await peer.let_go()
        await peer.aclose()
    ours = {asyncio.current_task()}
    await soon(lambda: asyncio.all_tasks() - tasks - ours == set(), within=5)
    await soon(lambda: sockets() <= open_before, within=5)
    await soon(lambda: threads() <= threads_before, within=5)


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Record the seconds that are waited before another attempt, and do not wait them."""
    waited: list[float] = []

    def no_wait(*args: int, **kwargs: object) -> float:
        waited.append(backoff(*args, **kwargs))  # type: ignore[arg-type]
        return 0.0

    monkeypatch.setattr("nbkit.llm.reply.backoff", no_wait)
    monkeypatch.setattr("nbkit.queue.backoff", no_wait)
    return waited


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what this machine's user has set, keys and proxies."""
    for name in list(os.environ):
        if name.startswith(("OPENAI_", "ANTHROPIC_", "OLLAMA_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Record whom the loop is told to connect to."""
    hosts: list[tuple[str, int]] = []
    real = asyncio.BaseEventLoop.create_connection

    async def connect(
        self: Any, factory: Any, host: Any = None, port: Any = None, **rest: Any
    ) -> Any:
        hosts.append((host, port))
        return await real(self, factory, host, port, **rest)

    monkeypatch.setattr(asyncio.BaseEventLoop, "create_connection", connect)
    return hosts
