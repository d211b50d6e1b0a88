"""The VST3 plugin in real hosts, opened and closed many times: `python benchmarks/plugin_hosts.py`.

Each host runs in a process of its own, which plays, automates, saves, reloads and closes instances
at random (benchmarks/plugin_host_cycles.py), with a server that the plugin starts. What the process
holds after the first tenth is held against what it holds at the end, and what is left of server and
folder is listed.
"""

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import click

from benchmarks.plugin_cycles import Held
from benchmarks.plugin_host_cycles import CYCLES
from benchmarks.plugin_hosting import hosting, wait_for
from benchmarks.tables import Finding, Grid, Report, print_report
from tests.plugin_builds import plugin as built

ROOT: Final = Path(__file__).resolve().parents[1]
MOST_MB: Final = 0.25  # a cycle: hosts keep some of what they load


def run_cycles(host: str, count: int) -> dict[str, list[float]]:
    """In this process: what it held after a tenth of the cycles, and at their end."""
    bundle = str(built("rtsynth.vst3", "rtsynth_vst3"))
    early = Held.now()
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(count):
            CYCLES[host](bundle, random.Random(seed), Path(folder))
            if seed == count // 10:
                early = Held.now()
    late = Held.now()
    return {name: [float(getattr(held, name)) for held in (early, late)]
            for name in ("memory_mb", "descriptors", "threads")}  # fmt: skip


def run_host(host: str, count: int) -> tuple[list[object], list[Finding]]:
    """A row of the table, and what is to be said of it."""
    with hosting() as served:
        command = [sys.executable, __file__, "--count", str(count), "--within", host]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        wait_for(lambda: not served.server_pids(), "the server did not end behind its plugins")
        left = served.leftovers()
    crashed = done.returncode != 0
    if crashed:
        print(done.stderr[-2000:], file=sys.stderr)
        held = {"memory_mb": [0.0, 0.0], "descriptors": [0.0, 0.0], "threads": [0.0, 0.0]}
    else:
        held = json.loads(done.stdout.splitlines()[-1])
    grown = held["memory_mb"][1] - held["memory_mb"][0]
    kept = any(held[name][1] > held[name][0] for name in ("descriptors", "threads"))
    row = [host, count, *held["memory_mb"], *held["descriptors"], *held["threads"], len(left)]
    return row, [
        Finding(f"{count} cycles in {host}", f"ended with {done.returncode}", not crashed),
        Finding(f"{host}: nothing is left open", f"{held['descriptors']}, {held['threads']}",
                not crashed and not kept),
        Finding(f"{host}: at most {MOST_MB} MB a cycle kept", f"{grown:.1f} MB",
                grown <= MOST_MB * count),
        Finding(f"{host}: no server and no file is left", ", ".join(left) or "none", not left),
    ]  # fmt: skip


def report(count: int) -> Report:
    """All hosts."""
    found = Report("the VST3 plugin in hosts", in_samples=False)
    columns = ("host", "cycles", "MB early", "MB late", "files early", "files late",
               "threads early", "threads late", "left")  # fmt: skip
    grid = Grid("What the process holds", columns, [])
    for host in CYCLES:
        row, findings = run_host(host, count)
        grid.rows.append(tuple(row))
        found.findings += findings
    found.grids.append(grid)
    return found


@click.command()
@click.option("--count", default=200, help="Cycles a host.")
@click.option("--within", type=click.Choice(list(CYCLES)), hidden=True)
@click.option("--json", "json_path", metavar="FILE", help="Write the results here as well.")
def main(count: int, within: str | None, json_path: str | None) -> None:
    """Open, play, automate, save, reload and close the plugin in real hosts."""
    if within:
        print(json.dumps(run_cycles(within, count)))
        return
    made = report(count)
    print_report(made)
    if json_path:
        made.write(json_path)


if __name__ == "__main__":
    main()
