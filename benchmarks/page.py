"""The report as one HTML file: targets, machine, each part with its tables and picture."""

import base64
import math
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, select_autoescape

from benchmarks import budget, parts
from benchmarks.machine import machine, memory_mb, realtime_allowed, versions
from benchmarks.tables import shown

_TEMPLATE: Final = "page.html.j2"
_TEXT: Final = ("note", "verdict", "synthesiser", "machine", "process", "timbre", "provider")
_LABELS: Final = {
    "met": "met", "missed": "missed", "info": "for information", "failed": "failed",
    "none": "not measured", "elsewhere": "see .ci/run",
}  # fmt: skip
_MACHINE_KEYS: Final = {"cpu", "cores", "system", "virtual", "python", "load_1min", "date"}


def render(folder: Path, quick: bool) -> str:
    """The whole page, of what lies in `folder`."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=select_autoescape(["html", "j2"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(_TEMPLATE).render(
        targets=targets(folder),
        machine=_machine(),
        parts=[_part(part, folder) for part in parts.PARTS if parts.exists(part)],
        quick=quick,
        text_columns=_TEXT,
    )


def targets(folder: Path) -> list[dict[str, str]]:
    """The issue's targets, each with what was measured and the verdict."""
    names = {text: name for name, text in budget.TARGETS.items()}
    found: dict[str, list[dict[str, str]]] = {}
    sources: dict[str, str] = {}
    for part in parts.PARTS:
        for finding in _findings(parts.result_of(part.name, folder)):
            name = names.get(finding["target"], finding["target"])
            found.setdefault(name, []).append(finding)
            sources[name] = part.name
    rows = []
    for name, text in budget.TARGETS.items():
        mine = found.get(name, [])
        verdicts = [finding["verdict"] for finding in mine]
        verdict = next((v for v in ("missed", "met", "info") if v in verdicts), "none")
        if name == "guards" and not mine:
            verdict = "elsewhere"
        measured = "; ".join(finding["measured"] for finding in mine)
        rows.append({"name": name, "text": text, "measured": measured, "verdict": verdict,
                     "label": _LABELS[verdict], "part": sources.get(name, "")})  # fmt: skip
    return rows


def _findings(result: Any) -> list[dict[str, str]]:
    return list(result.get("findings", ())) if isinstance(result, dict) else []


def _machine() -> dict[str, str]:
    facts = machine()
    system = f"{facts['system']}{', virtual machine' if facts['virtual'] else ''}"
    return {
        "CPU": f"{facts['cpu']}, {facts['cores']} cores",
        "memory": f"{memory_mb() / 1024:.0f} GB",
        "system": system,
        "SCHED_FIFO": "allowed" if realtime_allowed() else "not allowed",
        "Python": facts["python"],
        **versions(),
        "written": f"{facts['date']}, load {facts['load_1min']}",
    }


def _part(part: parts.Part, folder: Path) -> dict[str, Any]:
    outcome, result = parts.outcome_of(part.name, folder), parts.result_of(part.name, folder)
    picture = folder / f"{part.name}.png"
    return {
        "name": part.name,
        "title": part.title,
        "about": part.about,
        "outcome": outcome,
        "picture": base64.b64encode(picture.read_bytes()).decode() if picture.exists() else "",
        "findings": _findings(result),
        "tables": _tables(result),
        "facts": _facts(result),
    }


def _tables(result: Any) -> list[dict[str, Any]]:
    if isinstance(result, list):
        return [table for each in result for table in _tables(each)]
    if not isinstance(result, dict):
        return []
    found = [
        {"title": grid["title"], "columns": grid["columns"],
         "rows": [[_cell(cell) for cell in row] for row in grid["rows"]]}
        for grid in result.get("grids", ())
    ]  # fmt: skip
    rows = result.get("rows", [])
    if rows and "stage" in rows[0]:
        found.append(_stage_table(rows))
    elif rows:
        columns = list(rows[0])
        lines = [[_cell(row.get(name)) for name in columns] for row in rows]
        title = result.get("title") or result.get("provider", "")
        found.append({"title": title, "columns": columns, "rows": lines})
    return found


def _stage_table(rows: list[dict[str, Any]]) -> dict[str, Any]:
    columns = ["stage", "block", "n", "min ms", "p50 ms", "p99 ms", "max ms", "budget", "verdict",
               "note"]  # fmt: skip
    return {"title": "", "columns": columns, "rows": [_stage_row(row) for row in rows]}


def _stage_row(row: dict[str, Any]) -> list[str]:
    block = "" if row["block"] is None else str(row["block"])
    if row["verdict"] == "skipped":
        return [row["stage"], block, *[""] * 6, "skipped", row["reason"]]
    times = [f"{row['ms'][name]:.3f}" for name in ("min", "p50", "p99", "max")]
    limit = row["budget_ms"]
    limited = "" if limit is None else f"{row['judged_by']} ≤ {limit:.4g} ms"
    verdict = "" if row["verdict"] == "info" else row["verdict"]
    return [row["stage"], block, str(row["count"]), *times, limited, verdict, row["note"]]


def _facts(result: Any) -> dict[str, str]:
    if isinstance(result, list):
        result = {key: value for each in result for key, value in each.items()}
        facts = {key: value for key, value in result.items() if key != "rows"}
    elif isinstance(result, dict):
        facts = result.get("facts", {})
    else:
        return {}
    plain = {k: v for k, v in facts.items() if k not in _MACHINE_KEYS}
    return {
        key: _cell(value) for key, value in plain.items() if not isinstance(value, (dict, list))
    }


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    return shown(value)
