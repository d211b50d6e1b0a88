"""Latency from outside: MIDI sent and audio recorded on JACK, FluidSynth beside rtsynth."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Final

import numpy as np

from benchmarks import arrival, beside, budget, jackserver, probe, synths
from benchmarks.jackserver import JackServer
from benchmarks.probe import ProbeError
from benchmarks.tables import INFORMATION, Budget, Finding, Row, Skipped

ARRIVAL: Final = "MIDI arrival"
STAMP: Final = "MIDI arrival, stamp's spread"
AT_ONCE: Final = "organ"  # sounds at once; the others begin softly
PROGRAMS: Final = {AT_ONCE: 16, "piano": 0}
SYNTHS: Final = ("rtsynth", "FluidSynth")
BESIDE: Final = (beside.BUSY, beside.PAGE, beside.TRAINER)
_WARM_UP: Final = 4  # notes that are not counted
_SPACING_MS: Final = 70.0
_HOLD_MS: Final = 10.0
_TROUBLE: Final = (ProbeError, RuntimeError, TimeoutError, OSError)

StartSynth = Callable[[JackServer], AbstractContextManager[synths.Synth]]


def missing() -> str | None:
    """Why nothing can be measured on JACK here, in words, or None."""
    return jackserver.missing() or probe.missing()


def stage(what: str, program: str, synth: str) -> str:
    """Name of a row: what runs beside, what is played, who plays it."""
    return f"JACK, {what}, {program}: {synth}"


def rows(
    block: int, notes: int, instrument_path: str | None = None, what: str = beside.IDLE
) -> list[Row | Skipped]:
    """Note-on to sound of both synthesisers at one period, with `what` beside them."""
    programs = PROGRAMS if what == beside.IDLE else {AT_ONCE: PROGRAMS[AT_ONCE]}
    names = [stage(what, program, synth) for synth in SYNTHS for program in programs]
    reason = missing()
    if reason:
        return [Skipped(name, block, reason) for name in names]
    options = ("--instrument", instrument_path) if instrument_path else ()
    port = beside.free_port() if what == beside.PAGE else None
    options += beside.page_options(port) if port is not None else ()
    starts: list[tuple[str, StartSynth]] = [("rtsynth", partial(synths.rtsynth, options=options))]
    found: list[Row | Skipped] = []
    if synths.fluidsynth_missing():
        found.append(Skipped(names[-1], block, str(synths.fluidsynth_missing())))
    else:
        starts.append(("FluidSynth", synths.fluidsynth))
    for name, start in starts:
        try:
            with (
                JackServer(int(budget.RATE_HZ), block) as server,
                start(server) as synth,
                beside.running(what, port if name == "rtsynth" else None) as words,
            ):
                found += _programs(server, synth, name, what, words, programs, notes)
        except _TROUBLE as error:
            found.append(Skipped(f"JACK, {what}: {name}", block, _one_line(error)))
    return found


def _programs(
    server: JackServer, synth: synths.Synth, name: str, what: str, words: str,
    programs: dict[str, int], notes: int,
) -> Iterator[Row | Skipped]:  # fmt: skip
    for program, number in programs.items():
        limit = INFORMATION
        if name == "rtsynth":
            limit = budget.AT_ONCE if program == AT_ONCE else budget.NOTE_TO_SOUND
        note = "" if what == beside.IDLE else f"beside {words}; "
        called = stage(what, program, name)
        try:
            yield _row(server, synth, called, number, notes, limit, note)
        except _TROUBLE as error:
            yield Skipped(called, server.period_samples, _one_line(error))


def _row(
    server: JackServer, synth: synths.Synth, name: str, program: int, notes: int, limit: Budget,
    note: str,
) -> Row:  # fmt: skip
    """Frames from a note-on to the first sample above the silence before it."""
    run = probe.run(
        "latency",
        server.env,
        midi_to=synth.midi_to,
        audio_from=synth.audio_from,
        notes=notes + _WARM_UP,
        program=program,
        spacing_ms=_SPACING_MS,
        hold_ms=_HOLD_MS,
    )
    counted = run.notes[_WARM_UP:]
    # Where the note before still sounds a note's first sample cannot be told from it.
    tails = sum(each.floor > 0.0 and not each.disturbed for each in counted)
    heard = [n for n in counted if n.first >= 0 and n.floor == 0.0 and not n.disturbed]
    if tails > len(counted) // 2:
        heard = [each for each in counted if each.first >= 0 and not each.disturbed]
    silent = sum(each.first < 0 and not each.disturbed for each in counted)
    if not heard:
        raise ProbeError(f"none of {len(counted)} notes was heard undisturbed")
    if silent:
        raise ProbeError(f"{silent} of {len(counted)} notes were not heard")
    late = np.array([each.first - each.sent for each in heard], np.float64)
    note += f"{run.xruns} xruns, {sum(n.disturbed for n in counted)} notes beside a gap left out"
    note += f", {tails} that began in the sound of the one before" if tails else ""
    return Row(name, server.period_samples, late * 1e3 / run.rate_hz, run.rate_hz, limit, note)


def arrival_rows(block: int, notes: int) -> list[Row | Skipped]:
    """How long MIDI waits in RtMidi's queue: the way in where JACK is not the backend."""
    reason = missing()
    if reason:
        return [Skipped(ARRIVAL, block, reason)]
    try:
        with JackServer(int(budget.RATE_HZ), block) as server:
            polled, stamped = arrival.measure(server, notes)
    except _TROUBLE as error:
        return [Skipped(ARRIVAL, block, _one_line(error))]
    spread, rate = stamped - stamped.min(), budget.RATE_HZ
    return [
        Row(ARRIVAL, block, polled, rate, budget.ARRIVAL, "RtMidi's queue until polled"),
        Row(STAMP, block, spread, rate, INFORMATION, "jitter that polling adds to a note's time"),
    ]


def findings(found: Sequence[Row | Skipped]) -> list[Finding]:
    """The rows against the target: min/median/max in samples."""
    measured = {(row.stage, row.block): row for row in found if isinstance(row, Row)}
    texts, exact = [], []
    for what in (beside.IDLE, *BESIDE):
        for (name, block), row in measured.items():
            if name != stage(what, AT_ONCE, "rtsynth"):
                continue
            exact.append(bool(np.all(row.values_ms == 0.0)))
            peer = measured.get((stage(what, "piano", "FluidSynth"), block)) or measured.get(
                (stage(what, AT_ONCE, "FluidSynth"), block)
            )
            theirs = f" (FluidSynth {_samples(peer)})" if peer is not None else ""
            texts.append(f"{what}, {block}: {_samples(row)}{theirs}")
    missing = [block for block in budget.LIVE_BLOCKS
               if (stage(beside.IDLE, AT_ONCE, "rtsynth"), block) not in measured]  # fmt: skip
    met = all(exact) if not missing or not all(exact) else None
    if missing:
        texts.append(f"not measured: {', '.join(map(str, missing))}")
    return [Finding("note to sound", "; ".join(texts), met)]


def _samples(row: Row) -> str:
    samples = row.values_ms * 1e-3 * row.rate_hz
    middle = float(np.median(samples))
    return "/".join(f"{value:.0f}" for value in (samples.min(), middle, samples.max()))


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
