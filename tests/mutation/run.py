"""Mutation testing: change each function in each small way, and see that a test goes red.

    uv run --group mutation python tests/mutation/run.py [PART ...] [--again]

The mutants are those of mutmut, whose own runner starts pytest anew for each of them and calls
each function through a trampoline; here each is a fork of a process that has collected the tests,
and runs those that come by the changed statement until one fails, the quickest first. The parts,
their modules and tests are in ``pyproject.toml`` under ``tool.mutation``; what is left alone by
rule is there under ``tool.mutmut``. Results are written to ``build/mutation/PART.jsonl``.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
import zlib
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from mutation.trial import Trial  # noqa: E402 - found by the path above


def main() -> int:
    """Try the mutants of some parts, and tell how many tests noticed."""
    parts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutation"]
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("part", nargs="*", help=f"of {', '.join(parts)}; all by default")
    parser.add_argument("--only", default="", help="mutants whose name has this in it")
    parser.add_argument("--every", type=int, default=1, help="2 for each second mutant, and so on")
    parser.add_argument("--again", action="store_true", help="what no test noticed, or is new")
    parser.add_argument(
        "--examples", type=float, default=0.2, help="how many of Hypothesis' examples, 1 for all"
    )
    given = parser.parse_args()
    failed = False
    for part in given.part or parts:
        failed |= not _try_part(part, parts[part], given)
    return int(failed)


def _try_part(part: str, what: dict[str, list[str]], given: argparse.Namespace) -> bool:
    paths = sorted(path.relative_to(ROOT) for glob in what["sources"] for path in ROOT.glob(glob))
    out = ROOT / "build" / "mutation" / f"{part}{'-only' if given.only else ''}.jsonl"

    def wanted(name: str) -> bool:
        return given.only in name and zlib.crc32(name.encode()) % given.every == 0

    trial = Trial(paths, out, wanted, again=given.again, examples=given.examples)
    options = ["-q", "-s", "-p", "no:cacheprovider", "-p", "no:randomly", "--timeout=0"]
    options += ["--no-header", "--no-summary", "--tb=short"]
    pytest.main([*options, *what["tests"]], plugins=[trial])
    _tell(part, trial.results)
    return bool(trial.results)


def _tell(part: str, results: list[dict[str, str]]) -> None:
    modules: dict[str, Counter[str]] = {}
    for result in results:
        module = result["name"].partition(":")[0]
        modules.setdefault(module, Counter())[result["status"]] += 1
    modules[part] = sum(modules.values(), Counter())
    states = ("killed", "timeout", "survived", "no tests")
    print(f"\n{'':36}" + "".join(f"{state:>10}" for state in (*states, "score")))
    for module, counts in modules.items():
        score = (counts["killed"] + counts["timeout"]) / max(1, counts.total())
        print(f"{module:36}" + "".join(f"{counts[s]:10}" for s in states) + f"{score:10.1%}")
    for result in results:
        if result["status"] != "killed":
            print(f"\n{result['status']}: {result['name']}, line {result['line']}")
            print(result["difference"])


if __name__ == "__main__":
    sys.exit(main())
