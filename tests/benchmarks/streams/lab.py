"""Runs the contestants in a real JupyterLab and tells what each took; see :func:`main`."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.streams import contestants
from benchmarks.streams.reply import reply, shown
from browser.lab import CHROMIUM_FLAGS, LabServer, find_chromium
from browser.notebooks import Notebooks
from playwright.sync_api import Page, sync_playwright

SETTLE = 1.5
"""Seconds of quiet after the last token, in which what is under way still counts."""

WATCH = Path(__file__).parent / "watch.js"


@dataclass(frozen=True)
class Task:
    """Which reply, how fast: tokens a second, 0 for all at once."""

    name: str
    tokens: list[str]
    rate: float


@dataclass
class Cost:
    """What one run took, everything above an idle loop with the same waits subtracted later.

    ``kernel`` and ``page`` are seconds of CPU and of the page's main thread, ``sent`` bytes and
    ``frames`` messages on the websocket to the page.
    """

    kernel: float
    page: float
    sent: int
    frames: int
    parts: dict[str, float] = field(default_factory=dict)

    def above(self, idle: Cost) -> Cost:
        """Return what is left without the idle loop's share."""
        parts = {name: value - idle.parts.get(name, 0) for name, value in self.parts.items()}
        return Cost(
            self.kernel - idle.kernel,
            self.page - idle.page,
            self.sent - idle.sent,
            self.frames - idle.frames,
            parts,
        )


@dataclass
class Sight:
    """What a reader saw, in ms: gaps between changes, and from each token given to its being shown."""

    gap_p95: float
    gap_max: float
    shown_p50: float
    shown_p95: float
    last: float
    frame_max: float


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

    def run(self, contestant: str, task: Task, *, watch: bool) -> tuple[Cost, Sight | None]:
        """Run one contestant in a notebook and a page of its own."""
        (self._root / "tokens.json").write_text(json.dumps(task.tokens))
        result = self._root / "result.json"
        result.unlink(missing_ok=True)
        given = f"RATE, SETTLE, WARM = {task.rate}, {SETTLE}, {reply(200)}"
        setup = f"{given}\n{contestants.SETUP}"
        # The kernel's first display imports and compiles what no later one does.
        setup += f"\n{contestants.SHOW[contestant]}\nawait show(Feed(WARM, 0))"
        measured = "await measure(show, 'tokens.json', 'result.json')"
        wires: list[Wire] = []
        book = self._open(
            setup,
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
                where = contestants.WHERE.get(contestant)
                page.evaluate(
                    "([path, where]) => nbkitWatch.start(path, 1, where)", [book.name, where]
                )
            wire.sent = wire.frames = 0
            before = _metrics(cdp)
            book.run_cell(1)
            seconds = len(task.tokens) / task.rate if task.rate else 0
            # Playwright's own waits would look in each frame of the page, and make it draw them.
            for _ in range(int(90 + 3 * seconds) * 2):
                page.wait_for_timeout(500)
                if result.exists():
                    break
            page.wait_for_timeout(500)
            after = _metrics(cdp)
            told = json.loads(result.read_text())
            parts = {name: after[name] - before[name] for name in after}
            cost = Cost(told["seconds"], parts.pop("Task"), wire.sent, wire.frames, parts)
            sight = None
            if watch and contestant != "idle":
                seen = page.evaluate("() => nbkitWatch.stop()")
                sight = _sight(seen, told["given"], task.tokens)
            if book.console_errors:
                raise RuntimeError(f"{contestant}: {book.console_errors}")
        finally:
            self._open.close()
        return cost, sight


def _metrics(cdp: Any) -> dict[str, float]:
    found = {each["name"]: each["value"] for each in cdp.send("Performance.getMetrics")["metrics"]}
    return {name: found[f"{name}Duration"] for name in ("Task", "Script", "Layout", "RecalcStyle")}


def _sight(seen: dict[str, Any], given: list[float], tokens: list[str]) -> Sight:
    changes = seen["changes"]
    due = shown(tokens)
    waits, at = [], 0
    for moment, count in zip(given, due, strict=True):
        while at < len(changes) and changes[at][1] < count:
            at += 1
        if at == len(changes):
            raise RuntimeError(f"{count} letters never shown, {changes[-1:]} at last")
        waits.append(max(0.0, changes[at][0] - 1e3 * moment))
    times = [time for time, _ in changes]
    gaps = [b - a for a, b in zip(times, times[1:])] or [0.0]
    frames = seen["frames"]
    return Sight(
        gap_p95=percentile(gaps, 95),
        gap_max=max(gaps),
        shown_p50=percentile(waits, 50),
        shown_p95=percentile(waits, 95),
        last=waits[-1],
        frame_max=max(b - a for a, b in zip(frames, frames[1:])),
    )


def percentile(values: Sequence[float], part: int) -> float:
    """Return a percentile of values."""
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[part - 1]


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


TASKS = {
    "500": lambda: Task("500 tokens at 100 a second", reply(500), 100),
    "2000": lambda: Task("2,000 tokens at 100 a second", reply(2_000), 100),
    "burst": lambda: Task("2,000 tokens at once", reply(2_000), 0),
}


def main() -> None:
    """Measure what is asked for, and print it as JSON, a line a run."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--task", action="append", choices=TASKS)
    parser.add_argument("--who", action="append", choices=contestants.SHOW)
    parser.add_argument("--watch", action="store_true")
    options = parser.parse_args()
    with runner() as run:
        for key in options.task or TASKS:
            task = TASKS[key]()
            idle = None
            for who in options.who or contestants.SHOW:
                cost, sight = run.run(who, task, watch=options.watch)
                if who == "idle":
                    idle = cost
                elif idle is not None:
                    cost = cost.above(idle)
                size = len("".join(task.tokens).encode())
                print(
                    f"{key:>6} {who:24} kernel {1e6 * cost.kernel / len(task.tokens):7.0f} µs/token"
                    f"  bytes {cost.sent / size:7.1f}/byte {cost.frames:6} frames"
                    f"  page {cost.page:6.2f} s"
                    + "".join(f" {name} {value:.2f}" for name, value in cost.parts.items()),
                    flush=True,
                )
                if sight is not None:
                    print("      ", {k: round(v, 1) for k, v in asdict(sight).items()}, flush=True)


if __name__ == "__main__":
    main()
