"""What the benchmarks measure: figures beside their peers, one table, one file.

A test takes the fixture ``figures`` and says ``figures.check("what it is", 12.3, "µs", ...)``. At
the end of the run all are printed as one table and written to ``build/benchmarks.json``.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

ALLOWANCE = 1.25
"""What a shared machine may add to a figure before its test fails; the table tells it as it is."""

PEERS = ("anywidget", "ipykernel", "ipywidgets", "rich")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One row: what was measured, at most how much it may be, and beside what.

    With a ``peer``, measured in the same run and unit, the bound is one of ``value / peer``.
    """

    name: str
    value: float
    unit: str
    bound: float | None = None
    peer: float | None = None
    beside: str = ""

    @property
    def ratio(self) -> float | None:
        """The figure over that of its peer."""
        return None if self.peer is None else self.value / self.peer

    @property
    def bounded(self) -> float:
        """What the bound is about."""
        return self.value if self.ratio is None else self.ratio

    @property
    def held(self) -> bool | None:
        """Whether the bound was held, without any allowance; ``None`` without one."""
        return None if self.bound is None else self.bounded <= self.bound

    def __str__(self) -> str:
        beside = f", {_amount(self.peer, self.unit)} ({self.beside})" if self.peer else ""
        ratio = "" if self.ratio is None else f": {_number(self.ratio)}"
        bound = "" if self.bound is None else f", at most {_number(self.bound)}"
        return f"{self.name}: {_amount(self.value, self.unit)}{beside}{ratio}{bound}"


class Figures:
    """All figures of a run, in the order in which they were measured."""

    def __init__(self) -> None:
        self.measured: list[Figure] = []

    def add(
        self,
        name: str,
        value: float,
        unit: str,
        *,
        bound: float | None = None,
        peer: float | None = None,
        beside: str = "",
    ) -> Figure:
        """Put a figure in the table, and fail on nothing."""
        figure = Figure(name=name, value=value, unit=unit, bound=bound, peer=peer, beside=beside)
        self.measured.append(figure)
        return figure

    def check(
        self,
        name: str,
        value: float,
        unit: str,
        *,
        bound: float,
        peer: float | None = None,
        beside: str = "",
        allowance: float = ALLOWANCE,
    ) -> Figure:
        """Put a figure in the table, and fail if it is past its bound and the allowance."""
        figure = self.add(name, value, unit, bound=bound, peer=peer, beside=beside)
        assert figure.bounded <= bound * allowance, str(figure)
        return figure

    def table(self) -> Iterator[str]:
        """Give the lines of the table."""
        heads = ("what", "nbkit", "peer", "ratio", "bound", "held")
        rows = [heads, *map(_cells, self.measured)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        rows.insert(1, tuple("-" * width for width in widths))
        for row in rows:
            yield "  ".join(map(str.ljust, row, widths)).rstrip()

    def write(self, path: Path) -> None:
        """Write all as JSON, with the versions of what was measured beside."""
        path.parent.mkdir(parents=True, exist_ok=True)
        told = {
            "python": platform.python_version(),
            "packages": {name: version(name) for name in ("nbkit", *PEERS)},
            "figures": [
                asdict(each) | {"ratio": each.ratio, "held": each.held} for each in self.measured
            ],
        }
        path.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _cells(figure: Figure) -> tuple[str, ...]:
    peer = "" if figure.peer is None else _amount(figure.peer, figure.unit)
    peer += f" ({figure.beside})" if figure.beside else ""
    bound = "" if figure.bound is None else _number(figure.bound)
    if bound and figure.peer is None:
        bound = _amount(figure.bound or 0.0, figure.unit)
    held = {None: "", True: "yes", False: "NO"}[figure.held]
    ratio = "" if figure.ratio is None else _number(figure.ratio)
    return figure.name, _amount(figure.value, figure.unit), peer.strip(), ratio, bound, held


def _amount(value: float, unit: str) -> str:
    return f"{_number(value)} {unit}".strip()


def _number(value: float) -> str:
    """Three figures that count, and none after the point of what is large."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
