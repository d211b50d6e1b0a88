"""Notes a core sustains, rtsynth beside FluidSynth: `python benchmarks/voices.py`.

Both render the same held notes without a device, by turns (capacity.py): how many they sustain at
48 kHz for each block size. A second table has the render time of 64 held voices against a tenth of
the deadline. How many notes are held live on JACK is polyphony.py's.
"""

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import click
import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from benchmarks import budget, capacity, fluid, plots, sounds
from benchmarks.tables import (
    INFORMATION,
    Budget,
    Finding,
    Grid,
    Report,
    Row,
    Skipped,
    print_report,
)
from rtsynth import contract
from rtsynth._core import Engine
from rtsynth.generator import Generator
from rtsynth.instrument import Instrument

VOICES: Final = 64
LOWEST_KEY: Final = 30
BLOCKS: Final = (32, 64, 128, 256)
CORE_SECONDS: Final = 4.0
PROGRAMS: Final = {"piano": 0, "strings": 48}
MOST_NOTES: Final = 3840


@dataclass(frozen=True)
class Sustained:
    """Notes that one synthesiser sustains on a core."""

    program: str
    block: int
    player: str
    notes: float
    costs: list[capacity.Cost]
    voices_a_note: float


def sustained(
    instrument: Instrument, program: str, blocks: tuple[int, ...], seconds: float, rounds: int
) -> list[Sustained]:
    """Every synthesiser at every block size, the same notes."""
    number = PROGRAMS[program]
    ours = capacity.OurPlayer(instrument, number, MOST_NOTES)
    theirs = [] if fluid.missing() else [capacity.FluidPlayer(f, number) for f in fluid.fonts()]
    players = [ours, *theirs]
    found = []
    for block in blocks:
        measured = capacity.sustained(players, block, MOST_NOTES, seconds, rounds)
        found += [
            Sustained(program, block, player.name, notes, costs, player.voices_a_note)
            for player, (notes, costs) in zip(players, measured, strict=True)
        ]
    return found


def capacity_grid(found: list[Sustained]) -> Grid:
    """Notes of each synthesiser, and the dearest and the nearest chord that was timed."""
    rows = []
    for each in found:
        deadline = budget.block_ms(each.block)
        nearest = min(each.costs, key=lambda cost: abs(cost.p95_ms - deadline))
        ours = next(
            one.notes for one in found
            if (one.program, one.block) == (each.program, each.block) and _is_ours(one)
        )  # fmt: skip
        times = "" if _is_ours(each) else f"{ours / each.notes:.2f} x"
        rows.append(
            (each.program, each.block, each.player, round(each.notes), times,
             round(each.voices_a_note, 2), nearest.notes, round(nearest.sounding),
             nearest.p50_ms, nearest.p95_ms, deadline)
        )  # fmt: skip
    columns = ("program", "block", "synthesiser", "notes a core sustains", "rtsynth's share",
               "voices a note", "nearest chord", "sounding", "p50 ms", "p95 ms",
               "deadline ms")  # fmt: skip
    return Grid("notes a core sustains at 48 kHz: CPU time of a block, p95 at the deadline",
                columns, rows)  # fmt: skip


def finding(found: list[Sustained]) -> list[Finding]:
    """The share of each font at the block of the target."""
    at = [each for each in found if each.block == budget.VOICES_BLOCK]
    texts, shares = [], []
    for program in PROGRAMS:
        mine = next((each for each in at if each.program == program and _is_ours(each)), None)
        if mine is None:
            continue
        text = f"{program} {mine.notes:.0f}"
        for peer in (each for each in at if each.program == program and not _is_ours(each)):
            shares.append(mine.notes / peer.notes)
            text += f", {peer.player.replace('FluidSynth, ', '')} {peer.notes:.0f}"
            text += f" ({shares[-1]:.2f} x)"
        texts.append(text)
    met = min(shares) >= budget.CORE_TIMES if shares else None
    return [Finding("notes a core", "; ".join(texts), met)] if texts else []


def _is_ours(each: Sustained) -> bool:
    return each.player == "rtsynth"


def render_times(engine: Engine, voices: int, block: int, seconds: float) -> NDArray[np.float64]:
    """Time in ms of each block once all voices are held; notes begin a few ms apart.

    Raises:
        RuntimeError: the engine did not hold that many.
    """
    out = np.zeros((block, 2), np.float32)
    start = engine.stats().clock_samples
    for i in range(voices):
        engine.midi(sounds.NOTE_ON, LOWEST_KEY + i, sounds.VELOCITY, start + 101 * i)
    while engine.stats().clock_samples < start + 101 * voices + 4800:
        engine.render(out)
    if engine.stats().voices != voices:
        raise RuntimeError(f"{engine.stats().voices} of {voices} voices are held")
    times = np.zeros(int(seconds * budget.RATE_HZ / block))
    for i in range(times.size):
        started = time.perf_counter_ns()
        engine.render(out)
        times[i] = (time.perf_counter_ns() - started) * 1e-6
    return times


def held_engine(instrument: Instrument | None, slot: int, voices: int, seconds: float) -> Engine:
    """An engine with every page that the held notes will play."""
    pages = int((seconds + 1.0) * contract.FRAME_RATE_HZ / contract.PAGE_FRAMES) + 4
    keys = range(LOWEST_KEY, LOWEST_KEY + voices)
    if instrument is None:
        return sounds.sine_engine(keys, budget.RATE_HZ, min(pages, contract.TAKE_PAGES))
    engine = Engine(budget.RATE_HZ, max(VOICES, voices), seed=1)
    generator = Generator(engine, instrument, seed=1)
    layer = contract.velocity_layer(sounds.VELOCITY)
    generator.ensure([(slot, key, layer) for key in keys], min(pages, contract.TAKE_PAGES))
    engine.set_timbre(0, slot)
    return engine


def core_row(instrument: Instrument | None, slot: int, block: int, voices: int) -> Row | Skipped:
    """Render time a block against a tenth of the deadline."""
    name = "sines" if instrument is None else instrument.metadata.timbres[slot].name
    stage, deadline = f"render {voices} voices, {name}", budget.block_ms(block)
    try:
        engine = held_engine(instrument, slot, voices, CORE_SECONDS)
        times = render_times(engine, voices, block, CORE_SECONDS)
    except RuntimeError as error:
        return Skipped(stage, block, str(error))
    limit = INFORMATION
    if block == budget.VOICES_BLOCK and voices <= VOICES:
        limit = Budget(budget.VOICES_SHARE * deadline, "p50")
    stats = engine.stats()
    share = 100.0 * float(np.median(times)) / deadline
    over = int(np.count_nonzero(times > deadline))
    note = f"median {share:.1f} % of {deadline:.2f} ms, {over} of {times.size} over it"
    if stats.voices != voices or stats.late_frames:
        note += f"; {stats.voices} voices at the end, {stats.late_frames} late frames"
    return Row(stage, block, times, budget.RATE_HZ, limit, note)


def _sustained(instrument: Instrument | None) -> int:
    """Slot of the first timbre that holds its notes, else 0."""
    timbres = instrument.metadata.timbres if instrument is not None else ()
    return next((slot for slot, timbre in enumerate(timbres) if timbre.sustained), 0)


@click.command()
@click.option("--instrument", "instrument_path", help="Another .onnx than the bundled one.")
@click.option("--voices", default=VOICES, show_default=True, help="Of the second table.")
@click.option("--seconds", default=0.5, show_default=True, help="Timed for each chord.")
@click.option("--block", "blocks", type=int, multiple=True, help="Only these block sizes.")
@click.option("--quick", is_flag=True, help="Block 64 only.")
@click.option("--json", "json_path", type=click.Path(dir_okay=False), help="Write all figures.")
@click.option("--plot", "plot_path", type=click.Path(dir_okay=False), help="Picture (PNG or SVG).")
def main(
    instrument_path: str | None,
    voices: int,
    seconds: float,
    blocks: tuple[int, ...],
    quick: bool,
    json_path: str | None,
    plot_path: str | None,
) -> None:
    """Measure how many notes a core sustains, and what held voices cost."""
    console = Console(stderr=True)
    blocks = blocks or ((budget.VOICES_BLOCK,) if quick else BLOCKS)
    instrument = sounds.find_instrument(instrument_path)
    report = Report("Notes a core sustains, and the cost of held voices", in_samples=False)
    found: list[Sustained] = []
    for program in PROGRAMS if instrument is not None else ():
        console.print(f"[dim]{program}[/dim]")
        found += sustained(instrument, program, blocks, seconds, 2 if quick else 4)
    if found:
        report.grids.append(capacity_grid(found))
        report.findings += finding(found)
    if fluid.missing():
        report.facts["FluidSynth"] = fluid.missing()
    slot = _sustained(instrument)
    report.rows += [core_row(instrument, slot, block, voices) for block in blocks]
    if plot_path and found:
        plots.capacities(found, plot_path, "Notes a core sustains at 48 kHz")
    if json_path:
        report.write(json_path)
    print_report(report)


if __name__ == "__main__":
    main()
