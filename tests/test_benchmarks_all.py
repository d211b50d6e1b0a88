"""One report of all benchmarks: what ran, what failed, what was killed, and how it reads."""

import json
import sys

import pytest
from click.testing import CliRunner

from benchmarks import all as benchmarks_all
from benchmarks import budget, machine, page, parts
from benchmarks.parts import Part
from benchmarks.tables import Budget, Finding, Grid, Report, Row

GOOD = """
import argparse, json, pathlib
options = argparse.ArgumentParser()
options.add_argument("--json")
options.add_argument("--quick", action="store_true")
pathlib.Path(options.parse_args().json).write_text(json.dumps(REPORT))
with open("runs.txt", "a") as runs:
    runs.write("x")
"""
BAD = "import sys\nif '--help' not in sys.argv:\n    print('first')\n    sys.exit('it <broke>')"
SLOW = "import sys, time\nif '--help' not in sys.argv:\n    time.sleep(60)"


def report():
    import numpy as np

    row = Row("stage", 64, np.array([1.0, 2.0]), 48000.0, Budget(1.0, "max"), "a note")
    grid = Grid("a grid", ("name", "value"), [("x", 1234.5), ("y", None)])
    findings = [Finding("soak", "no drop-outs", True), Finding("start", "2 s", False)]
    return Report("title", [row], {"fact": "said"}, grids=[grid], findings=findings).as_json()


@pytest.fixture
def made_up(tmp_path, monkeypatch):
    """Three benchmarks in a folder of their own: one runs, one fails, one never ends."""
    (tmp_path / "benchmarks").mkdir()
    for name, code in (("good", GOOD), ("bad", BAD), ("slow", SLOW)):
        text = f"REPORT = {report()!r}\n{code}" if name == "good" else code
        (tmp_path / "benchmarks" / f"{name}.py").write_text(text)
    monkeypatch.setattr(parts, "ROOT", tmp_path)
    three = (Part("good", "Good", "It runs."), Part("bad", "Bad", "It fails."),
             Part("slow", "Slow", "It hangs.", limit_s=1.0))  # fmt: skip
    monkeypatch.setattr(parts, "PARTS", three)
    parts._help.cache_clear()
    yield tmp_path
    parts._help.cache_clear()


def run(folder, *options):
    line = ["--out", str(folder / "out.html"), "--folder", str(folder / "parts"), *options]
    result = CliRunner().invoke(benchmarks_all.main, line, catch_exceptions=False)
    assert result.exit_code == 0
    return (folder / "out.html").read_text()


def test_one_that_fails_or_hangs_does_not_stop_the_others(made_up):
    html = run(made_up, "--quick")
    for name, said in (("good", True), ("bad", False), ("slow", False)):
        assert parts.outcome_of(name, made_up / "parts").ok is said
    assert "it &lt;broke&gt;" in html
    assert "stopped after 1 s" in html
    assert "python benchmarks/good.py --quick" in html


def test_the_targets_have_their_verdicts(made_up):
    html = run(made_up)
    verdicts = {each["name"]: each["verdict"] for each in page.targets(made_up / "parts")}
    assert set(verdicts) == set(budget.TARGETS)
    assert (verdicts["soak"], verdicts["start"]) == ("met", "missed")
    assert (verdicts["generator"], verdicts["guards"]) == ("none", "elsewhere")
    for text in ("no drop-outs", "1,234", "a note", "said", machine.machine()["cpu"]):
        assert text in html
    assert "http" not in html.replace("http-equiv", "")


def test_a_run_is_resumed(made_up):
    run(made_up, "--quick")
    run(made_up, "--quick", "--resume")
    assert (made_up / "runs.txt").read_text() == "x"
    run(made_up, "--quick", "--only", "good")
    assert (made_up / "runs.txt").read_text() == "xx"


def test_every_part_is_a_benchmark_that_takes_its_options(tmp_path):
    for part in parts.PARTS:
        if not parts.exists(part):
            continue
        assert "--json" in parts._help(part.name), part.name
        line = part.command(tmp_path, False, 10.0)
        assert line[0] == sys.executable
        assert ("--minutes" in line) == part.timed
        assert ("--minutes" in parts._help(part.name)) == part.timed


def test_the_machine_is_named():
    facts, versions = machine.machine(), machine.versions()
    assert facts["cpu"]
    assert facts["cores"] >= 1
    assert versions["rtsynth"].startswith("0.")
    assert isinstance(machine.realtime_allowed(), bool)
    json.dumps({**facts, **versions})
