"""Make a playable timbre from one recorded note."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from rtsynth import contract, fitting, user_timbres
from rtsynth import instrument as instruments
from rtsynth.codec import recording
from rtsynth.codec.analysis import Analysis, SilentNoteError, analyse, release_db_per_s
from rtsynth.codec.pitch import SAMPLE_RATE
from rtsynth.codec.recording import Recording
from rtsynth.encoder import read_latent
from rtsynth.errors import RtsynthError
from rtsynth.instrument import Floats, Instrument
from rtsynth.likeness import Note
from rtsynth.metadata import Timbre

LONGEST_S: Final = 6.0  # of the note is looked at
STRING: Final = 5e-5  # a string's usual inharmonicity
BODY_FRAME: Final = 16  # the attack is noisy whatever the sound is

Say = Callable[[str], None]


@dataclass(frozen=True)
class Sound:
    """A recording, and what is said of it."""

    path: Path  # WAV, FLAC, OGG or another file that libsndfile reads
    key: int | None = None  # MIDI key; None: found from the sound
    velocity: int = 100  # how hard the note was played, 1..127
    bell: bool = False  # a bell's or a bar's sound: its partials are anywhere, the key is needed


@dataclass(frozen=True)
class Clone:
    """A timbre that was made, and how well it fits."""

    timbre: Timbre
    key: int  # of the recording
    fit: fitting.Fit
    nearest: str  # the preset that was nearest
    took_s: float
    path: Path


def clone(
    sound: Sound,
    name: str,
    instrument: str | None = None,
    replace: bool = False,
    say: Say | None = None,
) -> Clone:
    """Make a timbre from the recording of one note, and keep it.

    Args:
        sound: the recording.
        name: what the timbre is to be called.
        instrument: path or name; None for the default one.
        replace: take a timbre of the user's with that name away.
        say: hears warnings, one line each.

    Raises:
        RtsynthError: the recording or the name cannot be used.
    """
    loaded = instruments.load(instrument, accelerate=False)
    user_timbres.check_name(name, loaded.metadata, replace)
    began = time.monotonic()
    recorded = recording.load(sound.path)
    key = _key(recorded, sound)
    for warning in recorded.warnings:
        (say or (lambda line: None))(f"{sound.path}: {warning}")
    fit = fit_note(loaded, read_note(recorded, key, sound.velocity, sound.bell))
    preset = loaded.metadata.timbres[fit.preset]
    low, high = min(preset.low, key), max(preset.high, key)
    sustained = recorded.course.sustained
    timbre = Timbre(name, fit.latent, low, high, (), sustained, fit.correction)
    path = user_timbres.save(timbre, loaded.metadata, f"{sound.path.name}, key {key}")
    return Clone(timbre, key, fit, preset.name, time.monotonic() - began, path)


def _key(recorded: Recording, sound: Sound) -> int:
    """The key of a recording, found or as it is said to be."""
    if sound.bell and sound.key is None:
        raise RtsynthError(f"{sound.path}: a bell's key cannot be found from its sound: give --key")
    found = recording.check(recorded, sound.key, sound.bell)
    return sound.key if sound.key is not None else found.key


def read_note(recorded: Recording, key: int, velocity: float, bell: bool = False) -> Note:
    """Analyse a recorded note.

    Raises:
        RtsynthError: it does not sound.
    """
    try:
        found = _analysed(recorded, key, bell)
    except SilentNoteError as error:
        raise RtsynthError(f"{recorded.path}: {error}") from error
    values = {
        "inharmonicity_log10": math.log10(found.pitch.inharmonicity),
        "width": found.width,
    }
    if not recorded.course.sustained:
        values["tail_db_per_s"] = found.tail_db_per_s
    if recorded.course.released:
        values["release_db_per_s"] = release_db_per_s(recorded.released)
    detunes = found.pitch.detune_cents.astype(np.float32)
    return Note(key, velocity, found.frames, values, detunes, recorded.top_hz)


def _analysed(recorded: Recording, key: int, bell: bool) -> Analysis:
    """Frames of a held note: as a string, or not, whichever leaves less noise."""
    held, sustained = recorded.held[: int(LONGEST_S * SAMPLE_RATE)], recorded.course.sustained
    if bell:
        return analyse(held, key, sustained, kind="bar")
    plain = analyse(held, key, sustained)
    if sustained:
        return plain
    return min(plain, analyse(held, key, sustained, STRING), key=_noise_share_db)


def _noise_share_db(found: Analysis) -> float:
    """Mean share of the noise in a note's power, dB."""
    power = 10.0 ** (found.frames[BODY_FRAME:, : contract.FRAME_LEVELS] / 10.0)
    tones = 0.5 * power[:, : contract.PARTIALS].sum(axis=1)
    noise = power[:, contract.PARTIALS :].sum(axis=1)
    return float(np.mean(10.0 * np.log10(noise / (tones + noise))))


def fit_note(instrument: Instrument, note: Note) -> fitting.Fit:
    """Fit a note, starting from the encoder's guess where the instrument has one."""
    tail = note.values.get("tail_db_per_s", 0.0)
    guess = read_latent(instrument, note.frames, note.key, note.velocity, tail)
    guesses: list[Floats] = [] if guess is None else [guess]
    return fitting.fit(instrument, note, guesses)
