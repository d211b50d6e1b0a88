"""Errors of an instrument's frames against the data set's, the figures that training steers by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from rtsynth import contract as c
from training.evaluation.playing import Instrument, Voice
from training.shards import Note, Timbre
from training.validation import top_errors

Floats = npt.NDArray[np.float32]

SECONDS: Final = 5.0  # of each note
STEPS: Final = round(SECONDS / (c.FRAMES_PER_STEP * c.HOP_S))
BAND_TOP_DB: Final = 30.0  # noise bands this far below a note's loudest one count
BAND_SMOOTH_FRAMES: Final = 16  # noise flickers: bands are compared after a mean over so many
PART: Final = 16  # notes in one inference
COLUMNS: Final = (
    "partials, held out (dB)",
    "partials, trained (dB)",
    "noise bands, held out (dB)",
    "gain, held out (dB)",
    "release, held out (%)",
)
GAIN: Final = c.NOTE_FIELDS.index("gain_db")
RELEASE: Final = c.NOTE_FIELDS.index("release_db_per_s")


@dataclass(frozen=True)
class FrameErrors:
    """Absolute errors of a group of notes, flat arrays."""

    partials: Floats  # dB
    bands: Floats  # dB
    gain: Floats  # dB
    release: Floats  # per cent of the real slope

    @staticmethod
    def joined(errors: Sequence[FrameErrors]) -> FrameErrors:
        """All groups as one."""
        names = ("partials", "bands", "gain", "release")
        empty = [np.zeros(0, np.float32)]
        parts = (np.concatenate([getattr(e, name) for e in errors] or empty) for name in names)
        return FrameErrors(*parts)


def band_errors(made: Floats, real: Floats) -> Floats:
    """Errors in dB of the audible noise bands' smoothed levels, flat."""
    count = len(real) // BAND_SMOOTH_FRAMES * BAND_SMOOTH_FRAMES
    shape = (-1, BAND_SMOOTH_FRAMES, c.NOISE_BANDS)
    bands = slice(c.PARTIALS, c.FRAME_LEVELS)
    slow_made = made[:count, bands].reshape(shape).mean(1)  # (fewer, 32)
    slow_real = real[:count, bands].reshape(shape).mean(1)
    audible = slow_real >= slow_real.max(initial=c.FLOOR_DB) - BAND_TOP_DB
    errors: Floats = np.abs(slow_made - slow_real)[audible]
    return errors


def errors_of(
    instrument: Instrument, voice: Voice, timbre: Timbre, notes: Sequence[Note]
) -> FrameErrors:
    """Play notes of one timbre and compare them with the data set."""
    found = []
    for first in range(0, len(notes), PART):
        part = notes[first : first + PART]
        keys, velocities = [n.key for n in part], [n.velocity for n in part]
        frames, values = instrument.frames(voice.latent, keys, velocities, STEPS, first)
        for note, made, value in zip(part, frames, values, strict=True):
            real = np.asarray(timbre.note_frames(note)[: len(made)], np.float32)
            release = 100.0 * abs(float(value[RELEASE]) / note.release_db_per_s - 1.0)
            found.append(
                FrameErrors(
                    top_errors(made, real),
                    band_errors(made, real),
                    np.array([abs(float(value[GAIN]) - note.gain_db)], np.float32),
                    np.array([release], np.float32),
                )
            )
    return FrameErrors.joined(found)


def row_of(name: str, held_out: FrameErrors, trained: FrameErrors) -> dict[str, Any]:
    """One line of the table: medians."""
    groups = (held_out.partials, trained.partials, held_out.bands, held_out.gain, held_out.release)
    medians = [float(np.median(group)) if len(group) else float("nan") for group in groups]
    return {"timbre": name, **dict(zip(COLUMNS, medians, strict=True))}
