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

from training.notes import RELEASE_S, NotePlan, SoundFont, TimbreSpec

SAMPLE_RATE: Final = 48_000
LEAD_S: Final = 0.1  # silence before each note
GAP_S: Final = 0.1  # silence after each note, which "all sound off" makes
BANK_SELECT: Final = 0  # controllers
ALL_SOUND_OFF: Final = 120
DRUM_BANK: Final = 128
DRUM_CHANNEL: Final = 9
TICKS_PER_BEAT: Final = 500  # at 120 beats a minute a tick is a millisecond
SOUNDFONT_FOLDERS: Final = (
    Path("/usr/share/sounds/sf3"),
    Path("/usr/share/sounds/sf2"),
    Path("/usr/share/soundfonts"),
    Path("/usr/local/share/sounds/sf3"),
    Path("/usr/local/share/soundfonts"),
    Path("/opt/homebrew/share/soundfonts"),
)

Audio = npt.NDArray[np.float32]  # (samples, 2)


class RenderError(RuntimeError):
    """Something that rendering needs is missing or failed; the message is one line."""


@dataclass(frozen=True)
class Preset:
    """One sound of a soundfont."""

    soundfont: Path
    program: int  # General MIDI program, 0..127
    transpose: int = 0  # semitones from a planned key to the one that is played
    gain_db: float = 0.0
    bank: int = 0  # 128: drums


@dataclass(frozen=True)
class RenderedNote:
    """A note cut from the rendering."""

    plan: NotePlan
    audio: Audio  # (samples, 2), from LEAD_S before the key goes down to RELEASE_S after it is up
    off_sample: int  # where the key was let go, within a few ms


def find_soundfont(soundfont: SoundFont) -> Path:
    """Where packages put a soundfont."""
    for folder in SOUNDFONT_FOLDERS:
        for name in soundfont.files:
            if (folder / name).is_file():
                return folder / name
    raise RenderError(
        f"{soundfont.files[-1]} not found: apt install {soundfont.package}, or --soundfont FILE"
    )


def preset_of(spec: TimbreSpec) -> Preset:
    """The sound that a timbre of the bank is rendered from.

    Raises:
        RenderError: its soundfont is not installed.
    """
    font = spec.soundfont
    return Preset(find_soundfont(font), spec.program, spec.transpose, font.gain_db, spec.bank)


def find_fluidsynth() -> str:
    """The FluidSynth program."""
    program = shutil.which("fluidsynth")
    if program is None:
        raise RenderError("fluidsynth not found: apt install fluidsynth")
    return program


def render(preset: Preset, notes: Sequence[NotePlan]) -> list[RenderedNote]:
    """Render notes one after another, and cut them apart."""
    fluidsynth = find_fluidsynth()
    with tempfile.TemporaryDirectory(prefix="rtsynth-") as folder:
        midi, wav = Path(folder) / "notes.mid", Path(folder) / "notes.wav"
        starts_ms = _write_midi(midi, preset, notes)
        gain = 10.0 ** (preset.gain_db / 20.0)
        command = [fluidsynth, "-niq", "-R", "0", "-C", "0", "-g", f"{gain:.4f}"]
        command += ["-r", str(SAMPLE_RATE), "-O", "float", "-T", "wav"]
        command += ["-o", "synth.dynamic-sample-loading=1"]
        done = subprocess.run(
            [*command, "-F", str(wav), str(preset.soundfont), str(midi)],
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


def _write_midi(path: Path, preset: Preset, notes: Sequence[NotePlan]) -> list[int]:
    """Write the notes to a MIDI file; returns when each key goes down, in ms."""
    file = mido.MidiFile(ticks_per_beat=TICKS_PER_BEAT)
    track = mido.MidiTrack()
    file.tracks.append(track)
    track.append(mido.MetaMessage("set_tempo", tempo=500_000))
    drums = preset.bank == DRUM_BANK
    channel = DRUM_CHANNEL if drums else 0
    if not drums:
        track.append(mido.Message("control_change", control=BANK_SELECT, value=preset.bank))
    track.append(mido.Message("program_change", program=preset.program, channel=channel))
    lead, release, gap = (round(1000 * s) for s in (LEAD_S, RELEASE_S, GAP_S))
    now, starts = 0, []
    for note in notes:
        hold = round(1000 * note.hold_s)
        starts.append(now + gap + lead)
        key = note.key + preset.transpose
        messages = (
            mido.Message("note_on", note=key, velocity=note.velocity, time=gap + lead),
            mido.Message("note_off", note=key, time=hold),
            mido.Message("control_change", control=ALL_SOUND_OFF, value=0, time=release),
        )
        track += [message.copy(channel=channel) for message in messages]
        now += gap + lead + hold + release
    track.append(mido.MetaMessage("end_of_track", time=1000))
    file.save(path)
    return starts


def _samples(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE)
