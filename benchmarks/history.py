"""What it costs to keep the last ten minutes: `python benchmarks/history.py`.

The writer is given two minutes of loud sound and of messages, as fast as it takes them: its clock
is the processor time of its thread. Beside that the same chords are played into two null devices at
once, one with history and one without, and their drop-outs are set against each other.
"""

import os
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import click
import numpy as np

from benchmarks import budget
from benchmarks.playing import Playing
from benchmarks.tables import Grid, Report, print_report
from rtsynth._core import Engine
from rtsynth.stage.history import History
from rtsynth.stage.pieces import pieces
from rtsynth.tap import POLL_S, TapReader

MESSAGES_A_SECOND = 200
CHORD = (48, 55, 60, 64, 67)


class _Controls:
    """Stands where Controls stands: hands over who keeps messages."""

    def keep(self, kept: Any) -> Any:
        self.kept = kept
        return lambda: None


def blocks(seconds: float) -> Iterator[tuple[np.ndarray, int]]:
    """Loud sound as the tap's reader hands it over, with its samples."""
    frames = round(POLL_S * budget.RATE_HZ)
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (frames, 2)).astype(np.float32)
    for i in range(round(seconds / POLL_S)):
        yield noise, i * frames


def write(seconds: float) -> dict[str, float]:
    """Processor time and memory of the writer, and what lies on disk afterwards."""
    engine, controls = Engine(budget.RATE_HZ), _Controls()
    history = History(engine, controls, TapReader(engine), print)  # type: ignore[arg-type]
    history.start()
    per_block = round(MESSAGES_A_SECOND * POLL_S)
    worst_ms, spent_s = 0.0, 0.0
    tracemalloc.start()
    for block, sample in blocks(seconds):
        for i in range(per_block):
            controls.kept((0xE0, i % 128, 64), sample + i, None)
        begin_s = time.thread_time()
        history._hear(block, sample)
        took_s = time.thread_time() - begin_s
        spent_s += took_s
        worst_ms = max(worst_ms, 1e3 * took_s)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    history.stop()
    size = sum(path.stat().st_size for path in pieces())
    return {
        "processor, % of one core": 100.0 * spent_s / seconds,
        "worst block, ms": worst_ms,
        "memory at most, MB": peak / 1e6,
        "disk, MB a minute": size / 1e6 / (seconds / 60.0),
    }


def play(seconds: float) -> list[tuple[Any, ...]]:
    """Rows of (history, processor % of one core, resident MB, drop-outs, frames late)."""
    with Playing(None, history=False) as plain, Playing(None, history=True) as keeping:
        both = (plain, keeping)
        before = [(synth.stats(), _processor_s(synth)) for synth in both]
        until_s = time.monotonic() + seconds
        turn = 0
        while time.monotonic() < until_s:
            for synth in both:
                for key in CHORD:
                    synth.tell(f"midi {0x90 if turn % 4 == 0 else 0xE0} {key} {90 - turn % 8}")
            turn += 1
            time.sleep(0.1)
        rows = []
        for synth, (first, first_s), on in zip(both, before, ("without", "with"), strict=True):
            last, spent_s = synth.stats(), _processor_s(synth) - first_s
            drops = last["xruns"] - first["xruns"]
            late = last["late_frames"] - first["late_frames"]
            rows.append((on, 100.0 * spent_s / seconds, last["rss_mb"], drops, late))
    return rows


def _processor_s(synth: Playing) -> float:
    fields = Path(f"/proc/{synth.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@click.command()
@click.option("--seconds", default=30.0, show_default=True, help="Of playing.")
@click.option("--json", "json_path", type=click.Path(dir_okay=False), help="Write all figures.")
def main(seconds: float, json_path: str | None) -> None:
    """Measure what the history costs."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder  # never the user's
        writer = write(4.0 * seconds)
        rows = play(seconds)
    columns = ("history", "processor, %", "memory, MB", "drop-outs", "late frames")
    grids = [
        Grid("the writer alone", ("figure", "value"), list(writer.items())),
        Grid(f"two players side by side, {seconds:g} s", columns, rows),
    ]
    report = Report("rtsynth: keeping the last ten minutes", [], {}, False, grids)
    if json_path:
        report.write(json_path)
    print_report(report)


if __name__ == "__main__":
    main()
