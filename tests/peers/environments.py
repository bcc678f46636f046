"""Environments of their own for peers that are too heavy, or pin too much, for the suite's.

They are built with ``venv`` and pip under ``build/peers``, once, and used again while what they
are made of is the same. pip takes packages from where it is configured to.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "build" / "peers"
TIME_LIMIT = 1200.0
"""Seconds that each part of building one may take."""


def nbkit_requirements() -> list[str]:
    """What nbkit itself depends on; the environment finds nbkit by ``PYTHONPATH``."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return list(project["dependencies"])


def environment(name: str, requirements: Sequence[str], *, limit: float = TIME_LIMIT) -> Path:
    """The interpreter of an environment with these requirements, built if it is not there.

    ``NBKIT_NAME_PYTHON`` names one that is there already. Where none can be built the test is
    skipped, or fails with ``NBKIT_REQUIRE_PEERS=1``.
    """
    variable = f"NBKIT_{name.upper().replace('-', '_')}_PYTHON"
    if given := os.environ.get(variable):
        return Path(given)
    try:
        return _built(BUILT / name, requirements, limit)
    except (OSError, subprocess.SubprocessError, TimeoutError) as error:
        why = f"no environment for {name}: {_said(error)}; {variable} may name one"
        if os.environ.get("NBKIT_REQUIRE_PEERS") == "1":
            pytest.fail(why)
        pytest.skip(why)


def _built(folder: Path, requirements: Sequence[str], limit: float) -> Path:
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    stamp = folder / "requirements.txt"
    wanted = "".join(f"{each}\n" for each in (f"# python {sys.version_info[:2]}", *requirements))
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(folder.with_suffix(".lock")):
        if stamp.is_file() and stamp.read_text("utf-8") == wanted and python.exists():
            return python
        # The stamp is written last: without it what is there is half of an environment.
        shutil.rmtree(folder, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(folder)], limit)
        _run([str(python), "-m", "pip", "install", "--quiet", *requirements], limit)
        stamp.write_text(wanted, "utf-8")
    return python


def _run(command: list[str], limit: float) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=limit)


def _said(error: Exception) -> str:
    told = getattr(error, "stderr", None) or getattr(error, "stdout", None) or str(error)
    lines = (told if isinstance(told, str) else told.decode("utf-8", "replace")).split("\n")
    return next((line for line in reversed(lines) if line.strip()), type(error).__name__)


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Let one process at a time build; the lock goes with the process that holds it."""
    with file.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
