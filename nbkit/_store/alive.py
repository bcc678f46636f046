"""Who writes to a store, and whether they still can: a killed kernel says no good-bye."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path
from typing import Any

BEAT = 2.0
"""Seconds between two signs of life of a writer with a session that runs."""

_SILENT = 60.0
"""Seconds without a sign after which a writer counts as gone, though its process is there."""

_UNSEEN = 15.0
"""The same where nobody can look for the process: on another host, or another system."""


def identity(writer: str) -> tuple[str, int, str, str, float]:
    """Return the row of a writer in this process: id, process, host, when it was born, now."""
    return writer, os.getpid(), platform.node(), _born(os.getpid()) or "", time.time()


def is_alive(row: tuple[Any, ...] | None) -> bool:
    """Tell whether the process of a writer's row is there and at work."""
    if row is None:
        return False
    _, pid, host, born, beat = row
    if not isinstance(pid, int) or not isinstance(beat, int | float):
        return False  # no row of ours
    silent: float = time.time() - beat
    if host != platform.node() or os.name != "posix":
        return silent < _UNSEEN
    return silent < _SILENT and _is_there(pid, str(born))


def _is_there(pid: int, born: str) -> bool:
    if pid <= 0:  # which would mean many
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass  # somebody else's: it is there
    # The number may be another process's by now, or that of one that nobody has buried.
    found = _born(pid)
    return found is None or not born or found == born


def _born(pid: int) -> str | None:
    """Tell when a process began, in the kernel's ticks, ``"dead"`` for a zombie.

    ``None`` where the system does not say: the file is Linux's, described in proc(5).
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return "dead" if fields[0] in "ZX" else fields[19]
