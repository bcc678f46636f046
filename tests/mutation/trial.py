"""The trial of mutants: each in a process of its own, forked after all tests are collected.

To start pytest for each mutant takes seconds, to fork takes milliseconds. No test has run where
the mutants are forked, so no cache knows what the code did before.
"""

from __future__ import annotations

import functools
import gc
import json
import os
import resource
import selectors
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import coverage
import pytest
from mutation.mutants import Mutant, Source

_CACHED = type(functools.cache(len))

MOST_MEMORY = 8 << 30
"""Bytes of addresses that a mutant may take beyond its parent's; each thread takes many."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the tests do without a mutant: how long each takes, and who runs which line."""

    seconds: list[float]
    runs: dict[str, dict[int, list[int]]]

    def tests_of(self, mutant: Mutant, killers: Counter[int]) -> list[int]:
        """The tests that run the statement: those that have killed most, then the quickest."""
        runs = self.runs.get(mutant.source.file, {})
        tests = {test for line in mutant.lines for test in runs.get(line, ())}
        return sorted(tests, key=lambda test: (-killers[test], self.seconds[test]))


class Trial:
    """A plugin of pytest that runs, in place of the tests, the tests of each mutant."""

    def __init__(
        self,
        paths: Sequence[Path],
        out: Path,
        wanted: Callable[[str], bool],
        *,
        again: bool,
        examples: float,
    ) -> None:
        self._paths = paths
        self._out = out
        self._wanted = wanted
        self._examples = examples
        self._earlier = _read(out) if again else {}
        self._killers: dict[tuple[str, str], Counter[int]] = {}
        self.results: list[dict[str, str]] = []
        self.failure = ""

    def pytest_configure(self) -> None:
        """Let Hypothesis give each mutant the same examples; what it finds need not be small."""
        from hypothesis import Phase, settings  # pytest wants to have seen it first

        phases = [Phase.explicit, Phase.generate]
        settings.register_profile("mutation", derandomize=True, database=None, phases=phases)
        settings.load_profile("mutation")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave Hypothesis some of its examples: most mutants die of the first."""
        from hypothesis import settings

        for item in items:
            test: Any = getattr(item, "obj", None)
            kept: Any = getattr(test, "_hypothesis_internal_use_settings", None)
            if kept is not None:
                few = max(5, int(kept.max_examples * self._examples))
                test._hypothesis_internal_use_settings = settings(kept, max_examples=few)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what has failed, to be told."""
        if report.failed:
            self.failure = f"{report.nodeid}\n{report.longreprtext}"

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the mutants in place of the tests."""
        sources = [Source(path) for path in self._paths]
        mutants = [mutant for source in sources for mutant in source.mutants()]
        for source in sources:
            source.functions  # noqa: B018 - found before there are children
        caches = [each for each in gc.get_objects() if isinstance(each, _CACHED)]
        gc.collect()
        gc.freeze()  # or each child's first collection would copy all that is here
        print(f"{len(session.items)} tests without a mutant", flush=True)
        files = [source.file for source in sources]
        told = _in_child(lambda: self._measure(session, files, caches), 3600)
        measured = json.loads(told) if told.startswith("{") else {"failed": told}
        if "failed" in measured:
            raise pytest.UsageError(f"a test fails without a mutant\n{measured['failed']}")
        print(f"take {sum(measured['seconds']):.1f} s; {len(mutants)} mutants", flush=True)
        runs = {
            file: {int(line): tests for line, tests in lines.items()}
            for file, lines in measured["runs"].items()
        }
        baseline = Baseline(measured["seconds"], runs)
        self._out.parent.mkdir(parents=True, exist_ok=True)
        with self._out.open("w", encoding="utf-8") as out:
            for number, mutant in enumerate(mutants, 1):
                result = self._earlier.get((mutant.name, mutant.digest))
                settled = result is not None and result["status"] in ("killed", "timeout")
                if not settled and self._wanted(mutant.name):
                    result = self._try(session, mutant, baseline)
                if result is not None:
                    self.results.append(result)
                    out.write(json.dumps(result) + "\n")
                    out.flush()
                if number % 50 == 0 or number == len(mutants):
                    print(f"{number} of {len(mutants)} mutants", flush=True)
        return True

    def _measure(
        self, session: pytest.Session, files: list[str], caches: list[Any]
    ) -> Iterator[str]:
        """Run all tests, each a context of the coverage and with the caches empty."""
        os.environ["COVERAGE_CORE"] = "ctrace"  # another knows of no contexts
        measuring = coverage.Coverage(data_file=None, include=files, config_file=False)
        measuring.start()
        seconds = []
        for index, item in enumerate(session.items):
            for cache in caches:
                cache.cache_clear()
            measuring.switch_context(str(index))
            began = time.perf_counter()
            if not _passes(session, item, session.items[index + 1 : index + 2]):
                yield json.dumps({"failed": self.failure})
                return
            seconds.append(time.perf_counter() - began)
        measuring.stop()
        data = measuring.get_data()
        runs = {
            file: {
                line: [int(test) for test in tests if test]
                for line, tests in data.contexts_by_lineno(file).items()
            }
            for file in data.measured_files()
        }
        yield json.dumps({"seconds": seconds, "runs": runs})

    def _try(self, session: pytest.Session, mutant: Mutant, baseline: Baseline) -> dict[str, str]:
        killers = self._killers.setdefault((mutant.source.name, mutant.function), Counter())
        tests = baseline.tests_of(mutant, killers)
        items = [session.items[index] for index in tests]
        result = {"name": mutant.name, "digest": mutant.digest}
        result |= {"line": str(mutant.lines.start), "status": "no tests"}
        if items:
            seconds = [baseline.seconds[index] for index in tests]
            told = _in_child(
                lambda: _provoke(session, mutant, items, seconds), 5 + 6 * sum(seconds)
            )
            result["status"], _, result["by"] = told.partition(" ")
            killers.update(index for index in tests if session.items[index].nodeid == result["by"])
        if result["status"] != "killed":
            result["difference"] = mutant.difference()
        return result


def _read(out: Path) -> dict[tuple[str, str], dict[str, str]]:
    """The results of the run before."""
    lines = out.read_text(encoding="utf-8").splitlines() if out.exists() else []
    results = [json.loads(line) for line in lines]
    return {(result["name"], result["digest"]): result for result in results}


def _provoke(
    session: pytest.Session, mutant: Mutant, items: list[pytest.Item], seconds: list[float]
) -> Iterator[str]:
    """Run the tests of a mutant until one fails."""
    try:
        mutant.put_in()
    except Exception as error:  # noqa: BLE001 - whatever it is, the module would not load
        yield f"killed by {error!r}"
        return
    _end_at_once_where_nothing_can_come()
    for index, item in enumerate(items):
        yield f"timeout {item.nodeid}"  # unless it is told otherwise
        signal.alarm(4 + int(15 * seconds[index]))
        if not _passes(session, item, items[index + 1 : index + 2]):
            yield f"killed {item.nodeid}"
            return
    yield "survived"


def _end_at_once_where_nothing_can_come() -> None:
    """End this process when its loop would sleep for ever, with nobody there to wake it."""
    select = selectors.DefaultSelector.select

    def patched(self: Any, timeout: float | None = None) -> Any:
        if timeout is None and threading.active_count() == 1 and not select(self, 0):
            os._exit(0)
        return select(self, timeout)

    selectors.DefaultSelector.select = patched  # type: ignore[method-assign]


def _passes(session: pytest.Session, item: pytest.Item, following: list[pytest.Item]) -> bool:
    nextitem: Any = following[0] if following else None
    session.config.hook.pytest_runtest_protocol(item=item, nextitem=nextitem)
    return not session.testsfailed


def _in_child(work: Callable[[], Iterator[str]], cpu_seconds: float) -> str:
    """The last line that a forked process tells of its work."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(read)
            _confine(cpu_seconds)
            for line in work():
                os.write(write, line.encode() + b"\n")
        except BaseException as error:  # noqa: BLE001 - it is told, and nothing else is left to do
            os.write(write, f"killed {error!r}".encode().replace(b"\n", b" ") + b"\n")
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, encoding="utf-8", errors="replace") as told:
        lines = told.read().splitlines()
    os.waitpid(child, 0)
    return lines[-1] if lines else "killed nothing was told"


def _confine(cpu_seconds: float) -> None:
    """Let this process say nothing, and take only so much."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    limit = int(cpu_seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MOST_MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
