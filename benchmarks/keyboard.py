"""How soon the whole keyboard has its first pages: `python benchmarks/keyboard.py`.

The clock is the processor time of the generator's thread, so that what else the machine does is
not in it. After a start the common layer is primed as `rtsynth` does it; after a program change
everything is made by the background.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import click
import numpy as np

from benchmarks import budget
from benchmarks.sounds import KEYS, find_instrument
from benchmarks.tables import INFORMATION, Budget, Finding, Report, Row, Skipped, print_report
from rtsynth import contract
from rtsynth._core import Engine
from rtsynth.generator import PRIME_LAYERS, Generator
from rtsynth.instrument import Instrument

ALL_LAYERS = tuple(range(contract.VELOCITY_LAYERS))
TARGET = "keyboard"


def missing(engine: Engine, slot: int, layers: tuple[int, ...]) -> bool:
    """Whether a key of a timbre has no first page at one of the layers."""
    return any(not engine.frames_ready(slot, key, layer) for layer in layers for key in KEYS)


def fill_ms(engine: Engine, generator: Generator, slot: int) -> tuple[float, float]:
    """Processor time in ms until the common layer is there, and until all layers are."""
    started_s = time.thread_time()
    common_ms = float("nan")
    while missing(engine, slot, ALL_LAYERS):
        if not generator.work(time.monotonic()):
            raise RuntimeError("the generator stopped before the keyboard was complete")
        if np.isnan(common_ms) and not missing(engine, slot, PRIME_LAYERS):
            common_ms = 1e3 * (time.thread_time() - started_s)
    return common_ms, 1e3 * (time.thread_time() - started_s)


def one_run(instrument: Instrument) -> dict[str, float]:
    """All times of one start, in ms."""
    engine = Engine(budget.RATE_HZ, seed=1)
    generator = Generator(engine, instrument, seed=1)
    generator.use([0])
    started_s = time.thread_time()
    generator.prime(0)
    primed_ms = 1e3 * (time.thread_time() - started_s)
    _, all_ms = fill_ms(engine, generator, 0)
    generator.use([1, 0])
    changed = fill_ms(engine, generator, 1)
    return {
        "start, 88 keys, common layer": primed_ms,
        "start, 88 keys, all layers": primed_ms + all_ms,
        "program change, 88 keys, common layer": changed[0],
        "program change, 88 keys, all layers": changed[1],
    }


def measure(instrument: Instrument, runs: int) -> Report:
    """All rows."""
    times = [one_run(instrument) for _ in range(runs)]
    limit = Budget(1e3 * budget.KEYBOARD_S, "max")
    rows: list[Row | Skipped] = [
        Row(stage, None, np.array([each[stage] for each in times]), budget.RATE_HZ,
            limit if "all" in stage else INFORMATION)
        for stage in times[0]
    ]  # fmt: skip
    worst_s = 1e-3 * max(max(each.values()) for each in times)
    found = (
        f"88 keys, {len(ALL_LAYERS)} layers: {worst_s:.2f} s of processor time, {runs} runs' worst"
    )
    findings = [Finding(TARGET, found, worst_s <= budget.KEYBOARD_S)]
    return Report("rtsynth: first pages of the whole keyboard", rows, {}, False, findings=findings)


@click.command()
@click.option("--instrument", "instrument_path", help="Another .onnx than the bundled one.")
@click.option("--runs", default=5, show_default=True)
@click.option("--json", "json_path", type=click.Path(dir_okay=False), help="Write all figures.")
def main(instrument_path: str | None, runs: int, json_path: str | None) -> None:
    """Measure how soon the keyboard is there."""
    instrument = find_instrument(instrument_path)
    if instrument is None:
        raise click.ClickException("no instrument is installed")
    report = measure(instrument, runs)
    if json_path:
        report.write(json_path)
    print_report(report)


if __name__ == "__main__":
    main()
