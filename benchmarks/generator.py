"""How fast the generator is in ONNX Runtime: `python benchmarks/generator.py [INSTRUMENT.onnx]`.

A note's first page decides when a cold note plays its own frames; batches of notes decide how fast
a keyboard is made ahead. Runs of two files (`--against`) take turns, so that both see the same
machine.
"""

import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import click
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from benchmarks import budget, plots
from benchmarks.tables import INFORMATION, Budget, Finding, Grid, Report, Row, print_report
from rtsynth import contract, instrument, sessions
from rtsynth._core import Engine
from rtsynth.take_maker import StepNoise, TakeMaker
from rtsynth.takes import STEPS_PER_PAGE, Job

BATCHES = (1, 2, 4, 8, 16, 32, 64)
LENGTHS = (STEPS_PER_PAGE, 8 * STEPS_PER_PAGE)  # steps
PROVIDERS = ("CPUExecutionProvider", "CUDAExecutionProvider", "CoreMLExecutionProvider")
OUTPUTS = [contract.OUTPUT_FRAMES, contract.OUTPUT_NOTE]
OPENED = 5  # sessions
PAUSE_S = (0.2e-3, 4e-3)  # between two pages of a live player
TURN, WARM_UP = 100, 5  # pages
COLD_MS = Budget(budget.FIRST_PAGE_MS, "p99")

Times = NDArray[np.float64]


class Network:
    """One file on one provider; its sessions are as those of a player, but for the threads."""

    def __init__(self, path: Path, provider: str, threads: int) -> None:
        self.name = path.stem
        self._given = str(path), provider, threads
        self.session = self.open()

    def open(self) -> ort.InferenceSession:
        """A new session."""
        path, provider, threads = self._given
        options = sessions.session_options()
        options.intra_op_num_threads = threads
        return ort.InferenceSession(path, options, providers=[provider])

    def run(self, given: dict[str, Any]) -> tuple[float, float]:
        """Time in ms of one inference: by the clock, and of this thread on the processor."""
        began, busy = time.perf_counter(), time.thread_time()
        self.session.run(OUTPUTS, given)
        return (time.perf_counter() - began) * 1e3, (time.thread_time() - busy) * 1e3


def inputs(batch: int, steps: int, random: np.random.Generator) -> dict[str, Any]:
    """Notes from the middle of the keyboard."""
    shape = (batch, steps + 2 * contract.CONTEXT_STEPS, contract.STEP_NOISE_SIZE)
    values = {
        contract.INPUT_KEY: random.integers(36, 96, batch),
        contract.INPUT_VELOCITY: random.integers(20, 127, batch),
        contract.INPUT_LATENT: random.standard_normal((batch, contract.LATENT_SIZE)),
        contract.INPUT_STEP: np.zeros(batch),
        contract.INPUT_NOISE: random.standard_normal(shape),
    }
    return {name: value.astype(np.float32) for name, value in values.items()}


def first_pages(networks: list[Network], count: int, pauses: bool) -> list[Times]:
    """Times (pages, 2) in ms of a note's first page, as `Network.run` has them.

    The networks take turns of `TURN` pages, so that each has the caches to itself; with a live
    player's pauses or without.
    """
    random = np.random.default_rng(1)
    taken: list[list[tuple[float, float]]] = [[] for _ in networks]
    for turn in range(-(-count // TURN)):
        for network, times in zip(networks, taken, strict=True):
            for _ in range(WARM_UP):
                network.run(inputs(1, STEPS_PER_PAGE, random))
            for _ in range(min(TURN, count - turn * TURN)):
                given = inputs(1, STEPS_PER_PAGE, random)
                if pauses:
                    time.sleep(random.uniform(*PAUSE_S))
                times.append(network.run(given))
    return [np.array(times) for times in taken]


def opening(network: Network) -> tuple[Times, Times]:
    """Times in ms to open the file, and of the very first page after that."""
    opened, very_first = [], []
    for turn in range(OPENED):
        began = time.perf_counter()
        network.session = network.open()
        opened.append((time.perf_counter() - began) * 1e3)
        very_first.append(network.run(inputs(1, STEPS_PER_PAGE, np.random.default_rng(turn)))[0])
    return np.array(opened), np.array(very_first)


def throughput(networks: list[Network], turns: int) -> list[tuple[Any, ...]]:
    """Rows of a grid: file, batch, steps, median ms, times real time by both clocks."""
    random = np.random.default_rng(0)
    rows: list[tuple[Any, ...]] = []
    for batch in BATCHES:
        for steps in LENGTHS:
            taken: list[list[tuple[float, float]]] = [[] for _ in networks]
            for turn in range(turns + 2):
                given = inputs(batch, steps, random)
                for network, times in zip(networks, taken, strict=True):
                    times.append(network.run(given))
                    if turn < 2:
                        times.clear()
            sounding_ms = batch * steps * contract.FRAMES_PER_STEP * contract.HOP_S * 1e3
            for network, times in zip(networks, taken, strict=True):
                middle, busy = np.median(times, axis=0)
                factors = round(sounding_ms / middle), round(sounding_ms / busy)
                rows.append((network.name, batch, steps, round(float(middle), 3), *factors))
    return rows


def whole_way(path: Path, count: int) -> tuple[Times, Times]:
    """Times in ms from a request to frames in the arena for one cold page; of its noise alone."""
    loaded = instrument.load(path, accelerate=False)
    engine, maker, noise = Engine(budget.RATE_HZ, 64, seed=1), TakeMaker(loaded, 1), StepNoise(1)
    whole, drawn = [], []
    for turn in range(count):
        timbre = turn % len(loaded.metadata.timbres)
        job = Job(timbre, 36 + turn % 60, turn % contract.VELOCITY_LAYERS, 0)
        began = time.perf_counter()
        frames, notes = maker.make([job])
        engine.put(job.timbre, job.key, job.layer, 0, frames[0], notes[0])
        between = time.perf_counter()
        noise.rows([job], 1)
        whole.append((between - began) * 1e3)
        drawn.append((time.perf_counter() - between) * 1e3)
    return np.array(whole[10:]), np.array(drawn[10:])


def measure(report: Report, networks: list[Network], pages: int, turns: int) -> None:
    """Rows and a grid for the networks on one provider."""
    provider = networks[0].session.get_providers()[0].removesuffix("ExecutionProvider")
    lively = first_pages(networks, pages, pauses=True)
    packed = first_pages(networks, pages, pauses=False)
    for number, network in enumerate(networks):
        opened, very_first = opening(network)
        judged = COLD_MS if number == 0 and provider == "CPU" else INFORMATION
        label = f"{network.name}, {provider}"
        rows = [
            ("open the file", opened, INFORMATION, "new sessions"),
            ("very first page", very_first, INFORMATION, "of a new session"),
            ("first page, live", lively[number][:, 0], judged, "pauses between pages"),
            ("its processor time", lively[number][:, 1], INFORMATION, "what else runs not in it"),
            ("first page, packed", packed[number][:, 0], INFORMATION, "without pauses"),
            ("its processor time, packed", packed[number][:, 1], INFORMATION, ""),
        ]
        report.rows += [
            Row(f"{stage}, {label}", None, times, budget.RATE_HZ, limit, note)
            for stage, times, limit, note in rows
        ]
    columns = ("file", "batch", "steps", "median ms", "x real time", "x by processor time")
    report.grids.append(Grid(f"Batches on {provider}", columns, throughput(networks, turns)))


def finding(report: Report, name: str) -> Finding:
    """What the first file on the CPU reached."""
    live = next(row for row in report.rows if isinstance(row, Row) and row.budget is COLD_MS)
    own = [row for row in report.grids[0].rows if row[0] == name]
    most = max(own, key=lambda row: row[4])
    p99 = float(np.percentile(live.values_ms, 99))
    text = (
        f"{most[4]} x real time ({most[1]} notes of {most[2]} steps, median; {most[5]} x by "
        f"processor time), first page p50 {np.median(live.values_ms):.2f} ms, p99 {p99:.2f} ms"
    )
    met = most[4] >= budget.GENERATOR_TIMES and p99 <= budget.FIRST_PAGE_MS
    return Finding(budget.TARGETS["generator"], text, met)


def draw(report: Report, path: str) -> None:
    """Times real time over the batch, one line a file and a length."""
    series: dict[str, list[tuple[float, float]]] = {}
    for name, batch, steps, _, factor, _ in report.grids[0].rows:
        series.setdefault(f"{name}, {steps} steps", []).append((batch, factor))
    limit = budget.GENERATOR_TIMES
    plots.lines(series, path, "Generator, one thread", "notes a run", "x real time", limit)


@click.command()
@click.argument("path", metavar="[INSTRUMENT]", required=False)
@click.option("--against", type=click.Path(exists=True), help="Another file, run in turn.")
@click.option("--threads", default=1, show_default=True)
@click.option("--pages", default=2000, show_default=True, help="First pages.")
@click.option("--turns", default=20, show_default=True, help="Runs of each batch.")
@click.option("--json", "json_path", type=click.Path(dir_okay=False), help="Write all figures.")
@click.option("--plot", "plot_path", type=click.Path(dir_okay=False), help="Draw a picture.")
def main(
    path: str | None,
    against: str | None,
    threads: int,
    pages: int,
    turns: int,
    json_path: str | None,
    plot_path: str | None,
) -> None:
    """Measure the generator on every provider that this machine has."""
    files = [instrument.find(path), *([Path(against)] if against else [])]
    report = Report(f"rtsynth: the generator, {threads} thread(s)", in_samples=False)
    for provider in PROVIDERS:
        if provider in ort.get_available_providers():
            measure(report, [Network(each, provider, threads) for each in files], pages, turns)
    whole, noise = whole_way(files[0], pages)
    for stage, times in (("request to frames in the arena", whole), ("its step noise", noise)):
        report.rows.append(Row(f"{stage}, {files[0].stem}", None, times, budget.RATE_HZ))
    report.findings.append(finding(report, files[0].stem))
    if json_path:
        report.write(json_path)
    if plot_path:
        draw(report, plot_path)
    print_report(report)


if __name__ == "__main__":
    main()
