"""Rows of measurements: how they are summed up, judged, printed and written as JSON."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.machine import machine

STATISTICS = ("min", "p50", "p99", "max")
_VERDICT_STYLE = {"pass": "green", "over": "bold red", "info": "dim", "skipped": "yellow",
                  "met": "green", "missed": "bold red"}  # fmt: skip


def percentile(values: NDArray[np.float64], percent: float) -> float:
    """The smallest value that at least `percent` per cent of the values do not exceed."""
    return float(np.percentile(values, percent, method="inverted_cdf"))


def summary(values: NDArray[np.float64]) -> dict[str, float]:
    """min, p50, p99 and max of at least one value, in the values' unit."""
    return {
        "min": float(values.min()),
        "p50": percentile(values, 50),
        "p99": percentile(values, 99),
        "max": float(values.max()),
    }


@dataclass(frozen=True)
class Budget:
    """A limit in ms for one statistic of a stage. Without a limit the row informs only."""

    limit_ms: float | None
    statistic: str = "p99"


INFORMATION = Budget(None)


@dataclass(frozen=True)
class Row:
    """One stage at one block size: what was measured, in ms, against its budget."""

    stage: str
    block: int | None
    values_ms: NDArray[np.float64]
    rate_hz: float
    budget: Budget = INFORMATION
    note: str = ""

    def verdict(self) -> str:
        """'pass', 'over' or 'info'."""
        if self.budget.limit_ms is None:
            return "info"
        reached = summary(self.values_ms)[self.budget.statistic]
        return "pass" if reached <= self.budget.limit_ms + 1e-9 else "over"

    def as_json(self) -> dict[str, Any]:
        """The row as plain values, milliseconds and samples."""
        in_ms = summary(self.values_ms)
        return {
            "stage": self.stage,
            "block": self.block,
            "count": int(self.values_ms.size),
            "ms": in_ms,
            "samples": {name: value * 1e-3 * self.rate_hz for name, value in in_ms.items()},
            "budget_ms": self.budget.limit_ms,
            "judged_by": self.budget.statistic,
            "verdict": self.verdict(),
            "note": self.note,
        }


@dataclass(frozen=True)
class Skipped:
    """A row that could not be measured here, and why."""

    stage: str
    block: int | None
    reason: str

    def as_json(self) -> dict[str, Any]:
        """The row as plain values."""
        return {
            "stage": self.stage,
            "block": self.block,
            "verdict": "skipped",
            "reason": self.reason,
        }


@dataclass(frozen=True)
class Grid:
    """A table of figures that are not delays: each cell a number or a text."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    def as_json(self) -> dict[str, Any]:
        """The table as plain values."""
        return {"title": self.title, "columns": self.columns, "rows": self.rows}


@dataclass(frozen=True)
class Finding:
    """What a command has to say about one of budget.TARGETS, in words, and whether it is met."""

    target: str
    measured: str
    met: bool | None  # None: it informs only

    def as_json(self) -> dict[str, Any]:
        """The finding as plain values."""
        verdict = "info" if self.met is None else "met" if self.met else "missed"
        return {"target": self.target, "measured": self.measured, "verdict": verdict}


@dataclass
class Report:
    """All that a command measured."""

    title: str
    rows: list[Row | Skipped] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    in_samples: bool = True  # print samples too: where the times are delays of sound
    grids: list[Grid] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The report as plain values."""
        return {
            "title": self.title,
            "machine": machine(),
            "facts": self.facts,
            "rows": [row.as_json() for row in self.rows],
            "grids": [grid.as_json() for grid in self.grids],
            "findings": [finding.as_json() for finding in self.findings],
        }

    def write(self, path: str | Path) -> None:
        """Write the report as a JSON file."""
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(json.dumps(self.as_json(), indent=1) + "\n")


def _cells(row: Row, with_samples: bool) -> list[str]:
    values = summary(row.values_ms)
    in_ms = [f"{values[name]:.3f}" for name in STATISTICS]
    in_samples = [f"{values[name] * 1e-3 * row.rate_hz:.0f}" for name in STATISTICS]
    limit = row.budget.limit_ms
    budget = "" if limit is None else f"{row.budget.statistic} ≤ {limit:.3f}"
    return [*in_ms, *([" / ".join(in_samples)] if with_samples else []), budget]


def print_report(report: Report, console: Console | None = None) -> None:
    """Print the rows in the order in which they were measured, skipped ones with their reason."""
    console = console or Console(width=None if Console().is_terminal else 160)
    if report.rows:
        _print_rows(report, console)
    for grid in report.grids:
        _print_grid(grid, console)
    for finding in report.findings:
        plain = finding.as_json()
        verdict, measured = _styled(plain["verdict"]), plain["measured"]
        console.print(f"{verdict}  {finding.target}: {measured}", highlight=False)
    _print_facts(report.facts, console)


def _print_grid(grid: Grid, console: Console) -> None:
    table = Table(title=grid.title)
    for name in grid.columns:
        table.add_column(name, justify="left" if name == grid.columns[0] else "right")
    for row in grid.rows:
        table.add_row(*("" if cell is None else shown(cell) for cell in row))
    console.print(table)


def shown(cell: Any) -> str:
    """A cell as people read it: four digits of a number, thousands apart."""
    if isinstance(cell, bool) or not isinstance(cell, (int, float)):
        return str(cell)
    if isinstance(cell, int) or abs(cell) >= 1000:
        return f"{cell:,.0f}"
    return f"{cell:.4g}"


def _print_rows(report: Report, console: Console) -> None:
    table = Table(title=report.title)
    for name in ("stage", "block", "n", *(f"{name} ms" for name in STATISTICS)):
        table.add_column(name, justify="left" if name == "stage" else "right")
    samples = ["min/p50/p99/max samples"] if report.in_samples else []
    for name in (*samples, "budget ms", "verdict", "note"):
        table.add_column(name)
    for row in report.rows:
        block = "" if row.block is None else str(row.block)
        if isinstance(row, Skipped):
            empty = [""] * (6 + len(samples))
            table.add_row(row.stage, block, *empty, _styled("skipped"), row.reason)
        else:
            count = str(row.values_ms.size)
            verdict = _styled(row.verdict())
            table.add_row(
                row.stage, block, count, *_cells(row, report.in_samples), verdict, row.note
            )
    console.print(table)


def _print_facts(facts: dict[str, Any], console: Console) -> None:
    for name, value in {**facts, **machine()}.items():
        console.print(f"[dim]{name}[/dim] {value}", highlight=False)


def _styled(verdict: str) -> str:
    return f"[{_VERDICT_STYLE[verdict]}]{verdict}[/]"


def over_budget(rows: Sequence[Row | Skipped]) -> list[Row]:
    """The rows that are over their budget."""
    return [row for row in rows if isinstance(row, Row) and row.verdict() == "over"]
