"""The latency budget, stage by stage: `python benchmarks/latency.py [--quick] [--json FILE]`.

Inside the core a virtual clock makes the figures exact; the queue, the generator and JACK are
measured in real time. Times are ms and samples at 48 kHz.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import click
from rich.console import Console

from benchmarks import beside, budget, latency_core, latency_jack, latency_live, plots, sounds
from benchmarks.tables import (
    Finding,
    Report,
    Row,
    Skipped,
    over_budget,
    percentile,
    print_report,
)
from rtsynth.instrument import Instrument

NOTES = 500
QUICK_NOTES = 100
LIVE_NOTES = 200
QUICK_LIVE_NOTES = 48
JACK_NOTES = 200
QUICK_JACK_NOTES = 24
ARRIVAL_NOTES = 60
COLD_BLOCKS = (64,)  # what comes late depends on the generator, not on the block
_NO_INSTRUMENT = "rtsynth/instruments/bundled.onnx is not there"


def core_rows(
    instrument: Instrument | None, blocks: tuple[int, ...], quick: bool, console: Console
) -> list[Row | Skipped]:
    """Everything that needs no server: a virtual clock, then the null device's real one."""
    rows: list[Row | Skipped] = []
    live_notes = QUICK_LIVE_NOTES if quick else LIVE_NOTES
    for block in blocks:
        console.print(f"[dim]core, block {block}[/dim]")
        rows.append(latency_live.queue_row(block, 4 * live_notes))
        rows += latency_core.rows(instrument, block, QUICK_NOTES if quick else NOTES)
        if instrument is None:
            rows.append(Skipped("first frames, cold", block, _NO_INSTRUMENT))
        elif block in COLD_BLOCKS:
            rows += latency_live.cold_rows(instrument, block, live_notes)
        rows.append(latency_live.device_row(block))
    return rows


def jack_rows(
    blocks: tuple[int, ...],
    quick: bool,
    notes: int,
    instrument_path: str | None,
    console: Console,
) -> list[Row | Skipped]:
    """Everything that is measured on JACK: each period, and what runs beside at one."""
    plan = [(block, beside.IDLE) for block in blocks]
    plan += [(budget.VOICES_BLOCK, what) for what in latency_jack.BESIDE]
    if quick:
        plan = [(block, what) for block, what in plan if block == budget.VOICES_BLOCK]
    rows: list[Row | Skipped] = []
    if not quick:
        rows += latency_jack.arrival_rows(budget.VOICES_BLOCK, ARRIVAL_NOTES)
    for block, what in plan:
        console.print(f"[dim]JACK, period {block}, {what}[/dim]")
        count = notes if what == beside.IDLE else max(1, notes // 2)
        rows += latency_jack.rows(block, count, instrument_path, what)
    return rows


def cold_finding(rows: list[Row | Skipped]) -> list[Finding]:
    """What the rows say about notes whose take is missing."""
    cold = [row for row in rows if isinstance(row, Row) and row.stage.startswith("first")]
    sound = [row for row in cold if row.stage == "first sound, cold"]
    own = [row for row in cold if row.stage == "first frames, cold"]
    if not sound or not own:
        return []
    late = max(float(row.values_ms.max()) for row in sound)
    p99 = {row.block: percentile(row.values_ms, 99) for row in own}
    text = f"first sound {late:.3f} ms late at most; own frames, p99: "
    text += ", ".join(f"{ms:.1f} ms at block {block}" for block, ms in p99.items())
    limit = budget.COLD_FRAMES.limit_ms
    assert limit is not None
    return [Finding("cold note", text, late <= 0.0 and max(p99.values()) <= limit)]


def _by_stage(rows: list[Row | Skipped]) -> list[Row | Skipped]:
    """Rows of a stage together, stages in the order of a note's way."""
    order = ("MIDI", "queue", "voice", "first", "vocoder", "ring", "device", "JACK")

    def place(row: Row | Skipped) -> tuple[int, str, int]:
        rank = next(i for i, start in enumerate(order) if row.stage.startswith(start))
        return rank, row.stage, row.block or 0

    return sorted(rows, key=place)


@click.command()
@click.option("--instrument", "instrument_path", help="Another .onnx than the bundled one.")
@click.option("--quick", is_flag=True, help="Fewer notes, JACK at one period: within a minute.")
@click.option("--json", "json_path", type=click.Path(dir_okay=False), help="Write all figures.")
@click.option(
    "--plot",
    "plot_path",
    type=click.Path(dir_okay=False),
    default="out/latency.png",
    show_default=True,
    help="Histogram (PNG).",
)
@click.option("--block", "blocks", type=int, multiple=True, help="Only these block sizes.")
@click.option("--notes", type=int, help="Notes on JACK for each synthesiser and period.")
@click.option("--jack/--no-jack", default=True, help="Measure on a JACK server too.")
def main(
    instrument_path: str | None,
    quick: bool,
    json_path: str | None,
    plot_path: str,
    blocks: tuple[int, ...],
    notes: int | None,
    jack: bool,
) -> None:
    """Measure the latency of every stage against its budget."""
    console, started = Console(stderr=True), time.monotonic()
    report = Report("rtsynth: latency, stage by stage, at 48 kHz")
    instrument = sounds.find_instrument(instrument_path)
    jack_blocks = blocks or budget.LIVE_BLOCKS
    blocks = blocks or ((budget.VOICES_BLOCK,) if quick else budget.BLOCKS)
    if instrument is None:
        report.facts["instrument"] = f"{_NO_INSTRUMENT}: sines in its place"
    else:
        report.facts["instrument"] = instrument.path.name
    report.rows += core_rows(instrument, blocks, quick, console)
    if jack:
        count = notes or (QUICK_JACK_NOTES if quick else JACK_NOTES)
        report.rows += jack_rows(jack_blocks, quick, count, instrument_path, console)
    report.rows = _by_stage(report.rows)
    report.facts["seconds"] = round(time.monotonic() - started, 1)
    report.findings += latency_jack.findings(report.rows) + cold_finding(report.rows)
    measured = [row for row in report.rows if isinstance(row, Row)]
    plots.histograms(measured, plot_path, report.title)
    report.facts["histogram"] = plot_path
    if json_path:
        report.write(json_path)
    print_report(report)
    over = over_budget(report.rows)
    Console().print(f"{len(over)} of {len(measured)} rows are over their budget")


if __name__ == "__main__":
    main()
