"""The generator's benchmark measures a file, and sets two against each other."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("matplotlib")

from benchmarks import generator
from benchmarks.tables import Row
from rtsynth import contract as c

SHORT = ["--pages", "20", "--turns", "2"]


def test_two_files_are_measured_in_turn(tiny: Path, bundled: Path, tmp_path: Path) -> None:
    figures, picture = tmp_path / "speed.json", tmp_path / "speed.png"
    more = ["--against", str(tiny), "--json", str(figures), "--plot", str(picture)]
    result = CliRunner().invoke(generator.main, [str(bundled), *SHORT, *more])
    assert result.exit_code == 0, result.output
    found = json.loads(figures.read_text("utf-8"))
    rows = found["grids"][0]["rows"]
    assert len(rows) == 2 * len(generator.BATCHES) * len(generator.LENGTHS)
    assert all(row[4] > 0 and row[5] > 0 for row in rows)
    judged = [row for row in found["rows"] if row["budget_ms"] is not None]
    assert [row["stage"] for row in judged] == [f"first page, live, {bundled.stem}, CPU"]
    assert judged[0]["count"] == 20
    assert found["findings"][0]["verdict"] in ("met", "missed")
    assert picture.stat().st_size > 1000


def test_a_run_of_a_batch_is_set_against_what_it_makes(tiny: Path) -> None:
    network = generator.Network(tiny, "CPUExecutionProvider", 1)
    given = generator.inputs(3, 4, np.random.default_rng(0))
    assert given[c.INPUT_NOISE].shape == (3, 4 + 2 * c.CONTEXT_STEPS, c.STEP_NOISE_SIZE)
    wall, busy = network.run(given)
    assert wall > 0.0
    assert busy > 0.0


def test_a_finding_is_missed_above_its_limit() -> None:
    report = generator.Report("speed")
    report.grids = [generator.Grid("", (), [("one", 1, 4, 0.1, 2000, 2500)])]
    for times, met in ((np.full(100, 0.5), True), (np.full(100, 1.5), False)):
        report.rows = [Row("first page", None, times, 48000, generator.COLD_MS)]
        assert generator.finding(report, "one").met is met
