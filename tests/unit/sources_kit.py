"""Sources of every kind, and how one is read."""

from __future__ import annotations

import asyncio

from nbkit._monitor.sources import open_source

DELTAS = ["Once ", "upon", "", " a time"]


async def collect(source):
    reader = open_source(source)
    try:
        return [delta async for delta in reader]
    finally:
        await reader.aclose()


def generator():
    yield from DELTAS


async def async_generator():
    for delta in DELTAS:
        await asyncio.sleep(0)
        yield delta
