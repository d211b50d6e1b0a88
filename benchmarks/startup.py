"""How long from the command to the first note: `python benchmarks/startup.py`.

A keyboard (the probe) plays on a JACK server all the time. `rtsynth` is started; the time until
the first of those notes is heard is the time from process to playable.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import click
import numpy as np

from benchmarks import budget, jackserver, probe, synths
from benchmarks.jackserver import JackServer
from benchmarks.tables import INFORMATION, Budget, Report, Row, Skipped, print_report

SOUND = "command to first sound"
PYTHON = "Python alone"
IMPORTS = "Python and rtsynth's imports"
PERIOD = 64
LIMIT_S = 30.0


def first_sound_ms(server: JackServer, options: tuple[str, ...]) -> float:
    """Time in ms from starting the command to the first sound of a note.

    Raises:
        probe.ProbeError: nothing was heard.
    """
    line = probe.command("startup", audio_from=synths.RTSYNTH_AUDIO, wait_s=LIMIT_S)
    keyboard = subprocess.Popen(
        line, env=server.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert keyboard.stdout is not None
    keyboard.stdout.readline()  # it plays
    time.sleep(0.3)
    started_ns = time.monotonic_ns()
    synth = subprocess.Popen(
        [*synths.RTSYNTH, *options],
        env=server.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        said, _ = keyboard.communicate(timeout=LIMIT_S + 5)
    finally:
        for process in (synth, keyboard):
            process.terminate()
            process.wait()
    if not said:
        raise probe.ProbeError(f"no sound within {LIMIT_S:.0f} s of 'rtsynth'")
    return float(json.loads(said)["sound_ns"] - started_ns) * 1e-6


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
    reason = jackserver.missing() or probe.missing()
    if reason:
        return [*rows, Skipped(SOUND, PERIOD, reason)]
    limit = Budget(1e3 * budget.STARTUP_S, "p50")
    try:
        with JackServer(budget.RATE_HZ, PERIOD) as server:
            times = np.array([first_sound_ms(server, options) for _ in range(runs + 1)][1:])
        rows.append(Row(SOUND, PERIOD, times, budget.RATE_HZ, limit, f"median of {runs} starts"))
    except (probe.ProbeError, RuntimeError) as error:
        rows.append(Skipped(SOUND, PERIOD, str(error)))
    return rows


@click.command()
@click.option("--instrument", "instrument_path", help="Another .onnx than the bundled one.")
@click.option("--runs", default=7, show_default=True, help="Starts that are counted.")
@click.option("--json", "json_path", type=click.Path(dir_okay=False), help="Write all figures.")
@click.argument("options", nargs=-1)
def main(
    instrument_path: str | None, runs: int, json_path: str | None, options: tuple[str, ...]
) -> None:
    """Measure the start; OPTIONS (after --) go to rtsynth."""
    if instrument_path:
        options = ("--instrument", instrument_path, *options)
    report = Report(
        "rtsynth: start to first playable note", measure(runs, options), in_samples=False
    )
    if json_path:
        report.write(json_path)
    print_report(report)


if __name__ == "__main__":
    main()
