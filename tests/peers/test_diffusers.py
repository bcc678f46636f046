"""Pictures by real diffusers and torch, in an environment of their own.

torch is too heavy for the suite's. The checks in ``diffusers_checks`` run there, once; each is
told of here by its name.
"""

from __future__ import annotations

import ast
import os
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from peers.environments import ROOT, TIME_LIMIT, environment, nbkit_requirements

CHECKS = Path(__file__).parent / "diffusers_checks"
CHECKS_LIMIT = 900.0  # seconds
REQUIREMENTS = [
    "torch==2.13.0",
    "diffusers>=0.32",
    "transformers>=4.48",
    "accelerate>=1.2",
    "coverage>=7.13",
    "pytest>=8.3",
    "pytest-asyncio>=1.0",
    "pytest-timeout>=2.3",
]

pytestmark = pytest.mark.timeout(2 * TIME_LIMIT + CHECKS_LIMIT)


def checks() -> list[tuple[str, str]]:
    """The module and the name of each check."""
    return [
        (file.stem, node.name)
        for file in sorted(CHECKS.glob("check_*.py"))
        for node in ast.parse(file.read_text("utf-8")).body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.name.startswith("test_")
    ]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], list[str]]:
    """What each check had to say for each of its parameters; nothing where it passed."""
    python = environment("diffusers", [*nbkit_requirements(), *REQUIREMENTS], heavy=True)
    report = tmp_path_factory.mktemp("diffusers") / "report.xml"
    done = subprocess.run(
        [python, "-m", "pytest", "-q", f"--junit-xml={report}", CHECKS],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=CHECKS_LIMIT,
        check=False,
    )
    if not report.is_file():
        pytest.fail(f"the checks did not run:\n{done.stdout[-4000:]}")
    found: dict[tuple[str, str], list[str]] = {}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - our own
        module, name = case.get("classname", "").rpartition(".")[2], case.get("name", "")
        told = [
            f"{each.tag}: {each.get('message')}\n{each.text}"
            for each in case
            if each.tag in ("failure", "error", "skipped")
        ]
        found.setdefault((module, name.partition("[")[0]), []).append("\n".join(told))
    if not found:
        pytest.fail(f"no check ran:\n{done.stdout[-4000:]}")
    return found


@pytest.mark.parametrize(("module", "name"), checks(), ids=lambda part: part)
def test_diffusers(outcomes: dict[tuple[str, str], list[str]], module: str, name: str) -> None:
    assert (module, name) in outcomes, "the check did not run"
    told = [each for each in outcomes[module, name] if each]
    if told and all(each.startswith("skipped") for each in told):
        pytest.skip(told[0].partition("\n")[0])
    assert not told, "\n\n".join(told)
