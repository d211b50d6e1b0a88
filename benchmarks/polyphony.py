"""Notes held live on JACK before drop-outs leave the idle floor: `python benchmarks/polyphony.py`.

rtsynth and FluidSynth hold the same notes, sent by the same probe, on a server that nobody else
uses; an idle client counts the drop-outs of a second server at the same time, for machines drop
periods by themselves. The number of notes is searched by halving; a number fails when it leaves the
floor twice. Then the same with both cores loaded and, for rtsynth, a Python loop in its process.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import click
from rich.console import Console

from benchmarks import beside, budget, jackserver, plots, probe, synths
from benchmarks.jackserver import JackServer
from benchmarks.playing import Playing
from benchmarks.tables import Finding, Grid, Report, Skipped, print_report

PERIOD: Final = 64
STEPS: Final = (64, 96, 128, 192, 256, 320, 384, 448, 512, 640, 768, 896, 1024, 1200)
QUICK_STEPS: Final = (96, 384, 768)
PROGRAM: Final = 48  # strings: a held note sounds on
KEYS: Final = range(24, 104)
CHANNELS: Final = tuple(n for n in range(16) if n != 9)  # without the drums
VELOCITY: Final = 90
ALLOWED: Final = 4  # drop-outs above the idle client's: two idle clients differ by as many
_BEGIN_S: Final = 0.5
_NOTE_S: Final = 0.0015  # from one note-on to the next
_SETTLE_S: Final = 2.5


class Live(Protocol):
    """A synthesiser on a server, as this benchmark needs it."""

    name: str
    midi_to: str | None
    audio_from: str

    def sounding(self) -> float:
        """Notes that sound now, as the synthesiser itself counts."""

    def busy(self, on: bool) -> None:
        """A Python loop in the same process, where there is one."""


@dataclass(frozen=True)
class Step:
    """What was counted while so many notes were held."""

    synth: str
    loaded: bool
    notes: int
    sounding: float
    bad: int  # periods with a drop-out while the notes were held
    idle_bad: int  # on the idle server, over the whole step
    seconds: float
    failure: str = ""  # why nothing was counted

    @property
    def held(self) -> bool:
        """Whether drop-outs stayed at the idle floor, and the notes sounded."""
        return (
            not self.failure
            and self.bad <= self.idle_bad + ALLOWED
            and self.sounding >= 0.9 * self.notes
        )


def events(notes: int, rate_hz: int, seconds: float) -> list[tuple[int, int, int, int]]:
    """(frame, status, data1, data2) of notes that begin one by one and are held."""
    found = [(256, 0xC0 | channel, PROGRAM, 0) for channel in CHANNELS]
    for i in range(notes):
        frame = int((_BEGIN_S + i * _NOTE_S) * rate_hz)
        channel, key = CHANNELS[i // len(KEYS)], KEYS[(23 * i) % len(KEYS)]
        found.append((frame, 0x90 | channel, key, VELOCITY))
    end = int((held_from_s(notes) + seconds) * rate_hz)
    return found + [(end, 0xB0 | channel, 120, 0) for channel in CHANNELS]


def held_from_s(notes: int) -> float:
    """Seconds from the probe's start until all notes are held."""
    return _BEGIN_S + notes * _NOTE_S + _SETTLE_S


def measure(
    server: JackServer, quiet: JackServer, synth: Live, notes: int, seconds: float, loaded: bool
) -> Step:
    """Hold notes for a while.

    Raises:
        RuntimeError: a server, the probe or the synthesiser did not run.
    """
    start, length = held_from_s(notes), held_from_s(notes) + seconds
    sounding: list[float] = []
    with probe.watching(quiet.env, length + 1.0) as watcher, probe.playing(
        server.env,
        events(notes, server.rate_hz, seconds),
        length + 0.5,
        midi_to=synth.midi_to,
        audio_from=synth.audio_from,
    ) as player:  # fmt: skip
        until_s = start + 0.5
        player.wait(until_s)
        while not player.wait(1.0) and until_s + 1.0 < length:
            until_s += 1.0
            sounding.append(synth.sounding())
        run, idle = player.result(), watcher.result()
    window = (int(start * server.rate_hz), int(length * server.rate_hz))

    def bad(of: probe.Run) -> int:
        return probe.bad_periods(
            [at for at in of.xruns_at if window[0] <= at < window[1]], of.period
        )

    fewest = min(sounding, default=0.0)
    return Step(synth.name, loaded, notes, fewest, bad(run), bad(idle), seconds)


def search(steps: tuple[int, ...], holds: Callable[[int], bool]) -> int:
    """The largest step that holds, by halving; 0: none does. A failure counts when repeated."""
    low, high = -1, len(steps)  # low holds, high does not
    while high - low > 1:
        middle = (low + high) // 2
        if holds(steps[middle]) or holds(steps[middle]):
            low = middle
        else:
            high = middle
    return steps[low] if low >= 0 else 0


def attempt(make: Callable[[JackServer], Any], notes: int, seconds: float, loaded: bool) -> Step:
    """One step on servers of its own: a synthesiser that a server threw out spoils no other."""
    name = "?"
    try:
        with (
            JackServer(budget.RATE_HZ, PERIOD) as server,
            JackServer(budget.RATE_HZ, PERIOD) as quiet,
            make(server) as synth,
            beside.running(beside.BUSY if loaded else beside.IDLE),
        ):
            name = synth.name
            synth.busy(loaded)
            return measure(server, quiet, synth, notes, seconds, loaded)
    except (RuntimeError, OSError) as error:
        return Step(name, loaded, notes, 0.0, 0, 0, seconds, str(error))


def run(steps: tuple[int, ...], seconds: float, say: Callable[[str], None]) -> list[Step]:
    """Every step of both synthesisers, unloaded and loaded."""
    found: list[Step] = []
    makers: list[Callable[[JackServer], Any]] = [
        lambda server: Playing(server, polyphony=2048, timbre="strings")
    ]
    if not synths.fluidsynth_missing():
        makers.append(lambda server: synths.HeldFluidSynth(server, PROGRAM, KEYS, VELOCITY))

    def held(make: Callable[[JackServer], Any], loaded: bool, notes: int) -> bool:
        found.append(attempt(make, notes, seconds, loaded))
        say(f"{found[-1]}")
        return found[-1].held

    for loaded in (False, True):
        for make in makers:
            search(steps, partial(held, make, loaded))
    return found


def best(found: list[Step], synth: str, loaded: bool) -> int:
    """Most notes that were held."""
    mine = (step for step in found if step.synth == synth and step.loaded == loaded and step.held)
    return max((step.notes for step in mine), default=0)


def findings(found: list[Step]) -> list[Finding]:
    """What the steps say about the targets."""
    said = []
    for loaded, target in ((False, "notes live"), (True, "notes live, busy")):
        ours, theirs = (best(found, name, loaded) for name in ("rtsynth", "FluidSynth"))
        text = f"rtsynth {_most(found, ours)}, FluidSynth {_most(found, theirs)}"
        failed = {s.notes for s in found if s.failure and s.loaded == loaded}
        met: bool | None = None
        if theirs:
            text += f": {ours / theirs:.1f} x"
            met = ours >= budget.LIVE_TIMES * theirs
        if loaded:
            alone = best(found, "rtsynth", False)
            text += f"; rtsynth alone {alone}"
            met = alone > 0 and ours >= alone
        if failed:
            text += f"; a server or a client failed at {', '.join(map(str, sorted(failed)))}"
        said.append(Finding(target, text, met))
    return said


def _most(found: list[Step], notes: int) -> str:
    """A number that no step went beyond is only a bound."""
    return f"{notes} or more" if notes == max(step.notes for step in found) else str(notes)


def grid(found: list[Step]) -> Grid:
    """All steps as a table."""
    rows = [
        (s.synth, "busy" if s.loaded else "idle", s.notes, s.sounding, s.bad, s.idle_bad,
         s.failure or ("held" if s.held else "dropped out"))
        for s in sorted(found, key=lambda s: (s.loaded, s.synth != "rtsynth", s.notes))
    ]  # fmt: skip
    columns = ("synthesiser", "machine", "notes", "sounding, fewest", "bad periods",
               "idle client's", "verdict")  # fmt: skip
    return Grid(f"held for {found[0].seconds:g} s on JACK, period {PERIOD}", columns, rows)


@click.command()
@click.option("--seconds", default=5.0, show_default=True, help="How long each number is held.")
@click.option("--quick", is_flag=True, help="Fewer and coarser steps.")
@click.option("--json", "json_path", type=click.Path(dir_okay=False), help="Write all figures.")
@click.option("--plot", "plot_path", type=click.Path(dir_okay=False), help="Picture (PNG or SVG).")
def main(seconds: float, quick: bool, json_path: str | None, plot_path: str | None) -> None:
    """Search the number of notes that each synthesiser holds live."""
    report = Report(f"Notes held live on JACK at period {PERIOD}", in_samples=False)
    reason = jackserver.missing() or probe.missing()
    console = Console(stderr=True)
    if reason:
        report.rows.append(Skipped("held live", PERIOD, reason))
    else:
        steps = QUICK_STEPS if quick else STEPS
        found = run(steps, 2.0 if quick else seconds, lambda line: console.print(f"[dim]{line}"))
        report.grids.append(grid(found))
        report.findings += findings(found)
        report.facts["a number is held"] = (
            f"with {ALLOWED} drop-outs or fewer above the idle client's, in one of two tries"
        )
        if plot_path:
            plots.held_notes(found, plot_path, report.title)
    if json_path:
        report.write(json_path)
    print_report(report)


if __name__ == "__main__":
    main()
