"""How long from the command to the first note: `python benchmarks/startup.py`.

A keyboard (the probe) plays on a JACK server all the time. A synthesiser is started; the time until
the first of those notes is heard is the time from process to playable. FluidSynth is started with
each of its fonts, as it loads them by default and with samples loaded as they are needed.
"""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import click
import numpy as np

from benchmarks import budget, fluid, jackserver, plots, probe, synths
from benchmarks.jackserver import JackServer
from benchmarks.tables import (
    INFORMATION,
    Budget,
    Finding,
    Report,
    Row,
    Skipped,
    print_report,
)

SOUND = "command to first sound"
PYTHON = "Python alone"
IMPORTS = "Python and rtsynth's imports"
PERIOD = 64
LIMIT_S = 40.0  # to the first sound


def first_sound_ms(server: JackServer, command: Sequence[str], **ports: Any) -> float:
    """Time in ms from starting a command to the first sound of a note.

    Raises:
        probe.ProbeError: nothing was heard.
    """
    line = probe.command("startup", wait_s=LIMIT_S, **ports)
    keyboard = subprocess.Popen(
        line, env=server.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert keyboard.stdout is not None
    keyboard.stdout.readline()  # it plays
    time.sleep(0.3)
    started_ns = time.monotonic_ns()
    synth = subprocess.Popen(
        command,
        env=server.env,
        stdin=subprocess.PIPE,  # FluidSynth ends at the end of its standard input
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    said = ""
    try:
        said, _ = keyboard.communicate(timeout=LIMIT_S + 5)
    except subprocess.TimeoutExpired:
        pass
    finally:
        for process in (synth, keyboard):
            _end(process)
    if not said:
        raise probe.ProbeError(f"no sound within {LIMIT_S:.0f} s of {Path(command[0]).name!r}")
    return float(json.loads(said)["sound_ns"] - started_ns) * 1e-6


def _end(process: "subprocess.Popen[Any]") -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def run_ms(code: str) -> float:
    """Time in ms that a Python process takes for a line of code."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return (time.perf_counter() - started) * 1e3


def measure(runs: int, options: tuple[str, ...]) -> list[Row | Skipped]:
    """All rows; the first run, which fills the disk cache, is not counted."""
    rows: list[Row | Skipped] = []
    for stage, code in ((PYTHON, "pass"), (IMPORTS, "import rtsynth.player, onnxruntime")):
        try:
            times = np.array([run_ms(code) for _ in range(runs + 1)][1:])
            rows.append(Row(stage, None, times, budget.RATE_HZ, INFORMATION))
        except subprocess.CalledProcessError as error:
            rows.append(Skipped(stage, None, error.stderr.decode().strip().splitlines()[-1]))
    command = [*synths.RTSYNTH, *synths.ON_JACK, *options]
    ports = {"midi_to": synths.RTSYNTH_MIDI, "audio_from": synths.RTSYNTH_AUDIO}
    limit = Budget(1e3 * budget.STARTUP_S, "p50")
    rows.append(start_row("rtsynth", command, ports, runs, limit))
    reason = synths.fluidsynth_missing()
    if reason:
        return [*rows, Skipped(f"{SOUND}: FluidSynth", PERIOD, reason)]
    for font in fluid.fonts():
        for what, dynamic in (("", False), (", samples as needed", True)):
            name, size = f"FluidSynth, {font.name}{what}", font.stat().st_size / 1e6
            line, ports = synths.fluidsynth_command(budget.RATE_HZ, font, dynamic)
            note = f"a font of {size:.0f} MB"
            rows.append(start_row(name, line, ports, max(1, runs // 3), INFORMATION, note))
    return rows


def start_row(
    name: str, command: Sequence[str], ports: dict[str, str], runs: int, limit: Budget,
    note: str = "",
) -> Row | Skipped:  # fmt: skip
    """Starts of one synthesiser, each heard by a keyboard that plays already."""
    stage, reason = f"{SOUND}: {name}", jackserver.missing() or probe.missing()
    if reason:
        return Skipped(stage, PERIOD, reason)
    try:
        with JackServer(budget.RATE_HZ, PERIOD) as server:
            every = [first_sound_ms(server, command, **ports) for _ in range(runs + 1)]
    except (probe.ProbeError, RuntimeError, OSError, ValueError) as error:
        return Skipped(stage, PERIOD, str(error))
    note = f"median of {runs} starts{', ' + note if note else ''}; the first took {every[0]:.0f} ms"
    return Row(stage, PERIOD, np.array(every[1:]), budget.RATE_HZ, limit, note)


def findings(rows: Sequence[Row | Skipped]) -> list[Finding]:
    """Medians of rtsynth and of FluidSynth's fonts against the target."""
    medians = {
        row.stage.removeprefix(f"{SOUND}: "): float(np.median(row.values_ms)) * 1e-3
        for row in rows
        if isinstance(row, Row) and row.stage.startswith(SOUND)
    }
    if "rtsynth" not in medians:
        return []
    text = "; ".join(f"{name} {seconds:.2f} s" for name, seconds in medians.items())
    return [Finding("start", text, medians["rtsynth"] <= budget.STARTUP_S)]


@click.command()
@click.option("--instrument", "instrument_path", help="Another .onnx than the bundled one.")
@click.option("--runs", default=7, show_default=True, help="Starts that are counted.")
@click.option("--json", "json_path", type=click.Path(dir_okay=False), help="Write all figures.")
@click.option("--plot", "plot_path", type=click.Path(dir_okay=False), help="Picture (PNG or SVG).")
@click.argument("options", nargs=-1)
def main(
    instrument_path: str | None,
    runs: int,
    json_path: str | None,
    plot_path: str | None,
    options: tuple[str, ...],
) -> None:
    """Measure the start; OPTIONS (after --) go to rtsynth."""
    if instrument_path:
        options = ("--instrument", instrument_path, *options)
    report = Report(
        "rtsynth: start to first playable note", measure(runs, options), in_samples=False
    )
    report.findings += findings(report.rows)
    measured = [row for row in report.rows if isinstance(row, Row)]
    if plot_path and measured:
        plots.bars(measured, plot_path, report.title)
    if json_path:
        report.write(json_path)
    print_report(report)


if __name__ == "__main__":
    main()
