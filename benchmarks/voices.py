"""64 held voices: `python benchmarks/voices.py`. Render time against the deadline, and drop-outs.

The first part renders without a device and times each block. The second plays on a JACK server for
a while, next to another server on which nothing plays: machines drop periods by themselves, so
drop-outs mean something only beside that count.
"""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks import budget, held, jackserver, probe, sounds
from benchmarks.jackserver import JackServer
from benchmarks.tables import INFORMATION, Budget, Report, Row, Skipped, print_report
from rtsynth import contract
from rtsynth._core import Engine
from rtsynth.generator import Generator
from rtsynth.instrument import Instrument

VOICES = 64
BLOCKS = (32, 64, 128, 256)
CORE_SECONDS = 4.0
LIVE = "live"


def render_times(engine: Engine, voices: int, block: int, seconds: float) -> NDArray[np.float64]:
    """Time in ms of each block once all voices are held; notes begin a few ms apart.

    Raises:
        RuntimeError: the engine did not hold that many.
    """
    out = np.zeros((block, 2), np.float32)
    start = engine.stats().clock_samples
    for i in range(voices):
        engine.midi(sounds.NOTE_ON, held.LOWEST_KEY + i, sounds.VELOCITY, start + 101 * i)
    while engine.stats().clock_samples < start + 101 * voices + 4800:
        engine.render(out)
    if engine.stats().voices != voices:
        raise RuntimeError(f"{engine.stats().voices} of {voices} voices are held")
    times = np.zeros(int(seconds * budget.RATE_HZ / block))
    for i in range(times.size):
        started = time.perf_counter_ns()
        engine.render(out)
        times[i] = (time.perf_counter_ns() - started) * 1e-6
    return times


def held_engine(instrument: Instrument | None, slot: int, voices: int, seconds: float) -> Engine:
    """An engine with every page that the held notes will play."""
    pages = int((seconds + 1.0) * contract.FRAME_RATE_HZ / contract.PAGE_FRAMES) + 4
    keys = range(held.LOWEST_KEY, held.LOWEST_KEY + voices)
    if instrument is None:
        return sounds.sine_engine(keys, budget.RATE_HZ, min(pages, contract.TAKE_PAGES))
    engine = Engine(budget.RATE_HZ, max(VOICES, voices), seed=1)
    generator = Generator(engine, instrument, seed=1)
    layer = contract.velocity_layer(sounds.VELOCITY)
    generator.ensure([(slot, key, layer) for key in keys], min(pages, contract.TAKE_PAGES))
    engine.set_timbre(0, slot)
    return engine


def core_row(instrument: Instrument | None, slot: int, block: int, voices: int) -> Row | Skipped:
    """Render time a block against a tenth of the deadline."""
    name = "sines" if instrument is None else instrument.metadata.timbres[slot].name
    stage, deadline = f"render {voices} voices, {name}", budget.block_ms(block)
    try:
        engine = held_engine(instrument, slot, voices, CORE_SECONDS)
        times = render_times(engine, voices, block, CORE_SECONDS)
    except RuntimeError as error:
        return Skipped(stage, block, str(error))
    limit = INFORMATION
    if block == budget.VOICES_BLOCK and voices <= VOICES:
        limit = Budget(budget.VOICES_SHARE * deadline, "p50")
    stats = engine.stats()
    share = 100.0 * float(np.median(times)) / deadline
    over = int(np.count_nonzero(times > deadline))
    note = f"median {share:.1f} % of {deadline:.2f} ms, {over} of {times.size} over it"
    if stats.voices != voices or stats.late_frames:
        note += f"; {stats.voices} voices at the end, {stats.late_frames} late frames"
    return Row(stage, block, times, budget.RATE_HZ, limit, note)


def live(
    instrument: Instrument, voices: int, timbre: str, seconds: float, period: int
) -> dict[str, Any]:
    """Play on one server and idle on another for the same time; what each counted.

    Raises:
        RuntimeError: a server, the probe or the player did not run.
    """
    with (
        JackServer(budget.RATE_HZ, period) as played,
        JackServer(budget.RATE_HZ, period) as quiet,
        held.HeldVoices(played, voices, timbre, str(instrument.path)) as player,
    ):
        player.begin()
        watchers = [_watch(server, seconds) for server in (played, quiet)]
        beside, floor = (probe.parse(watcher.communicate()[0]) for watcher in watchers)
        counted = player.end()
    return {
        "voices": voices,
        "timbre": timbre,
        "seconds": seconds,
        "player": counted,
        "bad_periods_on_the_server": beside.bad_periods,
        "bad_periods_on_an_idle_server": floor.bad_periods,
        "xruns_on_the_server": beside.xruns,  # one for each client that was late in a period
        "xruns_on_an_idle_server": floor.xruns,
        "gaps_on_the_server": beside.gaps,
        "gaps_on_an_idle_server": floor.gaps,
        "idle_client_late_us": [beside.latest_us, floor.latest_us],
        "verdict": "pass" if counted["xruns"] <= floor.bad_periods else "over",
    }


def _watch(server: JackServer, seconds: float) -> "subprocess.Popen[str]":
    """Start an idle client that counts drop-outs."""
    return subprocess.Popen(
        probe.command("idle", seconds=seconds),
        env=server.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _live_facts(found: dict[str, Any]) -> dict[str, Any]:
    player = found["player"]
    key = f"{LIVE}, {found['voices']} voices of {found['timbre']}, {found['seconds']:g} s"
    text = (
        f"{found['verdict']}: {player['xruns']} drop-outs of rtsynth ({player['overruns']} blocks "
        f"whose rendering itself took too long) beside "
        f"{found['bad_periods_on_an_idle_server']} bad periods of a server with an idle client "
        f"({found['bad_periods_on_the_server']} on rtsynth's server); at least "
        f"{player['fewest_voices']} voices, {player['late_frames']} late frames, load median "
        f"{100 * player['load_median']:.1f} %, peak {100 * player['load_peak']:.0f} %"
    )
    return {key: text}


def _sustained(instrument: Instrument | None) -> int:
    """Slot of the first timbre that holds its notes, else 0."""
    timbres = instrument.metadata.timbres if instrument is not None else ()
    return next((slot for slot, timbre in enumerate(timbres) if timbre.sustained), 0)


@click.command()
@click.option("--instrument", "instrument_path", help="Another .onnx than the bundled one.")
@click.option("--seconds", default=60.0, show_default=True, help="Length of the live part.")
@click.option("--voices", default=VOICES, show_default=True)
@click.option("--period", default=budget.VOICES_BLOCK, show_default=True, help="JACK's, live.")
@click.option("--live/--no-live", "with_live", default=True, help="Play on JACK too.")
@click.option("--json", "json_path", type=click.Path(dir_okay=False), help="Write all figures.")
def main(
    instrument_path: str | None,
    seconds: float,
    voices: int,
    period: int,
    with_live: bool,
    json_path: str | None,
) -> None:
    """Measure what held voices cost, and whether they drop out."""
    instrument = sounds.find_instrument(instrument_path)
    slot = _sustained(instrument)
    report = Report(f"rtsynth: {voices} held voices at 48 kHz", in_samples=False)
    report.rows += [core_row(instrument, slot, block, voices) for block in BLOCKS]
    others = range(len(instrument.metadata.timbres)) if instrument is not None else range(0)
    report.rows += [
        core_row(instrument, other, budget.VOICES_BLOCK, voices)
        for other in others
        if other != slot
    ]
    reason = jackserver.missing() or probe.missing()
    if instrument is None:
        reason = "no bundled instrument"
    if with_live and (reason or instrument is None):
        report.rows.append(Skipped(LIVE, period, str(reason)))
    elif with_live and instrument is not None:
        try:
            found = live(
                instrument, voices, instrument.metadata.timbres[slot].name, seconds, period
            )
            report.facts |= {"live": found, **_live_facts(found)}
        except (RuntimeError, OSError) as error:
            report.rows.append(Skipped(LIVE, period, str(error)))
    if json_path:
        report.write(json_path)
    report.facts.pop("live", None)
    print_report(report)


if __name__ == "__main__":
    main()
