"""Runs contestants in a real JupyterLab in a real Chromium, each in a notebook of its own.

A program of its own, since Playwright keeps a loop: prints what each run took as a line of JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.streams import contestants
from benchmarks.streams.measures import Cost, Sight, Task, sight
from benchmarks.streams.reply import CODE, fence, letters, reply, table
from browser.lab import CHROMIUM_FLAGS, LabServer, find_chromium
from browser.notebooks import Notebooks
from playwright.sync_api import Page, sync_playwright

SETTLE = 1.5
"""Seconds of quiet after the last token, in which what is under way still counts."""

WARM = [*reply(400), "\n\n", *fence(len(CODE))]
"""A first reply, of every kind: what a kernel imports and compiles once is not of a later one."""

WATCH = Path(__file__).parent / "watch.js"

TASKS = {
    "500": lambda: Task("500 tokens at 100/s", reply(500), 100),
    "2000": lambda: Task("2,000 tokens at 100/s", reply(2_000), 100),
    "burst": lambda: Task("2,000 tokens at once", reply(2_000), 0),
    "20 KB": lambda: Task("20 KB at 1,000/s", letters(20_000), 1_000),
    "200 KB": lambda: Task("200 KB at 1,000/s", letters(200_000), 1_000),
    "fence": lambda: Task("a fence of 100 KB at 2,000/s", fence(100_000), 2_000),
    "table": lambda: Task("a table of 1,000 rows at 2,000/s", table(1_000), 2_000),
}

Watch = Literal["", "frames", "text"]


class Wire:
    """Counts what a page's websockets bring."""

    def __init__(self, page: Page) -> None:
        self.sent = self.frames = 0
        page.on("websocket", lambda socket: socket.on("framereceived", self._count))

    def _count(self, payload: str | bytes) -> None:
        self.sent += len(payload)
        self.frames += 1


class Runner:
    """Runs cells in one JupyterLab."""

    def __init__(self, notebooks: Notebooks) -> None:
        self._open = notebooks
        self._root = notebooks.server.root

    def run(
        self, contestant: str, task: Task, *, watch: Watch = ""
    ) -> tuple[Cost, Sight | None, float]:
        """Run one contestant: its cost, what was seen of it, and the longest of long frames in ms.

        Watching costs the page something: the cost is that of a run without.
        """
        (self._root / "tokens.json").write_text(json.dumps(task.tokens))
        result = self._root / "result.json"
        result.unlink(missing_ok=True)
        given = f"RATE, SETTLE, WARM = {task.rate}, {SETTLE}, {WARM}"
        shows = f"{contestants.SHOW[contestant]}\nawait show(Feed(WARM, 0))"
        measured = "await measure(show, 'tokens.json', 'result.json')"
        wires: list[Wire] = []
        book = self._open(
            f"{given}\n{contestants.SETUP}\n{shows}",
            measured,
            before=lambda page: wires.append(Wire(page)),
        )
        page, wire = book.page, wires[0]
        try:
            book.run_to_idle(0)
            cdp = page.context.new_cdp_session(page)
            cdp.send("Performance.enable")
            if watch:
                page.add_script_tag(content=WATCH.read_text())
            # What the first reply and all this have left the page to do is not of the one to come:
            # JupyterLab looks for headings in outputs a while after they have changed.
            page.wait_for_timeout(1_000 * SETTLE)
            if watch:
                where = contestants.WHERE.get(contestant)
                page.evaluate(
                    "([path, ...more]) => nbkitWatch.start(path, 1, ...more)",
                    [book.name, where, watch == "text"],
                )
            wire.sent = wire.frames = 0
            before = _busy(cdp)
            book.run_cell(1)
            self._wait(page, result, 90 + 4 * len(task.tokens) / (task.rate or 1_000))
            busy = _busy(cdp) - before
            told = json.loads(result.read_text())
            cost = Cost(told["seconds"], busy, wire.sent, wire.frames)
            seen = page.evaluate("() => nbkitWatch.stop()") if watch else {"long": []}
            if book.console_errors:
                raise RuntimeError(f"{contestant}: {book.console_errors}")
        finally:
            self._open.close()
        looked = watch == "text" and contestant != "idle"
        saw = sight(seen["changes"], told["given"], task.tokens) if looked else None
        return cost, saw, max(seen["long"], default=0.0)

    @staticmethod
    def _wait(page: Page, result: Path, seconds: float) -> None:
        # Playwright's own waits would look in each frame of the page, and make it draw them.
        for _ in range(int(seconds * 2)):
            page.wait_for_timeout(500)
            if result.exists():
                break
        page.wait_for_timeout(500)


def _busy(cdp: Any) -> float:
    """Seconds that the page's main thread has worked."""
    metrics = cdp.send("Performance.getMetrics")["metrics"]
    return next(each["value"] for each in metrics if each["name"] == "TaskDuration")


@contextmanager
def runner() -> Iterator[Runner]:
    """Start a JupyterLab and a Chromium for the time of the block."""
    chromium = find_chromium()
    if chromium is None:
        raise SystemExit("no Chromium: put one on the PATH or name it in NBKIT_CHROMIUM")
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[*CHROMIUM_FLAGS])
        server = LabServer(Path(home))
        try:
            server.start()
            yield Runner(Notebooks(browser, server))
        finally:
            server.stop()
            browser.close()


def main() -> None:
    """Run ``TASK/CONTESTANT[/WATCH]`` for each of the arguments, in their order."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("runs", nargs="+", metavar="TASK/CONTESTANT[/WATCH]")
    with runner() as run:
        for each in parser.parse_args().runs:
            key, who, *watch = each.split("/")
            cost, seen, long = run.run(who, TASKS[key](), watch=watch[0] if watch else "")
            told = {"cost": asdict(cost), "sight": asdict(seen) if seen else None, "long": long}
            print(json.dumps({"run": each, **told}), flush=True)


if __name__ == "__main__":
    main()
