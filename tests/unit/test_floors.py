"""Each module imports only from the floors below its own, and from its own part of its floor.

DESIGN.md, §2, names the floors. A part is a module, or what a module has been split into.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import nbkit

ROOT = Path(nbkit.__file__).parent

# Floor, part: modules. A package stands for all that is in it.
PARTS = """
0 records:   errors models growing
0 threads:   threads
1 detector:  detector _detector
1 render:    render _render
1 limits:    limits gate
1 pixels:    pixels fitting
1 http:      http _http keys websocket
2 llm:       llm
2 images:    images
2 progress:  progress _progress
2 story:     story slots snapshot
2 store:     store _store
3 monitor:   monitor _monitor
3 queue:     queue _queue
3 blocking:  blocking waking
4 session:   session session_manager session_store options run screen illustrations lifecycle export
4 session:   recording recorder former reuse session_view views
5 widgets:   widgets
6 surface:   display notebook _notebook cli store_commands __main__ demo terminal serve _serve
6 testing:   testing
"""
LISTED = [
    (module, (int(line[0]), line[2:].partition(":")[0]))
    for line in PARTS.split("\n")
    for module in line.partition(":")[2].split()
]
FLOORS = dict(LISTED)
TOP = (7, "nbkit")  # the public names: for users, and for nobody inside

MODULES = sorted(ROOT.rglob("*.py"))


@dataclass(frozen=True)
class Import:
    """A module that is imported, where, and whether for a type checker only."""

    module: str
    line: int
    for_types: bool


def name_of(file: Path) -> str:
    return ".".join(file.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")


NAMES = {name_of(file) for file in MODULES}


def imports(source: str, name: str, *, package: bool) -> list[Import]:
    """All that a module imports, wherever in it."""

    def resolve(node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        base = name.split(".") if package else name.split(".")[:-1]
        base = base[: len(base) - node.level + 1]
        return ".".join([*base, node.module] if node.module else base)

    def walk(node: ast.AST, for_types: bool) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno, for_types) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = resolve(node)
            for alias in node.names:
                inner = f"{origin}.{alias.name}"
                yield Import(inner if inner in NAMES else origin, node.lineno, for_types)
        elif isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else None
            called = node.func.id if isinstance(node.func, ast.Name) else called
            if called in ("import_module", "__import__") and node.args:
                target = node.args[0]
                if isinstance(target, ast.Constant) and isinstance(target.value, str):
                    yield Import(target.value, node.lineno, for_types)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for child in node.body:
                yield from walk(child, for_types=True)
            for child in node.orelse:
                yield from walk(child, for_types)
            return
        for child in ast.iter_child_nodes(node):
            yield from walk(child, for_types)

    return list(walk(ast.parse(source), for_types=False))


def place(module: str) -> tuple[int, str] | None:
    """The floor and part of one of our modules; ``None`` for another's."""
    top, _, rest = module.partition(".")
    if top != "nbkit":
        return None
    return FLOORS[rest.partition(".")[0]] if rest else TOP


def faults(name: str, found: list[Import]) -> list[str]:
    """What in a module breaks the rules, in sentences."""
    own = place(name)
    told = []
    for each in found:
        where = f"{name}, line {each.line}: imports {each.module}"
        top = each.module.partition(".")[0]
        if top in ("anywidget", "ipywidgets") and own != (5, "widgets"):
            told.append(f"{where}, which only nbkit.widgets may")
        if top in ("httpx", "httpx2") and name != "nbkit.http":
            told.append(f"{where}, which only nbkit.http may")
        if top == "websockets" and name != "nbkit.websocket":
            told.append(f"{where}, which only nbkit.websocket may")
        if own == (4, "session") and each.module.startswith("nbkit.widgets"):
            told.append(f"{where}: a session runs without any widget")
        other = place(each.module)
        if other is None or each.for_types or own in (TOP, other):
            continue
        if other[0] >= own[0]:
            told.append(f"{where}: floor {own[0]} ({own[1]}) from floor {other[0]} ({other[1]})")
    return told


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_module_imports_only_from_below(file):
    name = name_of(file)
    part = name.split(".")[1] if "." in name else None
    assert part is None or part in FLOORS, (
        f"nbkit.{part} stands on no floor: list it in PARTS of {Path(__file__).name}"
    )
    found = imports(file.read_text("utf-8"), name, package=file.name == "__init__.py")
    unlisted = [each for each in found if each.module.startswith("nbkit.")]
    unlisted = [each for each in unlisted if each.module.split(".")[1] not in FLOORS]
    assert not unlisted, f"list in PARTS of {Path(__file__).name}: {unlisted}"
    assert not (told := faults(name, found)), "\n".join(told)


def test_no_module_stands_on_two_floors():
    assert len(LISTED) == len(FLOORS)


def find(source: str, name: str = "nbkit.monitor", *, package: bool = False) -> list[str]:
    return [each.module for each in imports(source, name, package=package)]


def told(source: str, name: str) -> list[str]:
    return faults(name, imports(source, name, package=False))


# The test's own eyes: each of these would slip through a careless one.


def test_imports_are_seen_wherever_they_stand():
    assert find("def f():\n    import nbkit.queue") == ["nbkit.queue"]
    assert find("class C:\n    try:\n        from nbkit.errors import E\n    except X: pass") == [
        "nbkit.errors"
    ]
    assert find("import importlib\nimportlib.import_module('nbkit.queue')")[1:] == ["nbkit.queue"]
    assert find("from nbkit import errors, illustrate") == ["nbkit.errors", "nbkit"]
    assert find("from . import errors") == ["nbkit.errors"]
    assert find("from .errors import E") == ["nbkit.errors"]
    assert find("from ..errors import E", "nbkit.llm.chat") == ["nbkit.errors"]
    assert find("from .chat import chat", "nbkit.llm", package=True) == ["nbkit.llm.chat"]


def test_what_is_imported_for_types_alone_may_look_up():
    guarded = "if TYPE_CHECKING:\n    from nbkit.session import Session\nelse:\n    import {}"
    assert told(guarded.format("nbkit.errors"), "nbkit.monitor") == []
    assert told(guarded.format("nbkit.queue"), "nbkit.monitor") != []


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("nbkit.errors", "from nbkit.detector import PromptDetector"),
        ("nbkit.detector", "from nbkit.limits import check_limits"),
        ("nbkit.monitor", "import nbkit.queue"),
        ("nbkit.queue", "from nbkit import illustrate"),
        ("nbkit.session", "from nbkit.widgets import ProgressWidget"),
        ("nbkit.session", "if TYPE_CHECKING:\n    from nbkit.widgets import ProgressWidget"),
        ("nbkit.display", "import ipywidgets"),
        ("nbkit.session", "def f():\n    import anywidget"),
        ("nbkit.llm.chat", "import httpx"),
        ("nbkit.images.comfyui", "from websockets.asyncio.client import connect"),
        ("nbkit.cli", "from nbkit.testing import run"),
    ],
)
def test_what_breaks_the_rules_is_told(name, source):
    assert told(source, name)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("nbkit.monitor", "from nbkit._monitor.sources import open_source"),
        ("nbkit.widgets.preview", "import anywidget"),
        ("nbkit.http", "import httpx"),
        ("nbkit", "from nbkit.display import illustrate"),
        ("nbkit.images.sketch", "from .painter import paint"),
    ],
)
def test_what_keeps_them_is_not(name, source):
    assert not told(source, name)
