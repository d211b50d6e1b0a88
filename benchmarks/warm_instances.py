"""How soon a plugin's keyboard is warm, and what it uses: `python benchmarks/warm_instances.py`.

An instance comes to a server that has nothing, a second one beside it, one after both have gone,
and one to a server that was started again, which has the cache on disk. Measured is the time until
every key has its onset at the commonest layer, and at all of them, and the memory at rest.
"""

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import click

from benchmarks.stand_in import ServerProcess, StandIn, until
from benchmarks.tables import Grid, Report, print_report
from rtsynth import contract

ARENA_MIB = 64  # as a plugin has it
LAYER = 5
LIMIT_S = 120.0
SETTLED_S = 1.5  # without another page
POLL_S = 2e-3


def warm_s(made: StandIn, layers: range) -> float:
    """Seconds from now until every key has its onset at these layers."""
    started = time.monotonic()
    left = [(key, layer) for layer in layers
            for key in range(contract.KEY_LOW, contract.KEY_HIGH + 1)]  # fmt: skip
    while left:
        left = [each for each in left if not made.engine.frames_ready(0, *each)]
        if time.monotonic() > started + LIMIT_S:
            raise TimeoutError("the keyboard does not become warm")
        time.sleep(POLL_S)
    return time.monotonic() - started


def rest_mib(made: StandIn) -> float:
    """What the takes use once nothing more is made ahead."""
    before, since = -1, time.monotonic()
    while time.monotonic() < since + SETTLED_S:
        used = made.engine.stats().arena_used_bytes
        if used != before:
            before, since = used, time.monotonic()
        time.sleep(10 * POLL_S)
    return before / 2**20


def come(folder: Path, label: str, grid: Grid) -> StandIn:
    """One more instance, and its row."""
    made = StandIn(folder, arena_mib=ARENA_MIB).connect()
    common = warm_s(made, range(LAYER, LAYER + 1))
    whole = common + warm_s(made, range(contract.VELOCITY_LAYERS))
    grid.rows.append((label, common, whole, rest_mib(made)))
    return made


def run(folder: Path) -> Report:
    """All four."""
    columns = ("instance", "layer 5 warm, s", "all layers, s", f"MiB at rest, of {ARENA_MIB}")
    grid = Grid("From an instance's start until its keyboard is warm", columns, [])
    server = ServerProcess(folder / "run", XDG_CACHE_HOME=str(folder / "cache"))
    server.start()
    try:
        first = come(folder / "run", "the first, nothing on disk", grid)
        second = come(folder / "run", "a second beside it", grid)
        for each in (first, second):
            each.disconnect()
        until(lambda: server.said("2 (CLAP in a test) went"))
        come(folder / "run", "one after both have gone", grid).disconnect()
        until(lambda: server.said("3 (CLAP in a test) went"))
        server.kill()
        server.start()
        come(folder / "run", "the server started again, cache on disk", grid)
    finally:
        server.kill()
    report = Report("Warm instances", in_samples=False)
    report.grids.append(grid)
    return report


@click.command()
@click.option("--json", "json_path", metavar="FILE", help="Write the results here as well.")
def main(json_path: str | None) -> None:
    """Measure how soon instances are warm."""
    with tempfile.TemporaryDirectory(prefix="warm-") as name:
        report = run(Path(name))
    print_report(report)
    if json_path:
        report.write(json_path)


if __name__ == "__main__":
    main()
