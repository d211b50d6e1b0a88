"""Memory of a player with 32 timbres: `python benchmarks/memory.py [--minutes N]`.

rtsynth plays into the null device, on 15 channels that change their timbre again and again; its
resident memory (RSS), and its share of what is shared (PSS), are read every second, beside those of
an interpreter that has imported the same modules, and beside FluidSynth's with its fonts.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import click
import numpy as np

from benchmarks import budget, fluid, memory_use, plots, sounds
from benchmarks.playing import Playing
from benchmarks.tables import Finding, Grid, Report, print_report
from rtsynth.instrument import Instrument

TIMBRES: Final = 32
CHANNELS: Final = tuple(n for n in range(16) if n != 9)  # without the drums
TURN_EVERY_S: Final = 1.0  # another channel gets another timbre
NOTE_EVERY_S: Final = 0.05
NOTE_S: Final = 1.0
SAMPLE_EVERY_S: Final = 1.0
LEAST_MINUTES: Final = 5.0
SETTLED: Final = 1 / 3  # of the time goes by before the slope is measured
_BARE: Final = "import sys{}; print(flush=True); sys.stdin.read()"
_IMPORTS: Final = ", json, rtsynth.player, onnxruntime, benchmarks.playing"


@contextmanager
def idle_interpreter(imports: str) -> Iterator[int]:
    """Process id of a Python process that has imported so much and waits."""
    with subprocess.Popen(
        [sys.executable, "-c", _BARE.format(imports)],
        cwd=Path(__file__).resolve().parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.kill()


def of_process(pid: int) -> tuple[float, float]:
    """RSS and PSS in MB."""
    return memory_use.resident_mb(pid), memory_use.proportional_mb(pid)


def play(instrument: Instrument, minutes: float, seed: int = 1) -> list[dict[str, float]]:
    """Play for so long; a sample of the process's memory and the arena every second."""
    rng, samples = np.random.default_rng(seed), []
    timbres = [timbre for timbre in instrument.metadata.timbres if timbre.programs][:TIMBRES]
    held = {channel: timbres[channel % len(timbres)] for channel in CHANNELS}
    turns, ends = 0, list[tuple[float, int, int]]()
    with Playing(None, instrument=str(instrument.path), midi=False) as player:
        pid, began = player.process.pid, time.monotonic()
        next_turn, next_sample = 0.0, 0.0
        while (now := time.monotonic() - began) < 60.0 * minutes:
            if now >= next_turn:
                channel, timbre = CHANNELS[turns % len(CHANNELS)], timbres[turns % len(timbres)]
                held[channel], turns, next_turn = timbre, turns + 1, now + TURN_EVERY_S
                player.tell(f"midi {0xC0 | channel} {timbre.programs[0]} 0")
            channel = CHANNELS[int(rng.integers(len(CHANNELS)))]
            key = int(rng.integers(held[channel].low, held[channel].high + 1))
            player.tell(f"midi {0x90 | channel} {key} {int(rng.integers(20, 127))}")
            ends.append((now + NOTE_S, channel, key))
            while ends and ends[0][0] <= now:
                _, channel, key = ends.pop(0)
                player.tell(f"midi {0x80 | channel} {key} 0")
            if now >= next_sample:
                next_sample = now + SAMPLE_EVERY_S
                rss, pss = of_process(pid)
                arena = player.stats()["arena_used_bytes"] / 2**20
                samples.append({"minutes": now / 60, "rss": rss, "pss": pss, "arena": arena,
                                "timbres": float(min(turns, len(timbres)))})  # fmt: skip
            time.sleep(NOTE_EVERY_S)
    return samples


def beside_arena(samples: list[dict[str, float]]) -> list[dict[str, float]]:
    """Samples with `beside`: RSS without the arena, whose pages count from their first use on.

    The arena has a budget and stays within it; what else grows would be a leak.
    """
    used, found = 0.0, []
    for sample in samples:
        used = max(used, sample["arena"])
        found.append({**sample, "beside": sample["rss"] - used})
    return found


def slope(samples: list[dict[str, float]], name: str) -> float:
    """MB a minute over the settled part, by a least-squares line."""
    settled = samples[int(len(samples) * SETTLED) :]
    if len(settled) < 3:
        return 0.0
    minutes = [sample["minutes"] for sample in settled]
    return float(np.polyfit(minutes, [sample[name] for sample in settled], 1)[0])


def peers() -> list[tuple[Any, ...]]:
    """What FluidSynth's fonts cost in memory, as it loads them by default."""
    rows: list[tuple[Any, ...]] = []
    for font in [] if fluid.missing() else fluid.fonts():
        line = [sys.executable, str(Path(fluid.__file__)), str(font)]
        result = subprocess.run(line, capture_output=True, text=True, check=False, timeout=120)
        if result.returncode == 0:
            used = json.loads(result.stdout)
            rows.append((f"FluidSynth, {font.name} loaded", None, None,
                         used["after_mb"] - used["before_mb"]))  # fmt: skip
    return rows


def fill(report: Report, samples: list[dict[str, float]]) -> None:
    """Judge the samples beside idle interpreters and FluidSynth."""
    with idle_interpreter(_IMPORTS) as pid:
        bare_rss, bare_pss = of_process(pid)
    with idle_interpreter("") as pid:
        python_rss, python_pss = of_process(pid)
    rss, pss = (max(sample[name] for sample in samples) for name in ("rss", "pss"))
    rising = slope(beside_arena(samples), "beside")
    rows = [
        ("Python alone", python_rss, python_pss, None),
        ("Python with the player's imports", bare_rss, bare_pss, None),
        (
            f"rtsynth, {samples[-1]['timbres']:.0f} timbres played, at most",
            rss,
            pss,
            rss - bare_rss,
        ),
        *peers(),
    ]
    columns = ("process", "RSS MB", "PSS MB", "beside the interpreter MB")
    report.grids.append(Grid("resident memory", columns, rows))
    arena = max(sample["arena"] for sample in samples)
    text = (
        f"{rss - bare_rss:.0f} MB beside {bare_rss:.0f} MB (arena {arena:.0f} MB of it), "
        f"{rising:+.2f} MB a minute beside it after {samples[-1]['minutes']:.1f} minutes"
    )
    met: bool | None = rss - bare_rss < budget.MEMORY_MB and rising <= budget.FLAT_MB_A_MINUTE
    if samples[-1]["minutes"] < LEAST_MINUTES and rss - bare_rss < budget.MEMORY_MB:
        met = None  # it still fills its cache: no slope to judge
    report.findings.append(Finding("memory", text, met))


@click.command()
@click.option("--instrument", "instrument_path", help="Another .onnx than the bundled one.")
@click.option("--minutes", default=10.0, show_default=True, help="How long it plays.")
@click.option("--json", "json_path", type=click.Path(dir_okay=False), help="Write all figures.")
@click.option("--plot", "plot_path", type=click.Path(dir_okay=False), help="Picture (PNG or SVG).")
def main(
    instrument_path: str | None, minutes: float, json_path: str | None, plot_path: str | None
) -> None:
    """Measure the memory of a player over time."""
    instrument = sounds.find_instrument(instrument_path)
    if instrument is None:
        raise click.ClickException("no bundled instrument: name one with --instrument")
    report = Report(f"Memory of rtsynth, {minutes:g} minutes of playing", in_samples=False)
    samples = play(instrument, minutes)
    fill(report, samples)
    report.facts["flat"] = f"{budget.FLAT_MB_A_MINUTE} MB a minute or less, after a third"
    if plot_path:
        over = [sample["minutes"] for sample in samples]
        lines = [(name.upper(), over, [s[name] for s in samples]) for name in ("rss", "pss")]
        lines.append(("arena used", over, [sample["arena"] for sample in samples]))
        plots.courses([("MB", lines)], plot_path, report.title)
    report.facts["samples"] = samples
    if json_path:
        report.write(json_path)
    report.facts.pop("samples")
    print_report(report)


if __name__ == "__main__":
    main()
