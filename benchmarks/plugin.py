"""The plugin in a host: `python benchmarks/plugin.py`.

A host in ctypes (tests/clap_host.py) plays the CLAP plugin, which starts a server of its own: the
sample at which each note begins, at every block size; what a block costs beside the same block of
the core; what is heard while the server is stopped; whether anything is left after many instances.
"""

import sys
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks import budget
from benchmarks.plugin_cycles import Held, cycles
from benchmarks.plugin_hosting import hosting, wait_for_sound
from benchmarks.plugin_playing import (
    BLOCK,
    RATE_HZ,
    VOICES,
    Cost,
    Stall,
    block_cost,
    note_lateness,
    stalled,
)
from benchmarks.sounds import find_instrument
from benchmarks.tables import Finding, Grid, Report, print_report
from rtsynth.instrument import Instrument
from tests.clap_host import opened
from tests.plugin_builds import plugin as built

MOST_BLOCK: Final = 4096


def report(instrument: Instrument, quick: bool) -> Report:
    """All of it."""
    path = built("rtsynth.clap", "rtsynth_clap")
    sizes = range(1, MOST_BLOCK + 1, 97 if quick else 1)
    with hosting() as host, opened(path) as library:
        with library.plugin() as plugin:
            plugin.play_at(RATE_HZ)
            wait_for_sound(plugin)
            late = note_lateness(plugin, sizes)
            plugin.stop()
        cost = block_cost(library, instrument, 6 if quick else 40)
        stall = stalled(library, host)
    count = 20 if quick else 200
    with hosting() as host:
        early, end, left = cycles(path, host, count)
    return Report(
        "the plugin in a host",
        grids=[lateness_grid(late, len(sizes)), cost_grid(cost), held_grid(count, early, end)],
        findings=findings(late, cost, stall, count, early, end, left),
    )


def lateness_grid(late: NDArray[np.int64], sizes: int) -> Grid:
    """From a note's offset to its first sample."""
    row = (sizes, int(late.min()), int(np.median(late)), int(late.max()))
    return Grid("note to first sample, samples", ("block sizes", "min", "median", "max"), [row])


def cost_grid(cost: Cost) -> Grid:
    """Processor time of a block of 64 with 64 voices."""
    rows = [
        (name, float(np.median(times)) * 1e3, float(times.min()) * 1e3, len(times))
        for name, times in (("plugin", cost.plugin_ms), ("core", cost.core_ms))
    ]
    title = f"a block of {BLOCK} with {VOICES} voices: processor time"
    return Grid(title, ("", "median us", "least us", "slices"), rows)


def held_grid(count: int, early: Held, end: Held) -> Grid:
    """What the host's process holds."""
    rows = [
        (when, held.memory_mb, held.descriptors, held.threads)
        for when, held in ((f"after {count // 10} cycles", early), (f"after {count}", end))
    ]
    return Grid("instances that come and go", ("", "MB", "descriptors", "threads"), rows)


def findings(
    late: NDArray[np.int64], cost: Cost, stall: Stall, count: int, early: Held, end: Held,
    left: list[str],
) -> list[Finding]:  # fmt: skip
    """Against the targets of budget.py."""
    before, during = stall.before, stall.during
    grown = end.memory_mb - early.memory_mb
    descriptors, threads = end.descriptors - early.descriptors, end.threads - early.threads
    return [
        Finding(
            "plugin: note to sound",
            f"{late.min()}/{np.median(late):.0f}/{late.max()} samples at {len(late)} block sizes",
            bool((late == 0).all()),
        ),
        Finding(
            "plugin: cost",
            f"{cost.ratio:.3f} x the core",
            cost.ratio <= budget.PLUGIN_TIMES,
        ),
        Finding(
            "plugin: stalled server",
            f"{during.silent} of {during.notes} notes silent, {during.waits} blocks waited; "
            f"{during.late} of {during.blocks} blocks late (before: {before.late})",
            during.silent == 0 and during.waits == 0 and during.late <= before.late,
        ),
        Finding(
            "plugin: cycles",
            f"{count} cycles: {grown:+.1f} MB, {descriptors:+d} descriptors, {threads:+d} threads, "
            f"left: {left or 'nothing'}",
            grown < budget.PLUGIN_GROWTH_MB and descriptors <= 0 and threads <= 0 and not left,
        ),
    ]


@click.command()
@click.option("--quick", is_flag=True, help="Fewer sizes, slices and cycles.")
@click.option("--json", "json_path", type=click.Path(dir_okay=False), help="Write all figures.")
def main(quick: bool, json_path: str | None) -> None:
    """Measure the plugin in a host."""
    instrument = find_instrument()
    if instrument is None:
        raise click.ClickException("no bundled instrument")
    try:
        found = report(instrument, quick)
    except (RuntimeError, TimeoutError) as error:
        raise click.ClickException(str(error)) from error
    print_report(found)
    if json_path:
        found.write(json_path)


if __name__ == "__main__":
    main()
