"""The plugin in real hosts, opened and closed many times: `python benchmarks/plugin_hosts.py`.

Each host runs in a process of its own, which opens, plays, automates, saves, reloads and closes
instances at random, with a server that the plugin starts. What the host's process and the server's
hold in the second tenth of the cycles is compared with what they hold in the last, and what is left
of server and folder is listed. With --control a plugin of others is opened instead, in those
hosts whose process lasts: it shows what a host keeps by itself.
"""

import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import click

from benchmarks import ardour, budget, plugin_ardour_cycles, plugin_jalv_cycles
from benchmarks.plugin_cycles import Held
from benchmarks.plugin_host_cycles import CYCLES
from benchmarks.plugin_host_watch import Growth, Watch
from benchmarks.plugin_hosting import Hosting, hosting, wait_for
from benchmarks.plugin_products import CONTROL, Product, ours
from benchmarks.tables import Finding, Grid, Report, print_report

ROOT: Final = Path(__file__).resolve().parents[1]
LINGER_S: Final = 3.0  # a server lasts from one instance to the next
QUICK: Final = 6
# What a host keeps of each cycle, whatever plugin is opened, in MB: --control shows it.
OF_HOST_MB: Final = {"Ardour, VST3": 5.0, "Ardour, LV2": 5.0}
COLUMNS: Final = ("host", "cycles", "MB early", "MB late", "files early", "files late",
                  "threads early", "threads late", "segments", "left")  # fmt: skip

Run = Callable[[Product, int, Watch, Path], None]


def within(name: str, kind: str) -> Run:
    """All cycles of a host that is a module of Python."""

    def run(product: Product, count: int, watch: Watch, folder: Path) -> None:
        for seed in range(count):
            CYCLES[name](str(product.bundle(kind)), random.Random(seed), folder)
            watch.look(Held.now())

    return run


def in_ardour(kind: str) -> Run:
    """All cycles of Ardour."""
    return lambda product, count, watch, folder: plugin_ardour_cycles.cycles(
        product, kind, count, watch, folder
    )


HOSTS: Final[dict[str, Run]] = {
    "minihost, VST3": within("minihost", "VST3"),
    "minihost, LV2": within("minihost", "LV2"),
    "pedalboard, VST3": within("pedalboard", "VST3"),
    "dawdreamer, VST3": within("dawdreamer", "VST3"),
    "jalv, LV2": plugin_jalv_cycles.cycles,
    "Ardour, VST3": in_ardour("VST3"),
    "Ardour, LV2": in_ardour("LV2"),
}


def missing(host: str) -> str | None:
    """Why a host cannot be run here, in words, or None."""
    name = host.split(",")[0]
    if name == "Ardour":
        return ardour.missing()
    if name == "jalv":
        return plugin_jalv_cycles.missing()
    return None if find_spec(name) else f"{name} is not installed (pip install {name})"


def run_within(host: str, count: int, control: bool, folder: Path) -> None:
    """In this process: run the cycles, and print what was held."""
    product = CONTROL if control else ours()
    watch = Watch(Hosting.of_environment())
    with product.found(folder):
        HOSTS[host](product, count, watch, folder)
    print(json.dumps(watch.as_json()))


def run_host(host: str, count: int, control: bool) -> tuple[list[tuple[object, ...]], Finding]:
    """Rows of the table, and what is to be said of it."""
    command = [sys.executable, __file__, "--count", str(count), "--within", host]
    command += ["--control"] if control else []
    with hosting("--linger", str(LINGER_S)) as served:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        wait_for(lambda: not served.server_pids(), "the server did not end behind its plugins")
        left, log = served.leftovers(), served.log()
    if done.returncode != 0:
        print(done.stderr[-2000:], *log[-10:], sep="\n", file=sys.stderr)
        said = ([line for line in done.stderr.splitlines() if "Error" in line] or [""])[-1][:200]
        return [], Finding("plugin: hosts", f"{host}: ended with {done.returncode}: {said}", False)
    found = json.loads(done.stdout.splitlines()[-1])
    held = {name: Growth.read(found[name]) for name in ("host", "server")}
    return rows(host, count, held, left), judged(host, count, held, left)


def rows(
    host: str, count: int, held: dict[str, Growth | None], left: list[str]
) -> list[tuple[object, ...]]:
    """The host's row and the server's."""
    found: list[tuple[object, ...]] = []
    for name, growth in held.items():
        if growth is not None:
            early, late = growth.early, growth.late
            title = host if name == "host" else f"{host}: its server"
            found.append((title, count, early.memory_mb, late.memory_mb, early.descriptors,
                          late.descriptors, early.threads, late.threads, late.segments,
                          ", ".join(left) or "none"))  # fmt: skip
    return found


def judged(host: str, count: int, held: dict[str, Growth | None], left: list[str]) -> Finding:
    """Against the target of budget.py."""
    most = budget.HOST_GROWTH_MB * max(1.0, count / 100)
    said, met = [], not left
    for name, growth in held.items():
        if growth is None:
            continue
        said.append(f"{name} {growth.memory_mb:+.1f} MB")
        said += growth.kept
        of_host = OF_HOST_MB.get(host, 0.0) * count if name == "host" else 0.0
        met = met and not growth.kept and growth.memory_mb <= most + of_host
    text = f"{host}, {count} cycles: {', '.join(said)}, left: {', '.join(left) or 'nothing'}"
    return Finding("plugin: hosts", text, met)


def report(count: int, hosts: tuple[str, ...], control: bool) -> Report:
    """All hosts that are installed."""
    title = f"{CONTROL.name} in hosts" if control else "the plugin in hosts"
    found = Report(title, in_samples=False)
    grid = Grid(
        "What a host's process and the server hold: memory of their own, in MB", COLUMNS, []
    )
    for host in hosts or HOSTS:
        reason = missing(host)
        if reason:
            found.findings.append(Finding("plugin: hosts", f"{host}: {reason}", None))
            continue
        more, finding = run_host(host, count, control)
        grid.rows.extend(more)
        found.findings.append(finding)
    found.grids.append(grid)
    return found


@click.command()
@click.option("--count", default=200, show_default=True, help="Cycles a host.")
@click.option("--quick", is_flag=True, help=f"{QUICK} cycles a host.")
@click.option("--host", "hosts", type=click.Choice(list(HOSTS)), multiple=True,
              help="Only this host (may be repeated).")  # fmt: skip
@click.option("--control", is_flag=True, help=f"Open {CONTROL.name} instead, to compare.")
@click.option("--within", type=click.Choice(list(HOSTS)), hidden=True)
@click.option("--json", "json_path", metavar="FILE", help="Write the results here as well.")
def main(
    count: int, quick: bool, hosts: tuple[str, ...], control: bool, within: str | None,
    json_path: str | None,
) -> None:  # fmt: skip
    """Open, play, automate, save, reload and close the plugin in real hosts."""
    if within:
        with tempfile.TemporaryDirectory(prefix="rtsynth-") as folder:
            return run_within(within, count, control, Path(folder))
    made = report(QUICK if quick else count, hosts, control)
    print_report(made)
    if json_path:
        made.write(json_path)
    return None


if __name__ == "__main__":
    main()
