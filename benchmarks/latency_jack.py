"""Latency from outside: MIDI sent and audio recorded on JACK, FluidSynth beside rtsynth."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

import numpy as np

from benchmarks import arrival, budget, jackserver, probe, synths
from benchmarks.jackserver import JackServer
from benchmarks.probe import ProbeError
from benchmarks.tables import INFORMATION, Budget, Row, Skipped

ARRIVAL = "MIDI arrival"
STAMP = "MIDI arrival, stamp's spread"
WHOLE = "JACK, note to sound"
PERIOD = "JACK, note's period to sound"
_WARM_UP = 2  # notes that are not counted
_TROUBLE = (ProbeError, RuntimeError, TimeoutError, OSError)

StartSynth = Callable[[JackServer], AbstractContextManager[synths.Synth]]


def missing() -> str | None:
    """Why nothing can be measured on JACK here, in words, or None."""
    return jackserver.missing() or probe.missing()


def rows(block: int, notes: int, instrument_path: str | None = None) -> list[Row | Skipped]:
    """All that is measured on a JACK server of one period."""
    stages = (ARRIVAL, f"{WHOLE}: rtsynth", f"{WHOLE}: FluidSynth")
    reason = missing()
    if reason:
        return [Skipped(stage, block, reason) for stage in stages]
    found: list[Row | Skipped] = []
    options = ("--instrument", instrument_path) if instrument_path else ()
    start = partial(synths.rtsynth, options=options)
    try:
        with JackServer(int(budget.RATE_HZ), block) as server:
            found += _arrival(server, notes)
            found += _whole(server, start, "rtsynth", notes, budget.whole_way(block))
            found += _peer(server, notes)
    except _TROUBLE as error:
        found.append(Skipped("JACK", block, _one_line(error)))
    return found


def _arrival(server: JackServer, notes: int) -> list[Row | Skipped]:
    block = server.period_samples
    try:
        polled, stamped = arrival.measure(server, notes)
    except _TROUBLE as error:
        return [Skipped(ARRIVAL, block, _one_line(error))]
    spread = stamped - stamped.min()
    rate = budget.RATE_HZ
    return [
        Row(ARRIVAL, block, polled, rate, budget.ARRIVAL, "RtMidi's queue until polled"),
        Row(STAMP, block, spread, rate, INFORMATION, "jitter that polling adds to a note's time"),
    ]


def _peer(server: JackServer, notes: int) -> list[Row | Skipped]:
    reason = synths.fluidsynth_missing()
    if reason:
        return [Skipped(f"{WHOLE}: FluidSynth", server.period_samples, reason)]
    return _whole(server, synths.fluidsynth, "FluidSynth", notes, INFORMATION)


def _whole(
    server: JackServer, start: StartSynth, name: str, notes: int, limit: Budget
) -> list[Row | Skipped]:
    """Frames from a note-on to the first sample above the silence before it.

    A second row counts from the start of the note's period: what both synthesisers can know of a
    note's time, for neither is told its offset. Its spread is the jitter that each adds itself.
    """
    stage, block = f"{WHOLE}: {name}", server.period_samples
    try:
        with start(server) as synth:
            run = probe.run(
                "latency",
                server.env,
                midi_to=synth.midi_to,
                audio_from=synth.audio_from,
                notes=notes + _WARM_UP,
            )
    except _TROUBLE as error:
        return [Skipped(stage, block, _one_line(error))]
    counted = run.notes[_WARM_UP:]
    heard = [note for note in counted if note.first >= 0 and not note.disturbed]
    if not heard:
        return [Skipped(stage, block, f"none of {len(counted)} notes was heard undisturbed")]
    silent = sum(note.first < 0 for note in counted)
    late = np.array([note.first - note.sent for note in heard], np.float64)
    note = f"{run.xruns} xruns, {sum(n.disturbed for n in counted)} notes beside a gap left out"
    if silent:
        note += f", {silent} NOT HEARD"
    from_period = late + np.array([note.offset for note in heard], np.float64)
    return [
        Row(stage, block, late * 1e3 / run.rate_hz, run.rate_hz, limit, note),
        Row(
            f"{PERIOD}: {name}",
            block,
            from_period * 1e3 / run.rate_hz,
            run.rate_hz,
            INFORMATION,
            f"spread {from_period.max() - from_period.min():.0f} samples",
        ),
    ]


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
