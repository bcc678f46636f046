"""A real JupyterLab server for the browser tests, and where to find a Chromium for it."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# No test may leave this machine: Chromium's own errands are off, and no other name resolves.
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)

SERVER_CONFIG = {
    "ServerApp": {"ip": "127.0.0.1", "port": 0, "open_browser": False, "allow_root": True},
    "LabApp": {
        "check_for_updates_class": "jupyterlab.handlers.announcements.NeverCheckForUpdate",
        "expose_app_in_browser": True,
        "extension_manager": "readonly",
        "news_url": None,
    },
}

LAB_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {
        "checkForUpdates": False,
        "doNotDisturbMode": True,
        "fetchNews": "false",
    },
    # A test saves when it says so.
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
}


def find_chromium() -> str | None:
    """Find a Chromium: NBKIT_CHROMIUM, or one on the PATH."""
    named = os.environ.get("NBKIT_CHROMIUM")
    if named:
        return shutil.which(named)
    return next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


class LoopMark:
    """Playwright's synchronous calls leave their loop marked as running in this thread.

    Any other test's ``asyncio.run`` would refuse to start beside it, so the mark is set inside
    :meth:`placed` only.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    @contextmanager
    def placed(self) -> Iterator[None]:
        """Put the mark back for the time of the block; blocks may be nested."""
        before = asyncio._get_running_loop()
        asyncio._set_running_loop(before or self._loop)
        try:
            yield
        finally:
            self._loop = asyncio._get_running_loop()
            asyncio._set_running_loop(before)


class LabServer:
    """A JupyterLab of this interpreter on a free loopback port, all its folders below ``home``."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.root = home / "root"
        self.token = secrets.token_hex(16)
        self.url = ""
        self._log = home / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, timeout: float = 120.0) -> None:
        """Start the server and return once it answers."""
        self._write_folders()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "jupyterlab"],
                cwd=self.root,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        about = self.home / "runtime" / f"jpserver-{self._process.pid}.json"
        deadline = time.monotonic() + timeout
        while not self._answers(about):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"JupyterLab did not start:\n{self.log()}")
            time.sleep(0.05)

    def _answers(self, about: Path) -> bool:
        # The file tells the port before anyone listens on it.
        try:
            self.url = json.loads(about.read_text())["url"]
            self.api("GET", "api/status")
        except (OSError, ValueError):
            return False
        return True

    def stop(self) -> None:
        """End the server, and with it its kernels."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def log(self, lines: int = 60) -> str:
        """Give the last lines of the server's and its kernels' log."""
        text = self._log.read_text(errors="replace") if self._log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def write(self, name: str, cells: Sequence[str | dict[str, Any]]) -> Path:
        """Write a notebook below the root; strings are code cells. Nobody signs it."""
        v4 = nbformat.v4
        book = v4.new_notebook(
            cells=[v4.new_code_cell(c) if isinstance(c, str) else c for c in cells],
            metadata={
                "kernelspec": {
                    "name": "python3",
                    "display_name": "Python 3",
                    "language": "python",
                },
                "language_info": {"name": "python"},
            },
        )
        path = self.root / name
        nbformat.write(book, path)
        return path

    def read(self, name: str) -> nbformat.NotebookNode:
        """Read a notebook as it lies on the disk."""
        return nbformat.read(self.root / name, as_version=4)

    def distrust(self, name: str) -> None:
        """Change a notebook behind the server's back, so that its signature no longer fits."""
        book = self.read(name)
        book.metadata["changed_by"] = secrets.token_hex(4)
        nbformat.write(book, self.root / name)

    def sessions(self, name: str | None = None) -> list[dict[str, Any]]:
        """List the server's running kernels, all or one notebook's."""
        found = json.loads(self.api("GET", "api/sessions"))
        return [session for session in found if name in (None, session["path"])]

    def shut_down(self, name: str | None = None) -> None:
        """Shut the kernels down, all or one notebook's."""
        for session in self.sessions(name):
            self.api("DELETE", f"api/sessions/{session['id']}")

    def api(self, method: str, path: str) -> bytes:
        """Call the server's REST interface."""
        request = urllib.request.Request(  # noqa: S310 - the address is our own server's
            self.url + path, method=method, headers={"Authorization": f"token {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 - as above
            return response.read()

    def _write_folders(self) -> None:
        kernel = {
            "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            "display_name": "Python 3",
            "language": "python",
            # As ipykernel's own: an interrupt and a debugger are on the toolbar.
            "metadata": {"debugger": True},
        }
        lab = {
            "workspaces_dir": str(self.home / "workspaces"),
            "user_settings_dir": str(self.home / "settings"),
        }
        files = {
            "config/jupyter_lab_config.json": {
                "ServerApp": {**SERVER_CONFIG["ServerApp"], "root_dir": str(self.root)},
                "LabApp": {**SERVER_CONFIG["LabApp"], **lab},
            },
            "config/labconfig/default_setting_overrides.json": LAB_SETTINGS,
            "path/kernels/python3/kernel.json": kernel,
        }
        for name, content in files.items():
            path = self.home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(content))
        for name in ("root", "data", "runtime", "workspaces", "settings"):
            (self.home / name).mkdir(exist_ok=True)

    def _environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "IPYTHON"))}
        return kept | {
            "IPYTHONDIR": str(self.home / "ipython"),
            "JUPYTER_CONFIG_DIR": str(self.home / "config"),
            "JUPYTER_DATA_DIR": str(self.home / "data"),
            "JUPYTER_PATH": str(self.home / "path"),
            "JUPYTER_RUNTIME_DIR": str(self.home / "runtime"),
            "JUPYTER_TOKEN": self.token,
        }
