"""Is every note in tune? `python benchmarks/pitch.py --plot pitch.png`.

A short piece is played to `rtsynth` on a JACK server, recorded, drawn as a spectrogram, and the
pitch of each note is measured in cents against equal temperament at 440 Hz.
"""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
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


def piece(metadata: Metadata) -> list[Played]:
    """An arpeggio on every timbre, within its range, one note after the other."""
    notes: list[Played] = []
    at_s = LEAD_S
    for timbre in metadata.timbres:
        if not timbre.programs:
            continue
        for key in MELODY:
            if timbre.low <= key <= timbre.high:
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


def measure(sound: NDArray[np.float32], rate_hz: float, notes: Sequence[Played]) -> list[Measured]:
    """The pitch of each note in a recording (samples,). A note that is not heard has NaN cents."""
    found = []
    for note in notes:
        cut = sound[round((note.start_s + SETTLE_S) * rate_hz) : round(note.end_s * rate_hz)]
        nominal = contract.key_hz(note.key)
        pitch = partials.pitch(cut.astype(np.float64), rate_hz, nominal)
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
    metadata: Metadata, options: Sequence[str] = ()
) -> tuple[list[Played], NDArray[np.float32], float, probe.Run]:
    """Play the piece on a JACK server; (notes, sound (samples, 2), Hz, counts)."""
    notes = piece(metadata)
    seconds = notes[-1].end_s + 1.0
    with JackServer(budget.RATE_HZ, PERIOD) as server, synths.rtsynth(server, options) as synth:
        counts, sound = probe.record(
            server.env,
            events(notes, budget.RATE_HZ),
            seconds,
            midi_to=synth.midi_to,
            audio_from=synth.audio_from,
        )
    return notes, sound, counts.rate_hz, counts


@click.command()
@click.option("--instrument", "instrument_path", help="Another .onnx than the bundled one.")
@click.option(
    "--plot",
    "plot_path",
    type=click.Path(dir_okay=False),
    default="pitch.png",
    show_default=True,
    help="Spectrogram of the recording (PNG).",
)
@click.option("--wav", "wav_path", type=click.Path(dir_okay=False), help="Keep the recording.")
@click.option("--json", "json_path", type=click.Path(dir_okay=False), help="Write all figures.")
def main(
    instrument_path: str | None, plot_path: str, wav_path: str | None, json_path: str | None
) -> None:
    """Play a piece on JACK and measure every note's pitch."""
    reason = jackserver.missing() or probe.missing()
    instrument = find_instrument(instrument_path)
    if reason or instrument is None:
        raise click.ClickException(reason or "no bundled instrument")
    options = ("--instrument", instrument_path) if instrument_path else ()
    try:
        notes, sound, rate_hz, counts = record(instrument.metadata, options)
    except (RuntimeError, TimeoutError) as error:
        raise click.ClickException(str(error)) from error
    mono = sound.mean(axis=1)
    found = measure(mono, rate_hz, notes)
    marks = [(note.start_s, note.end_s, contract.key_hz(note.key)) for note in notes]
    plots.spectrogram(mono, rate_hz, plot_path, "rtsynth on JACK; cyan: the notes sent", marks)
    if wav_path:
        import soundfile

        soundfile.write(wav_path, sound, int(rate_hz), subtype="FLOAT")
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
