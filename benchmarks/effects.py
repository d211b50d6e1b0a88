"""What reverb and chorus cost, and how well the reverb is tuned: `python benchmarks/effects.py`.

Cost: processor time of a block of 64 samples with one note, as it is and with its sends open, by
turns; beside it FluidSynth with one note, with and without its reverb and its chorus. Decay: the
time by which the tail's energy falls by 60 dB, from the backward integral between -5 and -35 dB
(M. R. Schroeder, 1965), below 300 Hz.
"""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks import budget, fluid, plots, sounds
from benchmarks.tables import Finding, Grid, Report, print_report
from rtsynth import contract
from rtsynth._core import Engine

BLOCK: Final = 64
REVERB, CHORUS = 91, 93  # controllers of the sends
SENDS: Final = {
    "no send": (0, 0),
    "reverb": (127, 0),
    "chorus": (0, 127),
    "both": (127, 127),
}
FLUID: Final = {
    "no send": {},
    "reverb": {"reverb.active": 1},
    "chorus": {"chorus.active": 1},
    "both": {"reverb.active": 1, "chorus.active": 1},
}
KEY: Final = 33  # 55 Hz
PARTS: Final = 40  # turns that each taker has
TIMES_S: Final = (0.5, 1.0, 2.0, 4.0, 8.0)
SIZES: Final = (0.0, 0.6, 1.0)
DAMPINGS: Final = (0.0, 0.4, 1.0)
RATES_HZ: Final = (44100, 48000, 96000)
LOW_HZ: Final = 300.0
TARGET: Final = "reverb"

Sound = NDArray[np.float32]
Render = Callable[[Sound], None]


def sending_engine(reverb: int, chorus: int, rate_hz: float = budget.RATE_HZ) -> Engine:
    """An engine with one note that sends so much, 0..127."""
    engine = Engine(rate_hz, seed=1)
    frames, note = sounds.sine_take(pages=8)
    frames[:, : contract.FRAME_LEVELS] = -20.0  # all partials, and noise in all bands
    if not engine.put(0, KEY, contract.velocity_layer(sounds.VELOCITY), 0, frames, note):
        raise RuntimeError("the engine refuses a take")
    engine.midi(0xB0, REVERB, reverb)
    engine.midi(0xB0, CHORUS, chorus)
    engine.midi(sounds.NOTE_ON, KEY, sounds.VELOCITY)
    return engine


def block_us(renders: Sequence[Render], seconds: float) -> list[float]:
    """Processor time of a block in microseconds, the median of each, timed by turns."""
    out = np.zeros((BLOCK, 2), np.float32)
    blocks = max(1, int(seconds * budget.RATE_HZ / BLOCK / PARTS))
    times: list[list[float]] = [[] for _ in renders]
    for _ in range(PARTS):
        for render, taken in zip(renders, times, strict=True):
            render(out)  # its data come back into the caches
            began = time.thread_time_ns()
            for _ in range(blocks):
                render(out)
            taken.append(1e-3 * (time.thread_time_ns() - began) / blocks)
    return [float(np.median(taken)) for taken in times]


def fluid_renders() -> dict[str, Render]:
    """FluidSynth with one note, under the names of FLUID; none where it is missing."""
    if fluid.missing():
        return {}
    found: dict[str, Render] = {}
    for name, settings in FLUID.items():
        synth = fluid.FluidSynth(fluid.fonts()[-1], budget.RATE_HZ, **settings)
        synth.program(0, 48)
        synth.note_on(0, 60, sounds.VELOCITY)
        found[name] = synth.render
    return found


def cost_grid(seconds: float) -> Grid:
    """Microseconds and parts of the block that the effects add."""
    ours = {name: sending_engine(*levels).render for name, levels in SENDS.items()}
    theirs = fluid_renders()
    taken = block_us([*ours.values(), *theirs.values()], seconds)
    rows = []
    for who, names, values in (
        ("rtsynth", list(ours), taken[: len(ours)]),
        ("FluidSynth", list(theirs), taken[len(ours) :]),
    ):
        for name, value in zip(names, values, strict=True):
            added = value - values[0]
            share = 100.0 * 1e-3 * added / budget.block_ms(BLOCK)
            rows.append((who, name, round(value, 2), round(added, 2), round(share, 2)))
    return Grid(
        f"one note, a block of {BLOCK} samples at 48 kHz",
        ("synthesiser", "effects", "us a block", "us more", "% of the block"),
        rows,
    )


def tail(rate_hz: float, time_s: float, size: float, damping: float) -> Sound:
    """What is left of a note that was cut off."""
    engine = sending_engine(127, 0, rate_hz)
    for name, value in (("time", time_s), ("size", size), ("damping", damping)):
        engine.set_parameter(f"reverb_{name}", value)
    note = np.zeros((int(rate_hz), 2), np.float32)
    engine.render(note)
    engine.midi(0xB0, sounds.ALL_SOUND_OFF, 0)
    engine.render(note[: int(0.05 * rate_hz)])
    out = np.zeros((int(rate_hz * 0.9 * time_s + 0.3 * rate_hz), 2), np.float32)
    engine.render(out)
    return out


def decay_s(sound: Sound, rate_hz: float) -> float:
    """The time to -60 dB below LOW_HZ."""
    from scipy.signal import butter, sosfilt

    low = sosfilt(butter(4, LOW_HZ, fs=rate_hz, output="sos"), sound.astype(np.float64), axis=0)
    left = np.cumsum((low**2).sum(axis=1)[::-1])[::-1]
    fell_db = 10.0 * np.log10(left / left[0] + 1e-30)
    used = np.flatnonzero((fell_db <= -5.0) & (fell_db >= -35.0))
    slope, _ = np.polyfit(used / rate_hz, fell_db[used], 1)
    return float(-60.0 / slope)


def decays(quick: bool) -> list[tuple[int, float, float, float, float]]:
    """Rows of rate, size, damping, asked and measured seconds."""
    wanted = [(48000, size, damping, t) for size in SIZES for damping in DAMPINGS for t in TIMES_S]
    wanted += [(rate, 0.6, 0.4, t) for rate in RATES_HZ if rate != 48000 for t in TIMES_S]
    if quick:
        wanted = [row for row in wanted if row[3] == 1.0]
    return [
        (rate, size, damping, t, decay_s(tail(rate, t, size, damping), rate))
        for rate, size, damping, t in wanted
    ]


def finding(costs: Grid, rows: Sequence[tuple[int, float, float, float, float]]) -> Finding:
    """In words."""
    worst = max(abs(measured / asked - 1.0) for *_, asked, measured in rows)
    shares = {(row[0], row[1]): row[4] for row in costs.rows}
    both = shares["rtsynth", "both"]
    beside = shares.get(("FluidSynth", "both"))
    words = f"reverb and chorus take {both:.1f} % of a block"
    words += "" if beside is None else f" (FluidSynth's {beside:.1f} %)"
    words += f"; decay times within {100.0 * worst:.0f} % of what is asked"
    return Finding(TARGET, words, worst <= budget.DECAY_WITHIN)


@click.command()
@click.option("--seconds", default=20.0, show_default=True, help="Of sound, for each cost.")
@click.option("--quick", is_flag=True, help="Shorter, and fewer settings.")
@click.option("--json", "json_path", type=click.Path(dir_okay=False), help="Write all figures.")
@click.option("--plot", "plot_path", type=click.Path(dir_okay=False), help="Draw the decays.")
def main(seconds: float, quick: bool, json_path: str | None, plot_path: str | None) -> None:
    """What reverb and chorus cost, and whether the reverb decays as asked."""
    costs = cost_grid(2.0 if quick else seconds)
    rows = decays(quick)
    shown = [
        (f"{rate / 1000:g} kHz", size, damping, asked, round(got, 3), round(got / asked, 3))
        for rate, size, damping, asked, got in rows
    ]
    columns = ("rate", "size", "damping", "asked s", "measured s", "ratio")
    grids = [costs, Grid(f"decay by 60 dB below {LOW_HZ:.0f} Hz", columns, shown)]
    facts: dict[str, Any] = {"block": BLOCK}
    report = Report("rtsynth: effects", [], facts, False, grids=grids,
                    findings=[finding(costs, rows)])  # fmt: skip
    if json_path:
        report.write(json_path)
    if plot_path:
        plots.decays(rows, plot_path, "Reverberation time, asked and measured")
    print_report(report)


if __name__ == "__main__":
    main()
