"""The figures of all notes put together, as JSON and as text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from training.evaluation import catalogue
from training.evaluation.catalogue import PAIRED, RESPONSE, WHOLE, Measure, Target, Values
from training.evaluation.frames import COLUMNS as FRAME_COLUMNS
from training.evaluation.scoring import (
    CODEC,
    COLUMNS,
    NETWORK,
    REAL,
    SAMPLER,
    NoteScore,
    TimbreScore,
)

NEW_PITCHES: Final = "held-out pitches"
NEW_VELOCITIES: Final = "held-out velocities"
ALL_NOTES: Final = "all notes as a set"
RESPONSES: Final = "velocity and morphs"
UNITS: Final = {m.name: m for m in (*PAIRED, *WHOLE, *RESPONSE)}


def paired(notes: Sequence[NoteScore]) -> Values:
    """The distances of some notes, each by its own statistic."""
    found: Values = {}
    columns = [c for c in COLUMNS if notes and c in notes[0].distances]
    for measure in PAIRED:
        row: dict[str, float] = {}
        for column in columns:
            values = np.array([n.distances[column][measure.name] for n in notes])
            values = values[np.isfinite(values)]
            average = np.mean if measure.statistic == "mean" else np.median
            row[column] = float(average(values)) if len(values) else math.nan
        found[measure.name] = row
    return found


def transposed(by_column: dict[str, dict[str, float]]) -> Values:
    """From column: measure: value to measure: column: value."""
    found: Values = {}
    for column, row in by_column.items():
        for name, value in row.items():
            found.setdefault(name, {})[column] = value
    return found


def groups_of(timbres: Sequence[TimbreScore]) -> dict[str, Values]:
    """The distances on new pitches and on new velocities."""
    notes = [note for timbre in timbres for note in timbre.notes]
    split = {
        NEW_PITCHES: [n for n in notes if n.new_pitch],
        NEW_VELOCITIES: [n for n in notes if not n.new_pitch],
    }
    return {name: paired(some) for name, some in split.items() if some}


def sweep_figures(timbres: Sequence[TimbreScore]) -> dict[str, Any]:
    """Tuning over the keys: absolute errors in cents."""
    found = [(abs(v), t.timbre, key) for t in timbres for key, v in t.sweep.items()]
    heard = [each for each in found if math.isfinite(each[0])]
    if not heard:
        return {"keys": 0, "median": math.nan, "worst": math.nan, "where": ""}
    worst = max(heard)
    return {
        "keys": len(heard),
        "not_heard": len(found) - len(heard),
        "median": float(np.median([each[0] for each in heard])),
        "p99": float(np.percentile([each[0] for each in heard], 99)),
        "worst": worst[0],
        "where": f"{worst[1]}, key {worst[2]}",
    }


def timbre_row(timbre: TimbreScore, partials_db: float) -> dict[str, Any]:
    """One line of the table of timbres: on held-out pitches."""
    values = paired([n for n in timbre.notes if n.new_pitch])
    heard = [abs(v) for v in timbre.sweep.values() if math.isfinite(v)]
    return {
        "timbre": timbre.timbre,
        "notes": len(timbre.notes),
        "distances": {name: row for name, row in values.items() if row},
        "partials_held_out_db": partials_db,
        "pitch_median_cents": float(np.median(heard)) if heard else math.nan,
        "pitch_worst_cents": max(heard, default=math.nan),
    }


def targets_of(result: dict[str, Any]) -> list[Target]:
    """All targets that the figures say something about."""
    sweep, speed, tables = result["tuning"], result["speed"], result["tables"]
    found = [
        catalogue.at_most("pitch error of the keys, median", sweep["median"], 1.0, "cents", 3),
        catalogue.at_most("pitch error of the keys, worst", sweep["worst"], 2.0, "cents"),
    ]
    partials = result["rows"][-1][FRAME_COLUMNS[0]]
    found.append(catalogue.at_most("partials in the top 20 dB, held out", partials, 2.0, "dB"))
    if NEW_PITCHES in tables:
        found += catalogue.of_notes(tables, NETWORK, CODEC)
    if ALL_NOTES in tables:
        found += catalogue.of_sets(tables[ALL_NOTES], NETWORK, REAL)
    if NEW_PITCHES in tables:
        found.append(catalogue.against(tables, NETWORK, SAMPLER))
    found += [
        catalogue.at_least("generator, times real time", speed["real_time_factor"], 400.0, "", 0),
        catalogue.at_most("first page, p99", speed["first_page_p99_ms"], 2.0, "ms"),
    ]
    return found


def plain(value: Any) -> Any:
    """Something that JSON can hold: what is not a number becomes null."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, float | np.floating):
        return round(float(value), 6) if math.isfinite(value) else None
    return value


def _cell(value: float | None, digits: int) -> str:
    return "-" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def _line(measure: Measure, row: dict[str, float], columns: Sequence[str]) -> str:
    unit = f" ({measure.unit})" if measure.unit else ""
    cells = "".join(f"{_cell(row.get(c), measure.digits):>11}" for c in columns)
    return f"  {measure.label + unit:42}{cells}"


def show(result: dict[str, Any]) -> str:
    """Everything as text: scores by column, timbres, targets."""
    lines = _scores(result["tables"], result["columns_of_tables"]) + _timbres(result)
    classifier = result.get("classifier")
    if classifier:
        lines += [
            "",
            f"classifier: {classifier['pitch_accuracy']:.1f} % of pitches and "
            f"{classifier['timbre_accuracy']:.1f} % of timbres right on {classifier['tested']} "
            f"real notes it never heard (trained on {classifier['trained']} others)",
        ]
    lines += ["", f"{'target':46}{'wanted':>20}  reached"]
    for target in result["targets"]:
        mark = "ok   " if target["reached"] else "SHORT"
        lines.append(f"  {target['figure']:44}{target['wanted']:>20}  {mark} {target['value']}")
    return "\n".join([*lines, *(f"note: {each}" for each in result["notes"]), ""])


def _scores(tables: dict[str, Values], columns: Sequence[str]) -> list[str]:
    lines: list[str] = []
    for group, values in tables.items():
        heads = "".join(f"{c.replace('without adversary', 'no adv.'):>11}" for c in columns)
        lines += [f"{group:44}{heads}"]
        lines += [_line(UNITS[name], row, columns) for name, row in values.items()]
        lines.append("")
    return lines


def _timbres(result: dict[str, Any]) -> list[str]:
    heads = (
        "partials",
        "trained",
        "noise",
        "gain",
        "release %",
        "lsd",
        "codec",
        "sampler",
        "cents",
    )
    lines = [f"{'timbre':16}" + "".join(f"{h:>10}" for h in heads)]
    by_name = {each["timbre"]: each for each in result["timbres"]}
    new = result["tables"].get(NEW_PITCHES, {})
    for row in result["rows"]:
        own = by_name.get(row["timbre"])
        lsd = (own["distances"] if own else new).get("lsd", {})
        cents = own["pitch_worst_cents"] if own else result["tuning"]["worst"]
        cells = [row[column] for column in FRAME_COLUMNS]
        cells += [lsd.get(NETWORK), lsd.get(CODEC), lsd.get(SAMPLER), cents]
        lines.append(f"{row['timbre']:16}" + "".join(f"{_cell(cell, 2):>10}" for cell in cells))
    return lines
