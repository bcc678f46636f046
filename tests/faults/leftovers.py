"""What a process still has once work is over: tasks, threads, sockets, objects, memory."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


def sockets() -> set[str]:
    """Name the sockets that this process has open."""
    found = set()
    for link in Path("/proc/self/fd").iterdir():
        try:
            found.add(str(link.readlink()))
        except OSError:
            continue  # the directory's own
    return {each for each in found if each.startswith("socket:")}


def threads() -> set[threading.Thread]:
    """Give the threads, without the loop's own pool, which ends with the loop."""
    return {each for each in threading.enumerate() if not each.name.startswith("asyncio_")}


def files() -> int:
    """Count the open file descriptors of this process, of whatever kind."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


class _Heap(ctypes.Structure):
    """What glibc says of its heap: mallinfo2(3)."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    )


def heap() -> int:
    """Return the bytes that malloc has given out, 0 where it does not say.

    Small objects are not among them: Python has those in blocks of its own.
    """
    ask = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if ask is None:
        return 0
    ask.restype = _Heap
    found = ask()
    return int(found.uordblks + found.hblkhd)


def objects() -> Counter[str]:
    """Count the objects of nbkit's own kinds, by kind, once the garbage is gone."""
    gc.collect()
    kinds = Counter(map(type, gc.get_objects()))
    return Counter(
        {
            f"{kind.__module__}.{kind.__qualname__}": count
            for kind, count in kinds.items()
            if str(kind.__module__).partition(".")[0] == "nbkit"
        }
    )


@dataclass(frozen=True)
class Leftovers:
    """All of it at one moment."""

    tasks: set[asyncio.Task[Any]] = field(default_factory=asyncio.all_tasks)
    threads: set[threading.Thread] = field(default_factory=threads)
    sockets: set[str] = field(default_factory=sockets)
    files: int = field(default_factory=files)
    objects: Counter[str] = field(default_factory=objects)
    blocks: int = field(default_factory=sys.getallocatedblocks)  # after the garbage is gone
    heap: int = field(default_factory=heap)

    def beyond(self) -> dict[str, Any]:
        """Return the tasks, threads and files that are there by now and were not then."""
        found: dict[str, Any] = {
            "tasks": asyncio.all_tasks() - self.tasks,
            "threads": threads() - self.threads,
            "sockets": sockets() - self.sockets,
            "files": max(0, files() - self.files),
        }
        return {what: more for what, more in found.items() if more}
