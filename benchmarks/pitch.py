"""Is every note in tune? `python benchmarks/pitch.py --plot pitch.png`: two minutes and more.

A short piece is played to `rtsynth` on a JACK server, recorded, drawn as a spectrogram, and the
pitch of each note is measured in cents against equal temperament at 440 Hz.
"""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import click
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks import budget, jackserver, partials, plots, probe, synths
from benchmarks.jackserver import JackServer
from benchmarks.sounds import ALL_SOUND_OFF, CONTROL, NOTE_OFF, NOTE_ON, find_instrument
from benchmarks.tables import Report, machine
from rtsynth import contract
from rtsynth.instrument import Metadata

PROGRAM = 0xC0
PERIOD = 64
NOTE_S = 1.0
GAP_S = 0.15
LEAD_S = 0.5
CLEAN_S = 0.4  # the shortest stretch that is measured
GUARD_SAMPLES = 8 * PERIOD  # a drop-out is reported a little after it
TAKES = 4  # how often notes that were disturbed are played again
SETTLE_S = 0.08  # after the onset, before the pitch is measured
VELOCITY = 96
MELODY = (48, 52, 55, 60, 64, 67, 72, 76, 79, 84)


@dataclass(frozen=True)
class Played:
    """A note of the piece. Times in s from the start of the recording."""

    timbre: str
    program: int
    key: int
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Measured:
    """A note and the pitch it had."""

    timbre: str
    key: int
    nominal_hz: float
    heard_hz: float
    cents: float
    partials: int  # how many the pitch was read from


def piece(metadata: Metadata, most: int) -> list[Played]:
    """An arpeggio on every timbre, within its range, one note after the other.

    Of a large bank each timbre plays only some of its notes, others than its neighbours do; it has
    at most about `most` notes, but one of each timbre.
    """
    timbres = [timbre for timbre in metadata.timbres if timbre.programs]
    every = -(-len(timbres) * len(MELODY) // most)
    notes: list[Played] = []
    at_s = LEAD_S
    for number, timbre in enumerate(timbres):
        inside = [key for key in MELODY if timbre.low <= key <= timbre.high]
        for key in inside[number % every :: every] or inside[:1]:
            end_s = at_s + NOTE_S
            notes.append(Played(timbre.name, timbre.programs[0], key, at_s, end_s))
            at_s = end_s + GAP_S
    return notes


def events(notes: Sequence[Played], rate_hz: float) -> list[tuple[int, int, int, int]]:
    """The piece as MIDI: (frame, status, data1, data2)."""
    found = []
    for note in notes:
        start, end = (round(second * rate_hz) for second in (note.start_s, note.end_s))
        found.append((start - round(0.1 * rate_hz), PROGRAM, note.program, 0))
        found.append((start, NOTE_ON, note.key, VELOCITY))
        found.append((end, NOTE_OFF, note.key, 0))
        found.append((end + round(0.03 * rate_hz), CONTROL, ALL_SOUND_OFF, 0))
    return found


def clean_stretch(start: int, end: int, trouble_at: Sequence[int], guard: int) -> tuple[int, int]:
    """The longest stretch of [start, end) that is `guard` samples away from all trouble."""
    inside = [at for at in trouble_at if start - guard < at < end + guard]
    starts = [start, *(max(start, at + guard) for at in inside)]
    ends = [*(min(end, at - guard) for at in inside), end]
    return max(zip(starts, ends, strict=True), key=lambda span: span[1] - span[0])


def measure(
    sound: NDArray[np.float32],
    rate_hz: float,
    notes: Sequence[Played],
    trouble_at: Sequence[int] = (),
) -> list[Measured]:
    """The pitch of each note in a recording (samples,), where JACK lost no period.

    A period that is lost cuts a wave in two and shifts its phase. A note that is not heard, or not
    for CLEAN_S without a loss, has NaN cents.
    """
    found = []
    for note in notes:
        start, end = round((note.start_s + SETTLE_S) * rate_hz), round(note.end_s * rate_hz)
        start, end = clean_stretch(start, end, trouble_at, GUARD_SAMPLES)
        nominal = contract.key_hz(note.key)
        cut, pitch = sound[start:end].astype(np.float64), None
        if len(cut) >= CLEAN_S * rate_hz:
            pitch = partials.pitch(cut, rate_hz, nominal)
        heard = pitch.hz if pitch else float("nan")
        cents = 1200.0 * float(np.log2(heard / nominal))
        count = pitch.count if pitch else 0
        found.append(Measured(note.timbre, note.key, nominal, heard, cents, count))
    return found


def print_table(found: Sequence[Measured], console: Console) -> None:
    """One line a timbre, with its worst note."""
    table = Table(title="rtsynth: pitch of every note, recorded on JACK")
    for name in ("timbre", "notes", "median cents", "worst cents", "its key", "verdict"):
        table.add_column(name, justify="left" if name == "timbre" else "right")
    for timbre in dict.fromkeys(note.timbre for note in found):
        its = [note for note in found if note.timbre == timbre]
        cents = np.abs([note.cents for note in its])
        worst = its[int(np.argmax(np.where(np.isnan(cents), np.inf, cents)))]
        verdict = "pass" if abs(worst.cents) <= budget.PITCH_CENTS else "over"
        median = f"{np.nanmedian(cents):.2f}"
        table.add_row(timbre, str(len(its)), median, f"{worst.cents:+.2f}", str(worst.key), verdict)
    console.print(table)


def record(
    notes: Sequence[Played], options: Sequence[str] = ()
) -> tuple[probe.Run, NDArray[np.float32]]:
    """Play a piece on a JACK server: counts and sound (samples, 2)."""
    seconds = notes[-1].end_s + 1.0
    with JackServer(budget.RATE_HZ, PERIOD) as server, synths.rtsynth(server, options) as synth:
        return probe.record(
            server.env,
            events(notes, budget.RATE_HZ),
            seconds,
            midi_to=synth.midi_to,
            audio_from=synth.audio_from,
        )


def later(notes: Sequence[Played]) -> list[Played]:
    """Some notes of a piece as a piece of their own."""
    starts = [LEAD_S + i * (NOTE_S + GAP_S) for i in range(len(notes))]
    return [
        replace(note, start_s=start, end_s=start + NOTE_S)
        for note, start in zip(notes, starts, strict=True)
    ]


def play(
    notes: Sequence[Played], options: Sequence[str]
) -> tuple[list[Measured], probe.Run, NDArray[np.float32]]:
    """Play, record and measure a piece; notes that JACK disturbed are played again."""
    counts, sound = record(notes, options)
    found = measure(sound.mean(axis=1), counts.rate_hz, notes, counts.trouble_at)
    for _ in range(TAKES - 1):
        again = [i for i, note in enumerate(found) if np.isnan(note.cents)]
        if not again:
            break
        click.echo(f"{len(again)} notes were disturbed by drop-outs: once more", err=True)
        retake = later([notes[i] for i in again])
        its_counts, its_sound = record(retake, options)
        mono = its_sound.mean(axis=1)
        better = measure(mono, its_counts.rate_hz, retake, its_counts.trouble_at)
        for i, note in zip(again, better, strict=True):
            found[i] = note
    return found, counts, sound


@click.command()
@click.option("--instrument", "instrument_path", help="Another .onnx than the bundled one.")
@click.option("--notes", "most", default=100, show_default=True, help="How many, about.")
@click.option(
    "--plot",
    "plot_path",
    type=click.Path(dir_okay=False),
    default="out/pitch.png",
    show_default=True,
    help="Spectrogram of the recording (PNG).",
)
@click.option("--wav", "wav_path", type=click.Path(dir_okay=False), help="Keep the recording.")
@click.option("--json", "json_path", type=click.Path(dir_okay=False), help="Write all figures.")
def main(
    instrument_path: str | None,
    most: int,
    plot_path: str,
    wav_path: str | None,
    json_path: str | None,
) -> None:
    """Play a piece on JACK and measure every note's pitch."""
    reason = jackserver.missing() or probe.missing()
    instrument = find_instrument(instrument_path)
    if reason or instrument is None:
        raise click.ClickException(reason or "no bundled instrument")
    options = ("--instrument", instrument_path) if instrument_path else ()
    try:
        notes = piece(instrument.metadata, max(1, most))
        click.echo(f"{len(notes)} notes on JACK: {notes[-1].end_s / 60:.1f} minutes", err=True)
        found, counts, sound = play(notes, options)
    except (RuntimeError, TimeoutError) as error:
        raise click.ClickException(str(error)) from error
    marks = [(note.start_s, note.end_s, contract.key_hz(note.key)) for note in notes]
    title = "rtsynth on JACK; cyan: the notes sent"
    plots.spectrogram(sound.mean(axis=1), counts.rate_hz, plot_path, title, marks)
    if wav_path:
        import soundfile

        soundfile.write(wav_path, sound, int(counts.rate_hz), subtype="FLOAT")
    console = Console()
    print_table(found, console)
    over = [n for n in found if not abs(n.cents) <= budget.PITCH_CENTS]
    console.print(
        f"{len(found) - len(over)} of {len(found)} notes within {budget.PITCH_CENTS:g} cents, "
        f"{counts.xruns} xruns, {counts.gaps} gaps; spectrogram: {plot_path}"
    )
    for note in over:
        console.print(f"over: {note.timbre} key {note.key}: {note.cents:+.2f} cents")
    if json_path:
        report = Report("pitch", [], {"notes": [asdict(note) for note in found], **machine()})
        report.write(json_path)


if __name__ == "__main__":
    main()
