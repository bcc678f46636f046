"""Environments of their own for peers that are too heavy, or pin too much, for the suite's.

They are built under ``build/peers``, once, and used again while what they are made of is the same:
with uv where it is to be had, and with pip where torch is wanted, since pip may be configured with
a build of it that is not as large.
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


def environment(
    name: str, requirements: Sequence[str], *, heavy: bool = False, limit: float = TIME_LIMIT
) -> Path:
    """The interpreter of an environment with these requirements, built if it is not there.

    ``NBKIT_NAME_PYTHON`` names one that is there already. Where none can be built the test is
    skipped, or fails with ``NBKIT_REQUIRE_PEERS=1``; a heavy one is built with that alone, since
    nobody expects a test run to fetch gigabytes.
    """
    variable = f"NBKIT_{name.upper().replace('-', '_')}_PYTHON"
    if given := os.environ.get(variable):
        return Path(given)
    required = os.environ.get("NBKIT_REQUIRE_PEERS") == "1"
    folder = BUILT / name
    if heavy and not required and not _is_built(folder, requirements):
        pytest.skip(f"the environment for {name} is large: NBKIT_REQUIRE_PEERS=1 builds it")
    try:
        return _built(folder, requirements, limit)
    except (OSError, subprocess.SubprocessError, TimeoutError) as error:
        why = f"no environment for {name}: {_said(error)}; {variable} may name one"
        if required:
            pytest.fail(why)
        pytest.skip(why)


def _python(folder: Path) -> Path:
    return folder / ("Scripts" if os.name == "nt" else "bin") / "python"


def _stamp(requirements: Sequence[str]) -> str:
    return "".join(f"{each}\n" for each in (f"# python {sys.version_info[:2]}", *requirements))


def _is_built(folder: Path, requirements: Sequence[str]) -> bool:
    stamp = folder / "requirements.txt"
    return stamp.is_file() and stamp.read_text("utf-8") == _stamp(requirements)


def _built(folder: Path, requirements: Sequence[str], limit: float) -> Path:
    python = _python(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(folder.with_suffix(".lock")):
        if _is_built(folder, requirements) and python.exists():
            return python
        # The stamp is written last: without it what is there is half of an environment.
        shutil.rmtree(folder, ignore_errors=True)
        uv = shutil.which("uv")
        if uv and not any(each.startswith("torch") for each in requirements):
            _run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)], limit)
            _run([uv, "pip", "install", "--quiet", "--python", str(python), *requirements], limit)
        else:
            _run([sys.executable, "-m", "venv", str(folder)], limit)
            _run([str(python), "-m", "pip", "install", "--quiet", *requirements], limit)
        (folder / "requirements.txt").write_text(_stamp(requirements), "utf-8")
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
