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

from benchmarks import budget, latency_core, latency_jack, latency_live, plots, sounds
from benchmarks.tables import Report, Row, Skipped, over_budget, print_report
from rtsynth.instrument import Instrument

NOTES = 500
QUICK_NOTES = 100
LIVE_NOTES = 200
QUICK_LIVE_NOTES = 48
JACK_NOTES = 60
QUICK_JACK_NOTES = 12
QUICK_JACK_BLOCKS = (64,)
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
        elif not quick or block in QUICK_JACK_BLOCKS:
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
    """Everything that is measured on JACK."""
    rows: list[Row | Skipped] = []
    for block in blocks:
        if quick and block not in QUICK_JACK_BLOCKS:
            continue
        console.print(f"[dim]JACK, period {block}[/dim]")
        rows += latency_jack.rows(block, notes, instrument_path)
    return rows


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
    blocks = blocks or budget.BLOCKS
    if instrument is None:
        report.facts["instrument"] = f"{_NO_INSTRUMENT}: sines in its place"
    else:
        report.facts["instrument"] = str(instrument.path)
    report.rows += core_rows(instrument, blocks, quick, console)
    if jack:
        count = notes or (QUICK_JACK_NOTES if quick else JACK_NOTES)
        report.rows += jack_rows(blocks, quick, count, instrument_path, console)
    report.rows = _by_stage(report.rows)
    report.facts["seconds"] = round(time.monotonic() - started, 1)
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
