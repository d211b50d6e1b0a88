"""Play notes of a soundfont with FluidSynth: dry, stereo, 48 kHz, 32-bit float."""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import librosa
import mido
import numpy as np
import numpy.typing as npt

from training.notes import RELEASE_S, NotePlan

SAMPLE_RATE: Final = 48_000
LEAD_S: Final = 0.1  # silence before each note
GAP_S: Final = 0.1  # silence after each note, which "all sound off" makes
TICKS_PER_BEAT: Final = 500  # at 120 beats a minute a tick is a millisecond
SOUNDFONT_FOLDERS: Final = (
    Path("/usr/share/sounds/sf3"),
    Path("/usr/share/sounds/sf2"),
    Path("/usr/local/share/sounds/sf3"),
    Path("/usr/local/share/soundfonts"),
    Path("/opt/homebrew/share/soundfonts"),
)
SOUNDFONT_NAMES: Final = ("MuseScore_General_Full.sf3", "MuseScore_General.sf3")

Audio = npt.NDArray[np.float32]  # (samples, 2)


class RenderError(RuntimeError):
    """Something that rendering needs is missing or failed; the message is one line."""


@dataclass(frozen=True)
class RenderedNote:
    """A note cut from the rendering."""

    plan: NotePlan
    audio: Audio  # (samples, 2), from LEAD_S before the key goes down to RELEASE_S after it is up
    off_sample: int  # where the key was let go, within a few ms


def find_soundfont(path: str | None = None) -> Path:
    """The soundfont at `path`, or MuseScore_General where packages put it."""
    if path is not None:
        if not Path(path).is_file():
            raise RenderError(f"no soundfont at {path}")
        return Path(path)
    for folder in SOUNDFONT_FOLDERS:
        for name in SOUNDFONT_NAMES:
            if (folder / name).is_file():
                return folder / name
    raise RenderError(
        "MuseScore_General.sf3 not found: apt install musescore-general-soundfont, or --soundfont"
    )


def find_fluidsynth() -> str:
    """The FluidSynth program."""
    program = shutil.which("fluidsynth")
    if program is None:
        raise RenderError("fluidsynth not found: apt install fluidsynth")
    return program


def render(soundfont: Path, program: int, notes: Sequence[NotePlan]) -> list[RenderedNote]:
    """Render notes one after another with one General MIDI program, and cut them apart."""
    fluidsynth = find_fluidsynth()
    with tempfile.TemporaryDirectory(prefix="rtsynth-") as folder:
        midi, wav = Path(folder) / "notes.mid", Path(folder) / "notes.wav"
        starts_ms = _write_midi(midi, program, notes)
        command = [fluidsynth, "-niq", "-R", "0", "-C", "0", "-g", "1.0", "-r", str(SAMPLE_RATE)]
        command += ["-O", "float", "-T", "wav", "-o", "synth.dynamic-sample-loading=1"]
        done = subprocess.run(
            [*command, "-F", str(wav), str(soundfont), str(midi)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0 or not wav.is_file():
            raise RenderError(f"fluidsynth failed: {' '.join(done.stderr.split())[:200]}")
        loaded, _ = librosa.load(wav, sr=SAMPLE_RATE, mono=False)  # (channels, samples)
    audio = np.ascontiguousarray(np.atleast_2d(loaded).T)  # (samples, channels)
    return [_cut(audio, start, note) for start, note in zip(starts_ms, notes, strict=True)]


def _cut(audio: Audio, start_ms: int, note: NotePlan) -> RenderedNote:
    first = _samples(start_ms / 1000.0 - LEAD_S)
    off = _samples(LEAD_S + note.hold_s)
    piece = audio[first : first + off + _samples(RELEASE_S)]
    return RenderedNote(note, np.ascontiguousarray(piece), off)


def _write_midi(path: Path, program: int, notes: Sequence[NotePlan]) -> list[int]:
    """Write the notes to a MIDI file; returns when each key goes down, in ms."""
    file = mido.MidiFile(ticks_per_beat=TICKS_PER_BEAT)
    track = mido.MidiTrack()
    file.tracks.append(track)
    track.append(mido.MetaMessage("set_tempo", tempo=500_000))
    track.append(mido.Message("program_change", program=program))
    lead, release, gap = (round(1000 * s) for s in (LEAD_S, RELEASE_S, GAP_S))
    now, starts = 0, []
    for note in notes:
        hold = round(1000 * note.hold_s)
        starts.append(now + gap + lead)
        track.append(
            mido.Message("note_on", note=note.key, velocity=note.velocity, time=gap + lead)
        )
        track.append(mido.Message("note_off", note=note.key, time=hold))
        track.append(mido.Message("control_change", control=120, value=0, time=release))
        now += gap + lead + hold + release
    track.append(mido.MetaMessage("end_of_track", time=1000))
    file.save(path)
    return starts


def _samples(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE)
