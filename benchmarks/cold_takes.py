"""How soon a plugin has a take that was missing: `python benchmarks/cold_takes.py`.

A note is played whose take is nowhere; the time from the end of the block that asks for it until
its first page is there is measured. The server is another process, as it is for plugins: idle, or
busy with seven other instances, whose notes begin on missing takes all the time.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import click
import numpy as np

from benchmarks import budget
from benchmarks.stand_in import ServerProcess, StandIn, until
from benchmarks.tables import Budget, Finding, Report, Row, print_report, summary
from rtsynth import contract
from rtsynth.messages import NOTE_OFF, NOTE_ON

BUSY = 8  # instances, with the one that is measured
POLL_S = 1e-4
REST_S = 0.02  # between two notes
NOTES_A_SECOND = 10  # of each of the others
LIMIT_S = 5.0
SETTLED_S = 1.0  # without another page: the background is done


class Cold:
    """Notes of an instance, each of which needs a take that is not there."""

    def __init__(self, made: StandIn, seed: int) -> None:
        self.made = made
        self._chance = np.random.default_rng(seed)

    def note(self) -> tuple[int, int, int]:
        """Slot, key and layer of a take that is not there, and will not be made by itself soon."""
        engine = self.made.engine
        while True:
            slot, key, layer = (int(self._chance.integers(low, high)) for low, high in (
                (1, 20), (40, 90), (0, contract.VELOCITY_LAYERS)))  # fmt: skip
            if layer != 5 and not engine.frames_ready(slot, key, layer):
                return slot, key, layer

    def play(self) -> tuple[int, int, int]:
        """Play one such note; returns its take."""
        take = self.note()
        slot, key, layer = take
        self.made.engine.set_timbre(0, slot)
        velocity = round(contract.layer_velocity(layer))
        self.made.engine.midi(NOTE_ON, key, velocity)
        self.made.render()
        self.made.engine.midi(NOTE_OFF, key, 64)
        return take


def wait_ms(cold: Cold) -> float:
    """Time in ms from the request of a note to its first page."""
    take = cold.play()
    started = time.perf_counter()
    while not cold.made.engine.frames_ready(*take):
        if time.perf_counter() > started + LIMIT_S:
            raise TimeoutError("the server makes nothing")
        time.sleep(POLL_S)
    waited = 1e3 * (time.perf_counter() - started)
    cold.made.engine.panic()
    cold.made.render(2)
    return waited


def settle(made: StandIn) -> None:
    """Wait until the background has made all that it wants to."""
    before, since = -1, time.monotonic()
    while time.monotonic() < since + SETTLED_S:
        made.render()
        used = made.engine.stats().arena_used_bytes
        if used != before:
            before, since = used, time.monotonic()
        time.sleep(0.02)


def measure(folder: Path, notes: int) -> list[Row]:
    """Both rows."""
    server = ServerProcess(folder)
    server.start()
    try:
        made = StandIn(folder, arena_mib=256).connect()
        until(lambda: made.ready(60))
        settle(made)
        cold = Cold(made, 1)
        idle = row("server idle", cold, notes, budget.COLD_PLUGIN)
        with others(folder):
            busy = row(f"server busy with {BUSY} instances", cold, notes, budget.COLD_PLUGIN_BUSY)
        return [idle, busy]
    finally:
        server.kill()


def row(stage: str, cold: Cold, notes: int, limit: Budget) -> Row:
    """So many notes."""
    waits = []
    for _ in range(notes):
        waits.append(wait_ms(cold))
        time.sleep(REST_S)
    return Row(stage, None, np.array(waits), budget.RATE_HZ, limit)


@contextmanager
def others(folder: Path) -> Iterator[None]:
    """Seven instances that keep the server busy, in a process of their own."""
    line = [sys.executable, __file__, "--others", str(folder)]
    with subprocess.Popen(line, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()  # they play
            yield
        finally:
            process.kill()


def play_for_ever(folder: Path) -> None:
    """What those do."""
    made = [Cold(StandIn(folder, arena_mib=64).connect(), seed) for seed in range(2, BUSY + 1)]
    for each in made:
        until(lambda each=each: each.made.ready(60))
    print("they play", flush=True)
    while True:
        for each in made:
            each.play()
            time.sleep(1.0 / (NOTES_A_SECOND * len(made)))
            each.made.render(8)  # so that later pages are asked for, too


@click.command()
@click.option("--notes", default=300, show_default=True, help="Cold notes in each row.")
@click.option("--quick", is_flag=True, help="Fewer notes.")
@click.option("--json", "json_path", type=click.Path(dir_okay=False), help="Write all figures.")
@click.option("--others", "folder", type=click.Path(path_type=Path), hidden=True)
def main(notes: int, quick: bool, json_path: str | None, folder: Path | None) -> None:
    """Measure how soon a take that is missing is there, server idle and busy."""
    if folder is not None:
        return play_for_ever(folder)
    with tempfile.TemporaryDirectory(prefix="rtsynth-") as made:
        rows = measure(Path(made) / "run", 50 if quick else notes)
    text = "; ".join(f"{each.stage}: {summary(each.values_ms)['p99']:.1f} ms" for each in rows)
    met = all(each.verdict() == "pass" for each in rows)
    report = Report("rtsynth: a plugin's missing take, from request to first page", [*rows],
                    in_samples=False, findings=[Finding("cold take", text, met)])  # fmt: skip
    if json_path:
        report.write(json_path)
    print_report(report)
    return None


if __name__ == "__main__":
    main()
